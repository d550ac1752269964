"""The outbox's further ways and receipts, with channels that play and a clock that is set."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from alerting.notify.channel import Accepted, Refused
from alerting.notify.outbox import Sender
from domain.alarm import Alarm, AlarmKind
from domain.duty import StoredReceipt
from domain.record import Notice, NoticeState, Way
from store.records import Records
from tests.alerting.notify.test_outbox import NEVER, NO, Clock, Player, S
from tests.blank import blank_records

FIRST = Notice(
    "a/1/0/yang/sms_a",
    "a",
    1,
    "sms_a",
    "yang",
    "{}",
    due_ns=0,
    address="1",
    receipt_s=60,
    next_ns=15 * S,
    then=(Way("sms_b", "1", 60), Way("voice", "1", 45)),
)


class Post:
    """Channels by name at one outbox; time passes second by second."""

    def __init__(self, records: Records) -> None:
        self.records, self.clock = records, Clock()
        self.players: dict[str, Player] = {name: Player(Accepted(f"{name}-1")) for name in ("sms_a", "sms_b", "voice")}

    def live(self, until_s: int) -> None:
        senders = [Sender(self.records, {name: player}, self.clock) for name, player in self.players.items()]
        for second in range(self.clock.now_ns // S, until_s + 1):
            self.clock.now_ns = second * S
            for sender in senders:
                sender.work(self.clock.now_ns)
            self.records.hand_over(self.clock.now_ns)

    def began(self) -> dict[str, tuple[int, str]]:
        return {
            n.channel: (n.due_ns // S if not n.first_ns else n.first_ns // S, n.state) for n in self.records.notices()
        }


@pytest.fixture
def post(tmp_path: Path) -> Iterator[Post]:
    records = blank_records(tmp_path / "records.db")
    with records.unit() as unit:
        unit.save(Alarm("a", AlarmKind.GAS_HIGH, "D1", "D1", "S1", "Z1"))
        unit.notice(FIRST)
    yield Post(records)
    records.close()


def receipt(channel: str, *, delivered: bool, at_s: int = 1) -> StoredReceipt:
    return StoredReceipt(channel, f"{channel}-1", delivered, "DELIVERED" if delivered else "OFF", at_s * S)


def test_a_receipt_in_time_ends_the_search_for_a_way(post: Post) -> None:
    post.live(5)
    notice = post.records.add_receipt(receipt("sms_a", delivered=True))
    assert notice is not None
    assert notice.state is NoticeState.DELIVERED
    post.live(200)
    assert list(post.began()) == ["sms_a"]


def test_without_a_receipt_the_next_way_begins_after_its_time_and_the_first_stays_accepted(post: Post) -> None:
    post.live(59)
    assert list(post.began()) == ["sms_a"]
    post.live(61)
    assert post.began()["sms_a"] == (0, NoticeState.ACCEPTED)
    assert post.began()["sms_b"] == (61, NoticeState.ACCEPTED)


def test_a_receipt_that_says_no_begins_the_next_way_at_once(post: Post) -> None:
    post.live(5)
    post.records.add_receipt(receipt("sms_a", delivered=False, at_s=5))
    post.live(7)
    assert set(post.began()) == {"sms_a", "sms_b"}


def test_a_receipt_before_the_answer_counts(post: Post) -> None:
    assert post.records.add_receipt(receipt("sms_a", delivered=True)) is None
    post.live(0)
    assert post.began() == {"sms_a": (0, NoticeState.DELIVERED)}


def test_a_receipt_twice_is_a_receipt_once(post: Post) -> None:
    post.live(0)
    post.records.add_receipt(receipt("sms_a", delivered=True))
    post.records.add_receipt(receipt("sms_a", delivered=False))
    assert post.records.notices()[0].state is NoticeState.DELIVERED


def test_two_failures_begin_the_next_way_while_the_attempts_go_on(post: Post) -> None:
    post.players["sms_a"] = Player(NO)
    post.live(6)
    assert post.began()["sms_b"][0] in {5, 6}
    post.live(70)
    assert len(post.players["sms_a"].keys) == 4
    assert [key.rpartition("/")[2] for key in post.players["sms_b"].keys] == ["sms_b"]


def test_a_hopeless_answer_begins_the_next_way_at_once(post: Post) -> None:
    post.players["sms_a"] = Player(NEVER)
    post.live(1)
    assert post.began()["sms_a"] == (0, NoticeState.FAILED)
    assert post.began()["sms_b"][0] <= 1


def test_a_full_quota_begins_the_next_way_at_once(post: Post) -> None:
    post.players["sms_a"] = Player(Refused("quota", "5 in an hour", retryable=False))
    post.live(1)
    assert "sms_b" in post.began()


def test_a_channel_whose_sender_stands_still_is_passed_after_fifteen_seconds(post: Post) -> None:
    del post.players["sms_a"]
    post.live(14)
    assert list(post.began()) == ["sms_a"]
    post.live(16)
    assert post.began()["sms_b"][0] in {15, 16}


def test_one_way_after_the_other_is_tried_to_the_last(post: Post) -> None:
    post.players |= {"sms_a": Player(NEVER), "sms_b": Player(NEVER)}
    post.live(2)
    assert post.began()["voice"][1] is NoticeState.ACCEPTED
    post.live(300)
    assert set(post.began()) == {"sms_a", "sms_b", "voice"}


def test_an_answer_ends_the_search_for_a_way(post: Post) -> None:
    post.live(5)
    with post.records.unit() as unit:
        unit.cancel_notices("a", 1, "acknowledged")
    post.live(200)
    assert post.began() == {"sms_a": (0, NoticeState.ACCEPTED)}


def test_what_is_accepted_after_it_was_called_back_needs_no_further_way(post: Post) -> None:
    [leased] = post.records.lease_notices(0, 12 * S, 1)
    with post.records.unit() as unit:
        unit.cancel_notices("a", 1, "acknowledged")
    post.records.settle_notice(replace(leased, state=NoticeState.ACCEPTED, provider_id="x", next_ns=60 * S))
    post.clock.now_ns = 61 * S
    assert post.records.hand_over(post.clock.now_ns) == 0
    assert post.records.notices()[0].state is NoticeState.ACCEPTED


def test_what_waited_through_an_outage_has_its_fair_time(post: Post) -> None:
    [leased] = post.records.lease_notices(600 * S, 12 * S, 1)
    assert leased.next_ns == 615 * S
    assert post.records.hand_over(601 * S) == 0


def test_priority_one_goes_first(post: Post) -> None:
    with post.records.unit() as unit:
        unit.notice(replace(FIRST, key="b", priority=1, due_ns=1))
    assert [n.key for n in post.records.lease_notices(5, 12 * S, 9)] == ["b", FIRST.key]


def test_what_was_taken_on_is_known_by_its_time_and_what_was_refused_is_not(post: Post) -> None:
    post.players["sms_a"] = Player(NO)
    post.live(21)
    assert post.records.accepted_since("sms_a", "1", 0) == []
    assert post.records.accepted_since("sms_b", "1", 0) == post.records.accepted_since("sms_b", None, 0) == [6 * S]
    assert post.records.accepted_since("sms_b", "1", 7 * S) == post.records.accepted_since("sms_b", "2", 0) == []


def test_a_notice_is_found_by_what_the_provider_calls_it(post: Post) -> None:
    post.live(0)
    found = post.records.notice_of("sms_a", "sms_a-1")
    assert found is not None
    assert found.person == "yang"
    assert post.records.notice_of("sms_a", "other") is None
    assert post.records.notice_of("sms_a", "") is None
