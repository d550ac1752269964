"""A main that breaks: pressures that fall together."""

from typing import ClassVar, NamedTuple

import numpy as np

from detectors.binned import Now
from detectors.bounds import positive
from detectors.falling import LEARN_SPANS, Falling, Point, count
from detectors.locate import Locator, Numbers, Seen, locator
from detectors.order import Bools, Floats
from detectors.suspects import ranked
from domain.alarm import AlarmKind
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.location import Location


class SurgeNumbers(NamedTuple):
    """How much more gas must flow into a part.

    Attributes:
        share: with pressures that fall together; larger than what demand does within ten spans.
        alone: with one pressure that falls by half as much.
        alone_m3h: and then so many m³/h at least: a large customer draws less.
    """

    share: float
    alone: float
    alone_m3h: float


class PipeRupture(Falling):
    r"""Tell pressure that falls at several sensors of one part of the network within minutes, as a break does.

    A part is what pipes and open valves join between regulators; without a network, a tier within a zone. A sensor has
    fallen by the share $f$ against the exponential mean $\bar p$ of its last ten spans in two spans running; two fallen
    sensors of a part are a break when the flow into the part has risen by the share $g$. Where the meters of the part
    do not measure all of it, they are one when the falls differ; falls that are all alike come from the supply, and
    `regulator_fault` tells them. Where meters measure it, a flow that rises by $g_1$ and $q_1$ in two spans running is
    a break, too, if one sensor has fallen by $f / 2$: low pressure hardly moves behind regulators that still hold. A
    part whose supply has fallen itself is a consequence and not told. The subject is the sensor that fell most; the
    reason names the likeliest pipes by the falls of all sensors of the network (`detectors.locate`). One
    alarm for each part; it ends when all its sensors are back above half of the fall for five spans; references stand
    still while it stands.

    Args:
        channels: the numbering; a pressure channel of a device without tier is not watched.
        span_s: over which readings are averaged, seconds. At least the interval of the sensors.
        fall: $f$, share. Larger than what demand does within ten spans.
        surge: $g$, $g_1$ and $q_1$.
        locating: numbers of `detectors.locate`.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind, Tier
        >>> from domain.quantity import Quantity
        >>> def sensor(name):
        ...     return Device(id=name, kind=DeviceKind.PRESSURE_SENSOR, site=name, tier=Tier.MEDIUM_B)
        >>> channels = Channels(Assets(sites={}, zones={}, devices={name: sensor(name) for name in ("P-1", "P-2")}))
        >>> surge, locating = SurgeNumbers(0.2, 1, 50), Numbers(75, 0.05, 1.4e-4, 600, 0.05, 2e-5, 0.2, 0.05, 30)
        >>> detector = PipeRupture(channels=channels, span_s=60, fall=0.06, surge=surge, locating=locating)
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

    def __init__(
        self, *, channels: Channels, span_s: float, fall: float, surge: SurgeNumbers, locating: Numbers
    ) -> None:
        positive(**surge._asdict())
        self._alone, self._span_s, self._locator = surge, span_s, locator(channels, locating)
        super().__init__(channels=channels, span_s=span_s, fall=fall, surge=surge.share, lives=Point)

    def _compare(self, mean: Floats, there: Bools) -> Bools:
        fallen = super()._compare(mean, there)
        points, (part, slot), parts = self._lives, self._feeding.T, len(self.parts)
        before = np.bincount(part, points["reference"][slot], parts)
        more = np.bincount(part, mean[slot], parts) - before
        strangers = np.bincount(part, points["heard"][slot] < LEARN_SPANS, parts)
        lower = self._count(there & (points["back"] == 0) & (points["heard"] >= LEARN_SPANS))
        surging = (strangers == 0) & (lower > 0)
        surging &= more >= np.maximum(self._alone.alone * before, self._alone.alone_m3h)
        so, known = np.zeros((2, len(mean)), np.bool_)
        so[slot], known[slot] = surging[part], np.isfinite(more)[part]
        count(points["low"], so, known)
        self._surging = np.zeros(parts, np.bool_)
        self._surging[part[points["low"][slot] > 1]] = True
        return fallen | so

    def _concerned(self, down: Bools, mean: Floats) -> Bools:
        del mean
        return down | self._surging

    def _turn(self, now: Now, part: int, mean: Floats) -> list[Finding]:
        standing = self._standing(part)
        if standing >= 0:
            return [self._end(now, standing, mean)] if self._is_back(part) else []
        broken = self._surging[part] or (self._telling[part] and self._broken(part, mean))
        if self._starved[part] or not broken:
            return []
        points, here = self._lives, self._here(part, mean)
        fall = points["reference"][here] - mean[here]
        slot = here.item(fall.argmax())
        points["level"][slot], points["onset_ns"][slot] = 1, now.end_ns
        limit = points["reference"].item(slot) * (1 - (self._fall if self._telling[part] else self._fall / 2))
        drawn = self._locator if isinstance(self.keys[part], int) else None
        where = None if drawn is None else self._location(drawn, mean)
        return [
            self._tell(
                slot,
                Transition.ONSET,
                now,
                onset_ns=now.end_ns,
                level=1,
                value=round(mean.item(slot), 3),
                limit=round(limit, 3),
                reason="; ".join(filter(None, (self._why(part, mean), ranked(where)))),
                location=where,
            )
        ]

    def _end(self, now: Now, slot: int, mean: Floats) -> Finding:
        points = self._lives
        points["level"][slot] = 0
        value = round(mean.item(slot), 3) if np.isfinite(mean[slot]) else None
        return self._tell(slot, Transition.END, now, onset_ns=points["onset_ns"].item(slot), value=value)

    def _why(self, part: int, mean: Floats) -> str:
        return "surge" if self._surge_of(part, mean) >= self._surge else ""

    def _location(self, locator: Locator, mean: Floats) -> Location:
        """Locate by all sensors of the network, those of other parts and those that did not fall included."""
        points, nodes = self._lives, locator.grid.node_of
        known = np.flatnonzero(np.isfinite(mean) & self._is_sensor & (points["heard"] >= LEARN_SPANS)).tolist()
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
