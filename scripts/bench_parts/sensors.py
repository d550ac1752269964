"""How long a tick of all sensors takes: lag, errors, noise, saturation, steps; every sensor is read at every tick."""

import time

import numpy as np
from bench_parts.table import Row

from simulator.sensors import Sensor, Sensors
from simulator.timetext import S_NS

COUNTS = (1_000, 10_000)
TICKS = 1_280  # five blocks of random numbers: their drawing is part of the cost


def sensors() -> list[Row]:
    return [Row(f"one tick of {count:,} sensors", _tick_ms(count), "ms CPU", "", None) for count in COUNTS]


def _tick_ms(count: int, rounds: int = 3) -> float:
    made = Sensors(
        [
            Sensor(f"S{n}", 20.0, 0.12, 0.1, -5.0, 100.0, offset=1.0, wander=0.1, latches=n % 2 == 0)
            for n in range(count)
        ],
        seed=1,
    )
    rows, truth = np.arange(count), np.linspace(0, 30, count)
    return min(_round(made, rows, truth, start) for start in range(rounds))


def _round(
    sensors: Sensors,
    rows: "np.ndarray[tuple[int], np.dtype[np.intp]]",
    truth: "np.ndarray[tuple[int], np.dtype[np.float64]]",
    start: int,
) -> float:
    begun_s = time.process_time()
    for tick in range(TICKS):
        sensors.advance(truth, 10.0)
        sensors.read(rows, (start * TICKS + tick) * 10 * S_NS)
    return 1e3 * (time.process_time() - begun_s) / TICKS
