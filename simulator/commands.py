"""How a valve obeys: it closes when it is asked to, and cannot be asked for anything else."""

import logging
from typing import NamedTuple

import msgspec

from simulator.devices import Unit
from simulator.fleet import Fleet
from simulator.timetext import MS_NS, S_NS, instant_ns
from simulator.town import Town

_log = logging.getLogger(__name__)
_PATIENCE_NS = 10 * S_NS
"""How long a valve waits for its limit switch before it says that it could not close."""


class _Command(msgspec.Struct):
    command_id: str
    command: str
    expires: str | int


class _Closing(NamedTuple):
    unit: Unit
    command_id: str
    deadline_ns: int


class Obedience:
    """Commands that were heard, and those that are being carried out.

    Args:
        town: whose valves close.
        fleet: whose devices answer.
    """

    def __init__(self, town: Town, fleet: Fleet) -> None:
        self._town, self._fleet = town, fleet
        self._closing: list[_Closing] = []

    def hear(self, topic: str, payload: bytes, time_ns: int) -> None:
        """Obey or refuse; a message that names no command, or a device that is not there, cannot be answered."""
        unit = next((u for u in self._addressed(topic) if u.on_air and not u.dead), None)
        if unit is None:
            _log.warning("command on %s reaches no device", topic)
            return
        try:
            command = msgspec.json.decode(payload, type=_Command)
            expires_ns = _instant_ns(command.expires)
        except (msgspec.MsgspecError, ValueError) as error:
            _log.warning("command on %s cannot be read: %s", topic, error)
            return
        self._judge(unit, command, expires_ns, time_ns)

    def _addressed(self, topic: str) -> list[Unit]:
        prefix, _, kind = topic.rpartition("/")
        unit = self._fleet.by_id.get(prefix.rpartition("/")[2])
        return [unit] if unit is not None and unit.topic == prefix and kind == "command" else []

    def _judge(self, unit: Unit, command: _Command, expires_ns: int, time_ns: int) -> None:
        known = unit.answers.get(command.command_id)
        if known is not None:  # delivered twice: say again what was said, and do nothing
            self._fleet.answer(unit, command.command_id, *known)
        elif command.command != "close" or unit.device.id not in self._town.valve_of:
            self._fleet.answer(unit, command.command_id, "refused", "expected close, to a valve")
        elif expires_ns < time_ns + unit.ahead_ns(time_ns):
            self._fleet.answer(unit, command.command_id, "refused", "expired")
        else:
            self._fleet.answer(unit, command.command_id, "accepted", "")
            self._town.wake((unit.device.site,), time_ns)
            self._town.linkage.close(self._town.valve_of[unit.device.id])
            self._closing.append(_Closing(unit, command.command_id, time_ns + _PATIENCE_NS))

    @property
    def busy(self) -> bool:
        return bool(self._closing)

    def settle(self, time_ns: int) -> None:
        """Answer for valves that have closed, and for those that did not."""
        left: list[_Closing] = []
        for closing in self._closing:
            if self._town.linkage.closed(self._town.valve_of[closing.unit.device.id]):
                self._fleet.answer(closing.unit, closing.command_id, "done", "")
            elif time_ns >= closing.deadline_ns:
                self._fleet.answer(closing.unit, closing.command_id, "refused", "limit switch not reached")
            else:
                left.append(closing)
        self._closing = left


def _instant_ns(expires: str | int) -> int:
    return expires * MS_NS if isinstance(expires, int) else instant_ns(expires)
