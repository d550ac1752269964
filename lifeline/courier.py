"""Carries calls to a target: by HTTPS, or by MQTT."""

import hashlib
from collections.abc import Sequence
from typing import Any, Protocol

import httpx2
import msgspec

from alerting.notify.channel import Accepted, ChannelUnavailable, Refused
from alerting.notify.http import Answer, Http, says
from domain.parcel import Parcel
from lifeline.mapping import Answers, CityMapping
from lifeline.records import Record
from lifeline.seal import Seal
from lifeline.shape import Shaper

_PATIENCE_S = 5.0
_HOPELESS = frozenset({400, 404, 405, 413, 415, 422})
"""The call itself is wrong. All else a person or time can mend while we go on trying."""
_NOBODY = frozenset({404, 405})
"""Without a code of the target: nobody is at this address, which says nothing about a record."""
_TOO_LARGE = 413


class Courier(Protocol):
    """One way to a target."""

    def deliver(self, parcels: Sequence[Parcel]) -> Accepted | Refused:
        """Make one attempt (ChannelUnavailable: nobody knows whether it arrived; NoCode: the mapping lacks a code)."""

    def beat(self, heartbeat: Record) -> Accepted | Refused:
        """Say that we are there (ChannelUnavailable)."""


class Publisher(Protocol):
    """Sends at QoS 1, and again after a lost connection: `ingest.mqtt.Publisher`."""

    trouble: str

    def publish(self, topic: str, payload: bytes) -> None: ...
    def connects(self, timeout_s: float) -> bool: ...
    def drain(self, timeout_s: float) -> bool: ...


class HttpsCourier:
    """Posts JSON.

    Args:
        mapping: of the target.
        url: of the target, without a slash at its end.
        seal: signs and hides.
        http: for the calls.
    """

    def __init__(self, mapping: CityMapping, url: str, seal: Seal, http: Http) -> None:
        self._mapping, self._url, self._seal, self._http = mapping, url, seal, http
        self._shaper = Shaper(mapping)

    def deliver(self, parcels: Sequence[Parcel]) -> Accepted | Refused:
        return self._post(parcels[0].kind, self._shaper.body(parcels), call_key(parcels), several=len(parcels) > 1)

    def beat(self, heartbeat: Record) -> Accepted | Refused:
        return self._post("heartbeat", self._shaper.of("heartbeat", heartbeat), f"heartbeat/{heartbeat.id}")

    def _post(self, kind: str, body: bytes, key: str, *, several: bool = False) -> Accepted | Refused:
        path = self._mapping.records[kind].path
        sent, headers = self._seal.close(path, body)
        if self._mapping.key_header:
            headers[self._mapping.key_header] = key
        answers = self._mapping.answers
        assert answers is not None  # noqa: S101 - the mapping was validated
        return judge(self._http.post(f"{self._url}{path}", sent, headers), answers, several=several)


class MqttCourier:
    """Publishes JSON; the broker's PUBACK is the yes.

    Args:
        mapping: of the target.
        topic: above the paths of the mapping.
        seal: hides the body.
        publisher: connected, or on its way.
    """

    def __init__(self, mapping: CityMapping, topic: str, seal: Seal, publisher: Publisher) -> None:
        self._mapping, self._topic, self._seal, self._publisher = mapping, topic, seal, publisher
        self._shaper = Shaper(mapping)

    def deliver(self, parcels: Sequence[Parcel]) -> Accepted | Refused:
        return self._publish(parcels[0].kind, self._shaper.body(parcels))

    def beat(self, heartbeat: Record) -> Accepted | Refused:
        return self._publish("heartbeat", self._shaper.of("heartbeat", heartbeat))

    def _publish(self, kind: str, body: bytes) -> Accepted | Refused:
        path = self._mapping.records[kind].path
        if not self._publisher.connects(_PATIENCE_S):
            raise ChannelUnavailable(self._publisher.trouble or "no connection to the target's broker")
        try:
            self._publisher.publish(f"{self._topic}{path}", self._seal.close(path, body)[0])
        except ConnectionError as error:
            raise ChannelUnavailable(str(error)) from None
        if not self._publisher.drain(_PATIENCE_S):
            raise ChannelUnavailable(f"no PUBACK within {_PATIENCE_S:g} s")
        return Accepted()


def call_key(parcels: Sequence[Parcel]) -> str:
    """Name a call: by its parcel, or by a hash of several.

    Example:
        >>> call_key([Parcel("city", "alarm", "9d22-1", "j7", "{}")])
        'alarm/9d22-1/j7'
    """
    if len(parcels) == 1:
        return parcels[0].key
    return hashlib.sha256("\n".join(parcel.key for parcel in parcels).encode()).hexdigest()[:32]


def judge(answer: Answer, answers: Answers, *, several: bool = False) -> Accepted | Refused:
    """Tell what an answer means (ChannelUnavailable: it is no answer of the target, or it cannot take anything now).

    Idea: the target's own code alone refuses a record for good. A page of a gateway (nginx while the target is put up
    anew, a mistake in our `url`) is an outage, whatever its status. Between them stands a target's JSON without a code:
    400 and its like refuse, 404 and 405 are of the address. What is too large for a gateway goes again one by one.

    Example:
        >>> answers = Answers(code="code", accepted=(0,), repeated=(409,))
        >>> judge(Answer(200, b'{"code": 409}'), answers)
        Accepted(provider_id='')
    """
    said = _object(answer.body)
    code = said.get(answers.code) if said is not None else None
    if code is None:
        refuses = said is not None and answer.status in _HOPELESS - _NOBODY
        if refuses or (several and answer.status == _TOO_LARGE):
            return Refused(str(answer.status), says(answer.body), retryable=False)
        raise ChannelUnavailable(f"{answer.status}: {says(answer.body)}")
    known = str(code)
    if httpx2.codes.is_success(answer.status) and known in _texts(answers.accepted):
        return Accepted()
    if known in _texts(answers.repeated):
        return Accepted()
    text = str(said.get(answers.text, "")) if said is not None else ""
    if answer.status not in _HOPELESS and not httpx2.codes.is_success(answer.status):
        raise ChannelUnavailable(f"{answer.status}: {known} {text}")
    return Refused(known, text, retryable=known in _texts(answers.later))


def _texts(codes: Sequence[object]) -> set[str]:
    return {str(code) for code in codes}


def _object(body: bytes) -> dict[str, Any] | None:
    try:
        return msgspec.json.decode(body, type=dict[str, Any])
    except msgspec.MsgspecError:
        return None
