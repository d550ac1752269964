"""Closing a valve: press, confirm within seconds, and see what became of it. Nothing here can open one."""

import secrets
from typing import Annotated

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict, Field

from alerting.valves import Valve
from api import incident_out, models, views
from api.board import Board
from api.people import Desks, Here, Person, Seen, may
from api.problems import missing
from api.rights import Right
from api.routes.paging import Limit
from api.services import Services
from domain.asset import DeviceKind
from domain.command import Command

router = APIRouter(tags=["valves"])
_URGENT = 2
Closer = Annotated[Person, Depends(may(Right.CLOSE_VALVE))]


class CloseRequest(BaseModel):
    """Why the valve should close; the person's words go to the device and into the audit."""

    model_config = ConfigDict(strict=True, extra="forbid")

    reason: str = Field(min_length=1, max_length=200)


@router.post("/valves/{device}/close")
def close(device: str, request: CloseRequest, here: Here, person: Closer) -> incident_out.CommandOut:
    """Take the first step: the answer says what the valve feeds and how it stands; confirm it in time."""
    known = here.services.assets.devices.get(device)
    if known is None or known.kind is not DeviceKind.CUTOFF_VALVE or not person.sight.sees(known.site):
        raise missing("valve", device)
    command = here.services.closing.request(
        valve_of(here.services, here.board, device), secrets.token_hex(8), person.user.name, request.reason
    )
    return views.command(command, here.services.clock_ns())


@router.post("/commands/{command_id}/confirm")
def confirm(command_id: str, here: Here, person: Closer) -> incident_out.CommandOut:
    """Take the second step: only the same person, only in time. The command is sent once and never again."""
    sent = here.services.closing.confirm(_visible(here, command_id, person), person.user.name)
    return views.command(sent, here.services.clock_ns())


@router.post("/commands/{command_id}/cancel")
def cancel(command_id: str, here: Here, person: Closer) -> incident_out.CommandOut:
    cancelled = here.services.closing.cancel(_visible(here, command_id, person), person.user.name)
    return views.command(cancelled, here.services.clock_ns())


@router.get("/commands/{command_id}")
def command(command_id: str, here: Here, seen: Seen) -> incident_out.CommandOut:
    found = here.services.records.command(command_id)
    if found is None or not seen.sees(found.site):
        raise missing("command", command_id)
    return views.command(found, here.services.clock_ns())


@router.get("/commands")
def commands(
    here: Here, seen: Seen, *, device: str | None = None, limit: Limit = 200
) -> models.Page[incident_out.CommandOut]:
    """Give the latest commands, the newest first."""
    found = here.services.records.commands(device=device, sites=seen.sites, limit=limit)
    return models.Page(items=[views.command(one, here.services.clock_ns()) for one in found])


def _visible(here: Desks, command_id: str, person: Person) -> Command:
    found = here.services.records.command(command_id)
    if found is None or not person.sight.sees(found.site):
        raise missing("command", command_id)
    return found


def valve_of(services: Services, board: Board, name: str) -> Valve:
    """Look at a valve as it stands now."""
    status = board.of(name)
    site = services.assets.sites[status.device.site]
    open_ = services.records.incidents(open_only=True, sites=[site.id])
    return Valve(
        device=status.device,
        online=status.online,
        interval_s=status.state.interval_s if status.state else status.device.interval_s,
        position=status.position,
        position_ns=status.position_ns,
        urgent=any(incident.priority <= _URGENT for incident in open_),
        feeds=f"{site.name} / {site.name_en}",
    )
