"""Events in the running town, seen in what devices say and in the truth."""

from collections.abc import Callable
from typing import Any

import msgspec
import pytest

from domain.asset import Assets, Device, DeviceKind, Tier
from simulator.frames import Outgoing
from simulator.scenario import Scenario
from simulator.timetext import S_NS
from simulator.world import World

Parse = Callable[[str], Scenario]
Payloads = Callable[[list[Outgoing], str, str], list[dict[str, Any]]]
Values = Callable[[list[Outgoing], str, str], dict[float, float]]
Say = Callable[..., list[Outgoing]]
WELL = "spaces: [{id: M1, volume_m3: 2.5, air_changes_h: 0.115, soil: {pipe: P21, distance_m: 1.4, gain: 0.01}}]"
STREET = "{kind: leak, pipe: P21, tier: medium_b, hole_mm: 5, id: L}"


@pytest.fixture
def say(scenario: Parse, hamlet: Assets) -> Say:
    def said(*events: str, more: str = "", seconds: float = 120) -> list[Outgoing]:
        world = World(scenario(f"{more}\nevents: [{', '.join(events)}]"), hamlet)
        return world.step_to(world.start_ns + round(seconds * S_NS))

    return said


def at_end(values: dict[float, float]) -> float:
    return values[max(values)]


# ---------------------------------------------------------------- spaces
def test_light_gas_is_read_under_the_ceiling_first(say: Say, values: Values) -> None:
    rooms = "spaces: [{id: kitchen, site: R1, volume_m3: 40, layers: 2, exchange_m3h: 10}]"
    leak = "{kind: leak, site: R1, hole_mm: 3}"
    shown = {}
    for layer in ("upper", "lower"):
        messages = say(leak, more=f"{rooms}\nsensors: {{GD1: {{at: kitchen.{layer}}}}}", seconds=300)
        shown[layer] = at_end(values(messages, "GD1", "gas_pct_lel"))
    assert shown["upper"] > 3 * shown["lower"]


def test_heavy_gas_fills_a_cellar_and_a_door_lets_it_into_the_next_room(say: Say, values: Values) -> None:
    rooms = """
spaces:
  - {id: cellar, site: R2, volume_m3: 30, air_changes_h: 0.3}
  - {id: shop, site: R2, volume_m3: 60}
links: [{id: door, between: [cellar, shop], flow_m3h: 1}]
sensors: {GD2: {at: shop}}
"""
    leak = "{kind: leak, site: R2, space: cellar, hole_mm: 4}"
    shut = at_end(values(say(leak, more=rooms, seconds=400), "GD2", "gas_pct_lel"))
    wide = say(leak, "{kind: opening, link: door, flow_m3h: 200}", more=rooms, seconds=400)
    assert at_end(values(wide, "GD2", "gas_pct_lel")) > shut + 3


def test_an_open_window_keeps_gas_low_while_it_is_open(say: Say, values: Values) -> None:
    leak, more = "{kind: leak, site: R1, hole_mm: 3}", "sites: {R1: {volume_m3: 30}}"
    shut = at_end(values(say(leak, more=more, seconds=600), "GD1", "gas_pct_lel"))
    aired = say(leak, "{kind: opening, space: R1, air_changes_h: 30, for: 5min}", more=more, seconds=600)
    shown = values(aired, "GD1", "gas_pct_lel")
    assert max(v for t, v in shown.items() if t < 300) < shut / 2
    assert at_end(shown) > max(v for t, v in shown.items() if t < 300)


def test_a_growing_hole_leaks_more_and_the_truth_tells_its_course(scenario: Parse, hamlet: Assets) -> None:
    world = World(
        scenario("events: [{kind: leak, site: R1, hole_mm: {from: 1, to: 3, over: 10min}, at: 10s, id: L}]"), hamlet
    )
    world.step_to(world.start_ns + 700 * S_NS)
    growth = world.truth.records()[1]["growth"]
    assert world.truth.records()[1]["hole_mm"] == {"from": 1.0, "to": 3.0, "over_s": 600.0}
    assert isinstance(growth, list)
    first, *_, last = growth
    assert (first[1], last[1]) == (1.0, pytest.approx(3.0, abs=0.15))
    assert last[2] / first[2] == pytest.approx((last[1] / first[1]) ** 2, rel=0.01)


def test_what_a_cylinder_spills_no_valve_ends(say: Say, values: Values) -> None:
    more = "sites: {R2: {volume_m3: 30, threshold_pct_lel: 20}}"
    last = {}
    for behind in ("true", "false"):
        messages = say(f"{{kind: leak, site: R2, hole_mm: 4, behind_valve: {behind}}}", more=more, seconds=900)
        assert at_end(values(messages, "CV2", "valve_open")) == 0
        last[behind] = at_end(values(messages, "GD2", "gas_pct_lel"))
    assert last["false"] > 2 * last["true"]


def test_strange_lpg_makes_a_detector_read_low(say: Say, values: Values) -> None:
    leak, more = "{kind: leak, site: R2, hole_mm: 3}", "sites: {R2: {threshold_pct_lel: 50}}\n"
    pure, mixed = (
        at_end(values(say(leak, more=more + gas, seconds=600), "GD2", "gas_pct_lel"))
        for gas in ("", "gas: {dimethyl_ether_share: 0.4}")
    )
    assert mixed < 0.9 * pure


# ---------------------------------------------------------------- what looks like a leak
def test_steam_blinds_a_laser_and_shifts_a_semiconductor(say: Say, values: Values) -> None:
    steam = "{kind: steam, site: R1, humidity_pct: 100, at: 30s, for: 60s}"
    laser = values(say(steam, more="sensors: {GD1: {kind: laser}}"), "GD1", "gas_pct_lel")
    assert not [t for t in laser if 30 < t <= 90]
    assert [t for t in laser if t > 90]
    semi = values(say(steam, more="sensors: {GD1: {kind: semiconductor}}"), "GD1", "gas_pct_lel")
    assert min(v for t, v in semi.items() if 30 < t < 90) > max(v for t, v in semi.items() if t < 30) + 1


def test_methanol_counts_by_its_own_limit_and_a_filter_keeps_it_off(say: Say, values: Values) -> None:
    def shown(what: str, more: str) -> float:
        event = f"{{kind: vapour, site: R1, what: {what}, ppm: 3300}}"
        return at_end(values(say(event, more=more, seconds=200), "GD1", "gas_pct_lel")) - plain

    usual = "sensors: {GD1: {kind: semiconductor}}"
    plain = at_end(values(say(more=usual, seconds=200), "GD1", "gas_pct_lel"))
    assert shown("ethanol", usual) == pytest.approx(15, abs=0.15)
    assert shown("methanol", usual) == pytest.approx(15 * 3.3 / 6.0, abs=0.15)
    assert shown("ethanol", "sensors: {GD1: {kind: semiconductor, filtered: true}}") < 1


def test_stirred_mud_gives_off_more_and_settles_again(say: Say, values: Values) -> None:
    more = "sensors: {MH1: {period_s: 30}}"
    plain = values(say(more=more, seconds=900), "MH1", "gas_pct_vol")
    stirred = say("{kind: biogas, site: M1, factor: 200, at: 60s, for: 10min}", more=more, seconds=900)
    shown = values(stirred, "MH1", "gas_pct_vol")
    assert at_end(shown) > at_end(plain) + 0.1
    late = {t: v for t, v in shown.items() if t > 700}
    assert max(late.values()) - min(late.values()) < 0.05


# ---------------------------------------------------------------- manholes
def test_a_leaking_pipe_reaches_the_manhole_and_the_truth_holds_both_sources(
    scenario: Parse, hamlet: Assets, values: Values
) -> None:
    more = WELL + "\nsensors: {MH1: {period_s: 100}}\ngas: {ethane_share: 0.04}"
    world = World(scenario(f"{more}\nevents: [{STREET}]"), hamlet)
    messages = world.step_to(world.start_ns + 1_200 * S_NS)
    gas, ethane = values(messages, "MH1", "gas_pct_vol"), values(messages, "MH1", "ethane_ppm")
    assert at_end(gas) > gas[min(gas)] + 0.4
    assert ethane[min(ethane)] == 0 < at_end(ethane)
    steps = [r for r in world.truth.records() if r["record"] == "step"]
    wells: Any = steps[-1]["wells"]
    assert wells["M1"]["soil_m3_s"] > wells["M1"]["biogas_m3_s"] > 0
    leak = world.truth.records()[1]
    assert (leak["site"], leak["pipe"], leak["expected_kind"]) == ("M1", "P21", "gas_low")
    assert isinstance(leak["mass_flow_kg_s"], float)
    seen: Any = leak["t_first_observable"]
    assert list(seen) == ["MH1"]


def test_a_flood_drowns_the_sensor_of_a_manhole(say: Say, payloads: Payloads) -> None:
    messages = say("{kind: flood, site: M1, level: 0.8, at: 65s}", more="sensors: {MH1: {period_s: 10}}")
    dry, wet = payloads(messages, "MH1", "telemetry")[2], payloads(messages, "MH1", "telemetry")[-1]
    assert (dry["values"]["immersed"], "quality" in dry) == (0, False)
    assert wet["values"]["immersed"] == 1
    assert wet["quality"] == {"gas_pct_lel": "immersed", "gas_pct_vol": "immersed"}


def test_shallow_water_only_takes_air_away(say: Say, payloads: Payloads) -> None:
    messages = say("{kind: flood, site: M1, level: 0.3}", more="sensors: {MH1: {period_s: 10}}")
    assert {p["values"]["immersed"] for p in payloads(messages, "MH1", "telemetry")} == {0}


def test_an_open_cover_is_told_and_clears_the_air(say: Say, payloads: Payloads, values: Values) -> None:
    event = "{kind: maintenance, site: M1, at: 20s, for: 5min}"
    messages = say(event, more="sensors: {MH1: {period_s: 10}}", seconds=400)
    shown = values(messages, "MH1", "gas_pct_vol")
    assert max(v for t, v in shown.items() if 100 < t < 320) < max(v for t, v in shown.items() if t < 20) / 2
    covers = values(messages, "MH1", "cover_open")
    assert {v for t, v in covers.items() if 20 < t < 320} == {1}
    assert [p["event"] for p in payloads(messages, "MH1", "event")] == ["cover_open", "cover_closed"]


# ---------------------------------------------------------------- people
def test_a_calibration_marks_its_readings_and_heals_a_drift(say: Say, payloads: Payloads, values: Values) -> None:
    drift = "{kind: fault, device: GD1, what: drift, rate_per_h: 600}"
    messages = say(drift, "{kind: calibration, device: GD1, at: 60s, for: 30s}")
    told = payloads(messages, "GD1", "telemetry")
    assert {p.get("quality", {}).get("gas_pct_lel") for p in told} == {None, "calibration"}
    shown = values(messages, "GD1", "gas_pct_lel")
    assert max(v for t, v in shown.items() if t < 60) > 8 > max(v for t, v in shown.items() if t > 90)
    assert "calibration" in [p["event"] for p in payloads(messages, "GD1", "event")]


def test_a_calibrated_pressure_sensor_marks_its_readings_too(say: Say, payloads: Payloads) -> None:
    messages = say("{kind: calibration, device: PR1, at: 10s, for: 60s}")
    told = [p.get("quality") for p in payloads(messages, "PR1", "telemetry")]
    assert {"pressure_kpa": "calibration"} in told
    assert told[-1] is None


def test_staff_close_a_valve_and_open_it_again(say: Say, values: Values) -> None:
    shut, opened = (
        "{kind: valve, valve: CV1, action: close, at: 20s}",
        "{kind: valve, valve: CV1, action: open, at: 60s}",
    )
    shown = values(say(shut, opened), "CV1", "valve_open")
    assert {v for t, v in shown.items() if 30 < t < 60} == {0}
    assert at_end(shown) == 1


@pytest.mark.untraced
def test_only_people_open_a_valve_that_a_controller_has_closed(say: Say, values: Values) -> None:
    leak = "{kind: leak, site: R1, hole_mm: 9.5, for: 5min}"
    opened = "{kind: valve, valve: CV1, action: open, at: 10min}"
    more = "sites: {R1: {volume_m3: 24, fan_air_changes_h: 60}}"
    assert at_end(values(say(leak, more=more, seconds=700), "CV1", "valve_open")) == 0
    messages = say(leak, opened, more=more, seconds=700)
    assert at_end(values(messages, "CV1", "valve_open")) == 1
    assert at_end(values(messages, "FN1", "fan_on")) == 0


# ---------------------------------------------------------------- meters and uploads
def test_a_flow_meter_reads_flow(scenario: Parse, hamlet: Assets, values: Values) -> None:
    meter = Device("FM1", DeviceKind.FLOW_METER, "P1", tier=Tier.MEDIUM_B, interval_s=5)
    assets = Assets(hamlet.sites, hamlet.zones, {**hamlet.devices, "FM1": meter})
    world = World(scenario(""), assets)
    shown = values(world.step_to(world.start_ns + 60 * S_NS), "FM1", "flow_m3h")
    assert all(1_300 < value < 1_700 for value in shown.values())  # noon is near the peak of 1,500


def test_a_terminal_uploads_its_samples_together(say: Say, payloads: Payloads) -> None:
    messages = say(more="sensors: {PR1: {period_s: 10, upload_s: 60}}", seconds=300)
    first, *later = payloads(messages, "PR1", "telemetry")
    assert "samples" not in first
    assert len(later) >= 4
    assert {len(p["samples"]) for p in later} <= {6, 7}
    times = [s["time"] for p in later for s in p["samples"]]
    assert times == sorted(times)
    assert [p["seq"] for p in later] == list(range(2, 2 + len(later)))
    assert payloads(messages, "PR1", "status")[0]["interval_s"] == 60


@pytest.mark.untraced
def test_gas_makes_a_terminal_upload_at_once(say: Say, payloads: Payloads) -> None:
    more = "sensors: {GD1: {period_s: 5, upload_s: 3600}}\nsites: {R1: {volume_m3: 20, threshold_pct_lel: 50}}"
    messages = say("{kind: leak, site: R1, hole_mm: 9.5}", more=more, seconds=300)
    _, first, *_ = payloads(messages, "GD1", "telemetry")
    shown = [s["values"]["gas_pct_lel"] for s in first["samples"]]
    assert shown[-1] >= 20 > max(shown[:-1])


def test_an_own_sensor_differs_as_the_scenario_says(say: Say, values: Values) -> None:
    more = "sensors: {GD1: {offset: 7, noise: 0}, PR1: {offset: 50, delay_s: 3}}"
    messages = say(more=more)
    assert min(values(messages, "GD1", "gas_pct_lel").values()) > 6
    assert min(values(messages, "PR1", "pressure_kpa").values()) > 180


def test_every_frame_of_a_wild_scenario_is_json_and_the_same_again(say: Say) -> None:
    events = (
        "{kind: transport, fault: reorder, share: 0.5}",
        "{kind: steam, site: R1}",
        "{kind: leak, site: R1, hole_mm: 5}",
        STREET,
    )
    first, again = (say(*events, more=WELL) for _ in range(2))
    assert first == again
    for message in first:
        msgspec.json.decode(message.payload)
