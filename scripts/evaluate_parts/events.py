"""Alarms against events: one that is already on finds nothing, one that never ends shows in its share of time."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from evaluate_parts.reading import S_NS, Bools, Floats, Ints


class Event(NamedTuple):
    """What truly happened, both ends included."""

    start_ns: int
    end_ns: int


class Grace(NamedTuple):
    """Seconds around an event in which an alarm is neither found nor false: before it found, after it nothing."""

    before_s: float
    after_s: float


def fresh(alarm: Bools) -> Bools:
    """Tell where an alarm begins."""
    before = np.r_[False, alarm[:-1]]
    return alarm & ~before


def off_time(time_ns: Ints, events: Sequence[Event], grace: Grace) -> Bools:
    off = np.ones(len(time_ns), np.bool_)
    for event in events:
        off &= (time_ns < event.start_ns - grace.before_s * S_NS) | (time_ns > event.end_ns + grace.after_s * S_NS)
    return off


def delays_s(edges_ns: Ints, event: Event, before_s: float) -> Floats:
    """Give the seconds from the start of an event to each alarm that counts for it."""
    own = (edges_ns >= event.start_ns - before_s * S_NS) & (edges_ns <= event.end_ns)
    return (edges_ns[own] - event.start_ns) / S_NS


class Found(NamedTuple):
    """Figures of one set, always to be read together."""

    events: int
    delays_s: Sequence[float]
    already_on: int
    false_alarms: int
    off_h: float
    in_alarm_pct: float

    def lines(self) -> list[tuple[str, str]]:
        """Give each figure's name and text."""
        return [
            ("detected", f"{len(self.delays_s)} of {self.events}"),
            ("already in alarm", str(self.already_on)),
            ("median delay, s", quantile(self.delays_s, 0.5)),
            ("90 % delay, s", quantile(self.delays_s, 0.9)),
            ("false alarms", f"{self.false_alarms} in {self.off_h:.1f} h, {self.false_alarms / self.off_h:.3f}/h"),
            ("off time in alarm, %", f"{self.in_alarm_pct:.2f}"),
        ]


def quantile(delays_s: Sequence[float], share: float) -> str:
    return f"{np.quantile(delays_s, share):.0f}" if delays_s else "–"
