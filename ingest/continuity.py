"""What came twice, what came late, and what never came."""

from array import array
from bisect import bisect_left
from collections import deque
from collections.abc import Iterable
from enum import Enum
from typing import TYPE_CHECKING, Any, NamedTuple

import msgspec

from domain.asset import Assets
from domain.record import DeviceState, Gap
from domain.rulebook import Rulebook
from domain.sample import Notice
from ingest.completeness import Missing
from ingest.counting import MAX_HOLES, NEVER_NS, Hole, Line

if TYPE_CHECKING:
    Longs = array[int]
else:
    Longs = array  # Python 3.11 has no array[int] at run time

_SCHEMA = 1
_MAX_LINES = 4
_MAX_TIMES = 600
_REUSED_BELOW = 10_000
_REUSED_AFTER_NS = 60_000_000_000


class Verdict(Enum):
    """What a message is to those before it."""

    NEW = "new"
    DUPLICATE = "duplicate"
    CONFLICT = "conflict"
    """A device that does not count sent other values for a time that it had already told."""


class Changes(NamedTuple):
    """What must be written down; writing it twice changes nothing.

    Attributes:
        gaps: rows of the ledger as they stand now, by (device, boot_id, from_seq).
        dropped: keys of rows that have become part of another.
        devices: whose state changed.
    """

    gaps: list[Gap]
    dropped: list[tuple[str, str, int]]
    devices: set[str]


class _Device(msgspec.Struct):
    """Everything known of one device; the newest start is the last line."""

    device: str
    interval_s: float
    newest_ns: int = 0
    online: bool = True
    boot_id: str = ""
    frames: int = 0
    duplicates: int = 0
    missing: int = 0
    reused: int = 0
    counted: bool = False
    shift_ns: int = 0
    lines: list[Line] = []
    times: Longs = msgspec.field(default_factory=lambda: array("q"))
    marks: Longs = msgspec.field(default_factory=lambda: array("q"))


class _Snapshot(msgspec.Struct):
    schema: int
    devices: dict[str, _Device]
    due: list[tuple[int, str, str]]
    rows: list[tuple[str, str, int, Gap | None]]
    touched: list[str]


class Continuity:
    """Admits each message once and keeps the ledger of what is missing.

    Idea: for each start of a device (`boot_id`) the largest number that came and the holes below it. A jump makes a
    hole that is only a candidate: messages of other topics may still be on their way. Log time alone decides when it
    becomes a gap (``gap.open_after``), so that the ledger is a function of the log and not of how often it is asked.
    A number that fills a gap splits its row; neighbours that came late grow into one closed row.

    A device that does not count is known by its last 600 times and a fingerprint of its values.

    Args:
        assets: declared intervals of the devices.
        rulebook: ``gap.open_after``.

    Example:
        >>> from pathlib import Path
        >>> rulebook = Rulebook.parse(Path("rulebook.toml").read_text())
        >>> ledger, second = Continuity(Assets({}, {}, {}), rulebook), 10**9
        >>> [ledger.admit("D", "b", seq, seq * second, 0, seq * second).value for seq in (1, 2, 5, 2)]
        ['new', 'new', 'new', 'duplicate']
        >>> ledger.advance(60 * second)
        >>> [(gap.from_seq, gap.to_seq) for gap in ledger.changes().gaps]
        [(3, 4)]
    """

    def __init__(self, assets: Assets, rulebook: Rulebook) -> None:
        self._devices: dict[str, _Device] = {}
        self._due: deque[tuple[int, str, str]] = deque()
        self._rows: dict[tuple[str, str, int], Gap | None] = {}
        self._touched: set[str] = set()
        self._thinned: dict[tuple[str, str], list[Gap]] = {}
        self._gapped: set[str] = set()  # where `missing_since` looks; found again after a restore
        self.configure(assets, rulebook)

    def configure(self, assets: Assets, rulebook: Rulebook) -> None:
        """Take other assets and rules; what is known of the devices stays."""
        self._assets, self._open_after_ns = assets, rulebook.ns("gap.open_after")

    def forgive(self, thinned: Iterable[Gap]) -> None:
        """Take stretches that were thinned out of the log: what a second reading misses there is not missing."""
        for gap in thinned:
            self._thinned.setdefault((gap.device, gap.boot_id), []).append(gap)

    def admit(  # noqa: PLR0917 - one message, in the order in which it is always told
        self,
        device: str,
        boot_id: str | None,
        seq: int | None,
        time_ns: int,
        fingerprint: int,
        log_ns: int,
        shift_ns: int = 0,
    ) -> Verdict:
        """Judge one message.

        Args:
            device: id.
            boot_id: of its start, or None.
            seq: its number, or None.
            time_ns: of its sample.
            fingerprint: of its values, the same in every process; used where there is no number.
            log_ns: log time, not falling.
            shift_ns: how far its clock was moved; then its time is no sign of a new message.
        """
        if self._due and self._due[0][0] <= log_ns:
            self.advance(log_ns)
        state = self._known(device)
        if boot_id is None:
            verdict = _admit_time(state, time_ns, fingerprint)
        elif seq is None:
            return Verdict.NEW  # a will: it was written before it was known when it would be sent
        else:
            verdict = self._admit_number(state, boot_id, seq, time_ns, log_ns, shift_ns=shift_ns)
        if verdict is Verdict.NEW:
            state.frames += 1
            state.shift_ns = shift_ns
            if time_ns >= state.newest_ns:
                state.newest_ns, state.boot_id, state.online = time_ns, boot_id or "", True
        elif verdict is Verdict.DUPLICATE:
            state.duplicates += 1
        return verdict

    def hear(self, notice: Notice, log_ns: int) -> Verdict:
        """Judge one notice. Status is outside the count: it is never a duplicate, and its number is never missing."""
        if notice.what not in {"online", "offline"}:
            if notice.seq is None:
                return Verdict.NEW  # it has no identity: told twice rather than lost
            return self.admit(notice.device, notice.boot_id, notice.seq, notice.time_ns, 0, log_ns)
        state = self._known(notice.device)
        if notice.time_ns >= state.newest_ns:
            if notice.what == "online":
                state.online, state.boot_id = True, notice.boot_id or ""
                state.interval_s = notice.interval_s or state.interval_s
            elif notice.boot_id in {None, state.boot_id}:
                state.online = False
        line = _line(state, notice.boot_id)
        if line is not None and notice.seq is not None:
            self._excuse(state, line, notice.seq, log_ns)
        return Verdict.NEW

    def advance(self, log_ns: int) -> None:
        """Open the candidates whose time is over at `log_ns`."""
        while self._due and self._due[0][0] <= log_ns:
            due_ns, device, name = due = self._due.popleft()
            if self._due and self._due[0] == due:
                continue  # many holes of one moment are opened at once
            state = self._known(device)
            for line in state.lines:
                if line.name == name:
                    self._open(state, line, due_ns)

    def changes(self) -> Changes:
        """Give what changed since the last call."""
        gaps = [gap for gap in self._rows.values() if gap is not None]
        dropped = [key for key, gap in self._rows.items() if gap is None]
        changes = Changes(gaps, dropped, self._touched)
        self._rows, self._touched = {}, set()
        return changes

    def state(self, device: str) -> DeviceState:
        known = self._devices.get(device) or self._meet(device)
        return DeviceState(
            device=known.device,
            newest_ns=known.newest_ns,
            online=known.online,
            boot_id=known.boot_id,
            interval_s=known.interval_s,
            frames=known.frames,
            duplicates=known.duplicates,
            missing=known.missing,
            counted=known.counted,
            shift_ns=known.shift_ns,
        )

    def missing_since(self, since_ns: int) -> list[Missing]:
        """Give the devices with open gaps that were opened after a time, which does not fall from call to call."""
        found = []
        for device in sorted(self._gapped):
            state = self._devices[device]
            holes = [hole for line in state.lines for hole in line.holes]
            gaps = [(h.opened_ns, h.last - h.first + 1) for h in holes if h.opened_ns is not None]
            recent = [gap for gap in gaps if gap[0] > since_ns]
            if recent:
                found.append(Missing(device, state.interval_s, recent))
            else:
                self._gapped.discard(device)
        return found

    def snapshot(self) -> bytes:
        rows = [(*key, gap) for key, gap in self._rows.items()]
        snapshot = _Snapshot(_SCHEMA, self._devices, list(self._due), rows, sorted(self._touched))
        return msgspec.msgpack.encode(snapshot, enc_hook=array.tobytes)

    def restore(self, blob: bytes) -> None:
        """Go on from a snapshot (ValueError: of another schema)."""
        try:
            snapshot = msgspec.msgpack.decode(blob, type=_Snapshot, dec_hook=_thaw)
        except msgspec.MsgspecError as error:
            raise ValueError(f"no snapshot of the ledger: {error}") from None
        if snapshot.schema != _SCHEMA:
            raise ValueError(f"snapshot of the ledger has schema {snapshot.schema}; expected {_SCHEMA}")
        self._devices, self._due = snapshot.devices, deque(snapshot.due)
        self._rows = {(device, boot_id, first): gap for device, boot_id, first, gap in snapshot.rows}
        self._touched = set(snapshot.touched)
        self._gapped = {device for device, state in self._devices.items() if state.missing}

    def _known(self, device: str) -> _Device:
        self._touched.add(device)
        return self._devices.get(device) or self._meet(device)

    def _meet(self, device: str) -> _Device:
        registered = self._assets.devices.get(device)
        state = self._devices[device] = _Device(device, registered.interval_s if registered else 60.0)
        return state

    def _admit_number(
        self, state: _Device, boot_id: str, seq: int, time_ns: int, log_ns: int, *, shift_ns: int
    ) -> Verdict:
        line = _line(state, boot_id)
        if line is None:
            self._start(state, Line(boot_id, boot_id, seq, seq, time_ns))
            return Verdict.NEW
        if seq > line.high:
            if seq > line.high + 1:
                self._miss(state, line, line.high + 1, seq - 1, log_ns)
            line.high = seq
        elif (index := line.find(seq)) is not None:
            self._fill(state, line, index, seq, log_ns)
        elif _reused(line, seq, time_ns, shift_ns):
            state.reused += 1
            self._start(state, Line(boot_id, f"{boot_id}#{state.reused + 1}", seq, seq, time_ns))
        elif seq >= line.low:
            return Verdict.DUPLICATE
        elif not line.sealed:
            if seq < line.low - 1:
                self._miss(state, line, seq + 1, line.low - 1, log_ns)
            line.low = seq
        line.newest_ns = max(line.newest_ns, time_ns)
        return Verdict.NEW

    def _start(self, state: _Device, line: Line) -> None:
        state.counted = True
        state.lines.append(line)
        if len(state.lines) > _MAX_LINES:
            self._open(state, state.lines.pop(0), NEVER_NS - 1)

    def _miss(self, state: _Device, line: Line, first: int, last: int, log_ns: int) -> None:
        """Note a hole. It is a candidate until its time is over."""
        due_ns = log_ns + self._open_after_ns
        self._due.append((due_ns, state.device, line.name))
        self._insert(state, line, Hole(first, last, due_ns))

    def _insert(self, state: _Device, line: Line, hole: Hole) -> None:
        line.insert(hole)
        if len(line.holes) > MAX_HOLES:
            oldest = line.holes[0]
            self._open_hole(state, line, oldest)
            line.low, line.sealed = oldest.last + 1, True
            del line.holes[0]

    def _open(self, state: _Device, line: Line, due_ns: int) -> None:
        """Make gaps of the candidates that are due."""
        for hole in line.holes:
            if hole.due_ns <= due_ns:
                self._open_hole(state, line, hole)

    def _open_hole(self, state: _Device, line: Line, hole: Hole) -> None:
        stretches = self._thinned.get((state.device, line.boot_id), ())
        if any(gap.from_seq <= hole.first and hole.last <= gap.to_seq for gap in stretches):
            hole.due_ns = NEVER_NS
        if hole.opened_ns is None and hole.due_ns != NEVER_NS:
            hole.opened_ns = hole.due_ns
            state.missing += hole.last - hole.first + 1
            self._gapped.add(state.device)
            self._write(state, line, hole)

    def _write(self, state: _Device, line: Line, hole: Hole) -> None:
        if hole.opened_ns is not None:
            key = (state.device, line.name, hole.first)
            self._rows[key] = Gap(*key, hole.last, hole.opened_ns)

    def _fill(self, state: _Device, line: Line, index: int, seq: int, log_ns: int) -> None:
        """Take a number out of its hole; what is left of it right and left stays."""
        hole = line.holes.pop(index)
        run = self._close(state, line, hole, seq, log_ns)
        rest = (
            Hole(hole.first, seq - 1, hole.due_ns, hole.opened_ns, hole.run),
            Hole(seq + 1, hole.last, hole.due_ns, hole.opened_ns, run),
        )
        for part in rest:
            if part.first <= part.last:
                line.insert(part)
                self._write(state, line, part)

    def _close(self, state: _Device, line: Line, hole: Hole, seq: int, log_ns: int) -> int | None:
        """Write that a missing number came after all; the row of the numbers right before it grows, where it can."""
        if hole.opened_ns is None:
            return None
        state.missing -= 1
        first = seq
        if hole.run is not None and seq == hole.first:
            first = hole.run
            self._rows[state.device, line.name, seq] = None
        row = Gap(state.device, line.name, first, seq, hole.opened_ns, log_ns, "arrived_late")
        self._rows[state.device, line.name, first] = row
        return first

    def _excuse(self, state: _Device, line: Line, seq: int, log_ns: int) -> None:
        """Leave room for the number of a status message: neither missing, nor a duplicate if a reading has it too."""
        index = line.find(seq)
        if seq > line.high:
            if seq > line.high + 1:
                self._miss(state, line, line.high + 1, seq - 1, log_ns)
            line.high = seq
        elif index is None or line.holes[index].due_ns == NEVER_NS:
            return
        else:
            self._fill(state, line, index, seq, log_ns)
        self._insert(state, line, Hole(seq, seq, NEVER_NS))


def _line(state: _Device, boot_id: str | None) -> Line | None:
    for line in reversed(state.lines):
        if line.boot_id == boot_id:
            return line
    return None


def _reused(line: Line, seq: int, time_ns: int, shift_ns: int) -> bool:
    """Tell whether a known number is a new message: its device began to count anew under the same boot id.

    A second copy carries the time of the first, never a newer one. Only where the clock is not believed does a copy
    look newer; there the number itself must lie far below.
    """
    newer_ns = time_ns - line.newest_ns
    return newer_ns > 0 and (line.high - seq > _REUSED_BELOW or (newer_ns > _REUSED_AFTER_NS and not shift_ns))


def _admit_time(state: _Device, time_ns: int, fingerprint: int) -> Verdict:
    times, marks = state.times, state.marks
    mark = fingerprint & 0xFFFF_FFFF
    index = bisect_left(times, time_ns)
    if index < len(times) and times[index] == time_ns:
        return Verdict.DUPLICATE if marks[index] == mark else Verdict.CONFLICT
    times.insert(index, time_ns)
    marks.insert(index, mark)
    if len(times) > _MAX_TIMES:
        del times[0], marks[0]
    return Verdict.NEW


def _thaw(_kind: type[Any], frozen: bytes) -> Longs:
    thawed = array("q")
    thawed.frombytes(frozen)
    return thawed
