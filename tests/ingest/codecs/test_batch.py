import msgspec
from hypothesis import given
from hypothesis import strategies as st

from domain.quality import Quality
from domain.quantity import Quantity
from domain.sample import Decoded, RefusalReason
from ingest.codecs.batch import decode_batch
from ingest.codecs.telemetry import decode_telemetry
from ingest.fleet import Fleet

S = 1_000_000_000
NOW_MS = 1_768_449_600_000
NOW_NS = NOW_MS * 1_000_000
LEL = Quantity.GAS_PCT_LEL


def decode(records: list[object], fleet: Fleet, sender: str = "DL-GW-0001") -> Decoded:
    payload = msgspec.json.encode({"records": records})
    return decode_batch(payload, fleet.sources[sender], NOW_NS, fleet)


def record(device: str, seq: int, ahead_ms: int = 0, **values: float) -> dict[str, object]:
    return {"device": device, "boot_id": "b", "seq": seq, "time": NOW_MS + ahead_ms, "values": values}


def test_a_record_says_what_it_says_as_a_message_of_its_own(fleet: Fleet) -> None:
    devices = st.sampled_from(list(fleet.sources))
    values = st.dictionaries(st.sampled_from([*Quantity, "x"]), st.floats(-20, 120) | st.just("x"), max_size=3)
    times = st.integers(NOW_MS - 400_000, NOW_MS + 5_000)
    extra = st.sampled_from([{}, {"quality": {}}, {"boot_id": "b", "seq": 1}, {"seq": 1}])

    @given(st.lists(st.tuples(devices, values, times, extra), min_size=1, max_size=5, unique_by=lambda told: told[0]))
    def check(told: list[tuple[str, dict[str, object], int, dict[str, object]]]) -> None:
        messages = [(device, {"time": time, "values": values} | more) for device, values, time, more in told]
        together = decode([{"device": device} | message for device, message in messages], fleet)
        alone = [
            decode_telemetry(msgspec.json.encode(message), fleet.sources[device], NOW_NS, fleet)
            for device, message in messages
        ]
        assert together.samples == tuple(sample for decoded in alone for sample in decoded.samples)
        assert [refusal._replace(part="") for refusal in together.refusals] == [
            refusal._replace(part="") for decoded in alone for refusal in decoded.refusals
        ]

    check()


def test_records_may_stand_at_other_sites_than_their_gateway(fleet: Fleet) -> None:
    decoded = decode([record("DL-MH-0001", 1, immersed=0.0)], fleet)
    assert [sample.device for sample in decoded.samples] == ["DL-MH-0001"]
    assert not decoded.refusals


def test_what_is_wrong_in_one_record_costs_the_others_nothing(fleet: Fleet) -> None:
    strange = {"device": "X-1", "time": NOW_MS, "values": {"gas_pct_lel": 1}}
    decoded = decode(
        [record("DL-GD-0001", 1, gas_pct_lel=60.0), 7, strange, {"device": 5}, record("DL-GD-0002", 1)], fleet
    )
    assert [sample.device for sample in decoded.samples] == ["DL-GD-0001", "DL-GD-0002"]
    assert [(refusal.reason, refusal.part, refusal.device) for refusal in decoded.refusals] == [
        (RefusalReason.SCHEMA, "records[1]", "DL-GW-0001"),
        (RefusalReason.UNKNOWN_DEVICE, "records[2]", "X-1"),
        (RefusalReason.SCHEMA, "records[3].device", "DL-GW-0001"),
    ]


def test_who_is_no_gateway_speaks_for_itself_alone(fleet: Fleet) -> None:
    records: list[object] = [record("DL-GD-0001", 1, gas_pct_lel=60.0), record("DL-GD-0002", 1, gas_pct_lel=0.0)]
    decoded = decode(records, fleet, "DL-GD-0001")
    assert [sample.device for sample in decoded.samples] == ["DL-GD-0001"]
    assert [(refusal.reason, refusal.part, refusal.device) for refusal in decoded.refusals] == [
        (RefusalReason.TOPIC_PAYLOAD_MISMATCH, "records[1].device", "DL-GD-0001")
    ]
    assert "DL-GD-0001 speaks for DL-GD-0002; expected" in decoded.refusals[0].detail


def test_one_fast_clock_moves_only_its_own_records(fleet: Fleet) -> None:
    records: list[object] = [
        record("DL-GD-0001", 1, ahead_ms=-10_000, gas_pct_lel=1.0),
        record("DL-GD-0002", 1, gas_pct_lel=55.0),
        record("DL-GD-0001", 2, ahead_ms=3_600_000, gas_pct_lel=1.0),
    ]
    decoded = decode(records, fleet)
    assert decoded.shifts == {"DL-GD-0001": 3_600 * S}
    assert [sample.time_ns - NOW_NS for sample in decoded.samples] == [-3_610 * S, 0, 0]
    assert [sample.quality for sample in decoded.samples] == [{LEL: Quality.UNCERTAIN}, {}, {LEL: Quality.UNCERTAIN}]


def test_two_samples_of_one_record_are_one_message(fleet: Fleet) -> None:
    samples = [{"time": NOW_MS - back, "values": {"pressure_kpa": 2}} for back in (1_000, 0)]
    decoded = decode([{"device": "DL-PS-0001", "boot_id": "b", "seq": 4, "samples": samples}], fleet)
    assert [(sample.seq, sample.time_ns - NOW_NS) for sample in decoded.samples] == [(4, -S), (4, 0)]
