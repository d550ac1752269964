"""What a table may say, and what a wrong row is told."""

import re
from datetime import date

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.asset import Assets
from domain.errors import ConfigurationError
from domain.hazard import Grade, Hazard, Origin
from ledger import sheet, workbook
from ledger.media import media_of
from tests.ledger.support import DAY_NS, hazard

NOW_NS = 1_768_449_600 * 10**9
HEAD = "rule,object,township,found_by,found,evidence,responsible"
ROW = "N02,管,古城镇,li,2026-01-01,棚,所长"


def problems(*lines: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        sheet.parsed("\n".join(lines).encode(), Assets({}, {}, {}), NOW_NS)
    return "; ".join(caught.value.problems)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((f"{HEAD},colour", ROW), "unknown column 'colour'"),
        (("rule,object", "N02,x"), "column found is missing"),
        ((f"{HEAD},rule_code", f"{ROW},N02"), "column rule is there twice"),
        ((HEAD, f"{ROW},7"), "as many cells as columns"),
        ((HEAD, 'N02,"管'), "unexpected end of data"),
        ((HEAD, ROW.replace("2026-01-01", "2026-01-01T12:00:00")), "found is '2026-01-01T12:00:00'; expected"),
        ((HEAD, ROW.replace("2026-01-01", "2026-02-01")), "found lies ahead of now"),
        ((f"{HEAD},grade", f"{ROW},huge"), "grade is 'huge'; expected one of general, major"),
        ((f"{HEAD},site", f"{ROW},S7"), "no site 'S7'"),
    ],
)
def test_a_wrong_row_is_told_with_what_was_expected(lines: tuple[str, ...], said: str) -> None:
    assert said in problems(*lines)


def test_a_table_has_its_most_rows() -> None:
    assert f"more than {sheet.MOST_ROWS} rows" in problems(HEAD, *[ROW] * (sheet.MOST_ROWS + 1))


def test_a_time_has_its_offset_and_a_deadline_is_the_end_of_its_day() -> None:
    text = f"{HEAD},deadline\n{ROW.replace('2026-01-01', '2026-01-01T08:00:00+08:00')},2026-02-01"
    ((_, draft),) = sheet.parsed(text.encode(), Assets({}, {}, {}), NOW_NS)
    assert draft.found_ns == 1_767_225_600 * 10**9
    assert draft.deadline_ns == 1_769_961_599 * 10**9


def test_a_table_of_another_ledger_says_the_same_under_its_own_names() -> None:
    more = "interim,lead,co,origin,rectified,rechecked,closed,reopened"
    ours = f"{HEAD},{more}\n{ROW},围挡,住建,,public_report,,,,0\n"
    theirs = ours
    for alias, name in sheet.ALIASES.items():
        theirs = re.sub(rf"\b{name}\b(?=.*\n{ROW[:3]})", alias, theirs)
    assert theirs.startswith("rule_code,object,township,found_by,found_at,evidence,responsible_person,interim_control,")
    read = [sheet.parsed(text.encode(), Assets({}, {}, {}), NOW_NS) for text in (ours, theirs)]
    assert read[0] == read[1]
    assert read[0][0][1].origin is Origin.PUBLIC_REPORT


TEXT = st.one_of(
    st.sampled_from(["=1+1", "-5", "@x", "'=x", "#N/A", "007"]), st.text(st.characters(exclude_categories=("C", "Z")))
)
HAZARDS = st.builds(
    hazard,
    id=st.sampled_from(["", "h1", "=h"]),
    site=st.just(""),
    object=TEXT.map("管{}".format),
    evidence=TEXT.filter(str.strip),
    interim=TEXT,
    grade=st.sampled_from(Grade),
    origin=st.sampled_from(Origin),
    deadline_ns=st.integers(2, 30_000).map(lambda days: days * DAY_NS + 7 * 10**9),
)


@settings(max_examples=10)
@given(st.lists(HAZARDS, max_size=3))
def test_a_workbook_says_the_same_as_the_csv_and_both_give_back_what_was_entered(rows: list[Hazard]) -> None:
    town = Assets({}, {}, {})
    csv = sheet.parsed(sheet.written(rows, NOW_NS).encode(), town, NOW_NS)
    assert sheet.parsed(sheet.as_workbook(rows, NOW_NS), town, NOW_NS) == csv
    told = [(d.object, d.grade, d.origin, d.found_ns, d.deadline_ns) for _, d in csv]
    assert told == [(row.object, row.grade, row.origin, row.found_ns, row.deadline_ns) for row in rows]


def test_what_a_workbook_says_wrongly_is_told_with_sheet_row_and_column() -> None:
    head = ["规则 rule", "对象", "township", "found_by", "found", "evidence", "responsible", "grade"]
    good: list[workbook.Cell] = ["N02", "管", "古城镇", 7, date(2026, 1, 1), "棚", "所长", None]
    rows: list[list[workbook.Cell]] = [
        good,
        [*good[:4], "gestern", *good[5:]],
        [None] * 8,
        [*good[:7], "huge"],
        ["N99", *good[1:]],
        [*good[:6], "", ""],
    ]
    with pytest.raises(ConfigurationError) as caught:
        sheet.parsed(workbook.written([workbook.Sheet("查", head, rows)]), Assets({}, {}, {}), NOW_NS)
    told = [problem.partition(": ")[0] for problem in caught.value.problems]
    assert told == [f"sheet '查' row {place}" for place in ("3 column E", "5 column H", "6 column A", "7 column G")]


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (b"\x89PNG\r\n\x1a\n", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
        (b"RIFF\x00\x00\x00\x00WEBPVP8 ", "image/webp"),
        (b"RIFF\x00\x00\x00\x00WAVE", None),
        (b"<html>", None),
    ],
)
def test_a_file_is_what_its_first_bytes_say(content: bytes, media: str | None) -> None:
    assert media_of(content) == media
