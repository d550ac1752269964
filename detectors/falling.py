"""Pressures of one part of the network that fall together, and how much more gas comes in then."""

from abc import abstractmethod
from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.binned import Binned, Now, follow
from detectors.bounds import positive
from detectors.meters import Meters, Slots, meters, total
from detectors.order import Bools, Floats
from detectors.parts import Parts, by_part
from detectors.state import NEVER, Array, Columns
from detectors.watch import lines
from domain.channels import Channels
from domain.finding import Finding

_MEMORY_SPANS = 10.0
"""The reference forgets over so many spans: demand moves within hours, a break within minutes."""
LEARN_SPANS = 5
BACK_SPANS = 5
_TOGETHER = 2
_EVEN = 0.3
_TO_SPREAD = 1.25
"""Standard deviation over mean absolute deviation of a normal distribution."""
_LEAST_M3H = 1.0
"""A flow that was smaller counts as this much: at night nothing is no measure."""


@dataclass(slots=True)
class Point:
    """State of a pressure sensor, and of a meter as far as it applies."""

    heard: int = 0
    reference: float = 0.0
    spread: float = 0.0
    """Of means around the reference."""
    low: int = 0
    back: int = 0
    level: int = 0
    onset_ns: int = NEVER


class Part(NamedTuple):
    """A part of the network that has pressure sensors.

    Attributes:
        slots: of its pressure sensors.
        inlets: meters of all that comes in; none where not everything is measured.
        above: numbers of the parts that feed it.
        regulators: that feed it, with the slot of the meter of each, -1 where it has none.
    """

    slots: Slots
    inlets: Slots
    above: tuple[int, ...]
    regulators: dict[str, int]


class Falling(Binned):
    r"""Base of the detectors that judge what the sensors of one part do together.

    With $\bar p$ the exponential mean of the last ten spans, a sensor has fallen when $\bar p - p > f \bar p$ in two
    spans running; two fallen sensors of a part have fallen together. A break draws more gas and lowers the pressure
    most around itself; a supply that gives way lowers all alike and brings no more gas. So it is a break when what
    comes in has risen by the share $g$; where that is not measured, when the falls differ by 30 % of the largest.

    Args:
        channels: the numbering; devices without tier are not watched, but for meters on the network.
        span_s: over which readings are averaged, seconds.
        fall: $f$, share.
        surge: $g$, share.
        lives: state by channel, `Point` or more.
    """

    def __init__(self, *, channels: Channels, span_s: float, fall: float, surge: float, lives: type[Point]) -> None:
        positive(fall=fall, surge=surge)
        self._fall, self._surge = fall, surge
        network = channels.assets.network
        self._drawn = None if network is None else Parts(network)
        watch = lines(channels)
        columns: Columns[Any] = Columns(lives, len(watch))
        super().__init__(watch=watch, span_s=span_s, lives=columns)

    @abstractmethod
    def _turn(self, now: Now, part: int, mean: Floats) -> list[Finding]:
        """Judge one part that is concerned."""

    @abstractmethod
    def _concerned(self, down: Bools, mean: Floats) -> Bools:
        """Tell which parts are looked at: those that are down, and whatever a detector adds."""

    # ------------------------------------------------------------ what belongs together
    def _grown(self) -> None:
        groups = by_part(self._watch, self._drawn)
        number = {key: part for part, key in enumerate(groups)}
        found = None if self._drawn is None else Meters(self._drawn, meters(self._watch))
        self.keys = list(groups)
        self.parts = [self._part(key, slots, number, found) for key, slots in groups.items()]
        every = [part.slots for part in self.parts]
        self._sensors = np.concatenate([*every, np.empty(0, np.intp)])
        self._is_sensor = np.zeros(len(self._watch), np.bool_)
        self._is_sensor[self._sensors] = True
        self._part_of = np.repeat(np.arange(len(every)), [len(slots) for slots in every])
        fed = [(part, slot) for part, of in enumerate(self.parts) for slot in of.inlets.tolist()]
        self._feeding = np.array(fed, np.intp).reshape(-1, 2)
        over = [(part, above) for part, of in enumerate(self.parts) for above in of.above]
        self._over = np.array(over, np.intp).reshape(-1, 2)

    def _part(self, key: object, slots: Slots, number: dict[object, int], found: Meters | None) -> Part:
        drawn = self._drawn
        if drawn is None or found is None or not isinstance(key, int):
            return Part(slots, np.empty(0, np.intp), (), {})
        above = tuple(sorted(number[part] for part in drawn.above(key) if part in number))
        regulators = {name: found.regulators.get(name, -1) for name in drawn.feeders(key)}
        return Part(slots, found.inlets(key), above, regulators)

    def _count(self, so: Bools) -> npt.NDArray[np.intp]:
        """Count the sensors of each part for which something is so."""
        return np.bincount(self._part_of[so[self._sensors]], minlength=len(self.parts))

    # ------------------------------------------------------------ judging
    def _judge(self, now: Now, mean: Floats) -> list[Finding]:
        points, there = self._lives, np.isfinite(mean)
        first = there & (points["heard"] == 0)
        points["reference"][first] = mean[first]
        fallen = self._compare(mean, there)
        self._together = self._count(points["low"] > 1) >= _TOGETHER
        standing = self._count(points["level"] > 0) > 0
        down = self._together | standing
        self._starved = np.zeros(len(self.parts), np.bool_)
        self._starved[self._over[down[self._over[:, 1]], 0]] = True
        self._telling = self._count(there & (points["low"] > 1)) >= _TOGETHER
        concerned = np.flatnonzero(self._concerned(down, mean) & (self._count(there) > 0)).tolist()
        found = [self._turn(now, part, mean) for part in concerned]
        self._learn(mean, there, fallen)
        return [finding for findings in found for finding in findings]

    def _compare(self, mean: Floats, there: Bools) -> Bools:
        """Count spans running in which each sensor has fallen, and those in which it was back; give the fallen."""
        points, reference = self._lives, self._lives["reference"]
        there = there & self._is_sensor
        lost = reference - mean
        fallen = there & (lost > self._fall * np.abs(reference)) & (points["heard"] >= LEARN_SPANS)
        count(points["low"], fallen, there)
        count(points["back"], lost <= self._fall / 2 * np.abs(reference), there)
        return fallen

    def _learn(self, mean: Floats, there: Bools, fallen: Bools) -> None:
        """Follow demand. A part that is down keeps its reference, five spans long if nobody told of it."""
        points = self._lives
        standing = self._keeps()
        gone = self._count(points["low"] == BACK_SPANS) >= _TOGETHER
        kept = standing | (self._together & ~gone) | self._starved
        held = np.zeros(len(mean), np.bool_)
        held[self._sensors] = kept[self._part_of]
        held[self._feeding[kept[self._feeding[:, 0]], 1]] = True
        settled = points["low"] > 1
        share = np.where(settled, 1.0, 1 / np.minimum(points["heard"] + 1.0, _MEMORY_SPANS))
        follows = there & ~held & (~fallen | settled)
        follow(points["spread"], share, _TO_SPREAD * np.abs(mean - points["reference"]), follows & ~settled)
        follow(points["reference"], share, mean, follows)
        points["heard"][there] = np.minimum(points["heard"] + 1, 10_000)[there]

    def _keeps(self) -> Bools:
        """Tell which parts keep their reference because something stands."""
        keeps: Bools = self._count(self._lives["level"] > 0) > 0
        return keeps

    def _broken(self, part: int, mean: Floats) -> bool:
        """Tell a break from a supply that gives way."""
        surge = self._surge_of(part, mean)
        return surge >= self._surge if np.isfinite(surge) else not self._even(part, mean)

    def _surge_of(self, part: int, mean: Floats) -> float:
        """Give by which share more comes in than just before; NaN where nobody knows."""
        inlets = self.parts[part].inlets
        if not (self._lives["heard"][inlets] >= LEARN_SPANS).all():
            return float("nan")
        before = total(self._lives["reference"], inlets)
        return (total(mean, inlets) - before) / max(before, _LEAST_M3H)

    def _here(self, part: int, mean: Floats) -> Slots:
        """Give the sensors of a part that were heard in this span."""
        slots = self.parts[part].slots
        return slots[np.isfinite(mean[slots])]

    def _even(self, part: int, mean: Floats) -> bool:
        here, reference = self._here(part, mean), self._lives["reference"]
        share = 1 - mean[here] / np.maximum(np.abs(reference[here]), 1e-9)
        return bool(share.max() - share.min() < _EVEN * share.max())

    def _standing(self, part: int) -> int:
        """Give the slot under which something stands for a part; -1: nothing does."""
        slots = self.parts[part].slots
        on = slots[self._lives["level"][slots] > 0]
        return int(on[0]) if len(on) else -1

    def _is_back(self, part: int) -> bool:
        slots = self.parts[part].slots
        return bool((self._lives["back"][slots[self._lives["heard"][slots] > 0]] == BACK_SPANS).all())


def count(running: Array, so: Bools, there: Bools) -> None:
    """Count spans running in which something was so; a span without readings changes nothing."""
    running[there] = np.where(so, np.minimum(running + 1, BACK_SPANS), 0)[there]
