"""`scripts/evaluate.py` over a folder made up here: tables in CSV in the form of the public sets."""

import csv
import json
import subprocess
import sys
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BEGIN = datetime(2026, 1, 1)  # noqa: DTZ001 - the public tables have no zone


def written(path: Path, names: str, rows: Iterable[Sequence[object]]) -> None:
    path.parent.mkdir(exist_ok=True)
    with path.open("w", encoding="utf-8", newline="") as file:
        csv.writer(file).writerows([names.split(","), *rows])


def at(second: float) -> str:
    return str(BEGIN + timedelta(seconds=second))


def skab(folder: Path) -> None:
    rows: list[tuple[object, ...]] = [("a", at(s), s % 5, float(s >= 700), 0) for s in range(800)]
    rows += [("normal", at(s), s % 5, "", "") for s in range(500)]
    written(folder / "skab" / "skab.csv", "file,datetime,Pressure,anomaly,changepoint", rows)


def nab(folder: Path) -> None:
    rows = [("a.csv", at(300 * s), 50.0 if s == 500 else s % 7) for s in range(900)]
    written(folder / "nab" / "nab.csv", "file,timestamp,value", rows)
    windows = {"a.csv": [[at(300 * 500), at(300 * 560)]]}
    (folder / "nab" / "windows.json").write_text(json.dumps(windows), encoding="utf-8")


def chilbolton(folder: Path) -> None:
    plume = range(300, 420)
    rows = [
        (7, beam, at(5 * s), 2 + s % 3 / 50 + 4 * (s in plume and beam == 1)) for beam in (1, 2) for s in range(800)
    ]
    rows += [(2, 4, at(5 * s), 50.0) for s in range(800)]
    rows += [(7, 1, at(5 * 800), 999.0)]
    written(folder / "chilbolton" / "ch4_beams.csv", "release,beam,time,CH4vmr_ppmv", rows)
    written(folder / "chilbolton" / "release_windows.csv", "start,end", [(at(1_500), at(2_100))])


def stanford(folder: Path) -> None:
    rows = [(at(60 * s), "" if s == 9 else s % 3 / 10, 5.0 if 600 <= s < 640 else s % 2 / 10, 3.0) for s in range(900)]
    written(folder / "cms_methane" / "stanford2022_week.csv", "time_utc,ch4_1,ch4_2,wind_speed_ms", rows)
    releases = [(at(60 * 600), at(60 * 640), 9.0), (at(60 * 700), at(60 * 710), 0.1)]
    written(folder / "cms_methane" / "stanford2022_releases.csv", "start,end,kg_h", releases)


def wells(folder: Path) -> None:
    """Write a closure found, one with its onset too early to count, an unused event, and a normal well."""
    instances = {"found": (2, 1_000), "early": (2, 640), "unused": (4, 1_000), "normal": (0, 9_999)}
    rows = [
        (name, event, s, 3e7 + 1e5 * (s % 2) - 1e7 * (s > onset), -3e38, 100 + event if s >= onset else 0)
        for name, (event, onset) in instances.items()
        for s in range(1_600)
    ]
    written(folder / "threew" / "wells.csv", "instance,event,t_s,P-TPT,P-PDG,class", rows)


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> dict[tuple[str, str], str]:
    folder = tmp_path_factory.mktemp("recordings")
    for write in (skab, nab, chilbolton, stanford, wells):
        write(folder)
    ran = subprocess.run(
        [sys.executable, str(ROOT / "scripts" / "evaluate.py"), str(folder), "--detector", "band"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    rows = [line.strip("| ").split(" | ") for line in ran.stdout.splitlines() if line.startswith("|")]
    return {(row[0], row[2]): row[3] for row in rows}


@pytest.mark.parametrize(
    ("name", "figure", "expected"),
    [
        ("skab", "F1", "0.000"),
        ("skab", "rows missed (MAR), %", "100.0"),
        ("nab", "standard score", "100.0 of 1 windows in 1 files"),
        ("chilbolton", "detected", "1 of 1"),
        ("chilbolton", "false alarms", "0 in 1.6 h, 0.000/h"),
        ("chilbolton", "off time in alarm, %", "0.00"),
        ("stanford", "detected", "1 of 2"),
        ("stanford", "false alarms", "0 in 12.8 h, 0.000/h"),
        ("3w", "event 2: detected", "1 of 1"),
        ("3w", "false alarms", "0 in 0.3 h, 0.000/h"),
    ],
)
def test_scores_each_set_by_its_protocol(
    table: dict[tuple[str, str], str], name: str, figure: str, expected: str
) -> None:
    assert table[name, figure] == expected


def test_median_delays_are_seconds_from_the_onset(table: dict[tuple[str, str], str]) -> None:
    assert 0 < float(table["chilbolton", "median delay, s"]) < 60
    assert 0 <= float(table["stanford", "median delay, s"]) <= 120
    assert 0 < float(table["3w", "event 2: median delay, s"]) < 120
