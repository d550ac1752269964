"""Offshore wells of the 3W set: events by class, and normal hours."""

from collections import Counter, defaultdict
from pathlib import Path
from typing import NamedTuple

import numpy as np
from evaluate_parts.events import fresh, quantile
from evaluate_parts.judge import Judge
from evaluate_parts.reading import S_NS, Bools, Recording, matrix, numbers, parts, tables

TRAIN_ROWS = 600
_FIRST_ROW = 660
_AGAIN_S = 1_800
_NORMAL, _UNUSED, _TRANSIENT = 0, frozenset({3, 4}), 100
_KEYS = frozenset({"instance", "event", "t_s", "class"})


class Wells(NamedTuple):
    """Figures: by class of event, and of the normal hours."""

    delays_s: dict[int, list[float]]
    already_on: Counter[int]
    usable: Counter[int]
    false_alarms: int
    normal_h: float
    in_alarm_pct: float

    def lines(self) -> list[tuple[str, str]]:
        """Give each figure's name and text."""
        found: list[tuple[str, str]] = []
        for event in sorted(self.usable):
            found += [
                (f"event {event}: detected", f"{len(self.delays_s[event])} of {self.usable[event]}"),
                (f"event {event}: already in alarm", str(self.already_on[event])),
                (f"event {event}: median delay, s", quantile(self.delays_s[event], 0.5)),
            ]
        rate = self.false_alarms / self.normal_h if self.normal_h else np.nan
        return [
            *found,
            ("false alarms", f"{self.false_alarms} in {self.normal_h:.1f} h, {rate:.3f}/h"),
            ("normal time in alarm, %", f"{self.in_alarm_pct:.2f}"),
        ]


def threew(folder: Path, judge: Judge) -> Wells:
    """Score one stream for each instance; a false alarm is one 30 min after any other."""
    delays: dict[int, list[float]] = defaultdict(list)
    already, usable = Counter[int](), Counter[int]()
    false = rows = alarm_rows = 0
    for event, well in _instances(folder):
        onset = np.flatnonzero(well.label > _TRANSIENT)
        if event == _NORMAL:
            alarm = judge(well).alarm[TRAIN_ROWS:]
            false, rows, alarm_rows = false + _episodes(alarm), rows + len(alarm), alarm_rows + int(alarm.sum())
        elif event not in _UNUSED and len(onset) and onset[0] >= _FIRST_ROW:
            alarm, start = judge(well).alarm, int(onset[0])
            usable[event] += 1
            already[event] += bool(alarm[start - 1])
            later = np.flatnonzero(fresh(alarm)[start:])
            delays[event] += later[:1].tolist()
    return Wells(delays, already, usable, false, rows / 3_600, 100 * alarm_rows / max(rows, 1))


def _episodes(alarm: Bools) -> int:
    at = np.flatnonzero(alarm)
    return int(len(at) > 0) + int((np.diff(at) > _AGAIN_S).sum())


def _instances(folder: Path) -> list[tuple[int, Recording]]:
    found: list[tuple[int, Recording]] = []
    for table in tables(folder, ""):
        values = matrix(table, [name for name in table if name not in _KEYS and not name.startswith("__")])
        event, label, t_s = (numbers(table[name]) for name in ("event", "class", "t_s"))
        for name, rows in parts(table, "instance"):
            time_ns = t_s[rows].astype(np.int64) * S_NS
            found.append((int(event[rows[0]]), Recording(name, time_ns, values[rows], label[rows])))
    return found
