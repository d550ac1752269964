"""Role `ingest`: prove the broker's queue, then receive, append, fsync, acknowledge. Nothing is decoded here."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import TypedDict

from app.histogram import Histogram
from app.settings import MqttSettings, Settings
from domain.errors import ConfigurationError, StoreUnavailable
from ingest.link import Tls
from ingest.mqtt import Intake, Publisher
from ingest.probe import comes_back, probe_queue
from store.framelog import FrameLog, LogSize

_LOGGER = logging.getLogger(__name__)
_SIZE_EVERY_S = 5.0
_PROBE_SOON_S, _PROBE_AGAIN_S = 1.0, 10.0
_PROBE_EVERY_S = 86_400.0
_PROBE_FAILED_AGAIN_S = 600.0
FULL = "the frame log has reached its limit; readers are behind or the limit is too small"


def is_full(size: LogSize) -> bool:
    return size.used_bytes >= size.limit_bytes


class GuardedAppend:
    """Append to the log until it is full; then refuse, so that broker and devices keep what we cannot.

    Args:
        log: that grows.

    Attributes:
        commits: how long they took.
    """

    def __init__(self, log: FrameLog) -> None:
        self._log = log
        self._full = False
        self._due_s = 0.0
        self.commits = Histogram()

    def __call__(self, entries: Sequence[tuple[int, str, bytes]]) -> int:
        """Give the last position (StoreUnavailable: full, or the disk refuses; nothing was appended)."""
        if time.monotonic() >= self._due_s:
            self._full = is_full(self._log.size())
            self._due_s = time.monotonic() + _SIZE_EVERY_S
        if self._full:
            raise StoreUnavailable(FULL)
        since_s = time.monotonic()
        position = self._log.append(entries)
        self.commits.observe(time.monotonic() - since_s)
        return position


def build_intake(
    settings: Settings, append: GuardedAppend, password: str | None, clock_ns: Callable[[], int]
) -> Intake:
    return Intake(
        **_link(settings.mqtt, password),
        client_id=settings.mqtt.client_id,
        root=settings.root,
        append=append,
        clock_ns=clock_ns,
        commit_frames=settings.log.commit_frames,
        commit_s=settings.log.commit_s,
    )


def build_publisher(mqtt: MqttSettings, password: str | None, client_id: str) -> Publisher:
    return Publisher(client_id=client_id, **_link(mqtt, password))


def probe_broker(mqtt: MqttSettings, password: str | None) -> None:
    """Demand a broker that keeps our messages while we are away (ConnectionError, ConfigurationError)."""
    link = _link(mqtt, password)
    probe_queue(lambda client_id, session_s: Publisher(client_id=client_id, session_s=session_s, **link))


def probe_canary(mqtt: MqttSettings, password: str | None, topic: str) -> None:
    """Demand the right that the test alarm needs (ConnectionError, ConfigurationError)."""
    link = _link(mqtt, password)
    if not comes_back(lambda client_id, _session_s: Publisher(client_id=client_id, **link), topic):
        raise ConfigurationError(
            f"broker does not hand the test alarm back to us; expected the right to write {topic}"
            " (deploy/mosquitto/acl), or canary.enabled = false"
        )


class Prober:
    """Tries whether the broker's queue can be trusted: before the start, then once a day, sooner after a failure.

    Args:
        probe: raises ConnectionError while the broker is away, ConfigurationError where it loses messages.

    Attributes:
        waiting: why the first probe is not through; "" when it is.
        verdict: why the queue cannot be trusted; "" when the last probe passed, None before the first.
    """

    def __init__(self, probe: Callable[[], None]) -> None:
        self._probe = probe
        self.waiting = ""
        self.verdict: str | None = None

    def first(self, stop: threading.Event) -> None:
        """Probe until it succeeds; a broker that is away is waited for, one that loses messages is an error."""
        pause_s = _PROBE_SOON_S
        while not stop.is_set():
            try:
                self._probe()
            except ConnectionError as error:
                if str(error) != self.waiting:  # once: the client tells of each attempt
                    _LOGGER.warning("not receiving yet: %s", error)
                self.waiting = str(error)
                stop.wait(pause_s)
                pause_s = min(2 * pause_s, _PROBE_AGAIN_S)
            else:
                self.waiting = self.verdict = ""
                return

    def run(self, stop: threading.Event) -> None:
        """Probe again until `stop`; we receive already, so a failure is for the alarm and no reason to leave."""
        while not stop.wait(_PROBE_FAILED_AGAIN_S if self.verdict else _PROBE_EVERY_S):
            self.again()

    def again(self) -> None:
        """Probe once; a broker that is away proves nothing."""
        try:
            self._probe()
        except ConfigurationError as error:
            self.verdict = str(error)
            _LOGGER.error("%s", error)  # noqa: TRY400 - one line
        except ConnectionError as error:
            _LOGGER.warning("broker not probed: %s", error)
        else:
            self.verdict = ""


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
