"""Keeps the ledger by itself: enters what monitoring and deliveries of LPG prove, and escalates what is overdue.

It reads the journal of alarms and the deliveries, each behind a cursor of its own, which moves in the transaction of
what it enters: after a kill at any point it goes on where it was, and a hazard is one row by site (or enterprise and
township) and finding, so that nothing stands twice.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from itertools import chain
from typing import Any, NamedTuple, Protocol

from domain.alarm import Alarm, AlarmKind
from domain.asset import Assets
from domain.command import Command, CommandState
from domain.cylinder import Move
from domain.delivery import Delivery
from domain.errors import StoreUnavailable
from domain.hazard import Grade, Hazard, HazardEvent, HazardQuery, HazardState, HazardStep, Origin
from domain.record import JournalEntry
from domain.rulebook import Rulebook
from ledger import book
from ledger.cylinders import Storage, of_delivery
from ledger.flow import Act, Numbers, due_supervision
from ledger.monitoring import ENDS, KINDS, Found, Past, of_journal, of_registry, of_silent
from ledger.rules import RULES, departments_of
from ledger.telemetry import Telemetry

READER, DELIVERIES = "ledger", "ledger/deliveries"
_FIRST_LEVEL = frozenset({AlarmKind.GAS_LOW, AlarmKind.GAS_DECLARED})
_LINES, _SILENT, _OVERDUE = 500, 10_000, 10_000
_TOGETHER = 50
"""Findings in one transaction: alarms wait for its end."""
_RAISED_WITHIN = 50
"""Lines of an alarm in which its raise is looked for."""
_DAY_NS = 86_400_000_000_000
_REQUEST_NS = 600_000_000_000
"""A command is requested at most so long before it is sent."""


class Unit(book.Unit, Protocol):
    """What the keeper reads and writes in one transaction: `store.unit.Unit`."""

    def cursor(self, reader: str) -> int: ...
    def set_cursor(self, reader: str, position: int) -> None: ...
    def alarm(self, alarm_id: str) -> Alarm | None: ...
    def newest(self, limit: int, *, alarm_id: str | None = None) -> list[JournalEntry]: ...
    def hazard(self, hazard_id: str) -> Hazard | None: ...
    def commands(self, device: str, since_ns: int) -> list[Command]: ...
    def last_hazard_event(self, hazard_id: str) -> HazardEvent | None: ...


class Records(Protocol):
    """The records: `store.records.Records`."""

    def unit(self) -> AbstractContextManager[Unit]: ...
    def cursor(self, reader: str) -> int: ...
    def journal(self, *, after: int = 0, limit: int = 500) -> list[JournalEntry]: ...
    def alarm(self, alarm_id: str) -> Alarm | None: ...
    def life_lines(self, alarm_id: str, until: int) -> list[JournalEntry]: ...
    def alarms(self, *, standing: bool = False, kind: AlarmKind | None = None, limit: int = 200) -> list[Alarm]: ...
    def hazards(self, query: HazardQuery, *, limit: int = 200) -> list[Hazard]: ...
    def hazards_named(self, ids: Collection[str]) -> dict[str, Hazard]: ...
    def deliveries_after(self, seq: int, limit: int) -> list[Delivery]: ...
    def last_delivery(self) -> int: ...
    def cylinder_moves(self) -> list[Move]: ...


class Times(NamedTuple):
    """Of the rulebook.

    Attributes:
        numbers: of the life of a hazard.
        offline_ns: from when on silence is a hazard.
        relapse_ns: what still stands so long after it was said to be put right has come back.
    """

    numbers: Numbers
    offline_ns: int
    relapse_ns: int

    @classmethod
    def of(cls, rulebook: Rulebook) -> "Times":
        return cls(Numbers.of(rulebook), rulebook.ns("hazard.offline"), rulebook.ns("hazard.relapse"))


class Keeper:
    """One pass after the other; each is short.

    Args:
        records: the records.
        assets: the registry.
        times: of the rulebook.
        telemetry: judges by measured values.
        gross: weigh cylinders with their steel; else by their nominal fill alone.
    """

    def __init__(
        self, records: Records, assets: Assets, times: Times, telemetry: Telemetry, *, gross: bool = False
    ) -> None:
        self._records, self._assets, self._times, self._telemetry = records, assets, times, telemetry
        self._storage = Storage(records, assets, gross=gross)

    def work(self, now_ns: int, over: Callable[[], bool] = lambda: False) -> bool:
        """Do what there is to do; tell whether there may be more to read (StoreUnavailable).

        Args:
            now_ns: wall clock.
            over: whether to leave the rest to a later pass: each transaction may wait for others.
        """
        self._look(now_ns, over)
        self._escalate(now_ns, over)
        return self._read(now_ns) | self._read_deliveries(now_ns)

    def _read(self, now_ns: int) -> bool:
        after = self._records.cursor(READER)
        lines = self._records.journal(after=after, limit=_LINES)
        if not lines:
            return False
        unclosed = self._unclosed(lines)
        with self._records.unit() as unit:
            if unit.cursor(READER) == after:  # else another process was faster
                for line in (line for line in lines if line.kind in KINDS or line.seq in unclosed):
                    found = unclosed.get(line.seq) or self._judge(unit, line)
                    if found is not None:
                        self._tell(unit, found, now_ns)
                unit.set_cursor(READER, lines[-1].seq)
        return len(lines) == _LINES

    def _read_deliveries(self, now_ns: int) -> bool:
        after = self._records.cursor(DELIVERIES)
        read = self._records.deliveries_after(after, _TOGETHER)
        if not read:
            return False
        with self._records.unit() as unit:
            if unit.cursor(DELIVERIES) == after:
                for found in (found for delivery in read for found in of_delivery(delivery, self._assets)):
                    self._tell(unit, found, now_ns)
                unit.set_cursor(DELIVERIES, read[-1].seq)
        return len(read) == _TOGETHER

    def _judge(self, unit: Unit, line: JournalEntry) -> Found | None:
        alarm = unit.alarm(line.alarm_id)
        if alarm is None or alarm.drill:
            return None

        def raised() -> int | None:
            known = unit.newest(_RAISED_WITHIN, alarm_id=line.alarm_id)
            same = (e for e in known if e.seq < line.seq and e.event == "raise" and e.occurrence == line.occurrence)
            return next((entry.time_ns for entry in same), None)

        def obeyed(since_ns: int) -> bool:
            commands = unit.commands(line.device, since_ns - _REQUEST_NS)
            closed = (command for command in commands if command.state is CommandState.CONFIRMED)
            return any(since_ns <= command.sent_ns <= line.time_ns for command in closed)

        return of_journal(line, Past(alarm.reason, raised, obeyed), self._assets, self._times.offline_ns)

    def _unclosed(self, lines: Sequence[JournalEntry]) -> dict[int, Found]:
        """Judge first-level alarms that are over, before the transaction: the series may take their time."""
        found: dict[int, Found] = {}
        for line in lines:
            if line.kind in _FIRST_LEVEL and line.event in ENDS and self._telemetry.low_closes(line.site):
                alarm, life = self._records.alarm(line.alarm_id), self._records.life_lines(line.alarm_id, line.seq)
                proven = self._telemetry.unclosed(line, life[0].time_ns) if life and alarm and not alarm.drill else None
                found |= {} if proven is None else {line.seq: proven}
        return found

    def _medium(self, now_ns: int) -> list[Found]:
        """Look at standing high pressure; series that are away are asked in the next pass."""
        high = self._records.alarms(standing=True, kind=AlarmKind.PRESSURE_HIGH, limit=_SILENT)
        try:
            return [*filter(None, (self._telemetry.medium(alarm, now_ns) for alarm in high if not alarm.drill))]
        except StoreUnavailable:
            return []

    def _look(self, now_ns: int, over: Callable[[], bool]) -> None:
        """Look at what stands; a transaction begins only where something is to be written."""
        silent = self._records.alarms(standing=True, kind=AlarmKind.DEVICE_SILENT, limit=_SILENT)
        judged = (of_silent(a, self._assets, now_ns, self._times.offline_ns) for a in silent if not a.drill)
        findings = (of_registry(self._assets, now_ns), self._medium(now_ns), self._storage.found(now_ns))
        all_found = [*filter(None, judged), *chain.from_iterable(findings)]
        known_ones = self._records.hazards_named({found.hazard_id for found in all_found})
        news = [found for found in all_found if self._is_new(known_ones, found, now_ns)]
        for start in range(0, len(news), _TOGETHER):
            if over():
                return
            with self._records.unit() as unit:
                for found in news[start : start + _TOGETHER]:
                    self._tell(unit, found, now_ns)

    def _is_new(self, known_ones: Mapping[str, Hazard], found: Found, now_ns: int) -> bool:
        known = known_ones.get(found.hazard_id)
        return known is None or self._is_back(known, found, now_ns)

    def _is_back(self, known: Hazard, found: Found, now_ns: int) -> bool:
        """Tell whether something that was put right is there again, or still."""
        fixed_ns = known.closed_ns or known.rectified_ns
        if known.state not in {HazardState.CLOSED, HazardState.AWAITING_RECHECK}:
            return False
        return now_ns - fixed_ns > self._times.relapse_ns if found.stands else found.time_ns > fixed_ns

    def _tell(self, unit: Unit, found: Found, now_ns: int) -> None:
        known = unit.hazard(found.hazard_id)
        if known is None:
            book.enter(unit, self._hazard(found, now_ns), now_ns, "")
        elif self._is_back(known, found, now_ns):
            closed = known.state is HazardState.CLOSED
            self._note(unit, known, HazardStep.REOPEN if closed else HazardStep.SEEN, found, now_ns)
        elif known.closed_ns is None and not found.stands and self._is_news(unit, known, now_ns):
            self._note(unit, known, HazardStep.SEEN, found, now_ns)

    def _is_news(self, unit: Unit, known: Hazard, now_ns: int) -> bool:
        """Once a day is enough of what flutters; what waits for its re-check is judged by `_is_back` alone."""
        last = unit.last_hazard_event(known.id)
        old = last is None or now_ns - last.time_ns > _DAY_NS
        return old and known.state is not HazardState.AWAITING_RECHECK

    def _note(self, unit: Unit, known: Hazard, step: HazardStep, found: Found, now_ns: int) -> None:
        text = f"{found.evidence} {found.alarm_id}".strip()
        deadline_ns = now_ns + RULES[found.rule].deadline_ns
        wish = Act(step=step, user="", now_ns=now_ns, text=text, deadline_ns=deadline_ns)
        book.act(unit, known, wish, self._times.numbers)

    def _hazard(self, found: Found, now_ns: int) -> Hazard:
        """Rule (a) holds for what monitoring finds too: somebody answers, and the days are the rule's own."""
        site = self._assets.sites.get(found.site)
        lead, co = departments_of(found.rule, site.type if site else "")
        return Hazard(
            **self._subject(found),
            id=found.hazard_id,
            rule=found.rule,
            site=found.site,
            grade=Grade.GENERAL,
            found_by=book.SYSTEM,
            found_ns=found.time_ns,
            evidence=found.evidence,
            deadline_ns=now_ns + RULES[found.rule].deadline_ns,
            lead=lead,
            co=co,
            finding=found.finding,
            alarm_id=found.alarm_id,
        )

    def _subject(self, found: Found) -> dict[str, Any]:
        """Tell what is meant and who answers: the site, or the enterprise that said so itself."""
        if found.enterprise is not None:
            name, township, responsible = found.enterprise
            where = {"object": name, "township": township, "address": ""}
            return where | {"responsible": responsible, "origin": Origin.ENTERPRISE_SELF}
        site = self._assets.sites[found.site]
        where = {"object": site.name, "township": site.district, "address": site.address}
        return where | {"responsible": site.responsible or f"{site.name}负责人", "origin": Origin.TELEMETRY}

    def _escalate(self, now_ns: int, over: Callable[[], bool]) -> None:
        numbers = self._times.numbers
        for late in self._records.hazards(HazardQuery(overdue_ns=now_ns), limit=_OVERDUE):
            if due_supervision(late, now_ns, numbers) is late.supervision:
                continue
            if over():
                return
            with self._records.unit() as unit:
                known = unit.hazard(late.id)
                if known == late:  # else somebody was faster, and a later pass sees what is left
                    book.act(unit, known, Act(step=HazardStep.SUPERVISE, user="", now_ns=now_ns), numbers)
