"""What speaks for natural gas or for biogas in an underground space: features and their log-odds."""

import math
from dataclasses import dataclass, field
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.binned import follow
from detectors.order import Bools, Floats
from detectors.state import NEVER, Array

_HOUR_S, _DAY_S = 3_600.0, 86_400.0
PPM_PER_PCT_LEL = 500.0
"""Methane, lower limit 5 %VOL."""
_LAGS_S = np.array([0.0, 2 * _HOUR_S, 6 * _HOUR_S, _HOUR_S])
"""Time constants: of the warmth that mud and a well of some hours' air pass on, and of the load of the main."""
_LEAST = np.array([0.5, 0.5, 0.5, 0.005])
"""Kelvin and kilopascal: what swings by less has no rhythm to be followed."""
_WARM, _LOAD = slice(0, 3), 3
SETTLED_S = _DAY_S
"""Correlations mean nothing before they have seen a whole day."""
_SLOW_S = 4 * _DAY_S
_SEEN_PPM, _NONE_PPM, _SEEN, _NONE = 10.0, 5.0, 0.003, 0.0005
"""Ethane: what a good instrument tells from nothing, and shares of methane."""
_VARIABLE, _STEADY = 0.5, 0.1
_FAST_PCT_LEL, _MUD_TIMES = 2.0, 10.0
"""Mud gives off up to eight times as much when it is stirred; a usual well of 2.5 m³ follows within nine hours, so its
gas rises by no more than about its background in an hour, and to no more than ten times of it."""
_FOLLOWS_WARMTH, _FOLLOWS_LOAD, _NO_RHYTHM = 0.7, 0.5, 0.5
_GROWS_PCT_LEL, _WARMER_K, _SULPHIDE_PPM = 1.5, 1.0, 1.0
_COMMON_SHARE, _COMMON_LEAST = 0.4, 4

Wells = dict[str, Array]


@dataclass(slots=True)
class Well:
    """Of the gas channel of a well; means over a day unless said.

    Attributes:
        heard: spans with a reading.
        background: lower envelope.
        last: of the gas, one span ago.
        quick: over an hour, as is its square.
        slow: over four days, as is the warmth's.
        lagged: warmth by three lags and the load by one.
        mean: of these; with their squares and their products with the gas.
    """

    heard: int = 0
    background: float = 0.0
    quick: float = 0.0
    quick_square: float = 0.0
    gas: float = 0.0
    gas_square: float = 0.0
    slow: float = 0.0
    slow_warmth: float = 0.0
    lagged: float = field(default=0.0, metadata={"width": 4})
    met: int = field(default=0, metadata={"width": 4})
    mean: float = field(default=0.0, metadata={"width": 4})
    square: float = field(default=0.0, metadata={"width": 4})
    product: float = field(default=0.0, metadata={"width": 4})
    high: int = 0
    low: int = 0
    rose_ns: int = NEVER
    wet_ns: int = NEVER
    level: int = 0
    onset_ns: int = NEVER


class Seen(NamedTuple):
    """Means over a span: of the gas, and of what is measured beside each well (NaN: nothing)."""

    gas: Floats
    ethane: Floats
    sulphide: Floats
    warmth: Floats
    load: Floats


class Feature(NamedTuple):
    """What speaks for or against natural gas.

    Attributes:
        name: word for the reason.
        weight: log-odds, one for each well, 0 where it says nothing.
    """

    name: str
    weight: npt.NDArray[np.floating[Any]]


def learn(wells: Wells, there: Bools, seen: Seen, span_s: float) -> None:
    """Take a span into all memories but the background."""
    gas = seen.gas
    for name, value in {"quick": gas, "quick_square": gas * gas, "slow": gas, "slow_warmth": seen.warmth}.items():
        first = there & (wells["heard"] == 0) & np.isfinite(value)
        wells[name][first] = value[first]
    hour = 1.0 - math.exp(-span_s / _HOUR_S)
    day = np.maximum(1.0 / (wells["heard"] + 1.0), span_s / _DAY_S)
    slow = np.maximum(1.0 / (wells["heard"] + 1.0), span_s / _SLOW_S)
    for name, share, value in (
        ("quick", hour, gas),
        ("quick_square", hour, gas * gas),
        ("gas", day, gas),
        ("gas_square", day, gas * gas),
        ("slow", slow, gas),
        ("slow_warmth", slow, seen.warmth),
    ):
        follow(wells[name], share, value, there & np.isfinite(value))
    _learn_others(wells, there, seen, span_s)
    wells["heard"] += there


def _learn_others(wells: Wells, there: Bools, seen: Seen, span_s: float) -> None:
    other = np.stack([seen.warmth, seen.warmth, seen.warmth, seen.load], axis=1)
    both = there[:, None] & np.isfinite(other)
    step = np.where(_LAGS_S > 0, -np.expm1(-span_s / np.maximum(_LAGS_S, 1.0)), 1.0)
    follow(wells["lagged"], np.where(wells["met"] == 0, 1.0, step), other, both)
    wells["met"] += both
    share = np.maximum(1.0 / np.maximum(wells["met"], 1), span_s / _DAY_S)
    lagged, gas = wells["lagged"], seen.gas[:, None]
    for name, value in {"mean": lagged, "square": lagged * lagged, "product": lagged * gas}.items():
        follow(wells[name], share, value, both)


def correlations(wells: Wells) -> Floats:
    """Give the correlation of the gas with each lagged series over about a day, one row for each well; 0 for none."""
    own = wells["gas_square"] - wells["gas"] ** 2
    that = wells["square"] - wells["mean"] ** 2
    both = wells["product"] - wells["mean"] * wells["gas"][:, None]
    swings = that >= _LEAST**2
    found: Floats = np.where(swings, both / np.sqrt(np.maximum(own[:, None] * that, 1e-12)), 0.0)
    return found


class Around(NamedTuple):
    """What is known of a well's surroundings.

    Attributes:
        kind: log-odds of its kind of space.
        sequence: a neighbour rose before or after it.
        everywhere: wells far from it rose as well.
        settled: its rhythm is known.
    """

    kind: Floats
    sequence: Bools
    everywhere: Bools
    settled: Bools


def features(wells: Wells, seen: Seen, around: Around) -> tuple[Feature, ...]:
    """Weigh everything that is known of each well (`ManholeGas` has the table).

    Args:
        wells: memories.
        seen: the span.
        around: their surroundings.
    """
    settled = around.settled
    spread = np.sqrt(np.maximum(wells["quick_square"] - wells["quick"] ** 2, 0.0)) / np.maximum(wells["quick"], 0.1)
    follows = correlations(wells)
    warmth, load = follows[:, _WARM].max(axis=1), follows[:, _LOAD]
    warmer = wells["mean"][:, 0] - wells["slow_warmth"] > _WARMER_K
    grows = settled & (wells["gas"] - wells["slow"] > _GROWS_PCT_LEL) & (warmth < _NO_RHYTHM) & ~warmer
    return (
        Feature("ethane", _ethane(seen)),
        Feature("fast", 1.5 * (seen.gas - wells["quick"] > np.maximum(_FAST_PCT_LEL, wells["background"]))),
        Feature("much", 1.5 * (seen.gas > _MUD_TIMES * np.maximum(wells["background"], 1.0))),
        Feature("variable", 1.0 * (spread > _VARIABLE)),
        Feature("steady", -1.0 * (spread < _STEADY)),
        Feature("temperature", -1.5 * (settled & (warmth > _FOLLOWS_WARMTH))),
        Feature("load", 1.0 * (settled & (load > _FOLLOWS_LOAD) & (load > warmth))),
        Feature("growth", 1.0 * grows),
        Feature("space", around.kind),
        Feature("neighbours", 1.5 * (around.sequence & ~around.everywhere)),
        Feature("everywhere", -1.5 * around.everywhere),
        Feature("h2s_ppm", -2.0 * (seen.sulphide > _SULPHIDE_PPM)),
    )


def _ethane(seen: Seen) -> Floats:
    methane = PPM_PER_PCT_LEL * np.maximum(seen.gas, 0.1)
    some = seen.ethane >= np.maximum(_SEEN * methane, _SEEN_PPM)
    none = (seen.ethane <= np.maximum(_NONE * methane, _NONE_PPM)) & (_SEEN * methane > _NONE_PPM)
    found: Floats = 4.0 * some - 4.0 * none
    return found


def rose_everywhere(excess: Floats, rise: float, near: Bools) -> Bools:
    """Tell for each well whether many others, none of them near, are above their background as well: weather."""
    known = np.isfinite(excess)[None, :] & ~near
    np.fill_diagonal(known, val=False)
    up = known & (excess >= rise / 2)[None, :]
    number = known.sum(axis=1)
    found: Bools = (number >= _COMMON_LEAST) & (up.sum(axis=1) >= _COMMON_SHARE * number)
    return found
