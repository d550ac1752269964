"""Workbooks as spreadsheets write them, and as somebody writes them who means harm."""

import io
import zipfile
from datetime import UTC, date, datetime

import openpyxl
import pytest

from domain.errors import ConfigurationError
from ledger import workbook
from ledger.workbook import Row, Sheet

AT = datetime(2026, 1, 31, 0, 0, 1, tzinfo=UTC)
SHEETS = [
    Sheet("隐患", ("名称 name", "日 day", "时 time"), [["=1+1", date(2026, 1, 31), AT]]),
    Sheet("数", ("数 number",), [[2.5], [7], [None], ["\x00#N/A"], ["字" * 40_000]]),
]
CELL = (
    '<worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main"><sheetData>{}</sheetData></worksheet>'
)


def packed(sheet: str, name: str = "xl/worksheets/sheet1.xml") -> bytes:
    """Put other XML into a workbook of ours."""
    out = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(workbook.written(SHEETS[:1]))) as old,
        zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new,
    ):
        for part in old.namelist():
            new.writestr(part, sheet if part == name else old.read(part))
    return out.getvalue()


def test_a_workbook_has_bold_frozen_heads_real_dates_and_numbers_and_no_formula() -> None:
    book = openpyxl.load_workbook(io.BytesIO(workbook.written(SHEETS)))
    first, second = book.worksheets
    assert (first.title, first.freeze_panes, first["A1"].font.bold, first["A2"].font.bold) == (
        "隐患",
        "A2",
        True,
        False,
    )
    assert [(str(cell.value), cell.data_type) for cell in first[2]] == [
        ("=1+1", "s"), ("2026-01-31 00:00:00", "d"), ("2026-01-31 08:00:01", "d"),
    ]  # fmt: skip
    assert (first["A2"].quotePrefix, first["B2"].number_format) == (True, "yyyy-mm-dd")
    assert first.column_dimensions["C"].width >= len("2026-01-31 08:00:00")
    assert [row[0].value for row in second.iter_rows(min_row=2, max_row=5)] == [2.5, 7, None, "\ufffd#N/A"]
    assert second["A6"].value == "字" * 32_766 + "…"


def test_the_first_sheet_is_read_as_text_without_its_empty_rows() -> None:
    found = workbook.read(workbook.written([SHEETS[0]._replace(rows=[[None] * 3, *SHEETS[0].rows, [True, 7.0, 2.5]])]))
    assert found.rows[1:] == [
        Row(3, ("=1+1", "2026-01-31", "2026-01-31T08:00:01+08:00")),
        Row(4, ("1", "7", "2.5")),
    ]


@pytest.mark.parametrize(
    ("content", "said"),
    [
        pytest.param(b"PK\x03\x04 or so", "not a workbook", id="no zip"),
        pytest.param(packed("<a/>", "xl/workbook.xml"), "not a workbook that can be read", id="no workbook"),
        pytest.param(packed(CELL.format('<row r="2"><c r="B2"><f>1+1</f><v>2</v></c></row>')),
                     "row 2 column B holds a formula", id="formula"),
        pytest.param(packed(CELL.format('<row r="1"><c r="A1" t="e"><v>#REF!</v></c></row>')),
                     "row 1 column A holds the error #REF!", id="error"),
        pytest.param(packed(CELL.format('<row r="999999999999"/>')), "expected one up to HZ19999", id="far row"),
        pytest.param(packed(CELL.format('<row><c r="AAAA1"/></row>')), "expected one up to HZ19999", id="far column"),
        pytest.param(packed(CELL.format(f"<row>{'<c/>' * 201}</row>")), "at most 200 in a row", id="wide"),
        pytest.param(packed('<!DOCTYPE a [<!ENTITY b "c">]><a>&b;</a>'), "declares entities", id="entities"),
    ],
)  # fmt: skip
def test_what_is_no_plain_workbook_is_refused_in_one_line(content: bytes, said: str) -> None:
    with pytest.raises(ConfigurationError, match=said):
        workbook.read(content)


def test_a_workbook_that_is_large_or_unpacks_to_much_is_not_unpacked() -> None:
    with pytest.raises(ConfigurationError, match="unpacks to more than 32 MiB"):
        workbook.read(packed(" " * (33 << 20)))
    with pytest.raises(ConfigurationError, match="more than 8 MiB"):
        workbook.read(workbook.MAGIC + bytes(workbook.MOST_BYTES))
