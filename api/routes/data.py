"""What did not come in whole: quarantine and gaps."""

from typing import Annotated

from fastapi import APIRouter, Depends, Path, Query

from api import models, views
from api.people import Here, Person, Seen, may
from api.problems import missing
from api.rights import Right
from api.routes.paging import MOST, After, Limit, cursor, key_of, page

router = APIRouter(tags=["data"])


@router.get("/quarantine")
def quarantine(
    here: Here,
    seen: Seen,
    *,
    after: Annotated[int, Query(ge=0, le=MOST)] = 0,
    limit: Limit = 200,
    reason: str | None = None,
    device: str | None = None,
) -> models.Page[models.QuarantineOut]:
    """Give refused parts of frames, newest first."""
    rows = here.services.records.quarantine(
        after=after, limit=limit + 1, reason=reason, device=device, sites=seen.sites
    )
    return page(rows, limit, lambda row: row.id, views.quarantined)


@router.post("/quarantine/{entry_id}/retry")
def retry(
    entry_id: Annotated[int, Path(ge=1, le=MOST)], here: Here, person: Annotated[Person, Depends(may(Right.RETRY))]
) -> models.Retried:
    """Decode a refused frame once more."""
    found = here.services.records.quarantined(entry_id)
    if found is None or not person.sight.sees(found.site):
        raise missing("quarantine entry", str(entry_id))
    return models.Retried(position=here.services.retry(entry_id, person.user.name))


@router.get("/gaps")
def gaps(
    here: Here,
    seen: Seen,
    *,
    after: After = "",
    limit: Limit = 200,
    device: str | None = None,
    open_only: bool = False,
) -> models.Page[models.GapOut]:
    """Give messages that did not arrive, newest first."""
    below = key_of(after, tuple[int, str, int, str])
    within = seen.named(here.services.assets)
    rows = here.services.records.gaps(device, limit + 1, devices=within, open_only=open_only, below=below)
    return page(rows, limit, lambda gap: cursor(gap.opened_ns, gap.device, gap.from_seq, gap.boot_id), here.views.gap)
