"""Alarms of one site that stand together are one incident: operators see one leak, not a rain of alarms."""

import hashlib
from dataclasses import replace

from alerting.ports import Incidents
from domain.alarm import Alarm, StateLetter
from domain.record import Incident


def join(incidents: Incidents, alarm: Alarm, now_ns: int) -> str:
    """Put a raised alarm into the open incident of its site, which it opens where there is none; give its id."""
    incident = incidents.open_incident(alarm.site)
    if incident is None:
        incident = Incident(_identity(alarm), alarm.site, alarm.zone, alarm.priority, now_ns)
    elif incident.priority <= alarm.priority:
        return incident.id
    incidents.save_incident(replace(incident, priority=min(incident.priority, alarm.priority)))
    return incident.id


def leave(incidents: Incidents, alarm: Alarm, now_ns: int) -> None:
    """Close the incident of an alarm that is normal again, when every other member is so too."""
    incident = incidents.open_incident(alarm.site)
    if incident is None or incident.id != alarm.incident_id:
        return
    if all(member.life.letter is StateLetter.NORMAL for member in incidents.members(incident.id)):
        incidents.save_incident(replace(incident, closed_ns=now_ns))


def _identity(alarm: Alarm) -> str:
    """Name an incident after the raise that opened it: every run gives the same."""
    return hashlib.sha256(f"incident\n{alarm.id}\n{alarm.life.occurrence}".encode()).hexdigest()[:16]
