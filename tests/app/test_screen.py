import csv
from pathlib import Path

import pytest

from app.cli import main
from detectors.screening import SCREENERS

STEP = [*([1.0, 1.2] * 40), *([9.0] * 20)]
CUSUM = ("--detector", "cusum")


def written(folder: Path, *lines: str) -> Path:
    path = folder / "series.csv"
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def stepping(folder: Path, separator: str = ",") -> Path:
    rows = [f"{1_700_000_000 + i}{separator}{value}{separator}5" for i, value in enumerate(STEP)]
    return written(folder, separator.join(("time", "a", "b")), *rows)


def screen(series: Path, *arguments: str) -> tuple[int, list[list[str]]]:
    out = series.parent / "out.csv"
    code = main(["screen", str(series), "--out", str(out), *arguments])
    if not out.exists():
        return code, []
    with out.open(encoding="utf-8", newline="") as file:
        return code, list(csv.reader(file))


def alarms(rows: list[list[str]]) -> str:
    return "".join(row[2] for row in rows[1:])


@pytest.mark.parametrize("separator", [",", ";"])
def test_writes_time_score_and_alarm_of_each_row(
    tmp_path: Path, separator: str, capsys: pytest.CaptureFixture[str]
) -> None:
    code, rows = screen(stepping(tmp_path, separator), *CUSUM)
    assert (code, rows[0]) == (0, ["time", "score", "alarm"])
    assert [row[0] for row in rows[1:]] == [str(1_700_000_000 + i) for i in range(len(STEP))]
    assert alarms(rows) == "0" * 84 + "1" * 16
    assert float(rows[81][1]) < 1 < float(rows[-1][1])
    assert capsys.readouterr().out == "100 rows of 2 columns: 1 alarms, 16.00 % of the rows in alarm\n"


def test_a_number_of_the_detector_may_be_set(tmp_path: Path) -> None:
    assert alarms(screen(stepping(tmp_path), *CUSUM, "--set", "h=4", "--set", "k=1")[1]) == "0" * 80 + "1" * 20


def test_columns_are_chosen_by_name(tmp_path: Path) -> None:
    assert "1" not in alarms(screen(stepping(tmp_path), *CUSUM, "--columns", "b")[1])


def test_training_rows_raise_nothing(tmp_path: Path) -> None:
    assert "1" not in alarms(screen(stepping(tmp_path), *CUSUM, "--train-rows", "99")[1])


@pytest.mark.parametrize(
    "times",
    [
        ["2026-01-01T00:00:00+08:00", "2026-01-01T00:00:01Z", "2026-01-01T09:00:00.25+08:00"],
        ["2026-01-01 00:00:00", "2026-01-01 00:00:01", "2026-01-01"],
        ["1767225600000", "1767225600250", "1767225601000"],
        ["0", "0.5", "1"],
    ],
)
def test_times_are_written_as_they_were_read(tmp_path: Path, times: list[str]) -> None:
    rows = screen(written(tmp_path, "t,x", *(f"{time},1" for time in times)))[1]
    assert [row[0] for row in rows[1:]] == times


def test_rows_that_go_back_in_time_keep_their_line_and_are_told(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert len(screen(written(tmp_path, "t,x", "5,1", "5,2", "3,1", "9,1"))[1]) == 5
    assert capsys.readouterr().err == "note: 1 rows go back in time; they were judged at the newest time before them\n"


@pytest.mark.parametrize("cell", ["", "NaN", "null", "inf", "-3e38"])
def test_what_is_no_measurement_is_skipped(tmp_path: Path, cell: str) -> None:
    code, rows = screen(written(tmp_path, "t,x", "1,1", f"2,{cell}", "", "3,1"))
    assert (code, len(rows)) == (0, 4)


@pytest.mark.parametrize(
    ("lines", "arguments", "expected"),
    [
        ((), (), "series.csv, line 1: expected the names of a column of times and of others of numbers"),
        (("1,2", "2,3"), (), "line 1: expected the names of a column of times and of others of numbers"),
        (("t,x",), (), "series.csv: no rows; expected a line with names, then one line for each time"),
        (("t,x", "1,1"), ("--detector", "magic"), "--detector: no 'magic'; expected one of "),
        (("t,x", "1,1"), ("--columns", "y"), "series.csv: no column 'y'; expected one of x"),
        (("t,x", "1,1"), (*CUSUM, "--set", "q=1"), "--set q=1: cusum has no 'q'; expected one of k, h, memory_s"),
        (("t,x", "1,1"), (*CUSUM, "--set", "h=big"), "--set h=big: expected a number, such as h=20.0"),
        (("t,x", "1,1"), (*CUSUM, "--set", "h=0"), "--set: h must be > 0 and finite, got 0"),
        (("t,x", "1,1"), ("--train-rows", "1"), "series.csv: 1 rows; expected more than --train-rows 1"),
        (("t,x", "1,1", "2,abc"), (), "series.csv, line 3: x is 'abc'; expected a number, or nothing"),
        (("t,x", "1,1", "2"), (), "series.csv, line 3: 1 fields; expected 2, as in line 1"),
        (("t,x", "1,1", "soon,2"), (), "series.csv, line 3: 'soon' is no time; expected RFC 3339"),
        (("t,x", "nan,1"), (), "series.csv, line 2: 'nan' is no time; expected RFC 3339"),
        (("t,x", "1,1", "1767225600000000000,2"), (), "line 3: '1767225600000000000' is no time; expected RFC 3339"),
        (("t,x", "3000-01-01,1"), (), "line 2: '3000-01-01' is no time; expected RFC 3339"),
    ],
)
def test_a_mistake_is_told_in_one_line(
    tmp_path: Path,
    lines: tuple[str, ...],
    arguments: tuple[str, ...],
    expected: str,
    capsys: pytest.CaptureFixture[str],
) -> None:
    assert screen(written(tmp_path, *lines), *arguments) == (1, [])
    told = capsys.readouterr().err
    assert expected in told
    assert told.startswith("gas-lifeline: ")
    assert told.count("\n") == 1


def test_a_file_that_cannot_be_read_or_written_is_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    series = stepping(tmp_path)
    assert main(["screen", str(tmp_path / "none.csv"), "--out", "x.csv"]) == 1
    assert main(["screen", str(series), "--out", str(tmp_path / "none" / "x.csv")]) == 1
    series.write_bytes(b"t,x\n1,\xff\xfe\n")
    assert main(["screen", str(series), "--out", "x.csv"]) == 1
    told = capsys.readouterr().err.splitlines()
    assert [line.split(": ", 2)[2] for line in told] == [
        "No such file or directory",
        "No such file or directory",
        "expected a text file in UTF-8",
    ]


def test_training_rows_are_a_whole_number(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        screen(stepping(tmp_path), "--train-rows", "-4")
    assert "'-4'; expected a whole number" in capsys.readouterr().err


def test_the_help_lists_each_detector_with_its_numbers(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["screen", "--help"])
    told = capsys.readouterr().out
    assert "example:\n  gas-lifeline screen series.csv --detector" in told
    assert "k=1, h=20, memory_s=3600" in told
    for name in SCREENERS:
        assert f"\n  {name}" in told
