"""Between rows and the types of the domain."""

import hashlib
from typing import Any, TypeVar

import msgspec
from sqlalchemy import Row

from domain.alarm import Alarm, AlarmKind, Cause, Condition, Life, StateLetter
from domain.command import Command, CommandState
from domain.duty import AnswerCode, Escalation, Override, StoredPlan, StoredReceipt
from domain.handling import HandlingStep, StepKind
from domain.instruction import Instruction, Reply
from domain.quality import Quality
from domain.record import (
    AuditEntry,
    DeviceState,
    Gap,
    Incident,
    JournalEntry,
    LoginAttempt,
    Notice,
    NoticeState,
    Quarantined,
    Session,
    Token,
    User,
)
from domain.sample import RefusalReason

Record = TypeVar(
    "Record",
    Alarm,
    Incident,
    DeviceState,
    Gap,
    User,
    Session,
    Token,
    LoginAttempt,
    StoredPlan,
    Override,
    Escalation,
    AnswerCode,
    StoredReceipt,
    Instruction,
    Reply,
)
Fields = dict[str, Any]

_LIFE = tuple(Life.__dataclass_fields__)
_ALARM = tuple(name for name in Alarm.__dataclass_fields__ if name != "life")
_CAUSES = msgspec.json.Decoder(tuple[Cause, ...])


def fields(record: Any, *without: str) -> Fields:  # noqa: ANN401 - any of our frozen dataclasses
    """Give the columns of a record whose names are those of its attributes."""
    return {name: getattr(record, name) for name in record.__dataclass_fields__ if name not in without}


def alarm_fields(alarm: Alarm) -> Fields:
    life = alarm.life
    deadlines = (life.deadline_ns, life.shelf_until_ns, life.oos_until_ns, life.realarm_ns)
    return {
        **{name: getattr(alarm, name) for name in _ALARM},
        **{name: getattr(life, name) for name in _LIFE},
        "quality": int(life.quality),
        "causes": msgspec.json.encode(life.causes).decode() if life.causes else "[]",
        "letter": life.letter,
        "due_ns": min((at for at in deadlines if at is not None), default=None),
    }


def to_alarm(row: Row[Any]) -> Alarm:
    columns = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    life = {name: columns[name] for name in _LIFE}
    life["condition"] = Condition(life["condition"])
    life["quality"] = Quality(life["quality"])
    life["causes"] = _CAUSES.decode(life["causes"])
    alarm = {name: columns[name] for name in _ALARM}
    alarm["kind"] = AlarmKind(alarm["kind"])
    return Alarm(**alarm, life=Life(**life))


def to_journal(row: Row[Any]) -> JournalEntry:
    columns = dict(row._mapping)  # noqa: SLF001
    columns |= {"before": StateLetter(row.before), "after": StateLetter(row.after), "kind": AlarmKind(row.kind)}
    return JournalEntry(**columns)


def to_notice(row: Row[Any]) -> Notice:
    columns = dict(row._mapping)  # noqa: SLF001
    return Notice(**(columns | {"state": NoticeState(row.state)}))


def to_command(row: Row[Any]) -> Command:
    columns = dict(row._mapping)  # noqa: SLF001
    return Command(**(columns | {"state": CommandState(row.state)}))


def to_step(row: Row[Any]) -> HandlingStep:
    columns = dict(row._mapping)  # noqa: SLF001
    return HandlingStep(**(columns | {"kind": StepKind(row.kind)}))


def to_quarantined(row: Row[Any]) -> Quarantined:
    columns = dict(row._mapping)  # noqa: SLF001
    return Quarantined(**(columns | {"reason": RefusalReason(row.reason)}))


def to_audit(row: Row[Any]) -> AuditEntry:
    return AuditEntry(row.time_ns, row.user, row.action, row.target, row.detail, row.seq, row.hash)


def to(record: type[Record], row: Row[Any]) -> Record:
    """Build a record whose attributes are named like the columns."""
    return record(**row._mapping)  # noqa: SLF001


def chain(previous: str, entry: AuditEntry) -> str:
    """Link an audit entry to the one before it: nobody changes, drops or swaps one without breaking all that follow.

    Example:
        >>> first = chain("", AuditEntry(1, "li", "acknowledge", "a/1"))
        >>> first == chain("", AuditEntry(1, "li", "acknowledge", "a/2"))
        False
    """
    canonical = msgspec.json.encode((previous, entry.time_ns, entry.user, entry.action, entry.target, entry.detail))
    return hashlib.sha256(canonical).hexdigest()
