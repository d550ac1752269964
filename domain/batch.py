"""Readings as columns."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from domain.quality import Quality


@dataclass(frozen=True, slots=True, eq=False)  # eq=False: comparing arrays with == has no single truth value
class Batch:
    """Readings in log order, one row for each value.

    Attributes:
        channel: index into `Channels`.
        time_ns: when the sensor measured it, nanoseconds since 1970, UTC.
        received_ns: when its frame arrived.
        value: in the unit of the channel's quantity.
        quality: see `Quality`.
        late: older at arrival than its device's live age.
        position: of its frame in the log, not falling.
    """

    channel: npt.NDArray[np.int32]
    time_ns: npt.NDArray[np.int64]
    received_ns: npt.NDArray[np.int64]
    value: npt.NDArray[np.float64]
    quality: npt.NDArray[np.int8]
    late: npt.NDArray[np.bool_]
    position: npt.NDArray[np.int64]

    def __len__(self) -> int:
        return len(self.channel)

    def may_learn(self) -> npt.NDArray[np.bool_]:
        """Tell which values a baseline may learn from: never one that is no number, whatever its quality says."""
        learn: npt.NDArray[np.bool_] = np.isfinite(self.value) & (self.quality == Quality.GOOD.value)
        return learn

    def may_raise(self) -> npt.NDArray[np.bool_]:
        """Tell which values raise an alarm at a limit: good, uncertain and over-range ones."""
        raises: npt.NDArray[np.bool_] = np.isfinite(self.value) & (self.quality <= Quality.OVER_RANGE.value)
        return raises

    def take(self, rows: "npt.NDArray[np.intp] | npt.NDArray[np.bool_] | slice") -> "Batch":
        return Batch(
            self.channel[rows],
            self.time_ns[rows],
            self.received_ns[rows],
            self.value[rows],
            self.quality[rows],
            self.late[rows],
            self.position[rows],
        )


def joined(batches: Sequence[Batch]) -> Batch:
    """Put batches one behind the other; one alone stays the same object."""
    if len(batches) == 1:
        return batches[0]
    columns = ([getattr(batch, name) for batch in batches] for name in Batch.__slots__)
    return Batch(*(np.concatenate(column) for column in columns))
