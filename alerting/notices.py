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


class Drill(NamedTuple):
    """What a test message is about, and what its reader does."""

    zh: str
    en: str
    todo_zh: str
    todo_en: str


CHANNEL = Drill("渠道测试", "test of a channel", "无需处置。", "Nothing.")
ROLL_CALL = Drill("联络测试", "test whether this reaches you", "请确认收到。", "Acknowledge.")


def trial(channel: str, address: str, *, now_ns: int) -> Notice:
    """Write a message that tries a channel out; nobody can acknowledge it."""
    text = drill(CHANNEL, now_ns)
    return Notice(f"trial/{now_ns}/{channel}", "", 0, channel, "", text, due_ns=now_ns, address=address, priority=3)


def drill(about: Drill, now_ns: int, answer: AnswerCode | None = None, url: str = "") -> str:
    """Write the body of a test message."""
    said = {
        "zh": Parts("【演练】", "燃气生命线", about.zh, ""),
        "en": Parts("[DRILL] ", "Gas Lifeline", about.en, ""),
    }
    body = {
        "priority": 3,
        "raised_ns": now_ns,
        "text": {language: f"{part.drill}{part.where} {part.what}" for language, part in said.items()},
        "parts": {language: part._asdict() for language, part in said.items()},
        "what_to_do": {"zh": about.todo_zh, "en": about.todo_en},
        "drill": True,
    } | _answer(answer, url)
    return msgspec.json.encode(body).decode()


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
    } | (_answer(to.answer, to.url) if to else {})
    return msgspec.json.encode(body).decode()


def _answer(answer: AnswerCode | None, url: str) -> dict[str, object]:
    """Say how the person answers, where there is a way."""
    if answer is None:
        return {}
    return {"answer": {"code": answer.code, "url": f"{url}/answer/{answer.token}" if url else ""}}


def _repeated(part: Parts, language: str, times: int) -> Parts:
    """Say how often an alarm that chatters was told within a minute."""
    return part._replace(numbers=part.numbers + _TIMES[language].format(times)) if times else part
