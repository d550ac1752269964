"""One binary frame of GB/T 26875.3: of a transmitter for its components, or of a detector that is its own."""

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from domain.quality import Quality
from domain.quantity import Quantity
from domain.sample import HEARTBEAT, Decoded, Notice, Refusal, RefusalReason
from ingest.clock import rule_on_clock
from ingest.codecs.readings import Reading, settle
from ingest.fleet import Fleet, Source
from ingest.gb26875 import meaning
from ingest.gb26875.checksum import CHECKSUMS, total
from ingest.gb26875.frame import UPWARD, Frame, Reason, Refused, decode_frame
from ingest.gb26875.objects import Analog, ComponentState
from ingest.gb26875.tables import MANUAL_ALARM, RESET
from ingest.gb26875.times import time_ns
from ingest.gb26875.units import Unit, decode_unit
from ingest.values import NO_QUALITY, Judged, judge_number
from ingest.wire import Refuser

_GOOD = Quality.GOOD
_NEVER_SET_NS = 0
"""So long ago that `rule_on_clock` takes the arrival for it, and calls the values uncertain."""


class _Problem(NamedTuple):
    """Why a frame says nothing."""

    reason: RefusalReason
    part: str
    detail: str


def decode_gb26875(payload: bytes, source: Source, received_ns: int, fleet: Fleet) -> Decoded:
    said = _read(payload, source)
    if isinstance(said, _Problem):
        return Decoded(refusals=(Refusal(*said, source.device, source.site),))
    frame, unit = said
    refusals: list[Refusal] = []
    message = _Message(frame, source, fleet, refusals)
    message.take(unit)
    decoded = settle(message.readings(), received_ns, fleet.clock, refusals)
    own = any(sample.device == source.device for sample in decoded.samples)
    names = message.done if own else [*message.done, HEARTBEAT]  # whatever it said of others, it is there
    return _telling(decoded, names, frame, source, received_ns, fleet) if names else decoded


def _telling(  # noqa: PLR0917 - what a codec is given
    decoded: Decoded, names: list[str], frame: Frame, source: Source, received_ns: int, fleet: Fleet
) -> Decoded:
    """Add notices at the time of the frame itself; where its clock was never set, at its arrival."""
    sent_ns = time_ns(frame.tag)
    if sent_ns is None:
        return decoded._replace(notices=tuple(Notice(source.device, name, received_ns) for name in names))
    shift_ns = rule_on_clock(sent_ns, received_ns, fleet.clock, source.offset_ns).shift_ns
    shifts = {**decoded.shifts, source.device: shift_ns} if shift_ns else decoded.shifts
    notices = tuple(Notice(source.device, name, sent_ns - shift_ns) for name in names)
    return decoded._replace(notices=notices, shifts=shifts)


def _read(payload: bytes, source: Source) -> tuple[Frame, Unit] | _Problem:
    place = source.place
    frame = decode_frame(payload, total if place is None else CHECKSUMS[place.checksum])
    if isinstance(frame, Refused):
        return _Problem(RefusalReason.BAD_FRAME, "frame", frame.detail)
    if place is not None and frame.source != place.transmitter:
        detail = f"source address is {frame.source}; expected {place.transmitter}, which {source.device} has"
        return _Problem(RefusalReason.TOPIC_PAYLOAD_MISMATCH, "frame", detail)
    unit = decode_unit(frame.command, frame.unit, unset_ns=_NEVER_SET_NS)  # an alarm needs no clock
    if isinstance(unit, Refused):
        return _Problem(
            RefusalReason.NO_TIME if unit.reason is Reason.BAD_TIME else RefusalReason.SCHEMA, "unit", unit.detail
        )
    if frame.command not in UPWARD:
        detail = f"command {frame.command} comes from a centre; expected 2, 3, 5 or 6 of a device"
        return _Problem(RefusalReason.SCHEMA, "frame", detail)
    return frame, unit


class _Key(NamedTuple):
    device: str
    time_ns: int


class _Message:
    """What one frame says, by device and time.

    A device that counts nothing is known by its times; two frames of one second must not pass for two versions of one
    message. Their serial numbers tell them apart and fill the nanoseconds, so that a repeated frame is the same again
    and every other one is another.

    Attributes:
        done: what somebody did at the transmitter, as names of notices.
    """

    def __init__(self, frame: Frame, source: Source, fleet: Fleet, refusals: list[Refusal]) -> None:
        self._frame, self._source, self._fleet, self._refusals = frame, source, fleet, refusals
        self._kept: dict[_Key, tuple[Source, Judged, str]] = {}
        self.done: list[str] = []

    def take(self, unit: Unit) -> None:
        read = _READERS.get(unit.kind)
        if read is not None:
            for index, each in enumerate(unit.objects):
                read(self, each, f"objects[{index}]")
        elif unit.kind >= _FIRST_USER_KIND:
            detail = f"type {unit.kind} is a vendor's own; expected one of the standard"
            self._refuse(self._source)(RefusalReason.SCHEMA, "unit", detail)

    def readings(self) -> list[Reading]:
        return [
            Reading(
                source, (None, None), key.time_ns, kept.values, kept.quality or NO_QUALITY, at, self._refuse(source)
            )
            for key, (source, kept, at) in self._kept.items()
        ]

    def analog(self, each: Analog, part: str) -> None:
        source = self._owner(each.zone, each.position, part)
        found = meaning.analog(each)
        if source is None:
            return
        if isinstance(found, str):
            self._refuse(source)(RefusalReason.UNKNOWN_QUANTITY, part, found)
            return
        quantity, value, quality = found
        self._keep(source, each.time_ns, {quantity: value}, part, quality)

    def component(self, each: ComponentState, part: str) -> None:
        source = self._owner(each.zone, each.position, part)
        if source is not None:
            self._keep(source, each.time_ns, meaning.component(each, source.place), part)

    def own(self, values: Mapping[Quantity, float], time_ns: int, part: str) -> None:
        self._keep(self._source, time_ns, values, part)

    def operation(self, bits: int, time_ns: int, part: str, *, of_transmitter: bool) -> None:
        self.done += meaning.operations(bits, of_transmitter=of_transmitter)
        self.done += ["unmute"] if bits & RESET else []  # nothing else ends a mute here
        if bits & MANUAL_ALARM:
            self._keep(self._source, time_ns, {Quantity.DEVICE_ALARM: 1.0}, part)

    def _keep(
        self, source: Source, at_ns: int, values: Mapping[Quantity, float], part: str, quality: Quality = _GOOD
    ) -> None:
        key = _Key(source.device, at_ns + self._frame.serial)
        _, kept, _ = self._kept.setdefault(key, (source, Judged({}, {}), f"{part}."))
        for quantity, value in values.items():
            if quantity not in kept.values:
                judge_number(quantity, value, quality, source, part, self._refuse(source), kept)
            elif kept.values[quantity] != value:
                detail = f"a second {quantity} of {source.device} for one time; expected one"
                self._refuse(source)(RefusalReason.TIME_CONFLICT, part, detail)

    def _owner(self, zone: int, position: int, part: str) -> Source | None:
        """Find the device that a component is; a transmitter without components is its own."""
        place, fleet = self._source.place, self._fleet
        if place is None or place.transmitter not in fleet.transmitters:
            return self._source
        device = fleet.components.get((place.transmitter, zone, position))
        if device is None:
            stranger = Refuser(f"{place.transmitter}-{zone}-{position}", self._source.site, self._refusals)
            detail = f"component {zone}/{position} of transmitter {place.transmitter} is not registered"
            stranger(RefusalReason.UNKNOWN_DEVICE, part, f"{detail}; expected its place in devices.csv")
            return None
        return fleet.sources[device]

    def _refuse(self, source: Source) -> Refuser:
        return Refuser(source.device, source.site, self._refusals)


_FIRST_USER_KIND = 128
_READERS: dict[int, Callable[[_Message, Any, str], None]] = {
    1: lambda message, each, part: message.own(meaning.system(each), each.time_ns, part),
    2: _Message.component,
    3: _Message.analog,
    4: lambda message, each, part: message.operation(each.operations, each.time_ns, part, of_transmitter=False),
    21: lambda message, each, part: message.own(meaning.transmitter(each), each.time_ns, part),
    24: lambda message, each, part: message.operation(each.operations, each.time_ns, part, of_transmitter=True),
}
"""By type; versions, configurations and clocks are a sign of life and stay in the log."""
