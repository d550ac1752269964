"""Role `notify`: hand the notices of the outbox to their channels."""

import logging
import threading
from collections.abc import Callable

from alerting.notify.outbox import Sender
from domain.errors import StoreUnavailable

_LOGGER = logging.getLogger(__name__)
_IDLE_S = 0.2


def run_sender(sender: Sender, clock_ns: Callable[[], int], stop: threading.Event) -> None:
    """Send what is due until `stop`."""
    while not stop.is_set():
        try:
            busy = sender.work(clock_ns())
        except StoreUnavailable as error:
            _LOGGER.warning("outbox: %s; trying again", error)
            busy = 0
        if not busy:
            stop.wait(_IDLE_S)
