"""Role `audit`: look whether everybody was told who had to be, and tell of it by a way of its own where not."""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from contextlib import AbstractContextManager
from typing import Protocol

import msgspec

from alerting.auditor import audit
from alerting.plan import Plan, read_plan
from app.roles.duty import Duties
from app.roles.engine import Health
from domain.alarm import SYSTEM, Alarm, AlarmKind
from domain.asset import Assets
from domain.errors import ConfigurationError, StoreUnavailable
from domain.finding import Finding, Transition
from domain.frame import HEALTH_TOPIC
from domain.record import Notice

_LOGGER = logging.getLogger(__name__)
EVERY_S = 30.0
_AGAIN_NS = 300_000_000_000
_MOST = 2_000


class Records(Protocol):
    """The records database."""

    def duties(self) -> AbstractContextManager[Duties]: ...
    def alarms(self, *, standing: bool = False, limit: int = 200) -> list[Alarm]: ...
    def notices(
        self, *, alarm_id: str | None = None, occurrence: int | None = None, limit: int = 200
    ) -> list[Notice]: ...
    def overdue(self, before_ns: int) -> int: ...


class Auditor:
    """Looks; what it finds goes into the log as an alarm, and at once by the given way.

    Args:
        records: over a connection of its own.
        assets: for the places.
        after_s: how late anything may be.
        append: takes entries of the log.
        tell: a way that needs neither watch nor senders.
    """

    def __init__(
        self,
        records: Records,
        assets: Assets,
        after_s: float,
        append: Callable[[Sequence[tuple[int, str, bytes]]], object],
        tell: Callable[[Finding], None],
    ) -> None:
        self._records, self._assets, self._after_ns = records, assets, round(after_s * 1e9)
        self._append, self._tell = append, tell
        self._said: tuple[int, str] | None = None
        self._told_ns = 0

    def look(self, now_ns: int) -> Counter[str]:
        """Look once; give the number of faults by reason."""
        found = self._faults(now_ns)
        reason = next(iter(sorted(found)), "")
        health = Health(AlarmKind.ESCALATION_FAULT, int(bool(found)), float(found.total()), 0.0, reason)
        if found and now_ns - self._told_ns >= _AGAIN_NS:
            _LOGGER.error("auditor: %s", dict(found))
            self._tell(_finding(health, now_ns))
            self._told_ns = now_ns
        elif not found:
            self._told_ns = 0
        self._say(health, now_ns)
        return found

    def _say(self, health: Health, now_ns: int) -> None:
        said = (health.level, health.reason)
        if said != self._said:
            self._append([(now_ns, HEALTH_TOPIC, msgspec.json.encode(health))])
            self._said = said  # after it: what the log refused is said again

    def _faults(self, now_ns: int) -> Counter[str]:
        found = Counter({"overdue": self._records.overdue(now_ns - self._after_ns)})
        with self._records.duties() as duties:
            stored = duties.plan()
        if stored is not None:
            found.update(self._untold(_read(stored.text), now_ns))
        return +found

    def _untold(self, plan: Plan | None, now_ns: int) -> list[str]:
        if plan is None:
            return []
        asking = [alarm for alarm in self._records.alarms(standing=True, limit=_MOST) if alarm.life.annunciated]
        told = {a.id: self._records.notices(alarm_id=a.id, occurrence=a.life.occurrence, limit=_MOST) for a in asking}
        found = audit(asking, told, plan=plan, assets=self._assets, now_ns=now_ns, after_ns=self._after_ns)
        return [fault.reason for fault in found]


def run_auditor(
    auditor: Auditor, beat: Callable[[int], object], clock_ns: Callable[[], int], stop: threading.Event
) -> None:
    """Look every half minute until `stop`; after each look that could be had, beat."""
    while not stop.wait(EVERY_S):
        try:
            auditor.look(clock_ns())
            beat(clock_ns())
        except StoreUnavailable as error:
            _LOGGER.warning("auditor: %s; trying again", error)


def _read(text: str) -> Plan | None:
    try:
        return read_plan(text)
    except ConfigurationError as error:
        _LOGGER.error("the duty plan is not used: %s", error)  # noqa: TRY400 - the line says it all
        return None


def _finding(health: Health, now_ns: int) -> Finding:
    return Finding(
        detector="auditor",
        kind=AlarmKind.ESCALATION_FAULT,
        device=SYSTEM,
        site="",
        transition=Transition.ONSET,
        level=health.level,
        position=0,
        time_ns=now_ns,
        onset_ns=now_ns,
        value=health.value,
        limit=health.limit,
        reason=health.reason,
    )
