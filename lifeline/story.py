"""How an alarm looks from outside, from its raise to its end: a fold over the journal and over what people did.

An alarm's row lives for ever; outside, every raise begins an alarm of its own, named after the row and its occurrence.
Worsening and re-alarm belong to it, what follows after the next raise does not. Everything here is a function of
journal and steps, so that the same lines give the same records, whenever the connector runs.
"""

from collections.abc import Iterable
from dataclasses import dataclass, replace
from typing import Literal

from alerting.events import Effect
from domain.alarm import StateLetter
from domain.handling import HandlingStep, Result, StepKind
from domain.record import JournalEntry
from lifeline.records import AlarmState

Flag = Literal["", "shelved", "suppressed", "out_of_service"]

_FLAGS: dict[StateLetter, Flag] = {
    StateLetter.SHELVED: "shelved",
    StateLetter.SUPPRESSED_BY_DESIGN: "suppressed",
    StateLetter.OUT_OF_SERVICE: "out_of_service",
}
_ASKS = frozenset({Effect.RAISED, Effect.WORSENED, Effect.REALARMED})
_OVER = frozenset({Effect.RETURNED, Effect.LATCHED})
_RELEASE = frozenset({Result.LEAK, Result.BIOGAS})
"""Results that say: there was gas."""


@dataclass(frozen=True, slots=True)
class Story:
    """One alarm so far.

    Attributes:
        alarm_id: outside: row and occurrence of the raise.
        entry: the last line of the journal.
        first_ns: of the raise.
        last_ns: of the last line or step.
        condition: as the instruments and the desk have it.
        flag: why nobody is called.
        handled: a step beyond the acknowledgement was taken.
        result: of the close; "" before it.
    """

    alarm_id: str
    entry: JournalEntry
    first_ns: int
    last_ns: int
    condition: Literal["new", "ack", "cleared"] = "new"
    flag: Flag = ""
    handled: bool = False
    result: str = ""

    @property
    def state(self) -> AlarmState:
        """The outward state; what is further on wins."""
        if self.result:
            return "closed" if self.result in _RELEASE else "false"
        if self.condition == "cleared":
            return "cleared"
        return "handling" if self.handled else self.condition

    @property
    def stands(self) -> bool:
        """Whether the instruments still say so, whatever people did about it."""
        return self.condition != "cleared"

    def turns(self, other: "Story | None") -> bool:
        """Tell whether somebody who hears of states alone sees a difference: it begins, worsens, rings again, ends."""
        return other is None or _state(self) != _state(other)

    def differs(self, other: "Story | None") -> bool:
        """Tell whether somebody outside sees a difference."""
        return other is None or _seen(self) != _seen(other)


def tell(lines: Iterable[JournalEntry]) -> Story | None:
    """Fold lines of one alarm's journal; None where none of them raises it."""
    story: Story | None = None
    for line in lines:
        story = follow(story, line)
    return story


def follow(story: Story | None, line: JournalEntry) -> Story | None:
    """Go on by one line."""
    if line.event == Effect.RAISED:
        story = Story(f"{line.alarm_id}-{line.occurrence}", line, line.time_ns, line.time_ns)
    if story is None:
        return None
    entry = line if line.incident_id else replace(line, incident_id=story.entry.incident_id)
    last_ns = max(story.last_ns, line.time_ns)
    return replace(
        story, entry=entry, last_ns=last_ns, condition=_condition(story, line), flag=_FLAGS.get(line.after, "")
    )


def handle(story: Story, step: HandlingStep) -> Story:
    """Go on by a step of a person."""
    last_ns = max(story.last_ns, step.time_ns)
    if step.kind is StepKind.CLOSE:
        return replace(story, last_ns=last_ns, result=step.result, handled=True)
    return replace(story, last_ns=last_ns, handled=story.handled or step.kind is not StepKind.ACKNOWLEDGE)


def _condition(story: Story, line: JournalEntry) -> Literal["new", "ack", "cleared"]:
    match line.after:
        case StateLetter.ACTIVE_UNACKNOWLEDGED:
            return "new"
        case StateLetter.ACTIVE_ACKNOWLEDGED:
            return "ack"
        case StateLetter.SHELVED | StateLetter.SUPPRESSED_BY_DESIGN | StateLetter.OUT_OF_SERVICE:
            if line.event in _OVER:
                return "cleared"
            if line.event in _ASKS:
                return "new"
            acknowledges = line.event == Effect.ACKNOWLEDGED and story.condition == "new"
            return "ack" if acknowledges else story.condition
        case _:
            return "cleared"


def _state(story: Story) -> tuple[object, ...]:
    return story.alarm_id, story.stands, story.entry.occurrence, story.entry.level


def _seen(story: Story) -> tuple[object, ...]:
    entry = story.entry
    return story.alarm_id, story.state, story.flag, entry.priority, entry.level, entry.value, entry.limit
