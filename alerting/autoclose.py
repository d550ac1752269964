"""The rule that asks a site's valves to close by itself, where the registry enables it. It closes and nothing else.

It only wishes, as a function of the log; whoever carries a wish out puts the command into the log, and the rule counts
what it reads there: after a crash or a backlog it wishes again what did not happen, and never twice what did.
"""

import hashlib
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple

import msgspec

from alerting.valves import Valve
from domain.alarm import AlarmKind
from domain.asset import Assets, AutoClose, Device, DeviceKind
from domain.command import Command, CommandState
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity
from domain.record import DeviceState
from domain.rulebook import Rulebook
from domain.sample import Sample

RULE = "rule:auto_close"
"""Author of its commands."""

_FROM_LEVEL = {AlarmKind.GAS_HIGH: 1, AlarmKind.GAS_DECLARED: 2, AlarmKind.PIPE_RUPTURE: 1}
"""Second level of gas, by our set-point or the device's own, and a broken main."""


class Wish(NamedTuple):
    """A command that should be given now.

    Attributes:
        id: of the command, the same at every wish for it.
        valve: as the log knows it.
        kind: of the cause.
        cause: device of it.
        log_ns: when; an old wish is for nobody.
    """

    id: str
    valve: Valve
    kind: AlarmKind
    cause: str
    log_ns: int


class Numbers(NamedTuple):
    """How often: at most `tries` commands to a valve within `window_ns`, at least `pause_ns` apart."""

    tries: int
    window_ns: int
    pause_ns: int


class _Cause(msgspec.Struct, frozen=True):
    kind: str
    device: str
    site: str
    onset_ns: int


class _Valve(msgspec.Struct):
    position: float | None = None
    position_ns: int = 0
    tried_ns: list[int] = []
    """Log times of the rule's own commands within the window."""
    count: int = 0
    """All of them."""
    last: str = ""
    """Id of the newest: one that could not leave is told twice."""
    free_ns: int = 0
    """Until then a command is under way, or one has just failed."""


class _State(msgspec.Struct, frozen=True):
    causes: list[_Cause] = []
    valves: dict[str, _Valve] = {}


class _Input(NamedTuple):
    position: int
    log_ns: int
    said: Sample | Command


def closing_numbers(rules: Rulebook) -> Numbers:
    command = "valve_command"
    return Numbers(round(rules[f"{command}.tries"]), rules.ns(f"{command}.window"), rules.ns(f"{command}.answer"))


def _name(valve: str, cause: _Cause, count: int) -> str:
    key = (RULE, valve, cause.kind, cause.device, cause.onset_ns, count)
    return hashlib.sha256("\n".join(map(str, key)).encode()).hexdigest()[:16]


class AutoCloser:
    """Wishes one command for each open valve of an enabled site while a cause stands there.

    Args:
        assets: with the sites that enable it.
        numbers: of the rulebook.
        state_of: a device as the log left it.

    Attributes:
        valves: that are watched, and what is known of each.
    """

    def __init__(self, assets: Assets, numbers: Numbers, state_of: Callable[[str], DeviceState]) -> None:
        self._causes: dict[tuple[str, str], _Cause] = {}
        self.valves: dict[str, _Valve] = {}
        self._inputs: deque[_Input] = deque()
        self._state_of = state_of
        self.configure(assets, numbers)

    def configure(self, assets: Assets, numbers: Numbers) -> None:
        """Go on with another registry; what is known of valves that are still watched is kept."""
        self._assets, self._numbers = assets, numbers
        self._at = {
            site: assets.of_kind(site, DeviceKind.CUTOFF_VALVE)
            for site, known in assets.sites.items()
            if known.auto_close is AutoClose.ON
        }
        names = [valve.id for valves in self._at.values() for valve in valves]
        self.valves = {name: self.valves.get(name, _Valve()) for name in names}

    def hear(self, position: int, log_ns: int, said: Sample | Command) -> None:
        """Keep what a frame says of a watched valve, until `follow` comes to its place."""
        if said.device in self.valves:
            self._inputs.append(_Input(position, log_ns, said))

    def take(self, position: int) -> None:
        """Take in all that was heard up to a place."""
        while self._inputs and self._inputs[0].position <= position:
            heard = self._inputs.popleft()
            self._take(self.valves.get(heard.said.device, _Valve()), heard.said, heard.log_ns)

    def follow(self, position: int, log_ns: int, findings: Iterable[Finding]) -> Iterator[Wish]:
        """Come to a place of the log, in order; give what is wished there."""
        self.take(position)
        for finding in findings:
            self._note(finding)
        for cause in self._causes.values():
            for device in self._at.get(cause.site, ()):
                if self._is_due(self.valves[device.id], log_ns):
                    yield self._wish(device, cause, log_ns)

    def _wish(self, device: Device, cause: _Cause, log_ns: int) -> Wish:
        known, state, site = self.valves[device.id], self._state_of(device.id), self._assets.sites[cause.site]
        valve = Valve(
            device=device,
            online=state.online,
            interval_s=state.interval_s,
            position=known.position,
            position_ns=known.position_ns,
            urgent=True,
            feeds=f"{site.name} / {site.name_en}",
        )
        return Wish(_name(device.id, cause, known.count), valve, AlarmKind(cause.kind), cause.device, log_ns)

    def _note(self, finding: Finding) -> None:
        key = finding.kind, finding.device
        if finding.transition is Transition.END:
            self._causes.pop(key, None)
        elif finding.site in self._at and finding.level >= _FROM_LEVEL.get(finding.kind, finding.level + 1):
            self._causes.setdefault(key, _Cause(*key, finding.site, finding.onset_ns))

    def _take(self, valve: _Valve, said: Sample | Command, log_ns: int) -> None:
        if isinstance(said, Command):
            self._count(valve, said, log_ns)
            return
        good = said.quality.get(Quantity.VALVE_OPEN, Quality.GOOD) is Quality.GOOD and not said.late
        if good and said.time_ns >= valve.position_ns and Quantity.VALVE_OPEN in said.values:
            valve.position, valve.position_ns = said.values[Quantity.VALVE_OPEN], said.time_ns

    def _count(self, valve: _Valve, command: Command, log_ns: int) -> None:
        sent = command.state is CommandState.SENT
        valve.free_ns = max(valve.free_ns, command.closed_by_ns if sent else log_ns + self._numbers.pause_ns)
        if command.user == RULE and command.id != valve.last:
            valve.tried_ns = [*valve.tried_ns, log_ns][-self._numbers.tries :]
            valve.count, valve.last = valve.count + 1, command.id

    def _is_due(self, valve: _Valve, log_ns: int) -> bool:
        recent = sum(log_ns - tried_ns < self._numbers.window_ns for tried_ns in valve.tried_ns)
        return valve.position != 0 and log_ns >= valve.free_ns and recent < self._numbers.tries

    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(_State(list(self._causes.values()), self.valves))

    def restore(self, blob: bytes) -> None:
        """Go on from a snapshot (ValueError: of another schema)."""
        try:
            state = msgspec.msgpack.decode(blob, type=_State)
        except msgspec.MsgspecError as error:
            raise ValueError(f"no snapshot of the closing rule: {error}") from None
        self._causes = {(cause.kind, cause.device): cause for cause in state.causes}
        self.valves |= {name: valve for name, valve in state.valves.items() if name in self.valves}
