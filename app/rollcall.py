"""`gas-lifeline oncall reach`: a test message to everybody of the plan, and who answered it in time."""

import getpass
import threading
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import NamedTuple

import msgspec

from alerting.plan import Person, Plan
from alerting.reach import REACH, ask
from app.clock import now_ns
from app.columns import aligned
from app.wiring import Wiring
from domain.record import AuditEntry
from store.records import Records

_S_NS, _MIN_NS = 1_000_000_000, 60_000_000_000
_LOOKS_S = 2.0
_MOST = 10_000
_WORDS = {"zh": ("人员", "应答", "未应答", "渠道"), "en": ("person", "answered", "NO ANSWER", "channels")}


class Called(NamedTuple):
    """How a test went for one person.

    Attributes:
        channels: state of the notice of each.
        answered_ns: None: not yet.
    """

    person: Person
    channels: dict[str, str]
    answered_ns: int | None


def roll_call(wiring: Wiring, plan: Plan, minutes: float) -> list[Called]:
    """Send the messages, and wait until everybody answered or the time is over (ConfigurationError: no channel)."""
    records, at_ns = wiring.records(), now_ns()
    with records.unit() as unit:
        number = ask(unit, plan, wiring.channel_names(), wiring.public_url(), at_ns)
        unit.audit(AuditEntry(at_ns, getpass.getuser(), "oncall_reach", f"{REACH}/{number}"))
    found = look(records, plan, number)
    pause = threading.Event()
    while now_ns() < at_ns + minutes * _MIN_NS and any(called.answered_ns is None for called in found):
        pause.wait(_LOOKS_S)
        found = look(records, plan, number)
    return found


def look(records: Records, plan: Plan, number: int) -> list[Called]:
    """Tell how far a test has come."""
    notices = records.notices(alarm_id=REACH, occurrence=number, limit=_MOST)
    with records.duties() as duties:
        answers = {person.id: duties.answer(REACH, number, person.id) for person in plan.person}
    used = {name: answer.used_ns if answer else None for name, answer in answers.items()}
    return [
        Called(person, {n.channel: str(n.state) for n in reversed(notices) if n.person == person.id}, used[person.id])
        for person in plan.person
    ]


def table(plan: Plan, found: Sequence[Called], language: str) -> list[str]:
    person, answered, nothing, channels = _WORDS[language]
    rows = [
        [named(called.person, language), _clock(plan, called.answered_ns) or nothing, _states(called) or "–"]
        for called in found
    ]
    return list(aligned([[person, answered, channels], *rows]))


def as_json(plan: Plan, found: Sequence[Called]) -> str:
    objects = [
        {"person": one.person.id, "answered": _clock(plan, one.answered_ns), "channels": one.channels} for one in found
    ]
    return msgspec.json.encode(objects).decode()


def named(person: Person, language: str) -> str:
    return person.name if language == "zh" else person.name_en or person.name


def _states(called: Called) -> str:
    return ", ".join(f"{channel} {state}" for channel, state in called.channels.items())


def _clock(plan: Plan, at_ns: int | None) -> str | None:
    return None if at_ns is None else datetime.fromtimestamp(at_ns // _S_NS, UTC).astimezone(plan.zone).isoformat()
