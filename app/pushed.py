"""Where a push of a carrier's platform goes: into the frame log, as if its device had sent it."""

import re
from collections.abc import Callable

from domain.asset import Assets
from store.framelog import FrameLog

_STRANGERS = "_push"
_no_id = re.compile(r"[^A-Za-z0-9_-]").sub


class PushLog:
    """Appends pushes under the topics of their devices; of a stranger under one that the quarantine shows.

    Args:
        log: of this thread.
        assets: the devices and their names at the carriers.
        root: of the topics.
        clock_ns: wall clock.
    """

    def __init__(self, log: Callable[[], FrameLog], assets: Assets, root: str, clock_ns: Callable[[], int]) -> None:
        self._log, self._root, self._clock_ns = log, root, clock_ns
        self._topics = {d.push: f"{root}/{d.site}/{d.id}" for d in assets.devices.values() if d.push}

    def __call__(self, carrier: str, product: str, device: str, body: bytes) -> None:
        """Append durably (StoreUnavailable: the platform must send it again)."""
        stranger = f"{self._root}/{_STRANGERS}/{_no_id('-', f'{product}-{device}')[:64]}"
        topic = self._topics.get(f"{product}/{device}", stranger)
        self._log().append([(self._clock_ns(), f"{topic}/{carrier}", body)])
