"""Look for gaps in the duty plan and for alarms that found nobody. Only changes go into the log, as frames."""

import logging
from collections.abc import Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from alerting.oncall import Watch, gaps
from alerting.plan import Plan, read_plan
from app.roles.ourselves import Health
from domain.alarm import AlarmKind
from domain.duty import Override, StoredPlan
from domain.errors import ConfigurationError, StoreUnavailable
from domain.rulebook import Rulebook

_LOGGER = logging.getLogger(__name__)
_EVERY_NS = 5_000_000_000
_GAPS_EVERY_NS = 300_000_000_000
_S_NS, _H_NS = 1_000_000_000, 3_600_000_000_000


class Duties(Protocol):
    """What `store.duties.Duties` says."""

    def plan(self) -> StoredPlan | None: ...
    def overrides(self, from_ns: int, to_ns: int) -> list[Override]: ...
    def unreached(self) -> int: ...


class Records(Protocol):
    """The records database."""

    def duties(self) -> AbstractContextManager[Duties]: ...


class _Known(NamedTuple):
    """From which plan and overrides the gaps were computed, and when."""

    plan: int
    overrides: tuple[int, ...]
    at_ns: int


class DutyWatch:
    """Levels of the alarms about duties.

    Args:
        records: plan, overrides and escalations.
        rulebook: how far ahead a gap counts.
    """

    def __init__(self, records: Records, rulebook: Rulebook) -> None:
        self._records = records
        self._ahead_ns = round(rulebook["oncall_gap.ahead"] * _S_NS)
        self._soon_ns = round(rulebook["oncall_gap.soon"] * _S_NS)
        self._told: dict[str, tuple[int, str]] = {}
        self._due_ns = 0
        self._known: _Known | None = None
        self._gaps: Sequence[Watch] = ()

    def changes(self, now_ns: int) -> list[Health]:
        """Give what changed since the last call; looks every few seconds, and for gaps whenever the duties change."""
        if 0 <= self._due_ns - now_ns <= _EVERY_NS:
            return []
        self._due_ns = now_ns + _EVERY_NS
        try:
            with self._records.duties() as duties:
                found = [self._gap(duties, now_ns), _nobody(duties)]
        except StoreUnavailable as error:
            _LOGGER.warning("duties: %s; trying again", error)
            return []
        return [health for health in found if self._changed(health)]

    def _changed(self, health: Health) -> bool:
        before, now = self._told.get(health.kind), (health.level, health.reason)
        self._told[health.kind] = now  # None after a start: say how it stands, whatever it was before
        return before != now

    def _gap(self, duties: Duties, now_ns: int) -> Health:
        stored = duties.plan()
        overrides = duties.overrides(now_ns, now_ns + self._ahead_ns)
        known = _Known(stored.id if stored else 0, tuple(override.id for override in overrides), now_ns)
        if self._stale(known):
            self._known, self._gaps = known, _gaps(stored, overrides, now_ns, now_ns + self._ahead_ns)
        ahead = [gap for gap in self._gaps if gap.to_ns > now_ns]
        if not ahead:
            return Health(AlarmKind.ONCALL_GAP, 0, 0.0, 0.0)
        first = min(ahead, key=lambda gap: gap.from_ns)
        wait_ns = max(0, first.from_ns - now_ns)
        level = 2 if wait_ns <= self._soon_ns else 1
        return Health(AlarmKind.ONCALL_GAP, level, wait_ns / _H_NS, self._soon_ns / _H_NS, f"{first.team}/{first.role}")

    def _stale(self, now: _Known) -> bool:
        was = self._known
        return was is None or was[:2] != now[:2] or not 0 <= now.at_ns - was.at_ns < _GAPS_EVERY_NS


def _gaps(stored: StoredPlan | None, overrides: Sequence[Override], from_ns: int, to_ns: int) -> Sequence[Watch]:
    plan = None if stored is None else _read(stored)
    return () if plan is None else gaps(plan, overrides, from_ns, to_ns)


def _read(stored: StoredPlan) -> Plan | None:
    try:
        return read_plan(stored.text)
    except ConfigurationError as error:
        _LOGGER.error("the duty plan is not used: %s", error)  # noqa: TRY400 - the line says it all
        return None


def _nobody(duties: Duties) -> Health:
    lost = duties.unreached()
    return Health(AlarmKind.NOBODY_ON_CALL, int(lost > 0), float(lost), 0.0)
