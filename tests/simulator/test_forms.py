"""What a form writes is what the long way writes."""

import re
from collections.abc import Callable
from dataclasses import replace

import pytest

from domain.asset import Assets, Device, DeviceKind, Power
from simulator.devices import Unit
from simulator.forms import form_of
from simulator.frames import Outgoing
from simulator.scenario import Scenario
from simulator.timetext import S_NS
from simulator.world import World

Parse = Callable[[str], Scenario]


def shape(message: Outgoing) -> bytes:
    """A payload without what differs from sample to sample: digits before the point, and the boot's id."""
    plain = re.sub(rb'"boot_id":"\w+"', b"", message.payload)
    return re.sub(rb"\d", b"0", re.sub(rb"-?\d+(?=[.,}])", b"0", plain))


def telemetry(world: World, device: str, seconds: int) -> list[Outgoing]:
    said = world.step_to(world.start_ns + seconds * S_NS)
    return [m for m in said if m.topic.endswith(f"/{device}/telemetry")]


@pytest.mark.parametrize("device", ["GD1", "MH1", "PR1"])
def test_a_plain_sample_looks_like_the_first_one(device: str, scenario: Parse, hamlet: Assets) -> None:
    first, *others = telemetry(World(scenario(""), hamlet), device, 400)  # the first is reported the long way
    assert len(others) > 2
    assert {shape(message) for message in others} == {shape(first)}


def test_whatever_is_out_of_the_ordinary_is_told_and_then_no_more(scenario: Parse, hamlet: Assets) -> None:
    faults = "{kind: fault, device: GD1, what: expired, at: 20s, for: 40s}"
    told = telemetry(World(scenario(f"events: [{faults}]"), hamlet), "GD1", 90)
    start_ns = told[0].time_ns // S_NS * S_NS
    marked = [20 <= (m.time_ns - start_ns) / S_NS < 60 for m in told]
    assert any(marked)
    assert [b"device_fault" in m.payload for m in told] == marked


def test_a_reading_at_the_end_of_the_scale_is_marked(scenario: Parse, hamlet: Assets) -> None:
    full = World(scenario("sites: {R1: {initial_pct_lel: 150, threshold_pct_lel: 50}}"), hamlet)
    assert all(b'"quality":{"gas_pct_lel":"over_range"}' in m.payload for m in telemetry(full, "GD1", 30))


def test_a_form_holds_until_the_battery_is_measured_again() -> None:
    device = Device("MH1", DeviceKind.MANHOLE, "M1", power=Power.BATTERY)
    unit = Unit(device, 0, "gas/v1/M1/MH1", 600, 1, 80.0)
    months = [30 * 864_000 * month for month in range(3)]
    forms = [form_of(unit, 100.0, step) for step in months]
    assert [form.until - step for form, step in zip(forms, months, strict=True)] == [6_000] * 3
    assert [re.findall(b'"battery_pct":([0-9]+)', form.text) for form in forms] == [[b"80"], [b"78"], [b"77"]]
    assert form_of(replace(unit, device=replace(device, power=Power.MAINS)), 100.0, 0).until > 10**12


def test_devices_with_long_periods_are_due_on_whole_seconds(scenario: Parse, hamlet: Assets) -> None:
    world = World(scenario("sensors: {GD2: {period_s: 2}, PR1: {period_s: 7.5}}"), hamlet)
    rest_ns = {
        device: {(m.time_ns - world.start_ns) % S_NS for m in telemetry(World(scenario(""), hamlet), device, 60)[1:]}
        for device in ("GD1", "GD2", "CV1", "PR1")
    }
    assert set().union(*rest_ns.values()) == {0}
    assert {unit.phase % 10 for unit in world._fleet.units if unit.period in {20, 75}} != {0}  # noqa: SLF001 - by chance
