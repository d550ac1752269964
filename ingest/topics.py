"""Topics: who sent a message, and what kind it is."""

import re
from typing import NamedTuple

from domain.alarm import CANARY

COMMAND = "command"
"""The one kind that goes down: our own word to a device, seen again because ingest subscribes to everything."""

LISTENER = "_listen"
"""Site of what came by GB/T 26875.3 over TCP from nobody that we know: its device is a source or network address."""

_is_id = re.compile(r"[A-Za-z0-9_-]{1,64}").fullmatch

ECHO = b"echo"
"""Payload that tries whether a topic may be written; whoever else hears it passes it over."""


def canary_topic(root: str) -> str:
    """Where the test alarms come in, like those of a device that is nowhere.

    Example:
        >>> canary_topic("gas/v1")
        'gas/v1/_canary/_canary/telemetry'
    """
    return f"{root}/{CANARY}/{CANARY}/telemetry"


class Address(NamedTuple):
    """The three segments below the root.

    Attributes:
        site: where the device says that it is installed.
        device: user name of its connection.
        kind: names the codec.
    """

    site: str
    device: str
    kind: str


def parse_topic(topic: str, root: str) -> Address | None:
    """Split ``{root}/{site}/{device}/{kind}``; None where it is anything else.

    Example:
        >>> parse_topic("gas/v1/R001/DL-GD-0001/telemetry", "gas/v1")
        Address(site='R001', device='DL-GD-0001', kind='telemetry')
        >>> parse_topic("gas/v1/R001/telemetry", "gas/v1")
    """
    if not topic.startswith(f"{root}/"):
        return None
    segments = topic[len(root) + 1 :].split("/")
    if len(segments) != len(Address._fields) or not all(map(_is_id, segments)):
        return None
    return Address(*segments)
