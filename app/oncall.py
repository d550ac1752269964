"""`gas-lifeline oncall now|calendar|import FILE|reach`: who answers, and the plan that says so."""

import argparse
import getpass
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import msgspec

from alerting.oncall import Watch, calendar, gaps
from alerting.plan import Person, Plan, read_plan
from alerting.reach import unreached
from app import rollcall
from app.clock import now_ns
from app.columns import aligned
from app.configuration import read_assets, read_text
from app.settings import load_settings
from app.wiring import Wiring
from domain.duty import Override, StoredPlan
from domain.errors import ConfigurationError
from domain.record import AuditEntry

_S_NS, _DAY_NS = 1_000_000_000, 86_400_000_000_000
_AHEAD_D = 14
_WORDS = {
    "zh": ("班组", "角色", "从", "到", "值班人", "由来", "无人"),
    "en": ("team", "role", "from", "to", "on duty", "why", "NOBODY"),
}
_UNREACHED = {"zh": "35 天内未应答：{}", "en": "not reached for 35 days: {}"}
_WHY = {"zh": {"rotation": "轮值", "override": "替班", "cover": "代管"}, "en": {}}


class Duties(NamedTuple):
    """The plan in force, what changes it, and who answers nothing."""

    plan: Plan
    overrides: Sequence[Override]
    unreached: Sequence[Person]


def oncall(options: argparse.Namespace) -> int:
    """Show who is on duty, import a plan, or test who is reached."""
    wiring = Wiring(load_settings(options.config))
    if options.action == "import":
        return _import(wiring, options.file)
    at_ns = now_ns()
    duties = _duties(wiring, at_ns)
    if options.action == "reach":
        return _reach(wiring, duties.plan, options)
    if options.action == "now":
        watches = [watch for watch in _calendar(duties, at_ns, _S_NS) if watch.from_ns == at_ns]
        _print(duties, [watch._replace(to_ns=_until(duties, watch)) for watch in watches], options)
    else:
        _print(duties, _calendar(duties, at_ns, round(options.days * _DAY_NS)), options)
    return 0


def _reach(wiring: Wiring, plan: Plan, options: argparse.Namespace) -> int:
    """Call everybody; 0 when all answered."""
    found = rollcall.roll_call(wiring, plan, options.minutes)
    lines = [rollcall.as_json(plan, found)] if options.json else rollcall.table(plan, found, options.language)
    print("\n".join(lines))  # noqa: T201 - the command's answer
    return int(any(called.answered_ns is None for called in found))


def _import(wiring: Wiring, file: Path | None) -> int:
    if file is None:
        raise ConfigurationError("oncall import: which file? Give the path of an oncall.toml")
    plan = check_plan(file, wiring.settings.assets)
    user, at_ns = getpass.getuser(), now_ns()
    with wiring.records().unit() as unit:
        unit.add_plan(StoredPlan(read_text(file), user, at_ns))
        unit.audit(AuditEntry(at_ns, user, "oncall_import", file.name))
    print(f"{len(plan.person)} people, {len(plan.team)} teams, {len(plan.rotation)} rotations are in force")  # noqa: T201
    for gap in gaps(plan, (), at_ns, at_ns + _AHEAD_D * _DAY_NS)[:5]:
        print(f"nobody: {gap.team}/{gap.role} {_time(plan, gap.from_ns)} – {_time(plan, gap.to_ns)}")  # noqa: T201
    return 0


def check_plan(file: Path, assets: Path) -> Plan:
    """Read a plan as a file (ConfigurationError: one line for each mistake, with the file's name)."""
    text, town = read_text(file, "a duty plan such as examples/dali/oncall.toml"), read_assets(assets)
    try:
        return read_plan(text, town)
    except ConfigurationError as error:
        raise ConfigurationError(*(f"{file}: {problem}" for problem in error.problems)) from None


def _duties(wiring: Wiring, at_ns: int) -> Duties:
    with wiring.records().duties() as duties:
        stored, overrides = duties.plan(), duties.overrides(at_ns, at_ns + 62 * _DAY_NS)
        if stored is None:
            raise ConfigurationError("no duty plan was imported; expected gas-lifeline oncall import FILE first")
        plan = read_plan(stored.text)
        answered = duties.answered(plan.people.keys())
    return Duties(plan, overrides, unreached(plan, answered, at_ns))


def _calendar(duties: Duties, from_ns: int, span_ns: int) -> list[Watch]:
    return calendar(duties.plan, duties.overrides, from_ns, from_ns + span_ns)


def _until(duties: Duties, watch: Watch) -> int:
    """Tell until when it stays so, within two weeks."""
    ahead = _calendar(duties, watch.from_ns, _AHEAD_D * _DAY_NS)
    return next(w.to_ns for w in ahead if (w.team, w.role, w.from_ns) == (watch.team, watch.role, watch.from_ns))


# ---------------------------------------------------------------- output


def _print(duties: Duties, watches: Sequence[Watch], options: argparse.Namespace) -> None:
    if options.json:
        print(msgspec.json.encode([_object(duties.plan, watch) for watch in watches]).decode())  # noqa: T201
        return
    for line in table(duties.plan, watches, options.language):
        print(line)  # noqa: T201 - the command's answer
    if duties.unreached:
        names = ", ".join(rollcall.named(person, options.language) for person in duties.unreached)
        print(_UNREACHED[options.language].format(names))  # noqa: T201 - the command's answer


def _object(plan: Plan, watch: Watch) -> dict[str, object]:
    duty = watch.duty
    return {
        "team": watch.team,
        "role": watch.role,
        "from": _moment(plan, watch.from_ns).isoformat(),
        "to": _moment(plan, watch.to_ns).isoformat(),
        "person": duty.person if duty else None,
        "source": duty.source if duty else None,
    }


def table(plan: Plan, watches: Sequence[Watch], language: str) -> Iterator[str]:
    *head, nobody = _WORDS[language]
    return aligned([head, *(_row(plan, watch, language, nobody) for watch in watches)])


def _row(plan: Plan, watch: Watch, language: str, nobody: str) -> list[str]:
    teams, people, duty = {team.id: team for team in plan.team}, plan.people, watch.duty
    team = teams[watch.team]
    name = (team.name if language == "zh" else team.name_en) or team.id
    times = [_time(plan, watch.from_ns), _time(plan, watch.to_ns)]
    if duty is None:
        return [name, watch.role, *times, nobody, ""]
    person = people.get(duty.person)
    said = (person.name if language == "zh" else person.name_en or person.name) if person else duty.person
    return [name, watch.role, *times, said, _WHY[language].get(duty.source, duty.source)]


def _moment(plan: Plan, at_ns: int) -> datetime:
    return datetime.fromtimestamp(at_ns // _S_NS, UTC).astimezone(plan.zone)


def _time(plan: Plan, at_ns: int) -> str:
    return f"{_moment(plan, at_ns):%m-%d %H:%M}"
