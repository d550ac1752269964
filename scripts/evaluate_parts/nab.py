"""NAB v1.1: windows in streams, one threshold for all files, three profiles."""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import msgspec
import numpy as np
from evaluate_parts.judge import Judge
from evaluate_parts.reading import Floats, Recording, matrix, parts, tables, times_ns

from app.table import date_ns

_PROBATION_SHARE, _PROBATION_ROWS = 0.15, 750
_FAR = 3.0


class Profile(NamedTuple):
    """What a hit gives, what a false alarm and a missed window cost."""

    hit: float
    false: float
    missed: float


PROFILES = {"standard": Profile(1, 0.11, 1), "low FP": Profile(1, 0.22, 1), "low FN": Profile(1, 0.11, 2)}
Window = tuple[int, int]
"""First and last row."""


class Scored(NamedTuple):
    """A file as the scorer sees it: scores of the rows, and the windows."""

    score: Floats
    windows: Sequence[Window]


class Nab(NamedTuple):
    """Final score by profile."""

    final: Mapping[str, float]
    files: int
    windows: int

    def lines(self) -> list[tuple[str, str]]:
        """Give each figure's name and text."""
        about = f"of {self.windows} windows in {self.files} files"
        return [(f"{name} score", f"{score:.1f} {about}") for name, score in self.final.items()]


def nab(folder: Path, judge: Judge) -> Nab:
    """Score the scores of every file, with the threshold that suits all of them best."""
    scored = [Scored(judge(recording).score, windows) for recording, windows in recordings(folder)]
    total = sum(len(_counted(file)) for file in scored)
    return Nab({name: final(scored, profile) for name, profile in PROFILES.items()}, len(scored), total)


def final(files: Sequence[Scored], profile: Profile) -> float:
    r"""Give $100 (s - s_0) / (A_{TP} n - s_0)$ at the best threshold, with $s_0 = -A_{FN} n$ for silence.

    Every row adds something once the threshold falls to its score: outside of windows its own value, inside what it is
    better than the best row of its window before. So one pass over all rows by score tries every threshold.
    """
    steps = [_gains(file, profile) for file in files]
    score, gain = (np.concatenate([step[part] for step in steps]) for part in (0, 1))
    order = np.argsort(-score, kind="stable")
    sums = np.cumsum(gain[order])
    ends = np.flatnonzero(np.diff(score[order], append=-np.inf) != 0)
    windows = sum(len(_counted(file)) for file in files)
    null = -profile.missed * windows
    best = null + max(0.0, float(sums[ends].max(initial=0.0)))
    return 100 * (best - null) / (profile.hit * windows - null)


def _gains(file: Scored, profile: Profile) -> tuple[Floats, Floats]:
    probation = _probation(len(file.score))
    row = np.arange(len(file.score))
    gain = _outside(row, file.windows) * profile.false
    for first, last in _counted(file):
        own = row[max(first, probation) : last + 1]
        value = _sigma(-(last - own + 1) / (last - first + 1)) * profile.hit / _sigma(np.array(-1.0))
        order = np.argsort(-file.score[own], kind="stable")
        best = np.maximum.accumulate(value[order] + profile.missed)
        gain[own[order]] = np.diff(best, prepend=0.0)
    return file.score[probation:], gain[probation:]


def _outside(row: np.ndarray, windows: Sequence[Window]) -> Floats:
    y = np.full(len(row), np.inf)
    for first, last in windows:
        y[last + 1 :] = (row[last + 1 :] - last) / max(last - first, 1)
    return _sigma(y)


def _sigma(y: Floats) -> Floats:
    return np.where(y > _FAR, -1.0, 2 / (1 + np.exp(5 * np.minimum(y, _FAR))) - 1)


def _probation(rows: int) -> int:
    return min(int(_PROBATION_SHARE * rows), _PROBATION_ROWS)


def _counted(file: Scored) -> list[Window]:
    return [window for window in file.windows if window[1] >= _probation(len(file.score))]


def recordings(folder: Path) -> list[tuple[Recording, list[Window]]]:
    """Read files and their windows."""
    windows = msgspec.json.decode((folder / "windows.json").read_bytes(), type=dict[str, list[tuple[str, str]]])
    found: list[tuple[Recording, list[Window]]] = []
    for table in tables(folder, ""):
        values, time_ns = matrix(table, ["value"]), times_ns(table["timestamp"])
        for name, rows in parts(table, "file"):
            at_ns = time_ns[rows]
            ends = [(_ns(start), _ns(end)) for start, end in windows[name]]
            own = [(int(np.searchsorted(at_ns, a)), int(np.searchsorted(at_ns, b, "right")) - 1) for a, b in ends]
            found.append((Recording(name, at_ns, values[rows], at_ns), own))
    return found


def _ns(text: str) -> int:
    found = date_ns(text)
    if found is None:
        raise SystemExit(f"windows.json: {text!r} is no time")
    return found
