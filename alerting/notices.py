"""What a notice says, and its key."""

import msgspec

from alerting.texts import Parts, parts, text, unit, what_to_do
from domain.alarm import Alarm
from domain.asset import Assets
from domain.record import Notice


def compose(alarm: Alarm, assets: Assets, channel: str, *, step: str, now_ns: int) -> Notice:
    """Write the notice of an annunciation for one channel."""
    return Notice(
        key=f"{alarm.id}/{alarm.life.occurrence}/{step}//{channel}",
        alarm_id=alarm.id,
        occurrence=alarm.life.occurrence,
        channel=channel,
        person="",
        body=_body(alarm, assets),
        due_ns=now_ns,
    )


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


def _body(alarm: Alarm, assets: Assets) -> str:
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
    return msgspec.json.encode(body).decode()
