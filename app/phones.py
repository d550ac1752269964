"""The telephones of the fictional town: a loopback server that plays the providers and shows what people received.

The real channels of WeCom, messages and calls speak to it as to their providers, so that the demo shows notices,
receipts and answers without an account anywhere. `GET /` is the page; each entry has the link or the key that answers.
"""

import secrets
import threading
from collections import deque
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from html import escape
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import count
from typing import NamedTuple
from urllib.parse import parse_qsl, urlsplit

import msgspec

from alerting.notify.message import clock

_MOST = 60
_RECEIPT_S = 2.0
"""A message is on the telephone after so long, and a call is picked up."""


class Heard(NamedTuple):
    """What a telephone has.

    Attributes:
        way: ``wecom``, ``sms``, ``voice`` or ``group``.
        to: account or number; "" for a group.
        text: as it reads or sounds.
        code: digits that a message is answered with.
        url: link that answers.
    """

    id: str
    time_ns: int
    way: str
    to: str
    text: str
    code: str = ""
    url: str = ""


class Phones:
    """What all telephones received, the newest first.

    Args:
        people: name by number or account.
        report: takes the channel of a receipt and its body to the console's API; None where nobody listens.
        clock_ns: wall clock.
    """

    def __init__(
        self, people: Mapping[str, str], report: Callable[[str, bytes], None], clock_ns: Callable[[], int]
    ) -> None:
        self._people, self._report, self._clock_ns = people, report, clock_ns
        self._heard: deque[Heard] = deque(maxlen=_MOST)
        self._numbers = count(1)

    def hear(self, way: str, to: str, text: str, code: str = "") -> str:
        """Take a notice on; give the provider's number for it."""
        url = next((word for word in text.split() if word.startswith("http")), "")
        heard = Heard(f"{way}-{next(self._numbers)}", self._clock_ns(), way, to, text, code, url)
        self._heard.appendleft(heard)
        return heard.id

    def deliver(self, heard_id: str) -> None:
        """Tell the sender that it arrived."""
        for heard in self._heard:
            if heard.id == heard_id and heard.way in _CHANNELS:
                self._report(_CHANNELS[heard.way], msgspec.json.encode([_arrived(heard)]))
                return

    def answer(self, heard_id: str) -> None:
        """Press 1 during a call, or send the code of a message back."""
        for heard in self._heard:
            if heard.id == heard_id and heard.way in _CHANNELS:
                self._report(_CHANNELS[heard.way], msgspec.json.encode([_answered(heard)]))
                return

    def page(self) -> str:
        rows = "\n".join(self._row(heard) for heard in list(self._heard))
        return _PAGE.format(rows=rows or '<tr><td colspan="4">还没有通知 · no notice yet</td></tr>')

    def _row(self, heard: Heard) -> str:
        name = self._people.get(heard.to, heard.to) or "群 · group"
        way = {"wecom": "企业微信 WeCom", "sms": "短信 SMS", "voice": "电话 call", "group": "群 group"}[heard.way]
        text = escape(heard.text).replace("\n", "<br>")
        cells = (clock(heard.time_ns, "%H:%M:%S"), f"{escape(name)}<br>{escape(heard.to)}", way, text + _button(heard))
        return "<tr>" + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


_CHANNELS = {"sms": "aliyun_sms", "voice": "aliyun_voice"}
_PAGE = """\
<!doctype html>
<html lang="zh-CN">
<head>
<meta charset="utf-8">
<meta http-equiv="refresh" content="5">
<title>演示电话 · Telephones of the demo</title>
<style>
body {{ font: 15px/1.5 sans-serif; margin: 20px; background: #d9dadb; color: #222222; }}
table {{ border-collapse: collapse; width: 100%; }}
td, th {{ text-align: left; vertical-align: top; padding: 6px 12px; border-bottom: 1px solid #8d9194; }}
button, a {{ font: inherit; display: inline-block; min-height: 34px; margin-top: 4px; }}
</style>
</head>
<body>
<h1>演示电话 · Telephones of the demo</h1>
<p>这里代替真实的短信、电话与企业微信。Nothing leaves this machine: what people would receive is shown here.</p>
<table>
<tr><th>时间 time</th><th>收件人 to</th><th>方式 by</th><th>内容 text</th></tr>
{rows}
</table>
</body>
</html>
"""


def _button(heard: Heard) -> str:
    if heard.url:
        return f'<br><a href="{escape(heard.url)}" target="_blank" rel="noopener">打开确认链接 · the answer link</a>'
    if heard.way == "voice":
        label = "按 1 确认 · press 1"
    elif heard.code:
        label = f"回复 {escape(heard.code)} · reply"
    else:
        return ""
    return f'<form method="post" action="/answer/{heard.id}"><button>{label}</button></form>'


def _arrived(heard: Heard) -> dict[str, object]:
    if heard.way == "sms":
        return {"phone_number": heard.to, "biz_id": heard.id, "success": True, "err_code": "DELIVERED"}
    return {"call_id": heard.id, "status_code": "200000", "smart_status_code": "ANSWERED"}


def _answered(heard: Heard) -> dict[str, object]:
    if heard.way == "sms":
        return {"phone_number": heard.to, "content": heard.code}
    return {"call_id": heard.id, "status_code": "300000", "dtmf": "1"}


# ---------------------------------------------------------------- as the providers speak


class _Request(NamedTuple):
    path: str
    query: Mapping[str, str]
    action: str
    body: bytes


class _WeCom(msgspec.Struct):
    touser: str
    text: dict[str, str]


class _Group(msgspec.Struct):
    text: dict[str, str]


def _wecom(phones: Phones, asked: _Request) -> tuple[str, object]:
    said = msgspec.json.decode(asked.body, type=_WeCom)
    number = phones.hear("wecom", said.touser, said.text["content"])
    return number, {"errcode": 0, "errmsg": "ok", "msgid": number}


def _group(phones: Phones, asked: _Request) -> tuple[str, object]:
    said = msgspec.json.decode(asked.body, type=_Group)
    number = phones.hear("group", "", said.text["zh"])
    return number, {"accepted": True, "id": number}


def _sms(phones: Phones, asked: _Request) -> tuple[str, object]:
    values = msgspec.json.decode(asked.query["TemplateParam"], type=dict[str, str])
    code = values.get("code", "").strip("-")
    text = f"{values.get('place', '')} {values.get('what', '')}" + (f"\n确认：回复 {code}" if code else "")
    number = phones.hear("sms", asked.query["PhoneNumbers"], text, code)
    return number, {"Code": "OK", "BizId": number}


def _voice(phones: Phones, asked: _Request) -> tuple[str, object]:
    values = msgspec.json.decode(asked.query.get("StartTtsParams", "{}"), type=dict[str, str])
    text = f"“{' '.join(value for value in values.values() if value != '-')}”"
    number = phones.hear("voice", asked.query["CalledNumber"], text)
    return number, {"Code": "OK", "CallId": number}


_SPEECH: Mapping[str, Callable[[Phones, _Request], tuple[str, object]]] = {
    "/cgi-bin/message/send": _wecom,
    "/group": _group,
    "SendSms": _sms,
    "IvrCall": _voice,
}


class _Handler(BaseHTTPRequestHandler):
    """Answers one request; `phones` and `receipts` are set by whoever listens."""

    phones: Phones
    receipts: list[threading.Timer]

    def do_GET(self) -> None:
        if urlsplit(self.path).path == "/cgi-bin/gettoken":
            said = {"errcode": 0, "errmsg": "ok", "access_token": secrets.token_hex(8), "expires_in": 7200}
            self._say(msgspec.json.encode(said))
        else:
            self._say(self.phones.page().encode(), kind="text/html; charset=utf-8")

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if parts.path.startswith("/answer/"):
            self.phones.answer(parts.path.removeprefix("/answer/"))
            self._say(b"", status=HTTPStatus.SEE_OTHER)
            return
        asked = _Request(parts.path, dict(parse_qsl(parts.query)), self.headers.get("x-acs-action", ""), body)
        number, answer = _SPEECH[asked.action or asked.path](self.phones, asked)
        receipt = threading.Timer(_RECEIPT_S, self.phones.deliver, (number,))
        receipt.daemon = True
        self.receipts[:] = [*(one for one in self.receipts if one.is_alive()), receipt]
        receipt.start()
        self._say(msgspec.json.encode(answer))  # last of all: whoever has it may end the telephones

    def _say(self, body: bytes, *, kind: str = "application/json", status: HTTPStatus = HTTPStatus.OK) -> None:
        self.send_response(status)
        headers = {"Content-Type": kind, "Content-Length": str(len(body)), "Cache-Control": "no-store", "Location": "/"}
        for name, value in headers.items():
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Say nothing: the page does."""


@contextmanager
def ringing(phones: Phones) -> Iterator[str]:
    """Let the telephones listen on the loopback address; give theirs."""
    receipts: list[threading.Timer] = []
    handler = type("Handler", (_Handler,), {"phones": phones, "receipts": receipts})
    server = ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever, name="phones", daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
        for receipt in receipts:
            receipt.cancel()
            receipt.join()
