"""The search for somebody who answers, as pure functions: which step is due, and when the next one is."""

from collections.abc import Callable
from dataclasses import replace
from typing import NamedTuple

from alerting.plan import Step, Table
from domain.duty import Escalation

_S_NS = 1_000_000_000


class Call(NamedTuple):
    """A step that begins now; its number counts on through the repetitions."""

    number: int
    step: Step


def begin(table: Table, alarm_id: str, occurrence: int, priority: int, now_ns: int) -> Escalation:
    """Start at the table's first step, which is due at once."""
    due_ns = now_ns if table.step else None
    return Escalation(alarm_id, occurrence, table.name, priority, began_ns=now_ns, due_ns=due_ns)


def proceed(table: Table, escalation: Escalation, now_ns: int, reach: Callable[[Call], bool]) -> Escalation:
    """Begin every step that is due.

    Steps that time has passed over, as during a stop of the service, are made up for in their order; missed repetitions
    are not. A step that reaches nobody counts, and the next one begins at once.

    Args:
        table: that the escalation follows.
        escalation: before.
        now_ns: log time.
        reach: calls the people of a step; tells whether there was anybody.

    Example:
        >>> table = Table(name="t", again_s=300, step=(Step(0, ("first",)), Step(60, ("second",))))
        >>> escalation = proceed(table, begin(table, "a", 1, 1, now_ns=0), 0, lambda call: call.step.to != ("first",))
        >>> escalation.step, escalation.nobody, escalation.due_ns // _S_NS
        (2, 1, 300)
    """
    hurry = False
    while escalation.due_ns is not None and (hurry or escalation.due_ns <= now_ns):
        number = escalation.step
        call = Call(number, table.step[min(number, len(table.step) - 1)])
        reached = reach(call)
        due_ns = _due_after(table, escalation, number, now_ns)
        nobody = escalation.nobody + (not reached)
        escalation = replace(escalation, step=number + 1, due_ns=due_ns, nobody=nobody)
        hurry = not reached and number + 1 < len(table.step)
    return escalation


def _due_after(table: Table, escalation: Escalation, number: int, now_ns: int) -> int | None:
    if number + 1 < len(table.step):
        return escalation.began_ns + table.step[number + 1].after_s * _S_NS
    if not table.again_s:
        return None
    again_ns = min(escalation.due_ns or now_ns, now_ns) + table.again_s * _S_NS
    return again_ns if again_ns > now_ns else now_ns + table.again_s * _S_NS


def stop(escalation: Escalation, why: str, now_ns: int) -> Escalation:
    """End it; its step is kept, in case that it is resumed."""
    return replace(escalation, due_ns=None, ended_ns=now_ns, why=why)


def resume(escalation: Escalation, table: Table, now_ns: int) -> Escalation:
    """Go on at the stored step, at once: the alarm was hidden and still asks for an answer."""
    more = escalation.step < len(table.step) or (table.again_s and table.step)
    return replace(escalation, due_ns=now_ns if more else None, ended_ns=None, why="")
