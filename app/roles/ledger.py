"""Keeps the hazard ledger, beside role `audit`: it needs records and series, and no alarm waits for it."""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from domain.errors import Conflict, StoreUnavailable

_LOGGER = logging.getLogger(__name__)
_IDLE_S = 30.0


class Keeper(Protocol):
    """What does the work: `ledger.keeper.Keeper`."""

    def work(self, now_ns: int, over: Callable[[], bool]) -> bool: ...


def run_keeper(keeper: Keeper, clock_ns: Callable[[], int], stop: threading.Event, idle_s: float = _IDLE_S) -> None:
    """Work pass by pass until `stop`; what was not written is written by a later one."""
    pause_s = 0.0
    while not stop.wait(pause_s):
        try:
            pause_s = 0.0 if keeper.work(clock_ns(), stop.is_set) else idle_s
        except (StoreUnavailable, Conflict) as error:
            _LOGGER.warning("ledger not kept: %s; trying again", error)
            pause_s = idle_s
