"""Where frames go: a file, or a broker at the pace of a clock."""

import base64
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
        times = {time_ns: instant_text(time_ns, self._at).encode() for time_ns in {one.time_ns for one in messages}}
        self._file.write(b"".join([_line(one, times[one.time_ns]) for one in messages]))


def _line(message: Outgoing, time: bytes) -> bytes:
    if message.spoilt:
        coded = base64.b64encode(message.payload)
        return b'{"topic":"%b","received":"%b","payload_base64":"%b"}\n' % (message.topic.encode(), time, coded)
    return b'{"topic":"%b","received":"%b","payload":%b}\n' % (message.topic.encode(), time, message.payload)


class MemorySink:
    """Keeps every message, for tests and for whoever looks at a run afterwards.

    Attributes:
        messages: in order of time.
    """

    def __init__(self) -> None:
        self.messages: list[Outgoing] = []

    def send(self, messages: Sequence[Outgoing]) -> None:
        self.messages += messages


class BatchSink:
    """Lets a gateway send readings of many devices in one message, as one record each.

    What is no plain telemetry goes on by itself; before it what has been gathered, so that no device's word overtakes
    another of its own.

    Args:
        sink: that takes the messages.
        topic: of the gateway, with its kind `batch`.
        size: readings in a message at most; larger is cheaper and later.

    Example:
        >>> kept = MemorySink()
        >>> said = [Outgoing(0, f"gas/v1/R{n}/GD{n}/telemetry", b'{"seq":1}') for n in (1, 2)]
        >>> BatchSink(kept, "gas/v1/S1/GW1/batch", size=50).send(said)
        >>> kept.messages[0].payload
        b'{"records":[{"device":"GD1","seq":1},{"device":"GD2","seq":1}]}'
    """

    def __init__(self, sink: Sink, topic: str, size: int) -> None:
        self._sink, self._topic, self._size = sink, topic, size

    def send(self, messages: Sequence[Outgoing]) -> None:
        gathered: list[Outgoing] = []
        out: list[Outgoing] = []
        for message in messages:
            if message.spoilt or not message.topic.endswith("/telemetry"):
                out += [*self._together(gathered), message]
                gathered = []
            else:
                gathered.append(message)
                if len(gathered) == self._size:
                    out += self._together(gathered)
                    gathered = []
        self._sink.send([*out, *self._together(gathered)])

    def _together(self, messages: Sequence[Outgoing]) -> list[Outgoing]:
        if not messages:
            return []
        records = (b'{"device":"' + m.topic.split("/")[-2].encode() + b'",' + m.payload[1:] for m in messages)
        return [Outgoing(messages[-1].time_ns, self._topic, b'{"records":[' + b",".join(records) + b"]}")]


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
