"""What providers tell afterwards: whether a message arrived, what a person wrote back, which key a person pressed.

Forms, as documented:

- Alibaba Cloud ``SmsReport``, ``SmsUp``, ``VoiceCallReport`` and ``VoiceReport``: arrays
  (https://help.aliyun.com/zh/sms/developer-reference/smsreport-2, https://help.aliyun.com/zh/vms/developer-reference/voicecallreport-4);
- Tencent Cloud SMS: an array of states, or one reply (https://cloud.tencent.com/document/product/382/59178, …/59179);
- Tencent Cloud voice: one object for the end, the key or the failure of a call (https://cloud.tencent.com/document/product/1128/37726).

One call may carry many, and the same one may come again.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import NamedTuple

import msgspec


@dataclass(frozen=True, slots=True)
class Receipt:
    """The end of a message.

    Attributes:
        channel: that sent it.
        provider_id: as in `Accepted`.
        delivered: the telephone has it, or the call was answered; else neither will ever be.
        code: of the provider.
        text: for a person.
    """

    channel: str
    provider_id: str
    delivered: bool
    code: str = ""
    text: str = ""


@dataclass(frozen=True, slots=True)
class Reply:
    """A short message from the number at `address`, without its country's prefix where that is China's."""

    address: str
    text: str


@dataclass(frozen=True, slots=True)
class Press:
    """A key pressed during the call `provider_id`."""

    channel: str
    provider_id: str
    key: str


Heard = Receipt | Reply | Press
_CHINA = "86"


class _Sms(msgspec.Struct):
    phone_number: str = ""
    biz_id: str = ""
    success: bool | None = None
    err_code: str | None = ""
    err_msg: str | None = ""
    content: str | None = None


class _Call(msgspec.Struct):
    call_id: str
    status_code: str | int | None = ""
    smart_status_code: str | None = ""
    status_msg: str | None = ""
    dtmf: str | int | None = ""
    duration: str | int | None = None


class _Tencent(msgspec.Struct):
    sid: str = ""
    report_status: str = ""
    errmsg: str | None = ""
    description: str | None = ""
    mobile: str = ""
    nationcode: str = "86"
    text: str | None = None


class _End(msgspec.Struct):
    callid: str
    result: str | int


class _Key(msgspec.Struct):
    callid: str
    keypress: str | int


class _Failure(msgspec.Struct):
    callid: str
    failure_code: str | int = ""
    failure_reason: str | None = ""


class _Voice(msgspec.Struct):
    voiceprompt_callback: _End | None = None
    voicekey_callback: _Key | None = None
    voice_failure_callback: _Failure | None = None


def _aliyun_sms(body: bytes) -> list[Heard]:
    found: list[Heard] = []
    for said in msgspec.json.decode(body, type=list[_Sms]):
        if said.content is not None:
            found.append(Reply(said.phone_number, said.content))
        if said.success is not None and said.biz_id:
            found.append(Receipt("aliyun_sms", said.biz_id, said.success, said.err_code or "", said.err_msg or ""))
    return found


def _aliyun_voice(body: bytes) -> list[Heard]:
    """Take the key and the end of a call: what happens on the way to them says nothing yet."""
    found: list[Heard] = []
    for said in msgspec.json.decode(body, type=list[_Call]):
        answered = said.smart_status_code == "ANSWERED" or bool(said.dtmf)
        lasted = None if said.duration is None else "".join(filter(str.isdigit, str(said.duration))) or "0"
        if answered or lasted is not None:
            delivered = answered or int(lasted or 0) > 0
            found.append(
                Receipt("aliyun_voice", said.call_id, delivered, str(said.status_code or ""), said.status_msg or "")
            )
        if said.dtmf:
            found.append(Press("aliyun_voice", said.call_id, str(said.dtmf)))
    return found


def _tencent_sms(body: bytes) -> list[Heard]:
    said = msgspec.json.decode(body, type=list[_Tencent] | _Tencent)
    found: list[Heard] = []
    for one in [said] if isinstance(said, _Tencent) else said:
        if one.sid:
            delivered, text = one.report_status == "SUCCESS", one.description or ""
            found.append(Receipt("tencent_sms", one.sid, delivered, one.errmsg or "", text))
        elif one.text is not None:
            country = one.nationcode.lstrip("+")
            number = one.mobile if country == _CHINA else f"+{country}{one.mobile}"
            found.append(Reply(number, one.text))
    return found


def _tencent_voice(body: bytes) -> list[Heard]:
    said = msgspec.json.decode(body, type=_Voice)
    found: list[Heard] = []
    if end := said.voiceprompt_callback:
        found.append(Receipt("tencent_voice", end.callid, str(end.result) == "0", str(end.result)))
    if failed := said.voice_failure_callback:
        code, text = str(failed.failure_code), failed.failure_reason or ""
        found.append(Receipt("tencent_voice", failed.callid, delivered=False, code=code, text=text))
    if key := said.voicekey_callback:
        found.append(Press("tencent_voice", key.callid, str(key.keypress)))
    return found


class Parser(NamedTuple):
    """How a provider speaks.

    Attributes:
        hear: reads a body (msgspec.DecodeError: of another form).
        answer: body that it expects of us.
    """

    hear: Callable[[bytes], list[Heard]]
    answer: Mapping[str, str | int]


_ALIYUN: Mapping[str, str | int] = {"code": 0, "msg": "接收成功"}
_TENCENT: Mapping[str, str | int] = {"result": 0, "errmsg": "OK"}
PARSERS: Mapping[str, Parser] = {
    "aliyun_sms": Parser(_aliyun_sms, _ALIYUN),
    "aliyun_voice": Parser(_aliyun_voice, _ALIYUN),
    "tencent_sms": Parser(_tencent_sms, _TENCENT),
    "tencent_voice": Parser(_tencent_voice, _TENCENT),
}
"""By channel."""
