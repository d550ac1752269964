"""SKAB v0.9: a valve of a water loop; counts of rows, pooled over files."""

from pathlib import Path
from typing import NamedTuple

import numpy as np
from evaluate_parts.judge import Judge
from evaluate_parts.reading import Bools, Recording, matrix, numbers, parts, tables, times_ns

TRAIN_ROWS = 400
_KEYS = frozenset({"file", "datetime", "anomaly", "changepoint"})


class Counts(NamedTuple):
    """Rows by truth and verdict."""

    hits: int
    false: int
    missed: int
    quiet: int

    @property
    def f1(self) -> float:
        return self.hits / (self.hits + (self.false + self.missed) / 2)

    def lines(self) -> list[tuple[str, str]]:
        """Give each figure's name and text."""
        return [
            ("F1", f"{self.f1:.3f}"),
            ("rows falsely in alarm (FAR), %", f"{100 * self.false / (self.false + self.quiet):.1f}"),
            ("rows missed (MAR), %", f"{100 * self.missed / (self.missed + self.hits):.1f}"),
        ]


def skab(folder: Path, judge: Judge) -> Counts:
    """Score the rows after the training rows of every file that has anomalies."""
    truths, alarms = [np.zeros(0, np.bool_)], [np.zeros(0, np.bool_)]
    for recording in recordings(folder):
        truths.append(recording.label[TRAIN_ROWS:] > 0)
        alarms.append(judge(recording).alarm[TRAIN_ROWS:])
    return counts(np.concatenate(truths), np.concatenate(alarms))


def counts(truth: Bools, alarm: Bools) -> Counts:
    pairs = ((truth, alarm), (~truth, alarm), (truth, ~alarm), (~truth, ~alarm))
    return Counts(*(int((a & b).sum()) for a, b in pairs))


def recordings(folder: Path) -> list[Recording]:
    found: list[Recording] = []
    for table in tables(folder, ""):
        values = matrix(table, [name for name in table if name not in _KEYS and not name.startswith("__")])
        label, time_ns = numbers(table["anomaly"]), times_ns(table["datetime"])
        for name, rows in parts(table, "file"):
            if np.isfinite(label[rows]).all():
                found.append(Recording(name, time_ns[rows], values[rows], label[rows]))
    return found
