import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.pipe_rupture import PipeRupture
from domain.asset import Assets, Device, DeviceKind, Site, Tier
from domain.channels import Channels
from domain.finding import Finding
from domain.network import Network
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import LOCATING, Script
from tests.detectors.test_parts import NETWORK

KPA = Quantity.PRESSURE_KPA
USUAL = {"IN": 300.0, "GATE": 300.0, "S1": 150.0, "S2": 150.0, "S3": 150.0}

LEVELS = st.sampled_from([0.0, 90.0, 135.0, 145.0, 150.0, 400.0])


def town(network: Network | None = NETWORK, zone_of: dict[str, str] | None = None) -> Channels:
    devices = {name: Device(name, DeviceKind.PRESSURE_SENSOR, name, tier=Tier.MEDIUM_B) for name in USUAL}
    zones = zone_of or dict.fromkeys(USUAL, "Z")
    sites = {name: Site(name, name, name, "point", zones[name], "D", 100.0, 25.0) for name in USUAL}
    return Channels(Assets(sites=sites, zones={}, devices=devices, network=network))


class Minutes:
    """A log of means: each call is one minute."""

    def __init__(self) -> None:
        self.script, self.minute = Script(), 0

    def minutes(self, count: int, quality: Quality = Quality.GOOD, **kpa: float) -> "Minutes":
        for _ in range(count):
            for name, usual in USUAL.items():
                self.script.row(name, KPA, 60 * self.minute + 30, kpa.get(name, usual), quality)
            self.minute += 1
            self.script.tick(60 * self.minute)
        return self


def play(log: Minutes, channels: Channels | None = None) -> list[Finding]:
    channels = channels or town()
    return log.script.play(PipeRupture(channels=channels, span_s=60, fall=0.06, locating=LOCATING), channels)


def seen(log: Minutes, channels: Channels | None = None) -> list[tuple[str, str]]:
    return [(f.device, f.transition.value) for f in play(log, channels)]


def usual() -> Minutes:
    return Minutes().minutes(15)


def test_two_sensors_that_fall_are_told_once_where_the_fall_is_largest_until_they_are_back() -> None:
    log = usual().minutes(20, S1=130, S2=128, S3=110)
    assert seen(log) == [("S3", "onset")]
    assert seen(log.minutes(4)) == [("S3", "onset")]
    assert seen(log.minutes(5)) == [("S3", "onset"), ("S3", "end")]


def test_one_sensor_that_falls_is_no_break_and_is_soon_forgotten() -> None:
    log = usual().minutes(20, S3=110).minutes(20, S2=110, S3=110)
    assert seen(log) == []


def test_a_single_low_minute_is_no_break() -> None:
    assert seen(usual().minutes(1, S1=100, S2=100, S3=100).minutes(5)) == []


def test_what_demand_does_within_an_hour_is_no_break() -> None:
    log = usual()
    for minute in range(60):
        log.minutes(1, S1=150 - minute / 2, S2=150 - minute / 2, S3=150 - minute / 2)
    assert seen(log) == []


def test_a_part_whose_supply_fell_is_a_consequence() -> None:
    log = usual().minutes(10, IN=200, GATE=210, S1=100, S2=100, S3=100)
    assert seen(log) == [("IN", "onset")]
    assert seen(log.minutes(20)) == [("IN", "onset"), ("IN", "end")]


def test_the_reason_names_the_likeliest_pipes() -> None:
    (finding,) = play(usual().minutes(5, S1=140, S2=140, S3=110))
    assert finding.reason.startswith("P-3 ")
    assert (finding.value, finding.limit) == (110, 141)


def test_where_all_fall_alike_a_regulator_may_have_shut() -> None:
    (finding,) = play(usual().minutes(5, S1=110, S2=110, S3=110))
    assert finding.reason == "even"


def test_without_a_network_a_tier_of_a_zone_is_a_part() -> None:
    log = usual().minutes(5, S1=110, S2=140)
    assert seen(log, town(None)) == [("S1", "onset")]
    assert play(log, town(None))[0].reason == ""
    assert seen(log, town(None, {**dict.fromkeys(USUAL, "Z"), "S2": "Z2"})) == []


def test_bad_readings_neither_begin_nor_end() -> None:
    assert seen(usual().minutes(5, Quality.BAD, S1=100, S2=100)) == []
    log = usual().minutes(5, S1=100, S2=100)
    assert seen(log.minutes(20, Quality.BAD)) == [("S1", "onset")]


def test_nothing_is_told_before_the_usual_is_known() -> None:
    assert seen(Minutes().minutes(2).minutes(3, S1=100, S2=100)) == []


@settings(max_examples=20)
@given(st.lists(st.tuples(LEVELS, LEVELS, LEVELS), max_size=15))
def test_at_most_one_alarm_stands_for_each_part(pressures: list[tuple[float, float, float]]) -> None:
    log = usual()
    for s1, s2, s3 in pressures:
        log.minutes(1, S1=s1, S2=s2, S3=s3)
    told = [transition for _, transition in seen(log)]
    assert told == ["onset", "end"] * (len(told) // 2) + ["onset"] * (len(told) % 2)


def test_a_share_of_nothing_is_refused() -> None:
    with pytest.raises(ValueError, match="fall"):
        PipeRupture(channels=town(), span_s=60, fall=0, locating=LOCATING)
