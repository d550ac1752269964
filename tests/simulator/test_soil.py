import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.soil import Cover, Ground, SoilPath, diffusion_m, reaching_share

HOUR_S = 3_600.0
GROUND = Ground()


@pytest.mark.parametrize(("hours", "share"), [(24, 0.038658), (72, 0.232537), (168, 0.434475)])
def test_diffusion_over_two_metres_takes_days(hours: float, share: float) -> None:
    # porosity 0.40, water 0.15, effective diffusivity 1.353431e-6 m²/s; figures of the notes, six digits
    assert GROUND.diffusivity_m2_s == pytest.approx(1.353431e-6, rel=1e-6)
    assert GROUND.share(2.0, hours * HOUR_S) == pytest.approx(share, abs=1e-6)
    assert GROUND.arrival_s(2.0, share) == pytest.approx(hours * HOUR_S, rel=1e-4)


def test_nothing_arrives_before_the_beginning() -> None:
    assert GROUND.share(2.0, 0.0) == 0.0


def test_a_point_source_goes_to_its_steady_field_and_never_beyond_pure_gas() -> None:
    # q/(4π·D·r) by hand: 1e-6/(4π·1.353431e-6·2)
    assert GROUND.point(1e-6, 2.0, 1e14) == pytest.approx(0.029399, rel=1e-4)
    assert GROUND.point(1e-6, 2.0, 72 * HOUR_S) == pytest.approx(0.029399 * 0.232537, rel=1e-4)
    assert GROUND.point(1.0, 2.0, 1e14) == 1.0


@pytest.mark.parametrize("distance_m", [0.5, 2.0, 5.0])
def test_the_lag_has_5_and_40_per_cent_when_diffusion_has_them(distance_m: float) -> None:
    delay_s, _ = GROUND.lag(distance_m)
    assert delay_s > 0
    path = SoilPath(distance_m + 1.25, Cover.OPEN, gain=1.0)
    path.leak(1.0)
    path.advance(GROUND.arrival_s(distance_m, 0.05))
    assert path.flow_m3_s == pytest.approx(0.05, rel=1e-9)
    path.advance(GROUND.arrival_s(distance_m, 0.4) - GROUND.arrival_s(distance_m, 0.05))
    assert path.flow_m3_s == pytest.approx(0.4, rel=1e-9)


@given(st.lists(st.floats(10, 2e5), min_size=1, max_size=10))
def test_a_path_does_not_care_how_time_is_split(parts_s: list[float]) -> None:
    whole, split = SoilPath(2.5, Cover.WET), SoilPath(2.5, Cover.WET)
    for path in (whole, split):
        path.leak(0.004)
        path.advance(5_000.0)
        path.leak(0.001)
    whole.advance(sum(parts_s))
    for part_s in parts_s:
        split.advance(part_s)
    assert split.flow_m3_s == pytest.approx(whole.flow_m3_s, rel=1e-9)


def test_a_repaired_leak_is_followed_by_clean_ground() -> None:
    path = SoilPath(1.5, Cover.ASPHALT)
    path.leak(0.004)
    path.advance(30 * 24 * HOUR_S)
    assert path.flow_m3_s == pytest.approx(0.004 * reaching_share(1.5, Cover.ASPHALT), rel=1e-3)
    path.leak(0.0)
    path.advance(30 * 24 * HOUR_S)
    assert path.flow_m3_s < 1e-9


def test_rain_and_asphalt_lead_gas_farther_and_faster() -> None:
    assert reaching_share(6.0, Cover.WET) > 3 * reaching_share(6.0, Cover.OPEN)
    flows = []
    for cover in (Cover.OPEN, Cover.ASPHALT):
        path = SoilPath(4.0, cover, gain=1.0)
        path.leak(1.0)
        path.advance(24 * HOUR_S)
        flows.append(path.flow_m3_s)
    assert flows[1] > 3 * flows[0]


def test_next_to_the_leak_the_jet_drives_the_gas() -> None:
    assert (diffusion_m(0.5), diffusion_m(3.25)) == (0.2, 2.0)
