from collections.abc import Callable
from pathlib import Path

import msgspec
import pytest

from domain.asset import Assets
from simulator.scenario import Scenario, read
from simulator.timetext import S_NS, instant_ns
from simulator.truth import TruthEvent
from simulator.world import World

Parse = Callable[[str], Scenario]
SCENARIOS = Path(__file__).parents[2] / "examples" / "scenarios"


def test_the_demo_tells_its_four_truths(dali: Assets) -> None:
    world = World(read(SCENARIOS / "demo.yaml"), dali, start_ns=instant_ns("2026-01-15T12:00:00+08:00"))
    assert [(e.site, e.expected_kind) for e in world.truth.events] == [
        ("DL-R-0017", "gas_high"),
        ("DL-R-0008", "linkage_failed"),
        ("DL-R-0042", "device_silent"),
        ("DL-R-0031", None),
    ]
    assert world.truth.events[0] == TruthEvent(
        "hose-off", "leak", "DL-R-0017", "Z05", "2026-01-15T11:57:20.000+08:00", "gas_high"
    )


@pytest.mark.parametrize(
    ("event", "expected"),
    [
        ("kind: leak, site: R2, hole_mm: 9", "gas_high"),
        ("kind: leak, site: R1, hole_mm: 9", "linkage_failed"),  # its valve is jammed
        ("kind: leak, site: R1, hole_mm: 9, expect: gas_low", "gas_low"),
        ("kind: vapour, site: R1, what: ethanol, ppm: 9", None),
        ("kind: fault, device: GD1, what: silent", "device_silent"),
        ("kind: fault, device: GD1, what: dead", "device_silent"),
        ("kind: fault, device: GD1, what: stuck", "sensor_stuck"),
        ("kind: fault, device: GD1, what: drift, rate_per_h: 1", None),
        ("kind: fault, device: MH1, what: battery_low", "battery_low"),
        ("kind: fault, device: GD1, what: power_cut", "power_lost"),
        ("kind: fault, device: GD1, what: clock_skew, skew: 2min", "clock_wrong"),
        ("kind: fault, device: GD1, what: silent, expect: null", None),
        ("kind: fault, device: GD1, what: powered_off", "device_silent"),
        ("kind: fault, device: GD1, what: unit_error", "gas_high"),
        ("kind: steam, site: R1", None),
        ("kind: leak, pipe: P21, tier: medium_a, hole_mm: 5", None),
        ("kind: transport, fault: drop", None),
    ],
)
def test_each_kind_of_event_has_its_usual_expectation(
    event: str, expected: str | None, scenario: Parse, hamlet: Assets
) -> None:
    world = World(scenario(f"events: [{{kind: fault, device: CV1, what: jam}}, {{{event}}}]"), hamlet)
    assert [(e.id, e.expected_kind) for e in world.truth.events] == [("E2", expected)]


def test_the_truth_about_a_leak_is_in_order_and_physical(scenario: Parse, hamlet: Assets, tmp_path: Path) -> None:
    room = "sites: {R1: {volume_m3: 20, threshold_pct_lel: 50}}"
    text = f"{room}\nevents: [{{id: L, kind: leak, site: R1, hole_mm: 9.5, at: 10s}}]"
    world = World(scenario(text), hamlet)
    world.step_to(world.start_ns + 900 * S_NS)
    world.truth.write(tmp_path / "truth.ndjson")
    lines = (tmp_path / "truth.ndjson").read_bytes().splitlines()
    run, leak, *linkage = map(msgspec.json.decode, lines)
    assert (run["record"], run["seed"], run["start"]) == ("run", 1, "2026-01-15T12:00:00.000+08:00")
    times = [leak[f"t_{level}"] for level in ("on", "10_pct_lel", "25_pct_lel", "50_pct_lel")]
    assert times == sorted(times)
    assert leak["t_on"] < leak["t_first_observable"]["GD1"] < leak["t_10_pct_lel"]
    assert leak["mass_flow_kg_s"] == pytest.approx(2.06e-3, rel=0.01)
    assert [step["what"] for step in linkage] == ["threshold_crossed", "fan_on", "moving", "closed"]
    assert [step["time"] for step in linkage] == sorted(step["time"] for step in linkage)
    assert leak["t_50_pct_lel"] < linkage[0]["time"]  # the sensor lags behind the truth


def test_the_truth_about_a_fault_names_the_device(scenario: Parse, hamlet: Assets) -> None:
    world = World(scenario("events: [{kind: fault, device: CV1, what: jam, at: -5min, for: 6min}]"), hamlet)
    record = world.truth.records()[1]
    assert (record["record"], record["device"], record["what"]) == ("fault", "CV1", "jam")
    assert (record["t_on"], record["t_off"]) == ("2026-01-15T11:55:00.000+08:00", "2026-01-15T12:01:00.000+08:00")
    assert world.truth.events == []


def test_without_events_there_is_nothing_to_tell(dali: Assets) -> None:
    world = World(read(SCENARIOS / "quiet.yaml"), dali)
    world.step_to(world.start_ns + 60 * S_NS)
    assert world.truth.events == []
    assert {record["record"] for record in world.truth.records()} == {"run", "step"}


@pytest.mark.parametrize(
    ("event", "site", "confounder"),
    [
        ("kind: steam, site: R1", "R1", "weather"),
        ("kind: biogas, site: M1, factor: 3", "M1", "biogas"),
        ("kind: flood, site: M1, level: 1", "M1", "weather"),
        ("kind: rain, mm_h: 3, for: 1h", "", "weather"),
        ("kind: calibration, device: MH1", "M1", "maintenance"),
        ("kind: maintenance, site: M1", "M1", "maintenance"),
        ("kind: valve, valve: CV2, action: close", "R2", "maintenance"),
        ("kind: opening, space: kitchen, air_changes_h: 3", "R1", "maintenance"),
        ("kind: opening, space: R2, air_changes_h: 3", "R2", "maintenance"),
        ("kind: opening, link: door, flow_m3h: 3", "", "maintenance"),
        ("kind: transport, fault: outage, devices: [PR1]", "P1", "transport"),
        ("kind: transport, fault: outage", "", "transport"),
        ("kind: leak, site: R1, hole_mm: 1", "R1", "none"),
    ],
)
def test_what_looks_like_a_leak_is_told_apart_and_in_its_place(
    event: str, site: str, confounder: str, scenario: Parse, hamlet: Assets
) -> None:
    more = "spaces: [{id: kitchen, site: R1, volume_m3: 9}]\nlinks: [{id: door, between: [kitchen, R2], flow_m3h: 1}]"
    record = World(scenario(f"{more}\nevents: [{{{event}}}]"), hamlet).truth.records()[1]
    assert (record["site"], record["confounder"]) == (site, confounder)
    assert record["zone"] == ("Z1" if site else "")
    assert record["expected_alarm"] == ("yes" if record["kind"] == "leak" else "no")


def test_the_run_says_how_long_and_with_how_many_sensors(scenario: Parse, hamlet: Assets) -> None:
    world = World(scenario(""), hamlet)
    world.step_to(world.start_ns + 90 * S_NS)
    run = world.truth.records()[0]
    assert (run["end"], run["sensors"]) == ("2026-01-15T12:01:30.000+08:00", 4)


def test_danger_is_counted_until_the_valve_holds_the_gas_back(scenario: Parse, hamlet: Assets) -> None:
    text = """
sites: {R1: {volume_m3: 10, threshold_pct_lel: 50}}
events: [{id: L, kind: leak, site: R1, hole_mm: 9.5}]
"""
    world = World(scenario(text), hamlet)
    world.step_to(world.start_ns + 300 * S_NS)
    leak = world.truth.records()[1]
    above = instant_ns(str(leak["t_isolated"])) - instant_ns(str(leak["t_25_pct_lel"]))
    assert leak["above_25_pct_lel_s"] == pytest.approx(above / S_NS, abs=0.2)


def test_a_sensor_is_compared_with_the_run_without_the_leak(scenario: Parse, hamlet: Assets) -> None:
    # 20 %LEL from the start, far above three sigmas: only what the leak adds can be seen of it
    text = """
sites: {R1: {initial_pct_lel: 20, threshold_pct_lel: 50}}
events: [{id: L, kind: leak, site: R1, hole_mm: 3, at: 60s}]
"""
    world = World(scenario(text), hamlet)
    world.step_to(world.start_ns + 200 * S_NS)
    leak = world.truth.records()[1]
    seen = leak["t_first_observable"]
    assert isinstance(seen, dict)
    assert instant_ns(seen["GD1"]) > instant_ns(str(leak["t_on"]))
