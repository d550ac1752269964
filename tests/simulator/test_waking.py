"""Rooms that are stepped each second while nothing is fast, against the same rooms stepped at every turn."""

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from app.configuration import load_configuration
from app.roles.engine import Engine
from domain.asset import Assets, Device, DeviceKind, Site
from domain.frame import TICK_TOPIC, Frame
from simulator.frames import Outgoing
from simulator.scenario import Scenario, read
from simulator.timetext import S_NS
from simulator.town import Town
from simulator.waking import CALM_NS, STILL_NS, Flags, Waking
from simulator.world import World
from tests.app.support import ROOT
from tests.simulator.conftest import HEAD, START_NS

TURN_NS = S_NS // 10
Parse = Callable[[str], Scenario]
Values = Callable[[list[Outgoing], str, str], dict[float, float]]


class Restless(Waking):
    """Everything is awake all the time."""

    def judge(self, fast: Flags, slow: Flags, time_ns: int) -> None:
        super().judge(np.ones_like(fast), slow, time_ns)


def restless(world: World) -> World:
    for town in world._towns:  # noqa: SLF001 - there is no such switch outside tests
        town.waking.__class__ = Restless
        town.waking.judge(town.waking.awake, town.waking.calm, 0)
    return world


# ---------------------------------------------------------------- coarse against fine
SITE = Site("A", "店", "Inn", "restaurant", "Z1", "D", 100.2, 25.6)
DEVICES = {
    "G": Device("G", DeviceKind.GAS_DETECTOR, "A", interval_s=5),
    "V": Device("V", DeviceKind.CUTOFF_VALVE, "A", interval_s=10),
    "F": Device("F", DeviceKind.FAN, "A", interval_s=10),
}
KITCHEN = Assets({"A": SITE}, {}, DEVICES)
AT_S = st.integers(0, 60)
EVENTS = st.lists(
    st.one_of(
        st.builds("{{kind: leak, site: A, hole_mm: {1:.2f}, at: {0}s, for: 40s}}".format, AT_S, st.floats(0.2, 12)),
        st.builds("{{kind: vapour, site: A, what: ethanol, ppm: 800, at: {0}.3s, for: 20s}}".format, AT_S),
        st.builds("{{kind: opening, space: A, air_changes_h: 30, at: {0}.7s, for: 15s}}".format, AT_S),
        st.builds("{{kind: fault, device: V, what: jam, at: {0}s, for: 30s}}".format, AT_S),
    ),
    max_size=4,
)
LAYERS = st.sampled_from(["", "spaces: [{id: A, volume_m3: 40, layers: 2, exchange_m3h: 40, air_changes_h: 2}]"])


@pytest.mark.untraced
@given(EVENTS, LAYERS)
@settings(deadline=None, max_examples=8)
def test_coarse_steps_give_the_same_physics_and_the_same_cut_off(events: list[str], layers: str) -> None:
    scenario = Scenario.parse(f"{HEAD}\nsites: {{A: {{volume_m3: 25}}}}\n{layers}\nevents: [{', '.join(events)}]")
    coarse, fine = World(scenario, KITCHEN), restless(World(scenario, KITCHEN))
    for second in range(1, 101):
        for world in (coarse, fine):
            world.step_to(START_NS + second * S_NS)
        towns = [world._towns[0] for world in (coarse, fine)]  # noqa: SLF001 - the physics is not told otherwise
        signals = [float(town.instruments.sensors.signal[town.instruments.gas_rows[0]]) for town in towns]
        # a calm signal moves by less than 0.2 %LEL in a step; half a step of that is the most by which its lag differs
        assert signals[0] == pytest.approx(signals[1], abs=0.1)
        assert towns[0].worst_pct_lel("A") == pytest.approx(towns[1].worst_pct_lel("A"), abs=0.25)
        assert towns[0].linkage.opening == pytest.approx(towns[1].linkage.opening, abs=0.21)
    assert steps(coarse) == steps(fine)


def steps(world: World) -> list[tuple[object, ...]]:
    records = [record for record in world.truth.records() if record["record"] == "linkage"]
    return [(record["what"], record["device"]) for record in records]


def findings(world: World, assets: Assets) -> list[tuple[str, str, str]]:
    """What the platform finds in the first minute and a half."""
    engine = Engine(load_configuration(ROOT / "examples" / "dali", ROOT / "rulebook.toml", "gas/v1"))
    frames: list[Frame] = []
    for second in range(91):
        now_ns = START_NS + second * S_NS
        said = [(m.time_ns, m.topic, m.payload) for m in world.step_to(now_ns)] + [(now_ns, TICK_TOPIC, b"")]
        frames += [Frame(len(frames) + number, *entry) for number, entry in enumerate(said, 1)]
    found = [finding for step in engine.feed(frames).steps for finding in step.findings]
    return sorted((str(f.kind), f.device, str(f.transition)) for f in found if f.device in assets.devices)


@pytest.mark.untraced
def test_coarse_steps_raise_the_same_alarms(dali: Assets) -> None:
    demo = read(ROOT / "examples" / "scenarios" / "demo.yaml")
    coarse, fine = World(demo, dali, start_ns=START_NS), restless(World(demo, dali, start_ns=START_NS))
    alarms = findings(coarse, dali)
    assert alarms == findings(fine, dali)
    assert {"gas_high", "linkage_failed"} <= {kind for kind, _, _ in alarms}


# ---------------------------------------------------------------- what wakes whom
@pytest.fixture
def town(scenario: Parse, hamlet: Assets) -> Callable[[str], Town]:
    return lambda text: Town(scenario(text), hamlet, 1, START_NS, START_NS)


def turned(town: Town, seconds: float, since_ns: int = START_NS) -> int:
    """Go on turn by turn; count those in which the first kitchen is awake."""
    awake = 0
    for turn in range(1, round(seconds * 10) + 1):
        town.advance(since_ns + turn * TURN_NS)
        town.watch()
        awake += bool(town.waking.awake[town.premises.row_of["R1"]])
    return awake


def test_a_quiet_town_sleeps(town: Callable[[str], Town]) -> None:
    quiet = town("")
    assert turned(quiet, 30) == 0
    assert quiet.pace_ns == STILL_NS


def test_a_controller_near_its_threshold_is_watched_until_it_has_acted(town: Callable[[str], Town]) -> None:
    kitchen = town("sites: {R1: {initial_pct_lel: 24, threshold_pct_lel: 24, valve_travel: 3s}}")
    assert turned(kitchen, 10) == pytest.approx(60, abs=2)  # a second of confirmation, five until the fan is at speed
    assert kitchen.linkage.closed(kitchen.valve_of["CV1"])


def test_an_event_wakes_its_own_room_alone_and_at_once(scenario: Parse, hamlet: Assets) -> None:
    world = World(scenario("events: [{kind: leak, site: R1, hole_mm: 0.2, at: 12.3s}]"), hamlet)
    (town,) = world._towns  # noqa: SLF001 - nobody else tells
    row, other = (town.premises.row_of[site] for site in ("R1", "R2"))
    world.step_to(START_NS + 123 * TURN_NS)
    assert town.waking.awake.tolist() == [space == row for space in range(len(town.waking.awake))]
    before = town.premises.spaces.share[0, [row, other]].copy()
    world.step_to(START_NS + 124 * TURN_NS)
    assert (town.premises.spaces.share[0, [row, other]] > before).tolist() == [True, False]
    world.step_to(START_NS + 30 * S_NS)
    assert town.pace_ns == CALM_NS


def test_rooms_wake_up_together_with_those_that_share_their_air() -> None:
    waking = Waking(5, [[1, 3], [2, 4]], 0, 0)
    waking.wake([3], 0)
    assert waking.awake.tolist() == [False, True, False, True, False]
    waking.judge(np.array([False, False, True, False, False]), np.arange(5) == 1, 0)
    assert waking.calm.tolist() == [False, True, False, True, False]
    assert waking.awake.tolist() == [False, True, True, True, True]


@given(st.lists(st.tuples(st.integers(1, 25), st.integers(0, 3)), max_size=40))
def test_no_time_is_lost_or_counted_twice(turns: list[tuple[int, int]]) -> None:
    waking, passed_s, turn = Waking(3, [[0, 2]], 0, 0), np.zeros(3), 0
    waking.step(0)
    for ahead, stirring in [*turns, (1, 0)]:
        for _ in range(ahead):
            turn += 1
            due = waking.step(turn * TURN_NS)
            passed_s += 0.0 if due is None else due[0]
        waking.judge(np.arange(3) == stirring, np.arange(3) == stirring - 1, turn * TURN_NS)
    last_s = 5 * (turn // 50 + 1)
    assert (found := waking.step(last_s * S_NS)) is not None
    assert passed_s + found[0] == pytest.approx(np.full(3, last_s))
    assert found[1] == pytest.approx(5.0)


def test_a_command_is_answered_in_the_next_turn_though_all_is_calm(scenario: Parse, hamlet: Assets) -> None:
    world = World(scenario(""), hamlet)
    world.step_to(START_NS + 304 * TURN_NS)
    world.hear("gas/v1/R1/CV1/command", b'{"command_id":"c","command":"close","expires":4000000000000}')
    (answer,) = [m for m in world.step_to(START_NS + 306 * TURN_NS) if m.topic.endswith("command_result")]
    assert answer.time_ns == START_NS + 305 * TURN_NS
