"""How well the alarms serve the people who answer them."""

from collections.abc import Collection
from typing import Annotated

from fastapi import APIRouter, Query

from alerting.kpi import report, town_of
from api import kpi_out
from api.people import Here, Seen
from api.problems import Problem, missing
from api.times import Moment, to_ns

router = APIRouter(tags=["kpi"])
_DAY_NS = 86_400_000_000_000
_MOST_DAYS = 31


@router.get("/kpi")
def kpi(
    here: Here,
    seen: Seen,
    *,
    from_: Annotated[Moment | None, Query(alias="from")] = None,
    to: Moment | None = None,
    site: str | None = None,
) -> kpi_out.KpiOut:
    """Give the KPIs of a time, at most 31 days; without one, of the last 24 hours (Problem 404: no such site)."""
    services, sites = here.services, seen.sites
    if site is not None:
        if site not in services.assets.sites or not seen.sees(site):
            raise missing("site", site)
        sites = frozenset({site})
    now_ns = services.clock_ns() + 1  # what happens at this very moment belongs to it
    to_ns_ = min(to_ns(to), now_ns) if to else now_ns
    from_ns = to_ns(from_) if from_ else to_ns_ - _DAY_NS
    return _answer(here, from_ns, to_ns_, sites)


def _answer(here: Here, from_ns: int, to_ns_: int, sites: Collection[str] | None) -> kpi_out.KpiOut:
    if not 0 < to_ns_ - from_ns <= _MOST_DAYS * _DAY_NS + 1:
        raise Problem(422, "rules", f"from: expected a time before `to` and before now, at most {_MOST_DAYS} days")
    period = here.services.records.period(from_ns, to_ns_, sites)
    return kpi_out.kpi(period, report(period, town_of(here.services.assets, sites)))
