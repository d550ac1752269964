"""`./scripts/scenarios`: runs side by side, pooled into one row with intervals."""

import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def scored(*arguments: str) -> tuple[list[list[str]], list[str]]:
    """Rows of the table under its head, and the lines on stderr."""
    command = [sys.executable, "scripts/score_scenarios.py", *arguments]
    done = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True)
    _, _, *rows = done.stdout.splitlines()
    return [[cell.strip() for cell in row.strip("|").split("|")] for row in rows], done.stderr.splitlines()


@pytest.fixture(scope="module")
def demo() -> tuple[list[list[str]], list[str]]:
    return scored("demo", "--seeds", "2", "--most-h", "0.02")


def test_two_seeds_give_one_row_with_the_interval_of_both(demo: tuple[Sequence[Sequence[str]], list[str]]) -> None:
    ((name, runs, simulated, events, recall, *_),) = demo[0]
    assert (name, runs, simulated) == ("`demo`", "2", "2 min")  # 72 s each
    hits, of = (int(word) for word in recall.split(" (")[0].split(" of "))
    assert 0 <= hits <= of == int(events)
    assert int(events) % 2 == 0
    assert recall.endswith(" %)")


def test_each_run_is_told_when_it_is_over(demo: tuple[list[list[str]], list[str]]) -> None:
    assert [line.split(" runs")[0] for line in demo[1]] == ["1 of 2", "2 of 2"]


def test_what_was_kept_is_scored_and_not_run_again(tmp_path: Path) -> None:
    call = ("demo", "--seed", "1", "--most-h", "0.005", "--keep", str(tmp_path))
    (first,), _ = scored(*call)
    (kept,) = tmp_path.glob("*.alarms.jsonl")
    kept.write_bytes(b"")
    (again,), _ = scored(*call)
    assert (first[:4], again[4]) == (again[:4], f"0 of {first[3]}")
    assert first[4] != again[4]
