"""Missing messages, from the hole in the numbers to the alarm and its end."""

import pytest

from app.roles.engine import Engine
from domain.alarm import AlarmKind
from domain.finding import Finding
from tests.app.support import DEVICES, S, Tape, bites, configuration

TOWN = DEVICES.replace(",600", ",60")


def holes(*, fill: bool = False, lost: int = 2) -> Tape:
    """One number in each minute; some of the first ten never come, or come after a quarter of an hour."""
    tape = Tape()
    for seq in range(1, 100):
        if not 5 <= seq < 5 + lost:
            tape.say("G1", seq, gas_pct_lel=0)
        tape.tick()
        tape.now_ns += 58 * S
        tape.tick()
        if fill and seq == 20:
            for late in range(5, 5 + lost):
                tape.say("G1", late, gas_pct_lel=0, late_s=900)
    return tape


def told(tape: Tape, size: int = 1_000, *, restart: int = 0) -> list[Finding]:
    engine, found = Engine(configuration(TOWN)), []
    for number, bite in enumerate(bites(tape.frames, size)):
        if restart and number % restart == 0:
            blob = engine.snapshot()
            engine = Engine(configuration(TOWN))
            engine.restore(blob)
        found += [f for step in engine.feed(bite).steps for f in step.findings if f.kind is AlarmKind.DATA_MISSING]
    return found


def minutes(finding: Finding, tape: Tape) -> float:
    return (finding.time_ns - tape.frames[0].received_ns) / S / 60


def test_a_gap_that_stays_is_one_alarm_of_an_hour() -> None:
    tape = holes()
    onset, end = told(tape)
    assert (onset.device, onset.site, onset.transition, onset.level) == ("G1", "S1", "onset", 1)
    assert (end.transition, end.onset_ns) == ("end", onset.onset_ns)
    assert minutes(onset, tape) == pytest.approx(17, abs=1.5)
    assert minutes(end, tape) == pytest.approx(67, abs=1.5)


def test_a_gap_that_is_filled_ends_it() -> None:
    tape = holes(fill=True)
    onset, end = told(tape)
    assert minutes(end, tape) == pytest.approx(20, abs=1.5)
    assert end.level == 0
    assert onset.time_ns < end.time_ns


def test_many_missing_messages_are_level_two_at_once() -> None:
    tape = holes(lost=5)
    onset, end = told(tape)
    assert (onset.level, onset.limit) == (2, 5)
    assert onset.value == pytest.approx(100 * 5 / 60)
    assert minutes(onset, tape) == pytest.approx(10, abs=1.5)
    assert end.level == 0


@pytest.mark.parametrize("size", [1, 7, 50])
def test_gives_the_same_whatever_the_size_of_its_bites_and_however_often_it_starts_anew(size: int) -> None:
    tape = holes(fill=True, lost=5)
    assert told(tape, size, restart=3) == told(tape)
