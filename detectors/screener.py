"""What judges a table of numbers instead of the log: a detector over columns, one verdict for each row."""

from abc import ABC, abstractmethod
from typing import ClassVar, NamedTuple

from detectors.order import Bools, Floats, Ints
from detectors.state import Array, pack, unpack


class Verdicts(NamedTuple):
    """One entry for each row.

    Attributes:
        score: how unusual the row is; finite, larger is more unusual, comparable between files.
        alarm: whether the alarm stands at this row.
    """

    score: Floats
    alarm: Bools


class Screener(ABC):
    """Judge rows as they come: no look-ahead, no second pass, and the same bits whatever the size of the batches.

    A class is built as ``Name(columns=…, train_rows=…, **numbers)``: all keyword-only, all numbers with a default that
    serves whatever the file holds. Its state is `_state`: arrays by name, of fixed type and shape.
    """

    SCHEMA: ClassVar[str]
    """Name and version of the state; a snapshot of any other is refused."""
    _state: dict[str, Array]

    @abstractmethod
    def update(self, time_ns: Ints, values: Floats) -> Verdicts:
        r"""Judge rows.

        Args:
            time_ns: of each row; never falls, neither within nor between calls, but may repeat.
            values: one row for each time, one column for each series; NaN where nothing was measured, else
                within $\pm 10^{30}$: a sum of squares must stay finite.
        """

    def snapshot(self) -> bytes:
        """Give the whole state; the same state gives the same bytes."""
        return pack(self.SCHEMA, self._state)

    def restore(self, blob: bytes) -> None:
        """Go on from a snapshot as if never stopped (ValueError: of another schema, or of other columns)."""
        arrays = unpack(self.SCHEMA, blob)
        ours, theirs = ({name: (a.dtype, a.shape) for name, a in of.items()} for of in (self._state, arrays))
        if ours != theirs:
            raise ValueError(f"snapshot of {self.SCHEMA!r} holds other arrays than expected")
        self._state = {name: array.copy() for name, array in arrays.items()}
