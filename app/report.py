"""The reports of the ledger on the command line."""

import argparse
import sys
from collections.abc import Callable
from datetime import date
from pathlib import Path

import msgspec

from app.clock import now_ns
from app.settings import load_settings
from app.wiring import Wiring
from domain.errors import ConfigurationError
from domain.hazard import HazardScope
from ledger.reports.gather import made
from ledger.reports.page import page
from ledger.reports.report import Report
from ledger.reports.span import Rhythm

WHAT = "daily dispatch 日调度, weekly bulletin 周通报, monthly supervision 月督导, quarterly inspection 季度督查"
EXAMPLE = "gas-lifeline report monthly --of 2026-01-15 --out january.html"


def _json(made_: Report) -> str:
    return msgspec.json.format(msgspec.json.encode(made_)).decode() + "\n"


_WRITTEN: dict[str, Callable[[Report], str]] = {"html": page, "json": _json}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("rhythm", choices=list(map(str, Rhythm)))
    parser.add_argument("--of", type=_day, metavar="DATE", help="a day in it (default: the last one that is over)")
    parser.add_argument("--format", choices=sorted(_WRITTEN), default="html", help="(default: html)")
    parser.add_argument("--out", type=Path, metavar="FILE", help="(default: to the terminal)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="config.toml")


def report(options: argparse.Namespace) -> int:
    """Make one report."""
    text = _WRITTEN[options.format](_made(options))
    if options.out is None:
        sys.stdout.write(text)
        return 0
    try:
        options.out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"{options.out}: {error.strerror}") from None
    return 0


def _made(options: argparse.Namespace) -> Report:
    wiring = Wiring(load_settings(options.config))
    assets = wiring.configuration().assets
    try:
        return made(wiring.records(), assets, HazardScope(), Rhythm(options.rhythm), day=options.of, now_ns=now_ns())
    except ValueError as error:
        raise ConfigurationError(f"report --{error}") from None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"{text!r}; expected a day such as 2026-01-31") from None
