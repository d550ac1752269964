"""Drop what is older than the settings say: whole segments of the log, points of the series, rows of the records.

Points and rows go in small steps between other work, so that nobody waits for the database.
"""

import logging
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from typing import NamedTuple, Protocol

from domain.errors import StoreUnavailable
from domain.rollup import HOUR_NS, MINUTE_NS
from store.framelog import FrameLog

_LOGGER = logging.getLogger(__name__)
_EVERY_NS = 600_000_000_000
_TURN_S = 0.2
_LONG_NS = 10 * 365 * 86_400_000_000_000
_LEAP_NS, _DOUBT_S = 86_400_000_000_000, 3_600.0
_ROWS = 200
"""Rows of one transaction: an entry of the quarantine may hold 64 KiB."""


class Keep(NamedTuple):
    """Minimum age of what is dropped, nanoseconds."""

    log_ns: int
    series_ns: int
    quarantine_ns: int
    gaps_ns: int
    minutes_ns: int = _LONG_NS
    hours_ns: int = _LONG_NS
    notices_ns: int = _LONG_NS
    instructions_ns: int = _LONG_NS


class Ledgers(Protocol):
    """One transaction of the records: `store.unit.Unit`."""

    def forget_quarantine(self, before_ns: int, limit: int) -> dict[str, int]: ...
    def forget_gaps(self, before_ns: int, limit: int) -> int: ...
    def forget_told(self, before_ns: int, limit: int) -> int: ...
    def forget_instructions(self, before_ns: int, limit: int) -> int: ...


class Housekeeping:
    """Begins a round every ten minutes and does a little of it at each call.

    A clock that leaps a day ahead is not believed for an hour: years of roll-ups would be too old at once.

    Args:
        log: to trim, never ahead of the slowest reader.
        cursors: positions that the readers can restart from.
        trim_series: drops some points older than a time, or roll-ups of a step; tells whether there may be more.
        unit: opens a transaction of the records.
        forgot: told how many entries left the quarantine, by reason.
        keep: how long.
    """

    def __init__(
        self,
        *,
        log: FrameLog,
        cursors: Sequence[Callable[[], int]],
        trim_series: Callable[[int, int], bool],
        unit: Callable[[], AbstractContextManager[Ledgers]],
        forgot: Callable[[Mapping[str, int]], None],
        keep: Keep,
    ) -> None:
        self._log, self._cursors, self._trim_series = log, cursors, trim_series
        self._unit, self._forgot, self._keep = unit, forgot, keep
        self._due_ns = self._last_ns = 0
        self._doubted_s = 0.0  # until then
        self._steps: Iterator[None] = iter(())

    def work(self, now_ns: int) -> None:
        """Do some steps of a round, or begin one when it is time again."""
        if self._is_doubtful(now_ns):
            return
        if not 0 <= self._due_ns - now_ns <= _EVERY_NS:
            self._due_ns = now_ns + _EVERY_NS
            self._steps = self._round(now_ns)
        deadline_s = time.monotonic() + _TURN_S
        for _ in self._steps:
            if time.monotonic() >= deadline_s:
                break

    def _is_doubtful(self, now_ns: int) -> bool:
        if self._last_ns and now_ns - self._last_ns > _LEAP_NS:
            self._doubted_s, self._steps = time.monotonic() + _DOUBT_S, iter(())
            _LOGGER.warning("nothing is trimmed for an hour: the clock of the log is a day ahead of a moment ago")
        self._last_ns = now_ns or self._last_ns  # a spoiled frame has no time
        return time.monotonic() < self._doubted_s

    def _round(self, now_ns: int) -> Iterator[None]:
        for what, steps in (("log", self._trim_log), ("series", self._trim_points), ("records", self._trim_records)):
            try:
                yield from steps(now_ns)
            except StoreUnavailable as error:
                _LOGGER.warning("%s not trimmed: %s", what, error)

    def _trim_log(self, now_ns: int) -> Iterator[None]:
        self._log.trim(min(cursor() for cursor in self._cursors), now_ns - self._keep.log_ns)
        yield

    def _trim_points(self, now_ns: int) -> Iterator[None]:
        keep = {0: self._keep.series_ns, MINUTE_NS: self._keep.minutes_ns, HOUR_NS: self._keep.hours_ns}
        for step_ns, keep_ns in keep.items():
            while self._trim_series(now_ns - keep_ns, step_ns):
                yield

    def _trim_records(self, now_ns: int) -> Iterator[None]:
        more = True
        while more:
            with self._unit() as unit:
                gone = unit.forget_quarantine(now_ns - self._keep.quarantine_ns, _ROWS)
            self._forgot(gone)
            more = bool(gone)
            yield
        for forget in (self._forget_gaps, self._forget_told, self._forget_instructions):
            more = True
            while more:
                with self._unit() as unit:
                    more = forget(unit, now_ns) > 0
                yield

    def _forget_gaps(self, unit: Ledgers, now_ns: int) -> int:
        return unit.forget_gaps(now_ns - self._keep.gaps_ns, _ROWS)

    def _forget_told(self, unit: Ledgers, now_ns: int) -> int:
        return unit.forget_told(now_ns - self._keep.notices_ns, _ROWS)

    def _forget_instructions(self, unit: Ledgers, now_ns: int) -> int:
        return unit.forget_instructions(now_ns - self._keep.instructions_ns, _ROWS)
