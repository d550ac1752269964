"""What was received and is not yet safe: collected for one durable append, and held while the log takes nothing."""

import logging
import time
from collections.abc import Callable, Sequence

from domain.errors import StoreUnavailable

_LOGGER = logging.getLogger(__name__)
_APPEND_AGAIN_S = 1.0

Entry = tuple[int, str, bytes]
"""(received_ns, topic, payload)"""
Mark = tuple[int, int]
"""(connection number, message id): whom to acknowledge."""


class Pending:
    """Frames between receipt and acknowledgement, in order.

    Args:
        append: writes entries durably and gives the last position; `StoreUnavailable` when it cannot.
        most_frames: as many are appended together at most.
        longest_s: so long a frame waits for others at most.

    Attributes:
        frames: appended since the start.
        trouble: why the log takes nothing, for a person; "" while it does.
    """

    def __init__(self, append: Callable[[Sequence[Entry]], int], most_frames: int, longest_s: float) -> None:
        self._append, self._most_frames, self._longest_s = append, most_frames, longest_s
        self._held: list[tuple[Mark, Entry]] = []
        self._due_s = 0.0
        self.frames, self.trouble = 0, ""

    def __len__(self) -> int:
        return len(self._held)

    @property
    def full(self) -> bool:
        """Whether as many wait as one append takes."""
        return len(self._held) >= self._most_frames

    @property
    def due(self) -> bool:
        """Whether it is time to append: enough of them, or one that waited long enough."""
        return bool(self._held) and ((self.full and not self.trouble) or time.monotonic() >= self._due_s)

    def patience_s(self, idle_s: float) -> float:
        """Give how long may be waited before the next append, `idle_s` at most."""
        return min(max(0.0, self._due_s - time.monotonic()), idle_s) if self._held else idle_s

    def add(self, mark: Mark, entry: Entry) -> None:
        if not self._held:
            self._due_s = time.monotonic() + self._longest_s
        self._held.append((mark, entry))

    def forget(self) -> None:
        self._held.clear()

    def commit(self) -> list[Mark]:
        """Append all of them; give whom to acknowledge, in order: nobody while the log takes nothing."""
        try:
            self._append([entry for _, entry in self._held])
        except StoreUnavailable as error:
            return self._hold(str(error))
        except Exception as error:  # our bug, or a disk that fails in a new way: hold likewise
            _LOGGER.exception("the frame log failed")
            return self._hold(f"{type(error).__name__}: {error}")
        taken, self._held, self.trouble = self._held, [], ""
        self.frames += len(taken)
        return [mark for mark, _ in taken]

    def _hold(self, text: str) -> list[Mark]:
        self.trouble = f"the frame log takes nothing: {text}"
        self._due_s = time.monotonic() + _APPEND_AGAIN_S
        _LOGGER.error("%s; %d frames held without acknowledgement", self.trouble, len(self._held))
        return []
