"""Alarm rows in memory: what a back-test needs of a records database, and nothing that outlives it."""

from dataclasses import replace

from alerting.lifecycle import next_due_ns
from domain.alarm import Alarm
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
        self._open: dict[str, str] = {}
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
        due_ns = next_due_ns(alarm.life)
        if due_ns is None:
            self._due_ns.pop(alarm.id, None)
        else:
            self._due_ns[alarm.id] = due_ns

    def due(self, now_ns: int) -> list[Alarm]:
        return [self._alarms[name] for name, due_ns in sorted(self._due_ns.items()) if due_ns <= now_ns]

    def journal(self, entry: JournalEntry) -> int:
        self._seq += 1
        self.entries.append(replace(entry, seq=self._seq))
        return self._seq

    # ------------------------------------------------------------ incidents

    def open_incident(self, site: str) -> Incident | None:
        name = self._open.get(site)
        return None if name is None else self._incidents[name]

    def save_incident(self, incident: Incident) -> None:
        self._incidents[incident.id] = replace(incident, version=incident.version + 1)
        if incident.closed_ns is None:
            self._open[incident.site] = incident.id
        else:
            self._open.pop(incident.site, None)

    def members(self, incident_id: str) -> list[Alarm]:
        return [alarm for alarm in self._alarms.values() if alarm.incident_id == incident_id]

    # ------------------------------------------------------------ nobody is told, nobody acts

    def audit(self, entry: AuditEntry) -> None:
        """Only people's acts are audited; a back-test has none."""

    def notice(self, notice: Notice) -> None:
        """A back-test calls nobody."""

    def cancel_notices(self, alarm_id: str, occurrence: int, why: str) -> None:
        """There are none."""

    def wait_for_no_receipt(self, alarm_id: str, occurrence: int) -> None:
        """There are none."""

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

    def codes(self, person: str, now_ns: int) -> list[AnswerCode]:  # noqa: ARG002
        return []

    def save_answer(self, answer: AnswerCode) -> None:
        """Nobody answers."""
