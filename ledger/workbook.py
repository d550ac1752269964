"""Workbooks (XLSX, ISO/IEC 29500): tables for spreadsheets, written and read. Nothing else knows their library.

A text stays a text: no cell that we write is a formula, and one that we read is refused rather than worked out. What is
read came from outside, so that its size unpacked, its parts, elements and cells of a row are counted before the
library, which builds trees of them, sees it.
"""

import re
import zlib
from collections.abc import Iterable, Iterator, Sequence
from datetime import date, datetime, timedelta, timezone
from io import BytesIO
from typing import IO, Any, NamedTuple, TypeAlias
from unicodedata import east_asian_width
from xml.parsers import expat
from zipfile import BadZipFile, ZipFile

from domain.errors import ConfigurationError

MAGIC = b"PK\x03\x04"
"""A workbook begins with it, and no text does."""
MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"
MOST_BYTES = 8 << 20
_MOST_UNPACKED, _MOST_PARTS, _MOST_ELEMENTS, _MOST_COLUMNS = 32 << 20, 500, 500_000, 200
_PLACES = {"row": re.compile("1?[0-9]{1,4}"), "c": re.compile("(?:[A-Z]|[A-H][A-Z])1?[0-9]{1,4}")}
"""What a row and a cell say of their place: the library would fill up all that lies before it."""
_LONGEST = 32_767
"""Characters of a cell, by the standard."""
_UNFIT = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML has no place for them."""
_LOOKS_LIKE_MORE = ("=", "+", "-", "@", "#", "\t", "\r")
"""A spreadsheet takes what begins so for a formula or an error, some of them as soon as somebody edits the cell."""
_NARROWEST, _WIDEST, _MEASURED = 8, 60, 200
_A4 = 9
_ZONE = timezone(timedelta(hours=8))
_FORMATS: dict[type, str] = {datetime: "yyyy-mm-dd hh:mm:ss", date: "yyyy-mm-dd"}

Cell = str | int | float | date | None
_Theirs: TypeAlias = Any
"""A sheet or cell of the library: its types do not know what its sheets can do."""


class Sheet(NamedTuple):
    """One table; times are written as those of China."""

    name: str
    head: Sequence[str]
    rows: Sequence[Sequence[Cell]]


class Row(NamedTuple):
    """A row that says something; `number` counts from 1."""

    number: int
    cells: tuple[str, ...]


class Read(NamedTuple):
    """The first sheet of a workbook, as text: days as 2026-01-31, times as 2026-01-31T12:00:00+08:00."""

    name: str
    rows: Sequence[Row]


def letter(column: int) -> str:
    """Give what a spreadsheet calls a column, counted from 1.

    Example:
        >>> letter(28)
        'AB'
    """
    from openpyxl.utils import get_column_letter  # noqa: PLC0415 - takes half a second, and few ask

    return get_column_letter(column)


# ---------------------------------------------------------------- writing


def written(sheets: Iterable[Sheet]) -> bytes:
    """Write a workbook: heads bold and frozen, columns as wide as what they hold, A4 across when it is printed."""
    from openpyxl import Workbook  # noqa: PLC0415

    book, out = Workbook(write_only=True), BytesIO()
    for sheet in sheets:
        _write(book.create_sheet(sheet.name[:31]), sheet)
    book.save(out)
    return out.getvalue()


def _write(into: _Theirs, sheet: Sheet) -> None:
    into.freeze_panes = "A2"
    into.page_setup.paperSize, into.page_setup.orientation = _A4, "landscape"
    into.page_setup.fitToHeight, into.sheet_properties.pageSetUpPr.fitToPage = 0, True
    into.print_title_rows = "1:1"
    for at, width in enumerate(_widths(sheet), 1):
        into.column_dimensions[letter(at)].width = width
    into.append([_bold(into, text) for text in sheet.head])
    for row in sheet.rows:
        into.append([_fit(into, value) for value in row])


def _widths(sheet: Sheet) -> Iterator[float]:
    shown = [sheet.head, *sheet.rows[:_MEASURED]]
    for at in range(len(sheet.head)):
        most = max(_width(str(row[at])) for row in shown if row[at] is not None)
        yield min(max(most + 2, _NARROWEST), _WIDEST)


def _width(text: str) -> int:
    return sum(2 if east_asian_width(char) in "WF" else 1 for char in text[:_WIDEST])


def _bold(into: _Theirs, text: str) -> _Theirs:
    from openpyxl.styles import Font  # noqa: PLC0415

    cell = _text(into, text)
    cell.font = Font(bold=True)
    return cell


def _fit(into: _Theirs, value: Cell) -> _Theirs:
    """Give a cell, or a value where the library makes the right cell of it."""
    if isinstance(value, str):
        text = _UNFIT.sub("\ufffd", value)
        return _text(into, text) if text.startswith(_LOOKS_LIKE_MORE) or len(text) > _LONGEST else text
    if type(value) not in _FORMATS:
        return value
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    theirs: _Theirs = value.astimezone(_ZONE).replace(tzinfo=None) if isinstance(value, datetime) else value
    cell = WriteOnlyCell(into, theirs)
    cell.number_format = _FORMATS[type(value)]
    return cell


def _text(into: _Theirs, text: str) -> _Theirs:
    from openpyxl.cell import WriteOnlyCell  # noqa: PLC0415

    cell = WriteOnlyCell(into, text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…")
    cell.data_type, cell.quotePrefix = "s", True
    return cell


# ---------------------------------------------------------------- reading


def read(content: bytes) -> Read:
    """Read the first sheet (ConfigurationError: no workbook, too large, or a cell that holds no plain value)."""
    _demand_bounds(content)
    from openpyxl import load_workbook  # noqa: PLC0415

    try:
        book = load_workbook(BytesIO(content), read_only=True, keep_links=False)
        try:
            sheet = book.worksheets[0]
            sheet.reset_dimensions()  # what a file says of its size binds nobody
            return Read(sheet.title, list(_rows(sheet.title, sheet.iter_rows())))
        finally:
            book.close()
    except ConfigurationError:
        raise
    except Exception as error:  # noqa: BLE001 - it fails in every way there is on what only looks like a workbook
        raise ConfigurationError(f"not a workbook that can be read: {error!r:.200}") from None


def _rows(title: str, rows: Iterable[Sequence[_Theirs]]) -> Iterator[Row]:
    for number, row in enumerate(rows, 1):
        cells = tuple(_plain(title, cell) for cell in row)
        if any(cells):
            yield Row(number, cells)


def _plain(title: str, cell: _Theirs) -> str:
    value = cell.value
    if value is None:
        return ""
    if cell.data_type in {"f", "e"}:
        what = "a formula; expected its value" if cell.data_type == "f" else f"the error {value}"
        raise ConfigurationError(f"sheet {title!r} row {cell.row} column {cell.column_letter} holds {what}")
    if isinstance(value, datetime):
        day = "h" not in cell.number_format.lower()  # that of a day holds its midnight too
        return str(value.date()) if day else value.replace(tzinfo=_ZONE).isoformat()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(int(value) if isinstance(value, bool) else value)


def _demand_bounds(content: bytes) -> None:
    """Refuse what unpacks to too much, by what its parts say, beyond which they are not unpacked."""
    if len(content) > MOST_BYTES:
        raise ConfigurationError(f"the workbook has more than {MOST_BYTES >> 20} MiB; split it")
    try:
        with ZipFile(BytesIO(content)) as pack:
            parts = pack.infolist()
            if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > _MOST_UNPACKED:
                raise ConfigurationError(f"the workbook unpacks to more than {_MOST_UNPACKED >> 20} MiB; split it")
            for part in parts:
                with pack.open(part) as file:
                    _demand_small(file)
    except (BadZipFile, EOFError, NotImplementedError, OSError, RuntimeError, ValueError, zlib.error) as error:
        raise ConfigurationError(f"not a workbook: {error}") from None


def _demand_small(part: IO[bytes]) -> None:
    """Count without building anything; what is no XML ends here as it would in the library."""
    total, cells = 0, 0

    def begin(tag: str, attributes: dict[str, str]) -> None:
        nonlocal total, cells
        kind = tag.rpartition(" ")[2]
        total, cells = total + 1, 0 if kind == "row" else cells + (kind == "c")
        if total > _MOST_ELEMENTS or cells > _MOST_COLUMNS:
            raise ConfigurationError(f"the workbook has too many cells; at most {_MOST_COLUMNS} in a row")
        if kind in _PLACES and not _PLACES[kind].fullmatch(attributes.get("r", "A1" if kind == "c" else "1")):
            raise ConfigurationError(f"the workbook has a {kind} at {attributes['r']:.20}; expected one up to HZ19999")

    def doctype(*_: object) -> None:
        raise ConfigurationError("the workbook declares entities, which no spreadsheet does")

    parser = expat.ParserCreate(namespace_separator=" ")
    parser.StartElementHandler, parser.StartDoctypeDeclHandler = begin, doctype
    try:
        parser.ParseFile(part)
    except expat.ExpatError:
        return
