"""What a person shows to answer for one occurrence of one alarm: a few digits, or the secret part of a link."""

import secrets
from dataclasses import replace

from alerting.ports import Duties
from domain.duty import AnswerCode

VALID_NS = 30 * 60_000_000_000
"""A code and a link are taken for so long after the last notice that carried them."""
_DIGITS = 6


def code_for(unit: Duties, alarm_id: str, occurrence: int, person: str, now_ns: int) -> AnswerCode:
    """Give the person's code for an occurrence, valid from now on: a new one, or that of the notice before."""
    known = unit.answer(alarm_id, occurrence, person)
    if known is None:
        known = AnswerCode(
            alarm_id, occurrence, person, _fresh(unit, person, now_ns), secrets.token_urlsafe(24), now_ns
        )
    answer = replace(known, expires_ns=now_ns + VALID_NS)
    unit.save_answer(answer)
    return answer


def _fresh(unit: Duties, person: str, now_ns: int) -> str:
    """Throw digits that this person was not given for another alarm: a reply names one alarm, never two."""
    while unit.has_code(person, code := f"{secrets.randbelow(10**_DIGITS):0{_DIGITS}}", now_ns):
        pass
    return code
