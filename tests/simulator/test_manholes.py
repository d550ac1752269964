import math

import numpy as np
import pytest

from simulator.manholes import Well, Wells, biogas_m3_s, ethane_share, pumped, usual_air_changes_h
from simulator.soil import Cover, SoilPath
from simulator.spaces import Fuel, Space, Spaces

MUD_M3_S = 1.5e-7
DAY_S = 86_400.0


def pit(well: Well) -> tuple[Wells, Spaces]:
    wells = Wells([well])
    spaces = Spaces([Space("W", 2.5, usual_air_changes_h(2.5) * 2.5 / 3600)])
    return wells, spaces


def test_biogas_at_20_degrees_makes_1900_ppm_of_a_usual_manhole() -> None:
    # source 1.5e-7 m³/s against 8e-5 m³/s of air: 1,871 ppm; ten degrees less divide it by 2.2
    wells, spaces = pit(Well(0, MUD_M3_S))
    wells.breathe(20.0)
    spaces.source_m3_s[Fuel.BIOGAS] = wells.biogas
    spaces.settle()
    assert 1e6 * spaces.total()[0] == pytest.approx(1_871.5, rel=1e-4)
    assert biogas_m3_s(np.array([MUD_M3_S]), 10.0)[0] == pytest.approx(MUD_M3_S / 2.2)


def test_biogas_follows_the_temperature_late_by_volume_over_air() -> None:
    # first-order lag of 2.5/8e-5 s = 8.7 h under a daily sine: phase atan(2π·8.7/24)/(2π)·24 h = 4.4 h
    wells, spaces = pit(Well(0, MUD_M3_S))
    course = []
    for step in range(4 * 288):
        hour = step / 12
        wells.breathe(20 + 0.1 * math.cos(2 * math.pi * hour / 24))  # so small that Q10 is linear
        spaces.source_m3_s[Fuel.BIOGAS] = wells.biogas
        spaces.advance(300.0, np.zeros(1))
        course.append(float(spaces.total()[0]))
    last = course[-288:]
    assert last.index(max(last)) / 12 == pytest.approx(4.4, abs=0.15)


def test_falling_air_pressure_doubles_what_the_soil_gives_off() -> None:
    assert pumped(-1.7 / 24) == pytest.approx(2.0, abs=0.02)
    assert (pumped(1.0), pumped(-5.0)) == (0.0, 4.0)
    path = SoilPath(1.5, Cover.ASPHALT)
    path.leak(0.004)
    wells = Wells([Well(0, 0.0, path=path)])
    wells.breathe(10.0, dt_s=30 * DAY_S)
    steady = wells.soil[0]
    wells.breathe(10.0, trend_kpa_h=-1.7 / 24)
    assert wells.soil[0] == pytest.approx(steady * pumped(-1.7 / 24))
    assert steady > 0


def test_rain_brings_the_gas_of_open_ground_sooner_and_it_dries_again() -> None:
    dry, wet = (Well(0, 0.0, path=SoilPath(3.0, Cover.OPEN), cover=Cover.OPEN) for _ in range(2))
    for well, rain in ((dry, 0.0), (wet, 5.0)):
        assert well.path is not None
        well.path.leak(0.004)
        wells = Wells([well])
        wells.breathe(10.0, rain_mm_h=rain, dt_s=5 * DAY_S)
        wells.breathe(10.0)
        assert well.path.cover is Cover.OPEN
    assert wet.path is not None
    assert dry.path is not None
    assert wet.path.flow_m3_s > 1.5 * dry.path.flow_m3_s


def test_an_open_cover_clears_the_well_within_a_minute() -> None:
    well = Well(0, MUD_M3_S, cover_open=True)
    wells, spaces = pit(well)
    spaces.share[Fuel.BIOGAS] = 0.01
    spaces.window_m3_s[wells.spaces] = wells.window_m3_s()
    spaces.advance(60.0, np.zeros(1))
    assert spaces.total()[0] < 1e-4
    well.cover_open = False
    assert wells.window_m3_s()[0] == 0.0


def test_water_takes_air_away_and_drowns_the_sensor() -> None:
    well = Well(0, MUD_M3_S)
    wells = Wells([well])
    shown = []
    for level in (0.0, 0.5, 0.6, 1.0):
        well.level = level
        shown.append((round(float(wells.dry_share()[0]), 3), well.immersed))
    assert shown == [(1.0, False), (0.5, False), (0.4, True), (0.05, True)]


def test_ethane_tells_natural_gas_from_biogas() -> None:
    assert ethane_share(0.0, 0.02, 0.04) == 0.0
    assert ethane_share(0.02, 0.0, 0.04) == pytest.approx(0.04)
    assert ethane_share(0.0, 0.0, 0.04) == 0.0
