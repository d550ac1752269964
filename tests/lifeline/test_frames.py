from typing import Any

import msgspec
import pytest

from domain.alarm import AlarmKind
from domain.asset import Device, DeviceKind
from domain.errors import ConfigurationError
from domain.parcel import Parcel
from ingest.gb26875 import tables
from ingest.gb26875.frame import decode_frame
from ingest.gb26875.units import Unit, decode_unit
from lifeline.frames import Framer, bit, cut, described
from lifeline.framing import KINDS, Framing
from lifeline.places import Component, components
from lifeline.records import Reading
from lifeline.samples import DEVICE, sample
from lifeline.shape import NoCode
from tests.lifeline.support import ASSETS, START_NS, body_of

FRAMING = Framing(system=128, components={kind: number for number, kind in enumerate(KINDS, 128)}, checksum="xor")
FRAMER = Framer(FRAMING, 889, 1, {DEVICE: Component(12, 1, 7)})


def parcel(kind: str, *, number: int = 1, **fields: Any) -> Parcel:  # noqa: ANN401 - JSON
    return Parcel("t", kind, "r", "1", body_of(kind, **fields), id=number, made_ns=START_NS)


def said(kind: str, **fields: Any) -> tuple[object, ...]:  # noqa: ANN401
    frame = FRAMER.frame(parcel(kind, **fields))
    unit = decode_unit(frame.command, frame.unit)
    assert isinstance(unit, Unit)
    return tuple(unit.objects[0])


@pytest.mark.parametrize(
    ("fields", "bits"),
    [
        ({}, tables.NORMAL | tables.ALARM),
        ({"standing": []}, tables.NORMAL),
        ({"standing": ["gas_high", "device_fault"]}, tables.NORMAL | tables.ALARM | tables.FAULT),
        ({"standing": ["device_silent"]}, tables.NORMAL | tables.FAULT),
        ({"standing": ["power_lost"]}, tables.NORMAL | tables.POWER_FAULT),
        ({"standing": ["upkeep_due"]}, tables.NORMAL | 1 << 4),
        ({"test": True}, tables.ALARM),
    ],
)
def test_a_state_says_all_that_stands_at_the_component(fields: dict[str, object], bits: int) -> None:
    system, address, component, zone, position, state, _, time_ns = said("alarm", **fields)
    assert (system, address, component, zone, position) == (128, 1, 12, 1, 7)
    assert (state, time_ns) == (bits, START_NS)


def test_every_kind_of_alarm_has_a_bit() -> None:
    assert all(bit(kind) for kind in AlarmKind)


def test_gas_is_an_analog_value_in_steps_of_a_tenth() -> None:
    assert said("reading", value=25.04)[2:7] == (12, 1, 7, 6, 250)
    with pytest.raises(NoCode, match="out of range"):
        said("reading", value=9_999)


def test_a_text_is_cut_between_characters() -> None:
    assert [len(cut(text)) for text in ("a" * 40, "气" * 40, "𠀀" * 40)] == [31, 30, 28]


@pytest.mark.parametrize(("field", "value"), [("device_code", "G9"), ("last_time", "1999-12-31T12:00:00.000+08:00")])
def test_what_has_no_place_or_no_time_there_is_refused_by_the_mapping(field: str, value: str) -> None:
    with pytest.raises(NoCode):
        FRAMER.frame(parcel("alarm", number=1, **{field: value}))


def test_a_repeat_is_the_same_frame_and_no_two_records_have_one_mark() -> None:
    one = FRAMER.frame(parcel("alarm"))
    assert FRAMER.encode(one) == FRAMER.encode(FRAMER.frame(parcel("alarm")))
    marks = {
        (f.serial, f.tag) for f in (FRAMER.frame(parcel("reading", number=number)) for number in range(65_534, 65_540))
    }
    assert len(marks) == 6
    assert 0 not in {serial for serial, _ in marks}
    assert FRAMER.beat(START_NS).serial == 0


def test_a_clock_of_another_century_marks_with_noughts() -> None:
    assert FRAMER.beat(0).tag == bytes(6)


def test_the_checksum_is_the_centres() -> None:
    raw = FRAMER.encode(FRAMER.beat(START_NS))
    assert decode_frame(raw) != decode_frame(raw, lambda _: raw[-3])


def test_readings_without_words_there_are_not_offered() -> None:
    def wanted(**fields: object) -> bool:
        return FRAMER.says(msgspec.structs.replace(reading, **fields))

    reading = sample("reading", "WGS84")
    assert isinstance(reading, Reading)

    assert wanted(quality="late")
    assert not any([wanted(metric="pressure_kpa"), wanted(quality="invalid"), wanted(device_code="G9")])


def test_a_sample_is_taken_apart_for_a_person() -> None:
    shown = dict(described(FRAMER.frame(parcel("alarm"))))
    assert (shown["  text"], shown["  bits"]) == ("可燃气体 三塘烧烤", "normal alarm")


def test_a_place_is_the_registrys_or_that_of_the_settings() -> None:
    devices = dict(ASSETS.devices) | {"G2": Device("G2", DeviceKind.GAS_DETECTOR, "S1", gb26875="889/3/4;checksum=xor")}
    town = ASSETS.__class__(sites=ASSETS.sites, zones=ASSETS.zones, devices=devices)
    types = FRAMING.components
    found = components(town, {"S1": "9/9", "V1": "1/8"}, types, "p")
    assert found == {
        "S1": Component(types["site"], 9, 9),
        "V1": Component(types["valve"], 1, 8),
        "G2": Component(types["gas_detector"], 3, 4),
    }
    with pytest.raises(ConfigurationError) as caught:
        components(town, {"G1": "3/4", "V1": "1/70000", "S1": "1", "X": "1/1"}, types, "p")
    assert sorted(caught.value.problems) == [
        "p.S1: '1'; expected zone/position, numbers of 16 bits",
        "p.V1: '1/70000'; expected zone/position, numbers of 16 bits",
        "p.X: expected the id of a device or of a site",
        "p: G1, G2 are at one place, 3/4",
    ]
