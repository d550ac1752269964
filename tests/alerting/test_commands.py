"""Close commands as the log tells them."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.commands import Commands
from domain.alarm import AlarmKind
from domain.command import Command, CommandState
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity
from domain.sample import Notice, Sample

S = 1_000_000_000
SENT = Command(
    id="c1",
    device="V1",
    site="S1",
    user="li",
    reason="gas",
    seen="{}",
    urgent=False,
    requested_ns=0,
    confirm_by_ns=10 * S,
    state=CommandState.SENT,
    sent_ns=5 * S,
    answer_by_ns=15 * S,
    closed_by_ns=65 * S,
)


def following(command: Command = SENT) -> Commands:
    commands = Commands()
    assert commands.take(command, command.sent_ns, 1) == []
    return commands


def answer(what: str, detail: str = "c1", device: str = "V1") -> Notice:
    return Notice(device, what, 6 * S, "b", 1, detail=detail)


def position(value: float, time_s: float, quality: Quality = Quality.GOOD, *, late: bool = False) -> Sample:
    odd = {} if quality is Quality.GOOD else {Quantity.VALVE_OPEN: quality}
    return Sample("V1", round(time_s * S), "b", 2, {Quantity.VALVE_OPEN: value}, odd, late)


def told(findings: list[Finding]) -> list[tuple[Transition, int, str]]:
    assert all(f.kind is AlarmKind.VALVE_CLOSE_FAILED and (f.device, f.site) == ("V1", "S1") for f in findings)
    return [(finding.transition, finding.level, finding.reason) for finding in findings]


def state(commands: Commands) -> CommandState:
    return commands.changes()[-1].state


def test_a_report_of_closed_after_the_sending_confirms() -> None:
    commands = following()
    commands.hear(answer("accepted"), 6 * S, 2)
    assert commands.see(position(0, 7), 3) == []
    assert state(commands) is CommandState.CONFIRMED
    assert commands.advance(100 * S, 4) == []
    assert commands.awaited == set()


@pytest.mark.parametrize(
    "sample",
    [
        position(1, 7),
        position(0.5, 7),
        position(0, 4.9),
        position(0, 7, Quality.UNCERTAIN),
        position(0, 7, late=True),
        Sample("V1", 7 * S, "b", 2, {Quantity.BATTERY_PCT: 0}, {}, late=False),
    ],
    ids=["open", "moving", "before the sending", "uncertain", "late", "of another quantity"],
)
def test_nothing_else_confirms(sample: Sample) -> None:
    commands = following()
    assert commands.see(sample, 2) == []
    assert state(commands) is CommandState.SENT


def test_no_answer_expires_at_the_tick_of_its_time_and_not_before() -> None:
    commands = following()
    assert commands.advance(15 * S - 1, 2) == []
    assert told(commands.advance(15 * S, 3)) == [(Transition.ONSET, 2, "command_expired")]
    assert state(commands) is CommandState.EXPIRED


def test_a_word_without_a_position_is_no_proof() -> None:
    commands = following()
    for what in ("accepted", "done"):
        assert commands.hear(answer(what, "c1 closing"), 6 * S, 2) == []
    assert commands.advance(64 * S, 3) == []
    assert told(commands.advance(65 * S, 4)) == [(Transition.ONSET, 2, "command_failed")]
    failed = commands.changes()[-1]
    assert (failed.state, failed.detail) == (CommandState.FAILED, "closing")


@pytest.mark.parametrize(("urgent", "level"), [(False, 1), (True, 2)])
def test_a_refusal_weighs_more_while_gas_stands_there(urgent: bool, level: int) -> None:  # noqa: FBT001
    commands = following(replace(SENT, urgent=urgent))
    found = commands.hear(answer("refused", "c1 local switch"), 6 * S, 2)
    assert told(found) == [(Transition.ONSET, level, "command_refused")]
    assert commands.changes()[-1].detail == "local switch"


@pytest.mark.parametrize("notice", [answer("refused", "c2"), answer("refused", device="V2"), answer("online")])
def test_answers_to_others_do_not_count(notice: Notice) -> None:
    commands = following()
    assert commands.hear(notice, 6 * S, 2) == []
    assert state(commands) is CommandState.SENT


def test_the_alarm_ends_with_the_next_report_of_closed() -> None:
    commands = following()
    onset = commands.advance(15 * S, 2)[0]
    assert commands.awaited == {"V1"}
    assert commands.see(position(0, 14.9), 3) == []
    end = commands.see(position(0, 16), 4)
    assert told(end) == [(Transition.END, 0, "")]
    assert end[0].onset_ns == onset.onset_ns
    assert commands.see(position(0, 17), 5) == []
    assert commands.awaited == set()


def test_a_second_failure_belongs_to_the_alarm_that_stands() -> None:
    commands = following()
    onset = commands.hear(answer("refused"), 6 * S, 2)[0]
    commands.take(replace(SENT, id="c2", sent_ns=20 * S, answer_by_ns=30 * S), 20 * S, 3)
    again = commands.advance(30 * S, 4)
    assert told(again) == [(Transition.ESCALATE, 2, "command_expired")]
    assert again[0].onset_ns == onset.onset_ns


def test_a_command_that_never_left_is_an_alarm_at_once() -> None:
    commands = Commands()
    refused = replace(SENT, state=CommandState.REFUSED, detail="offline", urgent=True)
    assert told(commands.take(refused, 5 * S, 1)) == [(Transition.ONSET, 2, "command_refused")]
    assert commands.changes() == [replace(refused, position=1)]


Happening = tuple[str, float]
_happenings = st.lists(
    st.tuples(st.sampled_from(["accepted", "done", "refused", "closed", "open", "tick", "again"]), st.integers(1, 20)),
    max_size=12,
)


def play(commands: Commands, happenings: list[tuple[str, int]], start_s: int, start_position: int) -> list[Finding]:
    findings: list[Finding] = []
    now_s = start_s
    for number, (what, wait_s) in enumerate(happenings):
        now_s += wait_s
        at = (now_s * S, start_position + number)
        if what == "tick":
            findings += commands.advance(*at)
        elif what in {"closed", "open"}:
            findings += commands.see(position(float(what == "open"), now_s), at[1])
        elif what == "again":
            later = replace(SENT, id=f"n{at[1]}", sent_ns=at[0], answer_by_ns=at[0] + 10 * S, closed_by_ns=at[0] + S)
            findings += commands.take(later, *at)
        else:
            findings += commands.hear(answer(what), *at)
    return findings


@given(_happenings, st.integers(0, 12))
def test_goes_on_from_a_snapshot_as_if_never_stopped(happenings: list[tuple[str, int]], cut: int) -> None:
    whole, first, second = following(), following(), Commands()
    before = play(first, happenings[:cut], 5, 2)
    second.restore(first.snapshot())
    waited = 5 + sum(wait_s for _, wait_s in happenings[:cut])
    after = play(second, happenings[cut:], waited, 2 + len(happenings[:cut]))
    assert before + after == play(whole, happenings, 5, 2)
    assert second.snapshot() == whole.snapshot()


@given(_happenings)
def test_every_command_comes_to_an_end_and_every_failure_is_told(happenings: list[tuple[str, int]]) -> None:
    commands = following()
    findings = play(commands, happenings, 5, 2)
    findings += commands.advance(10_000 * S, 99)
    ends = {command.id: command.state for command in commands.changes()}
    final = {CommandState.CONFIRMED, CommandState.REFUSED, CommandState.EXPIRED, CommandState.FAILED}
    assert set(ends.values()) <= final
    failures = sum(one is not CommandState.CONFIRMED for one in ends.values())
    assert failures == sum(finding.transition is not Transition.END for finding in findings)


def test_a_snapshot_of_something_else_is_refused() -> None:
    with pytest.raises(ValueError, match="no snapshot of the commands"):
        Commands().restore(b"\xa5hello")
