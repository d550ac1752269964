"""A main that breaks: pressures that fall together."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np
import numpy.typing as npt

from detectors.binned import Binned, Now, follow
from detectors.bounds import positive
from detectors.locate import Locator, Numbers, Seen, locator
from detectors.order import Bools, Floats
from detectors.parts import Parts, by_part
from detectors.state import NEVER, Columns
from detectors.suspects import ranked
from detectors.watch import mains
from domain.alarm import AlarmKind
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.location import Location

_MEMORY_SPANS = 10.0
"""The reference forgets over so many spans: demand moves within hours, a break within minutes."""
_LEARN_SPANS = 5
_TOGETHER = 2
_BACK_SPANS = 5
_EVEN = 0.3
_TO_SPREAD = 1.25
"""Standard deviation over mean absolute deviation of a normal distribution."""


@dataclass(slots=True)
class _Point:
    heard: int = 0
    reference: float = 0.0
    spread: float = 0.0
    """Of means around the reference."""
    low: int = 0
    back: int = 0
    level: int = 0
    onset_ns: int = NEVER


class PipeRupture(Binned):
    r"""Tell pressure that falls at several sensors of one part of the network within minutes.

    A part is what pipes and open valves join between regulators; without a network, a tier within a zone. With $\bar p$
    the exponential mean of the last ten spans, a sensor has fallen when $\bar p - p > f \bar p$ in two spans running.
    Two fallen sensors of a part are a rupture; one is a sensor. A part whose supply has fallen itself is a consequence
    and not told. The subject is the sensor that fell most; the reason names the likeliest pipes by the falls of all
    sensors of the network (`detectors.locate`), and `even` where all of the part fell alike: then a regulator may have
    shut, and no place is told. One alarm for each part; it ends when all its sensors are back above half of the fall
    for five spans; references stand still while it stands.

    Args:
        channels: the numbering; a pressure channel of a device without tier is not watched.
        span_s: over which readings are averaged, seconds. At least the interval of the sensors.
        fall: $f$, share. Larger than what demand does within ten spans.
        locating: numbers of `detectors.locate`.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind, Tier
        >>> from domain.quantity import Quantity
        >>> def sensor(name):
        ...     return Device(id=name, kind=DeviceKind.PRESSURE_SENSOR, site=name, tier=Tier.MEDIUM_B)
        >>> channels = Channels(Assets(sites={}, zones={}, devices={name: sensor(name) for name in ("P-1", "P-2")}))
        >>> locating = Numbers(75, 0.05, 1.4e-4, 600, 0.05, 2e-5, 0.2, 0.05, 30)
        >>> detector = PipeRupture(channels=channels, span_s=60, fall=0.06, locating=locating)
        >>> told = []
        >>> for minute in range(12):
        ...     for name, broken in (("P-1", 150.0), ("P-2", 120.0)):
        ...         channel, value = channels.find(name, Quantity.PRESSURE_KPA), broken if minute > 7 else 160
        ...         told += detector.update(series(channel, [60 * minute], [value]))
        ...     told += detector.advance(60 * (minute + 1) * 10**9, minute)
        >>> [(f.device, f.transition.value, f.value, f.limit) for f in told]
        [('P-2', 'onset', 120.0, 150.4)]

    References:
        [1] GB/T 51257 (SCADA of city gas); the fall as a sign of third-party damage.
    """

    NAME: ClassVar[str] = "pipe_rupture"
    KIND: ClassVar[AlarmKind] = AlarmKind.PIPE_RUPTURE

    def __init__(self, *, channels: Channels, span_s: float, fall: float, locating: Numbers) -> None:
        positive(fall=fall)
        self._fall, self._span_s, self._locator = fall, span_s, locator(channels, locating)
        network = channels.assets.network
        self._parts = None if network is None else Parts(network)
        watch = mains(channels)
        super().__init__(watch=watch, span_s=span_s, lives=Columns(_Point, len(watch)))

    def _grown(self) -> None:
        """Find the sensors of each part, and what feeds it."""
        self._slots = by_part(self._watch, self._parts)
        self._above: dict[object, set[int]] = {
            part: self._parts.above(part) if self._parts is not None and isinstance(part, int) else set()
            for part in self._slots
        }

    def _judge(self, now: Now, mean: Floats) -> list[Finding]:
        points = self._lives
        there = np.isfinite(mean)
        reference, level = points["reference"], points["level"]
        first = there & (points["heard"] == 0)
        reference[first] = mean[first]
        fallen = there & (reference - mean > self._fall * np.abs(reference)) & (points["heard"] >= _LEARN_SPANS)
        points["low"][there] = np.where(fallen, np.minimum(points["low"] + 1, _BACK_SPANS), 0)[there]
        half = reference - mean <= self._fall / 2 * np.abs(reference)
        points["back"][there] = np.where(half, np.minimum(points["back"] + 1, _BACK_SPANS), 0)[there]
        down = {part for part, slots in self._slots.items() if self._together(slots) or level[slots].any()}
        findings = [finding for part in self._slots for finding in self._part_turn(now, part, down, mean)]
        held = np.zeros(len(mean), np.bool_)
        for part, slots in self._slots.items():
            held[slots] = part in down or bool(self._above[part] & down)
        self._learn(mean, there, fallen, held)
        return findings

    def _learn(self, mean: Floats, there: Bools, fallen: Bools, held: Bools) -> None:
        """Follow demand; a part that is down keeps its reference, and a fallen sensor alone follows one span later."""
        points = self._lives
        settled = points["low"] > 1
        share = np.where(settled & ~held, 1.0, 1 / np.minimum(points["heard"] + 1.0, _MEMORY_SPANS))
        follows = there & ~held & (~fallen | settled)
        follow(points["spread"], share, _TO_SPREAD * np.abs(mean - points["reference"]), follows & ~settled)
        follow(points["reference"], share, mean, follows)
        points["heard"][there] = np.minimum(points["heard"] + 1, 1_000)[there]

    def _together(self, slots: npt.NDArray[np.intp]) -> bool:
        return int((self._lives["low"][slots] > 1).sum()) >= _TOGETHER

    def _part_turn(self, now: Now, part: object, down: set[object], mean: Floats) -> list[Finding]:
        slots, points = self._slots[part], self._lives
        standing = slots[points["level"][slots] > 0]
        if len(standing):
            over = (points["back"][slots] == _BACK_SPANS).all()
            return [self._end(now, int(standing[0]), mean)] if over else []
        if part not in down or self._above[part] & down:
            return []
        fall = np.where(np.isfinite(mean[slots]), points["reference"][slots] - mean[slots], 0.0)
        slot = int(slots[fall.argmax()])
        points["level"][slot], points["onset_ns"][slot] = 1, now.end_ns
        limit = points["reference"].item(slot) * (1 - self._fall)
        even = _even(fall / np.abs(points["reference"][slots]))
        drawn = isinstance(part, int) and not even
        location = self._location(self._locator, mean) if drawn and self._locator is not None else None
        return [
            self._tell(
                slot,
                Transition.ONSET,
                now,
                onset_ns=now.end_ns,
                level=1,
                value=round(mean.item(slot), 3),
                limit=round(limit, 3),
                reason="even" if even else ranked(location),
                location=location,
            )
        ]

    def _end(self, now: Now, slot: int, mean: Floats) -> Finding:
        points = self._lives
        points["level"][slot] = 0
        value = round(mean.item(slot), 3) if np.isfinite(mean[slot]) else None
        return self._tell(slot, Transition.END, now, onset_ns=points["onset_ns"].item(slot), value=value)

    def _location(self, locator: Locator, mean: Floats) -> Location:
        """Locate by all sensors of the network, those of other parts and those that did not fall included."""
        points, nodes = self._lives, locator.grid.node_of
        known = np.flatnonzero(np.isfinite(mean) & (points["heard"] >= _LEARN_SPANS)).tolist()
        slots = [slot for slot in known if self._watch.device_at(slot).site in nodes]
        usual_kpa = points["reference"][slots]
        seen = Seen(
            nodes=[self._watch.device_at(slot).site for slot in slots],
            usual_pa=1000 * usual_kpa,
            change_pa=1000 * (mean[slots] - usual_kpa),
            noise_pa=1000 * points["spread"][slots],
            span_s=self._span_s,
        )
        return locator.locate(seen)


def _even(share: Floats) -> bool:
    """Tell whether all fell by much the same share: then the falls point at no pipe."""
    return bool(share.max() - share.min() < _EVEN * share.max())
