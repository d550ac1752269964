"""The two steps of closing a valve, with what they set in motion: records, frame log, broker, in this order."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Protocol

import msgspec

from alerting.permits import in_force
from alerting.valves import ON_SITE, CannotClose, No, Valve, ValveDesk, wire
from app.inforce import permits_in_force
from domain.alarm import AlarmKind, alarm_id
from domain.asset import Assets
from domain.command import Command, CommandState
from domain.frame import COMMAND_TOPIC
from domain.record import JournalEntry
from store.framelog import FrameLog
from store.records import Records
from store.unit import Unit

_PATIENCE_S = 3.0


class Publisher(Protocol):
    """`ingest.mqtt.Publisher`."""

    trouble: str

    def publish(self, topic: str, payload: bytes, *, expiry_s: int | None = None) -> None: ...
    def connects(self, timeout_s: float) -> bool: ...
    def drain(self, timeout_s: float) -> bool: ...


@dataclass(frozen=True, slots=True)
class Sender:
    """Publishes commands; one that cannot leave now is never kept for later.

    Args:
        publisher: connected, or on its way.
        root: of the topics.
    """

    publisher: Publisher
    root: str

    def __call__(self, command: Command) -> None:
        """Send once (ConnectionError: it did not leave)."""
        if self.publisher.trouble or not self.publisher.connects(_PATIENCE_S):
            raise ConnectionError(self.publisher.trouble or "no connection to the broker")
        expiry_s = max(1, (command.answer_by_ns - command.sent_ns) // 1_000_000_000)
        topic = f"{self.root}/{command.site}/{command.device}/command"
        self.publisher.publish(topic, wire(command), expiry_s=expiry_s)
        self.publisher.drain(_PATIENCE_S)  # without a PUBACK nobody knows: then the watch tells that nobody answered


@dataclass(frozen=True, slots=True)
class Closing:
    """Takes the steps of a person.

    The log frame is appended inside the transaction: whatever dies afterwards, the watch follows the command and raises
    its alarm; what died before has sent nothing.

    Args:
        records: where commands are written down.
        log: of this thread.
        desk: the rules.
        assets: power of the valves.
        send: hands a command to the broker (ConnectionError).
        clock_ns: wall clock.
    """

    records: Records
    log: Callable[[], FrameLog]
    desk: ValveDesk
    assets: Assets
    send: Callable[[Command], None]
    clock_ns: Callable[[], int]

    def request(self, valve: Valve, command_id: str, user: str, reason: str) -> Command:
        """Take the first step (CannotClose); while gas stands at the site, a valve out of reach is an alarm."""
        with self.records.unit() as unit:
            seen = valve._replace(worked_on=self._worked_on(valve.device.id))
            command = self.desk.request(unit, seen, command_id, user, reason, self.clock_ns())
            if command.state is CommandState.REFUSED and command.urgent and No(command.detail) in ON_SITE:
                self._follow(command)
        if command.state is CommandState.REFUSED:
            raise CannotClose(No(command.detail))
        return command

    def confirm(self, command: Command, user: str) -> Command:
        """Take the second step and send (CannotClose)."""
        power = self.assets.devices[command.device].power
        if self._worked_on(command.device):
            raise CannotClose(No.WORK)  # since a moment ago
        with self.records.unit() as unit:
            confirmed = self.desk.confirm(unit, command.id, user, power, self.clock_ns())
            self._follow(confirmed)
        sent = self._sent(confirmed)
        if sent.state is CommandState.REFUSED:
            raise CannotClose(No.NO_BROKER)
        return sent

    def order(self, valve: Valve, command_id: str, rule: str, cause: tuple[str, AlarmKind]) -> Command | None:
        """Take both steps at once, for a rule (CannotClose: nothing had to be done, or a person is at it).

        Every command that a person would have had to see fail goes into the log, where it is an alarm and a try.

        Args:
            valve: as the log knows it.
            command_id: of the wish; one that is known was carried out before: None.
            rule: author.
            cause: device and kind of the alarm, in whose journal it is written.
        """
        with self.records.unit() as unit:
            if unit.command(command_id) is not None:
                return None
            now_ns, seen = self.clock_ns(), valve._replace(worked_on=self._worked_on(valve.device.id))
            command = self.desk.request(unit, seen, command_id, rule, f"{cause[1]} {cause[0]}", now_ns)
            if command.state is not CommandState.REFUSED:
                command = self.desk.confirm(unit, command.id, rule, valve.device.power, now_ns)
            elif No(command.detail) not in ON_SITE:
                raise CannotClose(No(command.detail))  # and nothing is written down
            _write_beside(unit, alarm_id(*cause), command, now_ns)
            self._follow(command)
        return command if command.state is CommandState.REFUSED else self._sent(command)

    def _sent(self, command: Command) -> Command:
        try:
            self.send(command)
        except ConnectionError:
            command = replace(command, state=CommandState.REFUSED, detail=No.NO_BROKER)
            self._follow(command)
        return command

    def cancel(self, command: Command, user: str) -> Command:
        """Take the first step back (CannotClose)."""
        with self.records.unit() as unit:
            return self.desk.cancel(unit, command.id, user, self.clock_ns())

    def _worked_on(self, device: str) -> bool:
        log = self.log()
        return bool(in_force(permits_in_force(log, log.last()), self.clock_ns(), device))

    def _follow(self, command: Command) -> None:
        self.log().append([(self.clock_ns(), COMMAND_TOPIC, msgspec.json.encode(command))])


def _write_beside(unit: Unit, name: str, command: Command, now_ns: int) -> None:
    """Write the command into the journal of the alarm that it answers, with the rule as its author."""
    alarm = unit.alarm(name)
    if alarm is None:
        return
    unit.journal(
        JournalEntry(
            alarm_id=alarm.id,
            occurrence=alarm.life.occurrence,
            event="auto_close",
            before=alarm.life.letter,
            after=alarm.life.letter,
            kind=alarm.kind,
            priority=alarm.priority,
            level=alarm.life.level,
            device=alarm.device,
            site=alarm.site,
            incident_id=alarm.incident_id,
            position=0,
            time_ns=now_ns,
            user=command.user,
            note=f"{command.device} {command.state} {command.detail}".rstrip(),
        )
    )
