"""A person answers from anywhere: by link, by short message, by a key during the call. Bound to one occurrence."""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import replace
from enum import StrEnum
from typing import NamedTuple

from alerting.desk import Desk
from alerting.plan import Plan
from alerting.ports import Unit
from alerting.reach import REACH
from domain.alarm import Alarm
from domain.duty import AnswerCode
from domain.errors import Conflict
from domain.record import AuditEntry, Notice

_CODE = re.compile(r"(?<!\d)\d{4,6}(?!\d)")
_YES = "1"
_CHINA = "86"


class Result(StrEnum):
    """What became of an answer."""

    DONE = "done"
    CHANGED = "changed"
    """The alarm asks for no answer any more, or has worsened: 告警已变化."""
    USED = "used"
    OVER = "over"
    UNKNOWN = "unknown"


class Answered(NamedTuple):
    """An answer and its alarm; None where nobody knows which."""

    result: Result
    code: AnswerCode | None = None
    alarm: Alarm | None = None


class Answers:
    """Takes answers; whoever answers stands in the journal as ``person:<id>``.

    Args:
        desk: where the alarm is acknowledged.
    """

    def __init__(self, desk: Desk) -> None:
        self._desk = desk

    def look(self, unit: Unit, token: str, now_ns: int) -> Answered:
        """Tell what an answer by link would lead to, without acting."""
        code = unit.answer_of(token)
        if code is None:
            return Answered(Result.UNKNOWN)
        alarm = unit.alarm(code.alarm_id)
        current = alarm is not None and alarm.life.annunciated and alarm.life.occurrence == code.occurrence
        asks = current or code.alarm_id == REACH
        return Answered(_spent(code, now_ns) or (Result.DONE if asks else Result.CHANGED), code, alarm)

    def by_link(self, unit: Unit, token: str, now_ns: int) -> Answered:
        """Answer with the secret part of a link."""
        return self._take(unit, unit.answer_of(token), "链接 / by link", now_ns)

    def by_message(self, unit: Unit, plan: Plan | None, address: str, text: str, now_ns: int) -> Answered:
        """Answer with a code in a short message from the person's own number."""
        digits = set(_CODE.findall(unicodedata.normalize("NFKC", text)))
        senders = (
            [person.id for person in plan.person if same_number(address, person.addresses.values())] if plan else []
        )
        known = [code for person in senders for code in unit.codes(person, 0) if code.code in digits]
        return self._take(unit, known[0] if known else None, f"短信 / by message {address[-4:]}", now_ns)

    def by_key(self, unit: Unit, notice: Notice | None, key: str, now_ns: int) -> Answered:
        """Answer with the key 1 during the call that a notice was."""
        if notice is None or not notice.person or key.strip() != _YES:
            return self._take(unit, None, f"按键 / by key {key[:4]}", now_ns)
        code = unit.answer(notice.alarm_id, notice.occurrence, notice.person)
        return self._take(unit, code, "按键 / by key", now_ns)

    def _take(self, unit: Unit, code: AnswerCode | None, how: str, now_ns: int) -> Answered:
        if code is None:
            unit.audit(AuditEntry(now_ns, "", "answer_unknown", "", how))
            return Answered(Result.UNKNOWN)
        result, user = _spent(code, now_ns), f"person:{code.person}"
        if result is None:
            result = self._acknowledge(unit, code, user, how, now_ns)
        if result is not Result.DONE:
            unit.audit(AuditEntry(now_ns, user, f"answer_{result}", f"{code.alarm_id}/{code.occurrence}", how))
        return Answered(result, code, unit.alarm(code.alarm_id))

    def _acknowledge(self, unit: Unit, code: AnswerCode, user: str, how: str, now_ns: int) -> Result:
        if code.alarm_id == REACH:
            unit.audit(AuditEntry(now_ns, user, "oncall_reached", f"{code.alarm_id}/{code.occurrence}", how))
            unit.save_answer(replace(code, used_ns=now_ns))
            return Result.DONE
        try:
            self._desk.acknowledge(unit, code.alarm_id, code.occurrence, user, how, now_ns)
        except Conflict:
            return Result.CHANGED
        unit.save_answer(replace(code, used_ns=now_ns))
        return Result.DONE


def _spent(code: AnswerCode, now_ns: int) -> Result | None:
    if code.used_ns is not None:
        return Result.USED
    return Result.OVER if code.expires_ns <= now_ns else None


def same_number(address: str, known: Iterable[str]) -> bool:
    """Tell whether a number is among others, written with or without China's prefix.

    Example:
        >>> same_number("13800000000", ["+86 138-0000-0000"]), same_number("", [""])
        (True, False)
    """
    wanted = _digits(address)
    return bool(wanted) and wanted in set(map(_digits, known))


def _digits(number: str) -> str:
    kept = "".join(filter(str.isdigit, number))
    return kept[len(_CHINA) :] if number.strip().startswith(f"+{_CHINA}") else kept
