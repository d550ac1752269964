from collections.abc import Mapping

import pytest

from domain.asset import Assets, Device, DeviceKind
from domain.quality import Quality
from domain.quantity import Quantity
from domain.rulebook import Rulebook
from domain.sample import Decoded, RefusalReason
from ingest.codecs.gb26875 import decode_gb26875
from ingest.continuity import Continuity, Verdict
from ingest.fleet import Fleet
from ingest.gb26875.checksum import CHECKSUMS
from ingest.gb26875.frame import Frame, Refused, decode_frame, encode_frame
from ingest.gb26875.objects import (
    Analog,
    Blank,
    Clock,
    ComponentState,
    Operation,
    SystemState,
    TransmitterOperation,
    TransmitterState,
)
from ingest.gb26875.times import time_tag
from ingest.gb26875.units import Unit, decode_unit, encode_unit
from tests.ingest.gb26875.vectors import VECTORS, X1

NOW_NS = 1_768_449_600_000_000_000
S = 10**9
DEVICES = (
    Device("GW", DeviceKind.GATEWAY, "R1", gb26875="889"),
    Device("GD", DeviceKind.GAS_DETECTOR, "R1", gb26875="889/1/1"),
    Device("CV", DeviceKind.CUTOFF_VALVE, "R1", gb26875="889/1/2;started=closed"),
    Device("CV-UNKNOWN", DeviceKind.CUTOFF_VALVE, "R1", gb26875="889/1/3"),
    Device("FAN", DeviceKind.FAN, "R1", gb26875="889/1/4"),
    Device("ALONE", DeviceKind.GAS_DETECTOR, "R2", gb26875="1001"),
    Device("XOR", DeviceKind.GAS_DETECTOR, "R2", gb26875="1002;checksum=xor"),
    Device("NOWHERE", DeviceKind.GAS_DETECTOR, "R2"),
)


@pytest.fixture(scope="module")
def town(rulebook: Rulebook) -> Fleet:
    return Fleet(Assets({}, {}, {device.id: device for device in DEVICES}), rulebook)


def sent(
    kind: int, *objects: object, source: int = 889, command: int = 2, serial: int = 7, checksum: str = "sum"
) -> bytes:
    unit = encode_unit(Unit(kind, objects))
    return encode_frame(Frame(serial, 1, 1, time_tag(NOW_NS), source, 1, command, unit), CHECKSUMS[checksum])


def analog(count: int, kind: int = 6, position: int = 1, time_ns: int = NOW_NS) -> Analog:
    return Analog(1, 1, 10, 1, position, kind, count, time_ns)


def state(bits: int, component: int = 10, position: int = 1) -> ComponentState:
    return ComponentState(1, 1, component, 1, position, bits, bytes(31), NOW_NS)


def decode(raw: bytes, town: Fleet, device: str = "GW") -> Decoded:
    return decode_gb26875(raw, town.sources[device], NOW_NS + S, town)


def values(decoded: Decoded) -> dict[str, Mapping[Quantity, float]]:
    return {sample.device: sample.values for sample in decoded.samples}


def refused(decoded: Decoded) -> list[tuple[RefusalReason, str, str]]:
    return [(refusal.reason, refusal.part, refusal.device) for refusal in decoded.refusals]


def test_each_component_is_the_device_that_stands_at_its_place(town: Fleet) -> None:
    decoded = decode(sent(3, analog(63), analog(21, 3), analog(5, position=9)), town)
    assert values(decoded) == {"GD": {Quantity.GAS_PCT_LEL: 6.3, Quantity.TEMPERATURE_C: 2.1}}
    assert refused(decoded) == [(RefusalReason.UNKNOWN_DEVICE, "objects[2]", "889-1-9")]
    assert [(notice.device, notice.what) for notice in decoded.notices] == [("GW", "heartbeat")]


@pytest.mark.parametrize("device", ["ALONE", "NOWHERE"])
def test_a_detector_that_is_its_own_transmitter_speaks_for_itself(device: str, town: Fleet) -> None:
    decoded = decode(sent(3, analog(250, position=77), source=1_001), town, device)
    assert values(decoded) == {device: {Quantity.GAS_PCT_LEL: 25.0}}
    assert not decoded.notices
    assert not decoded.refusals


@pytest.mark.parametrize(
    ("count", "kind", "value", "quality"),
    [
        (1_000, 6, {Quantity.GAS_PCT_LEL: 100.0}, Quality.OVER_RANGE),
        (-20, 6, {Quantity.GAS_PCT_LEL: -2.0}, Quality.UNCERTAIN),
        (20, 5, {Quantity.PRESSURE_KPA: 2.0}, Quality.GOOD),
        (2, 4, {Quantity.PRESSURE_KPA: 200.0}, Quality.UNCERTAIN),
    ],
)
def test_values_are_trusted_as_those_of_telemetry(
    count: int, kind: int, value: dict[Quantity, float], quality: Quality, town: Fleet
) -> None:
    (sample,) = decode(sent(3, analog(count, kind)), town).samples
    assert sample.values == value
    assert sample.quality == ({} if quality is Quality.GOOD else dict.fromkeys(value, quality))


def test_what_cannot_be_is_refused_alone(town: Fleet) -> None:
    decoded = decode(sent(3, analog(-1_000), analog(9, 9), analog(9, 128), analog(20, 5), analog(21, 5)), town)
    assert values(decoded) == {"GD": {Quantity.PRESSURE_KPA: 2.0}}
    assert refused(decoded) == [
        (RefusalReason.OUT_OF_RANGE, "objects[0]", "GD"),
        (RefusalReason.UNKNOWN_QUANTITY, "objects[1]", "GD"),
        (RefusalReason.UNKNOWN_QUANTITY, "objects[2]", "GD"),
        (RefusalReason.TIME_CONFLICT, "objects[4]", "GD"),
    ]


@pytest.mark.parametrize(
    ("bits", "alarm", "fault"), [(0x0001, 0, 0), (0x0002, 1, 0), (0x0003, 1, 0), (0x010C, 0, 0x10C)]
)
def test_an_alarm_counts_whether_or_not_the_state_says_test(bits: int, alarm: float, fault: float, town: Fleet) -> None:
    decoded = decode(sent(2, state(bits)), town)
    assert values(decoded) == {"GD": {Quantity.DEVICE_ALARM: alarm, Quantity.DEVICE_FAULT: fault}}
    assert decoded.samples[0].quality == {}


@pytest.mark.parametrize(
    ("component", "position", "device", "told"),
    [
        (106, 2, "CV", {Quantity.VALVE_OPEN: 0.0}),
        (106, 3, "CV-UNKNOWN", {}),
        (104, 4, "FAN", {Quantity.FAN_ON: 1.0}),
    ],
)
def test_started_is_told_only_where_its_meaning_is_known(
    component: int, position: int, device: str, told: dict[Quantity, float], town: Fleet
) -> None:
    found = values(decode(sent(2, state(0x21, component, position)), town))
    assert found == {device: {Quantity.DEVICE_ALARM: 0.0, Quantity.DEVICE_FAULT: 0.0} | told}


def test_system_and_transmitter_speak_of_the_transmitter(town: Fleet) -> None:
    system = decode(sent(1, SystemState(1, 1, 0x0101, NOW_NS)), town)
    own = decode(sent(21, TransmitterState(0x08, NOW_NS)), town)
    assert values(system) == {"GW": {Quantity.DEVICE_ALARM: 0.0, Quantity.DEVICE_FAULT: 256.0, Quantity.POWER_OK: 0.0}}
    assert values(own) == {"GW": {Quantity.DEVICE_ALARM: 0.0, Quantity.DEVICE_FAULT: 8.0, Quantity.POWER_OK: 0.0}}


def test_what_somebody_did_is_a_notice_and_a_manual_alarm_an_alarm(town: Fleet) -> None:
    own = decode(sent(24, TransmitterOperation(0x20, 1, NOW_NS)), town)
    system = decode(sent(4, Operation(1, 1, 0x05, 1, NOW_NS)), town)
    assert [notice.what for notice in own.notices] == ["post_check", "heartbeat"]
    assert [notice.what for notice in system.notices] == ["reset", "manual_alarm", "unmute"]
    assert values(system) == {"GW": {Quantity.DEVICE_ALARM: 1.0}}


def test_a_heartbeat_is_a_sign_of_life_at_its_own_time(town: Fleet) -> None:
    decoded = decode(sent(0), town)
    assert [(notice.what, notice.time_ns) for notice in decoded.notices] == [("heartbeat", NOW_NS)]
    never_set = encode_frame(Frame(1, 1, 1, bytes(6), 889, 1, 2))
    assert [notice.time_ns for notice in decode(never_set, town).notices] == [NOW_NS + S]
    fast = encode_frame(Frame(1, 1, 1, time_tag(NOW_NS + 3_601 * S), 889, 1, 2))
    decoded = decode(fast, town)
    assert ([notice.time_ns for notice in decoded.notices], decoded.shifts) == ([NOW_NS + S], {"GW": 3_600 * S})


def test_an_alarm_of_a_clock_that_nobody_set_is_told_at_its_arrival_and_any_other_date_is_refused(town: Fleet) -> None:
    unit = encode_unit(Unit(2, (state(2),)))[: -len(time_tag(NOW_NS))] + bytes(6)
    decoded = decode(encode_frame(Frame(7, 1, 1, bytes(6), 889, 1, 2, unit)), town)
    assert (decoded.refusals, values(decoded)["GD"][Quantity.DEVICE_ALARM]) == ((), 1.0)
    (sample,) = decoded.samples
    assert (sample.time_ns, sample.quality[Quantity.DEVICE_ALARM]) == (NOW_NS + S, Quality.UNCERTAIN)
    assert isinstance(decode_unit(2, unit), Refused)


@pytest.mark.parametrize(
    ("raw", "reason", "part"),
    [
        pytest.param(X1, RefusalReason.BAD_FRAME, "frame", id="no frame"),
        pytest.param(sent(3, analog(1), source=1_001), RefusalReason.TOPIC_PAYLOAD_MISMATCH, "frame", id="another"),
        pytest.param(VECTORS["P10"], RefusalReason.TOPIC_PAYLOAD_MISMATCH, "frame", id="the centre"),
        pytest.param(sent(81, Blank(0), command=1), RefusalReason.SCHEMA, "unit", id="unit of another command"),
        pytest.param(sent(90, Clock(NOW_NS), command=1), RefusalReason.SCHEMA, "frame", id="a control from below"),
        pytest.param(sent(0, command=128), RefusalReason.SCHEMA, "unit", id="a vendor's command"),
        pytest.param(
            encode_frame(Frame(1, 1, 1, bytes(6), 889, 1, 2, b"\x15\1\1" + bytes([0, 0, 0, 31, 2, 26]))),
            RefusalReason.NO_TIME,
            "unit",
            id="no such date",
        ),
    ],
)
def test_a_frame_that_says_nothing_is_refused_whole(raw: bytes, reason: RefusalReason, part: str, town: Fleet) -> None:
    decoded = decode(raw, town)
    assert decoded == Decoded(refusals=decoded.refusals)
    assert refused(decoded) == [(reason, part, "GW")]
    assert "expected" in decoded.refusals[0].detail


def test_a_vendor_s_own_type_is_refused_and_a_sign_of_life(town: Fleet) -> None:
    raw = encode_frame(Frame(1, 1, 1, time_tag(NOW_NS), 889, 1, 2, b"\x80\1abc"))
    decoded = decode(raw, town)
    assert refused(decoded) == [(RefusalReason.SCHEMA, "unit", "GW")]
    assert [notice.what for notice in decoded.notices] == ["heartbeat"]


def test_a_vendor_s_checksum_holds_for_his_devices_alone(town: Fleet) -> None:
    raw = sent(3, analog(64), source=1_002, checksum="xor")
    assert values(decode(raw, town, "XOR")) == {"XOR": {Quantity.GAS_PCT_LEL: 6.4}}
    assert refused(decode(raw, town, "ALONE")) == [(RefusalReason.BAD_FRAME, "frame", "ALONE")]


def test_a_repeated_frame_is_a_duplicate_and_another_of_the_same_second_is_not(town: Fleet, rulebook: Rulebook) -> None:
    ledger = Continuity(Assets({}, {}, {device.id: device for device in DEVICES}), rulebook)

    def admit(raw: bytes) -> Verdict:
        (sample,) = decode(raw, town).samples
        return ledger.admit("GD", None, None, sample.time_ns, hash(tuple(sample.values.items())), NOW_NS)

    frames = [sent(3, analog(63), serial=7), sent(2, state(3), serial=8), sent(3, analog(63), serial=7)]
    assert list(map(admit, frames)) == [Verdict.NEW, Verdict.NEW, Verdict.DUPLICATE]


@pytest.mark.parametrize("name", [name for name in VECTORS if name[0] in "PV"])
def test_every_vector_says_something(name: str, town: Fleet) -> None:
    frame = decode_frame(VECTORS[name])
    assert isinstance(frame, Frame)
    assert decode(VECTORS[name], town, "NOWHERE") != Decoded()
