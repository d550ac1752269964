"""What every codec does, on recorded frames and on hostile ones."""

from pathlib import Path

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.quality import Quality
from domain.quantity import Quantity
from domain.sample import Decoded, Notice, RefusalReason, Sample
from ingest.codecs.catalogue import CATALOGUE
from ingest.fleet import Fleet

RECORDED = Path(__file__).parent / "recorded"
FRAMES = sorted(
    frame for frame in RECORDED.glob("*/*") if frame.suffix in {".json", ".hex"} and ".expected" not in frame.suffixes
)
RECEIVED_NS = 1_768_449_600_500_000_000
"""2026-01-15T12:00:00.500+08:00, a quarter of a second after most of the recorded frames."""

SENDERS = {
    "telemetry": "DL-GD-0001",
    "status": "DL-GD-0001",
    "event": "DL-GD-0001",
    "command_result": "DL-CV-0001",
    "batch": "DL-GW-0001",
    "gb26875": "DL-GD-0001",
    "ctwing": "DL-GD-0003",
    "onenet": "DL-GD-0003",
    "delivery": "DL-GW-0001",
}
HOSTILE = [
    pytest.param(b"", RefusalReason.BAD_JSON, id="empty"),
    pytest.param(b"null", RefusalReason.SCHEMA, id="null"),
    pytest.param(b"[]", RefusalReason.SCHEMA, id="a list"),
    pytest.param(b"{}", RefusalReason.SCHEMA, id="no keys"),
    pytest.param(b"\xff\xfe", RefusalReason.BAD_ENCODING, id="not UTF-8"),
    pytest.param(b'{"\xff":1}', RefusalReason.BAD_ENCODING, id="a key that is not UTF-8"),
    pytest.param(b'{"x":"\xff"}', RefusalReason.BAD_ENCODING, id="not UTF-8 in an unknown field"),
    pytest.param(b"[" * 2_000, RefusalReason.TOO_DEEP, id="2000 brackets at the root"),
    pytest.param(b'{"x":' + b"[" * 2_000 + b"]" * 2_000 + b"}", RefusalReason.TOO_DEEP, id="2000 in an unknown field"),
    pytest.param(b'{"x":' + b'{"y":' * 100 + b"1" + b"}" * 101, RefusalReason.TOO_DEEP, id="100 objects"),
    pytest.param(b"NaN", RefusalReason.SCHEMA, id="NaN alone"),
    pytest.param(b"1e999", RefusalReason.SCHEMA, id="1e999 alone"),
    pytest.param(b'{"time":1768449600250', RefusalReason.BAD_JSON, id="cut off"),
    pytest.param(b'{"\\"' * 2_000, RefusalReason.BAD_JSON, id="a string that never ends"),
    pytest.param(b"\xef\xbb\xbf{}", RefusalReason.BAD_JSON, id="byte order mark"),
]


def decode(kind: str, payload: bytes, fleet: Fleet, device: str = "") -> Decoded:
    return CATALOGUE[kind](payload, fleet.sources[device or SENDERS[kind]], RECEIVED_NS, fleet)


def payload_of(frame: Path) -> bytes:
    return bytes.fromhex(frame.read_text()) if frame.suffix == ".hex" else frame.read_bytes()


def as_json(decoded: Decoded) -> object:
    samples = [
        sample._asdict() | {"quality": {name: worth.name.lower() for name, worth in sample.quality.items()}}
        for sample in decoded.samples
    ]
    notices = [notice._asdict() for notice in decoded.notices]
    refusals = [refusal._asdict() for refusal in decoded.refusals]
    told: dict[str, object] = {
        "samples": samples,
        "notices": notices,
        "refusals": refusals,
        "shifts": dict(decoded.shifts),
    }
    if decoded.deliveries:
        told["deliveries"] = decoded.deliveries
    return msgspec.json.decode(msgspec.json.encode(told))


def test_every_codec_has_recorded_frames_of_a_normal_an_alarming_a_faulty_and_a_broken_message() -> None:
    names = {kind: " ".join(frame.stem for frame in FRAMES if frame.parent.name == kind) for kind in CATALOGUE}
    assert {frame.parent.name for frame in FRAMES} == set(CATALOGUE)
    assert all("fault" in text and "broken" in text for text in names.values())
    assert len(FRAMES) >= 4 * len(CATALOGUE)


@pytest.mark.parametrize("frame", FRAMES, ids=lambda frame: f"{frame.parent.name}/{frame.stem}")
def test_reads_a_recorded_frame_as_expected(frame: Path, fleet: Fleet) -> None:
    expected = msgspec.json.decode(frame.with_suffix(".expected.json").read_bytes())
    decoded = decode(frame.parent.name, payload_of(frame), fleet, expected.pop("sender"))
    assert as_json(decoded) == expected


@pytest.mark.parametrize("kind", CATALOGUE)
@pytest.mark.parametrize(("payload", "reason"), HOSTILE)
def test_refuses_a_hostile_frame_with_a_text(kind: str, payload: bytes, reason: RefusalReason, fleet: Fleet) -> None:
    decoded = decode(kind, payload, fleet)
    assert not decoded.samples
    assert not decoded.notices
    expected = RefusalReason.BAD_FRAME if kind == "gb26875" else reason  # to a binary codec all of these are alike
    assert expected in {refusal.reason for refusal in decoded.refusals}
    for refusal in decoded.refusals:
        assert refusal.device == SENDERS[kind]
        assert "expected" in refusal.detail
        assert "\n" not in refusal.detail


@pytest.mark.parametrize("kind", CATALOGUE)
def test_never_raises_and_never_stays_silent_about_random_bytes(kind: str, fleet: Fleet) -> None:
    @given(st.binary(max_size=200))
    def check(payload: bytes) -> None:
        assert decode(kind, payload, fleet) != Decoded()

    check()


JSON = st.recursive(
    st.none() | st.booleans() | st.floats(allow_nan=False) | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
KEYS = (
    "time values quality samples boot_id seq records device online interval_s firmware event result command_id detail"
    " site person vehicle inspected cylinder returned lon"
)
TIMES = st.sampled_from([1_768_449_600_250, 0, -1, 2**70, "2026-01-15T12:00:00Z", "2026-01-15T12:00:00", 1.5])
READINGS = st.dictionaries(st.sampled_from([*Quantity, "x"]), JSON | st.floats(-200.0, 200.0), max_size=4)
OBJECTS = st.dictionaries(st.sampled_from(KEYS.split()), JSON | TIMES | READINGS, max_size=6)
NESTED = st.dictionaries(st.sampled_from(["records", "samples"]), st.lists(OBJECTS, max_size=4), min_size=1)


@pytest.mark.untraced
@pytest.mark.parametrize("kind", CATALOGUE)
def test_never_raises_over_json_of_nearly_the_right_form_and_keeps_only_what_can_be_stored(
    kind: str, fleet: Fleet
) -> None:
    @given(OBJECTS | NESTED | st.builds(dict.__or__, OBJECTS, NESTED))
    def check(message: dict[str, object]) -> None:
        decoded = decode(kind, msgspec.json.encode(message), fleet)
        assert decoded != Decoded()
        for sample in decoded.samples:
            check_values(sample)
            check_numbers(sample.time_ns, sample.seq)
        assert all(decoded.shifts.values())
        for notice in decoded.notices:
            check_numbers(notice.time_ns, notice.seq)

    check()


def check_numbers(time_ns: int, seq: int | None) -> None:
    assert -(2**63) <= time_ns < 2**63
    assert seq is None or 0 <= seq < 2**63


def check_values(sample: Sample) -> None:
    assert set(sample.quality) <= set(sample.values)
    assert all(type(name) is Quantity and abs(value) < 1e300 for name, value in sample.values.items())
    assert Quality.GOOD not in sample.quality.values()


def test_a_will_without_boot_id_is_heard_all_the_same(fleet: Fleet) -> None:
    assert decode("status", b'{"online":false}', fleet).notices == (Notice("DL-GD-0001", "offline", RECEIVED_NS),)
