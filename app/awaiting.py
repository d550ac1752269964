"""A role that starts while a server is away waits for it, as it would if that server had left later."""

import logging
import threading
from collections.abc import Callable
from typing import TypeVar

from domain.errors import ConfigurationError, StoreUnavailable

_LOGGER = logging.getLogger(__name__)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0
Built = TypeVar("Built")


def await_stores(build: Callable[[], Built], stop: threading.Event) -> Built | None:
    """Build until it succeeds; None when `stop` came first (ConfigurationError: waiting would not help).

    A server that is there and refuses our name or password is such a mistake at the start, where somebody is looking;
    who works already waits for it as for one that is away.
    """
    pause_s = _FIRST_PAUSE_S
    while True:
        try:
            return build()
        except StoreUnavailable as error:
            reason = " ".join(str(error).split())  # some drivers say it in several lines
            if error.reason == "settings":
                raise ConfigurationError(reason) from None
            _LOGGER.warning("not started yet: %s; trying again in %g s", reason, pause_s)
            if stop.wait(pause_s):
                return None
            pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
