"""Role `ingest`: receive, append, fsync, acknowledge. Nothing is decoded here."""

import time
from collections.abc import Callable, Sequence

from app.settings import Settings
from domain.errors import StoreUnavailable
from ingest.mqtt import Intake
from store.framelog import FrameLog

_SIZE_EVERY_S = 5.0


class GuardedAppend:
    """Append to the log until it is full; then refuse, so that broker and devices keep what we cannot.

    Args:
        log: that grows.
    """

    def __init__(self, log: FrameLog) -> None:
        self._log = log
        self._full = False
        self._due_s = 0.0

    def __call__(self, entries: Sequence[tuple[int, str, bytes]]) -> int:
        """Give the last position (StoreUnavailable: full, or the disk refuses; nothing was appended)."""
        if time.monotonic() >= self._due_s:
            size = self._log.size()
            self._full = size.used_bytes >= size.limit_bytes
            self._due_s = time.monotonic() + _SIZE_EVERY_S
        if self._full:
            raise StoreUnavailable("the frame log has reached its limit; readers are behind or the limit is too small")
        return self._log.append(entries)


def build_intake(settings: Settings, log: FrameLog, password: str | None, clock_ns: Callable[[], int]) -> Intake:
    mqtt = settings.mqtt
    return Intake(
        host=mqtt.host,
        port=mqtt.port,
        client_id=mqtt.client_id,
        root=settings.root,
        append=GuardedAppend(log),
        clock_ns=clock_ns,
        commit_frames=settings.log.commit_frames,
        commit_s=settings.log.commit_s,
        protocol=5 if mqtt.protocol == "5" else 311,
        username=mqtt.username or None,
        password=password,
    )
