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
    assert [record["record"] for record in world.truth.records()] == ["run"]
