"""How far a value can be trusted."""

from enum import IntEnum


class Quality(IntEnum):
    """Quality of one value; the number is what the time series stores, a larger one is worse.

    Compare an array with `.value`: NumPy looks for its protocols on a member for 9 µs, on a plain number not at all.
    """

    GOOD = 0
    UNCERTAIN = 1
    OVER_RANGE = 2
    WARMUP = 3
    CALIBRATION = 4
    STALE = 5
    IMMERSED = 6
    BAD = 7


QUALITY_NAMES = {quality.name.lower(): quality for quality in Quality}
"""The names on the wire."""

MAY_RAISE = frozenset({Quality.GOOD, Quality.UNCERTAIN, Quality.OVER_RANGE})
"""Qualities that raise an alarm like a good value; only GOOD ever clears one."""
