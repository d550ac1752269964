"""Role `notify`: hand the notices of the outbox to their channels, and begin the next way where one fails."""

import logging
import threading
from collections.abc import Callable, Mapping
from functools import partial

from alerting.notify.channel import Channel
from alerting.notify.outbox import Sender
from app.pulse import NotifyPulse, PulseFile
from app.roles.heart import Outbox, Turning, Turns
from domain.errors import StoreUnavailable

_LOGGER = logging.getLogger(__name__)
_IDLE_S = 0.2
_LAST_CALL_S = 12.0


def run_notify(
    outbox: Outbox,
    channels: Mapping[str, Channel],
    pulse: PulseFile[NotifyPulse] | None,
    clock_ns: Callable[[], int],
    stop: threading.Event,
    *,
    idle_s: float = _IDLE_S,
) -> None:
    """Send until `stop`: a thread for each channel, and one for the ways that follow; look again after `idle_s`.

    Without a `pulse` nothing says that role `notify` turns over: that of its understudy must not.
    """
    mine: dict[str, Outbox] = dict.fromkeys([*channels, ""], outbox)
    if pulse is not None:
        turns = Turns(pulse, list(mine), clock_ns)
        mine = {name: Turning(outbox, partial(turns.done, name)) for name in mine}
    works = {name: Sender(mine[name], {name: channel}, clock_ns).work for name, channel in channels.items()}
    works[""] = mine[""].hand_over
    errors: list[BaseException] = []

    def run(work: Callable[[int], int]) -> None:
        try:
            _repeat(work, clock_ns, stop, idle_s)
        except BaseException as error:  # noqa: BLE001 - raised again where the role hears it
            errors.append(error)
            stop.set()

    threads = [
        threading.Thread(target=run, args=(work,), name=f"notify {name}", daemon=True) for name, work in works.items()
    ]
    for thread in threads:
        thread.start()
    stop.wait()
    for thread in threads:
        thread.join(_LAST_CALL_S)
    if errors:
        raise errors[0]


def _repeat(work: Callable[[int], int], clock_ns: Callable[[], int], stop: threading.Event, idle_s: float) -> None:
    while not stop.is_set():
        try:
            busy = work(clock_ns())
        except StoreUnavailable as error:
            _LOGGER.warning("outbox: %s; trying again", error)
            busy = 0
        if not busy:
            stop.wait(idle_s)
