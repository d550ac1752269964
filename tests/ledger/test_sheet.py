"""What a table may say, and what a wrong row is told."""

import pytest

from domain.asset import Assets
from domain.errors import ConfigurationError
from ledger import sheet
from ledger.media import media_of

NOW_NS = 1_768_449_600 * 10**9
HEAD = "rule,object,township,found_by,found,evidence,responsible"
ROW = "N02,管,古城镇,li,2026-01-01,棚,所长"


def problems(*lines: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        sheet.parsed("\n".join(lines), Assets({}, {}, {}), NOW_NS)
    return "; ".join(caught.value.problems)


@pytest.mark.parametrize(
    ("lines", "said"),
    [
        ((f"{HEAD},colour", ROW), "unknown column 'colour'"),
        (("rule,object", "N02,x"), "column found is missing"),
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
    ((_, draft),) = sheet.parsed(text, Assets({}, {}, {}), NOW_NS)
    assert draft.found_ns == 1_767_225_600 * 10**9
    assert draft.deadline_ns == 1_769_961_599 * 10**9


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
