"""Clocks that run behind: what one frame cannot tell, twenty of them do."""

from collections.abc import Mapping
from typing import NamedTuple

import msgspec

from domain.rulebook import Rulebook
from ingest.clock import CLOCK_SET_NS
from ingest.wire import LARGEST_INT64, UNREADABLE

Pair = tuple[int, int]
"""(arrival of a frame, its newest sample as sent)."""


class _Frame(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    offsets: dict[str, int]


class _State(msgspec.Struct, frozen=True):
    offsets: dict[str, int] = {}
    wanted: dict[str, int] = {}
    windows: dict[str, list[Pair]] = {}


class SlowLimits(NamedTuple):
    """When a clock counts as slow.

    Attributes:
        frames: looked at together.
        spread_ns: their ages differ by less; also the smallest change of an offset.
        pace: time of arrival passes at most so many times as fast as that of the samples, and at least 1/`pace` times.
        shift_ns: a corrected sample further ahead of its arrival disproves the offset.
    """

    frames: int
    spread_ns: int
    pace: float
    shift_ns: int


def slow_limits(rules: Rulebook) -> SlowLimits:
    return SlowLimits(
        round(rules["clock.slow_frames"]),
        rules.ns("clock.slow_spread"),
        rules["clock.slow_pace"],
        rules.ns("clock.shift"),
    )


def pack_offsets(offsets: Mapping[str, int]) -> bytes:
    """Write the payload of a clock frame: every offset in force from there on, nanoseconds by device."""
    return msgspec.json.encode(_Frame(dict(sorted(offsets.items()))))


def read_offsets(payload: bytes) -> dict[str, int] | None:
    """Read a clock frame; None where another release, or nobody, wrote it.

    Example:
        >>> read_offsets(pack_offsets({"GD-1": 3_600_000_000_000})), read_offsets(b"{}")
        ({'GD-1': 3600000000000}, None)
    """
    try:
        offsets = msgspec.json.decode(payload, type=_Frame).offsets
    except UNREADABLE:
        return None
    return offsets if all(0 < offset_ns <= LARGEST_INT64 for offset_ns in offsets.values()) else None


class SlowClocks:
    """Tells a slow clock from a backlog, device by device.

    Idea: the age of the newest sample of each frame. A slow clock gives it one value for ever, and frames arrive at the
    pace of their samples; a backlog that is being sent grows younger and arrives faster. So a device is slow by the
    least age of its last `frames` frames where these ages spread over less than `spread_ns`, more time than that passed
    between the first and the last, and the ratio of arrival to sample time lies within `pace`. Least, so that no
    corrected sample lies in the future.

    It only says what it would want. An offset holds from the log position where its frame stands, so that every reader
    and every replay give a sample the same time; whoever writes that frame asks `changed`.

    Args:
        limits: of the rulebook.

    Attributes:
        offsets: in force, nanoseconds to add, by device.

    Example:
        >>> second = 10**9
        >>> clocks = SlowClocks(SlowLimits(frames=3, spread_ns=10 * second, pace=1.25, shift_ns=60 * second))
        >>> start_ns = 1_768_449_600 * second
        >>> for now_ns in range(start_ns, start_ns + 60 * second, 20 * second):
        ...     clocks.observe("GD-1", now_ns - 3_600 * second, now_ns, live_ns=30 * second)
        >>> clocks.changed()
        {'GD-1': 3600000000000}
    """

    def __init__(self, limits: SlowLimits) -> None:
        self.limits = limits
        self.offsets: dict[str, int] = {}
        self._wanted: dict[str, int] = {}
        self._windows: dict[str, list[Pair]] = {}

    def put(self, offsets: Mapping[str, int]) -> None:
        """Take the offsets of a clock frame: from here on they, and no others, are in force."""
        self.offsets = dict(offsets)
        self._wanted = {d: ns for d, ns in self._wanted.items() if ns != self.offsets.get(d, 0)}

    def changed(self) -> dict[str, int] | None:
        """Give the offsets that should be in force; None where these are they."""
        if not self._wanted:
            return None
        return {device: ns for device, ns in (self.offsets | self._wanted).items() if ns}

    def observe(self, device: str, newest_ns: int, received_ns: int, live_ns: int) -> None:
        """Look at one frame of a device.

        Args:
            device: id.
            newest_ns: its newest sample, as sent.
            received_ns: its arrival.
            live_ns: a younger sample proves a good clock.
        """
        age_ns, offset_ns = received_ns - newest_ns, self.offsets.get(device, 0)
        if newest_ns < CLOCK_SET_NS or (age_ns <= live_ns and not offset_ns):
            self._forget(device)
        elif offset_ns - age_ns > self.limits.shift_ns:  # repaired
            self._forget(device)
            self._wanted[device] = 0
        else:
            window = self._windows.setdefault(device, [])
            window.append((received_ns, newest_ns))
            del window[: -self.limits.frames]
            if len(window) == self.limits.frames:
                self._judge(device, window, offset_ns, live_ns)

    def _forget(self, device: str) -> None:
        self._windows.pop(device, None)
        self._wanted.pop(device, None)

    def _judge(self, device: str, window: list[Pair], offset_ns: int, live_ns: int) -> None:
        least_ns = self._least(window)
        slow_ns = 0 if least_ns is not None and least_ns <= live_ns else least_ns
        if slow_ns is None or abs(slow_ns - offset_ns) < self.limits.spread_ns:
            self._wanted.pop(device, None)
        else:
            self._wanted[device] = slow_ns

    def _least(self, window: list[Pair]) -> int | None:
        """Give the least age of frames that a clock could have sent which is slow by it; None: a backlog."""
        ages_ns = [received_ns - newest_ns for received_ns, newest_ns in window]
        passed_ns, told_ns = window[-1][0] - window[0][0], window[-1][1] - window[0][1]
        steady = max(ages_ns) - min(ages_ns) < self.limits.spread_ns < passed_ns
        pace = self.limits.pace
        return min(ages_ns) if steady and told_ns <= passed_ns * pace and passed_ns <= told_ns * pace else None

    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(_State(self.offsets, self._wanted, self._windows))

    def restore(self, blob: bytes) -> None:
        """Go on from a snapshot (ValueError: of another schema)."""
        try:
            state = msgspec.msgpack.decode(blob, type=_State)
        except msgspec.MsgspecError as error:
            raise ValueError(f"no snapshot of the clocks: {error}") from None
        self.offsets, self._wanted, self._windows = state.offsets, state.wanted, state.windows
