"""Alarms that belong together are one incident: operators see one leak, not a rain of alarms."""

import hashlib
from dataclasses import replace

from alerting.fusion import Places
from alerting.ports import Incidents
from alerting.standdown import needs_proof
from alerting.verdict import add, judge, reaches_area, share_any, share_area, vote
from domain.alarm import Alarm, AlarmKind
from domain.asset import Assets
from domain.record import Incident

SAME_ZONE_NS, NEIGHBOUR_NS = 3_600_000_000_000, 600_000_000_000
"""How long after its newest alarm an incident takes in others that one origin may be behind; own defaults."""


class Grouping:
    """Puts alarms into incidents.

    An alarm stays in its incident while that is open. Else it joins an open one of its site that shares an origin; or
    one of its zone or of a neighbouring zone that shares an origin which reaches so far (`verdict.AREA`); or any other
    of its site; or it opens one.

    Args:
        assets: for the sort of an alarm.
        places: which zones are neighbours.
    """

    def __init__(self, assets: Assets, places: Places) -> None:
        self._assets, self._places = assets, places

    def join(self, incidents: Incidents, before: Alarm, alarm: Alarm, now_ns: int) -> str:
        """Put an alarm with a new occurrence into an incident, and weigh the incident anew; give its id."""
        sort = vote(alarm, self._assets)
        known = incidents.incident(alarm.incident_id) if alarm.incident_id else None
        stays = known is not None and known.closed_ns is None
        incident = known if stays else self._found(incidents, alarm, sort, now_ns)
        if incident is None:
            incident = Incident(_identity(alarm), alarm.site, alarm.zone, alarm.priority, now_ns)
        news = not stays or sort != vote(before, self._assets)
        votes = add(incident.votes, sort) if news else incident.votes
        verdict = judge(votes)
        after = replace(
            incident,
            priority=min(incident.priority, alarm.priority),
            joined_ns=now_ns,
            votes=votes,
            cause=verdict.origin,
            confidence=round(verdict.confidence, 4),
            place=_place(alarm) or incident.place,
        )
        incidents.save_incident(after)
        return after.id

    def _found(self, incidents: Incidents, alarm: Alarm, sort: str, now_ns: int) -> Incident | None:
        zones = self._places.zones(alarm.zone) if alarm.zone else frozenset({""})
        here = incidents.open_incidents(sorted(zones), site=alarm.site)
        alike = [incident for incident in here if share_any(sort, incident.votes)]
        there = incidents.open_incidents(sorted(zones)) if not alike and alarm.zone and reaches_area(sort) else []
        around = [i for i in there if self._reaches(i, alarm, now_ns) and share_area(sort, i.votes)]
        return next(iter((*alike, *around, *here)), None)

    @staticmethod
    def _reaches(incident: Incident, alarm: Alarm, now_ns: int) -> bool:
        return now_ns - incident.joined_ns <= (SAME_ZONE_NS if incident.zone == alarm.zone else NEIGHBOUR_NS)


def leave(incidents: Incidents, alarm: Alarm, now_ns: int) -> None:
    """Close the incident of an alarm that is normal again, when every other member is so too.

    One with gas of priority 1 or 2 stays open until people stand it down with proof.
    """
    incident = incidents.incident(alarm.incident_id)
    if incident is None or incident.closed_ns is not None or needs_proof(incident):
        return
    if not incidents.is_standing(incident.id):
        incidents.save_incident(replace(incident, closed_ns=now_ns))


def _place(alarm: Alarm) -> str:
    """Give the ranked pipes that an alarm names, "" where it names none: they stand last in its reason."""
    if alarm.kind not in {AlarmKind.MANHOLE_GAS, AlarmKind.PIPE_RUPTURE} or "%" not in alarm.reason:
        return ""
    last = alarm.reason.rpartition("; ")[2]
    return last if last.endswith("%") else ""


def _identity(alarm: Alarm) -> str:
    """Name an incident after the raise that opened it: every run gives the same."""
    return hashlib.sha256(f"incident\n{alarm.id}\n{alarm.life.occurrence}".encode()).hexdigest()[:16]
