"""How long a step of the network takes, under a load that changes at every node."""

import statistics
import time

import numpy as np
from bench_parts.table import Row

from domain.network import Friction, Gas, Network, Node, Pipe
from simulator.hydraulics import Hydraulics
from simulator.steady import solve_steady

GAS = Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5)
STEPS = 40
CASES = [(1_000, 3.0), (10_000, 40.0)]


def town(pipes: int, seed: int = 1) -> Network:
    """A medium-pressure town: a street grid whose spanning tree is kept, with one ring for each ten nodes."""
    rng = np.random.default_rng(seed)
    side = int(np.sqrt(pipes / 1.11))
    number = np.arange(side * side).reshape(side, side)
    streets = np.concatenate(
        [
            np.stack([number[:, :-1].ravel(), number[:, 1:].ravel()], axis=1),
            np.stack([number[:-1].ravel(), number[1:].ravel()], axis=1),
        ]
    )
    rng.shuffle(streets)
    chosen, joined = [], np.arange(side * side)
    spare = []
    for one, other in streets.tolist():
        ends = [_root(joined, one), _root(joined, other)]
        (spare if ends[0] == ends[1] else chosen).append((one, other))
        joined[ends[0]] = ends[1]
    chosen += spare[: pipes - len(chosen)]
    nodes = [Node("N0", fixed_pressure_pa_abs=480_000.0)]
    nodes += [Node(f"N{k}", demand_kg_s=float(rng.uniform(0, 2.0 / side**2))) for k in range(1, side * side)]
    widths = rng.choice([0.2, 0.25, 0.3, 0.4], len(chosen))
    links = [
        Pipe(f"P{k}", f"N{a}", f"N{b}", float(rng.uniform(50, 300)), float(width), 1e-5)
        for k, ((a, b), width) in enumerate(zip(chosen, widths, strict=True))
    ]
    return Network(GAS, 79_700.0, Friction.GB50028, tuple(nodes), tuple(links))


def _root(joined: np.ndarray, node: int) -> int:
    while joined[node] != node:
        joined[node] = joined[joined[node]]
        node = joined[node]
    return int(node)


def measure(pipes: int) -> tuple[float, float, float, int]:
    """Median ms of a step under a changing load, mean iterates, ms of the steady state and its iterates."""
    grid = Hydraulics(town(pipes))
    start = time.perf_counter()
    solve_steady(grid)
    steady_ms = 1e3 * (time.perf_counter() - start)
    steady_iterations = grid.state.iterations
    base, spent, iterations = grid.demand_kg_s.copy(), [], 0
    for step in range(STEPS):
        grid.demand_kg_s[:] = base * (1 + 0.3 * np.sin(0.05 * step + np.arange(len(base))))
        start = time.perf_counter()
        grid.step(5.0)
        spent.append(1e3 * (time.perf_counter() - start))
        iterations += grid.state.iterations
    return statistics.median(spent), iterations / STEPS, steady_ms, steady_iterations


def hydraulics() -> list[Row]:
    rows = []
    for pipes, most_ms in CASES:
        step_ms, iterations, steady_ms, _ = measure(pipes)
        what = f"step of {pipes:,} pipes, {iterations:.1f} iterates"
        rows.append(Row(what, step_ms, "ms", f"at most {most_ms:g}", step_ms <= most_ms))
        rows.append(Row(f"steady state of {pipes:,} pipes", steady_ms, "ms", "", None))
    return rows
