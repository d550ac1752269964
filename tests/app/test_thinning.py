"""Which frames the sieve keeps, and what the ledger says of the rest."""

import pytest

from app.configuration import Configuration
from app.thinning import Sieve, Stretches
from domain.frame import CLOCK_TOPIC, Frame
from domain.quantity import Quantity
from domain.record import Gap
from domain.sample import Sample
from ingest.slow import pack_offsets
from tests.app.support import DEVICES, START_NS, S, Tape, configuration, topic

TOWN = (
    DEVICES.replace("interval_s\n", "interval_s,tier\n").replace(",600", ",600,")
    + "P2,pressure_sensor,S2,600,low_natural\nW1,gateway,S1,600,\n"
)


def sieve(*standing: str, known: Configuration | None = None) -> Sieve:
    return Sieve(known or configuration(TOWN), {}, standing)


def kept(tape: Tape, *standing: str) -> list[int]:
    strainer = sieve(*standing)
    return [frame.position for frame in tape.frames if strainer.keeps(frame)]


def test_one_frame_of_a_device_and_minute_stays() -> None:
    tape = Tape()
    for seq in range(12):
        tape.say("G1", seq, gas_pct_lel=1)
        tape.say("G2", seq, gas_pct_lel=1)
        tape.now_ns += 20 * S
    assert kept(tape) == [1, 2, 7, 8, 13, 14, 19, 20]


@pytest.mark.parametrize(
    ("device", "said", "stays"),
    [
        ("G1", {"gas_pct_lel": 19.9, "temperature_c": 900, "battery_pct": 21, "battery_v": 3.3, "power_ok": 1}, False),
        ("G1", {"gas_pct_lel": 20}, True),
        ("G1", {"gas_pct_lel": -1}, True),  # drift: uncertain
        ("G1", {"temperature_c": '"warm"', "gas_pct_lel": 1}, True),
        ("G1", {"device_alarm": 1}, True),
        ("G1", {"device_alarm": 0, "device_fault": 0}, False),
        ("G1", {"device_fault": 17}, True),
        ("G1", {"power_ok": 0}, True),
        ("G1", {"battery_pct": 20}, True),
        ("G1", {"battery_v": 3.2}, True),
        ("P2", {"pressure_kpa": 2}, False),
        ("P2", {"pressure_kpa": 1.5}, True),
        ("P2", {"pressure_kpa": 3}, True),
        ("G1", {"pressure_kpa": 99}, False),
    ],
)
def test_what_is_beyond_a_limit_or_not_good_stays(device: str, said: dict[str, float | str], stays: bool) -> None:  # noqa: FBT001 - of the table
    tape = Tape()
    tape.say(device, 1, temperature_c=20)
    tape.say(device, 2, **said)  # type: ignore[arg-type] # none of them is called site
    assert kept(tape) == ([1, 2] if stays else [1])


def test_whatever_is_more_than_readings_stays() -> None:
    tape = Tape()
    tape.say("G1", 1, gas_pct_lel=1)
    tape.put(topic("G1", "status"), b'{"online":true,"boot_id":"b","seq":0}')
    tape.put(topic("G1", "event"), b'{"boot_id":"b","seq":2,"event":"mute"}')
    tape.put(topic("G1", "command_result"), b'{"boot_id":"b","seq":3,"command_id":"c","result":"done"}')
    tape.put(topic("G1", "command"), b"{}")
    tape.say("X9", 1, gas_pct_lel=1)
    tape.tick()
    tape.configure(configuration(TOWN))
    tape.retry(tape.frames[5])
    strainer = sieve()
    rotten = Frame(99, 0, topic("G1"), b"", intact=False)
    assert [f.position for f in (*tape.frames, rotten) if strainer.keeps(f)] == [*range(1, 10), 99]


def test_all_of_a_device_with_a_standing_alarm_stays() -> None:
    tape = Tape()
    for seq in range(3):
        tape.say("G1", seq, gas_pct_lel=1)
        tape.say("G2", seq, gas_pct_lel=1)
    assert kept(tape, "G2") == [1, 2, 4, 6]


def test_a_frame_of_many_devices_goes_only_if_it_may_go_for_each() -> None:
    tape = Tape()

    def batch(*records: tuple[str, int]) -> None:
        time_ms = tape.now_ns // 1_000_000
        inside = ",".join(
            f'{{"device":"{device}","boot_id":"b","seq":{len(tape)},"time":{time_ms},"values":{{"gas_pct_lel":{gas}}}}}'
            for device, gas in records
        )
        tape.put(topic("W1", "batch"), f'{{"records":[{inside}]}}'.encode())

    batch(("G1", 1))
    batch(("G1", 1), ("G2", 1))
    batch(("G1", 1), ("G2", 1))
    batch(("G1", 1), ("G2", 60))
    assert kept(tape) == [1, 2, 4]


def test_goes_on_by_the_configuration_and_the_offsets_of_its_place() -> None:
    tape, strainer = Tape(), sieve(known=configuration(TOWN, {"gas_low.limit": 10}))
    tape.say("G1", 1, gas_pct_lel=1)
    tape.say("G1", 2, gas_pct_lel=11)
    assert [strainer.keeps(frame) for frame in tape.frames] == [True, True]
    strainer.configure(configuration(TOWN))
    assert not strainer.keeps(tape.frames[1])
    tape.put(CLOCK_TOPIC, pack_offsets({"G1": 3_600 * S}))
    tape.say("G1", 3, late_s=3_600, gas_pct_lel=1)
    tape.put(CLOCK_TOPIC, b"{}")
    assert [strainer.keeps(frame) for frame in tape.frames[2:]] == [True] * 3  # corrected: uncertain
    assert strainer.samples(tape.frames[3])[0].time_ns == pytest.approx(tape.now_ns, abs=S)


def test_the_ledger_has_one_stretch_for_each_start_of_a_device() -> None:
    stretches = Stretches()

    def sample(device: str, boot_id: str | None, seq: int | None) -> Sample:
        return Sample(device, START_NS, boot_id, seq, {Quantity.GAS_PCT_LEL: 1.0}, {}, late=False)

    stretches.add(7, [sample("G1", "b", 5), sample("G2", None, None)])
    stretches.add(9, [sample("G1", "b", 3), sample("G1", "c", 1)])
    assert list(stretches.changed(START_NS)) == [
        Gap("G1", "b", 3, 5, START_NS, START_NS, "thinned"),
        Gap("G1", "c", 1, 1, START_NS, START_NS, "thinned"),
        Gap("G2", "", 7, 7, START_NS, START_NS, "thinned"),
    ]
    stretches.add(11, [sample("G2", None, None)])
    assert [(gap.device, gap.from_seq, gap.to_seq) for gap in stretches.changed(START_NS)] == [("G2", 7, 11)]
