"""Carries out what the closing rule wishes, on a thread of its own: the watch waits for no broker."""

import logging
import queue
import threading
from collections.abc import Callable
from typing import Protocol

from alerting.autoclose import RULE, Wish
from alerting.valves import CannotClose, ValveDesk
from app.clock import now_ns
from app.closing import Closing
from app.configuration import Configuration
from domain.command import Command, CommandState
from domain.errors import StoreUnavailable
from store.framelog import FrameLog
from store.records import Records

_LOGGER = logging.getLogger(__name__)
_WAITING = 1_000


class Stores(Protocol):
    """Whoever opens the stores of an installation: `app.wiring.Wiring`."""

    def configuration(self) -> Configuration: ...
    def records(self) -> Records: ...
    def log(self) -> FrameLog: ...


def build_closing(stores: Stores, send: Callable[[Command], None]) -> Closing:
    """Open what closing needs, for the thread that calls."""
    configuration, log = stores.configuration(), stores.log()
    desk = ValveDesk(configuration.rulebook)
    return Closing(stores.records(), lambda: log, desk, configuration.assets, send, now_ns)


class Orders:
    """Takes wishes of now; what it cannot do is wished again at the next tick, since the log tells nothing of it.

    Args:
        closing: built on the thread.
        live_ns: an older wish is for nobody: a command is given at once or never.
        clock_ns: wall clock.
    """

    def __init__(self, closing: Callable[[], Closing], live_ns: int, clock_ns: Callable[[], int]) -> None:
        self._closing, self._live_ns, self._clock_ns = closing, live_ns, clock_ns
        self._waiting: queue.Queue[Wish] = queue.Queue(_WAITING)
        threading.Thread(target=self._run, name="orders", daemon=True).start()

    def __call__(self, wish: Wish) -> None:
        if abs(self._clock_ns() - wish.log_ns) > self._live_ns:
            return
        try:
            self._waiting.put_nowait(wish)
        except queue.Full:
            _LOGGER.error("rule: %s waits behind too many others", wish.valve.device.id)  # noqa: TRY400 - one line

    def _run(self) -> None:
        closing: Closing | None = None
        while True:
            wish = self._waiting.get()
            try:
                closing = closing or self._closing()
                self._carry_out(closing, wish)
            except (StoreUnavailable, CannotClose) as error:
                _LOGGER.error("rule: %s is not asked to close: %s", wish.valve.device.id, error)  # noqa: TRY400

    def _carry_out(self, closing: Closing, wish: Wish) -> None:
        if abs(self._clock_ns() - wish.log_ns) > self._live_ns:
            return
        command = closing.order(wish.valve, wish.id, RULE, (wish.cause, wish.kind))
        if command is None:
            return
        level = logging.ERROR if command.state is CommandState.REFUSED else logging.WARNING
        _LOGGER.log(level, "rule: close %s for %s: %s", command.device, command.reason, command.detail or command.state)
