"""Against a real mosquitto, and against a broker that misbehaves."""

import contextlib
import importlib.util
import itertools
import signal
import socket
import threading
from collections import Counter
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

import pytest

from app.broker import embedded_broker
from domain.errors import StoreUnavailable
from ingest.mqtt import Publisher
from tests.ingest.support import Log, publishing, running, wait_until

if TYPE_CHECKING:
    from tests.ingest.conftest import Mosquitto

pytestmark = [pytest.mark.server, pytest.mark.allow_hosts(["127.0.0.1"])]
TOPIC = "gas/v1/R001/DL-GD-0001/telemetry"


def publish(port: int, payloads: Sequence[bytes], topic: str = TOPIC) -> None:
    with publishing(port) as publisher:
        for payload in payloads:
            publisher.publish(topic, payload)
        assert publisher.drain(10.0)


def numbered(first: int, after: int) -> list[bytes]:
    return [b"%d" % number for number in range(first, after)]


@pytest.mark.parametrize("protocol", [5, 311])
def test_appends_what_arrives_in_order_and_in_groups(mosquitto: "Mosquitto", protocol: int) -> None:
    log = Log()
    with running(log, mosquitto.port, protocol, clock_ns=itertools.count(1).__next__) as intake:
        publish(mosquitto.port, numbered(0, 2_000))
        wait_until(lambda: len(log.entries) >= 2_000)
        wait_until(lambda: intake.health().frames == 2_000)
    assert log.payloads() == numbered(0, 2_000)
    assert [received_ns for received_ns, _, _ in log.entries] == list(range(1, 2_001))
    assert {topic for _, topic, _ in log.entries} == {TOPIC}
    assert max(log.sizes) > 1


@pytest.mark.parametrize("protocol", [5, 311])
def test_a_frame_that_the_log_did_not_take_is_not_acknowledged_and_comes_again(
    mosquitto: "Mosquitto", protocol: int
) -> None:
    full = Log()
    full.failure = StoreUnavailable("the disk is full")
    with running(full, mosquitto.port, protocol) as intake:
        publish(mosquitto.port, numbered(0, 300))
        wait_until(lambda: intake.health().buffered == 300)
        wait_until(lambda: "the disk is full" in intake.health().text)
        assert intake.health().frames == 0
    log = Log()
    with running(log, mosquitto.port, protocol):
        wait_until(lambda: len(log.entries) >= 300)
    assert log.payloads() == numbered(0, 300)


def test_a_log_that_recovers_gets_the_same_frames_once_and_in_order(mosquitto: "Mosquitto") -> None:
    log = Log()
    log.failure = StoreUnavailable("busy")
    with running(log, mosquitto.port) as intake:
        publish(mosquitto.port, numbered(0, 100))
        wait_until(lambda: log.attempts >= 2)
        log.failure = None
        wait_until(lambda: intake.health().frames == 100)
        assert intake.health().text == ""
        publish(mosquitto.port, numbered(100, 200))
        wait_until(lambda: intake.health().frames == 200)
    assert log.payloads() == numbered(0, 200)


def test_tries_a_failing_log_once_a_second_and_not_with_every_frame(mosquitto: "Mosquitto") -> None:
    log = Log()
    log.failure = StoreUnavailable("busy")
    with running(log, mosquitto.port, commit_frames=10) as intake:
        publish(mosquitto.port, numbered(0, 400))
        wait_until(lambda: intake.health().buffered == 400)
        assert log.attempts <= 4


def test_holds_no_more_than_the_broker_may_send_without_acknowledgement(mosquitto: "Mosquitto") -> None:
    log = Log()
    log.failure = StoreUnavailable("busy")
    with running(log, mosquitto.port, protocol=5) as intake:
        publish(mosquitto.port, numbered(0, 1_500))
        wait_until(lambda: log.attempts >= 2)
        assert intake.health().buffered == 500
        log.failure = None
        wait_until(lambda: intake.health().frames == 1_500)
    assert log.payloads() == numbered(0, 1_500)


@pytest.mark.parametrize(
    "failure", [RuntimeError("a bug"), OSError(28, "no space")], ids=["a bug", "an unforeseen error"]
)
def test_no_failure_of_the_log_ends_the_intake(mosquitto: "Mosquitto", failure: Exception) -> None:
    log = Log()
    log.failure = failure
    with running(log, mosquitto.port) as intake:
        publish(mosquitto.port, numbered(0, 3))
        wait_until(lambda: str(failure) in intake.health().text)
        log.failure = None
        wait_until(lambda: intake.health().frames == 3)
    assert log.payloads() == numbered(0, 3)


def test_not_even_a_bug_of_our_own_ends_the_intake_or_loses_its_frame(mosquitto: "Mosquitto") -> None:
    log, calls = Log(), itertools.count(1)

    def clock_ns() -> int:
        call = next(calls)
        return 1 // (call % 10)  # fails at the tenth call

    with running(log, mosquitto.port, clock_ns=clock_ns) as intake:
        publish(mosquitto.port, numbered(0, 12))
        wait_until(lambda: set(log.payloads()) == set(numbered(0, 12)))
        assert intake.health().connections >= 2


def test_a_crash_between_append_and_acknowledgement_doubles_frames_and_loses_none(mosquitto: "Mosquitto") -> None:
    log = Log()
    log.failure, log.keeps_before_failing = StoreUnavailable("killed right after the commit"), True
    with running(log, mosquitto.port):
        publish(mosquitto.port, numbered(0, 50))
        wait_until(lambda: set(log.payloads()) == set(numbered(0, 50)))
    after_crash = len(log.entries)
    log.failure = None
    with running(log, mosquitto.port) as intake:
        wait_until(lambda: intake.health().frames >= 50)
        publish(mosquitto.port, numbered(50, 60))
        wait_until(lambda: intake.health().frames >= 60)
    assert log.payloads()[after_crash:] == numbered(0, 60)
    assert set(Counter(log.payloads()).values()) <= set(range(1, log.attempts + 1))


def test_whoever_takes_the_session_over_gets_what_was_not_acknowledged(mosquitto: "Mosquitto") -> None:
    stuck, log = Log(), Log()
    stuck.failure = StoreUnavailable("stuck")
    with running(stuck, mosquitto.port) as first:
        publish(mosquitto.port, numbered(0, 20))
        wait_until(lambda: first.health().buffered == 20)
        with running(log, mosquitto.port):
            wait_until(lambda: set(log.payloads()) >= set(numbered(0, 20)))
        assert not stuck.entries


POISON = [b"", b"\x00\xff\xfe", b"[" * 2_000, b'{"values":{"gas_pct_lel":NaN}}', b"x" * 120_000, b"\xed\xa0\x80"]


def test_poison_is_logged_as_it_is_and_stops_nothing(mosquitto: "Mosquitto") -> None:
    log = Log()
    with running(log, mosquitto.port):
        for topic in ("gas/v1/nonsense", "gas/v1/店/#x/telemetry".replace("#", ""), TOPIC):
            publish(mosquitto.port, [*POISON, b"good"], topic)
        wait_until(lambda: len(log.entries) >= 3 * len(POISON) + 3)
    assert log.payloads() == [*POISON, b"good"] * 3


def test_a_frame_without_quality_of_service_is_logged_and_acknowledged_to_nobody(mosquitto: "Mosquitto") -> None:
    log = Log()
    publish(mosquitto.port, [b'{"online":true}'], "gas/v1/R001/DL-GD-0001/status")
    with running(log, mosquitto.port) as intake, socket.create_connection(("127.0.0.1", mosquitto.port)) as raw:
        raw.sendall(b"\x10\x10\x00\x04MQTT\x04\x02\x00\x3c\x00\x04qos0")
        assert raw.recv(4) == b"\x20\x02\x00\x00"
        raw.sendall(b"\x30" + bytes([2 + len(TOPIC) + 2]) + bytes([0, len(TOPIC)]) + TOPIC.encode() + b"q0")
        wait_until(lambda: log.payloads() == [b"q0"])
        publish(mosquitto.port, [b"q1"])
        wait_until(lambda: log.payloads() == [b"q0", b"q1"])
        assert intake.health().connections == 1


def test_a_retained_message_comes_with_a_new_subscription_and_not_with_every_connection(mosquitto: "Mosquitto") -> None:
    with publishing(mosquitto.port) as publisher:
        publisher.publish(TOPIC, b"kept", retain=True)
        assert publisher.drain(10.0)
    log = Log()
    for visit in (1, 2):
        with running(log, mosquitto.port):
            publish(mosquitto.port, [b"news"])
            wait_until(lambda: log.payloads().count(b"news") == visit)  # noqa: B023 - called at once
    assert log.payloads() == [b"kept", b"news", b"news"]


@pytest.mark.parametrize("protocol", [5, 311])
def test_comes_back_after_the_broker_was_killed(mosquitto: "Mosquitto", protocol: int) -> None:
    log = Log()
    with running(log, mosquitto.port, protocol) as intake:
        publish(mosquitto.port, [b"before"])
        wait_until(lambda: log.payloads() == [b"before"])
        mosquitto.stop()
        wait_until(lambda: not intake.health().connected)
        assert intake.health().text
        mosquitto.start()
        wait_until(lambda: intake.health().connected)
        assert intake.health().text == ""
        publish(mosquitto.port, [b"after"])
        wait_until(lambda: len(log.entries) >= 2)
    assert log.payloads() == [b"before", b"after"]


def test_what_was_received_before_the_broker_was_killed_is_not_lost_with_its_memory(mosquitto: "Mosquitto") -> None:
    log = Log()
    log.failure = StoreUnavailable("busy")
    with running(log, mosquitto.port) as intake:
        publish(mosquitto.port, numbered(0, 40))
        wait_until(lambda: intake.health().buffered == 40)
        mosquitto.stop()
        wait_until(lambda: not intake.health().connected)
        mosquitto.start()
        wait_until(lambda: intake.health().connected)
        log.failure = None
        wait_until(lambda: log.entries)
    assert log.payloads() == numbered(0, 40)


def test_says_why_there_is_no_connection(mosquitto: "Mosquitto") -> None:
    mosquitto.stop()
    with running(Log(), mosquitto.port, connect=False) as intake:
        wait_until(lambda: "cannot be reached" in intake.health().text)
        mosquitto.start()
        wait_until(lambda: intake.health().connected)


CONNECTED, REFUSED = b"\x20\x02\x00\x00", b"\x20\x02\x00\x05"
MISBEHAVIOURS = [
    pytest.param([REFUSED], "Not authorized", id="refuses the connection"),
    pytest.param([CONNECTED, b"\x90\x03\x00\x01\x80"], "does not grant gas/v1/#", id="refuses the subscription"),
    pytest.param([CONNECTED, b"\x90\x03\x00\x01\x00"], "does not grant gas/v1/#", id="grants less than was asked for"),
    pytest.param([CONNECTED, b"\x32\x02\x00\xff"], "Protocol error", id="sends a packet that cannot be parsed"),
    pytest.param([b"HTTP/1.1 400 Bad Request\r\n\r\n"], "", id="is no broker at all"),
]


@pytest.mark.parametrize(("answers", "words"), MISBEHAVIOURS)
def test_a_broker_that_misbehaves_is_named_and_tried_again(answers: list[bytes], words: str) -> None:
    visits: list[str] = []
    texts: set[str] = set()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        with running(Log(), server.getsockname()[1], 311, connect=False) as intake:
            for _ in range(2):
                connection, _ = server.accept()
                visits.append(intake.health().text)
                with connection:
                    connection.settimeout(10)
                    for answer in answers:
                        connection.recv(1_000)
                        connection.sendall(answer)
                    connection.settimeout(0.3)
                    with contextlib.suppress(OSError):
                        while connection.recv(1_000):  # until it gives up, or says goodbye
                            texts.add(intake.health().text)
                texts.add(intake.health().text)
            wait_until(lambda: any(words in text for text in {*texts, *visits, intake.health().text}))
            assert not intake.health().connected


def test_a_topic_that_is_no_text_is_logged_and_acknowledged_like_any_other() -> None:
    log = Log()
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        with running(log, server.getsockname()[1], 311, connect=False):
            connection, _ = server.accept()
            with connection:
                connection.settimeout(10)
                exchange(connection, CONNECTED)
                exchange(connection, b"\x90\x03\x00\x01\x01")
                exchange(connection, b"\x90\x03\x00\x02\x00")  # it asked how much was dropped
                connection.sendall(b"\x32\x07\x00\x01\xff\x00\x09no")
                assert connection.recv(4) == b"\x40\x02\x00\x09"
    assert [(topic, payload) for _, topic, payload in log.entries] == [("?", b"no")]


def test_a_broker_that_never_grants_the_subscription_is_no_broker_yet() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        with running(Log(), server.getsockname()[1], 311, connect=False) as intake:
            connection, _ = server.accept()
            with connection:
                connection.settimeout(10)
                exchange(connection, CONNECTED)
                assert connection.recv(1)  # it subscribes
                assert (intake.health().connected, intake.health().broker) == (False, "not subscribed yet")


def exchange(connection: socket.socket, answer: bytes) -> None:
    connection.recv(1_000)
    connection.sendall(answer)


@pytest.mark.parametrize("protocol", [5, 311])
def test_name_and_password_go_to_the_broker(protocol: int) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        server.settimeout(10)
        publisher = Publisher(
            "127.0.0.1",
            server.getsockname()[1],
            "p",
            protocol=protocol,
            username="alice",
            password="open sesame",  # noqa: S106 - of nobody
        )
        publisher.start()
        connection, _ = server.accept()
        with connection:
            connection.settimeout(10)
            connect = connection.recv(1_000)
        publisher.stop()
    assert b"\x00\x05alice\x00\x0bopen sesame" in connect


def test_a_publisher_blocks_while_its_window_is_full_and_is_freed_by_stop(mosquitto: "Mosquitto") -> None:
    sent: list[bytes] = []

    def flood() -> None:
        with contextlib.suppress(ConnectionError):
            for payload in numbered(0, 1_000_000):
                publisher.publish(TOPIC, payload)
                sent.append(payload)

    with publishing(mosquitto.port, window=5) as publisher:
        publisher.publish(TOPIC, b"first")
        assert publisher.drain(10.0)
        mosquitto.stop()
        thread = threading.Thread(target=flood, daemon=True)
        thread.start()
        wait_until(lambda: len(sent) == 5)
        assert not publisher.drain(0.2)
        assert thread.is_alive()
        publisher.stop()
        thread.join(timeout=10)
        assert not thread.is_alive()
    assert len(sent) == 5


def test_a_publisher_sends_after_the_broker_is_back_what_it_could_not_send_before(mosquitto: "Mosquitto") -> None:
    log = Log()
    with publishing(mosquitto.port) as publisher:
        publisher.publish("gas/v1/x", b"first")
        assert publisher.drain(10.0)
        mosquitto.stop()
        for payload in numbered(0, 100):
            publisher.publish(TOPIC, payload)
        mosquitto.start()
        with running(log, mosquitto.port):
            assert publisher.drain(15.0)
            publisher.publish(TOPIC, b"last")
            wait_until(lambda: log.payloads()[-1:] == [b"last"])


@pytest.mark.parametrize("protocol", [5, 311])
def test_a_subscriber_hears_its_topics_and_may_fail_or_answer(mosquitto: "Mosquitto", protocol: int) -> None:
    heard: list[tuple[str, bytes]] = []
    with publishing(mosquitto.port, window=1, protocol=protocol) as publisher:

        def answer(topic: str, payload: bytes) -> None:
            heard.append((topic, payload))
            if topic == "question":
                publisher.publish("answer/1", b"yes")
                publisher.publish("answer/2", b"no")  # more than the window: it must not wait for itself
                raise ValueError("a subscriber's bug")

        for topic in ("question", "answer/+"):
            publisher.subscribe(topic, answer)
        publisher.publish("nobody", b"")
        assert publisher.drain(10.0)
        publisher.publish("question", b"?")
        wait_until(lambda: len(heard) == 3)
        assert publisher.drain(10.0)
    assert heard == [("question", b"?"), ("answer/1", b"yes"), ("answer/2", b"no")]


def test_a_topic_that_cannot_be_published_is_the_callers_mistake_and_takes_no_room(mosquitto: "Mosquitto") -> None:
    with publishing(mosquitto.port, window=1) as publisher:
        for _ in range(3):
            with pytest.raises(ValueError, match="wildcard"):
                publisher.publish("gas/#", b"")
        assert publisher.drain(1.0)


@pytest.mark.parametrize("protocol", [5, 311])
def test_says_how_many_messages_the_broker_dropped_and_logs_no_frame_of_it(
    start_mosquitto: Callable[[str], "Mosquitto"], protocol: int
) -> None:
    settings = "LISTENER\nallow_anonymous true\nmax_queued_messages 10\nmax_inflight_messages 20\nsys_interval 1\n"
    broker, log = start_mosquitto(settings), Log()
    sleeper = Publisher("127.0.0.1", broker.port, "sleeper", protocol=5, session_s=300)
    sleeper.subscribe("other/#", lambda _topic, _payload: None)
    sleeper.start()
    assert sleeper.connects(10)
    sleeper.publish("other/x", b"here")
    assert sleeper.drain(10)
    sleeper.stop()  # its queue of ten overflows while it is away
    with running(log, broker.port, protocol) as intake:
        wait_until(lambda: intake.health().dropped == 0)
        with publishing(broker.port) as publisher:
            for number in range(30):
                publisher.publish("other/x", b"%d" % number)
            assert publisher.drain(10)
        wait_until(lambda: intake.health().dropped == 20)
        assert intake.health().connected
    assert not log.entries


@pytest.mark.skipif(importlib.util.find_spec("iotcore") is None, reason="the embedded broker has no wheel here")
def test_a_broker_that_counts_nothing_is_received_from_all_the_same() -> None:
    log = Log()
    with embedded_broker() as port, running(log, port, 311, commit_frames=50) as intake:
        publish(port, numbered(0, 5))
        wait_until(lambda: log.payloads() == numbered(0, 5))
        assert intake.health().dropped is None


def test_a_broker_that_stands_still_is_missed_within_seconds(mosquitto: "Mosquitto") -> None:
    with running(Log(), mosquitto.port) as intake:
        mosquitto.signal(signal.SIGSTOP)
        try:
            wait_until(lambda: not intake.health().connected, timeout_s=14)
        finally:
            mosquitto.signal(signal.SIGCONT)
