import base64

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.frame import CONFIGURATION_TOPIC, HEALTH_TOPIC, RETRY_TOPIC, TICK_TOPIC, Frame
from domain.sample import Decoded, RefusalReason
from ingest.codecs.catalogue import CATALOGUE
from ingest.decoder import MAX_REFUSALS, Decoder
from ingest.fleet import Fleet, Source

NOW_NS = 1_768_449_600_000_000_000
TOPIC = "gas/v1/R001/DL-GD-0001/telemetry"
GOOD = b'{"boot_id":"b","seq":1,"time":1768449600000,"values":{"gas_pct_lel":3.2}}'


def frame(topic: str = TOPIC, payload: bytes = GOOD, *, intact: bool = True) -> Frame:
    return Frame(1, NOW_NS, topic, payload, intact)


def retry(topic: str, payload: bytes, received_ns: int) -> bytes:
    encoded = base64.b64encode(payload).decode()
    return msgspec.json.encode({"position": 7, "topic": topic, "payload": encoded, "received_ns": received_ns})


@pytest.mark.parametrize(
    ("topic", "payload", "reason"),
    [
        pytest.param("gas/v1/R001/DL-GD-0001", GOOD, RefusalReason.BAD_TOPIC, id="too short"),
        pytest.param("water/R001/DL-GD-0001/telemetry", GOOD, RefusalReason.BAD_TOPIC, id="another root"),
        pytest.param("gas/v1/R001/DL-GD-0001/opinion", GOOD, RefusalReason.BAD_TOPIC, id="a kind that does not exist"),
        pytest.param("gas/v1/R001/X-1/telemetry", GOOD, RefusalReason.UNKNOWN_DEVICE, id="a stranger"),
        pytest.param("gas/v1/R002/DL-GD-0001/status", b"{}", RefusalReason.TOPIC_PAYLOAD_MISMATCH, id="another site"),
        pytest.param(TOPIC, b" " * 65_537, RefusalReason.TOO_LARGE, id="too large"),
        pytest.param(TOPIC, b" " * 65_536, RefusalReason.BAD_JSON, id="as large as allowed, and empty"),
        pytest.param(RETRY_TOPIC, b"{}", RefusalReason.SCHEMA, id="a retry of nothing"),
        pytest.param(RETRY_TOPIC, retry(RETRY_TOPIC, b"{}", 0), RefusalReason.SCHEMA, id="a retry of a retry"),
    ],
)
def test_a_frame_that_no_codec_reads_is_refused_whole_and_again_the_same(
    topic: str, payload: bytes, reason: RefusalReason, decoder: Decoder
) -> None:
    first = decoder.decode(frame(topic, payload))
    assert [(refusal.reason, refusal.part) for refusal in first.refusals] == [(reason, "frame")]
    assert first.refusals[0].detail
    assert decoder.decode(frame(topic, payload)) == first


def test_the_refusal_of_a_stranger_names_it_and_its_site(decoder: Decoder) -> None:
    (refusal,) = decoder.decode(frame("gas/v1/R009/X-1/event", b"{}")).refusals
    assert (refusal.device, refusal.site) == ("X-1", "R009")


@pytest.mark.parametrize("topic", [TICK_TOPIC, CONFIGURATION_TOPIC, HEALTH_TOPIC, "gas/v1/R001/DL-CV-0001/command"])
def test_our_own_frames_say_nothing_of_a_device(topic: str, decoder: Decoder) -> None:
    assert decoder.decode(frame(topic, b"anything")) == Decoded()
    assert not decoder.is_device_frame(topic)


@pytest.mark.parametrize("topic", [TOPIC, "gas/v1/R001/X-1/event", "gas/v1/nonsense"])
def test_everything_else_under_the_root_counts_as_a_frame_of_a_device(topic: str, decoder: Decoder) -> None:
    assert decoder.is_device_frame(topic)
    assert not decoder.is_device_frame(f"x{topic}")


@pytest.mark.parametrize("topic", [TOPIC, TICK_TOPIC, "nonsense"])
def test_a_record_that_the_disk_changed_is_never_decoded(topic: str, decoder: Decoder) -> None:
    decoder.decode(frame())
    decoded = decoder.decode(frame(topic, intact=False))
    assert [refusal.reason for refusal in decoded.refusals] == [RefusalReason.LOG_CORRUPT]
    assert not decoded.samples


def test_a_retry_is_decoded_as_at_its_own_arrival(decoder: Decoder) -> None:
    (sample,) = decoder.decode(Frame(9, NOW_NS + 3_600 * 10**9, RETRY_TOPIC, retry(TOPIC, GOOD, NOW_NS))).samples
    assert sample == decoder.decode(frame()).samples[0]
    assert not sample.late


def test_a_bug_of_a_codec_costs_one_frame_and_never_the_reader(
    decoder: Decoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(_payload: bytes, _source: Source, _received_ns: int, _fleet: Fleet) -> Decoded:
        raise ZeroDivisionError("seven")

    monkeypatch.setitem(CATALOGUE, "event", fail)
    (refusal,) = decoder.decode(frame("gas/v1/R001/DL-GD-0001/event", b"{}")).refusals
    assert refusal.reason is RefusalReason.CODEC_ERROR
    assert "ZeroDivisionError: seven" in refusal.detail
    assert (refusal.device, refusal.site) == ("DL-GD-0001", "R001")
    assert decoder.decode(frame()).samples


def test_a_hostile_frame_makes_a_bounded_number_of_refusals_and_says_how_many_more(decoder: Decoder) -> None:
    payload = msgspec.json.encode({str(key): 0 for key in range(3_000)})
    refusals = decoder.decode(frame(payload=payload)).refusals
    assert len(refusals) == MAX_REFUSALS
    assert refusals[-1].detail.startswith(f"{3_001 - MAX_REFUSALS + 1} more")
    assert len({refusal.part for refusal in refusals}) == MAX_REFUSALS


def test_never_raises(decoder: Decoder) -> None:
    @given(st.text(max_size=40), st.binary(max_size=60), st.booleans(), st.integers(-(2**63), 2**63 - 1))
    def check(topic: str, payload: bytes, intact: bool, received_ns: int) -> None:  # noqa: FBT001 - as drawn
        for named in (topic, TOPIC, RETRY_TOPIC, f"gas/v1/{topic}"):
            decoder.decode(Frame(1, received_ns, named, payload, intact))

    check()


def test_never_raises_whatever_the_clock_says(decoder: Decoder) -> None:
    for received_ns in (-(2**63), 0, 1, 2**63 - 1):
        assert decoder.decode(Frame(1, received_ns, TOPIC, GOOD)).samples
