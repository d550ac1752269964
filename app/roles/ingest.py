"""Role `ingest`: prove the broker's queue, then receive, append, fsync, acknowledge. Nothing is decoded here."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypedDict

from app.settings import MqttSettings, Settings
from domain.errors import StoreUnavailable
from ingest.link import Tls
from ingest.mqtt import Intake, Publisher
from ingest.probe import probe_queue
from store.framelog import FrameLog

_LOGGER = logging.getLogger(__name__)
_SIZE_EVERY_S = 5.0
_PROBE_AGAIN_S = 2.0


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
    return Intake(
        **_link(settings.mqtt, password),
        client_id=settings.mqtt.client_id,
        root=settings.root,
        append=GuardedAppend(log),
        clock_ns=clock_ns,
        commit_frames=settings.log.commit_frames,
        commit_s=settings.log.commit_s,
    )


def probe_broker(mqtt: MqttSettings, password: str | None) -> None:
    """Demand a broker that keeps our messages while we are away (ConnectionError, ConfigurationError)."""
    link = _link(mqtt, password)
    probe_queue(lambda client_id, session_s: Publisher(client_id=client_id, session_s=session_s, **link))


def await_broker(probe: Callable[[], None], stop: threading.Event) -> None:
    """Probe until it succeeds; a broker that is away is waited for, one that loses messages is an error."""
    while not stop.is_set():
        try:
            probe()
        except ConnectionError as error:
            _LOGGER.warning("not receiving yet: %s", error)
            stop.wait(_PROBE_AGAIN_S)
        else:
            return


class _Link(TypedDict):
    host: str
    port: int
    protocol: int
    username: str | None
    password: str | None
    tls: Tls | None


def _link(mqtt: MqttSettings, password: str | None) -> _Link:
    return _Link(
        host=mqtt.host,
        port=mqtt.port,
        protocol=5 if mqtt.protocol == "5" else 311,
        username=mqtt.username or None,
        password=password,
        tls=Tls(mqtt.tls_ca_file, mqtt.tls_cert_file, mqtt.tls_key_file) if mqtt.tls_ca_file else None,
    )
