"""The reports of the ledger on the command line."""

import argparse
from datetime import date
from pathlib import Path

from app.clock import now_ns
from app.configuration import write_bytes
from app.settings import load_settings
from app.wiring import Wiring
from domain.errors import ConfigurationError
from domain.hazard import HazardScope
from ledger.reports.forms import FORMS
from ledger.reports.gather import made
from ledger.reports.report import Report
from ledger.reports.schedule import Issue
from ledger.reports.span import Rhythm

WHAT = "daily dispatch 日调度, weekly bulletin 周通报, monthly supervision 月督导, quarterly inspection 季度督查"
EXAMPLE = "gas-lifeline report monthly --date 2026-01-15 --format xlsx"


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rhythm", choices=list(map(str, Rhythm)))
    parser.add_argument(
        *("--date", "--of"), type=_day, metavar="DATE", help="a day in it (default: the last one that is over)"
    )
    parser.add_argument("--format", choices=list(FORMS), default="html", help="(default: html)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="(default: its name, such as monthly-2026-01-01.html)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="config.toml")


def report(options: argparse.Namespace) -> int:
    """Make one report, and print the name of its file."""
    found = _made(options)
    file = options.out or Path(f"{Issue(found.rhythm, found.first_day)}.{options.format}")
    write_bytes(file, FORMS[options.format].write(found))
    print(file)  # noqa: T201 - the command's answer
    return 0


def _made(options: argparse.Namespace) -> Report:
    wiring = Wiring(load_settings(options.config))
    assets = wiring.configuration().assets
    try:
        return made(wiring.records(), assets, HazardScope(), Rhythm(options.rhythm), day=options.date, now_ns=now_ns())
    except ValueError as error:
        raise ConfigurationError(f"report --date: {error}") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a day such as 2026-01-31") from None
