"""Decode a quarantined frame once more: its retry is a new frame of the log that names the old one."""

import base64

import msgspec

from domain.errors import ConfigurationError
from domain.frame import RETRY_TOPIC
from domain.record import AuditEntry, Quarantined
from store.framelog import FrameLog
from store.records import Records


def retry(records: Records, log: FrameLog, entry_id: int, user: str, now_ns: int) -> int:
    """Append the frame of an entry and give its new position (ConfigurationError: no such entry)."""
    entry = records.quarantined(entry_id)
    if entry is None:
        raise ConfigurationError(f"quarantine has no entry {entry_id}")
    if entry.retried_position is not None:
        return entry.retried_position
    position = log.append([(now_ns, RETRY_TOPIC, _payload(entry))])
    with records.unit() as unit:
        unit.retried(entry_id, position)
        unit.audit(AuditEntry(now_ns, user, "quarantine_retry", str(entry_id), f"position {position}"))
    return position


def _payload(entry: Quarantined) -> bytes:
    """Build the payload of a retry frame: the quarantined frame, with its own position and time of arrival."""
    return msgspec.json.encode(
        {
            "position": entry.position,
            "topic": entry.topic,
            "received_ns": entry.received_ns,
            "payload": base64.b64encode(entry.payload).decode(),
        }
    )
