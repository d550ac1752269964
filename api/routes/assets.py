"""What stands in the town and how it stands."""

from bisect import bisect_right
from collections.abc import Iterable

from fastapi import APIRouter

from api import models, views
from api.people import Here
from api.problems import missing
from api.routes.paging import After, Limit, page

router = APIRouter(tags=["assets"])


def _from(names: Iterable[str], after: str, limit: int) -> list[str]:
    ordered = sorted(names)
    start = bisect_right(ordered, after)
    return ordered[start : start + limit + 1]


@router.get("/devices")
def devices(
    here: Here, *, after: After = "", limit: Limit = 200, site: str | None = None, silent: bool = False
) -> models.Page[models.DeviceOut]:
    """Give devices in order of their id; with `silent` only those that are offline or stale."""
    assets = here.services.assets
    names = list(assets.devices) if site is None else [device.id for device in assets.by_site.get(site, ())]
    if silent:
        names = [name for name in names if here.board.of(name).stale or not here.board.of(name).online]
    return page(_from(names, after, limit), limit, str, lambda name: here.views.device(here.board.of(name)))


@router.get("/devices/{device}")
def device(device: str, here: Here) -> models.DeviceDetail:
    if device not in here.services.assets.devices:
        raise missing("device", device)
    shown = here.views.device(here.board.of(device))
    latest = here.services.series.latest(device)
    values = {quantity: views.latest(quantity, value) for quantity, value in latest.items()}
    return models.DeviceDetail(**shown.model_dump(), latest=dict(values))


@router.get("/sites")
def sites(here: Here, after: After = "", limit: Limit = 200) -> models.Page[models.SiteOut]:
    known = here.services.assets.sites
    return page(_from(known, after, limit), limit, str, lambda name: here.views.site(known[name]))


@router.get("/zones")
def zones(here: Here, after: After = "", limit: Limit = 200) -> models.Page[models.ZoneOut]:
    known = here.services.assets.zones
    return page(
        _from(known, after, limit),
        limit,
        str,
        lambda name: models.ZoneOut(id=name, name=known[name].name, name_en=known[name].name_en),
    )


@router.get("/network")
def network(here: Here) -> models.Network:
    """Give sites as GeoJSON points and pipes as lines, where both ends have a place; coordinates CGCS2000."""
    sites = (views.site_feature(site) for site in here.services.assets.sites.values())
    return models.Network(features=[*sites, *views.pipe_features(here.services.network)])
