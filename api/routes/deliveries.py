"""Deliveries of LPG cylinders: who brought which to where, and what was wrong with it."""

from typing import Annotated, Literal

from fastapi import APIRouter
from pydantic import Field

from api.models import Out, Page, Text
from api.people import Here, Seen
from api.routes.paging import After, Limit, cursor, key_of, page
from api.times import rfc3339
from domain.delivery import Breach, Delivery
from ledger.cylinders import NOTED
from ledger.monitoring import FINDINGS

router = APIRouter(tags=["deliveries"])
_TEXTS = FINDINGS | NOTED
Name = Annotated[str, Field(max_length=64)]


class BreachOut(Out):
    """What is wrong with a delivery."""

    code: Breach
    text: Text


class Point(Out):
    """Where a terminal was, degrees, as it says."""

    lon: float
    lat: float
    crs: Literal["WGS84"] = "WGS84"


class DeliveryOut(Out):
    """One visit of a vehicle at a site.

    Attributes:
        device: terminal that reported it.
        time: when it was.
        received: when we heard of it.
        delivered: codes of the cylinders that it left.
        returned: codes of those that it took back.
    """

    id: str
    device: str
    vehicle: str
    enterprise: str
    person: str
    site: str
    time: str
    received: str
    delivered: list[str]
    returned: list[str]
    inspected: bool
    location: Point | None
    breaches: list[BreachOut]


@router.get("/deliveries")
def deliveries(
    here: Here,
    seen: Seen,
    *,
    site: Name | None = None,
    vehicle: Name | None = None,
    cylinder: Name | None = None,
    breach: Breach | None = None,
    after: After = "",
    limit: Limit = 200,
) -> Page[DeliveryOut]:
    """List deliveries to the sites in sight, the latest heard of first; of a `cylinder` that is its whole way."""
    (below,) = key_of(after, tuple[int]) or (0,)
    asked = {"site": site, "vehicle": vehicle, "cylinder": cylinder, "breach": breach}
    rows = here.services.records.deliveries(sites=seen.sites, **asked, below=below, limit=limit + 1)
    return page(rows, limit, lambda row: cursor(row.seq), _shown)


def _shown(row: Delivery) -> DeliveryOut:
    return DeliveryOut(
        id=row.id,
        device=row.device,
        vehicle=row.vehicle,
        enterprise=row.enterprise,
        person=row.person,
        site=row.site,
        time=rfc3339(row.time_ns),
        received=rfc3339(row.received_ns),
        delivered=list(row.delivered),
        returned=list(row.returned),
        inspected=row.inspected,
        location=None if row.lon is None or row.lat is None else Point(lon=row.lon, lat=row.lat),
        breaches=[_breach(Breach(name)) for name in row.breaches],
    )


def _breach(breach: Breach) -> BreachOut:
    zh, en = _TEXTS[breach]
    return BreachOut(code=breach, text=Text(zh=zh, en=en))
