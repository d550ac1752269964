"""Every reachable life of every sort of definition, and a check on each transition out of it.

Time is made finite: ticks are small integers and every life is shifted so that now is 0; the occurrence is reset to 1.
Measured: 27 594 lives and 524 286 transitions of 72 definitions.
"""

from collections import deque
from collections.abc import Callable
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
    Refusal,
    Reset,
    Shelve,
    TakeOut,
    Unshelve,
)
from alerting.lifecycle import Outcome, step
from domain.alarm import AlarmKind, Cause, Condition, Definition, Life, StateLetter
from domain.quality import Quality

pytestmark = pytest.mark.untraced
Step = Callable[[Definition, Life, Event], Outcome]

GOOD, UNCERTAIN, OVER, BAD = Quality.GOOD, Quality.UNCERTAIN, Quality.OVER_RANGE, Quality.BAD
DEFINITIONS = [
    Definition(AlarmKind.GAS_LOW, priorities, on_delay, off_delay, latching, critical, realarm_ns=2)
    for priorities in ((1, 1), (2, 1), (3, 2))
    for on_delay in ((0, 0), (2, 0), (2, 2))
    for off_delay in (0, 2)
    for latching in (False, True)
    for critical in (False, True)
]
SAMPLES: list[Event] = [
    *(Observed(level, quality, now_ns=0) for quality in (GOOD, UNCERTAIN) for level in (0, 1, 2)),
    Observed(0, OVER, now_ns=0),
    Observed(2, BAD, now_ns=0),
]
PERSONS: list[Event] = [
    Acknowledge(1, 0),
    Acknowledge(0, 0),
    Reset(0),
    Shelve(2, 0),
    Unshelve(0),
    TakeOut(2, "permit 7", 0),
    PutBack(0),
]
EVENTS: list[Event] = [*SAMPLES, *PERSONS, CauseOn("valve", 0), CauseOff("valve", 0), Elapsed(1), Elapsed(5)]
HIDING = (Shelve, Unshelve, TakeOut, PutBack, CauseOn, CauseOff)
HOME: list[Event] = [CauseOff("valve", 0), PutBack(0), Unshelve(0), Observed(0, GOOD, 0), Elapsed(9), Reset(9)]


def shift(life: Life, ticks: int) -> Life:
    """Move now to 0 and the occurrence to 1, and forget qualities that nothing depends on."""
    pending = life.condition is Condition.PENDING_ON
    quality = life.quality if pending and life.quality is OVER else GOOD
    if not ticks:
        same = life.occurrence == 1 and life.quality is quality
        return life if same else replace(life, occurrence=1, quality=quality)
    return replace(
        life,
        occurrence=1,
        quality=quality,
        deadline_ns=earlier(life.deadline_ns, ticks),
        shelf_until_ns=earlier(life.shelf_until_ns, ticks),
        oos_until_ns=earlier(life.oos_until_ns, ticks),
        realarm_ns=earlier(life.realarm_ns, ticks),
    )


def earlier(at: int | None, ticks: int) -> int | None:
    return None if at is None else at - ticks


def is_urgent(definition: Definition, life: Life) -> bool:
    return life.active and definition.priority(life.level) == 1


def check_shown(definition: Definition, before: Life, after: Life, effects: tuple[Effect | Refusal, ...]) -> None:
    assert not after.active or after.letter not in "ADEF", "I1"
    if after.annunciated and (not before.annunciated or after.occurrence != before.occurrence):
        assert Effect.ANNUNCIATED in effects, "I2, I10"
    assert after.annunciated or Effect.ANNUNCIATED not in effects, "I2"
    assert not (definition.safety_critical and after.suppressed), "I8"
    urgent = is_urgent(definition, after)
    if urgent and not is_urgent(definition, before):
        assert after.annunciated, "I17"
    assert not (urgent and not after.acknowledged and after.suppressed), "I18"
    assert after.oos_until_ns is None or after.permit_no, "I7"


def check_answered(before: Life, event: Event, after: Life) -> None:
    if after.acknowledged and not before.acknowledged:
        assert isinstance(event, Acknowledge), "I3"
        assert event.occurrence == before.occurrence, "I15"
    if isinstance(event, Acknowledge):
        assert (after.active, after.level, after.suppressed) == (before.active, before.level, before.suppressed), "I9"
        assert not after.active or after.letter in "BCGHI", "I9"
    if after.level > before.level:
        assert not after.acknowledged or (is_untold(after) and before.acknowledged), "I6"
        assert after.occurrence == before.occurrence + 1, "I6"
        assert not before.active or after.shelf_until_ns is None, "I6"
    if isinstance(event, CauseOff) and is_untold(before):
        assert after.acknowledged is (not before.active or is_untold(after)), "what began under a cause is asked for"
    elif isinstance(event, HIDING):
        assert (after.acknowledged, after.occurrence, after.active, after.level, after.latched) == (
            before.acknowledged,
            before.occurrence,
            before.active,
            before.level,
            before.latched,
        ), "I14"


def is_untold(life: Life) -> bool:
    return any(cause.untold and not cause.broken for cause in life.causes)


def check_cleared(definition: Definition, before: Life, event: Event, after: Life) -> None:
    if before.latched and not after.latched:
        assert isinstance(event, Reset), "I4"
        assert before.acknowledged, "I4"
        assert before.condition is Condition.NORMAL, "I4"
    returned = before.active and not after.active
    assert not returned or after.latched or not definition.latching, "I19"
    if isinstance(event, Observed) and is_doubtful(event):
        assert after.active == before.active, "I5"
        assert after.level == before.level, "I5"
        assert after.condition is not Condition.PENDING_OFF, "I5"
        assert after.condition is not Condition.PENDING_ON or after.deadline_ns is None, "I5"
    if isinstance(event, Observed) and event.quality is GOOD and event.level == 0 and before.condition in "PA":
        assert after.condition is not before.condition, "good zeros clear"


def is_doubtful(event: Observed) -> bool:
    return event.quality is BAD or (event.quality is UNCERTAIN and event.level == 0)


def check_hidden(definition: Definition, before: Life, event: Event, after: Life) -> None:
    """Table of who may hide what."""
    if isinstance(event, Shelve | CauseOn) and is_urgent(definition, before):
        assert (after.shelf_until_ns, after.causes) == (before.shelf_until_ns, before.causes), "urgent is not hidden"
    if isinstance(event, TakeOut) and is_urgent(definition, before) and not before.acknowledged:
        assert after.oos_until_ns == before.oos_until_ns, "answer first"
    became_urgent = is_urgent(definition, after) and after.occurrence != before.occurrence
    if became_urgent and after.level > before.level:
        assert after.causes in ((), (Cause("valve", broken=True),)), "broken until it begins again"
        assert after.oos_until_ns is None, "a new permit is needed"


def check_again(step: Step, definition: Definition, before: Life, event: Event, after: Life) -> None:
    if isinstance(event, Observed) and after is not before:
        assert step(definition, after, event) == (after, ()), "I11"
    if isinstance(event, Observed) and event.quality is UNCERTAIN and event.level:
        good = step(definition, before, replace(event, quality=GOOD))[0]
        assert replace(after, quality=GOOD) == good, "I20"
    if isinstance(event, Elapsed):
        later = step(definition, after, Elapsed(9))[0]
        assert later.shelf_until_ns is None, "I13"
        assert later.oos_until_ns is None, "I13"


def check_home(step: Step, definition: Definition, life: Life) -> None:
    for event in HOME:
        life, _ = step(definition, life, event)
    life, _ = step(definition, life, Acknowledge(life.occurrence, 9))
    life, _ = step(definition, life, Reset(9))
    assert life.letter is StateLetter.NORMAL, "I12"


def check_late(step: Step, definition: Definition, life: Life) -> None:
    late, _ = step(definition, life, Elapsed(5))
    if late is life:
        return
    for now in range(1, 6):
        life, _ = step(definition, life, Elapsed(now))
    assert life == late, "one late tick is like timely ones"


def check_refused(before: Life, after: Life, effects: tuple[Effect | Refusal, ...]) -> None:
    if any(isinstance(effect, Refusal) for effect in effects):
        assert after == before, "a refusal changes nothing"
        assert len(effects) == 1, "a refusal stands alone"
    elif after.letter != before.letter or after.occurrence != before.occurrence:
        assert effects, "nothing changes in silence"


def search(step: Step, definition: Definition) -> tuple[int, int]:
    """Walk breadth first through all reachable lives; give the numbers of lives and transitions."""
    start = replace(Life(), occurrence=1)
    seen, queue, transitions = {start}, deque([start]), 0
    while queue:
        before = queue.popleft()
        check_home(step, definition, before)
        check_late(step, definition, before)
        for event in EVENTS:
            after, effects = step(definition, before, event)
            transitions += 1
            check_shown(definition, before, after, effects)
            check_answered(before, event, after)
            check_cleared(definition, before, event, after)
            check_hidden(definition, before, event, after)
            check_again(step, definition, before, event, after)
            check_refused(before, after, effects)
            life = before if after is before and not event.now_ns else shift(after, event.now_ns)
            if life not in seen:
                seen.add(life)
                queue.append(life)
    return len(seen), transitions


def search_all(step: Step) -> None:
    for definition in DEFINITIONS:
        search(step, definition)


@pytest.mark.parametrize("priorities", [(1, 1), (2, 1), (3, 2)], ids=["urgent", "urgent when worse", "never urgent"])
@pytest.mark.parametrize("on_delay", [(0, 0), (2, 0), (2, 2)], ids=["at once", "worse at once", "delayed"])
def test_every_reachable_life_keeps_every_promise(priorities: tuple[int, int], on_delay: tuple[int, int]) -> None:
    sorts = [one for one in DEFINITIONS if (one.priorities, one.on_delay_ns) == (priorities, on_delay)]
    lives, transitions = map(sum, zip(*(search(step, definition) for definition in sorts), strict=True))
    print(f"{lives} lives, {transitions} transitions")  # noqa: T201 - `pytest -s` shows the size of the proof
    assert len(sorts) == 8
    assert lives > 500


# ---------------------------------------------------------------- seeded faults: each must be caught


def sees(change: Callable[[Observed], Observed]) -> Step:
    """Distort what the life cycle sees."""
    return lambda definition, life, event: step(
        definition, life, change(event) if isinstance(event, Observed) else event
    )


def does(change: Callable[[Definition, Life, Event, Life], Life]) -> Step:
    """Distort what it leaves behind."""

    def faulty(definition: Definition, life: Life, event: Event) -> Outcome:
        after, effects = step(definition, life, event)
        return change(definition, life, event, after), effects

    return faulty


def silent(name: Effect) -> Step:
    """Leave out the call for an answer where the step did `name`."""

    def faulty(definition: Definition, life: Life, event: Event) -> Outcome:
        after, effects = step(definition, life, event)
        return after, tuple(e for e in effects if e is not Effect.ANNUNCIATED) if name in effects else effects

    return faulty


def hides(kind: type[Event], **regions: object) -> Step:
    """Let an act through that may be forbidden."""

    def faulty(definition: Definition, life: Life, event: Event) -> Outcome:
        after, effects = step(definition, life, event)
        if isinstance(event, kind) and any(isinstance(effect, Refusal) for effect in effects):
            return replace(after, **regions), (Effect.SHELVED,)  # type: ignore[arg-type]
        return after, effects

    return faulty


def keeps(name: Effect, *regions: str) -> Step:
    """Keep regions as they were where the step did `name`."""

    def faulty(definition: Definition, life: Life, event: Event) -> Outcome:
        after, effects = step(definition, life, event)
        if name not in effects:
            return after, effects
        return replace(after, **{region: getattr(life, region) for region in regions}), effects

    return faulty


def only_safety_critical(fault: Step) -> Step:
    return lambda definition, life, event: (fault if definition.safety_critical else step)(definition, life, event)


def never_ends(region: str) -> Step:
    """Forget that a shelf or a permit ends."""

    def faulty(definition: Definition, life: Life, event: Event) -> Outcome:
        if isinstance(event, Elapsed) and (at := getattr(life, region)) is not None:
            life = replace(life, **{region: at + 100})
        return step(definition, life, event)

    return faulty


def counts_on(definition: Definition, life: Life, event: Event) -> Outcome:
    if isinstance(event, Observed) and event.quality is BAD and life.condition is Condition.PENDING_OFF:
        return life, ()
    return step(definition, life, event)


def forgets_the_latch(definition: Definition, life: Life, event: Event) -> Outcome:
    return step(replace(definition, latching=False), life, event)


def resets_while_active(definition: Definition, life: Life, event: Event) -> Outcome:
    if isinstance(event, Reset) and life.latched and life.acknowledged:
        return replace(life, latched=False), (Effect.RESET,)
    return step(definition, life, event)


def takes_any_answer(definition: Definition, life: Life, event: Event) -> Outcome:
    return step(definition, life, Acknowledge(life.occurrence, 0) if isinstance(event, Acknowledge) else event)


def as_good(event: Observed) -> Observed:
    return replace(event, quality=GOOD)


FAULTS: dict[str, Step] = {
    "bad data clear": sees(lambda e: Observed(0, GOOD, e.now_ns) if e.quality is BAD else e),
    "an uncertain zero clears": sees(lambda e: as_good(e) if e.quality is UNCERTAIN and not e.level else e),
    "uncertain data cannot raise": sees(lambda e: replace(e, quality=BAD) if e.quality is UNCERTAIN else e),
    "bad data do not stop the way home": counts_on,
    "a good zero does not clear": sees(lambda e: replace(e, quality=UNCERTAIN) if not e.level else e),
    "a shelf acknowledges": does(lambda _d, _b, e, a: replace(a, acknowledged=True) if isinstance(e, Shelve) else a),
    "the end of a shelf is silent": silent(Effect.SHELF_ENDED),
    "the end of a permit is silent": silent(Effect.PERMIT_ENDED),
    "the end of a cause is silent": silent(Effect.RELEASED),
    "a raise is silent": silent(Effect.RAISED),
    "a re-alarm is silent": silent(Effect.REALARMED),
    "worsening keeps the acknowledgement": keeps(Effect.WORSENED, "acknowledged"),
    "worsening keeps the shelf": keeps(Effect.SHELF_BROKEN, "shelf_until_ns"),
    "worsening keeps the occurrence": keeps(Effect.WORSENED, "occurrence"),
    "a return acknowledges": does(lambda _d, b, _e, a: replace(a, acknowledged=True) if b.active > a.active else a),
    "a return forgets the latch": forgets_the_latch,
    "a reset while active": resets_while_active,
    "a safety-critical alarm is shelved": only_safety_critical(hides(Shelve, shelf_until_ns=2)),
    "a safety-critical alarm is suppressed": only_safety_critical(hides(CauseOn, causes=(Cause("valve"),))),
    "a safety-critical alarm is taken out": only_safety_critical(hides(TakeOut, oos_until_ns=2, permit_no="7")),
    "an answer makes it normal": does(
        lambda _d, _b, e, a: replace(a, condition=Condition.NORMAL) if isinstance(e, Acknowledge) else a
    ),
    "a stale answer counts": takes_any_answer,
    "a shelf never ends": never_ends("shelf_until_ns"),
    "a permit never ends": never_ends("oos_until_ns"),
    "urgent keeps its cause": keeps(Effect.SUPPRESSION_BROKEN, "causes"),
    "urgent keeps its permit": keeps(Effect.PERMIT_BROKEN, "oos_until_ns", "permit_no"),
    "an active urgent alarm is shelved": hides(Shelve, shelf_until_ns=2),
    "an unanswered urgent alarm is taken out": hides(TakeOut, oos_until_ns=2, permit_no="7"),
    "an active urgent alarm is suppressed": hides(CauseOn, causes=(Cause("valve"),)),
}


@pytest.mark.parametrize("fault", FAULTS.values(), ids=FAULTS)
def test_a_seeded_fault_is_caught(fault: Step) -> None:
    with pytest.raises(AssertionError):
        search_all(fault)
