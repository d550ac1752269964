"""Is the process alive, and does it do its work? Both also without the prefix, for load balancers."""

from fastapi import APIRouter, Response

from api import models, views
from api.people import Here

MAY_LAG_S = 15.0
"""What is older is not shown as normal: the same limit as on the screens."""

router = APIRouter(tags=["health"])


@router.get("/healthz")
async def healthz() -> dict[str, str]:
    return {"status": "ok"}


@router.get("/readyz")
async def readyz(here: Here, response: Response) -> models.Ready:
    """Answer 503 while the records, the log or a reader that raises alarms do not follow."""
    readers = here.hub.facts.readers
    ready = here.hub.age_s < MAY_LAG_S and all(readers[name].lag_s < MAY_LAG_S for name in readers if name == "watch")
    response.status_code = 200 if ready else 503
    return models.Ready(
        ready=ready,
        version=here.services.version,
        age_s=views.finite(here.hub.age_s),
        readers={name: models.ReaderOut(**reader._asdict()) for name, reader in readers.items()},
    )
