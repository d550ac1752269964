"""Drop what every reader has passed and what is older than the minimum age."""

import logging
from collections.abc import Callable, Sequence

from domain.errors import StoreUnavailable
from store.framelog import FrameLog

_LOGGER = logging.getLogger(__name__)
_EVERY_NS = 600_000_000_000


class Housekeeping:
    """Trim the frame log, never ahead of the slowest reader.

    Args:
        log: to trim.
        keep_ns: minimum age of what is dropped.
        cursors: positions that the readers can restart from.
    """

    def __init__(self, *, log: FrameLog, keep_ns: int, cursors: Sequence[Callable[[], int]]) -> None:
        self._log, self._keep_ns, self._cursors = log, keep_ns, cursors
        self._due_ns = 0

    def work(self, now_ns: int) -> None:
        """Trim when it is time again."""
        if 0 <= self._due_ns - now_ns <= _EVERY_NS:
            return
        self._due_ns = now_ns + _EVERY_NS
        try:
            self._log.trim(min(cursor() for cursor in self._cursors), now_ns - self._keep_ns)
        except StoreUnavailable as error:
            _LOGGER.warning("log not trimmed: %s", error)
