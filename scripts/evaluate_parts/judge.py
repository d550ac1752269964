"""A detector with one set of numbers, fresh for each stream."""

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
from evaluate_parts.reading import Recording

from detectors.screener import Verdicts
from detectors.screening import SCREENERS


class Judge(NamedTuple):
    """Screens a recording as `gas-lifeline screen` does.

    Attributes:
        detector: name of it.
        train_rows: at the beginning of each stream.
        numbers: instead of the detector's own.
    """

    detector: str
    train_rows: int
    numbers: Mapping[str, float]

    def __call__(self, recording: Recording) -> Verdicts:
        columns = recording.values.shape[1]
        screener = SCREENERS[self.detector](columns=columns, train_rows=self.train_rows, **self.numbers)
        return screener.update(np.maximum.accumulate(recording.time_ns), recording.values)
