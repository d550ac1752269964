"""What a device's clock is worth: pure rules over the newest sample of one device in one frame."""

from typing import NamedTuple

CLOCK_SET_NS = 1_577_836_800_000_000_000
"""2020-01-01 UTC, before this system existed: a device that says so never had its clock set."""


class ClockLimits(NamedTuple):
    """How far a clock may run ahead of ours.

    Attributes:
        uncertain_ns: above it the values are uncertain.
        shift_ns: above it the time is not believed at all.
    """

    uncertain_ns: int
    shift_ns: int


class Ruling(NamedTuple):
    """What to do with the samples of one device in one frame.

    Attributes:
        shift_ns: subtract it from every time; negative where the clock is slow, 0 for none.
        uncertain: whether the values lose their good quality.
    """

    shift_ns: int
    uncertain: bool


_FINE = Ruling(0, uncertain=False)


def rule_on_clock(newest_ns: int, received_ns: int, limits: ClockLimits, offset_ns: int = 0) -> Ruling:
    """Judge a clock by the newest sample alone: older ones may be a legitimate backlog.

    A time that is not believed moves the whole frame, so that its newest sample falls on the arrival and the spacing
    inside is kept. A slow clock cannot be told from a late frame here, and is left alone, unless it was never set, or
    the log says by how much it is slow. That is not believed of a frame which would then lie in the future: somebody
    has set the clock.

    Args:
        newest_ns: time of the newest sample as sent.
        received_ns: time of arrival.
        limits: how far ahead is still believed.
        offset_ns: by which this clock is known to be slow.

    Example:
        >>> second, now = 10**9, 1_768_449_600 * 10**9
        >>> rule_on_clock(now + 3_600 * second, now, ClockLimits(5 * second, 60 * second))
        Ruling(shift_ns=3600000000000, uncertain=True)
        >>> rule_on_clock(now - 3_600 * second, now, ClockLimits(5 * second, 60 * second))
        Ruling(shift_ns=0, uncertain=False)
        >>> rule_on_clock(now - 3_600 * second, now, ClockLimits(5 * second, 60 * second), 3_599 * second)
        Ruling(shift_ns=-3599000000000, uncertain=True)
    """
    ahead_ns = newest_ns - received_ns
    if ahead_ns > limits.shift_ns or newest_ns < CLOCK_SET_NS:
        return Ruling(ahead_ns, uncertain=True)
    if offset_ns and ahead_ns + offset_ns <= limits.shift_ns:
        return Ruling(-offset_ns, uncertain=offset_ns > limits.uncertain_ns)
    return Ruling(0, uncertain=True) if ahead_ns > limits.uncertain_ns else _FINE
