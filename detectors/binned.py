"""Detectors that compare means over equal spans of time, at the tick after which a span is complete."""

from abc import abstractmethod
from dataclasses import dataclass, field
from typing import Any, ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.base import Detector, in_log_order
from detectors.bounds import ns, positive
from detectors.memory import Memory
from detectors.order import Floats
from detectors.state import NEVER, Columns
from detectors.watch import Watch
from domain.alarm import AlarmKind
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.location import Location
from domain.quality import Quality

_RING = 4
"""Spans kept: the one that is judged, the one after it, and the one that readings come into."""
_DELAY = 2
"""A span is judged this many spans after it began: one is left for readings that are under way."""


@dataclass(slots=True)
class _Span:
    number: int = field(default=NEVER, metadata={"width": _RING, "dtype": "<i8"})
    total: float = field(default=0.0, metadata={"width": _RING, "dtype": "<f8"})
    count: int = field(default=0, metadata={"width": _RING, "dtype": "<i4"})


class Now(NamedTuple):
    """The span that is judged.

    Attributes:
        number: of the span since 1970.
        end_ns: of the span.
        log_ns: of the tick.
        position: of the tick.
    """

    number: int
    end_ns: int
    log_ns: int
    position: int


class Binned(Detector):
    """Base of the detectors that judge means over spans.

    A reading goes into the sum of its span, whatever its order there; good, live ones count alone. So nothing depends
    on the batches, and a row costs a few array operations. All judging happens at ticks, for all channels at once.

    Args:
        watch: the channels.
        span_s: length of a span, seconds.
        lives: further state by channel; its defaults are the cold state.
    """

    NAME: ClassVar[str]
    KIND: ClassVar[AlarmKind]

    def __init__(self, *, watch: Watch, span_s: float, lives: Columns[Any]) -> None:
        positive(span_s=span_s)
        self._watch, self._span_ns = watch, ns(span_s)
        self._spans, self._lives = Columns(_Span, len(watch)), lives
        self._memory = Memory(f"{self.NAME}/1", watch=watch, slots=(self._spans, lives))
        self._known = -1

    @abstractmethod
    def _judge(self, now: Now, mean: Floats) -> list[Finding]:
        """Judge a span by the mean of each channel, NaN where it had no good reading."""

    def _grown(self) -> None:
        """Look up anew what follows from the slots; nothing unless overridden."""

    def _refresh(self) -> None:
        self._memory.refresh()
        if self._known != len(self._watch):
            self._known = len(self._watch)
            self._grown()

    def update(self, batch: Batch) -> list[Finding]:
        self._memory.refresh()
        if len(self._watch):
            _, slot, part = self._watch.select(batch, unusable=False)
            timely = ~part.late & (part.time_ns <= part.received_ns + self._span_ns)
            live = (part.quality == Quality.GOOD.value) & timely
            self._add(slot[live], part.time_ns[live] // self._span_ns, part.value[live])
        return []

    def _add(self, slot: npt.NDArray[np.int32], number: npt.NDArray[np.int64], value: Floats) -> None:
        known, total, count = (self._spans[name].reshape(-1) for name in ("number", "total", "count"))
        place = slot * _RING + number % _RING
        newer = place[number > known[place]]
        if len(newer):
            np.maximum.at(known, place, number)
            total[newer], count[newer] = 0.0, 0
        of_span = number == known[place]
        np.add.at(total, place[of_span], value[of_span])
        np.add.at(count, place[of_span], 1)

    def waits(self, log_ns: int) -> bool:
        return log_ns // self._span_ns <= self._memory.tick_ns // self._span_ns

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        judged = self._memory.tick_ns // self._span_ns
        self._memory.tick(log_ns)
        number = log_ns // self._span_ns
        if number <= judged or not len(self._watch):
            return []
        self._refresh()
        now = Now(number - _DELAY, (number - _DELAY + 1) * self._span_ns, log_ns, position)
        return in_log_order(self._judge(now, self._mean(now.number)))

    def _mean(self, number: int) -> Floats:
        place = number % _RING
        there = self._spans["number"][:, place] == number
        mean = np.full(len(self._watch), np.nan)
        mean[there] = self._spans["total"][there, place] / self._spans["count"][there, place]
        return mean

    def _tell(
        self,
        slot: int,
        transition: Transition,
        now: Now,
        *,
        onset_ns: int,
        level: int = 0,
        value: float | None = None,
        limit: float | None = None,
        reason: str = "",
        location: Location | None = None,
    ) -> Finding:
        device = self._watch.device_at(slot)
        at = (now.position, now.log_ns, onset_ns)
        return Finding(
            self.NAME,
            self.KIND,
            device.id,
            device.site,
            transition,
            level,
            *at,
            value=value,
            limit=limit,
            reason=reason,
            location=location,
        )


def follow(state: Floats, share: Floats | float, value: Floats, where: npt.NDArray[np.bool_]) -> None:
    """Move an exponentially weighted mean towards a value, where there is one."""
    step = share * (value - state)
    state[where] += step[where]


def places(channels: Channels) -> tuple[Floats, Floats]:
    """Give east and north of each device in metres from the town's first site, NaN where nobody wrote it down."""
    sites = channels.assets.sites
    known = [sites.get(device.site) for device in channels.devices]
    first = next((site for site in known if site is not None), None)
    if first is None:
        return np.full(len(known), np.nan), np.full(len(known), np.nan)
    return metres(
        np.array([np.nan if site is None else site.lon for site in known]),
        np.array([np.nan if site is None else site.lat for site in known]),
        (first.lon, first.lat),
    )


def metres(lon: Floats, lat: Floats, origin: tuple[float, float]) -> tuple[Floats, Floats]:
    """Turn degrees into metres from an origin; good to a few metres within a town."""
    degree_m = 111_320.0
    return (lon - origin[0]) * degree_m * float(np.cos(np.radians(origin[1]))), (lat - origin[1]) * degree_m
