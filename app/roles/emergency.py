"""Findings of priority 1 that the records cannot take now: posted once at once, since the outbox is away with them."""

import logging
import queue
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

import msgspec

from alerting.notify.channel import Accepted, ChannelUnavailable, Refused
from alerting.texts import text, what_to_do
from domain.alarm import Alarm, alarm_id
from domain.asset import Assets
from domain.finding import Finding
from domain.record import Notice

_LOGGER = logging.getLogger(__name__)
_WAITING = 1_000


class Emergency:
    """Posts each finding once, on a thread of its own; its notice follows when the records are back.

    Args:
        send: makes one attempt, as a channel does.
        assets: for the names in the text.
    """

    def __init__(self, send: Callable[[Notice], Accepted | Refused], assets: Assets) -> None:
        self._send, self._assets = send, assets
        self._waiting: queue.Queue[Finding] = queue.Queue(_WAITING)
        threading.Thread(target=self._run, name="emergency", daemon=True).start()

    def __call__(self, finding: Finding) -> None:
        try:
            self._waiting.put_nowait(finding)
        except queue.Full:
            _LOGGER.error("emergency: %s of %s is not posted: too many wait", finding.kind, finding.device)  # noqa: TRY400

    def _run(self) -> None:
        while True:
            finding = self._waiting.get()
            try:
                answer = self._send(unrecorded(finding, self._assets))
            except ChannelUnavailable as error:
                _LOGGER.error("emergency: %s of %s: %s", finding.kind, finding.device, error)  # noqa: TRY400 - one line
            else:
                _LOGGER.warning("emergency: %s of %s: %s", finding.kind, finding.device, answer)


@dataclass(frozen=True, slots=True)
class Everywhere:
    """Several ways at once; one that is slow or away delays no other."""

    ways: Sequence[Emergency]

    def __call__(self, finding: Finding) -> None:
        for way in self.ways:
            way(finding)


def unrecorded(finding: Finding, assets: Assets) -> Notice:
    """Write the message; it carries the alarm's id, so that its receiver knows the notice that follows."""
    device = assets.devices.get(finding.device)
    place = finding.site or (device.site if device else "")
    site = assets.sites.get(place)
    zone = site.zone if site else ""
    name = alarm_id(finding.device, finding.kind)
    alarm = replace(
        Alarm(name, finding.kind, finding.device, finding.device, place, zone),
        value=finding.value,
        limit=finding.limit,
        reason=finding.reason,
    )
    body = {
        "unrecorded": True,
        "id": name,
        "kind": finding.kind,
        "priority": 1,
        "device": finding.device,
        "site": place,
        "zone": zone,
        "value": finding.value,
        "limit": finding.limit,
        "raised_ns": finding.time_ns,
        "text": text(alarm, assets),
        "what_to_do": what_to_do(finding.kind),
    }
    key = f"unrecorded/{name}/{finding.onset_ns}/{finding.level}"
    return Notice(key, name, 0, "webhook", "", msgspec.json.encode(body).decode(), due_ns=finding.time_ns, priority=1)
