"""What stands in the town and how it stands."""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence

from fastapi import APIRouter

from api import models, views
from api.people import Desks, Here, Seen
from api.problems import missing
from api.routes.paging import After, Limit, page
from domain.cylinder import standing

router = APIRouter(tags=["assets"])


def _from(names: Iterable[str], after: str, limit: int) -> list[str]:
    ordered = sorted(names)
    start = bisect_right(ordered, after)
    return ordered[start : start + limit + 1]


@router.get("/devices")
def devices(
    here: Here, seen: Seen, *, after: After = "", limit: Limit = 200, site: str | None = None, silent: bool = False
) -> models.Page[models.DeviceOut]:
    """Give devices in order of their id; with `silent` only those that are offline or stale."""
    names = [device.id for device in seen.devices(here.services.assets) if site in {None, device.site}]
    if silent:
        names = [name for name in names if here.board.of(name).stale or not here.board.of(name).online]
    return page(_from(names, after, limit), limit, str, lambda name: here.views.device(here.board.of(name)))


@router.get("/devices/{device}")
def device(device: str, here: Here, seen: Seen) -> models.DeviceDetail:
    if seen.device(device, here.services.assets) is None:
        raise missing("device", device)
    shown = here.views.device(here.board.of(device))
    latest = here.services.series.latest(device)
    values = {quantity: views.latest(quantity, value) for quantity, value in latest.items()}
    return models.DeviceDetail(**shown.model_dump(), latest=dict(values))


@router.get("/sites")
def sites(here: Here, seen: Seen, after: After = "", limit: Limit = 200) -> models.Page[models.SiteOut]:
    known = seen.among(here.services.assets.sites)
    shown = _from(known, after, limit)
    there = _cylinders(here, shown)
    return page(shown, limit, str, lambda name: here.views.site(known[name], there.get(name, ())))


def _cylinders(here: Desks, sites: list[str]) -> Mapping[str, Sequence[str]]:
    """Give the codes of the LPG cylinders that stand at some sites."""
    registry, wanted = here.services.assets.cylinders, frozenset(sites)
    known = {code: cylinder for code, cylinder in registry.items() if cylinder.site in wanted}
    moves = here.services.records.cylinder_moves(sites, known)
    return standing(known | {move.code: registry[move.code] for move in moves if move.code in registry}, moves)


@router.get("/zones")
def zones(here: Here, seen: Seen, after: After = "", limit: Limit = 200) -> models.Page[models.ZoneOut]:
    known = here.services.assets.zones
    named = known if seen.whole else {site.zone for site in seen.among(here.services.assets.sites).values()}
    return page(
        _from(named, after, limit),
        limit,
        str,
        lambda name: models.ZoneOut(id=name, name=known[name].name, name_en=known[name].name_en),
    )


@router.get("/network")
def network(here: Here, seen: Seen) -> models.Network:
    """Give sites as GeoJSON points and pipes as lines, where both ends have a place; coordinates CGCS2000."""
    sites = (views.site_feature(site) for site in seen.among(here.services.assets.sites).values())
    return models.Network(features=[*sites, *views.pipe_features(here.services.network)])
