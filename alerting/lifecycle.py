"""The life cycle of an alarm after ISA-18.2, as one pure function.

Three things hold by construction, since they are settled in one place after every step: whoever becomes annunciated is
annunciated aloud; the re-alarm timer runs exactly while an active alarm is acknowledged and shown; and nothing that
reaches priority 1 stays hidden.
"""

from dataclasses import replace
from typing import assert_never

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
from domain.alarm import Cause, Condition, Definition, Life
from domain.errors import GasLifelineError
from domain.quality import MAY_RAISE, Quality

Effects = tuple[Effect | Refusal, ...]
Outcome = tuple[Life, Effects]

HOUR_NS = 3_600_000_000_000
LONGEST_SHELF_NS = 8 * HOUR_NS
"""One shift: a shelf never outlives the person who set it."""
LONGEST_SHELF_URGENT_NS = 2 * HOUR_NS
"""For what would come at priority 2 or worse."""
ASKS_AGAIN = 2
"""Worst priorities that a forgotten alarm asks again at; the others wait for the working day."""

REFUSALS: dict[Reason, tuple[str, str]] = {
    Reason.STALE: ("告警已变化", "the alarm has changed"),
    Reason.NOT_ANNUNCIATED: ("告警已变化：无需确认", "the alarm has changed: it asks for no answer"),
    Reason.SAFETY_CRITICAL: ("安全关键告警不可隐藏", "a safety-critical alarm is never hidden"),
    Reason.PRIORITY_ONE: ("一级告警持续中，不可隐藏", "an active alarm of priority 1 is not hidden"),
    Reason.UNANSWERED: ("请先确认一级告警", "acknowledge the alarm of priority 1 first"),
    Reason.TOO_LONG: ("搁置最长 8 小时（二级 2 小时）", "a shelf lasts at most 8 h (priority 2: 2 h)"),
    Reason.NO_END: ("结束时间必须在将来", "the end must lie in the future"),
    Reason.NO_PERMIT: ("需要作业票编号", "the number of the work permit is missing"),
    Reason.NO_REASON: ("需要填写原因或补偿措施", "the reason or compensating measure is missing"),
    Reason.NOT_SHELVED: ("未被搁置", "it is not shelved"),
    Reason.IN_SERVICE: ("未停用", "it is in service"),
    Reason.NOT_LATCHED: ("仅可复位已恢复、已确认的锁存告警", "only a latched, returned, acknowledged alarm is reset"),
    Reason.UNKNOWN: ("没有该告警", "there is no such alarm"),
}
"""What a person reads, Chinese and English."""


class Refused(GasLifelineError):  # noqa: N818 - the answer to a person, not a fault
    """An act that the life cycle does not allow.

    Attributes:
        reason: code.
        zh: for a person.
        en: for a person.
    """

    def __init__(self, reason: Reason) -> None:
        self.reason = reason
        self.zh, self.en = REFUSALS[reason]
        super().__init__(f"{self.zh} / {self.en}")


def step(definition: Definition, life: Life, event: Event) -> Outcome:
    """Apply one event.

    Args:
        definition: how alarms of this kind behave.
        life: before.
        event: what happened; its `now_ns` is log time.

    Returns:
        The life after it, and what was done in this order. A refusal stands alone and changes nothing.

    Example:
        >>> from domain.alarm import AlarmKind
        >>> definition = Definition(AlarmKind.GAS_HIGH, priorities=(2,), on_delay_ns=(0,), latching=True)
        >>> life, effects = step(definition, Life(), Observed(1, Quality.GOOD, now_ns=5))
        >>> life.letter.name, [str(effect) for effect in effects]
        ('ACTIVE_UNACKNOWLEDGED', ['raise', 'annunciate'])
        >>> step(definition, life, Shelve(until_ns=6, now_ns=5))[1]
        (<Effect.SHELVED: 'shelve'>,)

    References:
        [^1]: ANSI/ISA-18.2, Management of Alarm Systems for the Process Industries, state diagram (as OPC UA Part 9,
              annex E, gives it).
    """
    after, effects = _dispatch(definition, life, event)
    after = _run_realarm(definition, after, event.now_ns)
    fresh = after.occurrence != life.occurrence or not life.annunciated
    if after.annunciated and fresh:
        effects += (Effect.ANNUNCIATED,)
    return after, effects


def _dispatch(definition: Definition, life: Life, event: Event) -> Outcome:  # noqa: C901, PLR0911 - a table
    match event:
        case Observed():
            return _observe(definition, life, event)
        case Elapsed():
            return _elapse(definition, life, event.now_ns)
        case Acknowledge():
            return _acknowledge(life, event.occurrence)
        case Reset():
            return _reset(life)
        case Shelve():
            return _shelve(definition, life, event)
        case Unshelve():
            return _unshelve(life)
        case CauseOn():
            return _suppress(definition, life, event.name)
        case CauseOff():
            return _release(life, event.name)
        case TakeOut():
            return _take_out(definition, life, event)
        case PutBack():
            return _put_back(life)
        case _:
            assert_never(event)


def _run_realarm(definition: Definition, life: Life, now_ns: int) -> Life:
    wait_ns = definition.realarm_ns if definition.priority(life.level) <= ASKS_AGAIN else None
    if wait_ns is None or not life.active or not life.acknowledged or life.suppressed:
        return life if life.realarm_ns is None else replace(life, realarm_ns=None)
    return life if life.realarm_ns is not None else replace(life, realarm_ns=now_ns + wait_ns)


# ---------------------------------------------------------------- the condition


def _observe(definition: Definition, life: Life, event: Observed) -> Outcome:
    top = len(definition.priorities)
    level = top if event.quality is Quality.OVER_RANGE else min(event.level, top)
    seen = life if life.quality is event.quality else replace(life, quality=event.quality)
    if event.quality not in MAY_RAISE or (level == 0 and event.quality is not Quality.GOOD):
        return _distrust(seen, event.now_ns)
    if level == 0:
        return _clear(definition, seen, event.now_ns)
    if not life.active:
        return _pend(definition, seen, level, event.now_ns)
    return _sustain(definition, seen, level)


def _distrust(life: Life, now_ns: int) -> Outcome:
    """Bad data: neither there nor gone. What was going away is still there; what was coming waits."""
    if life.condition is Condition.PENDING_OFF:
        return replace(life, condition=Condition.ACTIVE, deadline_ns=None), (Effect.HELD,)
    if life.condition is Condition.PENDING_ON and life.deadline_ns is not None:
        remaining_ns = max(life.deadline_ns - now_ns, 0)
        return replace(life, deadline_ns=None, remaining_ns=remaining_ns), (Effect.SUSPENDED,)
    return life, ()


def _clear(definition: Definition, life: Life, now_ns: int) -> Outcome:
    if life.condition is Condition.PENDING_ON:
        idle = replace(life, condition=Condition.NORMAL, deadline_ns=None, remaining_ns=None, candidate=0)
        return idle, (Effect.FLEETING,)
    if life.condition is not Condition.ACTIVE:
        return life, ()
    if definition.off_delay_ns == 0:
        return _return(definition, life)
    deadline_ns = now_ns + definition.off_delay_ns
    return replace(life, condition=Condition.PENDING_OFF, deadline_ns=deadline_ns), (Effect.RETURNING,)


def _return(definition: Definition, life: Life) -> Outcome:
    latched = life.latched or definition.latching
    causes = tuple(replace(cause, untold=False) for cause in life.causes)
    back = replace(life, condition=Condition.NORMAL, deadline_ns=None, level=0, latched=latched, causes=causes)
    return back, (Effect.RETURNED, Effect.LATCHED) if latched else (Effect.RETURNED,)


def _pend(definition: Definition, life: Life, level: int, now_ns: int) -> Outcome:
    deadline_ns = now_ns + definition.on_delay_ns[min(level, len(definition.on_delay_ns)) - 1]
    if life.deadline_ns is not None:
        deadline_ns = min(deadline_ns, life.deadline_ns)
    elif life.remaining_ns is not None:
        deadline_ns = min(deadline_ns, now_ns + life.remaining_ns)
    if deadline_ns <= now_ns:
        return _raise(definition, life, level)
    effects: Effects = (Effect.PENDING,) if life.condition is Condition.NORMAL else ()
    if life.remaining_ns is not None:
        effects = (Effect.RESUMED,)
    pending = replace(life, condition=Condition.PENDING_ON, deadline_ns=deadline_ns, remaining_ns=None, candidate=level)
    return pending, effects


def _raise(definition: Definition, life: Life, level: int) -> Outcome:
    raised = replace(
        _over_range(life),
        condition=Condition.ACTIVE,
        deadline_ns=None,
        remaining_ns=None,
        candidate=0,
        level=level,
        acknowledged=False,
        occurrence=life.occurrence + 1,
    )
    return _hush(life, *_break(definition, raised, (Effect.RAISED,)))


def _sustain(definition: Definition, life: Life, level: int) -> Outcome:
    held: Effects = (Effect.HELD,) if life.condition is Condition.PENDING_OFF else ()
    active = replace(_over_range(life), condition=Condition.ACTIVE, deadline_ns=None)
    if level <= life.level:
        return active, held
    worse = replace(active, level=level, acknowledged=False, occurrence=life.occurrence + 1)
    if worse.shelf_until_ns is None:
        return _hush(life, *_break(definition, worse, (Effect.WORSENED,)))
    unshelved = replace(worse, shelf_until_ns=None)
    return _hush(life, *_break(definition, unshelved, (Effect.WORSENED, Effect.SHELF_BROKEN)))


def _over_range(life: Life) -> Life:
    """A catalytic sensor that drowns in gas reads zero: after an over-range only a person believes the zero."""
    return replace(life, latched=True) if life.quality is Quality.OVER_RANGE else life


def _break(definition: Definition, life: Life, effects: Effects) -> Outcome:
    """Priority 1 breaks through everything that hides it; a cause stays broken until it ends and begins again."""
    if definition.priority(life.level) > 1:
        return life, effects
    if life.shelf_until_ns is not None:
        effects += (Effect.SHELF_BROKEN,)
    if any(not cause.broken for cause in life.causes):
        effects += (Effect.SUPPRESSION_BROKEN,)
    if life.oos_until_ns is not None:
        effects += (Effect.PERMIT_BROKEN,)
    causes = tuple(Cause(cause.name, broken=True) for cause in life.causes)
    return replace(life, shelf_until_ns=None, causes=causes, oos_until_ns=None, permit_no=""), effects


def _hush(before: Life, life: Life, effects: Effects) -> Outcome:
    """What begins under a cause in force asks nobody: its end asks, if the alarm then still stands."""
    if not before.acknowledged or all(cause.broken for cause in life.causes):
        return life, effects
    causes = tuple(replace(cause, untold=not cause.broken) for cause in life.causes)
    return replace(life, causes=causes, acknowledged=True), effects


# ---------------------------------------------------------------- time


def next_due_ns(life: Life) -> int | None:
    """Give the earliest deadline of a life, None where it has none."""
    return min(
        (at for at in (life.deadline_ns, life.shelf_until_ns, life.oos_until_ns, life.realarm_ns) if at is not None),
        default=None,
    )


def _elapse(definition: Definition, life: Life, now_ns: int) -> Outcome:
    """Fire what is due, the oldest first, so that one late tick does exactly what timely ticks had done."""
    effects: Effects = ()
    while (due_ns := next_due_ns(life)) is not None and due_ns <= now_ns:
        life, more = _fire(definition, life, due_ns)
        life = _run_realarm(definition, life, due_ns)
        effects += more
    return life, effects


def _fire(definition: Definition, life: Life, due_ns: int) -> Outcome:
    if life.deadline_ns == due_ns:
        if life.condition is Condition.PENDING_ON:
            return _raise(definition, life, life.candidate)
        return _return(definition, life)
    if life.shelf_until_ns == due_ns:
        return replace(life, shelf_until_ns=None), (Effect.SHELF_ENDED,)
    if life.oos_until_ns == due_ns:
        return replace(life, oos_until_ns=None, permit_no=""), (Effect.PERMIT_ENDED,)
    again = replace(life, acknowledged=False, occurrence=life.occurrence + 1, realarm_ns=None)
    return again, (Effect.REALARMED,)


# ---------------------------------------------------------------- persons


def _acknowledge(life: Life, occurrence: int) -> Outcome:
    if occurrence != life.occurrence:
        return life, (Refusal(Reason.STALE),)
    if not life.annunciated:
        return life, (Refusal(Reason.NOT_ANNUNCIATED),)
    return replace(life, acknowledged=True), (Effect.ACKNOWLEDGED,)


def _reset(life: Life) -> Outcome:
    if not (life.latched and life.acknowledged and life.condition is Condition.NORMAL):
        return life, (Refusal(Reason.NOT_LATCHED),)
    return replace(life, latched=False), (Effect.RESET,)


def _shelve(definition: Definition, life: Life, event: Shelve) -> Outcome:
    priority = definition.priority(life.level)
    longest_ns = LONGEST_SHELF_NS if priority > ASKS_AGAIN else LONGEST_SHELF_URGENT_NS
    if definition.safety_critical:
        return life, (Refusal(Reason.SAFETY_CRITICAL),)
    if life.active and priority == 1:
        return life, (Refusal(Reason.PRIORITY_ONE),)
    if event.until_ns <= event.now_ns:
        return life, (Refusal(Reason.NO_END),)
    if event.until_ns - event.now_ns > longest_ns:
        return life, (Refusal(Reason.TOO_LONG),)
    return replace(life, shelf_until_ns=event.until_ns), (Effect.SHELVED,)


def _unshelve(life: Life) -> Outcome:
    if life.shelf_until_ns is None:
        return life, (Refusal(Reason.NOT_SHELVED),)
    return replace(life, shelf_until_ns=None), (Effect.UNSHELVED,)


def _suppress(definition: Definition, life: Life, name: str) -> Outcome:
    if definition.safety_critical:
        return life, (Refusal(Reason.SAFETY_CRITICAL),)
    if life.active and definition.priority(life.level) == 1:
        return life, (Refusal(Reason.PRIORITY_ONE),)
    if any(cause.name == name for cause in life.causes):
        return life, ()
    causes = tuple(sorted((*life.causes, Cause(name)), key=lambda cause: cause.name))
    return replace(life, causes=causes), (Effect.SUPPRESSED,)


def _release(life: Life, name: str) -> Outcome:
    causes = tuple(cause for cause in life.causes if cause.name != name)
    if causes == life.causes:
        return life, ()
    untold = any(cause.untold for cause in life.causes)
    if any(not cause.broken for cause in causes):
        causes = tuple(replace(cause, untold=untold and not cause.broken) for cause in causes)
        untold = False
    return replace(life, causes=causes, acknowledged=life.acknowledged and not untold), (Effect.RELEASED,)


def _take_out(definition: Definition, life: Life, event: TakeOut) -> Outcome:
    if definition.safety_critical:
        return life, (Refusal(Reason.SAFETY_CRITICAL),)
    if life.active and definition.priority(life.level) == 1 and not life.acknowledged:
        return life, (Refusal(Reason.UNANSWERED),)
    if not event.permit_no.strip():
        return life, (Refusal(Reason.NO_PERMIT),)
    if event.until_ns <= event.now_ns:
        return life, (Refusal(Reason.NO_END),)
    return replace(life, oos_until_ns=event.until_ns, permit_no=event.permit_no), (Effect.TAKEN_OUT,)


def _put_back(life: Life) -> Outcome:
    if life.oos_until_ns is None:
        return life, (Refusal(Reason.IN_SERVICE),)
    return replace(life, oos_until_ns=None, permit_no=""), (Effect.PUT_BACK,)
