from collections.abc import Sequence
from pathlib import Path

import pytest

from alerting.notify.channel import Accepted, ChannelUnavailable, Refused
from alerting.notify.http import Answer
from domain.parcel import Parcel, ParcelState
from lifeline.courier import MqttCourier, judge
from lifeline.mapping import Answers, Crypto, parse_mapping
from lifeline.records import Record
from lifeline.samples import sample
from lifeline.seal import Keys, Seal
from lifeline.sender import Pace, Sender
from lifeline.shape import NoCode
from tests.blank import blank_records

S = 1_000_000_000
LIMITS = {"alarm": 3, "disposal": 2, "reading": 5}
Reply = Accepted | Refused | Exception


class Target:
    """Answers as it is told; then yes."""

    def __init__(self, *replies: Reply) -> None:
        self.calls: list[list[str]] = []
        self.replies = list(replies)

    def deliver(self, parcels: Sequence[Parcel]) -> Accepted | Refused:
        self.calls.append([parcel.key for parcel in parcels])
        reply = self.replies.pop(0) if self.replies else Accepted()
        if isinstance(reply, Exception):
            raise reply
        return reply

    def beat(self, heartbeat: Record) -> Accepted | Refused:
        raise NotImplementedError


class Bench:
    """An outbox, a sender and its clock."""

    def __init__(self, folder: Path, target: Target) -> None:
        self.records, self.target, self.now_ns = blank_records(folder / "records.db"), target, 100 * S
        self.jump_ns = 0
        pace = Pace(per_s=1, first_s=4, refusals=2)
        self.sender = Sender(
            self.records,
            "t",
            target,
            limits=LIMITS,
            pace=pace,
            clock_ns=self.wall_ns,
            dice=lambda: 1.0,
            steady_ns=lambda: self.now_ns,
        )

    def wall_ns(self) -> int:
        """What the clock on the wall says; the other one never jumps."""
        return self.now_ns + self.jump_ns

    def put(self, *names: str) -> None:
        """Enqueue ``kind/record/version``."""
        ranks = {"alarm": 0, "disposal": 0, "reading": 3}
        parts = [name.split("/") for name in names]
        self.records.enqueue([Parcel("t", k, r, v, "{}", ranks[k], 1) for k, r, v in parts], {})

    def turn(self, after_s: float = 1) -> int:
        self.now_ns += round(after_s * S)
        return self.sender.work()


@pytest.fixture
def bench(tmp_path: Path) -> Bench:
    return Bench(tmp_path, Target())


def test_alarms_go_before_readings_and_each_record_keeps_its_order(bench: Bench) -> None:
    bench.put("reading/g1/1", "alarm/a/1", "alarm/b/1", "disposal/a/2", "alarm/a/3", "alarm/c/1")
    assert [bench.turn() for _ in range(5)] == [3, 1, 1, 1, 0]
    calls = [
        ["alarm/a/1", "alarm/b/1", "alarm/c/1"],
        ["disposal/a/2"],
        ["alarm/a/3"],
        ["reading/g1/1"],
    ]
    assert bench.target.calls == calls


def test_not_more_calls_than_the_pace_allows(bench: Bench) -> None:
    bench.put("alarm/a/1", "disposal/b/1")
    assert (bench.turn(), bench.turn(0.5), bench.turn(0.5)) == (1, 0, 1)


def test_an_outage_holds_up_the_target_for_longer_each_time_and_gives_nothing_up(bench: Bench) -> None:
    bench.put("alarm/a/1", "alarm/b/1")
    bench.target.replies = [ChannelUnavailable("down")] * 9
    waits = []
    for _ in range(9):
        assert bench.turn(bench.sender.wait_s()) == 2
        waits.append(bench.sender.wait_s())
    assert (waits[:3], max(waits)) == ([4, 8, 16], 300)
    assert bench.records.backlog("t").trouble == bench.sender.trouble == "down"
    assert bench.turn(300) == 2
    assert (bench.records.count_parcels("t", ParcelState.ACCEPTED), bench.sender.trouble) == (2, "")


def test_of_a_refused_batch_the_wrong_record_alone_dies_with_its_reason(bench: Bench) -> None:
    bench.put("alarm/a/1", "alarm/b/1", "alarm/a/2")
    no = Refused("1001", "no such device", retryable=False)
    bench.target.replies = [no, no]
    assert [bench.turn() for _ in range(4)] == [3, 1, 1, 1]
    assert bench.target.calls[1:] == [["alarm/a/1"], ["alarm/b/1"], ["alarm/a/2"]]
    assert [(p.key, p.answer) for p in bench.records.dead_parcels("t")] == [("alarm/a/1", "1001 no such device")]


def test_later_is_asked_again_a_few_times_while_others_go_on(bench: Bench) -> None:
    bench.put("alarm/a/1")
    later = Refused("503", "busy", retryable=True)
    bench.target.replies = [later, Accepted(), later]
    bench.turn()
    bench.put("alarm/a/2", "alarm/b/1")
    assert [bench.turn() for _ in range(4)] == [1, 0, 0, 2]
    assert bench.target.calls == [["alarm/a/1"], ["alarm/b/1"], ["alarm/a/1", "alarm/a/2"]]
    assert [bench.turn() for _ in range(2)] == [1, 1]
    assert [p.key for p in bench.records.dead_parcels("t")] == []


def test_what_the_mapping_has_no_code_for_dies_at_once(bench: Bench) -> None:
    bench.put("alarm/a/1")
    bench.target.replies = [NoCode("records.alarm.fields.x: no code for 'y'")]
    bench.turn()
    assert [p.answer for p in bench.records.dead_parcels("t")] == ["mapping records.alarm.fields.x: no code for 'y'"]


def test_what_a_dead_sender_held_goes_again_and_its_late_word_counts_for_nothing(bench: Bench) -> None:
    bench.put("alarm/a/1", "alarm/a/2")
    held = bench.records.lease_parcels("t", bench.now_ns, 15 * S, {"alarm": 1})
    assert bench.turn() == 0  # the second one waits for the first
    assert bench.turn(15) == 2
    bench.records.settle_parcels(held)
    assert bench.records.count_parcels("t", ParcelState.ACCEPTED) == 2


def test_a_dead_state_that_a_later_one_overtook_is_not_revived(bench: Bench) -> None:
    bench.put("alarm/a/1", "alarm/a/2", "disposal/a/3", "alarm/b/1")
    no = Refused("1", "", retryable=False)
    bench.target.replies = [no, no, Accepted(), no, no]
    for _ in range(5):
        bench.turn()
    assert {p.key for p in bench.records.dead_parcels("t")} == {"alarm/a/1", "disposal/a/3", "alarm/b/1"}
    assert bench.records.revive_parcels("t") == 2
    assert {p.key for p in bench.records.dead_parcels("t")} == {"alarm/a/1"}


@pytest.mark.parametrize("jump_s", [86_400, -86_400, -40_000 * 86_400, 400, -200])
def test_a_clock_that_jumps_neither_stalls_nor_reorders_nor_loses(bench: Bench, jump_s: int) -> None:
    bench.put("alarm/a/1", "alarm/a/2", "alarm/b/1")
    later = Refused("503", "busy", retryable=True)
    bench.target.replies = [ChannelUnavailable("down"), later, later, Accepted()]
    bench.turn()
    bench.records.lease_parcels("t", bench.wall_ns(), 15 * S, LIMITS)  # by somebody who dies now
    bench.jump_ns = jump_s * S
    assert sum(bench.turn(10) for _ in range(30)) >= 3
    assert bench.records.count_parcels("t", ParcelState.ACCEPTED) == 3
    order = [key for call in bench.target.calls for key in call if key.startswith("alarm/a")]
    assert order.index("alarm/a/1") < order.index("alarm/a/2")
    assert order[-1] == "alarm/a/2"


def test_accepted_parcels_are_forgotten_by_age(bench: Bench) -> None:
    bench.put("alarm/a/1")
    bench.turn()
    assert [bench.records.forget_parcels("t", ["alarm"], before, 9) for before in (0, 200 * S, 200 * S)] == [0, 1, 0]


ANSWERS = Answers(code="code", text="msg", accepted=(0,), repeated=(409,), later=(503,))


@pytest.mark.parametrize(
    ("status", "body", "expected"),
    [
        (200, b'{"code": 0}', Accepted()),
        (409, b'{"code": 409}', Accepted()),
        (200, b'{"code": "0"}', Accepted()),
        (200, b'{"code": 503, "msg": "busy"}', Refused("503", "busy", retryable=True)),
        (200, b'{"code": 7, "msg": "no"}', Refused("7", "no", retryable=False)),
        (400, b'{"code": 0, "msg": "no"}', Refused("0", "no", retryable=False)),
        (404, b'{"code": 7, "msg": "no such device"}', Refused("7", "no such device", retryable=False)),
        (413, b'{"code": 13}', Refused("13", "", retryable=False)),
        (400, b'{"error": "level"}', Refused("400", '{"error": "level"}', retryable=False)),
        *((status, b"<html>", None) for status in (400, 404, 405, 413, 415, 422)),
        (404, b'{"error": "Not Found"}', None),
        (200, b"<html>", None),
        (500, b'{"code": 0}', None),
        (401, b'{"code": 401, "msg": "token"}', None),
        (204, b"", None),
    ],
)
def test_only_the_code_of_the_target_says_yes(status: int, body: bytes, expected: Accepted | Refused | None) -> None:
    if expected is not None:
        assert judge(Answer(status, body), ANSWERS) == expected
        return
    with pytest.raises(ChannelUnavailable):
        judge(Answer(status, body), ANSWERS)


def test_a_call_that_is_too_large_for_a_gateway_goes_again_one_by_one() -> None:
    assert judge(Answer(413, b"<html>"), ANSWERS, several=True) == Refused("413", "<html>", retryable=False)


class Broker:
    """A publisher: connected or not, with PUBACK or without."""

    def __init__(self, *, connected: bool = True, acknowledges: bool = True, stopped: bool = False) -> None:
        self.trouble, self.sent = "" if connected else "refused", list[str]()
        self._acknowledges, self._stopped = acknowledges, stopped

    def publish(self, topic: str, payload: bytes) -> None:
        if self._stopped:
            raise ConnectionError("stopped")
        self.sent.append(f"{topic} {payload.decode()}")

    def connects(self, _timeout_s: float) -> bool:
        return not self.trouble

    def drain(self, _timeout_s: float) -> bool:
        return self._acknowledges


def mqtt(broker: Broker) -> MqttCourier:
    text = 'name = "n"\ntransport = "mqtt"\n[records.heartbeat]\npath = "/beat"\nfields = { at = "waiting" }\n'
    text += '[records.alarm]\npath = "/alarm"\nfields = { level = "level" }\n'
    return MqttCourier(parse_mapping(text, "own"), "city/dali", Seal(Crypto(), Keys(), lambda: 0, bytes), broker)


def test_by_mqtt_the_puback_is_the_yes() -> None:
    broker = Broker()
    assert mqtt(broker).beat(sample("heartbeat", "WGS84")) == Accepted()
    assert mqtt(broker).deliver([Parcel("t", "alarm", "a", "1", '{"level":2}')]) == Accepted()
    assert broker.sent == ['city/dali/beat {"at":0}', 'city/dali/alarm {"level":2}']


@pytest.mark.parametrize(
    ("broker", "says"),
    [
        (Broker(connected=False), "refused"),
        (Broker(acknowledges=False), "no PUBACK"),
        (Broker(stopped=True), "stopped"),
    ],
    ids=["no connection", "no puback", "stopped"],
)
def test_by_mqtt_no_puback_is_an_outage(broker: Broker, says: str) -> None:
    with pytest.raises(ChannelUnavailable, match=says):
        mqtt(broker).beat(sample("heartbeat", "WGS84"))
