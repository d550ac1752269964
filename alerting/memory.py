"""Alarm rows in memory: what a back-test needs of a records database, and nothing that outlives it."""

from collections.abc import Collection, Sequence
from dataclasses import replace

from alerting.lifecycle import next_due_ns
from domain.alarm import Alarm, AlarmKind, Condition, StateLetter
from domain.duty import AnswerCode, Escalation, Override, StoredPlan
from domain.errors import Conflict
from domain.record import AuditEntry, Incident, JournalEntry, Notice


class MemoryUnit:
    """One endless transaction that is never written: it satisfies `alerting.ports.Unit`.

    Attributes:
        entries: of the journal since the caller last emptied it.
    """

    def __init__(self) -> None:
        self.entries: list[JournalEntry] = []
        self._alarms: dict[str, Alarm] = {}
        self._due_ns: dict[str, int] = {}
        self._incidents: dict[str, Incident] = {}
        self._open: dict[str, dict[str, None]] = {}
        self._standing: dict[tuple[str, AlarmKind], set[str]] = {}
        self._members: dict[str, set[str]] = {}
        self._seq = 0

    # ------------------------------------------------------------ alarms

    def alarm(self, alarm_id: str) -> Alarm | None:
        return self._alarms.get(alarm_id)

    def alarms(self) -> list[Alarm]:
        return list(self._alarms.values())

    def save(self, alarm: Alarm) -> None:
        """Keep a row (Conflict: its version moved since it was read)."""
        known = self._alarms.get(alarm.id)
        if (known.version if known else 0) != alarm.version:
            raise Conflict(f"alarm {alarm.id} changed meanwhile")
        self._alarms[alarm.id] = replace(alarm, version=alarm.version + 1)
        alike = self._standing.setdefault((alarm.zone, alarm.kind), set())
        (alike.discard if alarm.life.condition is Condition.NORMAL else alike.add)(alarm.id)
        if known and known.incident_id != alarm.incident_id:
            self._members.get(known.incident_id, set()).discard(alarm.id)
        self._members.setdefault(alarm.incident_id, set()).add(alarm.id)
        due_ns = next_due_ns(alarm.life)
        if due_ns is None:
            self._due_ns.pop(alarm.id, None)
        else:
            self._due_ns[alarm.id] = due_ns

    def due(self, now_ns: int) -> list[Alarm]:
        return [self._alarms[name] for name, due_ns in sorted(self._due_ns.items()) if due_ns <= now_ns]

    def standing(self, zone: str, kinds: Collection[AlarmKind], limit: int, *, site: str | None = None) -> list[Alarm]:
        names = sorted(name for kind in kinds for name in self._standing.get((zone, kind), ()))
        found = (self._alarms[name] for name in names)
        return [alarm for alarm in found if site is None or alarm.site == site][:limit]

    def journal(self, entry: JournalEntry) -> int:
        self._seq += 1
        self.entries.append(replace(entry, seq=self._seq))
        return self._seq

    # ------------------------------------------------------------ incidents

    def incident(self, incident_id: str) -> Incident | None:
        return self._incidents.get(incident_id)

    def open_incidents(self, zones: Sequence[str], *, site: str | None = None) -> list[Incident]:
        there = (self._incidents[name] for zone in zones for name in self._open.get(zone, {}))
        found = [incident for incident in there if site is None or incident.site == site]
        return sorted(found, key=lambda incident: (incident.opened_ns, incident.id))

    def save_incident(self, incident: Incident) -> None:
        self._incidents[incident.id] = replace(incident, version=incident.version + 1)
        there = self._open.setdefault(incident.zone, {})
        if incident.closed_ns is None:
            there[incident.id] = None
        else:
            there.pop(incident.id, None)

    def is_standing(self, incident_id: str) -> bool:
        members = self._members.get(incident_id, ())
        return any(self._alarms[name].life.letter is not StateLetter.NORMAL for name in members)

    # ------------------------------------------------------------ nobody is told, nobody acts

    def audit(self, entry: AuditEntry) -> None:
        """Only people's acts are audited; a back-test has none."""

    def notice(self, notice: Notice) -> None:
        """A back-test calls nobody."""

    def forget_notices(self, alarm_id: str) -> None:
        """There are none."""

    def cancel_notices(self, alarm_id: str, occurrence: int, why: str) -> None:
        """There are none."""

    def wait_for_no_receipt(self, alarm_id: str, occurrence: int) -> None:
        """There are none."""

    def newest(
        self,
        limit: int,  # noqa: ARG002
        *,
        event: str | None = None,  # noqa: ARG002
        site: str | None = None,  # noqa: ARG002
        alarm_id: str | None = None,  # noqa: ARG002
    ) -> list[JournalEntry]:
        """Nobody is told, so that no flood needs to be known of."""
        return []

    def plan_id(self) -> int:
        """A back-test has no duty plan, so that nothing below is asked for."""
        return 0

    def plan(self) -> StoredPlan | None:
        return None

    def overrides(self, from_ns: int, to_ns: int) -> list[Override]:  # noqa: ARG002 - there are none
        return []

    def escalation(self, alarm_id: str, occurrence: int) -> Escalation | None:  # noqa: ARG002
        return None

    def save_escalation(self, escalation: Escalation) -> None:
        """Nobody is looked for."""

    def due_escalations(self, now_ns: int) -> list[Escalation]:  # noqa: ARG002
        return []

    def answer(self, alarm_id: str, occurrence: int, person: str) -> AnswerCode | None:  # noqa: ARG002
        return None

    def answer_of(self, token: str) -> AnswerCode | None:  # noqa: ARG002
        return None

    def has_code(self, person: str, code: str, now_ns: int) -> bool:  # noqa: ARG002
        return False

    def codes(self, person: str, now_ns: int) -> list[AnswerCode]:  # noqa: ARG002
        return []

    def save_answer(self, answer: AnswerCode) -> None:
        """Nobody answers."""
