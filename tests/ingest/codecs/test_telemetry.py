import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.quality import Quality
from domain.quantity import Quantity
from domain.sample import Decoded, RefusalReason
from ingest.codecs.telemetry import decode_telemetry
from ingest.fleet import Fleet

S = 1_000_000_000
NOW_MS = 1_768_449_600_000
NOW_NS = NOW_MS * 1_000_000
LEL = Quantity.GAS_PCT_LEL


def decode(message: object, fleet: Fleet, device: str = "DL-GD-0001") -> Decoded:
    return decode_telemetry(msgspec.json.encode(message), fleet.sources[device], NOW_NS, fleet)


def test_the_quick_way_and_the_lenient_way_read_the_same(fleet: Fleet) -> None:
    @given(
        st.integers(NOW_MS - 400_000, NOW_MS + 80_000)
        | st.sampled_from(["2026-01-15T12:00:00.123456+08:00", 5, 2**60]),
        st.dictionaries(st.sampled_from(Quantity), st.integers(-120, 120) | st.floats(-120, 120), max_size=4),
        st.sampled_from([{}, {"boot_id": "b", "seq": 7}, {"boot_id": "b"}, {"seq": 7}]),
        st.sampled_from(list(fleet.sources)),
    )
    def check(time: object, values: dict[str, float], counted: dict[str, object], device: str) -> None:
        message = {"time": time, "values": values, **counted}
        assert decode(message, fleet, device) == decode(message | {"quality": {}}, fleet, device)

    check()


@pytest.mark.parametrize(
    ("device", "age_s", "late"),
    [
        pytest.param("DL-GD-0001", 30, False, id="a direct device, 30 s"),
        pytest.param("DL-GD-0001", 31, True, id="a direct device, 31 s"),
        pytest.param("DL-PS-0001", 300, False, id="store and forward, 5 min"),
        pytest.param("DL-PS-0001", 301, True, id="store and forward, longer"),
    ],
)
@pytest.mark.parametrize("extra", [{}, {"quality": {}}], ids=["quick", "lenient"])
def test_late_is_older_than_its_uplink_explains(
    device: str, age_s: int, extra: dict[str, object], fleet: Fleet, *, late: bool
) -> None:
    message = {"time": NOW_MS - age_s * 1_000, "values": {"temperature_c": 20}, **extra}
    assert [sample.late for sample in decode(message, fleet, device).samples] == [late]


def test_a_clock_more_than_five_seconds_fast_makes_every_value_uncertain_and_moves_none(fleet: Fleet) -> None:
    values = {"gas_pct_lel": 60, "temperature_c": 20, "humidity_pct": 40}
    message = {"time": NOW_MS + 6_000, "values": values, "quality": {"humidity_pct": "bad"}}
    decoded = decode(message, fleet)
    assert not decoded.shifts
    assert decoded.samples[0].time_ns == NOW_NS + 6 * S
    assert decoded.samples[0].quality == {
        LEL: Quality.UNCERTAIN,
        Quantity.TEMPERATURE_C: Quality.UNCERTAIN,
        Quantity.HUMIDITY_PCT: Quality.BAD,
    }


def test_a_clock_far_ahead_moves_the_whole_frame_and_keeps_its_spacing(fleet: Fleet) -> None:
    samples = [{"time": NOW_MS + 3_600_000 - back, "values": {"gas_pct_lel": 1}} for back in (60_000, 0, 10_000)]
    decoded = decode({"boot_id": "b", "seq": 1, "samples": samples}, fleet)
    assert list(decoded.shifts.values()) == [3_600 * S]
    assert [sample.time_ns - NOW_NS for sample in decoded.samples] == [-60 * S, 0, -10 * S]
    assert [sample.late for sample in decoded.samples] == [True, False, False]
    assert all(sample.quality == {LEL: Quality.UNCERTAIN} for sample in decoded.samples)


def test_an_old_sample_of_a_right_clock_is_never_moved(fleet: Fleet) -> None:
    samples = [{"time": time, "values": {"gas_pct_lel": 1}} for time in (NOW_MS, NOW_MS - 86_400_000)]
    decoded = decode({"samples": samples}, fleet)
    assert [sample.time_ns for sample in decoded.samples] == [NOW_NS, NOW_NS - 86_400 * S]
    assert [sample.late for sample in decoded.samples] == [False, True]
    assert not decoded.shifts


def test_a_sample_from_before_the_clock_was_set_has_no_time_beside_a_right_one(fleet: Fleet) -> None:
    samples = [{"time": time, "values": {"gas_pct_lel": 1}} for time in (5_000, NOW_MS)]
    decoded = decode({"boot_id": "b", "seq": 1, "samples": samples}, fleet)
    assert [(sample.time_ns, dict(sample.values)) for sample in decoded.samples] == [(NOW_NS, {}), (NOW_NS, {LEL: 1.0})]
    assert [(refusal.reason, refusal.part) for refusal in decoded.refusals] == [
        (RefusalReason.NO_TIME, "samples[0].time")
    ]


@pytest.mark.parametrize(
    "message",
    [
        pytest.param({"values": {"gas_pct_lel": 1}}, id="no time"),
        pytest.param({"time": "2026-01-15T12:00:00", "values": {"gas_pct_lel": 1}}, id="a naive time"),
        pytest.param({"time": NOW_MS}, id="no values"),
        pytest.param({"samples": []}, id="no samples"),
        pytest.param({"samples": [7]}, id="a sample that is no object"),
        pytest.param({"time": NOW_MS, "values": 7}, id="values that are no object"),
    ],
)
def test_a_message_of_which_nothing_can_be_used_still_counts_as_arrived(
    message: dict[str, object], fleet: Fleet
) -> None:
    decoded = decode({"boot_id": "b", "seq": 9} | message, fleet)
    assert [(s.time_ns, s.boot_id, s.seq, dict(s.values)) for s in decoded.samples] == [(NOW_NS, "b", 9, {})]
    assert decoded.refusals
    assert decode(message, fleet).refusals


def test_more_samples_than_allowed_are_refused_and_the_first_are_kept(fleet: Fleet) -> None:
    samples = [{"time": NOW_MS - index, "values": {"pressure_kpa": 2}} for index in range(601)]
    decoded = decode({"samples": samples}, fleet)
    assert len(decoded.samples) == 600
    assert [(refusal.reason, refusal.part) for refusal in decoded.refusals] == [(RefusalReason.SCHEMA, "samples")]


def test_values_beside_samples_are_kept_and_may_not_share_a_time(fleet: Fleet) -> None:
    reading = {"time": NOW_MS, "values": {"gas_pct_lel": 1}}
    decoded = decode(reading | {"samples": [reading, {"time": NOW_MS - 1, "values": {"gas_pct_lel": 2}}]}, fleet)
    assert [sample.values[LEL] for sample in decoded.samples] == [1.0, 2.0]
    assert [(refusal.reason, refusal.part) for refusal in decoded.refusals] == [
        (RefusalReason.TIME_CONFLICT, "samples[0]")
    ]


def test_a_quality_that_is_no_object_makes_all_values_uncertain(fleet: Fleet) -> None:
    decoded = decode({"time": NOW_MS, "values": {"gas_pct_lel": 60}, "quality": "good"}, fleet)
    assert decoded.samples[0].quality == {LEL: Quality.UNCERTAIN}
    assert [(refusal.reason, refusal.part) for refusal in decoded.refusals] == [(RefusalReason.WRONG_TYPE, "quality")]


def test_time_and_quality_beside_samples_are_refused_alone(fleet: Fleet) -> None:
    message = {"time": NOW_MS, "quality": {}, "samples": [{"time": NOW_MS, "values": {"gas_pct_lel": 1}}]}
    decoded = decode(message, fleet)
    assert len(decoded.samples) == 1
    assert [refusal.part for refusal in decoded.refusals] == ["time", "quality"]
