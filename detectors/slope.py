"""Least-squares slope of a channel's newest samples, kept in a ring."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from detectors.bounds import ns, positive
from detectors.order import Bools, Floats, Ints, ends, in_order, starts
from detectors.state import Columns, put_rows
from detectors.watch import Slots

RING = 16
"""Samples kept of each channel."""
_LEAST = 3
"""Samples that a slope needs within its window: two always lie on a line."""
_APART, _MOST = 0.75, 2.0
"""Windows between two samples that do for one: reports as rare as windows come some seconds early or late."""


@dataclass(slots=True)
class Ring:
    """The kept samples of a channel; sample number n stands at n modulo `RING`.

    Attributes:
        pairs: time and value in turn, so that both stand in one line of the processor's cache; the value as its bits.
    """

    pairs: int = field(default=0, metadata={"width": 2 * RING})


_LAST, _COUNT = range(2)


@dataclass(slots=True)
class Fed:
    """What was fed to a channel's ring.

    Attributes:
        news: newest sample time, and number of samples kept so far.
    """

    news: int = field(default=0, metadata={"width": 2})


class Slopes:
    r"""Slope over the window before each sample, without a loop over samples.

    $b = \sum(t-\bar t)(x-\bar x) / \sum(t-\bar t)^2$ over the sample itself and up to 15 kept ones before it that lie
    inside the window; at least 3 that span a third of it. One sample is kept for each fifteenth of the window, the
    first: so 16 places hold a whole window however fast the sensor sends. Times count from the newest sample, or
    nanoseconds would cancel. Where the window holds fewer, the line to the newest sample between 3/4 and 2 windows ago
    is the slope: so far apart noise hardly tilts it, and whoever reports that rarely has no third sample in time.

    Args:
        window_s: width of the window, seconds. Wider is quieter and later.
    """

    def __init__(self, window_s: float) -> None:
        positive(window_s=window_s)
        self.ring = Columns(Ring, 0)
        self.fed = Columns(Fed, 0)
        self._window_ns = ns(window_s)
        self._spacing_ns = ns(window_s / (RING - 1))

    def feed(self, slot: Slots, time_ns: Ints, value: Floats, wanted: Bools) -> Floats:
        """Feed rows sorted by slot, each slot in log order; those older than one before them are left out.

        Gives:
            the slope of the wanted rows in value units a second; nan where there is none.
        """
        news = self.fed["news"].take(slot, axis=0)  # twice as fast as [slot]
        fresh = in_order(slot, time_ns, news[:, _LAST])
        if fresh.all():
            return self._feed(slot, time_ns, value, news, wanted)
        slopes = np.full(len(slot), np.nan)
        slopes[fresh] = self._feed(slot[fresh], time_ns[fresh], value[fresh], news[fresh], wanted[fresh])
        return slopes

    def _feed(self, slot: Slots, time_ns: Ints, value: Floats, news: Ints, wanted: Bools) -> Floats:
        kept, before, base = self._number(slot, time_ns, news)
        slopes = np.full(len(slot), np.nan)
        ask = np.flatnonzero(wanted)
        if len(ask):
            slopes[ask] = self._slope(*self._past(slot, time_ns, value, (np.flatnonzero(kept), before, base), ask))
        self._keep(slot, time_ns, value, kept, before)
        return slopes

    def _number(self, slot: Slots, time_ns: Ints, news: Ints) -> tuple[Bools, Ints, Ints]:
        """Tell which rows are kept, the number of kept samples before each row, and how to find them in the batch.

        Kept sample number n of a slot stands at n plus the last array among the kept rows of the batch.
        """
        first = starts(slot)
        previous = np.where(news[:, _COUNT] == 0, -1, news[:, _LAST])
        np.copyto(previous[1:], time_ns[:-1], where=~first[1:])
        kept: Bools = time_ns // self._spacing_ns > previous // self._spacing_ns
        earlier: Ints = np.cumsum(kept) - kept
        base = earlier[first][np.cumsum(first) - 1] - news[:, _COUNT]
        return kept, earlier - base, base

    def _times(self) -> Ints:
        return self.ring["pairs"][:, 0::2]

    def _values(self) -> Floats:
        return self.ring["pairs"].view(np.float64)[:, 1::2]

    def _past(
        self, slot: Slots, time_ns: Ints, value: Floats, numbered: tuple[npt.NDArray[np.intp], Ints, Ints], ask: Ints
    ) -> tuple[Ints, Floats, Bools]:
        """Give age, difference of value and validity of the 15 samples before each asked row (15, rows)."""
        kept, before, base = numbered
        number = before[ask] - np.arange(1, RING)[:, None]
        own = slot[ask]
        in_batch = number >= self.fed["news"][own, _COUNT]
        at = np.append(kept, 0)[np.clip(number + base[ask], 0, len(kept))]
        place = number % RING
        then_ns = np.where(in_batch, time_ns[at], self._times()[own, place])
        then = np.where(in_batch, value[at], self._values()[own, place])
        age_ns = time_ns[ask] - then_ns
        valid = (number >= 0) & (age_ns <= _MOST * self._window_ns)
        return np.where(valid, age_ns, 0), np.where(valid, then - value[ask], 0.0), valid

    def _slope(self, age_ns: Ints, change: Floats, valid: Bools) -> Floats:
        within = valid & (age_ns <= self._window_ns)
        n = within.sum(axis=0) + 1
        age_s: Floats = (age_ns * 1e-9).astype(np.float64)
        spans = 3 * np.where(within, age_ns, 0).max(axis=0) >= self._window_ns
        slope = self._line(age_s, change, valid & (age_ns >= _APART * self._window_ns))
        age_s, change = np.where(within, age_s, 0.0), np.where(within, change, 0.0)
        # accumulate adds in one fixed order; sum groups by the shape, and the last bits would follow the batch
        t, x, tt, tx = (np.add.accumulate(a)[-1] for a in (age_s, change, age_s * age_s, age_s * change))
        slope[n >= _LEAST] = np.nan
        enough = (n >= _LEAST) & spans
        np.divide(t * x - n * tx, n * tt - t * t, out=slope, where=enough)
        return slope

    @staticmethod
    def _line(age_s: Floats, change: Floats, far: Bools) -> Floats:
        """Give the slope from the newest sample that is far enough; nan where none is."""
        newest, column = far.argmax(axis=0), np.arange(far.shape[1])
        slope = np.full(far.shape[1], np.nan)
        np.divide(-change[newest, column], age_s[newest, column], out=slope, where=far[newest, column])
        return slope

    def _keep(self, slot: Slots, time_ns: Ints, value: Floats, kept: Bools, before: Ints) -> None:
        last = ends(slot)
        count = before + kept
        put_rows(self.fed["news"], slot[last], np.column_stack((time_ns[last], count[last])))
        final = np.repeat(count[last], np.diff(np.flatnonzero(last), prepend=-1))
        rows = np.flatnonzero(kept & (before >= final - RING))
        own, place = slot[rows], before[rows] % RING
        self._times()[own, place] = time_ns[rows]
        self._values()[own, place] = value[rows]
