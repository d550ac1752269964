"""Does the broker keep what comes while we are away? No broker tells its limits, so this is tried at the start."""

import contextlib
import secrets
import time
from collections.abc import Callable, Iterator

from domain.errors import ConfigurationError
from ingest.mqtt import Publisher
from ingest.topics import ECHO

_MESSAGES = 1_100  # mosquitto keeps 1000 unless it is told otherwise, and says nothing about the others
_PATIENCE_S = 10.0
_ECHO_AGAIN_S = 0.5
_SESSION_S = 300

Connect = Callable[[str, int], Publisher]
"""Makes a client, not started, from its id and the seconds that the broker shall keep its session."""


def probe_queue(connect: Connect) -> None:
    """Demand that a client that is away finds 1100 messages at its return.

    A throw-away client subscribes and leaves, another one publishes, the first returns and counts. Whatever is queued
    comes in order, so the count is complete when a message that the client sends to itself after its return has come;
    a full queue drops that one too, so it is sent again. The topic lies outside the root: no probe enters the log.

    Args:
        connect: makes a client.

    Raises:
        ConfigurationError: the broker keeps fewer, or does not let us read and write the topic.
        ConnectionError: there is no broker, it lets nobody in, or it is too slow.
    """
    client_id = f"gas-lifeline-probe-{secrets.token_hex(8)}"
    topic = f"gas/_probe/{secrets.token_hex(8)}"
    if not _echo(connect(client_id, _SESSION_S), topic, set()):
        raise ConfigurationError(
            f"broker does not hand {topic} back to us; expected the right to read and write gas/_probe/#"
        )
    heard: set[bytes] = set()
    try:
        _flood(connect(f"{client_id}-sender", 0), topic)
        if not _echo(connect(client_id, _SESSION_S), topic, heard):
            raise ConnectionError(f"broker does not hand over {_MESSAGES} queued messages within {_PATIENCE_S:g} s")
    finally:
        with contextlib.suppress(ConnectionError), _running(connect(client_id, 0)):
            pass  # a clean start: the broker forgets the session
    kept = len(heard) - 1  # the echo is one
    if kept < _MESSAGES:
        raise ConfigurationError(f"broker keeps only {kept} queued messages; set max_queued_messages 0")


def comes_back(connect: Connect, topic: str) -> bool:
    """Tell whether what we publish at a topic is handed back to us (ConnectionError as above)."""
    return _echo(connect(f"gas-lifeline-probe-{secrets.token_hex(8)}", 0), topic, set())


def _echo(client: Publisher, topic: str, heard: set[bytes]) -> bool:
    """Collect what comes until our own message does; tell whether it did."""
    client.subscribe(topic, lambda _topic, payload: heard.add(payload))  # before the start: the queue comes at once
    with _running(client):
        deadline_s = time.monotonic() + _PATIENCE_S
        while ECHO not in heard and time.monotonic() < deadline_s:
            client.publish(topic, ECHO)
            again_s = time.monotonic() + _ECHO_AGAIN_S
            while ECHO not in heard and time.monotonic() < again_s:
                time.sleep(0.01)
    return ECHO in heard


def _flood(client: Publisher, topic: str) -> None:
    with _running(client):
        for number in range(_MESSAGES):
            client.publish(topic, b"%d" % number)
        if not client.drain(_PATIENCE_S):
            raise ConnectionError(f"broker does not take {_MESSAGES} messages within {_PATIENCE_S:g} s")


@contextlib.contextmanager
def _running(client: Publisher) -> Iterator[None]:
    client.start()
    try:
        if not client.connects(_PATIENCE_S):
            raise ConnectionError(client.trouble or f"broker does not answer within {_PATIENCE_S:g} s")
        yield
    finally:
        client.stop()
