"""The ledger as a table: CSV in UTF-8 with a mark at its start, which spreadsheets open as it is.

The columns are the same both ways. What is read makes new records alone: nothing that a file says can move a hazard to
its end, since that takes its steps and a second person. A row is named by its id, or by its content where it has none,
so that a file that is read twice enters nothing twice.
"""

import csv
import hashlib
import io
from collections.abc import Callable, Iterable, Mapping
from datetime import UTC, date, datetime, time, timedelta, timezone
from typing import Any

from domain.asset import Assets
from domain.errors import ConfigurationError
from domain.hazard import Grade, Hazard, Origin
from ledger.draft import Draft, hazard_of
from ledger.flow import StepRefused, register

COLUMNS = (
    *("id", "rule", "site", "object", "address", "township", "grade", "origin", "found_by", "found", "evidence"),
    *("responsible", "deadline", "interim", "lead", "co", "state", "overdue", "supervision", "out_of_use"),
    *("rectified_by", "rectified", "rectified_evidence", "rechecked_by", "rechecked", "closed", "reopened"),
)
NEEDED = ("rule", "found_by", "found", "evidence")
MOST_ROWS = 5_000
_MARK = "\ufeff"
_FORMULA = ("=", "+", "-", "@", "\t", "\r")
"""A spreadsheet would run what begins so."""
_ZONE = timezone(timedelta(hours=8))
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(2262, 1, 1, tzinfo=UTC)
"""Beyond it the nanoseconds since 1970 leave 64 bits."""
_NAMED = ["site", "object", "address", "township", "responsible", "interim", "evidence", "rule", "found_by"]


def written(hazards: Iterable[Hazard], now_ns: int) -> str:
    """Write hazards as CSV, one row each."""
    out = io.StringIO()
    rows = csv.writer(out, lineterminator="\r\n")
    rows.writerow(COLUMNS)
    for hazard in hazards:
        values = _cells(hazard, now_ns)
        rows.writerow([_safe(str(values[name])) for name in COLUMNS])
    return _MARK + out.getvalue()


def _cells(hazard: Hazard, now_ns: int) -> dict[str, Any]:
    times = {name: _time(getattr(hazard, f"{name}_ns")) for name in ("found", "deadline", "rectified", "rechecked")}
    flags = {"overdue": int(hazard.overdue(now_ns)), "out_of_use": int(hazard.out_of_use)}
    plain = {name: getattr(hazard, name) for name in Hazard.__dataclass_fields__}
    return (
        plain
        | times
        | flags
        | {"closed": _time(hazard.closed_ns), "co": " ".join(hazard.co), "supervision": int(hazard.supervision)}
    )


def _time(time_ns: int | None) -> str:
    if not time_ns:
        return ""
    return datetime.fromtimestamp(time_ns // 1_000_000_000, _ZONE).isoformat()


def day(time_ns: int) -> str:
    """Write the day of China.

    Example:
        >>> day(1_768_449_600_000_000_000)
        '2026-01-15'
    """
    return _time(time_ns)[:10]


def _safe(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA) else text


def _unsafe(text: str) -> str:
    return text[1:] if text.startswith("'") and text[1:].startswith(_FORMULA) else text


def parsed(text: str, assets: Assets, now_ns: int) -> list[tuple[str, Draft]]:
    """Read drafts with their names (ConfigurationError: every wrong row, with its line)."""
    reader = csv.DictReader(io.StringIO(text.removeprefix(_MARK)), strict=True)
    problems: list[str] = []
    found: list[tuple[str, Draft]] = []
    try:
        _demand_columns(reader.fieldnames or ())
        for cells in reader:
            if len(found) + len(problems) >= MOST_ROWS:
                raise ConfigurationError(f"more than {MOST_ROWS} rows; split the file")
            try:
                found.append(_row(cells, assets, now_ns))
            except (ValueError, StepRefused) as error:
                problems.append(f"line {reader.line_num}: {error}")
    except csv.Error as error:
        raise ConfigurationError(f"line {reader.line_num}: {error}") from None
    if problems:
        raise ConfigurationError(*problems)
    return found


def _demand_columns(names: Iterable[str]) -> None:
    names = list(names)
    wrong = [f"unknown column {name!r}; expected {', '.join(COLUMNS)}" for name in names if name not in COLUMNS]
    wrong += [f"column {name} is missing" for name in NEEDED if name not in names]
    if wrong:
        raise ConfigurationError(*wrong)


def _row(cells: Mapping[str, Any], assets: Assets, now_ns: int) -> tuple[str, Draft]:
    if None in cells or None in cells.values():
        raise ValueError("as many cells as columns are expected")
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
