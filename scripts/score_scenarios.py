"""Every scenario, simulated as fast as it goes, judged by the present detectors, scored against its truth; one table.

The quiet day and week are cut at `--most-h`: the table says how much was simulated. Runs go side by side, one on each
core; several of one scenario are pooled as `gas-lifeline score` pools them, with its intervals of 95 %. With `--keep`
the truth and the alarms of each run stay in a folder: a later call goes on from there, and a miss can be looked into.
"""

import argparse
import io
import os
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from contextlib import AbstractContextManager, nullcontext, redirect_stderr, redirect_stdout
from pathlib import Path
from typing import NamedTuple

from app.backtest import run_backtest
from app.score import read_pair
from app.simulate import run_simulate
from simulator.scenario import read
from simulator.score import Tally, figures, tally
from simulator.timetext import S_NS, instant_ns

ROOT = Path(__file__).parents[1]
SCENARIOS = ROOT / "examples" / "scenarios"
COLUMNS = (
    "scenario",
    "runs",
    "simulated",
    "events",
    "recall",
    "after first observable, s",
    "after onset, s",
    "false per sensor-month",
    "alarms per event",
    "above 25 %LEL, s",
    "unasked leaks told",
    "fooled by",
)


class Run(NamedTuple):
    """What came of one run, and how much was simulated."""

    tally: Tally
    simulated_s: float


def main() -> None:
    options = parsed()
    names = options.names or sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
    seeds = [*(options.seed or []), *range(1, options.seeds + 1)] or [None]
    print(row(COLUMNS), row(["---"] * len(COLUMNS)), sep="\n", flush=True)
    every: list[Run] = []
    with ProcessPoolExecutor(os.cpu_count()) as pool, kept(options.keep) as folder:
        futures: dict[str, list[Future[Run]]] = {name: [] for name in names}
        for seed in seeds:  # outside: whenever it is stopped, each scenario has as many runs
            for name in names:
                futures[name].append(pool.submit(judged, SCENARIOS / f"{name}.yaml", seed, options.most_h, folder))
        tell_progress([future for of_name in futures.values() for future in of_name])
        for name, of_name in futures.items():
            runs = [future.result() for future in of_name]
            print(row(cells(f"`{name}`", runs)), flush=True)
            every += runs
    if len(names) > 1:
        print(row(cells("all", every)))


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="of scenarios; none: all")
    parser.add_argument("--seed", type=int, action="append", help="instead of each scenario's own; once for each run")
    parser.add_argument("--seeds", type=int, default=0, metavar="N", help="run each scenario with seeds 1 to N")
    parser.add_argument("--most-h", type=float, default=2.0, help="of a run that is longer (default: 2)")
    parser.add_argument("--keep", type=Path, metavar="DIR", help="keep truth and alarms; what is there is not run")
    return parser.parse_args()


def kept(folder: Path | None) -> AbstractContextManager[str | Path]:
    """Give the folder that keeps the runs, else one for this call alone."""
    if folder is None:
        return tempfile.TemporaryDirectory()
    folder.mkdir(parents=True, exist_ok=True)
    return nullcontext(folder)


def judged(path: Path, seed: int | None, most_h: float, folder: str | Path) -> Run:
    """Simulate and judge one run unless that was done before, and score it."""
    name = f"{path.stem}-{'own' if seed is None else seed}-{most_h:g}h"
    truth, alarms = (Path(folder) / f"{name}.{end}.jsonl" for end in ("truth", "alarms"))
    if not alarms.exists():
        simulate_and_judge(path, seed, most_h, truth, alarms)
    found, lines = read_pair(truth, alarms)
    return Run(tally(found, lines), (instant_ns(found.run.end) - instant_ns(found.run.start)) / S_NS)


def simulate_and_judge(path: Path, seed: int | None, most_h: float, truth: Path, alarms: Path) -> None:
    scenario = read(path)
    duration_s = min((scenario.duration or 600 * S_NS) / S_NS, 3_600 * most_h)
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        frames, judged_alarms = Path(folder) / "frames", alarms.with_suffix(".part")
        run_simulate(path, str(frames), truth, "max", seed, duration_s=duration_s)
        run_backtest([frames], path.parent / str(scenario.assets), ROOT / "rulebook.toml", judged_alarms)
        judged_alarms.replace(alarms)  # the last step: what is there is whole


def tell_progress(futures: Sequence["Future[Run]"]) -> None:
    """Write a line on stderr after each run."""
    started_s = time.monotonic()

    def tell(_: "Future[Run]") -> None:
        done, spent_s = sum(future.done() for future in futures), time.monotonic() - started_s
        left_s = spent_s / done * (len(futures) - done)
        print(f"{done} of {len(futures)} runs, {spent_s:.0f} s, {left_s:.0f} s to go", file=sys.stderr)

    for future in futures:
        future.add_done_callback(tell)


def cells(name: str, runs: Sequence[Run]) -> list[str]:
    found = figures([run.tally for run in runs])
    fooled = {kind: part for kind, part in mapping(found["confounders"]).items() if mapping(part)["hits"]}
    return [
        name,
        str(len(runs)),
        f"{sum(run.simulated_s for run in runs) / 60:.0f} min",
        str(found["events"]),
        part(found["recall"], interval=len(runs) > 1),
        number(found["delay_from_observable_s"], "median"),
        number(found["delay_from_onset_s"], "median"),
        f"{number(found['false_alarms_per_sensor_month'], 'mean')} ({found['false_alarms']})",
        number(found["alarms_per_event"], "mean"),
        number(found["above_25_pct_lel_s"], "max"),
        part(found["unexpected_leaks_told"], interval=len(runs) > 1),
        ", ".join(f"{kind} {part(share)}" for kind, share in fooled.items()) or "–",
    ]


def mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def part(value: object, *, interval: bool = False) -> str:
    found = mapping(value)
    if not found:
        return "–"
    edges = [f"{100 * float(str(found[edge])):.0f}" for edge in ("low", "high")]
    return f"{found['hits']} of {found['of']}" + (f" ({edges[0]} to {edges[1]} %)" if interval else "")


def number(value: object, name: str) -> str:
    """Write a figure, with its interval where there is one."""
    found = mapping(value)
    if not found:
        return "–"
    figure = f"{round(float(str(found[name])), 2):g}"
    edges = [f"{round(float(str(found[edge])), 2):g}" for edge in ("low", "high", "below") if edge in found]
    return f"{figure} [{'below ' * ('below' in found)}{' to '.join(edges)}]" if edges else figure


def row(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


if __name__ == "__main__":
    main()
