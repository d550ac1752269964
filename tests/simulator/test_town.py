from collections.abc import Callable

import pytest

from domain.asset import Assets
from simulator.events import Leak
from simulator.scenario import Scenario
from simulator.timetext import S_NS
from simulator.town import Town

Parse = Callable[[str], Scenario]
START_NS = 1_768_449_600 * S_NS
WELL = "spaces: [{id: M1, volume_m3: 2.5, air_changes_h: 0.115, soil: {pipe: P21, distance_m: 1.4, gain: 0.01}}]"
STREET = Leak.model_validate({"kind": "leak", "pipe": "P21", "tier": "medium_b", "hole_mm": 5})
HOSE = Leak.model_validate({"kind": "leak", "site": "R1", "hole_mm": 9.5})


def lived(town: Town, minutes: int) -> Town:
    """Let a town live in steps of a minute."""
    for minute in range(1, minutes + 1):
        town.advance(START_NS + 60 * minute * S_NS)
    return town


@pytest.fixture
def town(scenario: Parse, hamlet: Assets) -> Callable[[str], Town]:
    return lambda text: Town(scenario(text), hamlet, 1, START_NS, START_NS)


def soil_m3_s(town: Town) -> float:
    town.begin_leak(STREET, "L")
    return float(lived(town, 201).premises.wells.soil.sum())


def test_gas_of_a_pipe_comes_up_and_a_repair_ends_it(town: Callable[[str], Town]) -> None:
    street = town(WELL)
    leaking = soil_m3_s(street)
    assert leaking > 0
    street.end_leak(STREET, "L")
    for minute in range(202, 2_000):
        street.advance(START_NS + 60 * minute * S_NS)
    assert street.premises.wells.soil[0] < leaking / 10


def test_fronts_pump_the_soil_and_asphalt_leads_gas_as_wet_ground_does(town: Callable[[str], Town]) -> None:
    plain = soil_m3_s(town(WELL + "\nambient: {pressure_wave_kpa: 0}"))
    falling = soil_m3_s(town(WELL + "\nambient: {pressure_wave_kpa: 0, front: [{at: 0s, change_kpa: -1, over: 6h}]}"))
    rising = soil_m3_s(
        town(WELL + "\nambient: {pressure_wave_kpa: 0}\nevents: [{kind: front, change_kpa: 1, for: 6h}]")
    )
    wet = soil_m3_s(town(WELL + "\nambient: {pressure_wave_kpa: 0}\nevents: [{kind: rain, mm_h: 5, for: 6h}]"))
    assert falling > 2 * plain > 0
    assert rising == 0
    assert wet == pytest.approx(plain)


def test_the_ground_leads_gas_into_a_cellar_and_an_open_door_lets_it_out(town: Callable[[str], Town]) -> None:
    rooms = """
spaces:
  - {id: shop, site: R1, volume_m3: 60}
  - {id: cellar, site: R1, volume_m3: 20, layers: 2, soil: {pipe: P21, distance_m: 1.4, gain: 0.05}}
"""
    house = town(rooms)
    assert soil_m3_s(house) > 0
    cellar = house.premises.row_of["cellar"]
    assert house.worst_pct_lel("R1") == house.pct_lel()[house.premises.spaces.cell(cellar, upper=False)] > 1
    assert house.premises.wells.biogas[-1] == 0
    before = house.worst_pct_lel("R1")
    house.premises.spaces.window_m3_s[cellar] += 0.1
    for minute in range(202, 402):
        house.advance(START_NS + 60 * minute * S_NS)
    assert house.premises.spaces.window_m3_s[cellar] == pytest.approx(0.1)
    assert house.worst_pct_lel("R1") < before / 2


def test_a_bead_loses_its_response_to_poison_at_its_rate(town: Callable[[str], Town]) -> None:
    kitchen = town("")
    row = kitchen.instruments.reading_of["GD1"]
    lived(kitchen, 1)
    kitchen.instruments.poison(row, 1e-4)
    for minute in range(2, 202):
        kitchen.advance(START_NS + 60 * minute * S_NS)
    assert kitchen.instruments.sensors.gain[row] == pytest.approx(2.718281828 ** -(1e-4 * 200 * 60))
    kitchen.instruments.poison(row, 0.0)
    assert kitchen.instruments.sensors.gain[row] == 1.0


def test_pure_gas_shows_as_nothing_on_a_bead(scenario: Parse, hamlet: Assets) -> None:
    full = Town(scenario("sites: {R1: {initial_pct_lel: 1000, air_changes_h: 0}}"), hamlet, 1, START_NS, START_NS)
    thick = Town(scenario("spaces: [{id: R1, volume_m3: 50, air_changes_h: 0}]"), hamlet, 1, START_NS, START_NS)
    thick.premises.spaces.share[0, thick.premises.row_of["R1"]] = 0.99
    for place in (full, thick):
        lived(place, 10)
    row = full.instruments.reading_of["GD1"]
    assert full.instruments.sensors.signal[row] == pytest.approx(104.5, abs=0.1)  # half pure: 0.209·0.5/2 over 5 %VOL
    assert thick.instruments.sensors.signal[row] < 5


def test_a_leak_is_isolated_by_its_own_valve_alone(town: Callable[[str], Town]) -> None:
    kitchen = town("")
    assert not kitchen.isolated(HOSE)
    for valve in ("CV2", "CV1"):
        kitchen.linkage.close(kitchen.valve_of[valve])
        kitchen.linkage.advance(60.0)
        assert kitchen.isolated(HOSE) is (valve == "CV1")
    assert not kitchen.isolated(STREET)


def test_the_true_concentration_counts_each_fuel_by_its_own_limit(town: Callable[[str], Town]) -> None:
    kitchen = town("")
    kitchen.premises.spaces.share[:, kitchen.premises.row_of["R1"]] = (0.005, 0.00188, 0.005)
    assert kitchen.worst_pct_lel("R1") == pytest.approx(30.0, abs=0.05)
