"""The scorers against figures that others printed, or that anybody can work out by hand; before every run."""

from pathlib import Path

import numpy as np
from evaluate_parts.events import Event, Grace, delays_s, fresh, off_time
from evaluate_parts.nab import PROFILES, Scored, final, recordings
from evaluate_parts.reading import S_NS
from evaluate_parts.skab import TRAIN_ROWS, counts
from evaluate_parts.skab import recordings as skab_recordings

_VALVE1_ROWS, _RUNS = 11_760, 20


def by_hand() -> None:
    """Check what needs no recording."""
    alarm = np.array([True, True, False, True, True])
    _same("an alarm begins once", np.flatnonzero(fresh(alarm)).tolist(), [0, 3])
    at_ns, event = np.arange(5) * S_NS, Event(3 * S_NS, 4 * S_NS)
    _same("a second too early counts within the grace", delays_s(at_ns, event, 1).tolist(), [-1.0, 0.0, 1.0])
    _same("off time ends before the grace", np.flatnonzero(off_time(at_ns, [event], Grace(1, 0))).tolist(), [0, 1])
    quiet, window = np.zeros(1_000), (400, 499)
    first, late = quiet.copy(), quiet.copy()
    first[400], late[999] = 1.0, 1.0
    for profile in PROFILES.values():
        _same("silence gives 0", final([Scored(quiet, [window])], profile), 0.0)
        _same("the first row of a window gives 100", final([Scored(first, [window])], profile), 100.0)
        _same("a late false alarm is better left out", final([Scored(late, [window])], profile), 0.0)


def on_recordings(folder: Path) -> list[str]:
    """Check what published figures stand for, where these are the files."""
    told: list[str] = []
    if (folder / "skab").is_dir():
        truth = np.concatenate([r.label[TRAIN_ROWS:] > 0 for r in skab_recordings(folder / "skab")])
        f1 = counts(truth, np.ones(len(truth), np.bool_)).f1
        told.append(f"SKAB, all rows in alarm: F1 {f1:.3f}")
        if len(truth) == _VALVE1_ROWS:
            _same("F1 of all rows in alarm on valve1", round(f1, 3), 0.698)
    if (folder / "nab").is_dir():
        runs = dice(folder / "nab")
        told.append(
            f"NAB, {_RUNS} runs of dice: standard score {np.mean(runs):.1f}, {min(runs):.1f} to {max(runs):.1f}"
        )
    return told


def dice(folder: Path) -> list[float]:
    """Give what random scores reach: the threshold is fitted to them, too."""
    files, random = recordings(folder), np.random.default_rng(1)
    return [
        final([Scored(random.random(len(file.time_ns)), own) for file, own in files], PROFILES["standard"])
        for _ in range(_RUNS)
    ]


def _same(what: str, found: object, expected: object) -> None:
    if found != expected:
        raise SystemExit(f"the scorer is wrong: {what}: {found}; expected {expected}")
