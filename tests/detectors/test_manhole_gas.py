import dataclasses
import itertools
import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from detectors.manhole_gas import ManholeGas
from domain.asset import Assets, Device, DeviceKind, Site, Tier
from domain.channels import Channels
from domain.finding import Finding
from domain.network import Friction, Gas, Network, Node, Pipe
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import LOCATING, Script

SPAN_S = 600
GAS, DAY_SPANS = Quantity.GAS_PCT_LEL, 144
WELLS = tuple(Device(id=name, kind=DeviceKind.MANHOLE, site=f"S-{name}") for name in ("M-1", "M-2", "M-9"))
MAIN = Device(id="P-1", kind=DeviceKind.PRESSURE_SENSOR, site="S-M-1", tier=Tier.MEDIUM_B)
NETWORK = Network(
    gas=Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5),
    ambient_pressure_pa=79_700,
    friction=Friction.GB50028,
    nodes=(
        Node("A", lon=100.0, lat=25.0),
        Node("B", lon=100.001, lat=25.0),
        Node("C", lon=100.0, lat=25.001),
        Node("D", lon=100.05, lat=25.0),
        Node("X", x_m=0.0, y_m=0.0),
    ),
    pipes=(
        Pipe("P-AB", "A", "B", 100, 0.1, material="steel", install_year=1995),
        Pipe("P-BC", "B", "C", 110, 0.1, material="PE", install_year=2024),
        Pipe("P-BD", "B", "D", 4_900, 0.1),
        Pipe("P-OUT", "A", "C", 110, 0.1, in_service=False),
        Pipe("P-X", "A", "X", 110, 0.1),
    ),
)


def town(type_: str = "manhole", network: Network | None = NETWORK) -> Channels:
    lon = {"M-1": 100.0, "M-2": 100.001, "M-9": 100.1}
    sites = {f"S-{name}": Site(f"S-{name}", name, name, type_, "Z", "D", lon[name], 25.0) for name in lon}
    devices = {device.id: device for device in (*WELLS, MAIN)}
    return Channels(Assets(sites=sites, zones={}, devices=devices, network=network))


def play(script: Script, channels: Channels | None = None) -> list[Finding]:
    channels = channels or town()
    detector = ManholeGas(
        channels=channels, span_s=SPAN_S, rise_pct_lel=3, learn_s=7_200, neighbour_m=300, locating=LOCATING
    )
    return script.play(detector, channels)


class Days:
    """A log of means: each call is one span."""

    def __init__(self) -> None:
        self.script, self.span = Script(), 0

    def span_of(self, quality: Quality = Quality.GOOD, **values: float | dict[Quantity, float]) -> None:
        second = SPAN_S * self.span + 200
        for name, value in values.items():
            of_device = value if isinstance(value, dict) else {GAS: value}
            for quantity, number in of_device.items():
                self.script.row(name.replace("_", "-"), quantity, second, number, quality)
        self.span += 1
        self.script.tick(SPAN_S * self.span)

    def calm(self, spans: int = 20) -> None:
        for _ in range(spans):
            self.span_of(M_1=1.0, M_2=1.0, M_9=1.0)


def seen(days: Days, channels: Channels | None = None) -> list[tuple[str, str, int]]:
    return [(f.device, f.transition.value, f.level) for f in play(days.script, channels)]


def reason(days: Days, channels: Channels | None = None) -> str:
    return play(days.script, channels)[-1].reason


def reasons(days: Days) -> str:
    return " ".join(f.reason for f in play(days.script))


def leak(days: Days, beside: dict[Quantity, float] | None = None, spans: int = 5) -> Days:
    for _ in range(spans):
        days.span_of(M_1={GAS: 6.0, **(beside or {})})
    return days


def calm() -> Days:
    days = Days()
    days.calm()
    return days


def test_a_rise_over_two_spans_is_told_once_and_ends_after_an_hour_below_half_of_it() -> None:
    days = leak(calm(), spans=10)
    days.calm(12)
    assert seen(days) == [("M-1", "onset", 2), ("M-1", "end", 0)]


def test_a_single_high_span_is_not_told() -> None:
    days = leak(calm(), spans=1)
    days.calm(4)
    assert seen(days) == []


def test_a_well_that_was_never_heard_before_does_not_raise() -> None:
    days = Days()
    days.calm(5)
    assert seen(leak(days, spans=3)) == []


def test_a_background_that_is_high_but_steady_is_the_background() -> None:
    days = Days()
    for number in range(400):
        days.span_of(M_1=8.0 + math.sin(number / 23))
    assert seen(days) == []


def test_a_slow_leak_does_not_become_normal() -> None:
    days = calm()
    for number in range(3 * DAY_SPANS):
        days.span_of(M_1=1.0 + 8.0 * number / (3 * DAY_SPANS))
    assert ("M-1", "onset", 1) in seen(days)


def slow(top: float, beside: dict[Quantity, float] | None = None, spans: int = 60) -> Days:
    """A rise over hours, as mud makes it."""
    days = calm()
    for number in range(1, spans + 1):
        days.span_of(M_1={GAS: 1 + (top - 1) * number / spans, **(beside or {})})
    return days


def sudden(gas: float, beside: dict[Quantity, float]) -> Days:
    days = calm()
    for _ in range(3):
        days.span_of(M_1={GAS: gas, **beside})
    return days


def told(days: Days) -> list[tuple[int, str]]:
    return [(f.level, f.classification) for f in play(days.script)]


def test_ethane_decides_and_the_level_goes_by_source_and_gas() -> None:
    without, some = {Quantity.ETHANE_PPM: 0.0}, {Quantity.ETHANE_PPM: 1_200.0}
    assert told(slow(9.0, without)) == []
    assert told(slow(60.0, without, 200)) == [(1, "biogas"), (2, "biogas"), (3, "biogas")]
    assert told(sudden(6.0, some)) == [(2, "natural")]
    assert told(sudden(30.0, some)) == [(3, "natural")]
    assert told(sudden(60.0, some)) == [(4, "natural")]
    assert told(sudden(60.0, {})) == [(4, "natural")]
    assert told(slow(6.0)) == [(1, "unclear"), (2, "unclear")]


def test_a_finding_carries_the_probability_of_what_it_names() -> None:
    assert [f.confidence for f in play(sudden(6.0, {Quantity.ETHANE_PPM: 600.0}).script)] == [0.9985]
    assert [f.confidence for f in play(slow(12.0, {Quantity.ETHANE_PPM: 0.0}).script)] == [0.982]
    assert {f.confidence for f in play(slow(6.0).script)} == {0.5}


def test_hydrogen_sulphide_speaks_for_mud_and_names_no_pipe() -> None:
    days = slow(12.0, {Quantity.H2S_PPM: 5.0, Quantity.ETHANE_PPM: 0.0})
    assert reason(days) == "biogas 0% risk 1; ethane h2s_ppm"


def test_pipes_around_stand_in_the_reason_by_nearness_age_and_material() -> None:
    assert reason(leak(calm())).endswith("; P-AB 97%, P-BC 2%, P-BD 1%")
    assert "P-" not in reason(leak(calm()), town(network=None))


@pytest.mark.parametrize(("type_", "chance"), [("sewer", "27%"), ("telecom", "73%"), ("manhole", "50%")])
def test_the_kind_of_space_counts(type_: str, chance: str) -> None:
    assert f" {chance} risk" in reason(slow(6.0), town(type_))


def test_much_more_than_stirred_mud_can_give_is_a_leak_sooner() -> None:
    assert "; much steady space;" in reason(slow(24.0, spans=200), town("telecom"))
    assert "much" not in reason(slow(9.0, spans=100), town("telecom"))


def test_a_slow_growth_over_days_without_rhythm_is_a_leak_sooner() -> None:
    days = calm()
    for number in range(5 * DAY_SPANS):
        days.span_of(M_1={GAS: 1 + 20 * number / (5 * DAY_SPANS), Quantity.TEMPERATURE_C: 15 + (number % 2)})
    assert "growth" in reasons(days)
    warmer = calm()
    for number in range(5 * DAY_SPANS):
        share = number / (5 * DAY_SPANS)
        warmer.span_of(M_1={GAS: 1 + 20 * share, Quantity.TEMPERATURE_C: 10 + 15 * share})
    assert "growth" not in reasons(warmer)


def test_what_rises_everywhere_is_weather() -> None:
    names = [f"W-{number}" for number in range(8)]
    sites = {name: Site(name, name, name, "manhole", "Z", "D", 100 + 0.1 * n, 25.0) for n, name in enumerate(names)}
    devices = {name: Device(id=name, kind=DeviceKind.MANHOLE, site=name) for name in names}
    channels = Channels(Assets(sites=sites, zones={}, devices=devices))

    def all_of(rising: int) -> str:
        days = Days()
        for number in range(80):
            level = 1.0 if number < 20 else 1 + (number - 20) / 4
            levels = {n.replace("-", "_"): level if k < rising else 1.0 for k, n in enumerate(names)}
            days.span_of(Quality.GOOD, **levels)
        return " ".join(f.reason for f in play(days.script, channels))

    assert "everywhere" in all_of(8)
    assert "everywhere" not in all_of(2)


def test_a_neighbour_that_rose_before_makes_a_leak_likely() -> None:
    days = leak(calm())
    for number in range(40):
        days.span_of(M_1=6.0, M_2=1 + number / 5)
    found = {f.device: f for f in play(days.script)}
    assert found["M-2"].classification == "natural"
    assert "neighbours; M-1;" in found["M-2"].reason
    far = leak(calm())
    for number in range(40):
        far.span_of(M_1=6.0, M_9=1 + number / 5)
    assert "neighbours" not in {f.device: f for f in play(far.script)}["M-9"].reason


def rhythm(quantity: Quantity, device: str, sign: float) -> Days:
    """Two days in which the well follows something by more than the rise."""
    days = Days()
    for number in range(2 * DAY_SPANS):
        wave = math.sin(2 * math.pi * number / DAY_SPANS)
        late = math.sin(2 * math.pi * (number - 6) / DAY_SPANS)
        beside: dict[str, Any] = {device: {quantity: 15 + 5 * sign * wave}} if device != "M_1" else {}
        own = {quantity: 15 + 5 * sign * wave} if device == "M_1" else {}
        days.span_of(M_1={GAS: 13.0 + 7 * (late if beside else wave), **own}, **beside)
    return days


def test_a_well_that_follows_the_temperature_is_mud() -> None:
    assert "temperature" in reasons(rhythm(Quantity.TEMPERATURE_C, "M_1", 1.0))
    assert "temperature" not in reasons(rhythm(Quantity.TEMPERATURE_C, "M_1", -1.0))


def test_a_well_follows_the_temperature_by_its_own_hours() -> None:
    days = Days()
    for number in range(2 * DAY_SPANS):
        angle = 2 * math.pi * number / DAY_SPANS
        warmth = 15 + 5 * math.sin(angle)
        days.span_of(M_1={GAS: 13.0 + 7 * math.sin(angle - 1.1), Quantity.TEMPERATURE_C: warmth})  # 4.2 h later
    assert "temperature" in reasons(days)


def test_a_well_that_follows_the_load_of_the_main_is_a_leak() -> None:
    assert "load" in reasons(rhythm(Quantity.PRESSURE_KPA, "P_1", -1.0))
    assert "load" not in reasons(rhythm(Quantity.PRESSURE_KPA, "P_1", 1.0))


def test_water_is_told_and_readings_under_water_are_not_judged() -> None:
    days = calm()
    days.span_of(M_1={Quantity.IMMERSED: 1.0})
    days.span_of(Quality.IMMERSED, M_1=60.0)
    days.span_of(Quality.IMMERSED, M_1=60.0)
    assert seen(days) == []
    assert "immersed" in reason(leak(days))


def test_spans_without_readings_neither_end_nor_begin() -> None:
    days = leak(calm())
    for _ in range(30):
        days.span_of()
    assert seen(days) == [("M-1", "onset", 2)]


@given(st.lists(st.floats(-10, 1_000), min_size=1, max_size=40))
def test_whatever_comes_begins_and_ends_take_turns(levels: list[float]) -> None:
    days = calm()
    for level in levels:
        days.span_of(M_1=level)
    told = [f.level for f in play(days.script)]
    assert all(now == 0 or now > before for before, now in zip([0, *told], told, strict=False))
    assert all(before > 0 for before, now in itertools.pairwise(told) if now == 0)


def test_numbers_out_of_range_are_refused() -> None:
    with pytest.raises(ValueError, match="rise_pct_lel"):
        ManholeGas(channels=town(), span_s=600, rise_pct_lel=0, learn_s=1, neighbour_m=1, locating=LOCATING)


def test_wells_without_a_place_have_no_neighbours() -> None:
    channels = town()
    nowhere = Channels(dataclasses.replace(channels.assets, sites={}))
    assert seen(leak(calm()), nowhere) == [("M-1", "onset", 2)]
