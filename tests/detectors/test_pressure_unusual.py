import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from detectors.pressure_unusual import PressureUnusual
from domain.asset import Assets, Device, DeviceKind, Tier
from domain.channels import Channels
from domain.finding import Finding
from domain.network import Friction, Gas, Network, Node, Pipe
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import LOCATING, Script

NAMES = ("P1", "P2", "P3", "P4", "P5")
DEVICES = {name: Device(name, DeviceKind.PRESSURE_SENSOR, name, tier=Tier.MEDIUM_B) for name in NAMES}
WEEK_S, HOUR_S = 7 * 86_400, 3_600
LEVELS = st.sampled_from([0.0, 100.0, 150.0, 160.0, 400.0])


class Weeks:
    """The same hour of one week after the other, four means each."""

    def __init__(self, names: tuple[str, ...] = ("P1",)) -> None:
        self.names, self.script, self.mean = names, Script(), 0

    def means(self, count: int, quality: Quality = Quality.GOOD, **kpa: float) -> "Weeks":
        for _ in range(count):
            start_s = self.mean // 4 * WEEK_S + self.mean % 4 * 900 + 2_830  # within one hour
            for name in self.names:
                pressure = kpa.get(name, 160.0) + (self.mean % 2) / 10
                self.script.row(name, Quantity.PRESSURE_KPA, start_s, pressure, quality)
            self.mean += 1
            self.script.tick(start_s + 900)
            self.script.tick(start_s + 1_800)
        return self


def play(log: Weeks, network: Network | None = None) -> list[Finding]:
    devices = {name: DEVICES[name] for name in log.names}
    channels = Channels(Assets(sites={}, zones={}, devices=devices, network=network))
    return log.script.play(
        PressureUnusual(channels=channels, span_s=900, learn=8, limit=6, spans=2, locating=LOCATING), channels
    )


def seen(log: Weeks) -> list[tuple[str, str, str]]:
    return [(f.device, f.transition.value, f.reason) for f in play(log)]


def test_a_pressure_that_this_hour_never_has_is_told_once_until_it_is_back() -> None:
    log = Weeks().means(12).means(6, P1=120.0).means(3)
    assert seen(log) == [("P1", "onset", "profile"), ("P1", "end", "")]
    assert play(log)[0].limit == pytest.approx(160 - 6 * 0.02 * 160, abs=0.1)


def test_a_single_odd_mean_is_not_told() -> None:
    assert seen(Weeks().means(12).means(1, P1=120.0).means(5)) == []


def test_nothing_is_told_before_the_hour_is_known() -> None:
    assert seen(Weeks().means(6).means(2, P1=120.0)) == []


def test_another_hour_is_not_judged_by_this_one() -> None:
    log = Weeks().means(12)
    for number in range(4):
        log.script.row("P1", Quantity.PRESSURE_KPA, 3 * WEEK_S + 5 * HOUR_S + 900 * number, 120.0)
        log.script.tick(3 * WEEK_S + 5 * HOUR_S + 900 * (number + 2))
    assert seen(log) == []


def test_what_is_odd_teaches_nothing() -> None:
    log = Weeks().means(12).means(200, P1=120.0)
    assert seen(log) == [("P1", "onset", "profile")]


def test_what_five_neighbours_do_together_is_not_told() -> None:
    assert seen(Weeks(NAMES).means(12).means(8, **dict.fromkeys(NAMES, 120.0))) == []  # type: ignore[arg-type] # kPa
    assert len(seen(Weeks(NAMES[:4]).means(12).means(8, **dict.fromkeys(NAMES, 120.0)))) == 4  # type: ignore[arg-type]


def test_one_that_does_not_follow_its_neighbours_is_told() -> None:
    falling = dict.fromkeys(NAMES[1:], 120.0)
    assert seen(Weeks(NAMES).means(12).means(8, **falling)) == [("P1", "onset", "neighbours")]  # type: ignore[arg-type]


def test_a_fall_tells_where_the_network_may_leak_and_a_rise_does_not() -> None:
    nodes = (Node("GATE", fixed_pressure_pa_abs=2.4e5), *(Node(name, demand_kg_s=0.005) for name in NAMES[:3]))
    pipes = (Pipe("P-1", "GATE", "P1", 800, 0.1), Pipe("P-2", "P1", "P2", 800, 0.1), Pipe("P-3", "P1", "P3", 800, 0.1))
    network = Network(Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5), 79_700, Friction.GB50028, nodes, pipes)
    log = Weeks(NAMES[:4]).means(12)
    (fallen,) = play(log.means(2, P1=143.0, P2=126.0, P3=143.0), network)
    assert fallen.location is not None
    assert fallen.location.pipes[0].pipe == "P-2"
    (risen,) = play(Weeks(NAMES[:4]).means(12).means(2, P2=200.0), network)
    assert risen.location is None


def test_bad_and_missing_readings_neither_begin_nor_end() -> None:
    assert seen(Weeks().means(12).means(6, Quality.BAD, P1=120.0)) == []
    assert seen(Weeks().means(12).means(6, P1=120.0).means(6, Quality.BAD)) == [("P1", "onset", "profile")]


@settings(max_examples=20)
@given(st.lists(LEVELS, max_size=30))
def test_beginnings_and_ends_take_turns(pressures: list[float]) -> None:
    log = Weeks().means(12)
    for pressure in pressures:
        log.means(1, P1=pressure)
    told = [transition for _, transition, _ in seen(log)]
    assert told == ["onset", "end"] * (len(told) // 2) + ["onset"] * (len(told) % 2)


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="limit"):
        PressureUnusual(channels=Channels(Assets({}, {}, {})), span_s=900, learn=8, limit=0, spans=2, locating=LOCATING)
