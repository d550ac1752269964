from collections.abc import Callable

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.gb26875.frame import Frame, Reason, Refused, decode_frame
from ingest.gb26875.objects import (
    Analog,
    Blank,
    Clock,
    ComponentConfiguration,
    ComponentState,
    PostCheck,
    ReadOperations,
    SystemConfiguration,
    TransmitterConfiguration,
    TransmitterOperation,
    TransmitterState,
    TransmitterVersion,
    UserData,
)
from ingest.gb26875.units import _FORMS, EMPTY, Unit, decode_unit, encode_unit
from tests.ingest.gb26875.vectors import VECTORS

AT_NS = 1_348_624_682_000_000_000
"""2012-09-26 09:58:02 in Shanghai, object time of the published frames."""
LATER_NS = 1_694_737_800_000_000_000
"""2023-09-15 08:30:00 there."""
TAG = bytes.fromhex("001e080f0917")
KITCHEN = bytes.fromhex("baf3b3f831bac5").ljust(31, b"\0")


def unit_of(name: str) -> Unit:
    frame = decode_frame(VECTORS[name])
    assert isinstance(frame, Frame)
    unit = decode_unit(frame.command, frame.unit)
    assert isinstance(unit, Unit)
    return unit


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("P1", TransmitterState(0x08, AT_NS)),
        ("P2", TransmitterOperation(0x20, 1, AT_NS)),
        ("P3", TransmitterVersion(1, 1)),
        ("P4", Clock(AT_NS)),
        ("P7", Blank(0)),
        ("P8", TransmitterState(0x08, AT_NS)),
        ("P9", Blank(0)),
        ("P10", Clock(AT_NS)),
        ("P11", PostCheck(10)),
        ("P12", Blank(0)),
        ("P13", TransmitterVersion(1, 1)),
        ("P14", Blank(0)),
        ("P15", Clock(AT_NS)),
        ("V1", Analog(1, 1, 12, 1, 1, 6, 250, LATER_NS)),
        ("V3", ComponentState(1, 1, 12, 1, 1, 0x0003, KITCHEN, LATER_NS)),
        ("V6", Analog(1, 1, 74, 1, 2, 3, -125, LATER_NS)),
        ("V7", Analog(1, 1, 12, 0x4040, 0x2323, 6, 250, LATER_NS)),
        ("V8", ComponentState(1, 1, 40, 10, 2, 0x0002, b" " * 30 + b"\0", AT_NS)),
    ],
)
def test_a_vector_says_what_is_published_of_it(name: str, expected: object) -> None:
    assert unit_of(name).objects == (expected,)


@pytest.mark.parametrize("name", ["P5", "P6", "P16", "P17", "V4", "V5"])
def test_acknowledgement_denial_and_heartbeat_are_empty(name: str) -> None:
    assert unit_of(name) == EMPTY


def test_values_stand_in_the_unit_of_their_type() -> None:
    values = {name: [each.value for each in unit_of(name).objects] for name in ("V1", "V2", "V6")}
    assert values == {"V1": [25.0], "V2": [6.3, 2.0], "V6": [-12.5]}
    assert Analog(1, 1, 12, 1, 1, 13, 250, 0).value is None


def test_texts_are_read_as_gb_18030() -> None:
    records = [
        unit_of("V3").objects[0],
        SystemConfiguration(1, 1, KITCHEN),
        ComponentConfiguration(1, 1, 12, 1, 1, KITCHEN),
        TransmitterConfiguration(KITCHEN),
    ]
    assert [record.text for record in records] == ["后厨1号"] * 4


COMMANDS = {**dict.fromkeys(range(1, 29), 2), **dict.fromkeys(range(61, 89), 4), 89: 1, 90: 1, 91: 1}


@st.composite
def units(draw: st.DrawFn, kind: int) -> tuple[int, bytes]:
    form = _FORMS[kind]
    size, count = form.fields.size, draw(st.integers(1, min(form.most, 4)))
    body = b""
    for _ in range(count):
        each = bytes(size) if kind in {81, 85, 86, 88, 89} else draw(st.binary(min_size=size, max_size=size))
        if kind in {64, 84}:
            each = each[: size - 7] + bytes((draw(st.integers(1, 102)),)) + TAG
        elif form.timed:
            each = each[: size - 6] + TAG
        for at, _, known in form.numbered:
            place = 7 if kind == 3 and at == 5 else at  # an analog type stands behind zone and position
            each = each[:place] + bytes((draw(st.sampled_from(sorted(known))),)) + each[place + 1 :]
        text = draw(st.binary(max_size=50)) if kind in {6, 26} else b""
        body += each + (bytes((len(text),)) + text if kind in {6, 26} else b"")
    return COMMANDS[kind], bytes((kind, count)) + body


@pytest.mark.parametrize("kind", sorted(_FORMS))
def test_every_kind_of_unit_comes_back_as_the_same_bytes(kind: int) -> None:
    @settings(max_examples=5)
    @given(units(kind))
    def check(sent: tuple[int, bytes]) -> None:
        unit = decode_unit(*sent)
        assert isinstance(unit, Unit)
        assert encode_unit(unit) == sent[1]
        assert isinstance(decode_unit(sent[0], sent[1][:-1]), Refused)
        assert isinstance(decode_unit(sent[0], sent[1] + b"\0"), Refused)

    check()


@settings(max_examples=60)
@given(st.integers(0, 255), st.binary(max_size=120))
def test_never_raises_and_accepts_only_what_it_would_write(command: int, raw: bytes) -> None:
    unit = decode_unit(command, raw)
    assert isinstance(unit, Refused) or encode_unit(unit) == raw


def full(kind: int, count: int) -> bytes:
    one = bytes(_FORMS[kind].fields.size - 6) + TAG
    one = one[:7] + b"\6" + one[8:] if kind == 3 else one
    return bytes((kind, count)) + one * count


@pytest.mark.parametrize("kind", [1, 2, 3, 4, 24])
def test_the_largest_count_is_taken_and_one_more_is_not(kind: int) -> None:
    most = _FORMS[kind].most
    assert isinstance(decode_unit(2, full(kind, most)), Unit)
    assert isinstance(decode_unit(2, full(kind, most + 1)), Refused)


@pytest.mark.parametrize(
    ("command", "raw", "reason"),
    [
        pytest.param(2, full(3, 64), Reason.BAD_UNIT, id="64 analog values"),
        pytest.param(2, b"\3\0", Reason.BAD_UNIT, id="no objects"),
        pytest.param(2, b"\3", Reason.BAD_UNIT, id="one byte"),
        pytest.param(2, bytes((9, 1)) + TAG, Reason.BAD_UNIT, id="reserved type"),
        pytest.param(2, full(90, 1), Reason.BAD_UNIT, id="a control that was sent as data"),
        pytest.param(1, full(3, 1), Reason.BAD_UNIT, id="data that was sent as a control"),
        pytest.param(1, bytes((41, 1, 0)), Reason.BAD_UNIT, id="control of anything else"),
        pytest.param(3, b"\0", Reason.BAD_UNIT, id="acknowledgement with a unit"),
        pytest.param(4, b"", Reason.BAD_UNIT, id="request for nothing"),
        pytest.param(4, bytes((81, 1, 1)), Reason.BAD_UNIT, id="a byte that must be 0"),
        pytest.param(4, bytes((84, 1, 103)) + TAG, Reason.BAD_UNIT, id="103 records"),
        pytest.param(2, bytes((26, 1)), Reason.BAD_UNIT, id="no length of a text"),
        pytest.param(2, bytes((26, 1, 5)) + b"abcd", Reason.BAD_UNIT, id="a text that is cut"),
        pytest.param(2, bytes((21, 1, 1)) + bytes(6), Reason.BAD_TIME, id="no such date"),
        *(
            pytest.param(2, full(3, 2)[: 18 + at] + bytes((value,)) + full(3, 2)[19 + at :], Reason.BAD_UNIT, id=name)
            for name, at, value in (
                *((f"system type {value}", 0, value) for value in (2, 9, 25, 127)),
                *((f"component type {value}", 2, value) for value in (2, 14, 120, 127)),
                *((f"analog type {value}", 7, value) for value in (0, 13, 127)),
            )
        ),
        pytest.param(2, bytes((6, 1, 5, 1, 0)), Reason.BAD_UNIT, id="system type 5 of a text"),
        pytest.param(200, b"", Reason.USER_DEFINED, id="a vendor's command"),
    ],
)
def test_a_wrong_unit_is_refused_whole(command: int, raw: bytes, reason: Reason) -> None:
    found = decode_unit(command, raw)
    assert isinstance(found, Refused)
    assert found.reason is reason


def test_a_vendor_s_own_type_is_kept_as_it_is() -> None:
    assert decode_unit(2, b"\x80\x02abc") == Unit(128, (UserData(2, b"abc"),))


@pytest.mark.parametrize(
    "wrong",
    [
        pytest.param(lambda: Unit(3), id="no objects"),
        pytest.param(lambda: Unit(9, (Blank(0),)), id="reserved type"),
        pytest.param(lambda: Unit(3, (Analog(1, 1, 12, 1, 1, 6, 40_000, LATER_NS),)), id="value out of range"),
        pytest.param(lambda: Unit(64, (ReadOperations(1, 1, 1, 0),)), id="another century"),
        pytest.param(lambda: Unit(6, (SystemConfiguration(1, 1, bytes(256)),)), id="text too long"),
        pytest.param(lambda: Unit(24, (TransmitterOperation(1, 1, LATER_NS),) * 128), id="too many"),
    ],
)
def test_what_is_no_unit_is_not_written(wrong: Callable[[], Unit]) -> None:
    with pytest.raises(ValueError, match=r"\S"):
        encode_unit(wrong())
