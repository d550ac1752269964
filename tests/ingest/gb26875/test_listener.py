"""Over real sockets: what is acknowledged is in the log, and nobody keeps the listener from the others."""

import contextlib
import socket
import threading
from collections.abc import Iterator

import pytest

from domain.asset import Assets, Device, DeviceKind
from domain.errors import ConfigurationError, StoreUnavailable
from domain.frame import Frame as Logged
from domain.rulebook import Rulebook
from domain.sample import RefusalReason
from ingest.decoder import Decoder
from ingest.gb26875.checksum import CHECKSUMS
from ingest.gb26875.connection import Limits
from ingest.gb26875.directory import Directory
from ingest.gb26875.frame import Command, Frame, decode_frame, encode_frame
from ingest.gb26875.listener import Listener
from ingest.gb26875.stream import Stream
from tests.ingest.gb26875.vectors import VECTORS, X1
from tests.ingest.support import Log, wait_until

pytestmark = [pytest.mark.allow_hosts(["127.0.0.1"]), pytest.mark.server]
NOW_NS = 1_694_737_801_000_000_000
DEVICES = (
    Device("GD", DeviceKind.GAS_DETECTOR, "R1", gb26875="1001"),
    Device("XOR", DeviceKind.GAS_DETECTOR, "R1", gb26875="1002;checksum=xor"),
    Device("PART", DeviceKind.GAS_DETECTOR, "R1", gb26875="1003/1/1"),
)
V1, V2, V3, V5 = (VECTORS[name] for name in ("V1", "V2", "V3", "V5"))
TOPIC = "gas/v1/R1/GD/gb26875"
PATIENT = Limits(frames_per_s=1e6)


@contextlib.contextmanager
def listening(log: Log, limits: Limits = PATIENT) -> Iterator[int]:
    directory, stop = Directory(DEVICES, "gas/v1"), threading.Event()
    listener = Listener("127.0.0.1", 0, append=log.append, directory=directory, clock_ns=lambda: NOW_NS, limits=limits)
    thread = threading.Thread(target=listener.run, args=(stop,), daemon=True)
    thread.start()
    try:
        wait_until(lambda: listener.listens)
        yield listener.port
    finally:
        stop.set()
        thread.join(timeout=20)
    assert not thread.is_alive()


@contextlib.contextmanager
def connected(port: int) -> Iterator[socket.socket]:
    with socket.create_connection(("127.0.0.1", port), timeout=15) as line:
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        yield line


def answers(line: socket.socket, count: int, vendor: str = "sum") -> list[Frame]:
    stream, found = Stream(CHECKSUMS[vendor]), list[Frame]()
    while len(found) < count:
        data = line.recv(4_096)
        assert data, f"ended after {found}"
        found += [each.found for each in stream.feed(data) if isinstance(each.found, Frame)]
    return found


def told(frames: list[Frame]) -> list[tuple[int, int, int]]:
    return [(frame.serial, frame.command, frame.destination) for frame in frames]


def frame(raw: bytes) -> Frame:
    found = decode_frame(raw)
    assert isinstance(found, Frame)
    return found


def test_sticky_and_split_frames_are_logged_and_acknowledged_once_each() -> None:
    log = Log()
    with listening(log) as port, connected(port) as line:
        data = V1 + V2 + V3 + V5
        for at in range(0, len(data), 31):
            line.sendall(data[at : at + 31])
        assert told(answers(line, 4)) == [(serial, Command.ACKNOWLEDGE, 1_001) for serial in (1, 2, 3, 4)]
    assert log.entries == [(NOW_NS, TOPIC, raw) for raw in (V1, V2, V3, V5)]


def test_what_is_wrong_is_denied_logged_and_quarantined_with_its_reason(rulebook: Rulebook) -> None:
    log = Log()
    broken = V1[:-3] + bytes((V1[-3] ^ 1,)) + b"##"
    control = encode_frame(frame(V1)._replace(command=1))
    stranger = encode_frame(frame(V1)._replace(source=7))
    component = encode_frame(frame(V1)._replace(source=1_003))
    with listening(log) as port, connected(port) as line:
        sent = [b"xx" + V5, broken, control, stranger, component, X1]
        expected = [Command.ACKNOWLEDGE, *[Command.DENY] * 5]
        for raw, command in zip(sent, expected, strict=True):
            line.sendall(raw)
            assert [found.command for found in answers(line, 1)] == [command]
    decoder = Decoder(Assets({}, {}, {device.id: device for device in DEVICES}), rulebook)
    decoded = [decoder.decode(Logged(n, *entry)) for n, entry in enumerate(log.entries, 1)]
    assert [(refusal.reason, refusal.device) for each in decoded for refusal in each.refusals] == [
        (RefusalReason.BAD_FRAME, "127-0-0-1"),
        (RefusalReason.BAD_FRAME, "GD"),
        (RefusalReason.SCHEMA, "GD"),
        (RefusalReason.UNKNOWN_DEVICE, "7"),
        (RefusalReason.UNKNOWN_DEVICE, "1003"),
        (RefusalReason.BAD_FRAME, "127-0-0-1"),
    ]
    assert b"".join(payload for _, _, payload in log.entries) == b"".join(sent)


def test_what_the_log_does_not_take_is_not_acknowledged_and_comes_again() -> None:
    log = Log()
    log.failure = StoreUnavailable("the disk is full")
    with listening(log) as port:
        with connected(port) as line:
            line.sendall(V1)
            assert line.recv(100) == b""
        log.failure = None
        with connected(port) as line:
            line.sendall(V1)
            assert told(answers(line, 1)) == [(1, Command.ACKNOWLEDGE, 1_001)]
    assert log.payloads() == [V1]


def test_the_next_listener_goes_on_where_one_died_between_log_and_answer() -> None:
    log = Log()
    log.failure, log.keeps_before_failing = StoreUnavailable("killed"), True
    with listening(log) as port, connected(port) as line:
        line.sendall(V1)
        assert line.recv(100) == b""
    log.failure = None
    with listening(log) as port, connected(port) as line:
        line.sendall(V1)
        assert told(answers(line, 1)) == [(1, Command.ACKNOWLEDGE, 1_001)]
    assert log.payloads() == [V1, V1]  # twice the same frame: whoever decodes it knows


def test_answers_are_not_answered_and_a_vendor_is_answered_in_his_way() -> None:
    log, sent = Log(), frame(V1)
    answer = encode_frame(sent._replace(command=3, unit=b""))
    denial = encode_frame(sent._replace(command=6, unit=b"", source=7))
    own = encode_frame(sent._replace(source=1_002, serial=9), CHECKSUMS["xor"])
    with listening(log) as port, connected(port) as line:
        line.sendall(answer + denial + own)
        assert told(answers(line, 1, "xor")) == [(9, Command.ACKNOWLEDGE, 1_002)]
    assert log.payloads() == [answer, denial, own]


def test_who_never_ends_a_frame_is_refused_and_disconnected() -> None:
    log = Log()
    with listening(log, Limits(idle_s=0.3, frame_s=0.05)) as port, connected(port) as slow:
        slow.sendall(V1[:40])
        assert told(answers(slow, 1)) == [(1, Command.DENY, 1_001)]
        assert slow.recv(100) == b""
    assert log.payloads() == [V1[:40]]


def test_who_is_one_too_many_is_refused_and_hinders_nobody() -> None:
    log = Log()
    with listening(log, Limits(connections=2)) as port, connected(port) as slow, connected(port) as other:
        slow.sendall(V1[:40])
        other.sendall(V3)
        assert told(answers(other, 1)) == [(3, Command.ACKNOWLEDGE, 1_001)]
        with connected(port) as third:
            assert third.recv(100) == b""
        slow.sendall(V1[40:])
        assert told(answers(slow, 1)) == [(1, Command.ACKNOWLEDGE, 1_001)]
    assert log.payloads() == [V3, V1]


def test_who_talks_nonsense_is_disconnected() -> None:
    log = Log()
    with listening(log) as port, connected(port) as line:
        for number in range(1, 21):
            line.sendall(b"GET / HTTP/1.1\r\n\r\n")
            wait_until(lambda: len(log.entries) == number)  # noqa: B023 - awaited in this round
        assert line.recv(100) == b""


def test_who_sends_too_much_is_read_later_and_loses_nothing() -> None:
    log = Log()
    with listening(log, Limits(frames_per_s=400)) as port, connected(port) as line:
        line.sendall(V5 * 500)
        assert len(answers(line, 500)) == 500
    assert log.payloads() == [V5] * 500


def test_an_address_that_cannot_be_had_is_one_clear_line() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        port = taken.getsockname()[1]
        directory = Directory(DEVICES, "gas/v1")
        listener = Listener(
            "127.0.0.1", port, append=Log().append, directory=directory, clock_ns=lambda: 0, limits=Limits()
        )
        with pytest.raises(ConfigurationError, match=f"listen.port {port}"):
            listener.run(threading.Event())
