"""More gas than usual at the hour at which nobody cooks."""

import math
from dataclasses import dataclass, field
from typing import ClassVar, NamedTuple

import numpy as np

from detectors.binned import Binned, Now
from detectors.bounds import positive, rising
from detectors.meters import Meters, Slots, meters
from detectors.order import Floats
from detectors.parts import Parts, by_line
from detectors.state import NEVER, Columns
from detectors.watch import flows
from domain.alarm import AlarmKind
from domain.channels import Channels
from domain.finding import Finding, Transition

_HOUR_NS = 3_600_000_000_000
_DAY_H, _WEEK, _SATURDAY = 24, 7, 5
_MONDAY = 3
"""The first day of 1970 was a Thursday."""
_KINDS, _NIGHTS = 2, 14
_TO_SPREAD = 1.4826
"""Standard deviation over median absolute deviation of a normal distribution."""
_ODD_OF, _ODD = 0b111, 2
"""Of the last three nights, so many must be odd."""


@dataclass(slots=True)
class _Nights:
    """State of a sum, kept under the first of its meters by name.

    Attributes:
        flow_m3h: minima of the accepted nights: of work days, then of weekends.
        count: of each; the ring goes on at its remainder.
        least_m3h: of the night that is on; below 0: none was seen.
        day: of that night, local days since 1970.
        odd: bits of the last three nights.
    """

    flow_m3h: float = field(default=0.0, metadata={"width": _KINDS * _NIGHTS, "dtype": "<f4"})
    count: int = field(default=0, metadata={"width": _KINDS, "dtype": "<i4"})
    least_m3h: float = -1.0
    day: int = 0
    odd: int = 0
    level: int = 0
    onset_ns: int = NEVER


class NightNumbers(NamedTuple):
    """When a night is, and how far its least flow may lie above the usual.

    Attributes:
        from_h: hour of the local day at which the night begins.
        to_h: at which it ends; later than `from_h`.
        utc_offset_h: of the local clock.
        learn: nights of a kind of day that must be known before one is judged.
        limit: scales above the usual, in two of three nights.
        at_once: scales above the usual, in one night.
        floor_m3h: no scale is smaller: the flow of one large appliance, or what the meters tell apart.
        floor_share: nor smaller than this share of the usual.
    """

    from_h: float
    to_h: float
    utc_offset_h: float
    learn: int
    limit: float
    at_once: float
    floor_m3h: float
    floor_share: float


class NightFlow(Binned):
    r"""Tell a least flow of the night that lies above the usual one of such nights.

    The night's flow $q$ is the smallest mean over a span between `from_h` and `to_h` of all that comes into a part of
    the network. With $b$ the median of the last fourteen accepted nights before the same kind of day (work day or
    weekend) and $s = \max(1.4826 \operatorname{MAD}, f, f_s b)$, $z = (q - b) / s$ is told when $z > L$ in two of three
    nights, or $z > L_1$ once; it ends with a night at $z \le L / 2$. Odd nights are not accepted, so that a leak does
    not become usual. The reason says $q - b$: what leaks, if it is a leak.

    A part is judged where meters stand at everything that feeds it; without a network, the meters of a tier within a
    zone are added. Where some are missing it is silent: what is not measured could have moved to the others.

    Args:
        channels: the numbering; meters that stand in no line are not watched.
        span_s: over which flows are averaged, seconds. Longer is quieter and blinder.
        numbers: see `NightNumbers`.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind, Tier
        >>> device = Device(id="F-1", kind=DeviceKind.FLOW_METER, site="S1", tier=Tier.LOW_NATURAL)
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> numbers = NightNumbers(2, 4, 0, learn=3, limit=4, at_once=8, floor_m3h=1, floor_share=0.02)
        >>> detector = NightFlow(channels=channels, span_s=1800, numbers=numbers)
        >>> told = []
        >>> for day in range(4, 9):  # Monday to Friday
        ...     told += detector.update(series(0, [day * 86_400 + 10_000], [12.0 if day < 8 else 40.0]))
        ...     for half_hour in (7, 10):
        ...         told += detector.advance((day * 86_400 + half_hour * 1_800) * 10**9, day)
        >>> [(f.transition.value, f.value, f.limit, f.reason) for f in told]
        [('onset', 40.0, 16.0, 'surplus 28.0 m³/h')]

    References:
        [1] Farley, M., Trow, S. (2003). Losses in Water Distribution Networks (minimum night flow), IWA.
    """

    NAME: ClassVar[str] = "night_flow"
    KIND: ClassVar[AlarmKind] = AlarmKind.NIGHT_FLOW

    def __init__(self, *, channels: Channels, span_s: float, numbers: NightNumbers) -> None:
        rising(from_h=numbers.from_h, to_h=numbers.to_h)
        positive(learn=numbers.learn, limit=numbers.limit, at_once=numbers.at_once, floor_m3h=numbers.floor_m3h)
        self._numbers = numbers
        network = channels.assets.network
        self._drawn = None if network is None else Parts(network)
        watch = flows(channels)
        super().__init__(watch=watch, span_s=span_s, lives=Columns(_Nights, len(watch)))

    def _grown(self) -> None:
        """Find the sums, and the meter under which each is kept."""
        sums = list(self._sums())
        self._member = np.concatenate([*sums, np.empty(0, np.intp)])
        self._sum_of = np.repeat(np.arange(len(sums)), [len(slots) for slots in sums])
        first = [min(slots.tolist(), key=lambda slot: self._watch.device_at(slot).id) for slots in sums]
        self._keeper = np.array(first, np.intp)

    def _sums(self) -> list[Slots]:
        slot_of = meters(self._watch)
        if self._drawn is None:
            return by_line(self._watch)
        found = Meters(self._drawn, slot_of)
        sums = [found.inlets(part) for part in range(len(self._drawn))]
        return [slots for slots in sums if len(slots)]

    def _judge(self, now: Now, mean: Floats) -> list[Finding]:
        nights, numbers = self._lives, self._numbers
        start_h = (now.end_ns - self._span_ns) / _HOUR_NS + numbers.utc_offset_h
        hour, span_h = start_h % _DAY_H, self._span_ns / _HOUR_NS
        if numbers.from_h <= hour and hour + span_h <= numbers.to_h:
            flow = np.bincount(self._sum_of, mean[self._member], minlength=len(self._keeper))
            least = nights["least_m3h"][self._keeper]
            less = np.isfinite(flow) & ((least < 0) | (flow < least))
            nights["least_m3h"][self._keeper[less]] = np.maximum(flow[less], 0.0)
            nights["day"][self._keeper[less]] = math.floor(start_h / _DAY_H)
            return []
        over = self._keeper[nights["least_m3h"][self._keeper] >= 0]
        return [finding for slot in over.tolist() for finding in self._night(now, slot)]

    def _night(self, now: Now, slot: int) -> list[Finding]:
        nights, numbers = self._lives, self._numbers
        least, kind = nights["least_m3h"].item(slot), self._kind(nights["day"].item(slot))
        nights["least_m3h"][slot] = -1.0
        known = self._accepted(slot, kind)
        if len(known) < numbers.learn:
            self._accept(slot, kind, least)
            return []
        usual = float(np.median(known))
        spread = _TO_SPREAD * float(np.median(np.abs(known - usual)))
        scale = max(spread, numbers.floor_m3h, numbers.floor_share * usual)
        scales = (least - usual) / scale
        odd = scales > numbers.limit
        nights["odd"][slot] = (nights["odd"].item(slot) << 1 | odd) & _ODD_OF
        if not odd and not nights["level"][slot]:
            self._accept(slot, kind, least)
        return self._turn(now, slot, least, usual, scale)

    def _turn(self, now: Now, slot: int, least: float, usual: float, scale: float) -> list[Finding]:
        nights, numbers = self._lives, self._numbers
        scales, level = (least - usual) / scale, nights["level"].item(slot)
        often = scales > numbers.limit and nights["odd"].item(slot).bit_count() >= _ODD
        begins = not level and (often or scales > numbers.at_once)
        ends = level and scales <= numbers.limit / 2
        if not begins and not ends:
            return []
        nights["level"][slot] = int(begins)
        if begins:
            nights["onset_ns"][slot] = now.end_ns
        return [
            self._tell(
                slot,
                Transition.ONSET if begins else Transition.END,
                now,
                onset_ns=nights["onset_ns"].item(slot),
                level=int(begins),
                value=round(least, 2),
                limit=round(usual + numbers.limit * scale, 2),
                reason=f"surplus {least - usual:.1f} m³/h" if begins else "",
            )
        ]

    def _accepted(self, slot: int, kind: int) -> Floats:
        count = min(self._lives["count"][slot, kind], _NIGHTS)
        return self._lives["flow_m3h"][slot, kind * _NIGHTS : kind * _NIGHTS + count].astype(np.float64)

    def _accept(self, slot: int, kind: int, flow_m3h: float) -> None:
        count = self._lives["count"]
        self._lives["flow_m3h"][slot, kind * _NIGHTS + count[slot, kind] % _NIGHTS] = flow_m3h
        count[slot, kind] += 1

    @staticmethod
    def _kind(day: int) -> int:
        return int((day + _MONDAY) % _WEEK >= _SATURDAY)
