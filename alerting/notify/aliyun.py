"""Calls to Alibaba Cloud 阿里云, signed with ACS3-HMAC-SHA256.

Signature: https://help.aliyun.com/zh/sdk/product-overview/v3-request-structure-and-signature. Parameters travel in the
query, the body is empty.
"""

import hashlib
import hmac
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import NamedTuple
from urllib.parse import quote, urlsplit

import msgspec

from alerting.notify.channel import Accepted, Refused
from alerting.notify.codes import Codes
from alerting.notify.http import Http, understood

CODES = Codes(
    busy=frozenset({"Throttling", "Throttling.User", "Throttling.Api", "ServiceUnavailable"}),
    spent=frozenset({"isv.BUSINESS_LIMIT_CONTROL", "isv.DAY_LIMIT_CONTROL", "isv.MONTH_LIMIT_CONTROL"}),
    hopeless=frozenset(
        {
            "isv.MOBILE_NUMBER_ILLEGAL",
            "isv.MOBILE_COUNT_OVER_LIMIT",
            "isv.TEMPLATE_MISSING_PARAMETERS",
            "isv.TEMPLATE_PARAMS_ILLEGAL",
            "isv.INVALID_PARAMETERS",
            "isv.INVALID_JSON_PARAM",
            "isv.PARAM_LENGTH_LIMIT",
            "isv.PARAM_NOT_SUPPORT_URL",
            "isv.BLACK_KEY_CONTROL_LIMIT",
        }
    ),
)
"""What is not here is an account, a signature, a template or a balance that a person can put in order."""
MOST_OUT_ID = 256
_METHOD, _ALGORITHM = "POST", "ACS3-HMAC-SHA256"
_NOTHING = hashlib.sha256(b"").hexdigest()


class Key(NamedTuple):
    """Access key of an account, better of a RAM user who may send and nothing else."""

    id: str
    secret: str


class Action(NamedTuple):
    """What is called."""

    host: str
    name: str
    version: str


class _Answer(msgspec.Struct, rename="pascal"):
    code: str
    message: str = ""
    biz_id: str = ""
    call_id: str = ""


class Aliyun:
    """Calls actions of one product.

    Args:
        endpoint: ``https://dysmsapi.aliyuncs.com``, …
        version: of the product's API.
        key: of the account.
        http: for the calls.
        clock_ns: wall clock; more than 15 min wrong, it is refused.
    """

    def __init__(self, endpoint: str, version: str, key: Key, http: Http, clock_ns: Callable[[], int]) -> None:
        self._endpoint, self._version, self._key = endpoint, version, key
        self._http, self._clock_ns = http, clock_ns

    def call(self, name: str, parameters: Mapping[str, str]) -> Accepted | Refused:
        """Make one call; its number is ``BizId`` or ``CallId`` (ChannelUnavailable: no answer)."""
        action = Action(urlsplit(self._endpoint).netloc, name, self._version)
        when = datetime.fromtimestamp(self._clock_ns() // 1_000_000_000, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
        headers = sign(self._key, action, parameters, when, secrets.token_hex(16))
        answer = self._http.post(f"{self._endpoint}/?{canonical(parameters)}", b"", headers)
        said = understood(answer, _Answer, errors=True)
        if isinstance(said, Refused):
            return said
        return Accepted(said.biz_id or said.call_id) if said.code == "OK" else CODES.refuse(said.code, said.message)


def canonical(parameters: Mapping[str, str]) -> str:
    """Write a query, sorted and escaped as RFC 3986 wants it.

    Example:
        >>> canonical({"b": "a b*~", "a": "街"})
        'a=%E8%A1%97&b=a%20b%2A~'
    """
    return "&".join(f"{quote(name, safe='')}={quote(parameters[name], safe='')}" for name in sorted(parameters))


def sign(key: Key, action: Action, parameters: Mapping[str, str], when: str, nonce: str) -> dict[str, str]:
    """Give the headers of a call, the signature among them.

    Args:
        key: of the account.
        action: that is called.
        parameters: of the call.
        when: UTC, ``2023-10-26T10:22:32Z``.
        nonce: never used before.
    """
    headers = {
        "host": action.host,
        "x-acs-action": action.name,
        "x-acs-content-sha256": _NOTHING,
        "x-acs-date": when,
        "x-acs-signature-nonce": nonce,
        "x-acs-version": action.version,
    }
    lines, names = "".join(f"{name}:{value}\n" for name, value in headers.items()), ";".join(headers)
    request = f"{_METHOD}\n/\n{canonical(parameters)}\n{lines}\n{names}\n{_NOTHING}"
    signed = f"{_ALGORITHM}\n{hashlib.sha256(request.encode()).hexdigest()}"
    signature = hmac.new(key.secret.encode(), signed.encode(), hashlib.sha256).hexdigest()
    return headers | {"Authorization": f"{_ALGORITHM} Credential={key.id},SignedHeaders={names},Signature={signature}"}
