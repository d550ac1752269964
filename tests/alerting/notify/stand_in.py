"""Providers on the loopback interface: they check signatures as documented, answer as documented, and play failures."""

import base64
import hashlib
import hmac
import socket
import struct
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any, NamedTuple
from urllib.parse import parse_qs, quote, urlsplit

import msgspec

NOW_NS = 1_700_000_000_000_000_000
KEY_ID, SECRET, TOKEN = "key-id", "secret-of-the-test", "token-of-the-test"
GROUP_TOKEN = "access-token-of-a-group"  # noqa: S105 - of a stand-in


class Seen(NamedTuple):
    """A request, as it came."""

    method: str
    path: str
    query: Mapping[str, str]
    headers: Mapping[str, str]
    body: bytes

    @property
    def json(self) -> Any:  # noqa: ANN401 - a foreign body
        return msgspec.json.decode(self.body)


class Speech(NamedTuple):
    """How one provider speaks.

    Attributes:
        yes: body that means sent, with a number for it where it gives one.
        no: body of an error code, and its HTTP status.
        wrong: code of what it dislikes in a request; "" when all is well.
        text: what a person reads or hears.
    """

    yes: Callable[[str], Any]
    no: Callable[[str], tuple[int, Any]]
    wrong: Callable[[Seen], str]
    text: Callable[[Seen], str]


def _hmac(key: bytes, text: str) -> bytes:
    return hmac.new(key, text.encode(), hashlib.sha256).digest()


def _number(code: str) -> Any:  # noqa: ANN401
    return int(code) if code.lstrip("-").isdigit() else code


# ---------------------------------------------------------------- groups


def _wrong_webhook(seen: Seen) -> str:
    signed = seen.headers["x-lifeline-timestamp"] + "." + seen.body.decode()
    right = f"sha256={_hmac(SECRET.encode(), signed).hex()}" == seen.headers["x-lifeline-signature"]
    return "" if right and seen.headers["idempotency-key"] else "signature"


def _wrong_dingtalk(seen: Seen) -> str:
    timestamp = seen.query["timestamp"]
    expected = base64.b64encode(_hmac(SECRET.encode(), f"{timestamp}\n{SECRET}")).decode()
    right = seen.query["sign"] == expected and abs(int(timestamp) - NOW_NS // 1_000_000) < 3_600_000
    if seen.query["access_token"] != GROUP_TOKEN:
        return "300001"
    return "" if right and len(seen.body) <= 20_000 else "310000"


def _wrong_feishu(seen: Seen) -> str:
    said = seen.json
    expected = base64.b64encode(_hmac(f"{said['timestamp']}\n{SECRET}".encode(), "")).decode()
    if len(seen.body) > 20 * 1024 or said["msg_type"] != "text":
        return "9499"
    return "" if said["sign"] == expected else "19021"


def _wrong_wecom_robot(seen: Seen) -> str:
    if seen.query["key"] != GROUP_TOKEN:
        return "93000"
    return "" if len(seen.json["text"]["content"].encode()) <= 2048 else "40058"


def _wrong_wecom_app(seen: Seen) -> str:
    if seen.query["access_token"] != TOKEN:
        return "40014"
    return "" if seen.json["agentid"] == 7 and len(seen.json["text"]["content"].encode()) <= 2048 else "40056"


# ---------------------------------------------------------------- clouds


def _wrong_aliyun(seen: Seen) -> str:
    names = "host;x-acs-action;x-acs-content-sha256;x-acs-date;x-acs-signature-nonce;x-acs-version"
    query = "&".join(f"{quote(n, safe='')}={quote(v, safe='')}" for n, v in sorted(seen.query.items()))
    lines = "".join(f"{name}:{seen.headers[name]}\n" for name in names.split(";"))
    body = hashlib.sha256(seen.body).hexdigest()
    request = f"{seen.method}\n{seen.path}\n{query}\n{lines}\n{names}\n{body}"
    signature = _hmac(SECRET.encode(), f"ACS3-HMAC-SHA256\n{hashlib.sha256(request.encode()).hexdigest()}").hex()
    expected = f"ACS3-HMAC-SHA256 Credential={KEY_ID},SignedHeaders={names},Signature={signature}"
    if seen.headers["authorization"] != expected or seen.headers["x-acs-content-sha256"] != body:
        return "SignatureDoesNotMatch"
    for value in msgspec.json.decode(seen.query.get("TemplateParam", "{}"), type=dict[str, str]).values():
        if "://" in value or len(value) > 35:
            return "isv.PARAM_NOT_SUPPORT_URL" if "://" in value else "isv.PARAM_LENGTH_LIMIT"
    return "" if seen.headers["x-acs-version"] == "2017-05-25" else "InvalidVersion"


def _wrong_tencent(seen: Seen) -> str:
    service = {"SendSms": "sms", "SendTts": "vms"}[seen.headers["x-tc-action"]]
    head = f"POST\n/\n\ncontent-type:{seen.headers['content-type']}\nhost:{seen.headers['host']}\n\ncontent-type;host\n"
    scope = f"2023-11-14/{service}/tc3_request"
    request = hashlib.sha256((head + hashlib.sha256(seen.body).hexdigest()).encode()).hexdigest()
    key = _hmac(_hmac(_hmac(f"TC3{SECRET}".encode(), "2023-11-14"), service), "tc3_request")
    signature = _hmac(key, f"TC3-HMAC-SHA256\n{seen.headers['x-tc-timestamp']}\n{scope}\n{request}").hex()
    expected = f"TC3-HMAC-SHA256 Credential={KEY_ID}/{scope}, SignedHeaders=content-type;host, Signature={signature}"
    return "" if seen.headers["authorization"] == expected else "AuthFailure.SignatureFailure"


def _no_aliyun(code: str) -> tuple[int, Any]:
    gateway = not code.startswith("isv.")  # the gateway answers with a status of its own, the product with 200
    return 400 if gateway else 200, {"Code": code, "Message": f"because of {code}", "RequestId": "r-1"}


def _no_tencent(code: str) -> tuple[int, Any]:
    return 200, {"Response": {"Error": {"Code": code, "Message": f"because of {code}"}, "RequestId": "r-1"}}


def _errcode(code: str) -> tuple[int, Any]:
    return 200, {"errcode": _number(code), "errmsg": f"because of {code}"}


def _spoken(seen: Seen) -> str:
    return str(seen.query.get("TtsParam") or seen.query.get("StartTtsParams"))


SPEECH: Mapping[str, Speech] = {
    "webhook": Speech(
        lambda number: {"accepted": True, "id": number},
        lambda code: (200, {"accepted": False, "code": code, "text": f"because of {code}"}),
        _wrong_webhook,
        lambda seen: str(seen.json["text"]["zh"]),
    ),
    "dingtalk": Speech(
        lambda _: {"errcode": 0, "errmsg": "ok"}, _errcode, _wrong_dingtalk, lambda s: str(s.json["text"]["content"])
    ),
    "feishu": Speech(
        lambda _: {"code": 0, "msg": "success", "data": {}},
        lambda code: (200, {"code": _number(code), "msg": f"because of {code}"}),
        _wrong_feishu,
        lambda seen: str(seen.json["content"]["text"]),
    ),
    "wecom_robot": Speech(
        lambda _: {"errcode": 0, "errmsg": "ok"}, _errcode, _wrong_wecom_robot, lambda s: str(s.json["text"]["content"])
    ),
    "wecom_app": Speech(
        lambda number: {"errcode": 0, "errmsg": "ok", "msgid": number},
        _errcode,
        _wrong_wecom_app,
        lambda seen: str(seen.json["text"]["content"]),
    ),
    "aliyun_sms": Speech(
        lambda number: {"Code": "OK", "Message": "OK", "BizId": number, "RequestId": "r-1"},
        _no_aliyun,
        _wrong_aliyun,
        lambda seen: seen.query["TemplateParam"],
    ),
    "aliyun_voice": Speech(
        lambda number: {"Code": "OK", "Message": "OK", "CallId": number, "RequestId": "r-1"},
        _no_aliyun,
        _wrong_aliyun,
        _spoken,
    ),
    "tencent_sms": Speech(
        lambda number: {
            "Response": {
                "SendStatusSet": [{"SerialNo": number, "PhoneNumber": "+86139", "Code": "Ok", "Message": "ok"}],
                "RequestId": "r-1",
            }
        },
        _no_tencent,
        _wrong_tencent,
        lambda seen: "|".join(seen.json["TemplateParamSet"]),
    ),
    "tencent_voice": Speech(
        lambda number: {"Response": {"SendStatus": {"CallId": number, "SessionContext": ""}, "RequestId": "r-1"}},
        _no_tencent,
        _wrong_tencent,
        lambda seen: "|".join(seen.json["TemplateParamSet"]),
    ),
}

RECEIPTS: Mapping[str, Callable[[str], Any]] = {
    "aliyun_sms": lambda number: [
        {"phone_number": "13900000000", "success": True, "err_code": "DELIVERED", "biz_id": number, "sms_size": "1"}
    ],
    "aliyun_voice": lambda number: [{"status_code": "200010", "smart_status_code": "ANSWERED", "call_id": number}],
    "tencent_sms": lambda number: [
        {"mobile": "13900000000", "nationcode": "86", "report_status": "SUCCESS", "errmsg": "DELIVRD", "sid": number}
    ],
    "tencent_voice": lambda number: {"voiceprompt_callback": {"result": "0", "callid": number, "mobile": "139"}},
}
"""Bodies that say: it arrived, or the call was answered."""


@dataclass
class Provider:
    """One provider.

    Attributes:
        channel: that talks to it.
        url: where it listens.
        plays: what it does with the next requests: ``ok``, an error code, ``html``, ``empty``, a status like ``!429``,
            ``hang``, ``reset``; the last one for ever.
        receipts: when a receipt comes: ``never``, ``before`` the answer, ``after`` it, or ``twice``.
        hear: is given the receipt's body.
        seen: every request.
        accepted: number and text of what it took on, its own record.
    """

    channel: str
    url: str = ""
    plays: list[str] = field(default_factory=lambda: ["ok"])
    receipts: str = "never"
    hear: Callable[[bytes], None] = lambda _body: None
    seen: list[Seen] = field(default_factory=list)
    accepted: list[tuple[str, str]] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)

    def play(self) -> str:
        return self.plays.pop(0) if len(self.plays) > 1 else self.plays[0]

    def receipt(self, number: str, *moments: str) -> None:
        if self.receipts in moments:
            body = msgspec.json.encode(RECEIPTS[self.channel](number))
            for _ in range(2 if self.receipts == "twice" else 1):
                self.hear(body)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    provider: Provider

    def log_message(self, *_: object) -> None:
        """Say nothing."""

    def do_GET(self) -> None:
        parts = urlsplit(self.path)
        right = parts.path == "/cgi-bin/gettoken" and parse_qs(parts.query)["corpsecret"] == [SECRET]
        token = {"errcode": 0, "errmsg": "ok", "access_token": TOKEN, "expires_in": 7200}
        self._answer(200, token if right else {"errcode": 40001, "errmsg": "invalid credential"})

    def do_POST(self) -> None:
        parts = urlsplit(self.path)
        body = self.rfile.read(int(self.headers.get("content-length", 0)))
        query = {name: values[0] for name, values in parse_qs(parts.query, keep_blank_values=True).items()}
        headers = {name.lower(): value for name, value in self.headers.items()}
        seen = Seen("POST", parts.path, query, headers, body)
        self.provider.seen.append(seen)
        play = self.provider.play()
        if play == "ok":
            self._take(seen)
        elif play == "hang":
            self._hang()
        elif play == "reset":
            self._reset(seen)
        else:
            self._refuse(play)

    def _take(self, seen: Seen) -> None:
        provider, speech = self.provider, SPEECH[self.provider.channel]
        if code := speech.wrong(seen):
            self._answer(*speech.no(code))
            return
        number = f"n-{len(provider.accepted) + 1}"
        provider.accepted.append((number, speech.text(seen)))
        provider.receipt(number, "before")
        self._answer(200, speech.yes(number))
        provider.receipt(number, "after", "twice")

    def _refuse(self, play: str) -> None:
        if play in {"html", "empty"} or play.startswith("!"):
            status = int(play[1:]) if play.startswith("!") else 200
            self._send(status, b"<html>login</html>" if play == "html" else b"")
        else:
            self._answer(*SPEECH[self.provider.channel].no(play))

    def _hang(self) -> None:
        self.provider.over.wait(30)
        self.close_connection = True

    def _reset(self, seen: Seen) -> None:
        """Take it on, and break the connection instead of answering."""
        self.provider.accepted.append(("", SPEECH[self.provider.channel].text(seen)))
        self.connection.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        self.connection.close()
        self.close_connection = True

    def _answer(self, status: int, body: object) -> None:
        self._send(status, msgspec.json.encode(body))

    def _send(self, status: int, body: bytes) -> None:
        self.send_response(status)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)
        self.wfile.flush()


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def handle_error(self, *_: object) -> None:
        """A client that left in the middle is what some tests are about."""


@contextmanager
def provider(channel: str, *plays: str) -> Iterator[Provider]:
    """Run the provider of a channel."""
    found = Provider(channel)
    if plays:
        found.plays = list(plays)
    handler = type("Handler", (_Handler,), {"provider": found})
    with _Server(("127.0.0.1", 0), handler) as server:
        found.url = f"http://127.0.0.1:{server.server_port}"
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield found
        finally:
            found.over.set()
            server.shutdown()
            thread.join()
