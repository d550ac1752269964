"""A request to close a valve, from the first press of the button to the valve's own report of closed.

There is no other command: nothing in this system asks a valve for anything but to close.
"""

from dataclasses import dataclass
from enum import StrEnum


class CommandState(StrEnum):
    """How far it went."""

    REQUESTED = "requested"
    """Shown to the person, who has a few seconds to confirm."""
    CANCELLED = "cancelled"
    SENT = "sent"
    ACCEPTED = "accepted"
    """The device says that it will; a statement is not a position."""
    CONFIRMED = "confirmed"
    """The valve reports closed, measured after the command was sent."""
    REFUSED = "refused"
    EXPIRED = "expired"
    """No answer at all."""
    FAILED = "failed"
    """No report of closed in time."""


UNDER_WAY = frozenset({CommandState.REQUESTED, CommandState.SENT, CommandState.ACCEPTED})


@dataclass(frozen=True, slots=True)
class Command:
    """One request to close one valve; it never comes back to life.

    Attributes:
        id: also travels to the device, which obeys each id once.
        user: who pressed, and must confirm.
        reason: in the person's words.
        seen: what the person was shown when he pressed, as JSON: position, its age, what lies behind the valve.
        urgent: a gas incident was open at the site; a refusal is of priority 1 then.
        requested_ns: wall clock.
        confirm_by_ns: until then it waits for the second step.
        sent_ns: 0 before.
        answer_by_ns: log time until which the device must have said anything.
        closed_by_ns: log time until which it must report closed.
        detail: the device's words, or why it came to an end.
        position: in the frame log, of what changed it last; 0 while it is between persons.
    """

    id: str
    device: str
    site: str
    user: str
    reason: str
    seen: str
    urgent: bool
    requested_ns: int
    confirm_by_ns: int
    state: CommandState = CommandState.REQUESTED
    sent_ns: int = 0
    answer_by_ns: int = 0
    closed_by_ns: int = 0
    detail: str = ""
    position: int = 0

    def state_at(self, now_ns: int) -> CommandState:
        """Give the state as a person sees it: what nobody confirmed in time is cancelled, without anybody's doing."""
        late = self.state is CommandState.REQUESTED and now_ns > self.confirm_by_ns
        return CommandState.CANCELLED if late else self.state
