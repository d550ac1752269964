from datetime import datetime, timedelta, timezone

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.gb26875.checksum import CHECKSUMS
from ingest.gb26875.frame import Command, Frame, Reason, Refused, asked, decode_frame, encode_frame
from ingest.gb26875.times import time_ns, time_tag
from ingest.gb26875.units import decode_unit, encode_unit
from tests.ingest.gb26875.vectors import VECTORS, X1

SHANGHAI = timezone(timedelta(hours=8))
V1 = VECTORS["V1"]
FEW = 40
"""`scripts/fuzz_gb26875.py` runs a million."""

ADDRESS = st.integers(0, 2**48 - 1)
FRAMES = st.builds(
    Frame,
    serial=st.integers(0, 65_535),
    main=st.just(1),
    user=st.integers(0, 255),
    tag=st.integers(946_684_800, 4_102_000_000).map(lambda second: time_tag(second * 10**9)) | st.just(bytes(6)),
    source=ADDRESS,
    destination=ADDRESS,
    command=st.sampled_from([1, 2, 3, 4, 5, 6, 128, 255]),
    unit=st.binary(max_size=1_024),
)


def frame(name: str) -> Frame:
    found = decode_frame(VECTORS[name])
    assert isinstance(found, Frame)
    return found


@pytest.mark.parametrize("name", VECTORS)
def test_a_vector_comes_back_as_the_same_bytes(name: str) -> None:
    found = frame(name)
    unit = decode_unit(found.command, found.unit)
    assert not isinstance(unit, Refused)
    assert encode_frame(found._replace(unit=encode_unit(unit))) == VECTORS[name]


@pytest.mark.parametrize("name", [name for name in VECTORS if name.startswith("P")])
def test_the_published_frames_have_the_header_that_is_published_with_them(name: str) -> None:
    found = frame(name)
    assert {found.source, found.destination} == {889, 88_888}
    assert (found.serial, found.main, found.user) == (1, 1, 1)
    second = 35 if name in {"P5", "P6", "P16", "P17"} else 32
    assert time_ns(found.tag) == int(datetime(2012, 9, 26, 9, 58, second, tzinfo=SHANGHAI).timestamp()) * 10**9


@settings(max_examples=FEW)
@given(FRAMES, st.sampled_from(sorted(CHECKSUMS)))
def test_whatever_can_be_written_reads_the_same(sent: Frame, vendor: str) -> None:
    raw = encode_frame(sent, CHECKSUMS[vendor])
    assert decode_frame(raw, CHECKSUMS[vendor]) == sent
    assert asked(raw) == sent._replace(unit=b"")


@settings(max_examples=FEW)
@given(st.binary(max_size=80) | st.binary(max_size=60).map(lambda rest: b"@@" + rest))
def test_never_raises_and_accepts_only_what_it_would_write(raw: bytes) -> None:
    found = decode_frame(raw)
    assert isinstance(found, Refused) or encode_frame(found) == raw


def changed(raw: bytes, at: int, value: int) -> bytes:
    return raw[:at] + bytes((value,)) + raw[at + 1 :]


@pytest.mark.parametrize(
    ("raw", "reason"),
    [
        pytest.param(X1, Reason.BAD_LENGTH, id="one byte more than its length field says"),
        pytest.param(V1[:-1], Reason.INCOMPLETE, id="cut"),
        pytest.param(V1[:20], Reason.INCOMPLETE, id="cut in the header"),
        pytest.param(b"", Reason.BAD_START, id="nothing"),
        pytest.param(changed(V1, 0, 0x41), Reason.BAD_START, id="start"),
        pytest.param(changed(V1, 26, 7), Reason.BAD_COMMAND, id="command 7"),
        pytest.param(changed(V1, 26, 0), Reason.BAD_COMMAND, id="command 0"),
        pytest.param(changed(V1, 26, 127), Reason.BAD_COMMAND, id="command 127"),
        pytest.param(changed(changed(V1, 24, 0x01), 25, 0x04), Reason.BAD_LENGTH, id="unit of 1025 bytes"),
        pytest.param(changed(V1, len(V1) - 1, 0x24), Reason.BAD_END, id="end 23 24"),
    ],
)
def test_what_is_no_frame_is_refused_with_its_reason(raw: bytes, reason: Reason) -> None:
    found = decode_frame(raw)
    assert isinstance(found, Refused)
    assert (found.reason, "expected" in found.detail) == (reason, True)


def resummed(raw: bytes) -> bytes:
    return raw[:-3] + bytes((sum(raw[2:-3]) % 256,)) + raw[-2:]


@pytest.mark.parametrize(
    ("at", "value", "reason"),
    [
        *((4, main, Reason.BAD_VERSION) for main in (0, 2)),
        *((6 + at, value, Reason.BAD_TIME) for at, value in enumerate((60, 60, 24, 0, 13, 100))),
    ],
)
def test_a_version_and_a_date_that_cannot_be_are_refused_under_a_right_checksum(
    at: int, value: int, reason: Reason
) -> None:
    found = decode_frame(resummed(changed(V1, at, value)))
    assert isinstance(found, Refused)
    assert found.reason is reason


def test_a_clock_that_nobody_set_is_all_noughts() -> None:
    assert isinstance(decode_frame(resummed(V1[:6] + bytes(6) + V1[12:])), Frame)


def test_no_flipped_bit_goes_unseen() -> None:
    whole = int.from_bytes(VECTORS["P1"], "little")
    flipped = [whole ^ 1 << bit for bit in range(len(VECTORS["P1"]) * 8)]
    found = [decode_frame(raw.to_bytes(len(VECTORS["P1"]), "little")) for raw in flipped]
    assert all(isinstance(each, Refused) for each in found)


@pytest.mark.parametrize(
    "wrong",
    [
        {"source": 2**48},
        {"destination": -1},
        {"serial": 65_536},
        {"unit": bytes(1_025)},
        {"tag": b""},
    ],
    ids=str,
)
def test_what_fits_no_frame_is_not_written(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match=r"expected|out of range"):
        encode_frame(Frame(**(frame("V1")._asdict() | wrong)))


def test_an_answer_goes_back_with_the_same_serial() -> None:
    sent = frame("V3")
    assert encode_frame(sent.answer(Command.ACKNOWLEDGE, sent.tag)) == VECTORS["V4"]


@pytest.mark.parametrize("raw", [b"", VECTORS["V1"][:26], b"xx" + VECTORS["V1"]], ids=["nothing", "cut", "no start"])
def test_without_a_header_nobody_can_be_answered(raw: bytes) -> None:
    assert asked(raw) is None


@settings(max_examples=FEW)
@given(st.integers(946_656_000, 4_102_415_999))
def test_a_time_of_this_century_reads_as_it_was_written(moment_s: int) -> None:
    assert time_ns(time_tag(moment_s * 10**9 + 999_999_999)) == moment_s * 10**9


@pytest.mark.parametrize("moment_s", [946_655_999, 4_102_416_000])
def test_a_time_of_another_century_is_not_written(moment_s: int) -> None:
    with pytest.raises(ValueError, match="century"):
        time_tag(moment_s * 10**9)


@pytest.mark.parametrize("tag", ["3c0000010101", "003c00010101", "000018010101", "0000001f0417", "000000010064"])
def test_a_moment_that_does_not_exist_is_none(tag: str) -> None:
    assert time_ns(bytes.fromhex(tag)) is None
