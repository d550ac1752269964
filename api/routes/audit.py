"""Who did what."""

from typing import Annotated

from fastapi import APIRouter, Depends, Query

from api import people_out
from api.models import Page
from api.people import Here, may_read
from api.rights import Right
from api.routes.paging import Limit, page

router = APIRouter(tags=["audit"])


@router.get("/audit", dependencies=[Depends(may_read(Right.AUDIT))])
def audit(here: Here, after: Annotated[int, Query(ge=0)] = 0, limit: Limit = 200) -> Page[people_out.AuditOut]:
    """Give the audit trail, newest first."""
    rows = here.services.records.audit(limit + 1, after)
    return page(rows, limit, lambda row: row.seq, people_out.audited)
