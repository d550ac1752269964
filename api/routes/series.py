"""A trend, with the limits that hold for it."""

from typing import Annotated

from fastapi import APIRouter, Query

from api import models, views
from api.limits import limits_of
from api.people import Here, Seen
from api.problems import Problem, missing
from api.times import Moment, rfc3339, to_ns
from domain.quantity import SPANS, Quantity

_DEFAULT_NS = 15 * 60 * 1_000_000_000

router = APIRouter(tags=["series"])


@router.get("/series")
def series(
    here: Here,
    seen: Seen,
    *,
    device: str,
    quantity: Quantity,
    from_: Annotated[Moment | None, Query(alias="from")] = None,
    to: Moment | None = None,
    points: Annotated[int, Query(ge=10, le=5_000)] = 800,
) -> models.SeriesOut:
    """Give a quantity of a device between two times; without them the last 15 minutes."""
    services = here.services
    known = seen.device(device, services.assets)
    if known is None:
        raise missing("device", device)
    to_ns_ = to_ns(to) if to else services.clock_ns()
    from_ns = to_ns(from_) if from_ else to_ns_ - _DEFAULT_NS
    if from_ns >= to_ns_:
        raise Problem(422, "invalid", "from must lie before to")
    trend = services.series.series(device, quantity, from_ns, to_ns_, points)
    return models.SeriesOut(
        device=device,
        quantity=quantity,
        unit=SPANS[quantity].unit,
        time=[rfc3339(time_ns) for time_ns in trend.time_ns],
        value=[views.finite(value) for value in trend.value],
        quality=[views.quality_name(quality) for quality in trend.quality],
        step_s=trend.step_ns // 1_000_000_000,
        limits=[
            models.LimitOut(name=models.Text(zh=limit.zh, en=limit.en), value=limit.value)
            for limit in limits_of(known, quantity, services.rulebook)
        ],
    )
