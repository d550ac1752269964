"""Writing into the ledger: the hazard, its history and the audit in one transaction, whoever acts."""

from dataclasses import replace
from typing import Protocol

from domain.hazard import Hazard, HazardEvent
from domain.record import AuditEntry
from ledger.flow import Act, Numbers, register, take

SYSTEM = "ledger"
"""Stands in the audit for what nobody did by hand."""


class Unit(Protocol):
    """What is written in one transaction: `store.unit.Unit`."""

    def save_hazard(self, hazard: Hazard) -> None: ...
    def add_hazard_event(self, event: HazardEvent) -> None: ...
    def audit(self, entry: AuditEntry) -> None: ...


def enter(unit: Unit, hazard: Hazard, now_ns: int, user: str) -> Hazard:
    """Register a hazard (StepRefused)."""
    made, event = register(hazard)
    return _write(unit, made, replace(event, user=user, time_ns=now_ns))


def act(unit: Unit, hazard: Hazard, wish: Act, numbers: Numbers) -> Hazard:
    """Take one step (StepRefused; Conflict: the hazard moved since it was read)."""
    return _write(unit, *take(hazard, wish, numbers))


def _write(unit: Unit, hazard: Hazard, event: HazardEvent) -> Hazard:
    unit.save_hazard(hazard)
    unit.add_hazard_event(event)
    said = f"{event.before}>{event.after} {event.text}".strip()
    unit.audit(AuditEntry(event.time_ns, event.user or SYSTEM, f"hazard_{event.step}", hazard.id, said))
    return replace(hazard, version=hazard.version + 1)
