"""What becomes of a close command that was sent: told by the log alone, so that a replay tells the same."""

from dataclasses import replace
from typing import NamedTuple

import msgspec

from domain.alarm import AlarmKind
from domain.command import Command, CommandState
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity
from domain.sample import Notice, Sample

_ANSWERED = frozenset({"accepted", "done", "refused"})
_OPEN = frozenset({CommandState.SENT, CommandState.ACCEPTED})


class _Standing(msgspec.Struct, frozen=True):
    device: str
    site: str
    onset_ns: int


class _State(msgspec.Struct, frozen=True):
    under_way: list[Command] = []
    standing: dict[str, _Standing] = {}


class _At(NamedTuple):
    log_ns: int
    position: int


class Commands:
    """Follows each command until the valve reports closed, refuses, or lets its time go by.

    - Nothing heard by `answer_by_ns`: expired.
    - Refused by the device: refused.
    - No good report of closed, measured after the command was sent, by `closed_by_ns`: failed. "Done" without that
      report is a statement, not a position.

    Each of the three raises `valve_close_failed` of the valve: level 2 (priority 1), but level 1 where the device
    refused and no gas incident was open. It ends with the next live, good report of closed. A command that never left,
    since the valve was offline while gas stood at its site, comes here refused and is told like the others.
    """

    def __init__(self) -> None:
        self._under_way: dict[str, Command] = {}
        self._standing: dict[str, _Standing] = {}
        self._changed: dict[str, Command] = {}
        self.awaited: set[str] = set()
        """Devices whose reports matter now."""

    def take(self, told: Command, log_ns: int, position: int) -> list[Finding]:
        """Follow the command of a `$log/command` frame from here on."""
        command = replace(told, position=position)
        if command.state is CommandState.SENT:
            self._keep(command)
            return []
        return self._end(command, command.state, command.detail, _At(log_ns, position))

    def hear(self, notice: Notice, log_ns: int, position: int) -> list[Finding]:
        """Take a device's answer."""
        name, _, detail = notice.detail.partition(" ")
        command = self._under_way.get(name)
        if command is None or notice.what not in _ANSWERED or command.device != notice.device:
            return []
        if notice.what == "refused":
            return self._end(command, CommandState.REFUSED, detail, _At(log_ns, position))
        self._keep(replace(command, state=CommandState.ACCEPTED, detail=detail or notice.what, position=position))
        return []

    def see(self, sample: Sample, position: int) -> list[Finding]:
        """Take a position of an awaited valve; only a good, live report of closed counts."""
        good = sample.quality.get(Quantity.VALVE_OPEN, Quality.GOOD) is Quality.GOOD
        if sample.values.get(Quantity.VALVE_OPEN) != 0 or not good or sample.late:
            return []
        for command in [c for c in self._under_way.values() if c.device == sample.device]:
            if sample.time_ns >= command.sent_ns:
                self._drop(replace(command, state=CommandState.CONFIRMED, position=position))
        standing = self._standing.get(sample.device)
        if standing is None or sample.time_ns < standing.onset_ns:
            return []
        del self._standing[sample.device]
        self._look()
        return [_finding(standing, Transition.END, 0, _At(sample.time_ns, position))]

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        """Let go by what is over at a tick."""
        findings: list[Finding] = []
        for command in list(self._under_way.values()):
            if command.state is CommandState.SENT and log_ns >= command.answer_by_ns:
                findings += self._end(command, CommandState.EXPIRED, "", _At(log_ns, position))
            elif log_ns >= command.closed_by_ns:
                findings += self._end(command, CommandState.FAILED, command.detail, _At(log_ns, position))
        return findings

    def changes(self) -> list[Command]:
        """Give the commands that changed since the last call, as they stand."""
        changed, self._changed = list(self._changed.values()), {}
        return changed

    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(_State(list(self._under_way.values()), self._standing))

    def restore(self, blob: bytes) -> None:
        """Go on from a snapshot (ValueError: of another schema)."""
        try:
            state = msgspec.msgpack.decode(blob, type=_State)
        except msgspec.MsgspecError as error:
            raise ValueError(f"no snapshot of the commands: {error}") from None
        self._under_way = {command.id: command for command in state.under_way}
        self._standing = dict(state.standing)
        self._look()

    def _keep(self, command: Command) -> None:
        self._under_way[command.id] = self._changed[command.id] = command
        self._look()

    def _drop(self, command: Command) -> None:
        self._under_way.pop(command.id, None)
        self._changed[command.id] = command
        self._look()

    def _look(self) -> None:
        self.awaited = {command.device for command in self._under_way.values()} | self._standing.keys()

    def _end(self, command: Command, state: CommandState, detail: str, at: _At) -> list[Finding]:
        self._drop(replace(command, state=state, detail=detail, position=at.position))
        transition = Transition.ESCALATE if command.device in self._standing else Transition.ONSET
        standing = self._standing.setdefault(command.device, _Standing(command.device, command.site, at.log_ns))
        self._look()
        level = 1 if state is CommandState.REFUSED and not command.urgent else 2
        return [_finding(standing, transition, level, at, f"command_{state}")]


def _finding(standing: _Standing, transition: Transition, level: int, at: _At, reason: str = "") -> Finding:
    return Finding(
        detector="commands",
        kind=AlarmKind.VALVE_CLOSE_FAILED,
        device=standing.device,
        site=standing.site,
        transition=transition,
        level=level,
        position=at.position,
        time_ns=at.log_ns,
        onset_ns=standing.onset_ns,
        reason=reason,
    )
