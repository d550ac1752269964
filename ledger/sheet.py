"""The ledger as a table: CSV in UTF-8 with a mark at its start, which spreadsheets open as it is, or a workbook.

The columns are the same both ways and in both forms. What is read makes new records alone: nothing that a file says can
move a hazard to its end, since that takes its steps and a second person. A row is named by its id, or by its content
where it has none, so that a file that is read twice enters nothing twice, whichever form it has.
"""

import csv
import hashlib
import io
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any, NamedTuple

from domain.asset import Assets
from domain.errors import ConfigurationError
from domain.hazard import Grade, Hazard, Origin
from ledger import workbook
from ledger.draft import Draft, hazard_of
from ledger.flow import StepRefused, register

COLUMNS = (
    *("id", "rule", "site", "object", "address", "township", "grade", "origin", "found_by", "found", "evidence"),
    *("responsible", "deadline", "interim", "lead", "co", "state", "overdue", "supervision", "out_of_use"),
    *("rectified_by", "rectified", "rectified_evidence", "rechecked_by", "rechecked", "closed", "reopened"),
)
HEADINGS = dict(
    zip(
        COLUMNS,
        (
            *("编号", "规则", "场所编号", "对象", "地址", "乡镇", "等级", "来源", "检查人", "发现时间", "证据"),
            *("责任人", "完成时限", "管控措施", "牵头部门", "配合部门", "状态", "逾期", "督办", "停用"),
            *("整改人", "整改时间", "整改情况", "复查人", "复查时间", "销号时间", "复发次数"),
        ),
        strict=True,
    )
)
"""Of a workbook, before the name of the column; either alone is understood too, in CSV as well."""
ALIASES = {
    "rule_code": "rule",
    "source": "origin",
    "responsible_person": "responsible",
    "interim_control": "interim",
    "lead_dept": "lead",
    "co_depts": "co",
    "reopened_count": "reopened",
} | {f"{name}_at": name for name in ("found", "rectified", "rechecked", "closed")}
"""Other names of columns that are read, as other ledgers have them; we write our own."""
_TITLE = "隐患台账"
NEEDED = ("rule", "found_by", "found", "evidence")
MOST_ROWS = 5_000
_MARK = "\ufeff"
_TIMES = ("found", "deadline", "rectified", "rechecked", "closed")
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet would run what begins so."""
_ZONE = timezone(timedelta(hours=8))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(2262, 1, 1, tzinfo=UTC)
"""Beyond it the nanoseconds since 1970 leave 64 bits."""
_NAMED = ["site", "object", "address", "township", "responsible", "interim", "evidence", "rule", "found_by"]


class _Line(NamedTuple):
    """A row of a table, and where it stands in its file."""

    place: str
    cells: Sequence[str]


class _Table(NamedTuple):
    """What is read of a file; `letters` say where a column stands in a workbook."""

    head: Sequence[str]
    lines: Iterable[_Line]
    letters: Mapping[str, str] = {}


# ---------------------------------------------------------------- writing


def written(hazards: Iterable[Hazard], now_ns: int) -> str:
    """Write hazards as CSV, one row each."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for hazard in hazards:
        rows.writerow([_safe(_plain(value)) for value in _cells(hazard, now_ns)])
    return _MARK + out.getvalue()


def as_workbook(hazards: Iterable[Hazard], now_ns: int) -> bytes:
    """Write hazards as a workbook, one row each."""
    rows = [_cells(hazard, now_ns) for hazard in hazards]
    head = [f"{said} {name}" for name, said in HEADINGS.items()]
    return workbook.written([workbook.Sheet(_TITLE, head, rows)])


def _cells(hazard: Hazard, now_ns: int) -> list[str | int | datetime | None]:
    told: dict[str, Any] = {name: getattr(hazard, name) for name in Hazard.__dataclass_fields__}
    told |= {name: _moment_of(told[f"{name}_ns"]) for name in _TIMES}
    told |= {"co": " ".join(hazard.co), "overdue": int(hazard.overdue(now_ns)), "out_of_use": int(hazard.out_of_use)}
    told |= {"supervision": int(hazard.supervision), "grade": str(hazard.grade), "origin": str(hazard.origin)}
    told["state"] = str(hazard.state)
    return [told[name] for name in COLUMNS]


def _moment_of(time_ns: int | None) -> datetime | None:
    return datetime.fromtimestamp(time_ns // 1_000_000_000, _ZONE) if time_ns else None


def _plain(value: str | int | datetime | None) -> str:
    return value.isoformat() if isinstance(value, datetime) else "" if value is None else str(value)


def day(time_ns: int) -> str:
    """Write the day of China.

    Example:
        >>> day(1_768_449_600_000_000_000)
        '2026-01-15'
    """
    return _plain(_moment_of(time_ns))[:10]


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _unsafe(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


# ---------------------------------------------------------------- reading


def parsed(content: bytes, assets: Assets, now_ns: int) -> list[tuple[str, Draft]]:
    """Read drafts with their names (ConfigurationError: every wrong row, with its line or sheet, row and column).

    Args:
        content: of a file: a workbook or CSV, told by how it begins.
        assets: the registry.
        now_ns: nothing was found later.
    """
    table = _of_workbook(content) if content.startswith(workbook.MAGIC) else _of_csv(content)
    _demand_columns(table.head)
    problems: list[str] = []
    found: list[tuple[str, Draft]] = []
    for line in table.lines:
        if len(found) + len(problems) >= MOST_ROWS:
            raise ConfigurationError(f"more than {MOST_ROWS} rows; split the file")
        try:
            found.append(_row(_named(table.head, line.cells), assets, now_ns))
        except (ValueError, StepRefused) as error:
            problems.append(f"{line.place}{_column(str(error), table.letters)}: {error}")
    if problems:
        raise ConfigurationError(*problems)
    return found


def _of_csv(content: bytes) -> _Table:
    try:
        text = content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise ConfigurationError(f"neither a workbook (.xlsx) nor CSV in UTF-8: byte {error.start}") from None
    rows = csv.reader(io.StringIO(text, newline=""), strict=True)

    def lines() -> Iterator[_Line]:
        try:
            yield from (_Line(f"line {rows.line_num}", row) for row in rows if row)
        except csv.Error as error:
            raise ConfigurationError(f"line {rows.line_num}: {error}") from None

    every = lines()
    return _Table(list(map(_column_of, next(every, _Line("", ())).cells)), every)


def _of_workbook(content: bytes) -> _Table:
    """Take the first sheet; what a head leaves empty must be empty below it too."""
    name, rows = workbook.read(content)
    head = [_column_of(text) for text in rows[0].cells] if rows else []
    while head and not head[-1]:
        head.pop()
    letters = {column: f" column {workbook.letter(at)}" for at, column in enumerate(head, 1)}
    lines = (_Line(f"sheet {name!r} row {row.number}", _padded(row.cells, len(head))) for row in rows[1:])
    return _Table(head, lines, letters)


def _padded(cells: tuple[str, ...], width: int) -> tuple[str, ...]:
    """Make a row as long as the head, unless it says something beyond it."""
    return cells[:width] + ("",) * (width - len(cells)) if not any(cells[width:]) else cells


def _column_of(text: str) -> str:
    """Give the column that a heading names.

    Example:
        >>> [_column_of(text) for text in ("规则 rule", "规则", "rule", "rule_code", "colour")]
        ['rule', 'rule', 'rule', 'rule', 'colour']
    """
    names = {said: name for name, said in HEADINGS.items()} | ALIASES
    last = (text.split() or [""])[-1]
    return last if last in COLUMNS else names.get(last) or names.get(text.strip(), text.strip())


def _column(problem: str, letters: Mapping[str, str]) -> str:
    """Say where the column stands that a problem names first."""
    return next((letters[word] for word in re.findall("[a-z_]+", problem) if word in letters), "")


def _demand_columns(names: Sequence[str]) -> None:
    wrong = [f"unknown column {name!r}; expected {', '.join(COLUMNS)}" for name in names if name not in COLUMNS]
    wrong += [f"column {name} is missing" for name in NEEDED if name not in names]
    wrong += [f"column {name} is there twice" for name in COLUMNS if names.count(name) > 1]
    if wrong:
        raise ConfigurationError(*wrong)


def _named(head: Sequence[str], cells: Sequence[str]) -> dict[str, str]:
    if len(head) != len(cells):
        raise ValueError("as many cells as columns are expected")
    return dict(zip(head, cells, strict=True))


def _row(cells: Mapping[str, str], assets: Assets, now_ns: int) -> tuple[str, Draft]:
    told = {name: _unsafe(cells.get(name, "").strip()) for name in COLUMNS}
    draft = Draft(
        **{name: told[name] for name in _NAMED},
        grade=_choice(Grade, told["grade"] or Grade.GENERAL, "grade"),
        origin=_choice(Origin, told["origin"] or Origin.INSPECTION, "origin"),
        found_ns=_moment(told["found"], "found", time.min),
        deadline_ns=_moment(told["deadline"], "deadline", time(23, 59, 59)) if told["deadline"] else None,
    )
    if draft.found_ns > now_ns:
        raise ValueError("found lies ahead of now")
    content = "\x1f".join([*(told[name] for name in _NAMED), told["found"]])
    name = told["id"] or hashlib.sha256(content.encode()).hexdigest()[:16]
    register(hazard_of(draft, name, assets, now_ns))  # says what is wrong before anything is written
    return name, draft


def _choice(kind: Callable[[str], Any], text: str, name: str) -> Any:  # noqa: ANN401 - of the kind
    try:
        return kind(text)
    except ValueError:
        raise ValueError(f"{name} is {text!r}; expected one of {', '.join(kind)}") from None  # type: ignore[arg-type]


def _moment(text: str, name: str, of_day: time) -> int:
    """Read a time with its offset, or a day of China."""
    moment: datetime | None
    try:
        day = "T" not in text
        moment = datetime.combine(date.fromisoformat(text), of_day, _ZONE) if day else datetime.fromisoformat(text)
    except ValueError:
        moment = None
    if moment is None or moment.tzinfo is None or not _EPOCH <= moment < _LAST:
        raise ValueError(f"{name} is {text!r}; expected 2026-01-31 or 2026-01-31T12:00:00+08:00")
    return (moment - _EPOCH) // timedelta(microseconds=1) * 1000
