"""How long a tick of all sensors takes: lag, errors, noise, saturation, steps; every sensor is read at every tick."""

import time
from typing import NamedTuple

import numpy as np

from simulator.sensors import Sensor, Sensors
from simulator.timetext import S_NS

TARGETS_MS = {1_000: 0.1, 10_000: 0.6}
TICKS = 1_280  # five blocks of random numbers: their drawing is part of the cost


class Tick(NamedTuple):
    """Mean over many ticks, and the fastest of several rounds."""

    sensors: int
    mean_ms: float
    target_ms: float


def measure(count: int, rounds: int = 3) -> Tick:
    sensors = Sensors(
        [
            Sensor(f"S{n}", 20.0, 0.12, 0.1, -5.0, 100.0, offset=1.0, wander=0.1, latches=n % 2 == 0)
            for n in range(count)
        ],
        seed=1,
    )
    rows, truth = np.arange(count), np.linspace(0, 30, count)
    best = min(_round(sensors, rows, truth, start) for start in range(rounds))
    return Tick(count, best, TARGETS_MS[count])


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


def main() -> int:
    ticks = [measure(count) for count in TARGETS_MS]
    for tick in ticks:
        mark = "ok" if tick.mean_ms <= tick.target_ms else "MISSED"
        print(f"{tick.sensors:>6} sensors, one tick: {tick.mean_ms:6.3f} ms (target {tick.target_ms:g}) {mark}")
    return int(any(tick.mean_ms > tick.target_ms for tick in ticks))


if __name__ == "__main__":
    raise SystemExit(main())
