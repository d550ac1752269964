"""What a notice says, and its key."""

from typing import NamedTuple

import msgspec

from alerting.flood import Handing
from alerting.texts import Parts, parts, unit, what_to_do
from domain.alarm import Alarm
from domain.asset import Assets
from domain.duty import AnswerCode
from domain.record import Notice, Way

NEXT_WAY_NS = 15_000_000_000
"""A person's next way begins when this one has not been accepted for so long."""
_TIMES = {"zh": "（1 分钟内 {} 次）", "en": " ({} times within a minute)"}


class Recipient(NamedTuple):
    """Whom a notice is for.

    Attributes:
        number: of the escalation's step.
        person: "" for everybody.
        answer: with which this person answers.
        url: of the console as the person reaches it; "" where no link can be given.
    """

    number: int
    person: str = ""
    answer: AnswerCode | None = None
    url: str = ""


def compose(alarm: Alarm, assets: Assets, channel: str, *, step: str, handing: Handing) -> Notice:
    """Write the notice of an annunciation for one channel, for whoever listens there."""
    return Notice(
        key=_key(alarm, step, "", channel),
        alarm_id=alarm.id,
        occurrence=alarm.life.occurrence,
        channel=channel,
        person="",
        body=_body(alarm, assets, handing.times),
        due_ns=handing.due_ns,
        priority=alarm.priority,
        bundle=handing.bundle,
        ahead=handing.ahead,
    )


def compose_call(alarm: Alarm, assets: Assets, ways: tuple[Way, ...], to: Recipient, handing: Handing) -> Notice:
    """Write the notice of one step to one person; the ways after the first follow where it does not get through."""
    first, *then = ways
    return Notice(
        key=_key(alarm, str(to.number), to.person, first.channel),
        alarm_id=alarm.id,
        occurrence=alarm.life.occurrence,
        channel=first.channel,
        person=to.person,
        body=_body(alarm, assets, handing.times, to),
        due_ns=handing.due_ns,
        address=first.address,
        priority=alarm.priority,
        step=to.number,
        receipt_s=first.receipt_s,
        next_ns=handing.due_ns + NEXT_WAY_NS if then else None,
        then=tuple(then),
        bundle=handing.bundle,
        ahead=handing.ahead,
    )


def _key(alarm: Alarm, step: str, person: str, channel: str) -> str:
    return f"{alarm.id}/{alarm.life.occurrence}/{step}/{person}/{channel}"


def trial(channel: str, address: str, *, now_ns: int) -> Notice:
    """Write a message that tries a channel out; nobody can acknowledge it."""
    said = {
        "zh": Parts("【演练】", "燃气生命线", "渠道测试", ""),
        "en": Parts("[DRILL] ", "Gas Lifeline", "test of a channel", ""),
    }
    body = {
        "priority": 3,
        "raised_ns": now_ns,
        "text": {language: f"{part.drill}{part.where} {part.what}" for language, part in said.items()},
        "parts": {language: part._asdict() for language, part in said.items()},
        "what_to_do": {"zh": "无需处置。", "en": "Nothing."},
        "drill": True,
    }
    text = msgspec.json.encode(body).decode()
    return Notice(f"trial/{now_ns}/{channel}", "", 0, channel, "", text, due_ns=now_ns, address=address, priority=3)


def _body(alarm: Alarm, assets: Assets, times: int, to: Recipient | None = None) -> str:
    life = alarm.life
    said = {language: _repeated(part, language, times) for language, part in parts(alarm, assets).items()}
    body = {
        "id": alarm.id,
        "occurrence": life.occurrence,
        "incident_id": alarm.incident_id,
        "kind": alarm.kind,
        "priority": alarm.priority,
        "state": life.letter,
        "device": alarm.device,
        "site": alarm.site,
        "zone": alarm.zone,
        "value": alarm.value,
        "limit": alarm.limit,
        "unit": unit(alarm),
        "first_ns": alarm.first_ns,
        "raised_ns": alarm.raised_ns,
        "times": max(1, times),
        "text": {language: part.line() for language, part in said.items()},
        "parts": {language: part._asdict() for language, part in said.items()},
        "what_to_do": what_to_do(alarm.kind),
        "drill": alarm.drill,
    }
    if to is not None and to.answer is not None:
        body["answer"] = {"code": to.answer.code, "url": f"{to.url}/answer/{to.answer.token}" if to.url else ""}
    return msgspec.json.encode(body).decode()


def _repeated(part: Parts, language: str, times: int) -> Parts:
    """Say how often an alarm that chatters was told within a minute."""
    return part._replace(numbers=part.numbers + _TIMES[language].format(times)) if times else part
