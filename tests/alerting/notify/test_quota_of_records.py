"""Limits at real records: they outlive the sender, and what they stop goes another way."""

from dataclasses import replace
from pathlib import Path

import pytest

from alerting.notify.channel import Accepted
from alerting.notify.outbox import Sender
from alerting.notify.quota import Limit, Metered
from domain.alarm import Alarm, AlarmKind
from domain.record import Notice, NoticeState, Way
from store.records import Records
from tests.alerting.notify.test_outbox import Clock, Player, S

START_S = 1_000_000
CALL = Notice("", "a", 1, "voice_a", "yang", "{}", due_ns=0, address="139", priority=1)


@pytest.mark.parametrize("restarts", [False, True])
def test_the_sixth_call_of_an_hour_goes_out_by_the_other_provider_at_once(tmp_path: Path, *, restarts: bool) -> None:
    records, clock = Records(f"sqlite:///{tmp_path / 'records.db'}"), Clock()
    records.upgrade()
    players = {"voice_a": Player(Accepted("a-1")), "voice_b": Player(Accepted("b-1"))}

    def metered() -> Metered:
        limits = [Limit.parse("1/min"), Limit.parse("5/h")]
        return Metered(players["voice_a"], "voice_a", limits, shared=False, history=records, clock_ns=clock)

    with records.unit() as unit:
        unit.save(Alarm("a", AlarmKind.LINKAGE_FAILED, "D1", "D1", "S1", "Z1"))
        for step in range(12):
            due_ns = (START_S + step * 300) * S
            call = replace(CALL, key=f"a/1/{step}/yang/voice_a", due_ns=due_ns, next_ns=due_ns + 15 * S)
            unit.notice(replace(call, then=(Way("voice_b", "139"),)))
    channel = metered()
    for second in range(START_S, START_S + 3_600, 300):
        clock.now_ns = second * S
        channel = metered() if restarts else channel
        Sender(records, {"voice_a": channel}, clock).work(clock.now_ns)
        records.hand_over(clock.now_ns)
        Sender(records, {"voice_b": players["voice_b"]}, clock).work(clock.now_ns)
    assert [len(player.keys) for player in players.values()] == [5, 7]
    failed = [notice for notice in records.notices() if notice.state is NoticeState.FAILED]
    assert len(failed) == 7
    assert {notice.answer for notice in failed} == {
        "attempt 1: quota our own limit of 5/h, half of it kept for priority 1"
    }
    records.close()
