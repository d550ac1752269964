"""How fast all detectors together are. Run with ``--benchmark-enable``; without it each load runs once."""

import functools
import itertools
import time
from collections.abc import Iterator

import numpy as np
import numpy.typing as npt
import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from detectors.base import Detector
from detectors.catalogue import CATALOGUE
from domain.asset import Device, DeviceKind, Tier
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding
from domain.quantity import Quantity
from tests.detectors.script import RULES, START_S, S, town

pytestmark = pytest.mark.benchmark(
    group="all detectors, 5000 readings", timer=time.thread_time
)  # fair on a busy machine
ROWS = 5_000
BATCHES = 24


def watches(channels: Channels, *quantities: Quantity) -> npt.NDArray[np.bool_]:
    return np.array([quantity in quantities for _, quantity in channels.keys], np.bool_)


def build(channels: Channels) -> list[Detector]:
    return [builder(channels, RULES) for builder in CATALOGUE.values()]


@functools.cache
def gas_town(devices: int) -> Channels:
    return town(tuple(Device(id=f"D-{n}", kind=DeviceKind.GAS_DETECTOR, site=f"S{n}") for n in range(devices)))


@functools.cache
def mixed_town(sites: int) -> Channels:
    kinds = (DeviceKind.GAS_DETECTOR, DeviceKind.CUTOFF_VALVE, DeviceKind.PRESSURE_SENSOR, DeviceKind.MANHOLE)
    return town(
        tuple(
            Device(id=f"D-{n}-{kind}", kind=kind, site=f"S{n}", tier=Tier.LOW_NATURAL)
            for n in range(sites)
            for kind in kinds
        )
    )


def batch(channel: np.ndarray, time_ns: np.ndarray, arrival_ns: int, value: np.ndarray, number: int) -> Batch:
    """Columns of good readings that arrive together."""
    received_ns = np.full(len(channel), arrival_ns, np.int64)
    return Batch(
        channel.astype(np.int32),
        time_ns.astype(np.int64),
        received_ns,
        value,
        np.zeros(len(channel), np.int8),
        received_ns - time_ns > 30 * S,
        np.arange(len(channel), dtype=np.int64) + number * len(channel),
    )


def uniform(channels: Channels, alarms: float = 0.002) -> Iterator[Batch]:
    """Live readings of channels drawn evenly; a few of gas above both limits."""
    rng = np.random.default_rng(1)
    gas = np.flatnonzero(watches(channels, Quantity.GAS_PCT_LEL))
    for number in range(BATCHES):
        arrival_ns = START_S * S + number * S // 4
        value = rng.normal(3, 1, ROWS)
        value[rng.random(ROWS) < alarms] = 60
        yield batch(rng.choice(gas, ROWS), np.sort(arrival_ns - rng.integers(0, S, ROWS)), arrival_ns, value, number)


def mixed(channels: Channels) -> Iterator[Batch]:
    """Live readings of all quantities, normal for each."""
    rng = np.random.default_rng(2)
    normal = {Quantity.PRESSURE_KPA: 2.0, Quantity.BATTERY_PCT: 90.0, Quantity.BATTERY_V: 3.6, Quantity.POWER_OK: 1.0}
    of_channel = np.array([normal.get(quantity, 0.0) for _, quantity in channels.keys])
    analog = watches(channels, Quantity.PRESSURE_KPA, Quantity.GAS_PCT_LEL, Quantity.TEMPERATURE_C)
    for number in range(BATCHES):
        arrival_ns = START_S * S + number * S // 4
        channel = rng.integers(0, len(channels), ROWS)
        value = of_channel[channel] + rng.normal(0, 0.05, ROWS) * analog[channel]
        yield batch(channel, np.sort(arrival_ns - rng.integers(0, S, ROWS)), arrival_ns, value, number)


def hard(channels: Channels, level: float) -> Iterator[Batch]:
    """In turn: uploads of 600 samples of a channel each, and one hot channel with half of the rows."""
    rng = np.random.default_rng(3)
    gas = np.flatnonzero(watches(channels, Quantity.GAS_PCT_LEL))
    for number in range(BATCHES):
        arrival_ns = START_S * S + number * S
        if number % 2:
            channel = np.where(rng.random(ROWS) < 0.5, gas[7], rng.choice(gas, ROWS))
            time_ns = arrival_ns - S + np.arange(ROWS) * (S // ROWS)
            value = np.where(channel == gas[7], level, 3.0) + rng.normal(0, 0.5, ROWS)
        else:
            channel = np.repeat(rng.choice(gas, 9, replace=False), 600)[:ROWS]
            time_ns = arrival_ns - 600 * S + np.tile(np.arange(600) * S, 9)[:ROWS]
            value = level + rng.normal(0, 0.5, ROWS)
        yield batch(channel, time_ns, arrival_ns, value, number)


def measure(benchmark: BenchmarkFixture, channels: Channels, load: Iterator[Batch]) -> None:
    detectors, batches = build(channels), itertools.cycle(list(load))

    def one() -> list[Finding]:
        rows = next(batches)
        return [finding for detector in detectors for finding in detector.update(rows)]

    benchmark.extra_info["readings"] = ROWS
    benchmark.pedantic(one, rounds=BATCHES - 4, warmup_rounds=4)  # type: ignore[no-untyped-call] # ships no types


@pytest.fixture(name="devices")
def devices_fixture(benchmark: BenchmarkFixture) -> int:
    return 100_000 if benchmark.enabled else 300


def test_speed_on_readings_drawn_from_100000_gas_channels(benchmark: BenchmarkFixture, devices: int) -> None:
    measure(benchmark, gas_town(devices), uniform(gas_town(devices)))


def test_speed_on_all_quantities_of_a_town(benchmark: BenchmarkFixture, devices: int) -> None:
    measure(benchmark, mixed_town(devices // 28), mixed(mixed_town(devices // 28)))


@pytest.mark.parametrize("level", [pytest.param(3.0, id="quiet"), pytest.param(30.0, id="in alarm")])
def test_speed_on_uploads_and_a_hot_channel(benchmark: BenchmarkFixture, devices: int, level: float) -> None:
    measure(benchmark, gas_town(devices), hard(gas_town(devices), level))


def test_speed_when_the_whole_town_is_in_alarm(benchmark: BenchmarkFixture, devices: int) -> None:
    measure(benchmark, gas_town(devices), uniform(gas_town(devices), alarms=1.0))
