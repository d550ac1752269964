"""Role `audit`: look whether everybody was told who had to be; where not, tell of it and start the missing step itself.

Its own senders take what is of priority 1 and so late that the senders of role `notify` must stand still.
"""

import logging
import threading
from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

import msgspec

from alerting.auditor import Fault, audit
from alerting.plan import Plan, read_plan
from alerting.ports import Unit
from alerting.understudy import Means, start
from app.roles.duty import Duties
from app.roles.ourselves import Health
from domain.alarm import Alarm, AlarmKind
from domain.asset import Assets
from domain.errors import ConfigurationError, StoreUnavailable
from domain.finding import Finding
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
    def overdue(self, before_ns: int, patient_ns: int, moving: Collection[str] = ()) -> int: ...
    def accepted(self, keys: Collection[str]) -> set[str]: ...
    def unit(self) -> AbstractContextManager[Unit]: ...


class Ways(NamedTuple):
    """What the auditor can call people by: the channels that can be used, and the console's address from outside."""

    channels: tuple[str, ...] = ()
    url: str = ""


class Beside(NamedTuple):
    """Who else works for the same end.

    Attributes:
        turned: when each sender of role `notify` last looked into the outbox, wall clock.
        lame: threads of the auditor itself that have failed, as reasons; the list grows.
    """

    turned: Callable[[], Mapping[str, int]] = dict
    lame: Sequence[str] = ()


class Patience(NamedTuple):
    """How late anything may be.

    Attributes:
        after_ns: a step, a notice of priority 1, or one whose sender stands still: it has not moved for so long.
        queue_ns: a notice of priority 2 to 4 behind others, at a sender that moves.
    """

    after_ns: int
    queue_ns: int


class Auditor:
    """Looks; what it finds goes into the log as an alarm, and at once by the given way.

    Level 2 is that somebody was not told, level 1 that a part of its own has failed, which can wait for its senders.

    Args:
        records: over a connection of its own.
        assets: for the places.
        patience: how late anything may be.
        append: takes entries of the log.
        tell: a way that needs neither watch nor senders.
        ways: for the steps that it starts itself.
        beside: who else is at work.
    """

    def __init__(
        self,
        records: Records,
        assets: Assets,
        patience: Patience,
        append: Callable[[Sequence[tuple[int, str, bytes]]], object],
        tell: Callable[[Finding], None],
        *,
        ways: Ways = Ways(),  # noqa: B008 - frozen
        beside: Beside = Beside(),  # noqa: B008 - frozen
    ) -> None:
        self._records, self._assets, self._patience = records, assets, patience
        self._append, self._tell, self._ways, self._beside = append, tell, ways, beside
        self._said: tuple[int, str] | None = None
        self._told_ns = 0

    def look(self, now_ns: int) -> Counter[str]:
        """Look once; give the number of faults by reason."""
        plan, faults = self._faults(now_ns)
        found = Counter({"overdue": self._overdue(now_ns)})
        found.update(fault.reason for fault in faults)
        found, lame = +found, self._beside.lame
        level, reason = 2 if found else int(bool(lame)), next(iter([*sorted(found), *lame]), "")
        health = Health(AlarmKind.ESCALATION_FAULT, level, float(found.total() + len(lame)), 0.0, reason)
        if found and now_ns - self._told_ns >= _AGAIN_NS:
            _LOGGER.error("auditor: %s", dict(found))
            self._tell(health.finding("auditor", now_ns))
            self._told_ns = now_ns
        elif not found:
            self._told_ns = 0
        self._say(health, now_ns)
        if plan is not None:  # last, since watch may stand still with the records locked
            self._start(plan, faults, now_ns)
        return found

    def _overdue(self, now_ns: int) -> int:
        """Count the notices that wait too long: in a storm those of lower priority wait for each other."""
        after_ns, queue_ns = self._patience
        moving = [name for name, turned_ns in self._beside.turned().items() if abs(now_ns - turned_ns) <= after_ns]
        return self._records.overdue(now_ns - after_ns, now_ns - max(after_ns, queue_ns), moving)

    def _say(self, health: Health, now_ns: int) -> None:
        said = (health.level, health.reason)
        if said != self._said:
            self._append([(now_ns, HEALTH_TOPIC, msgspec.json.encode(health))])
            self._said = said  # after it: what the log refused is said again

    def _faults(self, now_ns: int) -> tuple[Plan | None, list[Fault]]:
        with self._records.duties() as duties:
            stored = duties.plan()
        plan = None if stored is None else _read(stored.text)
        return plan, [] if plan is None else self._untold(plan, now_ns)

    def _start(self, plan: Plan, faults: Sequence[Fault], now_ns: int) -> None:
        """Start what is missing; each alarm in a transaction of its own, since watch may be at work after all."""
        means = Means(plan, self._assets, self._ways.channels, self._ways.url)
        for fault in faults:
            if fault.steps:
                with self._records.unit() as unit:
                    written = start(unit, fault, means, now_ns)
                _LOGGER.error("auditor: %s %s: %d notices written", fault.alarm_id, fault.reason, written)

    def _untold(self, plan: Plan, now_ns: int) -> list[Fault]:
        asking = [alarm for alarm in self._records.alarms(standing=True, limit=_MOST) if alarm.life.annunciated]
        told = {a.id: self._records.notices(alarm_id=a.id, occurrence=a.life.occurrence, limit=_MOST) for a in asking}
        accepted = self._records.accepted({n.carrier for notices in told.values() for n in notices if n.carrier})
        numbers = {"now_ns": now_ns, "after_ns": self._patience.after_ns}
        return list(audit(asking, told, accepted=accepted, plan=plan, assets=self._assets, **numbers))


class LateRecords(Protocol):
    """The outbox, as far as the auditor sends from it."""

    def lease_notices(
        self,
        now_ns: int,
        lease_ns: int,
        limit: int,
        channels: Collection[str] | None = None,
        *,
        late_ns: int = 0,
        priority: int | None = None,
    ) -> list[Notice]: ...
    def settle_notice(self, notice: Notice) -> None: ...
    def hand_over(self, now_ns: int) -> int: ...


class Late:
    """What is of priority 1 and late: an outbox for senders of the auditor's own.

    A lease is for one sender, so that a notice goes out once whoever takes it. What is not of priority 1 is left to
    role `notify`: two senders of one channel would break the limits of its provider.

    Args:
        records: over a connection of their own.
        after_s: how late a notice is that nobody else seems to send.
    """

    def __init__(self, records: LateRecords, after_s: float) -> None:
        self._records, self._after_ns = records, round(after_s * 1e9)

    def lease_notices(
        self, now_ns: int, lease_ns: int, limit: int, channels: Collection[str] | None = None
    ) -> list[Notice]:
        return self._records.lease_notices(now_ns, lease_ns, limit, channels, late_ns=self._after_ns, priority=1)

    def settle_notice(self, notice: Notice) -> None:
        self._records.settle_notice(notice)

    def hand_over(self, now_ns: int) -> int:
        return self._records.hand_over(now_ns - self._after_ns)


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
