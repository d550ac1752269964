"""`gas-lifeline silenced`: all that nobody is asked about, by whose word, why and until when."""

import argparse
from collections.abc import Iterator, Sequence
from pathlib import Path

from alerting.permits import PermitDesk
from alerting.texts import text
from api.silenced import hidden
from api.times import rfc3339_or_none
from app.clock import now_ns
from app.columns import aligned
from app.settings import load_settings
from app.wiring import Wiring
from app.working import Working
from domain.alarm import Alarm
from domain.asset import Assets
from domain.permit import Permit
from domain.record import JournalEntry

WHAT = "what is hidden from the operators: shelved, suppressed, out of service, under a permit; until when"
EXAMPLE = "gas-lifeline silenced --language en"
_HEAD = {
    "zh": ("状态", "何人", "自", "至", "原因", "告警"),
    "en": ("state", "by", "since", "until", "why", "alarm"),
}
_STATES = {
    "zh": {"G": "搁置", "H": "设计抑制", "I": "停用", "permit": "检修证"},
    "en": {"G": "shelved", "H": "suppressed by design", "I": "out of service", "permit": "permit"},
}
_NOBODY = {"zh": "系统", "en": "system"}


def arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--language", choices=["zh", "en"], default="zh", help="of the table (default: zh)")
    parser.add_argument("--config", type=Path, metavar="FILE", help="config.toml")


def silenced(options: argparse.Namespace) -> int:
    """Print the list (ConfigurationError)."""
    wiring = Wiring(load_settings(options.config))
    records, configuration = wiring.records(), wiring.configuration()
    working = Working(records, wiring.log, PermitDesk(configuration.rulebook), now_ns)
    alarms = [_alarm(*found, configuration.assets, options.language) for found in hidden(records)]
    permits = [_permit(permit, options.language) for permit in working.in_force()]
    for line in _lines([*alarms, *permits], options.language):
        print(line)  # noqa: T201 - the command's answer
    return 0


def _lines(rows: Sequence[Sequence[str]], language: str) -> Iterator[str]:
    yield from aligned([_HEAD[language], *rows])


def _alarm(alarm: Alarm, line: JournalEntry | None, assets: Assets, language: str) -> Sequence[str]:
    life = alarm.life
    return (
        _STATES[language][life.letter.value],
        (line.user if line else "") or _NOBODY[language],
        _time(line.time_ns if line else 0),
        _time(life.shelf_until_ns or life.oos_until_ns or 0),
        line.note.partition(" [until_ns=")[0] if line else "",
        text(alarm, assets)[language],
    )


def _permit(permit: Permit, language: str) -> Sequence[str]:
    why = f"{permit.number} {permit.measure}".strip()
    return (_STATES[language]["permit"], permit.user, _time(permit.from_ns), _time(permit.until_ns), why, permit.device)


def _time(time_ns: int) -> str:
    return rfc3339_or_none(time_ns) or "-"
