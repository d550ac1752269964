"""Methane let out on purpose: beams at Chilbolton, points at Stanford."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from evaluate_parts.events import Event, Found, Grace, delays_s, fresh, off_time
from evaluate_parts.judge import Judge
from evaluate_parts.reading import S_NS, Ints, Recording, matrix, only_table, times_ns

_BEAMS, _POINTS = Grace(180, 300), Grace(600, 1_800)
_TWICE_A_SECOND = ("2", "4")
"""Record and beam whose times repeat: two recordings in one, no series."""
_LOWEST_PPM, _HIGHEST_PPM = 1.0, 100.0


def chilbolton(folder: Path, judge: Judge) -> Found:
    """Score one stream for each beam; an event is found by its earliest beam."""
    events = _events(folder, "release_windows")
    earliest = np.full(len(events), np.inf)
    off_rows = off_alarm_rows = false = already = 0
    off_ns = 0
    for beam in _beams(folder):
        alarm = judge(beam).alarm
        edges, off = fresh(alarm), off_time(beam.time_ns, events, _BEAMS)
        own = [delays_s(beam.time_ns[edges], event, _BEAMS.before_s) for event in events]
        earliest = np.minimum(earliest, [found.min(initial=np.inf) for found in own])
        already += _already_on(beam.time_ns, alarm, events, _BEAMS)
        false += int((edges & off).sum())
        off_rows, off_alarm_rows = off_rows + int(off.sum()), off_alarm_rows + int((alarm & off).sum())
        off_ns += int(np.diff(beam.time_ns, prepend=beam.time_ns[0])[off].sum())
    found = earliest[np.isfinite(earliest)].tolist()
    return Found(len(events), found, already, false, off_ns / S_NS / 3_600, 100 * off_alarm_rows / off_rows)


def _beams(folder: Path) -> list[Recording]:
    table = only_table(folder, "ch4_beams")
    release, number = table["release"].astype(str), table["beam"].astype(str)
    ppm, time_ns = matrix(table, ["CH4vmr_ppmv"]), times_ns(table["time"])
    real = (ppm[:, 0] >= _LOWEST_PPM) & (ppm[:, 0] <= _HIGHEST_PPM)
    found: list[Recording] = []
    for key in sorted(set(zip(release.tolist(), number.tolist(), strict=True)) - {_TWICE_A_SECOND}):
        rows = np.flatnonzero((release == key[0]) & (number == key[1]) & real)
        found.append(Recording("/".join(key), time_ns[rows], ppm[rows], real[rows]))
    return found


def stanford(folder: Path, judge: Judge) -> Found:
    """Score one stream in which any sensor may alarm."""
    events = _events(folder, "stanford2022_releases")
    table = only_table(folder, "stanford2022_week")
    time_ns = times_ns(table["time_utc"])
    values = matrix(table, [name for name in table if name.startswith("ch4_")])
    alarm = judge(Recording("stanford", time_ns, values, time_ns)).alarm
    edges, off = fresh(alarm), off_time(time_ns, events, _POINTS)
    found = [delays_s(time_ns[edges], event, _POINTS.before_s) for event in events]
    first = [float(delays[0]) for delays in found if (delays >= 0).any()]
    already = _already_on(time_ns, alarm, events, _POINTS)
    off_h = off.sum() / 60
    return Found(
        len(events),
        first,
        already,
        int((edges & off).sum()),
        float(off_h),
        100 * float((alarm & off).sum() / off.sum()),
    )


def _already_on(time_ns: Ints, alarm: np.ndarray, events: Sequence[Event], grace: Grace) -> int:
    """Count the events at whose beginning a stream stood in alarm."""
    at = [np.searchsorted(time_ns, event.start_ns - grace.before_s * S_NS) for event in events]
    return sum(bool(0 < i < len(alarm) and alarm[i] and alarm[i - 1]) for i in at)


def _events(folder: Path, name: str) -> list[Event]:
    table = only_table(folder, name)
    return [Event(int(a), int(b)) for a, b in zip(times_ns(table["start"]), times_ns(table["end"]), strict=True)]
