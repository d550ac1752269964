"""Work that nobody waits for: step by step, and when its server is away, again later and ever more rarely."""

import logging
import random
import threading
from collections.abc import Callable

from domain.errors import StoreUnavailable

_LOGGER = logging.getLogger(__name__)
_FIRST_PAUSE_S, LONGEST_PAUSE_S = 1.0, 60.0
IDLE_S = 1.0


def paced(step: Callable[[], bool], what: str, stop: threading.Event) -> None:
    """Take steps until `stop`.

    Args:
        step: tells whether there is more to do at once (StoreUnavailable: nothing was lost, it is tried again).
        what: for the log.
        stop: ends it.
    """
    pause_s = _FIRST_PAUSE_S
    while not stop.is_set():
        try:
            more = step()
        except StoreUnavailable as error:
            wait_s = error.retry_after_s or pause_s * random.uniform(0.5, 1.0)  # noqa: S311 - jitter, no secret
            _LOGGER.warning("%s: %s; trying again in %.0f s", what, error, min(wait_s, LONGEST_PAUSE_S))
            stop.wait(min(wait_s, LONGEST_PAUSE_S))
            pause_s = min(2 * pause_s, LONGEST_PAUSE_S)
            continue
        pause_s = _FIRST_PAUSE_S
        if not more:
            stop.wait(IDLE_S)
