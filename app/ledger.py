"""The hazard ledger on the command line."""

import argparse
import getpass
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

from app.clock import now_ns
from app.columns import aligned
from app.configuration import Configuration, read_bytes, write_bytes
from app.settings import load_settings
from app.wiring import Wiring
from domain.errors import ConfigurationError
from domain.hazard import OPEN_STATES, Hazard, HazardQuery, HazardState
from ledger import sheet
from ledger.desk import By, Desk, imported
from ledger.flow import Duty, Numbers
from ledger.rules import DEPARTMENTS, RULES, SECTORS
from store.records import Records

WHAT = "the hazard ledger: list, show, export to CSV or a workbook, import from it; check that all of it is in order"
EXAMPLE = "gas-lifeline ledger list --overdue\n  gas-lifeline ledger import found.csv --dry-run"
_SHOWN, _ALL = 500, 1_000_000


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("action", choices=["list", "show", "import", "export", "check"])
    parser.add_argument("what", nargs="?", help="id of the hazard to show, or the file, .csv or .xlsx")
    parser.add_argument("--state", choices=list(map(str, HazardState)), help="only in this state")
    parser.add_argument("--overdue", action="store_true", help="only overdue ones")
    parser.add_argument("--rule", metavar="CODE", help="only of this rule, such as R07")
    parser.add_argument("--township", metavar="NAME", help="only there")
    parser.add_argument("--department", metavar="NAME", help="only those that it leads or helps with")
    parser.add_argument("--dry-run", action="store_true", help="of import: say what is wrong and write nothing")
    parser.add_argument("--config", type=Path, metavar="FILE", help="config.toml")


def ledger(options: argparse.Namespace) -> int:
    """Run one of its actions."""
    wiring = Wiring(load_settings(options.config))
    file = _file(options) if options.action == "export" else None
    records, configuration = wiring.records(), wiring.configuration()
    if options.action == "import":
        return _import(records, configuration, Path(_named(options)), dry=options.dry_run)
    if options.action == "show":
        return _show(records, _named(options))
    if options.action == "check":
        return _check(records, configuration)
    query, at_ns = _query(options), now_ns()
    if options.action == "list":
        _list(records.hazards(query, limit=_SHOWN), at_ns)
        return 0
    _export(records.hazards(query, limit=_ALL), at_ns, file)
    return 0


def _file(options: argparse.Namespace) -> Path | None:
    file = Path(options.what) if options.what else None
    if file is not None and file.suffix.lower() not in {".csv", ".xlsx"}:
        raise ConfigurationError(f"ledger export: {options.what!r}; expected a name that ends with .csv or .xlsx")
    return file


def _export(found: list[Hazard], at_ns: int, file: Path | None) -> None:
    """Write CSV, or into a file whose name ends with .xlsx a workbook."""
    if file is None:
        sys.stdout.write(sheet.written(found, at_ns))
        return
    as_book = file.suffix.lower() == ".xlsx"
    content = sheet.as_workbook(found, at_ns) if as_book else sheet.written(found, at_ns).encode()
    write_bytes(file, content)


def _named(options: argparse.Namespace) -> str:
    if not options.what:
        raise ConfigurationError(f"ledger {options.action}: give {'a file' if options.action == 'import' else 'an id'}")
    what: str = options.what
    return what


def _query(options: argparse.Namespace) -> HazardQuery:
    for told, known in ((options.rule, RULES), (options.department, DEPARTMENTS)):
        if told and told not in known:
            raise ConfigurationError(f"ledger: {told!r}; expected one of {', '.join(known)}")
    return HazardQuery(
        states=frozenset({HazardState(options.state)}) if options.state else None,
        overdue_ns=now_ns() if options.overdue else None,
        rule=options.rule,
        township=options.township,
        department=options.department,
    )


def _list(found: list[Hazard], at_ns: int) -> None:
    head = ("id", "rule", "state", "deadline", "township", "object", "responsible")
    for line in aligned([head, *(_line(row, at_ns) for row in found)]):
        print(line)  # noqa: T201 - the command's answer


def _line(row: Hazard, at_ns: int) -> tuple[str, ...]:
    state = f"{row.state} overdue" if row.overdue(at_ns) else str(row.state)
    return row.id, row.rule, state, sheet.day(row.deadline_ns), row.township, row.object, row.responsible


def _show(records: Records, name: str) -> int:
    found = records.hazard(name)
    if found is None:
        raise ConfigurationError(f"ledger show: no hazard {name!r}")
    rows = [(field, str(getattr(found, field))) for field in Hazard.__dataclass_fields__ if getattr(found, field)]
    events = [(sheet.day(e.time_ns), f"{e.step}: {e.user or 'ledger'} {e.text}") for e in records.hazard_events(name)]
    for line in aligned([*rows, *events]):
        print(line)  # noqa: T201 - the command's answer
    return 0


def _import(records: Records, configuration: Configuration, file: Path, *, dry: bool) -> int:
    drafts = sheet.parsed(read_bytes(file), configuration.assets, now_ns())
    if dry:
        print(f"ok: {len(drafts)} rows, nothing written")  # noqa: T201 - the command's answer
        return 0
    desk = Desk(configuration.assets, Numbers.of(configuration.rulebook))
    with records.unit() as unit:
        new, known = imported(desk, unit, drafts, By(getpass.getuser(), now_ns(), frozenset(Duty)))
    print(f"{new} registered, {known} known before")  # noqa: T201 - the command's answer
    return 0


def _check(records: Records, configuration: Configuration) -> int:
    """Say what of the ledger is not in order; 1 where anything is overdue or its history does not fit."""
    at_ns, found = now_ns(), records.hazards(HazardQuery(), limit=_ALL)
    problems = [problem for row in found for problem in _problems(row, records, configuration, at_ns)]
    for line in problems:
        print(line)  # noqa: T201 - the command's answer
    states = Counter(str(row.state) for row in found)
    told = ", ".join(f"{states[state]} {state}" for state in HazardState)
    print(f"{len(found)} hazards: {told}; {sum(row.overdue(at_ns) for row in found)} overdue")  # noqa: T201
    unnamed = [site.id for site in configuration.assets.sites.values() if site.type in SECTORS and not site.responsible]
    if unnamed:
        print(f"note: {len(unnamed)} sites name nobody as responsible in sites.csv, such as {unnamed[0]}")  # noqa: T201
    return 1 if problems else 0


def _problems(row: Hazard, records: Records, configuration: Configuration, at_ns: int) -> Iterator[str]:
    if row.overdue(at_ns):
        yield f"{row.id}: overdue since {sheet.day(row.deadline_ns)}, {row.responsible}"
    if row.site and row.site not in configuration.assets.sites:
        yield f"{row.id}: its site {row.site} is no longer in sites.csv"
    events = records.hazard_events(row.id)
    if not events or events[-1].after is not row.state:
        yield f"{row.id}: its history does not lead to {row.state}"
    if row.state in OPEN_STATES and row.closed_ns is not None:
        yield f"{row.id}: open and closed at once"
