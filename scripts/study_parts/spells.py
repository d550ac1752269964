"""Things that come by chance and pass: which of many subjects has one now, and how strong it is."""

from collections.abc import Callable

import numpy as np

from simulator.dice import FloatArray

Draw = Callable[[np.random.Generator, int], FloatArray]


class Spells:
    """Independent spells of many subjects, in steps of a minute.

    Args:
        count: of subjects.
        per_day: mean number of beginnings of each in a day, while allowed.
        minutes: range of how long one lasts.
        strength: draws so many strengths.
        draw: random numbers.

    Attributes:
        strength: of each subject's spell now; 0 for none.
        age: minutes since each began.
        left: minutes that it still lasts.
    """

    def __init__(
        self, count: int, per_day: float, minutes: tuple[int, int], strength: Draw, draw: np.random.Generator
    ) -> None:
        self._chance, self._minutes, self._of, self._draw = per_day / 1_440, minutes, strength, draw
        self.strength, self.age = np.zeros(count), np.zeros(count)
        self.left = np.zeros(count, np.int64)

    def advance(self, allowed: float = 1.0) -> FloatArray:
        """Go on by a minute; new ones begin so many times as often as usual."""
        self.left = np.maximum(0, self.left - 1)
        self.age += 1
        self.strength[self.left == 0] = 0.0
        begins = np.flatnonzero((self.left == 0) & (self._draw.random(len(self.left)) < self._chance * allowed))
        if len(begins):
            self.left[begins] = self._draw.integers(*self._minutes, len(begins))
            self.strength[begins], self.age[begins] = self._of(self._draw, len(begins)), 0.0
        return self.strength


def between(low: float, high: float) -> Draw:
    return lambda draw, count: draw.uniform(low, high, count)


def either(low: float, high: float) -> Draw:
    """Between low and high, up or down."""
    return lambda draw, count: draw.uniform(low, high, count) * draw.choice((-1.0, 1.0), count)


def lognormal(median: float, sigma: float, most: float) -> Draw:
    return lambda draw, count: np.minimum(most, draw.lognormal(np.log(median), sigma, count))
