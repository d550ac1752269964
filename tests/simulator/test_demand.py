import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from simulator.demand import APPLIANCE_KG_S, USE_S, Demand, Habits
from simulator.timetext import S_NS

NOON_NS = 4 * 3_600 * S_NS  # in China
NIGHT_NS = 19 * 3_600 * S_NS
STEADY = Habits(by_chance=False, per_degree=0.0)


def test_the_mean_follows_the_meals_of_the_day() -> None:
    demand = Demand(np.array([1.0, 2.0]), STEADY, 1)
    noon, night = demand.step(NOON_NS, 20.0), demand.step(NIGHT_NS, 20.0)
    assert noon[1] == 2 * noon[0]
    assert noon[0] > 0.9
    assert night[0] < 0.2


def test_flat_draws_what_the_file_says_at_every_hour() -> None:
    demand = Demand(np.array([0.3]), Habits(flat=True, by_chance=False, per_degree=0.0), 1)
    assert demand.step(NIGHT_NS, 20.0).tolist() == [0.3]


def test_each_degree_below_fifteen_adds_its_share() -> None:
    demand = Demand(np.array([1.0]), Habits(flat=True, by_chance=False, per_degree=0.02), 1)
    assert [demand.step(NOON_NS, degrees)[0] for degrees in (30.0, 15.0, 5.0)] == [1.0, 1.0, pytest.approx(1.2)]


def test_what_feeds_in_is_neither_profile_nor_chance() -> None:
    assert Demand(np.array([-0.4]), Habits(), 1).step(NOON_NS, 0.0).tolist() == [-0.4]


def test_appliances_come_and_go_around_the_mean() -> None:
    peak = np.full(400, 20 * APPLIANCE_KG_S)
    demand = Demand(peak, Habits(flat=True, per_degree=0.0), 7)
    drawn = np.array([demand.step(NOON_NS + minute * 60 * S_NS, 20.0) for minute in range(120)])
    in_use = drawn / APPLIANCE_KG_S
    assert in_use == pytest.approx(np.round(in_use))
    assert in_use.mean() == pytest.approx(20, rel=0.02)
    assert in_use[-1].var() == pytest.approx(20, rel=0.25)  # Poisson
    later = np.corrcoef(in_use[0], in_use[10])[0, 1]
    assert later == pytest.approx(math.exp(-600 / USE_S), abs=0.15)


@given(st.integers(0, 2**32), st.lists(st.integers(0, 900), max_size=6))
def test_the_same_seed_gives_the_same_town(seed: int, pauses_s: list[int]) -> None:
    def run() -> list[list[float]]:
        demand, time_ns, drawn = Demand(np.array([0.01, 0.0, 0.002]), Habits(), seed), NOON_NS, []
        for pause_s in pauses_s:
            time_ns += pause_s * S_NS
            drawn.append(demand.step(time_ns, 9.0).tolist())
        return drawn

    first = run()
    assert first == run()
    assert all(node >= 0 for step in first for node in step)
    assert all(step[1] == 0 for step in first)
