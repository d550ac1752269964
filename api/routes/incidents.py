"""Alarms that belong together."""

from fastapi import APIRouter

from api import models, views
from api.people import Here, Seen
from api.problems import missing
from api.routes.paging import Limit

router = APIRouter(tags=["incidents"])


@router.get("/incidents")
def incidents(
    here: Here, seen: Seen, *, limit: Limit = 200, open_only: bool = False
) -> models.Page[models.IncidentOut]:
    """Give the newest incidents."""
    found = here.services.records.incidents(open_only=open_only, limit=limit, sites=seen.sites)
    return models.Page(items=[here.views.incident(incident) for incident in found])


@router.get("/incidents/{incident_id}")
def incident(incident_id: str, here: Here, seen: Seen) -> models.IncidentDetail:
    records = here.services.records
    found = records.incident(incident_id)
    if found is None or not seen.sees(found.site):
        raise missing("incident", incident_id)
    members = [alarm for alarm in records.alarms(site=found.site, limit=500) if alarm.incident_id == incident_id]
    return models.IncidentDetail(
        **here.views.incident(found).model_dump(),
        alarms=[here.views.alarm(alarm) for alarm in members],
        journal=[views.transition(entry) for entry in records.journal(incident_id=incident_id)],
    )
