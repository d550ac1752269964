"""Providers fail, processes are killed: nobody who must be called is lost, and nobody is called after the answer."""

from pathlib import Path

import pytest

from domain.alarm import AlarmKind, StateLetter
from domain.record import JournalEntry
from tests.end_to_end.chaos import Chaos
from tests.end_to_end.ledger import Attempt, S, settle

ROLES = {"first": "yang", "second": "bai"}


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_nobody_is_lost_among_failing_providers_and_killed_processes(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    chaos = Chaos(tmp_path, incidents=40, seed=5, until_s=600)
    ledger = chaos.run()
    with capsys.disabled():
        print(f"\n{ledger}, silent {len(chaos.silent)}, kills {chaos.kills}")  # noqa: T201 - the ledger is the result
    assert (ledger.lost, ledger.late, ledger.unexpected, chaos.silent) == ([], [], [], [])
    assert ledger.raised >= 40
    assert ledger.reached > ledger.must / 2
    assert chaos.kills > 5


# ---------------------------------------------------------------- the checker itself can say no


def line(event: str, at_s: int, occurrence: int = 1) -> JournalEntry:
    normal = StateLetter.NORMAL
    kind = AlarmKind.PRESSURE_LOW
    return JournalEntry("a", occurrence, event, normal, normal, kind, 2, 1, "D", "", "", 1, at_s * S)


STORY = [line("raise", 100), line("annunciate", 100)]
GOOD = [Attempt(101, f"a/1/{step}/{person}/sms", accepted=True) for step, person in [(0, "yang"), (1, "yang")]]


def test_the_checker_finds_a_call_that_was_not_made() -> None:
    ledger = settle(STORY, GOOD[:1], ROLES, {}, 700)
    assert {(call.step, call.person) for call in ledger.lost} == {(1, "yang"), (2, "yang"), (2, "bai")}


def test_the_checker_finds_a_call_after_the_answer_and_one_to_a_stranger() -> None:
    story = [*STORY, line("acknowledge", 110)]
    late, stranger = Attempt(150, "a/1/0/yang/sms", accepted=True), Attempt(101, "a/1/0/bai/sms", accepted=True)
    assert settle(story, [late, stranger], ROLES, {}, 700).unexpected == [late, stranger]
    assert settle(story, GOOD[:1], ROLES, {}, 700).lost == []


def test_the_checker_counts_what_was_sent_twice() -> None:
    assert settle(STORY, [*GOOD, *GOOD], ROLES, {}, 200).duplicated == 2
