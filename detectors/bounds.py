"""Parameters out of range are refused when a detector is built, not found out when it is silent."""

import itertools
import math

_S = 1_000_000_000


def positive(**numbers: float) -> None:
    """Refuse what is not a finite number above 0.

    Example:
        >>> positive(window_s=0)
        Traceback (most recent call last):
        ...
        ValueError: window_s must be > 0 and finite, got 0
    """
    for name, number in numbers.items():
        if not 0 < number < math.inf:
            raise ValueError(f"{name} must be > 0 and finite, got {number:g}")


def not_negative(**numbers: float) -> None:
    for name, number in numbers.items():
        if not 0 <= number < math.inf:
            raise ValueError(f"{name} must be >= 0 and finite, got {number:g}")


def rising(**numbers: float) -> None:
    """Refuse numbers that do not rise in the order given; each names the one that it must exceed."""
    for lower, upper in itertools.pairwise(numbers):
        if not numbers[lower] < numbers[upper]:
            raise ValueError(f"{lower} must be below {upper}, got {numbers[lower]:g} and {numbers[upper]:g}")


def ns(seconds: float) -> int:
    return round(seconds * _S)
