"""Closing a valve from the control room: two deliberate steps of one person, and no way to ask for anything else.

The local controller cuts off by itself; this is an additional request, and closing is the safe direction.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple, Protocol

import msgspec

from domain.asset import Device, Power
from domain.command import UNDER_WAY, Command, CommandState
from domain.errors import GasLifelineError
from domain.record import AuditEntry
from domain.rulebook import Rulebook


class No(StrEnum):
    """Why a request was not taken."""

    WORK = "work"
    OFFLINE = "offline"
    STALE = "stale"
    CLOSED = "closed"
    UNDER_WAY = "under_way"
    TOO_OFTEN = "too_often"
    NOT_YOURS = "not_yours"
    OVER = "over"
    UNKNOWN = "unknown"
    NO_BROKER = "no_broker"


WORDS: Mapping[No, tuple[str, str]] = {
    No.WORK: (
        "阀门检修中：请先结束检修，或由现场人员手动关阀",
        "somebody works on the valve under a permit: end that first, or have it closed by hand on site",
    ),
    No.OFFLINE: ("阀门离线：请现场手动关阀", "the valve is offline: close it by hand on site"),
    No.STALE: ("阀位不明：请现场手动关阀", "the valve's position is not known: close it by hand on site"),
    No.CLOSED: ("阀门已关", "the valve is closed already"),
    No.UNDER_WAY: ("该阀门已有关阀命令在执行", "a command to this valve is under way"),
    No.TOO_OFTEN: ("短时间内命令过多：请现场手动关阀", "too many commands in a short time: close it by hand on site"),
    No.NOT_YOURS: ("须由发起人本人确认", "only the person who asked may confirm or cancel"),
    No.OVER: ("确认时间已过，请重新发起", "the time to confirm is over: ask again"),
    No.UNKNOWN: ("没有该命令", "there is no such command"),
    No.NO_BROKER: ("命令未能发出：请现场手动关阀", "the command could not be sent: close it by hand on site"),
}
ON_SITE = frozenset({No.WORK, No.OFFLINE, No.STALE, No.TOO_OFTEN, No.NO_BROKER})
"""Only a person on site can close it now; while gas stands there, that is an alarm of its own."""


class CannotClose(GasLifelineError):  # noqa: N818 - the answer to a person, not a fault
    """The request was not taken; nothing was sent.

    Attributes:
        why: code of it.
    """

    def __init__(self, why: No) -> None:
        self.why = why
        super().__init__(" / ".join(WORDS[why]))


class Unit(Protocol):
    """What the desk needs of a transaction: `store.unit.Unit`."""

    def command(self, command_id: str) -> Command | None: ...
    def commands(self, device: str, since_ns: int) -> list[Command]: ...
    def save_command(self, command: Command) -> None: ...
    def audit(self, entry: AuditEntry) -> None: ...


class Valve(NamedTuple):
    """A valve as the person sees it when he presses.

    Attributes:
        device: of the register.
        online: as the broker knows it.
        interval_s: declared period of its reports.
        position: 1 open, 0 closed, 0.5 moving, None unknown.
        position_ns: when it was measured.
        urgent: a gas incident is open at its site.
        feeds: who has no gas when it is closed.
        worked_on: somebody works on it under a permit.
    """

    device: Device
    online: bool
    interval_s: float
    position: float | None
    position_ns: int
    urgent: bool
    feeds: str
    worked_on: bool = False


@dataclass(frozen=True, slots=True)
class ValveDesk:
    """Takes the two steps; what becomes of a command that was sent, `alerting.commands` reads from the log.

    Args:
        rulebook: its `valve_command` numbers and the closing times of `linkage_failed`.
    """

    rulebook: Rulebook

    def request(self, unit: Unit, valve: Valve, command_id: str, user: str, reason: str, now_ns: int) -> Command:  # noqa: PLR0917
        """Take the first step; a command that comes back refused says in `detail` why, and is kept for nobody."""
        command = Command(
            id=command_id,
            device=valve.device.id,
            site=valve.device.site,
            user=user,
            reason=reason,
            seen=msgspec.json.encode(_seen(valve)).decode(),
            urgent=valve.urgent,
            requested_ns=now_ns,
            confirm_by_ns=now_ns + self.rulebook.ns("valve_command.confirm"),
        )
        why = self._objection(unit, valve, now_ns)
        if why is not None:
            command = replace(command, state=CommandState.REFUSED, detail=why)
        self._keep(unit, command, f"close {command.state}", now_ns)
        return command

    def confirm(self, unit: Unit, command_id: str, user: str, power: Power, now_ns: int) -> Command:
        """Take the second step (CannotClose); whoever calls sends the command after this."""
        command = self._own(unit, command_id, user, now_ns)
        closing_s = "linkage_failed.mains" if power is Power.MAINS else "linkage_failed.battery"
        sent = replace(
            command,
            state=CommandState.SENT,
            sent_ns=now_ns,
            answer_by_ns=now_ns + self.rulebook.ns("valve_command.answer"),
            closed_by_ns=now_ns + self.rulebook.ns(closing_s),
        )
        self._keep(unit, sent, "close sent", now_ns)
        return sent

    def cancel(self, unit: Unit, command_id: str, user: str, now_ns: int) -> Command:
        """Take the first step back (CannotClose: it is not the person's, or over)."""
        cancelled = replace(self._own(unit, command_id, user, now_ns), state=CommandState.CANCELLED)
        self._keep(unit, cancelled, "close cancelled", now_ns)
        return cancelled

    def _own(self, unit: Unit, command_id: str, user: str, now_ns: int) -> Command:
        command = unit.command(command_id)
        if command is None:
            raise CannotClose(No.UNKNOWN)
        if command.user != user:
            raise CannotClose(No.NOT_YOURS)
        if command.state_at(now_ns) is not CommandState.REQUESTED:
            raise CannotClose(No.OVER)
        return command

    def _objection(self, unit: Unit, valve: Valve, now_ns: int) -> No | None:
        earlier = unit.commands(valve.device.id, now_ns - self.rulebook.ns("valve_command.window"))
        oldest_ns = now_ns - round(self.rulebook["valve_command.intervals"] * valve.interval_s * 1e9)
        if valve.worked_on:
            return No.WORK
        if not valve.online:
            return No.OFFLINE
        if valve.position is None or valve.position_ns < oldest_ns:
            return No.STALE
        if valve.position == 0:
            return No.CLOSED
        if any(command.state_at(now_ns) in UNDER_WAY for command in earlier):
            return No.UNDER_WAY
        sent = sum(bool(command.answer_by_ns) for command in earlier)
        return No.TOO_OFTEN if sent >= self.rulebook["valve_command.tries"] else None

    def _keep(self, unit: Unit, command: Command, action: str, now_ns: int) -> None:
        unit.save_command(command)
        told = f"{command.id} {command.state} {command.detail or command.reason}: {command.seen}"
        unit.audit(AuditEntry(now_ns, command.user, action, command.device, told))


def _seen(valve: Valve) -> dict[str, object]:
    return {
        "online": valve.online,
        "position": valve.position,
        "position_ns": valve.position_ns,
        "feeds": valve.feeds,
        "incident": valve.urgent,
    }


def wire(command: Command) -> bytes:
    """Write the message to the device; it obeys until `expires`, also where the broker knows of no expiry.

    Example:
        >>> wire(Command("c1", "V1", "S1", "li", "gas", "{}", False, 1, 2, sent_ns=10**9, answer_by_ns=11 * 10**9))
        b'{"command_id":"c1","command":"close","expires":11000,"reason":"gas"}'
    """
    expires_ms = command.answer_by_ns // 1_000_000
    body = {"command_id": command.id, "command": "close", "expires": expires_ms, "reason": command.reason}
    return msgspec.json.encode(body)
