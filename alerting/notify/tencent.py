"""Calls to Tencent Cloud 腾讯云, signed with TC3-HMAC-SHA256 (https://cloud.tencent.com/document/api/382/52072)."""

import hashlib
import hmac
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Generic, NamedTuple, TypeVar
from urllib.parse import urlsplit

import msgspec

from alerting.notify.channel import Refused
from alerting.notify.codes import Codes
from alerting.notify.http import Http, understood

CODES = Codes(
    busy=frozenset({"RequestLimitExceeded", "LimitExceeded.PhoneNumberThirtySecondLimit"}),
    spent=frozenset(
        {
            "LimitExceeded.DeliveryFrequencyLimit",
            "LimitExceeded.PhoneNumberOneHourLimit",
            "LimitExceeded.PhoneNumberDailyLimit",
            "LimitExceeded.PhoneNumberSameContentDailyLimit",
            "LimitExceeded.DailyLimit",
        }
    ),
    hopeless=frozenset(
        {
            "InvalidParameterValue.IncorrectPhoneNumber",
            "InvalidParameterValue.TemplateParameterFormatError",
            "InvalidParameterValue.TemplateParameterLengthLimit",
            "InvalidParameterValue.ContentLengthLimit",
            "InvalidParameterValue.ProhibitedUseUrlInTemplateParameter",
            "FailedOperation.ContainSensitiveWord",
            "FailedOperation.PhoneNumberInBlacklist",
        }
    ),
)
"""What is not here is an account, a signature, a template or a balance that a person can put in order."""
MOST_CONTEXT = 512
_TYPE, _ALGORITHM, _NAMES = "application/json; charset=utf-8", "TC3-HMAC-SHA256", "content-type;host"
Said = TypeVar("Said")


class Key(NamedTuple):
    """Key of an account, better of a sub-account that may send and nothing else."""

    id: str
    secret: str


class _Error(msgspec.Struct, rename="pascal"):
    code: str
    message: str = ""


class _Failure(msgspec.Struct, rename="pascal"):
    error: _Error


class _Envelope(msgspec.Struct, Generic[Said], rename="pascal"):
    response: Said


class Product(NamedTuple):
    """What of the cloud is called.

    Attributes:
        endpoint: ``https://sms.tencentcloudapi.com``, …
        service: ``sms``, ``vms``; it is part of the signature.
        version: of its API.
        region: ``ap-guangzhou``, …
    """

    endpoint: str
    service: str
    version: str
    region: str


class Tencent:
    """Calls actions of one product.

    Args:
        product: that is called.
        key: of the account.
        http: for the calls.
        clock_ns: wall clock; more than 5 min wrong, it is refused.
    """

    def __init__(self, product: Product, key: Key, http: Http, clock_ns: Callable[[], int]) -> None:
        self._product, self._key, self._http, self._clock_ns = product, key, http, clock_ns
        self._host = urlsplit(product.endpoint).netloc

    def call(self, action: str, parameters: Mapping[str, object], kind: type[Said]) -> Said | Refused:
        """Make one call; `kind` is what ``Response`` must be (ChannelUnavailable: no answer)."""
        body, now_s = msgspec.json.encode(parameters), self._clock_ns() // 1_000_000_000
        headers = {
            "Host": self._host,
            "Content-Type": _TYPE,
            "X-TC-Action": action,
            "X-TC-Version": self._product.version,
            "X-TC-Timestamp": str(now_s),
            "X-TC-Region": self._product.region,
            "Authorization": sign(self._key, self._product.service, self._host, body, now_s),
        }
        answer = self._http.post(f"{self._product.endpoint}/", body, headers)
        failed = understood(answer, _Envelope[_Failure], errors=True)
        if isinstance(failed, _Envelope):
            return CODES.refuse(failed.response.error.code, failed.response.error.message)
        said = understood(answer, _Envelope[kind])  # type: ignore[valid-type]  # known at run time, as msgspec needs it
        return said if isinstance(said, Refused) else said.response


def sign(key: Key, service: str, host: str, body: bytes, now_s: int) -> str:
    """Give the header `Authorization` of a POST.

    Args:
        key: of the account.
        service: ``sms``, ``vms``.
        host: that is called.
        body: of the request.
        now_s: seconds since 1970, as in ``X-TC-Timestamp``.
    """
    day = datetime.fromtimestamp(now_s, UTC).strftime("%Y-%m-%d")
    scope = f"{day}/{service}/tc3_request"
    lines = f"content-type:{_TYPE}\nhost:{host}\n"
    request = f"POST\n/\n\n{lines}\n{_NAMES}\n{hashlib.sha256(body).hexdigest()}"
    signed = f"{_ALGORITHM}\n{now_s}\n{scope}\n{hashlib.sha256(request.encode()).hexdigest()}"
    derived = f"TC3{key.secret}".encode()
    for part in (*scope.split("/"), signed):
        derived = hmac.new(derived, part.encode(), hashlib.sha256).digest()
    return f"{_ALGORITHM} Credential={key.id}/{scope}, SignedHeaders={_NAMES}, Signature={derived.hex()}"
