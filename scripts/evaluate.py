"""Scores the screeners on public recordings, by the protocols of docs/detection.md; prints one table.

DATA_DIR holds folders skab, nab, chilbolton, cms_methane, threew, as many as there are; tables in parquet (needs
pyarrow) or CSV. Other files of the same form may lie in their place: nothing is known of any file by its name.
"""

import argparse
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple, Protocol

from evaluate_parts import nab, releases, skab, wells
from evaluate_parts.checks import by_hand, on_recordings
from evaluate_parts.judge import Judge
from evaluate_parts.published import PUBLISHED

from app.screen import chosen
from detectors.screening import DEFAULT, SCREENERS


class Figures(Protocol):
    """What a set gives."""

    def lines(self) -> list[tuple[str, str]]:
        """Give each figure's name and text."""


class Set(NamedTuple):
    """A set of recordings.

    Attributes:
        folder: its own within the data.
        score: its protocol.
        train_rows: at the beginning of each stream.
        detector: that is judged unless another is asked for.
    """

    folder: str
    score: Callable[[Path, Judge], Figures]
    train_rows: int
    detector: str


SETS: Mapping[str, Set] = {
    "skab": Set("skab", skab.skab, skab.TRAIN_ROWS, "level_shift"),
    "nab": Set("nab", nab.nab, 0, "novelty"),
    "chilbolton": Set("chilbolton", releases.chilbolton, 0, DEFAULT),
    "stanford": Set("cms_methane", releases.stanford, 0, DEFAULT),
    "3w": Set("threew", wells.threew, wells.TRAIN_ROWS, DEFAULT),
}


def main() -> int:
    options = parsed()
    by_hand()
    print("The scorers agree with what is known by hand.", *on_recordings(options.data), sep="\n")
    print(
        f"\n| set | detector | figure | ours | {'published, and simple baselines'} |\n| --- | --- | --- | --- | --- |"
    )
    for name in options.only or SETS:
        if (options.data / SETS[name].folder).is_dir():
            show(name, options.data, options.detector or SETS[name].detector, options.set)
    return 0


def parsed() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("data", type=Path, metavar="DATA_DIR")
    parser.add_argument("--only", action="append", choices=SETS, help="this set; may be given again")
    parser.add_argument("--detector", choices=SCREENERS, help="on every set, instead of each set's own")
    parser.add_argument("--set", action="append", default=[], metavar="KEY=VALUE", help="instead of the default")
    return parser.parse_args()


def show(name: str, data: Path, detector: str, numbers: list[str]) -> None:
    started_s = time.monotonic()
    of = SETS[name]
    figures = of.score(data / of.folder, Judge(detector, of.train_rows, chosen(detector, numbers)))
    for figure, text in figures.lines():
        print(f"| {name} | `{detector}` | {figure} | {text} | {PUBLISHED.get((name, figure), '–')} |", flush=True)
    print(f"{name}: {time.monotonic() - started_s:.0f} s", file=sys.stderr)


if __name__ == "__main__":
    sys.exit(main())
