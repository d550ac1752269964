import re
import time
from collections import defaultdict
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.asset import Assets, Device, DeviceKind, Site
from domain.errors import ConfigurationError
from domain.quality import QUALITY_NAMES
from domain.quantity import SPANS, Quantity
from simulator.frames import Outgoing
from simulator.scenario import Scenario, read
from simulator.timetext import S_NS, instant_ns
from simulator.world import World

Parse = Callable[[str], Scenario]
Payloads = Callable[[list[Outgoing], str, str], list[dict[str, Any]]]
Values = Callable[[list[Outgoing], str, str], dict[float, float]]

SCENARIOS = Path(__file__).parents[2] / "examples" / "scenarios"
START_NS = instant_ns("2026-01-15T12:00:00+08:00")
LEAK = "events: [{kind: leak, site: R1, hole_mm: 9.5, at: 30s}]"
SITE = Site("A", "店", "Inn", "restaurant", "Z1", "D", 100.2, 25.6)
ALL = [path.stem for path in sorted(SCENARIOS.glob("*.yaml"))]


def run(scenario: Scenario, assets: Assets, seconds: float) -> list[Outgoing]:
    world = World(scenario, assets, start_ns=START_NS)
    return world.step_to(world.start_ns + round(seconds * S_NS))


def test_same_scenario_and_seed_give_the_same_bytes(scenario: Parse, hamlet: Assets) -> None:
    first, second = (run(scenario(LEAK), hamlet, 120) for _ in range(2))
    assert first == second
    assert first != World(scenario(LEAK), hamlet, seed=8).step_to(START_NS + 120 * S_NS)


@pytest.mark.untraced
@given(st.lists(st.integers(0, 90_000), max_size=20))
@settings(deadline=None, max_examples=10)
def test_what_is_said_does_not_depend_on_how_far_each_call_goes(stops_ms: list[int]) -> None:
    scenario = Scenario.parse(f"version: 1\nname: {{zh: 试, en: t}}\nseed: 3\n{LEAK.replace('R1', 'A')}")
    site_devices = {
        "G": Device("G", DeviceKind.GAS_DETECTOR, "A", interval_s=5),
        "V": Device("V", DeviceKind.CUTOFF_VALVE, "A", interval_s=10),
    }
    assets = Assets({"A": SITE}, {}, site_devices)
    at_once = World(scenario, assets, start_ns=START_NS).step_to(START_NS + 90 * S_NS)
    world = World(scenario, assets, start_ns=START_NS)
    parts = [m for stop in sorted(stops_ms) for m in world.step_to(START_NS + stop * 1_000_000)]
    assert parts + world.step_to(START_NS + 90 * S_NS) == at_once


def test_another_device_changes_no_message_of_the_others(scenario: Parse, hamlet: Assets) -> None:
    more = Device("GD0", DeviceKind.GAS_DETECTOR, "R2", interval_s=3)
    larger = Assets(hamlet.sites, hamlet.zones, {"GD0": more, **hamlet.devices})
    with_it = [m for m in run(scenario(LEAK), larger, 120) if "/GD0/" not in m.topic]
    without = run(scenario(LEAK), hamlet, 120)
    # within one step the order of devices is the registry's
    assert sorted(map(repr, with_it)) == sorted(map(repr, without))


def test_an_unrelated_event_changes_no_message_of_the_others(scenario: Parse, hamlet: Assets) -> None:
    quiet, leaking = (run(scenario(text), hamlet, 120) for text in ("", LEAK))
    elsewhere = [[m for m in messages if "/R1/" not in m.topic] for messages in (quiet, leaking)]
    assert elsewhere[0] == elsewhere[1]


def test_every_device_counts_its_messages_without_a_hole(dali: Assets) -> None:
    seqs: dict[str, list[int]] = defaultdict(list)
    for message in run(read(SCENARIOS / "demo.yaml"), dali, 90):
        device, kind = message.topic.split("/")[-2:]
        if kind != "status":
            seqs[device].append(msgspec.json.decode(message.payload)["seq"])
    assert set(seqs) == set(dali.devices)
    assert all(found == list(range(1, len(found) + 1)) for found in seqs.values())


def test_every_device_is_born_first_and_keeps_its_interval(dali: Assets) -> None:
    messages = run(read(SCENARIOS / "quiet.yaml"), dali, 200)
    times: dict[str, list[int]] = defaultdict(list)
    for message in messages:
        device, kind = message.topic.split("/")[-2:]
        assert message.retain == (kind == "status")
        assert (kind == "status") == (device not in times)
        times[device].append(message.time_ns)
    for device, (birth, first, second, *later) in times.items():
        interval_ns = round(dali.devices[device].interval_s * S_NS)
        assert birth == first
        assert interval_ns // 2 <= second - first <= 3 * interval_ns // 2
        assert {b - a for a, b in zip([second, *later], later, strict=False)} <= {interval_ns}


@pytest.mark.untraced
@pytest.mark.parametrize("name", ALL)
def test_everything_said_is_lawful(name: str, dali: Assets) -> None:
    topic = re.compile(r"gas/v1/([A-Za-z0-9_-]+)/([A-Za-z0-9_-]+)/(telemetry|status|event|command_result)")
    last_ns = 0
    for message in run(read(SCENARIOS / f"{name}.yaml"), dali, 150):
        assert message.time_ns >= last_ns
        last_ns = message.time_ns
        found = topic.fullmatch(message.topic)
        assert found is not None
        assert dali.devices[found[2]].site == found[1]
        payload = msgspec.json.decode(message.payload)  # refuses NaN and infinities
        for quantity, value in payload.get("values", {}).items():
            span = SPANS[Quantity(quantity)]
            assert span.low <= value <= span.high
        assert set(payload.get("quality", {}).values()) <= set(QUALITY_NAMES)


def test_a_warm_leak_has_been_gathering_before_the_start(scenario: Parse, hamlet: Assets, values: Values) -> None:
    def readings(at: str, seconds: int) -> dict[float, float]:
        room = "sites: {R1: {volume_m3: 20, threshold_pct_lel: 50}}"
        text = f"{room}\nevents: [{{kind: leak, site: R1, hole_mm: 5, at: {at}}}]"
        return values(run(scenario(text), hamlet, seconds), "GD1", "gas_pct_lel")

    warm, cold = readings("-3min", 60), readings("0s", 240)
    late = [value for t, value in cold.items() if t >= 180]
    assert min(warm.values()) > 10
    assert sum(warm.values()) / len(warm) == pytest.approx(sum(late) / len(late), abs=1.0)


def test_an_initial_concentration_is_read_at_once(scenario: Parse, hamlet: Assets, values: Values) -> None:
    messages = run(scenario("sites: {R2: {initial_pct_lel: 20}}"), hamlet, 3)
    assert next(iter(values(messages, "GD2", "gas_pct_lel").values())) == pytest.approx(21.5, abs=1.5)


def test_a_start_is_needed_from_somebody(hamlet: Assets) -> None:
    with pytest.raises(ConfigurationError, match="start is missing"):
        World(Scenario.parse("version: 1\nname: {zh: 试, en: t}"), hamlet)


def test_a_device_that_cannot_be_simulated_is_named(scenario: Parse, hamlet: Assets) -> None:
    stray = Device("CV9", DeviceKind.CUTOFF_VALVE, "P1")
    assets = Assets(hamlet.sites, hamlet.zones, {**hamlet.devices, stray.id: stray})
    with pytest.raises(ConfigurationError, match="CV9: a valve or fan needs a gas detector"):
        World(scenario(""), assets)


# ---------------------------------------------------------------- the demo, as it is promised
def test_the_demo_shows_a_cut_off_that_works(dali: Assets, values: Values) -> None:
    messages = run(read(SCENARIOS / "demo.yaml"), dali, 60)
    gas, valve, fan = (
        values(messages, device, quantity)
        for device, quantity in (("DL-GD-0017", "gas_pct_lel"), ("DL-CV-0017", "valve_open"), ("DL-FN-0017", "fan_on"))
    )
    crossed_s = min(t for t, value in gas.items() if value >= 50)
    closed_s = min(t for t, value in valve.items() if value == 0)
    assert 3 < crossed_s < 20
    assert closed_s < crossed_s + 8  # the linkage watch allows 10 s
    assert sum(value >= 50.5 for value in gas.values()) >= 2  # not by a hair
    assert 0.5 in valve.values()
    assert max(fan.values()) == 1
    assert gas[max(gas)] < max(gas.values()) - 3


@pytest.mark.untraced
def test_the_demo_shows_a_cut_off_that_fails(dali: Assets, values: Values) -> None:
    messages = run(read(SCENARIOS / "demo.yaml"), dali, 120)
    gas, valve = values(messages, "DL-GD-0008", "gas_pct_lel"), values(messages, "DL-CV-0008", "valve_open")
    crossed_s = min(t for t, value in gas.items() if value >= 50)
    assert 3 < crossed_s < 20
    assert set(valve.values()) == {1}
    assert min(value for t, value in gas.items() if t > crossed_s) >= 50


def test_the_demo_shows_silence_and_alcohol(dali: Assets, values: Values) -> None:
    messages = run(read(SCENARIOS / "demo.yaml"), dali, 240)
    assert max(values(messages, "DL-GD-0042", "gas_pct_lel")) < 6
    alcohol = values(messages, "DL-GD-0031", "gas_pct_lel")
    assert 5 < max(alcohol.values()) < 9


@pytest.mark.untraced
def test_after_the_demo_the_town_stays_quiet(dali: Assets, payloads: Payloads) -> None:
    messages = [m for m in run(read(SCENARIOS / "demo.yaml"), dali, 1_560) if m.time_ns > START_NS + 1_440 * S_NS]
    assert _extremes(messages, dali)["gas"][1] < 10
    assert payloads(messages, "DL-GD-0042", "telemetry")  # it is back


@pytest.fixture(scope="module")
def quiet(dali: Assets) -> list[Outgoing]:
    return run(read(SCENARIOS / "quiet.yaml"), dali, 1_200)


@pytest.mark.untraced
def test_a_quiet_town_gives_no_cause_for_any_alarm(quiet: list[Outgoing], dali: Assets) -> None:
    extremes = _extremes(quiet, dali)
    assert 0 <= extremes["gas"][0] < extremes["gas"][1] < 8
    assert 1.7 < extremes["low_natural"][0] < extremes["low_natural"][1] < 2.6
    assert 120 < extremes["medium_b"][0] < extremes["medium_b"][1] < 180
    assert 270 < extremes["medium_a"][0] < extremes["medium_a"][1] < 370


def _extremes(messages: list[Outgoing], assets: Assets) -> dict[str, tuple[float, float]]:
    found: dict[str, list[float]] = defaultdict(list)
    for message in messages:
        device = assets.devices[message.topic.split("/")[-2]]
        values = msgspec.json.decode(message.payload).get("values", {})
        if "gas_pct_lel" in values:
            found["gas"].append(values["gas_pct_lel"])
        if "pressure_kpa" in values:
            found[str(device.tier)].append(values["pressure_kpa"])
    return {name: (min(series), max(series)) for name, series in found.items()}


def test_readings_never_stand_still(quiet: list[Outgoing]) -> None:
    shown: dict[str, set[float]] = defaultdict(set)
    for message in quiet:
        values = msgspec.json.decode(message.payload).get("values", {})
        for quantity in {"gas_pct_lel", "pressure_kpa"} & set(values):
            shown[message.topic].add(values[quantity])
    assert len(shown) == 64 + 22 + 32
    assert min(map(len, shown.values())) > 1


def test_a_second_of_the_whole_town_takes_milliseconds(dali: Assets) -> None:
    world = World(read(SCENARIOS / "quiet.yaml"), dali)
    world.step_to(world.start_ns + 10 * S_NS)
    begun_s = time.process_time()
    world.step_to(world.start_ns + 70 * S_NS)
    assert (time.process_time() - begun_s) / 60 < 5e-3


@pytest.mark.untraced
@pytest.mark.parametrize(
    ("name", "device", "between"), [("slow-leak", "DL-GD-0003", (22, 30)), ("lpg-basement", "DL-GD-0019", (51, 60))]
)
def test_a_shipped_leak_reaches_the_level_that_it_promises_and_no_other(
    name: str, device: str, between: tuple[float, float], dali: Assets, values: Values
) -> None:
    low, high = between
    messages = run(read(SCENARIOS / f"{name}.yaml"), dali, 1_200)
    assert low < max(values(messages, device, "gas_pct_lel").values()) < high
