import base64
import io

import msgspec

from simulator.frames import Outgoing
from simulator.timetext import S_NS, instant_ns, zone
from simulator.transport import BatchSink, FileSink, MemorySink, MqttSink, Pace

NOON_NS = instant_ns("2026-01-15T12:00:00+08:00")
MESSAGES = [
    Outgoing(NOON_NS, "gas/v1/A/G/status", b'{"online":true}', retain=True),
    Outgoing(NOON_NS + S_NS // 4, "gas/v1/A/G/telemetry", b'{"values":{"gas_pct_lel":3.2}}'),
]


def test_a_file_holds_one_frame_for_each_line() -> None:
    file = io.BytesIO()
    FileSink(file, zone(8)).send(MESSAGES)
    assert [msgspec.json.decode(line) for line in file.getvalue().splitlines()] == [
        {"topic": "gas/v1/A/G/status", "received": "2026-01-15T12:00:00.000+08:00", "payload": {"online": True}},
        {
            "topic": "gas/v1/A/G/telemetry",
            "received": "2026-01-15T12:00:00.250+08:00",
            "payload": {"values": {"gas_pct_lel": 3.2}},
        },
    ]


class Broker:
    """A publisher that keeps everything."""

    def __init__(self) -> None:
        self.got: list[tuple[str, bytes, bool]] = []

    def publish(self, topic: str, payload: bytes, *, retain: bool = False) -> None:
        self.got.append((topic, payload, retain))


def test_everything_is_published_with_its_retain_flag_and_counted() -> None:
    broker = Broker()
    sink = MqttSink(broker, keep=True)
    sink.send(MESSAGES)
    assert broker.got == [(m.topic, m.payload, m.retain) for m in MESSAGES]
    assert sink.published == [(m.topic, m.payload) for m in MESSAGES]
    assert sink.count == 2


def test_what_was_published_is_not_kept_unless_asked() -> None:
    sink = MqttSink(Broker())
    sink.send(MESSAGES)
    assert (sink.count, sink.published) == (2, [])


def test_whoever_is_late_does_not_wait() -> None:
    now, waits = [0.0], list[float]()
    pace = Pace(2.0, lambda: now[0], waits.append)
    pace.until(4 * S_NS)
    now[0] = 3.0
    pace.until(5 * S_NS)
    assert waits == [2.0]


def test_what_is_no_json_stands_in_the_file_as_base64() -> None:
    file = io.BytesIO()
    spoilt = [b'{"seq":1', b"\xff", b'{"a":\n1}']
    said = [Outgoing(NOON_NS, "gas/v1/A/G/telemetry", payload, spoilt=True) for payload in spoilt]
    FileSink(file, zone(8)).send(said)
    lines = [msgspec.json.decode(line) for line in file.getvalue().splitlines()]
    assert [base64.b64decode(line["payload_base64"]) for line in lines] == spoilt
    assert not [line for line in lines if "payload" in line]


def telemetry(number: int) -> Outgoing:
    return Outgoing(NOON_NS + number, f"gas/v1/A/G{number}/telemetry", b'{"seq":%d}' % number)


def test_a_gateway_sends_at_most_so_many_readings_in_one_message() -> None:
    kept = MemorySink()
    BatchSink(kept, "gas/v1/S/GW/batch", size=2).send([telemetry(n) for n in range(5)])
    records = [[r["seq"] for r in msgspec.json.decode(m.payload)["records"]] for m in kept.messages]
    assert records == [[0, 1], [2, 3], [4]]
    assert {m.topic for m in kept.messages} == {"gas/v1/S/GW/batch"}
    assert [m.time_ns for m in kept.messages] == [NOON_NS + n for n in (1, 3, 4)]


def test_nothing_overtakes_a_reading_of_its_own_device() -> None:
    kept = MemorySink()
    birth, spoilt = MESSAGES[0], Outgoing(NOON_NS, "gas/v1/A/G/telemetry", b'{"seq":', spoilt=True)
    BatchSink(kept, "gas/v1/S/GW/batch", size=9).send([telemetry(1), birth, telemetry(2), spoilt])
    assert [m.topic.rpartition("/")[2] for m in kept.messages] == ["batch", "status", "batch", "telemetry"]
