"""A series that leaves the band it has kept to: the general detector, where nothing is known of the series."""

from typing import ClassVar, NamedTuple

import numpy as np

from detectors.bounds import not_negative, positive, rising
from detectors.order import Bools, Floats, Ints
from detectors.screener import Screener, Verdicts
from detectors.state import Array

_SCORES_NEAR = 0.5
"""Share of the limit below which an alarm may end."""
_MOST_PERIODS = 2.0
"""A step counts as at most so many of the step before: what came after a gap is one sample, not evidence of the gap."""
_LEAST_ROWS, _LEAST_S = 10, 1e-9
_GRAINS = 5.0
"""No band is narrower than so many of the smallest changes."""
_YOUNG_SHARE = 0.2
"""Of the age of a column: time constant of the stretching of a young band."""
_DOUBT_S = 1_200.0
_CALM_S, _CALM_SHARE = 40.0, 0.2
"""So long within so small a share of the band, and the band was that of an event."""
_UNSEEN = 1e60
"""Smallest change of a column that never changed, and period of one that was seen once."""
_STILL_ROWS, _NEWS_GRAINS = 100, 20.0
"""The first change after so long a stillness is no grain, but as good as so many: a detector stands at 0 for years."""
_EXACT, _TINY = 1e-12, 1e-200
"""Of a level: its own rounding is no width; and against a division by 0."""


class _Life(NamedTuple):
    """One number for each column, as views that are changed in place.

    Attributes:
        level: smoothed value.
        low, high: of the band.
        last: value before.
        grain: smallest change seen.
        rows, age_s, period_s: values seen, their time, and the last step of it.
        calm_low, calm_high, calm_rows, calm_from_s: range, rows and beginning of the present calm stretch.
        score: of the last value.
        near_s: age when the score was last near the limit.
        on: 1 while the column is in alarm.
    """

    level: Floats
    low: Floats
    high: Floats
    last: Floats
    grain: Floats
    rows: Floats
    age_s: Floats
    period_s: Floats
    calm_low: Floats
    calm_high: Floats
    calm_rows: Floats
    calm_from_s: Floats
    score: Floats
    near_s: Floats
    on: Floats


class Band(Screener):
    r"""Lasting departure of any column from the band it has kept to: sign, unit and size unknown.

    A methane background that wanders and a pressure that surges have no useful variance, but a range that they keep.
    Each column is smoothed, $y \leftarrow y + \operatorname{clip}((1 - e^{-\Delta t/\tau})(x - y), \pm c w \Delta
    t/\tau)$, so that a single wild sample moves it by a part of the band's width, and the time that evidence takes does
    not depend on how large it is. The band $[l, h]$ is stretched by a $y$ outside with time constant
    $\min(\tau_s, 0.2 \cdot \text{age})$ and shrinks towards $y$ with $\tau_m$: what a series does within its memory is
    normal, what a young band has not seen yet is learnt faster. The width is
    $w = \max(h - l, 5 \cdot \text{smallest change}, a |y|)$; the score is the distance of $y$ from the band over $L w$,
    largest column first. Alarm from 1 on; it ends by itself, once $y$ is back or the band has come after it.

    Where no training rows vouch for the beginning, it may lie within an event. So in the first 20 min a calm stretch
    within a fifth of the band replaces it.

    Args:
        columns: how many.
        train_rows: rows at the beginning that are known to be normal and raise nothing; 0: nobody knows.
        limit: $L$, in widths of the band. Larger is quieter and blinder.
        smooth_s: $\tau$, seconds. Larger is later and takes longer bursts for nothing.
        slew: $c$, most widths that $y$ moves in `smooth_s`. Smaller is later and takes larger bursts for nothing.
        stretch_s: $\tau_s$, seconds. Smaller ends alarms sooner and is blind to slow ramps.
        memory_s: $\tau_m$, seconds. Larger is quieter, and longer deaf after an event. Best at least ten times
            `stretch_s`, else the band of mere noise becomes too narrow.
        accuracy: $a$; no instrument is truer than this share of its reading.
        off_delay_s: how long the score must stay below half of the limit before the alarm ends, seconds.
        warm_s: for how long a column only teaches, seconds; at least 10 rows.

    Example:
        >>> rows = np.arange(600)
        >>> background = 2.0 + 0.1 * np.sin(rows / 7)
        >>> leak = np.where((rows >= 300) & (rows < 360), 1.5, 0.0)
        >>> spike = np.where(rows == 200, 50.0, 0.0)
        >>> band = Band(columns=1)
        >>> alarm = band.update(5_000_000_000 * rows, (background + leak + spike)[:, None]).alarm
        >>> np.flatnonzero(np.diff(alarm.astype(int))).tolist()
        [313, 383]

    References:
        [1] Tukey, J. W. (1977). Exploratory Data Analysis (fences: distances in widths of the bulk, not in variances).
    """

    SCHEMA: ClassVar[str] = "band/1"

    def __init__(
        self,
        *,
        columns: int,
        train_rows: int = 0,
        limit: float = 1.75,
        smooth_s: float = 30.0,
        slew: float = 1.25,
        stretch_s: float = 12_600.0,
        memory_s: float = 151_200.0,
        accuracy: float = 0.005,
        off_delay_s: float = 120.0,
        warm_s: float = 120.0,
    ) -> None:
        positive(limit=limit, smooth_s=smooth_s, slew=slew, stretch_s=stretch_s, memory_s=memory_s)
        rising(stretch_s=stretch_s, memory_s=memory_s)
        not_negative(accuracy=accuracy, off_delay_s=off_delay_s, warm_s=warm_s)
        self._limit, self._smooth_s, self._slew = limit, smooth_s, slew
        self._stretch_s, self._memory_s, self._accuracy = stretch_s, memory_s, accuracy
        self._off_delay_s, self._warm_s, self._train_rows = off_delay_s, warm_s, train_rows
        life = np.zeros((len(_Life._fields), columns))
        _Life(*life).grain[:] = _Life(*life).period_s[:] = _UNSEEN
        self._state = {"rows": np.zeros(1, "<i8"), "last_ns": np.zeros(columns, "<i8"), "life": life}

    def update(self, time_ns: Ints, values: Floats) -> Verdicts:
        score, alarm = np.zeros(len(time_ns)), np.zeros(len(time_ns), np.bool_)
        life = _Life(*self._state["life"])
        for number, (at_ns, row) in enumerate(zip(time_ns.tolist(), values, strict=True)):
            self._step(life, at_ns, row)
            score[number], alarm[number] = life.score.max(initial=0.0), life.on.any()
        return Verdicts(score, alarm)

    def _step(self, life: _Life, at_ns: int, row: Floats) -> None:
        """Judge a row; columns without a number keep their state, and their alarm."""
        self._state["rows"] += 1
        training = self._state["rows"].item() <= self._train_rows
        last_ns, columns = self._state["last_ns"], self._state["life"]
        there: Bools = np.isfinite(row)
        if there.all():
            self._judge(life, row, (at_ns - last_ns) / 1e9, training=training)
        else:
            part: Array = columns[:, there]
            self._judge(_Life(*part), row[there], (at_ns - last_ns[there]) / 1e9, training=training)
            columns[:, there] = part
        last_ns[there] = at_ns

    def _judge(self, life: _Life, value: Floats, passed_s: Floats, *, training: bool) -> None:
        step_s = _begun(life, value, passed_s)
        teaches = training | (life.age_s < self._warm_s) | (life.rows <= _LEAST_ROWS)
        if not self._train_rows and (young := life.age_s < _DOUBT_S).any():
            self._doubt(life, value, young)
        width = self._width(life)
        part = step_s / self._smooth_s
        most = self._slew * width * part
        most[teaches] = np.inf
        move = -np.expm1(-part) * (value - life.level)
        np.add(life.level, np.maximum(np.minimum(move, most), -most), out=life.level)
        above, below = life.level - life.high, life.low - life.level
        score = np.maximum(above, below) / (self._limit * width)
        score[teaches] = 0.0
        self._alarm(life, score)
        stretch_s = np.maximum(np.minimum(self._stretch_s, _YOUNG_SHARE * life.age_s), _LEAST_S)
        out, back = -np.expm1(-step_s / stretch_s), -np.expm1(-step_s / self._memory_s)
        out[teaches] = 1.0
        np.add(life.high, np.where(above > 0, out, back) * above, out=life.high)
        np.subtract(life.low, np.where(below > 0, out, back) * below, out=life.low)

    def _width(self, life: _Life) -> Floats:
        least = np.maximum((self._accuracy + _EXACT) * np.abs(life.level) + _TINY, _GRAINS * life.grain)
        return np.maximum(life.high - life.low, least)

    def _doubt(self, life: _Life, value: Floats, young: Bools) -> None:
        """Replace the band of a young column by a calm stretch much narrower than it."""
        np.minimum(life.calm_low, value, out=life.calm_low)
        np.maximum(life.calm_high, value, out=life.calm_high)
        life.calm_rows[:] += 1
        rough = life.calm_high - life.calm_low > _CALM_SHARE * self._width(life)
        long = (life.age_s - life.calm_from_s >= _CALM_S) & (life.calm_rows > _LEAST_ROWS)
        calm = young & long & ~rough
        for field, new in ((life.low, life.calm_low), (life.high, life.calm_high), (life.level, value)):
            field[calm] = new[calm]
        for field, new in ((life.calm_low, value), (life.calm_high, value), (life.calm_from_s, life.age_s)):
            field[rough] = new[rough]
        life.calm_rows[rough] = 0

    def _alarm(self, life: _Life, score: Floats) -> None:
        np.maximum(score, 0.0, out=life.score)
        near = life.score >= _SCORES_NEAR
        life.near_s[near] = life.age_s[near]
        life.on[life.age_s - life.near_s >= self._off_delay_s] = 0.0
        life.on[life.score >= 1.0] = 1.0


def _begun(life: _Life, value: Floats, passed_s: Floats) -> Floats:
    """Count a value in, and give the time that it stands for."""
    new = life.rows == 0
    if new.any():
        for field in (life.level, life.low, life.high, life.last, life.calm_low, life.calm_high):
            field[new] = value[new]
        passed_s = np.where(new, 0.0, passed_s)
    step_s = np.minimum(passed_s, _MOST_PERIODS * life.period_s)
    np.copyto(life.period_s, step_s, where=step_s > 0)
    life.age_s[:] += step_s
    life.rows[:] += 1
    change = np.abs(value - life.last)
    news = (life.grain == _UNSEEN) & (life.rows > _STILL_ROWS)
    np.minimum(life.grain, np.where(news, change / _NEWS_GRAINS, change), out=life.grain, where=change > 0)
    life.last[:] = value
    return step_s
