"""From canonical records to frames of GB/T 26875.3: states of components, analog values, a sign of life.

One record is one frame, and always the same one: its serial number is that of the parcel in the outbox, its time tag
the second in which the parcel was made, so that a receiver who looks at source, serial number and time tag (as the
standard wants) tells a repeat from what is new. Serial number 0 belongs to heartbeats. The codec is that of
`ingest.gb26875`.
"""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

import msgspec

from domain.alarm import AlarmKind
from domain.parcel import Parcel
from domain.quantity import Quantity
from ingest.gb26875 import tables
from ingest.gb26875.checksum import CHECKSUMS
from ingest.gb26875.frame import Command, Frame, encode_frame
from ingest.gb26875.objects import Analog, ComponentState
from ingest.gb26875.times import TAG_BYTES, time_tag
from ingest.gb26875.units import Unit, decode_unit, encode_unit
from lifeline.framing import Framing
from lifeline.places import Component
from lifeline.records import Alarm, Reading, Record
from lifeline.shape import NoCode, shaping
from lifeline.times import beijing, read

_VERSION = 1
"""Of the standard's protocol."""
_SERIALS = 0xFFFF
_STATES, _ANALOGS, _GAS = 2, 3, 6
"""Types of units, and of an analog value: gas in 0.1 %LEL."""
_TEXT_BYTES = 31
_SUPERVISED = 1 << 4
_POWER = frozenset({AlarmKind.POWER_LOST, AlarmKind.POWER_CUT, AlarmKind.BATTERY_LOW})
_FAULTS = frozenset(
    {
        AlarmKind.DEVICE_SILENT,
        AlarmKind.DEVICE_FAULT,
        AlarmKind.DEVICE_AGEING,
        AlarmKind.DEVICES_AWAY,
        AlarmKind.SENSOR_STUCK,
        AlarmKind.CLOCK_WRONG,
        AlarmKind.UNKNOWN_QUANTITY,
        AlarmKind.UNKNOWN_DEVICE,
        AlarmKind.DATA_MISSING,
        AlarmKind.QUARANTINE_RATE,
    }
)
_CARE = frozenset({AlarmKind.UPKEEP_DUE, AlarmKind.PROTECTION_MISSING})
_TRUSTED = frozenset({"good", "late", "overrange"})
"""An analog value has no quality: what we only half believe must not go out as if we did."""


class Framer:
    """Writes the frames of one target.

    Args:
        framing: of the mapping.
        source: our address.
        destination: of the centre.
        components: by the ids of devices, and of sites for alarms without a device.
    """

    def __init__(self, framing: Framing, source: int, destination: int, components: Mapping[str, Component]) -> None:
        self._framing, self._source, self._destination = framing, source, destination
        self._components, self._checksum = components, CHECKSUMS[framing.checksum]

    @property
    def places(self) -> frozenset[str]:
        """Devices and sites that have one."""
        return frozenset(self._components)

    def encode(self, frame: Frame) -> bytes:
        return encode_frame(frame, self._checksum)

    def frame(self, parcel: Parcel) -> Frame:
        """Write what a parcel says (NoCode: the protocol cannot, or its device has no place there)."""
        with shaping(f"{parcel.kind} {parcel.record}"):
            if parcel.kind == "alarm":
                said = self._state(msgspec.json.decode(parcel.body, type=Alarm))
            else:
                said = self._analog(msgspec.json.decode(parcel.body, type=Reading))
            return self._send(1 + parcel.id % _SERIALS, parcel.made_ns, encode_unit(said))

    def beat(self, time_ns: int) -> Frame:
        """Write a sign of life: a unit without anything."""
        return self._send(0, time_ns, b"")

    def says(self, record: Record) -> bool:
        """Tell whether a reading has words here: gas that we believe, of a device with a place."""
        if not isinstance(record, Reading):
            return True
        gas = record.metric == Quantity.GAS_PCT_LEL and record.quality in _TRUSTED
        return gas and record.device_code in self._components

    def _send(self, serial: int, time_ns: int, unit: bytes) -> Frame:
        version = _VERSION, self._framing.user_version
        return Frame(serial, *version, _tag(time_ns), self._source, self._destination, Command.SEND, unit)

    def _state(self, alarm: Alarm) -> Unit:
        at = self._component(alarm.device_code or alarm.site)
        bits = 0 if alarm.test else tables.NORMAL
        for kind in alarm.standing:
            bits |= bit(AlarmKind(kind))
        text = cut(f"{alarm.type_name} {alarm.site_name}".strip())
        head = self._framing.system, self._framing.address
        return Unit(_STATES, (ComponentState(*head, *at, bits, text, read(alarm.last_time)),))

    def _analog(self, reading: Reading) -> Unit:
        at = self._component(reading.device_code)
        counts = round(reading.value * tables.ANALOG_TYPES[_GAS].divisor)
        head = self._framing.system, self._framing.address
        return Unit(_ANALOGS, (Analog(*head, *at, _GAS, counts, read(reading.sample_time)),))

    def _component(self, name: str) -> Component:
        found = self._components.get(name)
        if found is None:
            raise NoCode(f"{name} has no place in GB/T 26875.3; expected one in its column gb26875, or in tcp.places")
        return found


def _tag(time_ns: int) -> bytes:
    """Write a moment; of a clock that is a century off, noughts, as of one that nobody set."""
    try:
        return time_tag(time_ns)
    except ValueError:
        return bytes(TAG_BYTES)


def bit(kind: AlarmKind) -> int:
    """Give the bit of a component's state that says an alarm: alarm, fault, power, or what wants care 监管."""
    if kind in _POWER:
        return tables.POWER_FAULT
    if kind in _FAULTS:
        return tables.FAULT
    return _SUPERVISED if kind in _CARE else tables.ALARM


def cut(text: str) -> bytes:
    """Write as many whole characters as the text of a component has room for.

    Example:
        >>> cut("可燃气体 三塘烧烤").hex(), len(cut("气" * 20))
        ('bfc9c8bcc6f8cce520c8fdccc1c9d5bfbe', 30)
    """
    raw = b""
    for char in text:
        more = raw + char.encode("gb18030")
        if len(more) > _TEXT_BYTES:
            break
        raw = more
    return raw


class Shown(NamedTuple):
    """One field of a frame, for a person."""

    name: str
    value: str


def described(frame: Frame) -> Iterator[Shown]:
    """Take a frame of ours apart again."""
    yield Shown("serial", f"{frame.serial}")
    yield Shown("time tag", frame.tag.hex())
    yield Shown("source, destination", f"{frame.source}, {frame.destination}")
    unit = decode_unit(frame.command, frame.unit)
    if not isinstance(unit, Unit):  # pragma: no cover - what we wrote can be read
        raise TypeError(unit.detail)
    yield Shown("unit", f"type {unit.kind}" if unit.kind else "none: a sign of life")
    for each in unit.objects:
        for name, value in each._asdict().items():
            shown = beijing(value) if name == "time_ns" else each.text if name == "raw_text" else f"{value}"
            yield Shown(f"  {name.removesuffix('_ns').removeprefix('raw_')}", shown)
        if isinstance(each, ComponentState):
            yield Shown("  bits", " ".join(name for at, name in BITS.items() if each.state & at))
        if isinstance(each, Analog):
            yield Shown("  value", f"{each.value} {tables.ANALOG_TYPES[each.analog].unit}")


BITS: Mapping[int, str] = {
    tables.NORMAL: "normal",
    tables.ALARM: "alarm",
    tables.FAULT: "fault",
    _SUPERVISED: "supervised",
    tables.POWER_FAULT: "power",
}
