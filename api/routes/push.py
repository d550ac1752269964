"""What carriers' platforms push: CTWing and OneNET. They cannot log in; their address carries a word."""

import base64
import hashlib
import hmac
from collections.abc import Mapping
from typing import Annotated

import msgspec
from fastapi import APIRouter, Depends, Request
from fastapi.responses import PlainTextResponse
from msgspec import Raw

from api.people import Here
from api.problems import Problem, missing
from api.services import Push

router = APIRouter(tags=["push"])


class _CtwingName(msgspec.Struct, rename={"device_id": "deviceId"}):
    device_id: str | int


class _OnenetName(msgspec.Struct):
    dev_id: str | int


class _Wrapped(msgspec.Struct):
    msg: Raw


_ctwing_name = msgspec.json.Decoder(_CtwingName).decode
_onenet_name = msgspec.json.Decoder(_OnenetName).decode
_msg = msgspec.json.Decoder(_Wrapped).decode
_list = msgspec.json.Decoder(list[Raw]).decode


async def _raw(request: Request) -> bytes:
    return await request.body()


Body = Annotated[bytes, Depends(_raw)]


@router.post("/push/ctwing/{product}")
def ctwing(product: str, token: str, body: Body, here: Here) -> Mapping[str, int]:
    """Log a push of CTWing; the same again changes nothing (Problem 403: wrong token; 404: none is set)."""
    push = _allowed(here.services.push, token)
    push.append("ctwing", product, _name(body, ctwing=True), body)
    return {"code": 0}


@router.post("/push/onenet/{product}")
def onenet(product: str, token: str, body: Body, here: Here) -> Mapping[str, int]:
    """Log a push of OneNET, which may hold several; the same again changes nothing (Problem 403, 404)."""
    push = _allowed(here.services.push, token)
    for one in _parts(body):
        push.append("onenet", product, _name(one, ctwing=False), one)
    return {"code": 0}


@router.get("/push/onenet/{product}", response_class=PlainTextResponse)
def verify(product: str, msg: str, nonce: str, signature: str, here: Here) -> str:
    """Prove to OneNET that this address is ours: whoever knows the word gets his message back (Problem 403, 404)."""
    del product
    push = here.services.push
    if push is None:
        raise missing("pushes for", "onenet")
    digest = hashlib.md5(f"{push.token}{nonce}{msg}".encode(), usedforsecurity=False).digest()  # what OneNET asks for
    if not hmac.compare_digest(base64.b64encode(digest), signature.replace(" ", "+").encode()):
        raise Problem(403, "wrong-signature", "the signature is not that of our token")
    return msg


def _allowed(push: Push | None, token: str) -> Push:
    if push is None:
        raise missing("pushes for", "this platform")
    if not hmac.compare_digest(token.encode(), push.token.encode()):
        raise Problem(403, "wrong-token", "the token of this address is wrong")
    return push


def _parts(body: bytes) -> list[bytes]:
    """Take a list of pushes apart; what is none stays whole, and the quarantine says why."""
    try:
        return [bytes(b'{"msg":' + one + b"}") for one in _list(_msg(body).msg)] or [body]
    except msgspec.MsgspecError:
        return [body]


def _name(body: bytes, *, ctwing: bool) -> str:
    """Give the device's name at its carrier; "" where there is none."""
    try:
        if ctwing:
            return str(_ctwing_name(body).device_id)
        return str(_onenet_name(_inner(body)).dev_id)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""


def _inner(body: bytes) -> bytes | Raw:
    try:
        return _msg(body).msg
    except msgspec.ValidationError:
        return body
