"""Where frames go: a file, or a broker at the pace of a clock."""

from collections.abc import Callable, Sequence
from datetime import timezone
from typing import BinaryIO, Protocol

from simulator.frames import Outgoing
from simulator.timetext import S_NS, instant_text


class Publisher(Protocol):
    """Whoever brings a message to a broker."""

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None: ...


class Sink(Protocol):
    """Takes all messages of a run, in order of time."""

    def send(self, messages: Sequence[Outgoing]) -> None: ...


class FileSink:
    """Writes one JSON line for each frame: topic, time of arrival, payload.

    Args:
        file: opened for writing bytes.
        at: time zone of the times.
    """

    def __init__(self, file: BinaryIO, at: timezone) -> None:
        self._file, self._at = file, at

    def send(self, messages: Sequence[Outgoing]) -> None:
        self._file.writelines(self._line(message) for message in messages)

    def _line(self, message: Outgoing) -> bytes:
        head = f'{{"topic":"{message.topic}","received":"{instant_text(message.time_ns, self._at)}","payload":'
        return head.encode() + message.payload + b"}\n"


class MqttSink:
    """Hands every frame to a publisher.

    Args:
        publisher: may block while its queue is full.
        keep: whether to remember what was published; grows without end.

    Attributes:
        count: frames published.
        published: topic and payload of each, with `keep`.
    """

    def __init__(self, publisher: Publisher, *, keep: bool = False) -> None:
        self._publisher, self._keep = publisher, keep
        self.count = 0
        self.published: list[tuple[str, bytes]] = []

    def send(self, messages: Sequence[Outgoing]) -> None:
        for message in messages:
            self._publisher.publish(message.topic, message.payload, retain=message.retain)
            self.count += 1
            if self._keep:
                self.published.append((message.topic, message.payload))


class Pace:
    """Holds virtual time to a clock.

    Args:
        speed: seconds of virtual time for each second of the clock.
        monotonic: seconds of the clock.
        wait: waits so many seconds, or less when it is time to stop.

    Example:
        >>> now = [100.0]
        >>> def wait(seconds: float) -> None:
        ...     now[0] += seconds
        >>> pace = Pace(speed=60, monotonic=lambda: now[0], wait=wait)
        >>> pace.until(120 * S_NS), now
        (None, [102.0])
    """

    def __init__(self, speed: float, monotonic: Callable[[], float], wait: Callable[[float], object]) -> None:
        self._speed, self._monotonic, self._wait = speed, monotonic, wait
        self._origin_s = monotonic()

    def until(self, elapsed_ns: int) -> None:
        """Wait until so much virtual time has passed; one that is late does not wait."""
        left_s = self._origin_s + elapsed_ns / S_NS / self._speed - self._monotonic()
        if left_s > 0:
            self._wait(left_s)
