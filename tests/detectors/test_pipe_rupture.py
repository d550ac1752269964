import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.pipe_rupture import PipeRupture, SurgeNumbers
from domain.asset import Assets, Device, DeviceKind, Site, Tier
from domain.channels import Channels
from domain.finding import Finding
from domain.network import Network
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import LOCATING, Script
from tests.detectors.street import HOLE, Street
from tests.detectors.test_parts import NETWORK

KPA = Quantity.PRESSURE_KPA
USUAL = {"IN": 300.0, "GATE": 300.0, "S1": 150.0, "S2": 150.0, "S3": 150.0}

LEVELS = st.sampled_from([0.0, 90.0, 135.0, 145.0, 150.0, 400.0])


def town(network: Network | None = NETWORK, zone_of: dict[str, str] | None = None) -> Channels:
    devices = {name: Device(name, DeviceKind.PRESSURE_SENSOR, name, tier=Tier.MEDIUM_B) for name in USUAL}
    zones = zone_of or dict.fromkeys(USUAL, "Z")
    sites = {name: Site(name, name, name, "point", zones[name], "D", 100.0, 25.0) for name in USUAL}
    return Channels(Assets(sites=sites, zones={}, devices=devices, network=network))


def metered() -> Channels:
    """The town with a meter at the outlet of its regulator."""
    assets = town().assets
    devices = {**assets.devices, "OUT": Device("OUT", DeviceKind.FLOW_METER, "OUT")}
    return Channels(Assets(sites=assets.sites, zones={}, devices=devices, network=NETWORK))


class Minutes:
    """A log of means: each call is one minute."""

    def __init__(self, flow: float | None = None) -> None:
        self.script, self.minute, self.flow = Script(), 0, flow
        self.names = tuple(USUAL)

    def minutes(self, count: int, quality: Quality = Quality.GOOD, **kpa: float) -> "Minutes":
        for _ in range(count):
            for name in self.names:
                self.script.row(name, KPA, 60 * self.minute + 30, kpa.get(name, USUAL[name]), quality)
            if self.flow is not None:
                flow = kpa.get("OUT", self.flow)
                self.script.row("OUT", Quantity.FLOW_M3H, 60 * self.minute + 30, flow, quality)
            self.minute += 1
            self.script.tick(60 * self.minute)
        return self


def built(channels: Channels) -> PipeRupture:
    return PipeRupture(channels=channels, span_s=60, fall=0.06, surge=SurgeNumbers(0.2, 1, 50), locating=LOCATING)


def play(log: Minutes, channels: Channels | None = None) -> list[Finding]:
    channels = channels or town()
    return log.script.play(built(channels), channels)


def seen(log: Minutes, channels: Channels | None = None) -> list[tuple[str, str]]:
    return [(f.device, f.transition.value) for f in play(log, channels)]


def usual() -> Minutes:
    return Minutes().minutes(15)


def usual_flow() -> Minutes:
    return Minutes(100.0).minutes(15)


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
    log = usual().minutes(10, IN=200, GATE=270, S1=100, S2=100, S3=100)
    assert seen(log) == [("IN", "onset")]
    assert seen(log.minutes(20)) == [("IN", "onset"), ("IN", "end")]


def test_the_reason_names_the_likeliest_pipes() -> None:
    (finding,) = play(usual().minutes(5, S1=140, S2=140, S3=110))
    assert finding.reason.startswith("P-3 ")
    assert (finding.value, finding.limit) == (110, 141)


def test_where_all_fall_alike_the_supply_gave_way() -> None:
    assert seen(usual().minutes(5, S1=110, S2=110, S3=112)) == []


def test_a_reference_that_nobody_told_of_is_followed_soon() -> None:
    log = usual().minutes(20, S1=110, S2=110, S3=110)
    assert seen(log.minutes(5, S1=108, S2=108, S3=90)) == []
    assert seen(log.minutes(5, S1=100, S2=100, S3=70)) == [("S3", "onset")]


def test_the_flow_tells_a_break_from_a_regulator_even_where_all_fall_alike() -> None:
    for flow, told in ((130.0, [("S1", "onset")]), (110.0, [])):
        log = usual_flow().minutes(5, S1=110, S2=110, S3=110, OUT=flow)
        assert seen(log, metered()) == told
    (finding,) = play(usual_flow().minutes(5, S1=140, S2=140, S3=110, OUT=130), metered())
    assert finding.reason.startswith("surge; P-3 ")


def test_falls_that_differ_are_no_break_while_no_more_flows() -> None:
    assert seen(usual_flow().minutes(5, S1=140, S2=110, S3=110), metered()) == []


def test_a_flow_that_doubles_is_a_break_where_one_pressure_follows() -> None:
    log = usual_flow().minutes(10, S2=144, OUT=210)
    (finding,) = play(log, metered())
    assert (finding.device, finding.value) == ("S2", 144)
    assert finding.limit == pytest.approx(145, abs=0.5)
    assert [t for _, t in seen(log.minutes(8), metered())] == ["onset", "end"]
    assert seen(usual_flow().minutes(10, OUT=210), metered()) == []
    assert seen(usual_flow().minutes(10, S2=144, OUT=190), metered()) == []
    assert seen(usual_flow().minutes(1, S2=144, OUT=210).minutes(5), metered()) == []


def test_a_torn_pipe_of_the_simulator_is_told_and_a_regulator_of_it_is_not() -> None:
    street = Street().minutes(12)
    street.grid.open_hole("torn", HOLE, 80.0, 0.75)
    assert [(f.device, f.reason) for f in street.minutes(4).play(built(street.channels))] == [
        ("P-L2", "surge; PL 100%")
    ]
    street = Street().minutes(12)
    street.fault.limit_share = 0.1
    assert street.minutes(6).play(built(street.channels)) == []


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
        PipeRupture(channels=town(), span_s=60, fall=0, surge=SurgeNumbers(0.2, 1, 50), locating=LOCATING)
