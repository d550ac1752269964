"""Single rules of the life cycle that the search over all lives does not name: numbers, order, and over-range."""

from dataclasses import replace

import pytest

from alerting.events import (
    Acknowledge,
    CauseOff,
    CauseOn,
    Effect,
    Elapsed,
    Event,
    Observed,
    PutBack,
    Reason,
    Refusal,
    Reset,
    Shelve,
    TakeOut,
    Unshelve,
)
from alerting.lifecycle import HOUR_NS, REFUSALS, Effects, Refused, next_due_ns, step
from domain.alarm import AlarmKind, Cause, Condition, Definition, Life, StateLetter
from domain.quality import Quality

S = 1_000_000_000
GAS_LOW = Definition(AlarmKind.GAS_LOW, (3,), (0,))
GAS_HIGH = Definition(AlarmKind.GAS_HIGH, (2,), (0,), latching=True, safety_critical=True, realarm_ns=3600 * S)
PRESSURE = Definition(AlarmKind.PRESSURE_LOW, (3, 2, 1), (15 * S, 5 * S, 0), off_delay_ns=10 * S, realarm_ns=900 * S)


def play(definition: Definition, *events: Event, life: Life | None = None) -> tuple[Life, Effects]:
    """Apply events one after the other; give the last life and the effects of the last one."""
    life = life or Life()
    effects: Effects = ()
    for event in events:
        life, effects = step(definition, life, event)
    return life, effects


def seen(level: int, at_s: float, quality: Quality = Quality.GOOD) -> Observed:
    return Observed(level, quality, round(at_s * S))


def test_a_condition_must_last_before_it_is_an_alarm() -> None:
    life, effects = play(PRESSURE, seen(1, 0))
    assert (life.condition, life.deadline_ns, effects) == (Condition.PENDING_ON, 15 * S, (Effect.PENDING,))
    assert play(PRESSURE, Elapsed(15 * S - 1), life=life) == (life, ())
    life, effects = play(PRESSURE, Elapsed(15 * S), life=life)
    assert (life.letter, life.level, effects) == ("B", 1, (Effect.RAISED, Effect.ANNUNCIATED))


def test_a_condition_that_goes_before_it_is_sure_was_fleeting() -> None:
    life, effects = play(PRESSURE, seen(1, 0), seen(0, 14))
    assert (life, effects) == (Life(), (Effect.FLEETING,))


def test_a_worse_condition_shortens_the_wait_and_never_lengthens_it() -> None:
    assert play(PRESSURE, seen(1, 0), seen(2, 4))[0].deadline_ns == 9 * S
    assert play(PRESSURE, seen(1, 0), seen(2, 14))[0].deadline_ns == 15 * S
    life, effects = play(PRESSURE, seen(1, 0), seen(3, 4))
    assert (life.level, effects) == (3, (Effect.RAISED, Effect.ANNUNCIATED))


def test_bad_data_stop_the_clock_and_good_data_let_it_go_on() -> None:
    life, effects = play(PRESSURE, seen(1, 0), seen(1, 5, Quality.BAD))
    assert (life.deadline_ns, life.remaining_ns, effects) == (None, 10 * S, (Effect.SUSPENDED,))
    assert play(PRESSURE, seen(0, 6, Quality.IMMERSED), Elapsed(999 * S), life=life)[0].remaining_ns == 10 * S
    life, effects = play(PRESSURE, seen(1, 100), life=life)
    assert (life.deadline_ns, life.remaining_ns, effects) == (110 * S, None, (Effect.RESUMED,))


def test_bad_data_after_the_deadline_leave_nothing_to_wait_for() -> None:
    life, _ = play(PRESSURE, seen(1, 0), seen(1, 20, Quality.STALE))
    assert life.remaining_ns == 0
    assert play(PRESSURE, seen(1, 30), life=life)[0].active


def test_an_overdue_condition_is_raised_by_the_next_reading_too() -> None:
    assert play(PRESSURE, seen(1, 0), seen(1, 20))[0].active


def test_a_return_must_last_and_starts_anew_after_each_interruption() -> None:
    life, effects = play(PRESSURE, seen(3, 0), seen(0, 10))
    assert (life.condition, life.deadline_ns, effects) == (Condition.PENDING_OFF, 20 * S, (Effect.RETURNING,))
    assert play(PRESSURE, seen(0, 15), life=life)[0].deadline_ns == 20 * S
    for back in (seen(1, 15), seen(0, 15, Quality.BAD), seen(0, 15, Quality.UNCERTAIN)):
        held, effects = play(PRESSURE, back, life=life)
        assert (held.condition, held.deadline_ns, effects) == (Condition.ACTIVE, None, (Effect.HELD,))
        assert held.level == 3
    life, effects = play(PRESSURE, Elapsed(20 * S), life=life)
    assert (life.letter, life.level, effects) == ("D", 0, (Effect.RETURNED,))


def test_a_latched_alarm_goes_home_by_answer_and_reset() -> None:
    life, effects = play(GAS_HIGH, seen(1, 0), seen(0, 9))
    assert (life.letter, effects) == ("E", (Effect.RETURNED, Effect.LATCHED))
    assert play(GAS_HIGH, Reset(0), life=life)[1] == (Refusal(Reason.NOT_LATCHED),)
    life, effects = play(GAS_HIGH, Acknowledge(1, 0), life=life)
    assert (life.letter, effects) == ("F", (Effect.ACKNOWLEDGED,))
    life, effects = play(GAS_HIGH, Reset(0), life=life)
    assert (life.letter, effects) == ("A", (Effect.RESET,))


@pytest.mark.parametrize(
    "story",
    [
        pytest.param((seen(1, 0, Quality.OVER_RANGE),), id="raised by it"),
        pytest.param((seen(3, 0), seen(1, 1, Quality.OVER_RANGE)), id="reached while active"),
        pytest.param((seen(1, 0, Quality.OVER_RANGE), seen(1, 1)), id="and back within the range"),
    ],
)
def test_a_zero_after_over_range_waits_for_a_person(story: tuple[Event, ...]) -> None:
    life, _ = play(PRESSURE, *story)
    assert life.level == 3
    life, effects = play(PRESSURE, seen(0, 2), Elapsed(60 * S), life=life)
    assert (life.letter, effects) == ("E", (Effect.RETURNED, Effect.LATCHED))


def test_over_range_that_has_to_last_is_of_the_top_level_and_latches() -> None:
    slow = replace(PRESSURE, on_delay_ns=(15 * S,) * 3)
    life, _ = play(slow, seen(0, 0, Quality.OVER_RANGE), Elapsed(15 * S))
    assert (life.level, life.latched) == (3, True)


def test_a_level_beyond_the_definition_is_its_top_level() -> None:
    assert play(GAS_LOW, seen(4, 0))[0].level == 1


@pytest.mark.parametrize(
    ("definition", "level", "hours", "refusal"),
    [
        pytest.param(GAS_LOW, 1, 8, None, id="a shift at priority 3"),
        pytest.param(GAS_LOW, 0, 8, None, id="a shift for a normal alarm"),
        pytest.param(GAS_LOW, 1, 8.001, Reason.TOO_LONG, id="longer than a shift"),
        pytest.param(PRESSURE, 2, 2, None, id="two hours at priority 2"),
        pytest.param(PRESSURE, 2, 2.001, Reason.TOO_LONG, id="longer at priority 2"),
        pytest.param(PRESSURE, 3, 1, Reason.PRIORITY_ONE, id="active at priority 1"),
        pytest.param(GAS_HIGH, 0, 1, Reason.SAFETY_CRITICAL, id="safety-critical"),
        pytest.param(GAS_LOW, 1, 0, Reason.NO_END, id="without an end"),
    ],
)
def test_who_may_be_shelved_for_how_long(
    definition: Definition, level: int, hours: float, refusal: Reason | None
) -> None:
    life = Life(Condition.ACTIVE if level else Condition.NORMAL, level=level, acknowledged=not level, occurrence=1)
    shelved, effects = step(definition, life, Shelve(10 + round(hours * HOUR_NS), 10))
    if refusal is None:
        assert (shelved.letter, effects) == (StateLetter.SHELVED, (Effect.SHELVED,))
    else:
        assert (shelved, effects) == (life, (Refusal(refusal),))


def test_an_urgent_alarm_is_taken_out_only_after_an_answer_and_under_a_permit() -> None:
    life, _ = play(PRESSURE, seen(3, 0))
    assert play(PRESSURE, TakeOut(99, "7", 5), life=life)[1] == (Refusal(Reason.UNANSWERED),)
    life, _ = play(PRESSURE, Acknowledge(1, 0), life=life)
    assert play(PRESSURE, TakeOut(99, " ", 5), life=life)[1] == (Refusal(Reason.NO_PERMIT),)
    assert play(PRESSURE, TakeOut(5, "7", 5), life=life)[1] == (Refusal(Reason.NO_END),)
    assert play(GAS_HIGH, TakeOut(99, "7", 5))[1] == (Refusal(Reason.SAFETY_CRITICAL),)
    life, effects = play(PRESSURE, TakeOut(99, "7", 5), life=life)
    assert (life.letter, life.permit_no, effects) == ("I", "7", (Effect.TAKEN_OUT,))
    life, effects = play(PRESSURE, PutBack(6), life=life)
    assert (life.letter, life.permit_no, effects) == ("C", "", (Effect.PUT_BACK,))


def test_what_is_not_hidden_cannot_be_shown() -> None:
    assert play(GAS_LOW, Unshelve(0))[1] == (Refusal(Reason.NOT_SHELVED),)
    assert play(GAS_LOW, PutBack(0))[1] == (Refusal(Reason.IN_SERVICE),)
    assert play(GAS_LOW, CauseOff("valve", 0)) == (Life(), ())


def test_a_shelf_is_taken_away_and_the_alarm_asks_again() -> None:
    life, effects = play(GAS_LOW, seen(1, 0), Shelve(HOUR_NS, 0), Unshelve(1))
    assert (life.shelf_until_ns, life.letter, effects) == (None, "B", (Effect.UNSHELVED, Effect.ANNUNCIATED))


def test_what_worsens_asks_anew() -> None:
    life, effects = play(PRESSURE, seen(2, 0), Elapsed(5 * S), Acknowledge(1, 6 * S), seen(3, 7))
    assert (life.level, life.occurrence, life.letter) == (3, 2, "B")
    assert effects == (Effect.WORSENED, Effect.ANNUNCIATED)


def test_a_cause_counts_once_and_stays_broken_until_it_begins_again() -> None:
    life, effects = play(PRESSURE, CauseOn("valve", 0), CauseOn("pump", 0))
    assert (life.letter, effects) == ("H", (Effect.SUPPRESSED,))
    assert life.causes == (Cause("pump"), Cause("valve"))
    assert play(PRESSURE, CauseOn("valve", 0), life=life) == (life, ())
    life, effects = play(PRESSURE, seen(3, 0), life=life)
    assert (life.letter, effects) == ("B", (Effect.RAISED, Effect.SUPPRESSION_BROKEN, Effect.ANNUNCIATED))
    assert play(PRESSURE, CauseOn("tank", 0), life=life)[1] == (Refusal(Reason.PRIORITY_ONE),)
    assert play(GAS_HIGH, CauseOn("valve", 0))[1] == (Refusal(Reason.SAFETY_CRITICAL),)
    life, _ = play(PRESSURE, seen(0, 1), Elapsed(60 * S), Acknowledge(1, 0), life=life)
    assert life.letter == "A"
    again, _ = play(PRESSURE, CauseOff("valve", 0), CauseOn("valve", 0), life=life)
    assert again.causes == (Cause("pump", broken=True), Cause("valve"))
    assert again.letter == "H"


def test_what_begins_under_a_cause_asks_when_the_cause_ends_and_only_if_it_still_stands() -> None:
    hidden, effects = play(GAS_LOW, CauseOn("away", 0), seen(1, 1))
    assert (hidden.letter, hidden.acknowledged, effects) == ("H", True, (Effect.RAISED,))
    life, effects = play(GAS_LOW, CauseOff("away", 2), life=hidden)
    assert (life.letter, effects) == ("B", (Effect.RELEASED, Effect.ANNUNCIATED))
    life, effects = play(GAS_LOW, seen(0, 2), CauseOff("away", 3), life=hidden)
    assert (life, effects) == (Life(occurrence=1), (Effect.RELEASED,))


def test_what_began_under_one_cause_asks_when_the_last_cause_ends() -> None:
    life, effects = play(GAS_LOW, CauseOn("away", 0), seen(1, 1), CauseOn("cut", 2), CauseOff("away", 3))
    assert (life.letter, effects) == ("H", (Effect.RELEASED,))
    assert play(GAS_LOW, CauseOff("cut", 4), life=life)[0].letter == "B"


def test_an_answer_outlives_a_cause_that_came_later() -> None:
    life, _ = play(GAS_LOW, seen(1, 0), Acknowledge(1, 1), CauseOn("away", 2), CauseOff("away", 3))
    assert life.letter == "C"


def test_urgent_breaks_everything_at_once() -> None:
    hidden, _ = play(
        PRESSURE, CauseOn("valve", 0), TakeOut(99 * S, "7", 0), Shelve(99 * S, 0), seen(1, 0), Elapsed(15 * S)
    )
    assert hidden.letter == "I"
    assert play(PRESSURE, seen(2, 20), life=hidden)[1] == (Effect.WORSENED, Effect.SHELF_BROKEN)
    life, effects = play(PRESSURE, seen(3, 20), life=hidden)
    assert life.letter == "B"
    assert effects == (
        Effect.WORSENED,
        Effect.SHELF_BROKEN,
        Effect.SUPPRESSION_BROKEN,
        Effect.PERMIT_BROKEN,
        Effect.ANNUNCIATED,
    )


def test_a_raise_breaks_a_shelf_only_when_it_is_urgent() -> None:
    assert play(PRESSURE, Shelve(99 * S, 0), seen(1, 0), Elapsed(15 * S))[0].letter == "G"
    life, effects = play(PRESSURE, Shelve(99 * S, 0), seen(3, 0))
    assert (life.letter, effects) == ("B", (Effect.RAISED, Effect.SHELF_BROKEN, Effect.ANNUNCIATED))


def test_a_forgotten_alarm_asks_again() -> None:
    life, _ = play(PRESSURE, seen(3, 0), Acknowledge(1, 100 * S))
    assert life.realarm_ns == 1000 * S
    life, effects = play(PRESSURE, Elapsed(1000 * S), life=life)
    assert (life.letter, life.occurrence, effects) == ("B", 2, (Effect.REALARMED, Effect.ANNUNCIATED))
    assert life.realarm_ns is None


def test_an_alarm_of_priority_3_does_not_ask_again() -> None:
    assert play(PRESSURE, seen(1, 0), Elapsed(15 * S), Acknowledge(1, 20 * S))[0].realarm_ns is None
    assert play(GAS_LOW, seen(1, 0), Acknowledge(1, 20 * S))[0].realarm_ns is None


def test_the_wait_for_asking_again_stands_still_while_it_is_hidden() -> None:
    life, _ = play(PRESSURE, seen(2, 0), Elapsed(15 * S), Acknowledge(1, 20 * S), Shelve(100 * S, 20 * S))
    assert life.realarm_ns is None
    life, effects = play(PRESSURE, Elapsed(100 * S), life=life)
    assert (life.letter, life.realarm_ns, effects) == ("C", 1000 * S, (Effect.SHELF_ENDED,))


def test_a_shelf_and_a_permit_that_end_in_the_same_second_annunciate_once() -> None:
    life, _ = play(PRESSURE, TakeOut(30 * S, "7", 0), Shelve(30 * S, 0), seen(2, 0), Elapsed(15 * S))
    assert play(PRESSURE, Elapsed(30 * S), life=life)[1] == (
        Effect.SHELF_ENDED,
        Effect.PERMIT_ENDED,
        Effect.ANNUNCIATED,
    )


def test_an_answer_is_for_the_occurrence_that_was_shown() -> None:
    life, _ = play(PRESSURE, seen(3, 0))
    assert play(PRESSURE, Acknowledge(0, 0), life=life)[1] == (Refusal(Reason.STALE),)
    life, _ = play(PRESSURE, Acknowledge(1, 0), life=life)
    assert play(PRESSURE, Acknowledge(1, 0), life=life)[1] == (Refusal(Reason.NOT_ANNUNCIATED),)


def test_the_next_deadline_is_the_earliest() -> None:
    assert next_due_ns(Life()) is None
    assert next_due_ns(Life(deadline_ns=9, shelf_until_ns=5, oos_until_ns=7, realarm_ns=8)) == 5


@pytest.mark.parametrize("reason", Reason)
def test_every_refusal_is_told_in_both_languages(reason: Reason) -> None:
    refused = Refused(reason)
    assert (refused.reason, refused.zh, refused.en) == (reason, *REFUSALS[reason])
    assert str(refused) == f"{refused.zh} / {refused.en}"
