"""A comparison for the many rows where nothing happens, a state machine for the few where something does."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, ClassVar, Generic, TypeVar

import numpy as np
import numpy.typing as npt

from detectors.base import Detector, in_log_order
from detectors.bounds import not_negative, ns
from detectors.memory import Memory
from detectors.order import Bools, Reading, readings
from detectors.state import NEVER, Columns
from detectors.watch import Selection, Slots, Watch
from domain.alarm import AlarmKind
from domain.batch import Batch
from domain.finding import Finding, Transition


@dataclass(slots=True)
class Life:
    """State of one channel.

    Attributes:
        last_ns: newest sample time judged.
        busy: anything but normal: every row goes through the state machine.
    """

    last_ns: int = NEVER
    busy: bool = False


L = TypeVar("L", bound=Life)
Rows = npt.NDArray[np.intp]
At = Reading | tuple[int, int]
"""Where a change was seen: at a reading, or at a tick (log time, position)."""


class Machine(Detector, Generic[L]):
    """Base of the detectors that watch channels.

    Rows of a channel that is normal and that cross nothing only move its newest time (one `maximum.at` for all of
    them). The rows of all other channels go one by one, in log order, through `_step`: its cost is bounded by a few
    microseconds for a row, and no split of the log into batches can change what it sees.

    Args:
        watch: the channels.
        life: state of a channel, a dataclass whose defaults are the cold state.
        page_s: oldest late reading that may still raise, seconds.
        devices: further state by device, or None.
        rings: further state by channel.
    """

    NAME: ClassVar[str]
    SCHEMA: ClassVar[int] = 1
    HEARS_UNUSABLE: ClassVar[bool] = False
    """Whether rows of quality warm-up, calibration, stale, immersed and bad mean anything here."""

    def __init__(
        self,
        *,
        watch: Watch,
        life: type[L],
        page_s: float,
        devices: Columns[Any] | None = None,
        rings: tuple[Columns[Any], ...] = (),
    ) -> None:
        not_negative(page_s=page_s)
        self._watch = watch
        self._lives = Columns(life, len(self._watch))
        for ring in rings:
            ring.grow(len(self._watch))
        self._memory = Memory(
            f"{self.NAME}/{self.SCHEMA}", watch=self._watch, slots=(self._lives, *rings), devices=devices
        )
        self._page_ns = ns(page_s)
        self._open: dict[int, L] = {}
        self._known = len(self._watch)
        self._grown()

    @abstractmethod
    def _hot(self, slot: Slots, part: Batch) -> Bools:
        """Tell which rows could change the state of a normal channel."""

    @abstractmethod
    def _step(self, slot: int, life: L, reading: Reading) -> list[Finding]:
        """Judge one reading that is not older than any before it in its channel."""

    @abstractmethod
    def _is_busy(self, life: L) -> bool:
        """Tell whether a channel is anything but normal."""

    def _learn(self, rows: Rows, slot: Slots, part: Batch, busy: Bools | None) -> None:
        """Look at all rows before any is judged; nothing to learn unless overridden."""

    def _group(self, slot: Slots) -> npt.NDArray[Any]:
        """Give what becomes busy together; a channel alone unless overridden."""
        return slot

    def _grown(self) -> None:
        """Look up anew what follows from the slots; nothing unless overridden."""

    def _refresh(self) -> None:
        self._memory.refresh()
        if self._known != len(self._watch):
            self._known = len(self._watch)
            self._grown()

    def update(self, batch: Batch) -> list[Finding]:
        self._refresh()
        rows, slot, part = self._select(batch)
        if not len(slot):
            return []
        busy = self._spread(slot, self._hot(slot, part) | self._lives["busy"][slot])
        self._learn(rows, slot, part, busy)
        if busy is None:
            np.maximum.at(self._lives["last_ns"], slot, part.time_ns)
            return []
        quiet = ~busy
        np.maximum.at(self._lives["last_ns"], slot[quiet], part.time_ns[quiet])
        findings = self._walk(batch, rows[busy], slot[busy])
        self._close()
        return in_log_order(findings)

    def _select(self, batch: Batch) -> Selection:
        return self._watch.select(batch, unusable=self.HEARS_UNUSABLE)

    def _spread(self, slot: Slots, hot: Bools) -> Bools | None:
        """Tell which rows share a group with a hot one; None when no row is hot."""
        if not hot.any():
            return None
        group = self._group(slot)
        mark = np.zeros(int(group.max()) + 1, np.bool_)
        mark[group[hot]] = True
        busy: Bools = mark[group]
        return busy

    def _walk(self, batch: Batch, rows: Rows, slot: Slots) -> list[Finding]:
        findings: list[Finding] = []
        self._open = self._lives.read_all(np.unique(slot))
        for number, reading in zip(slot.tolist(), readings(batch, rows, self._page_ns), strict=True):
            life = self._open[number]
            if reading.time_ns >= life.last_ns:
                life.last_ns = reading.time_ns
                findings += self._step(number, life, reading)
        return findings

    def _life(self, slot: int) -> L:
        """Open a channel's state; `_close` writes all that were opened."""
        life = self._open.get(slot)
        if life is None:
            life = self._open[slot] = self._lives.read(slot)
        return life

    def _close(self) -> None:
        for life in self._open.values():
            life.busy = self._is_busy(life)
        self._lives.write_all(self._open)
        self._open = {}

    def _finding(
        self,
        slot: int,
        kind: AlarmKind,
        transition: Transition,
        at: At,
        *,
        level: int = 0,
        onset_ns: int,
        value: float | None,
        limit: float | None = None,
        reason: str = "",
    ) -> Finding:
        device = self._watch.device_at(slot)
        time_ns, position = (at.time_ns, at.position) if isinstance(at, Reading) else at
        return Finding(
            self.NAME,
            kind,
            device.id,
            device.site,
            transition,
            level,
            position,
            time_ns,
            onset_ns,
            value,
            limit,
            reason,
        )
