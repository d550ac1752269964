"""What a notice says, and its key."""

from typing import NamedTuple

import msgspec

from alerting.texts import Parts, parts, text, unit, what_to_do
from domain.alarm import Alarm
from domain.asset import Assets
from domain.duty import AnswerCode
from domain.record import Notice, Way

NEXT_WAY_NS = 15_000_000_000
"""A person's next way begins when this one has not been accepted for so long."""


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


def compose(alarm: Alarm, assets: Assets, channel: str, *, step: str, now_ns: int) -> Notice:
    """Write the notice of an annunciation for one channel, for whoever listens there."""
    return Notice(
        key=_key(alarm, step, "", channel),
        alarm_id=alarm.id,
        occurrence=alarm.life.occurrence,
        channel=channel,
        person="",
        body=_body(alarm, assets),
        due_ns=now_ns,
        priority=alarm.priority,
    )


def compose_call(alarm: Alarm, assets: Assets, ways: tuple[Way, ...], to: Recipient, now_ns: int) -> Notice:
    """Write the notice of one step to one person; the ways after the first follow where it does not get through."""
    first, *then = ways
    return Notice(
        key=_key(alarm, str(to.number), to.person, first.channel),
        alarm_id=alarm.id,
        occurrence=alarm.life.occurrence,
        channel=first.channel,
        person=to.person,
        body=_body(alarm, assets, to.answer, to.url),
        due_ns=now_ns,
        address=first.address,
        priority=alarm.priority,
        step=to.number,
        receipt_s=first.receipt_s,
        next_ns=now_ns + NEXT_WAY_NS if then else None,
        then=tuple(then),
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


def _body(alarm: Alarm, assets: Assets, answer: AnswerCode | None = None, url: str = "") -> str:
    life = alarm.life
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
        "text": text(alarm, assets),
        "parts": {language: said._asdict() for language, said in parts(alarm, assets).items()},
        "what_to_do": what_to_do(alarm.kind),
        "drill": alarm.drill,
    }
    if answer is not None:
        body["answer"] = {"code": answer.code, "url": f"{url}/answer/{answer.token}" if url else ""}
    return msgspec.json.encode(body).decode()
