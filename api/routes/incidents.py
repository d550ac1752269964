"""Alarms that belong together."""

from fastapi import APIRouter

from api import models
from api.people import Here, Seen
from api.problems import missing
from api.routes.paging import After, Limit, cursor, key_of, page

router = APIRouter(tags=["incidents"])


@router.get("/incidents")
def incidents(
    here: Here, seen: Seen, *, after: After = "", limit: Limit = 200, open_only: bool = False
) -> models.Page[models.IncidentOut]:
    """Give incidents, the newest first."""
    below = key_of(after, tuple[int, str])
    rows = here.services.records.incidents(open_only=open_only, below=below, limit=limit + 1, sites=seen.sites)
    return page(rows, limit, lambda incident: cursor(incident.opened_ns, incident.id), here.views.incident)


@router.get("/incidents/{incident_id}")
def incident(incident_id: str, here: Here, seen: Seen) -> models.IncidentDetail:
    records = here.services.records
    found = records.incident(incident_id)
    if found is None or not seen.sees(found.site):
        raise missing("incident", incident_id)
    members = [alarm for alarm in records.alarms(incident_id=incident_id, limit=500) if seen.sees(alarm.site)]
    return here.views.incident_detail(
        found, members, [entry for entry in records.journal(incident_id=incident_id) if seen.sees(entry.site)]
    )
