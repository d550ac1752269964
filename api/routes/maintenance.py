"""Devices under a work permit: put under it by a supervisor, back at its end or before."""

from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from alerting.permits import Wish
from api import models
from api.people import Here, Person, Seen, may
from api.problems import missing
from api.rights import Right
from api.services import Services
from api.times import Moment, rfc3339, to_ns
from domain.asset import Device
from domain.permit import Permit

router = APIRouter(tags=["maintenance"])
Servicer = Annotated[Person, Depends(may(Right.OUT_OF_SERVICE))]


class PermitOut(models.Out):
    """A permit in force."""

    device: str
    site: str
    permit_no: str
    by: str
    measure: str
    since: str
    until: str


class MaintenanceAct(BaseModel):
    """What protects the place meanwhile is in `comment`."""

    model_config = ConfigDict(strict=True, extra="forbid")

    permit_no: str = Field(min_length=1, max_length=64)
    until: Moment
    comment: str = Field(min_length=1, max_length=1000)


class BackAct(BaseModel):
    """What was done."""

    model_config = ConfigDict(strict=True, extra="forbid")

    comment: str = Field(min_length=1, max_length=1000)


@router.get("/maintenance")
def maintenance(here: Here, seen: Seen) -> models.Page[PermitOut]:
    """Give every permit in force: readings of these detectors neither raise nor clear an alarm."""
    known = here.services.assets.devices
    permits = [p for p in here.services.working.in_force() if p.device in known and seen.sees(known[p.device].site)]
    return models.Page(items=[_out(here.services, permit) for permit in permits])


@router.post("/devices/{device}/maintenance")
def begin(device: str, act: MaintenanceAct, here: Here, person: Servicer) -> PermitOut:
    """Put a device under work until then.

    The readings of a detector are calibration, and `protection_missing` stands at once; a valve takes no command.
    """
    wish = Wish(act.permit_no, person.user.name, act.comment, to_ns(act.until))
    return _out(here.services, here.services.working.begin(_visible(here.services, device, person), wish))


@router.post("/devices/{device}/in-service")
def end(device: str, act: BackAct, here: Here, person: Servicer) -> PermitOut:
    """End the permit now; the alarm ends with the first good reading."""
    _visible(here.services, device, person)
    return _out(here.services, here.services.working.end(device, person.user.name, act.comment))


def _visible(services: Services, name: str, person: Person) -> Device:
    device = services.assets.devices.get(name)
    if device is None or not person.sight.sees(device.site):
        raise missing("device", name)
    return device


def _out(services: Services, permit: Permit) -> PermitOut:
    return PermitOut(
        device=permit.device,
        site=services.assets.devices[permit.device].site,
        permit_no=permit.number,
        by=permit.user,
        measure=permit.measure,
        since=rfc3339(permit.from_ns),
        until=rfc3339(permit.until_ns),
    )
