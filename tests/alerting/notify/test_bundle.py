"""Notices that share a message: one call, and every one of them has an answer, a receipt and a way of its own."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import msgspec
import pytest

from alerting.notify.bundle import merge
from alerting.notify.channel import Accepted, Refused
from alerting.notify.message import read, utf8, write
from alerting.notify.outbox import Sender
from domain.alarm import Alarm, AlarmKind
from domain.duty import StoredReceipt
from domain.record import Notice, NoticeState, Way
from store.records import Records
from tests.alerting.notify.test_outbox import NEVER, NO, Clock, Player, S


def body(name: str, priority: int) -> str:
    said = {
        "id": name,
        "priority": priority,
        "raised_ns": 0,
        "text": {"zh": f"{name}可燃气体", "en": f"{name} gas"},
        "parts": {"zh": {"where": name, "what": "可燃气体"}, "en": {"where": name, "what": "gas"}},
        "what_to_do": {"zh": "疏散", "en": "Evacuate"},
        "answer": {"code": f"{name}{priority}"},
    }
    return msgspec.json.encode(said).decode()


def notice(name: str, priority: int, due_s: int = 0, bundle: str = "incident/i", *, ahead: bool = False) -> Notice:
    return Notice(
        f"{name}/1/0/yang/sms",
        name,
        1,
        "sms",
        "yang",
        body(name, priority),
        due_ns=due_s * S,
        address="1",
        priority=priority,
        receipt_s=60,
        next_ns=(due_s + 15) * S,
        then=(Way("voice", "1", 45),),
        bundle=bundle,
        ahead=ahead,
    )


HIGH, LOW, FAULT = notice("b", 2), notice("a", 3, ahead=True), notice("c", 4)


class Post:
    """An outbox with some notices, and what the channel was handed."""

    def __init__(self, records: Records) -> None:
        self.records, self.clock = records, Clock()

    def put(self, *notices: Notice) -> None:
        with self.records.unit() as unit:
            for one in notices:
                unit.save(Alarm(one.alarm_id, AlarmKind.GAS_HIGH, "D1", "D1", "S1", "Z1"))
                unit.notice(one)

    def send(self, *answers: Accepted | Refused | BaseException, now_s: int = 0) -> list[str]:
        player = Player(*answers)
        self.clock.now_ns = now_s * S
        Sender(self.records, {"sms": player, "voice": player}, self.clock).work(now_s * S)
        return [key.partition("/")[0] for key in player.keys]

    def found(self) -> dict[str, Notice]:
        return {n.alarm_id: n for n in self.records.notices() if n.channel == "sms"}


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    records = Records(f"sqlite:///{tmp_path / 'records.db'}")
    records.upgrade()
    yield Post(records)
    records.close()


def test_one_call_carries_a_bundle_and_every_notice_knows_its_carrier(post: Post) -> None:
    post.put(LOW, HIGH, FAULT, notice("d", 3, bundle="incident/other"))
    assert post.send(Accepted("x"), now_s=1) == ["b", "d"]
    found = post.found()
    assert {name: n.carrier for name, n in found.items()} == {"a": HIGH.key, "b": "", "c": HIGH.key, "d": ""}
    assert {n.state for n in found.values()} == {NoticeState.ACCEPTED}
    assert len(post.records.accepted_since("sms", "1", 0)) == 2


def test_what_is_not_due_or_for_another_person_or_of_priority_one_stays_out(post: Post) -> None:
    alone = replace(notice("e", 1, bundle=""), due_ns=9)
    post.put(HIGH, notice("later", 3, due_s=20), replace(notice("f", 3), person="bai", address="2"), alone)
    post.clock.now_ns = 10
    assert [n.alarm_id for n in post.records.lease_notices(10, 12 * S, 1)] == ["e"]
    assert [n.alarm_id for n in post.records.lease_notices(10, 12 * S, 1)] == ["b"]
    assert [n.alarm_id for n in post.records.lease_notices(10, 12 * S, 1)] == ["f"]


def test_what_goes_ahead_passes_those_that_wait_longer(post: Post) -> None:
    post.put(notice("old", 2, bundle=""), replace(LOW, due_ns=5))
    assert post.send(Accepted("x"), now_s=1) == ["a", "old"]


def test_a_receipt_is_for_all_that_the_message_carried_and_an_answer_for_the_worst(post: Post) -> None:
    post.put(HIGH, LOW)
    post.send(Accepted("x"))
    told = post.records.add_receipt(StoredReceipt("sms", "x", delivered=True, text="got", time_ns=S))
    assert told is not None
    assert told.alarm_id == "b"
    assert {n.state for n in post.found().values()} == {NoticeState.DELIVERED}
    answering = post.records.notice_of("sms", "x")
    assert answering is not None
    assert answering.key == HIGH.key


def test_a_message_that_fails_gives_each_its_next_way_in_one_bundle_again(post: Post) -> None:
    post.put(HIGH, LOW)
    post.send(NEVER)
    assert post.records.hand_over(0) == 2
    assert post.send(Accepted("y")) == ["b"]
    calls = [n for n in post.records.notices() if n.channel == "voice"]
    assert {(n.alarm_id, n.carrier.partition("/")[0], n.state) for n in calls} == {
        ("a", "b", NoticeState.ACCEPTED),
        ("b", "", NoticeState.ACCEPTED),
    }


def test_a_retry_leaves_out_who_was_answered_meanwhile(post: Post) -> None:
    post.put(HIGH, LOW, FAULT)
    post.send(NO)
    with post.records.unit() as unit:
        unit.cancel_notices("b", 1, "acknowledged")
    assert post.send(Accepted("x"), now_s=5) == ["a"]
    assert {n.alarm_id: n.carrier for n in post.found().values() if n.alarm_id != "b"} == {"a": "", "c": LOW.key}


def test_a_sender_that_dies_leaves_the_whole_bundle_to_the_next(post: Post) -> None:
    post.put(HIGH, LOW)
    post.records.lease_notices(0, 12 * S, 1)
    assert post.send(Accepted("x"), now_s=11) == []
    assert post.send(Accepted("x"), now_s=12) == ["b"]


def test_the_text_says_how_many_the_worst_and_a_line_for_each(post: Post) -> None:
    del post
    merged = merge([HIGH, LOW, FAULT])
    assert [(line["key"], line["id"]) for line in msgspec.json.decode(merged.body)["bundle"]] == [
        (n.key, n.alarm_id) for n in (HIGH, LOW, FAULT)
    ]
    text = write(read(merged), "zh", 2048).splitlines()
    assert text[0] == "共 3 条告警，最重：b可燃气体"
    assert text[2:] == ["· 三级 a可燃气体（确认：a3）", "· 四级 c可燃气体（确认：c4）", "处置：疏散", "确认：回复 b2"]
    short = write(read(merged), "en", 160)
    assert short.startswith("3 alarms, the worst: b gas\n")
    assert short.endswith("Acknowledge: reply b2")
    assert utf8(short) <= 160
    assert merge([HIGH]) is HIGH
