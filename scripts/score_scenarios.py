"""Every scenario, simulated as fast as it goes, judged by the present detectors, scored against its truth; one table.

The quiet day and week are cut at `--most-h`: the table says how much was simulated.
"""

import argparse
import io
import sys
import tempfile
import time
from collections.abc import Mapping, Sequence
from contextlib import redirect_stderr, redirect_stdout
from pathlib import Path

from app.backtest import run_backtest
from app.score import read_pair
from app.simulate import load_scenario, run_simulate
from simulator.score import Tally, figures, tally
from simulator.timetext import S_NS

ROOT = Path(__file__).parents[1]
SCENARIOS = ROOT / "examples" / "scenarios"
COLUMNS = (
    "scenario",
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


def main() -> None:
    options = parsed()
    names = options.names or sorted(path.stem for path in SCENARIOS.glob("*.yaml"))
    print(row(COLUMNS), row(["---"] * len(COLUMNS)), sep="\n", flush=True)
    for name in names:
        started_s = time.monotonic()
        runs = [judged(SCENARIOS / f"{name}.yaml", seed, options.most_h) for seed in options.seed or [None]]
        print(row(cells(f"`{name}`", runs)), flush=True)
        print(f"{name}: {time.monotonic() - started_s:.0f} s", file=sys.stderr)


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help="of scenarios; none: all")
    parser.add_argument("--seed", type=int, action="append", help="instead of each scenario's own; once for each run")
    parser.add_argument("--most-h", type=float, default=2.0, help="of a run that is longer (default: 2)")
    return parser.parse_args()


def judged(path: Path, seed: int | None, most_h: float) -> tuple[Tally, float]:
    """Simulate, judge and score one run; give the simulated seconds, too."""
    scenario, _ = load_scenario(path)
    duration_s = min((scenario.duration or 600 * S_NS) / S_NS, 3_600 * most_h)
    with tempfile.TemporaryDirectory() as folder, redirect_stdout(io.StringIO()), redirect_stderr(io.StringIO()):
        frames, truth, alarms = (Path(folder) / name for name in ("frames", "truth", "alarms"))
        run_simulate(path, str(frames), truth, "max", seed, duration_s=duration_s)
        run_backtest([frames], path.parent / str(scenario.assets), ROOT / "rulebook.toml", alarms)
        return tally(*read_pair(truth, alarms)), duration_s


def cells(name: str, runs: Sequence[tuple[Tally, float]]) -> list[str]:
    found = figures([run for run, _ in runs])
    fooled = {kind: part for kind, part in mapping(found["confounders"]).items() if mapping(part)["hits"]}
    return [
        name,
        f"{sum(seconds for _, seconds in runs) / 60:.0f} min",
        str(found["events"]),
        part(found["recall"]),
        number(found["delay_from_observable_s"], "median"),
        number(found["delay_from_onset_s"], "median"),
        f"{number(found['false_alarms_per_sensor_month'], 'mean')} ({found['false_alarms']})",
        number(found["alarms_per_event"], "mean"),
        number(found["above_25_pct_lel_s"], "max"),
        part(found["unexpected_leaks_told"]),
        ", ".join(f"{kind} {part(share)}" for kind, share in fooled.items()) or "–",
    ]


def mapping(value: object) -> Mapping[str, object]:
    return value if isinstance(value, Mapping) else {}


def part(value: object) -> str:
    found = mapping(value)
    return f"{found['hits']} of {found['of']}" if found else "–"


def number(value: object, name: str) -> str:
    found = mapping(value)
    return f"{round(float(str(found[name])), 2):g}" if found else "–"


def row(texts: Sequence[str]) -> str:
    return f"| {' | '.join(texts)} |"


if __name__ == "__main__":
    main()
