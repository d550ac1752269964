"""Is the process alive, and does it do its work? Both also without the prefix, for load balancers."""

from fastapi import APIRouter, Response

from api import models, views
from api.people import Here
from api.services import Reader

MAY_LAG_S = 15.0
"""What is older is not shown as normal: the same limit as on the screens."""
_LONG_S = 1e6

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/readyz")
def readyz(here: Here, response: Response) -> models.Ready:
    """Answer 503 while something that the alarms need does not work; each check says what."""
    readers, age_s = here.hub.facts.readers, here.hub.age_s
    pipeline = here.services.pipeline()
    reasons = {
        "records": "" if age_s < MAY_LAG_S else f"records and series have not answered for {_seconds(age_s)}",
        "log": pipeline.log,
        "broker": pipeline.broker,
        "probe": pipeline.probe,
        "watch": _lagging(readers.get("watch")),
    }
    if (turned_ns := pipeline.turned.get("listen")) is not None:
        reasons["listen"] = _silent(abs(here.services.clock_ns() - turned_ns) / 1e9)
    ready = not any(reasons.values())
    response.status_code = 200 if ready else 503
    return models.Ready(
        ready=ready,
        version=here.services.version,
        age_s=views.finite(age_s),
        readers={name: models.ReaderOut(**reader._asdict()) for name, reader in readers.items()},
        checks={name: models.Check(ok=not text, text=text) for name, text in reasons.items()},
    )


def _lagging(watch: Reader | None) -> str:
    if watch is None:
        return "nobody knows yet how far the watch is"
    return "" if watch.lag_s < MAY_LAG_S else f"the watch is {_seconds(watch.lag_s)} behind"


def _silent(age_s: float) -> str:
    return "" if age_s < MAY_LAG_S else f"listen has said nothing for {_seconds(age_s)}"


def _seconds(value: float) -> str:
    return f"{value:.0f} s" if value < _LONG_S else "very long"
