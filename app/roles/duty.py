"""Look for gaps, unsigned hand-overs and alarms that found nobody. Only changes go into the log, as frames."""

import logging
from collections.abc import Collection, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from alerting.oncall import Change, Watch, gaps, hand_overs
from alerting.plan import Plan, read_plan
from app.roles.ourselves import Health
from domain.alarm import AlarmKind
from domain.duty import HANDOVER_TAKE, Override, StoredPlan
from domain.errors import ConfigurationError, StoreUnavailable
from domain.record import AuditEntry
from domain.rulebook import Rulebook

_LOGGER = logging.getLogger(__name__)
_EVERY_NS = 5_000_000_000
_GAPS_EVERY_NS = 300_000_000_000
_S_NS, _MIN_NS, _H_NS = 1_000_000_000, 60_000_000_000, 3_600_000_000_000
_BACK_NS = 35 * 24 * _H_NS
"""Changes of duty longer ago are not looked for: even monthly turns have had one since."""


class Duties(Protocol):
    """What `store.duties.Duties` says."""

    def plan(self) -> StoredPlan | None: ...
    def overrides(self, from_ns: int, to_ns: int) -> list[Override]: ...
    def unreached(self) -> int: ...


class Records(Protocol):
    """The records database."""

    def duties(self) -> AbstractContextManager[Duties]: ...
    def audit(
        self, limit: int = 200, after: int = 0, *, actions: Collection[str] | None = None
    ) -> list[AuditEntry]: ...


class _Known(NamedTuple):
    """From which plan and overrides gaps and changes were computed, and when."""

    plan: int
    overrides: tuple[int, ...]
    at_ns: int


class DutyWatch:
    """Levels of the alarms about duties.

    Args:
        records: plan, overrides, escalations and the signatures of hand-overs.
        rulebook: how far ahead a gap counts, and how long a hand-over may take.
    """

    def __init__(self, records: Records, rulebook: Rulebook) -> None:
        self._records = records
        self._ahead_ns = round(rulebook["oncall_gap.ahead"] * _S_NS)
        self._soon_ns = round(rulebook["oncall_gap.soon"] * _S_NS)
        self._sign_ns = rulebook.ns("handover_unsigned.after")
        self._before_ns = rulebook.ns("handover_unsigned.before")
        self._told: dict[str, tuple[int, str]] = {}
        self._due_ns = 0
        self._known: _Known | None = None
        self._gaps: Sequence[Watch] = ()
        self._changes: Sequence[Change] = ()
        self._taken_ns = 0

    def changes(self, now_ns: int) -> list[Health]:
        """Give what changed since the last call; looks every few seconds, and for gaps whenever the duties change."""
        if 0 <= self._due_ns - now_ns <= _EVERY_NS:
            return []
        self._due_ns = now_ns + _EVERY_NS
        try:
            with self._records.duties() as duties:
                self._look(duties, now_ns)
                found = [self._gap(now_ns), _nobody(duties)]
            found.append(self._unsigned(now_ns))
        except StoreUnavailable as error:
            _LOGGER.warning("duties: %s; trying again", error)
            return []
        return [health for health in found if self._changed(health)]

    def _changed(self, health: Health) -> bool:
        before, now = self._told.get(health.kind), (health.level, health.reason)
        self._told[health.kind] = now  # None after a start: say how it stands, whatever it was before
        return before != now

    def _look(self, duties: Duties, now_ns: int) -> None:
        """Compute gaps and changes anew where plan or overrides are others, or some minutes went by."""
        stored, to_ns = duties.plan(), now_ns + self._ahead_ns
        overrides = duties.overrides(now_ns - _BACK_NS, to_ns)
        known = _Known(stored.id if stored else 0, tuple(override.id for override in overrides), now_ns)
        if not self._stale(known):
            return
        plan = None if stored is None else _read(stored)
        self._known, self._gaps, self._changes = known, (), ()
        if stored is not None and plan is not None:
            from_ns = max(now_ns - _BACK_NS, stored.imported_ns)  # what another plan said is nobody's duty now
            self._gaps = gaps(plan, overrides, now_ns, to_ns)
            self._changes = hand_overs(plan, overrides, from_ns, now_ns + _GAPS_EVERY_NS)

    def _gap(self, now_ns: int) -> Health:
        ahead = [gap for gap in self._gaps if gap.to_ns > now_ns]
        if not ahead:
            return Health(AlarmKind.ONCALL_GAP, 0, 0.0, 0.0)
        first = min(ahead, key=lambda gap: gap.from_ns)
        wait_ns = max(0, first.from_ns - now_ns)
        level = 2 if wait_ns <= self._soon_ns else 1
        return Health(AlarmKind.ONCALL_GAP, level, wait_ns / _H_NS, self._soon_ns / _H_NS, f"{first.team}/{first.role}")

    def _unsigned(self, now_ns: int) -> Health:
        """Tell of the oldest change of duty that is the latest of its role and that no signature since covers."""
        latest = {(c.team, c.role): c for c in self._changes if c.at_ns + self._sign_ns <= now_ns}
        open_ = self._not_taken(latest.values())
        if open_:
            newest = next(iter(self._records.audit(1, actions=(HANDOVER_TAKE,))), None)
            self._taken_ns = newest.time_ns if newest else 0
            open_ = self._not_taken(open_)
        if not open_:
            return Health(AlarmKind.HANDOVER_UNSIGNED, 0, 0.0, 0.0)
        first = min(open_, key=lambda change: change.at_ns)
        wait, limit = (ns / _MIN_NS for ns in (now_ns - first.at_ns, self._sign_ns))
        return Health(AlarmKind.HANDOVER_UNSIGNED, 1, wait, limit, f"{first.team}/{first.role}")

    def _not_taken(self, found: Collection[Change]) -> list[Change]:
        return [change for change in found if self._taken_ns < change.at_ns - self._before_ns]

    def _stale(self, now: _Known) -> bool:
        was = self._known
        return was is None or was[:2] != now[:2] or not 0 <= now.at_ns - was.at_ns < _GAPS_EVERY_NS


def _read(stored: StoredPlan) -> Plan | None:
    try:
        return read_plan(stored.text)
    except ConfigurationError as error:
        _LOGGER.error("the duty plan is not used: %s", error)  # noqa: TRY400 - the line says it all
        return None


def _nobody(duties: Duties) -> Health:
    lost = duties.unreached()
    return Health(AlarmKind.NOBODY_ON_CALL, int(lost > 0), float(lost), 0.0)
