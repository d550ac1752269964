"""Who sends with which source address, and where in the log his frames belong."""

import re
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from domain.asset import Device
from ingest.gb26875.checksum import CHECKSUMS, Checksum, total
from ingest.gb26875.place import parse_place
from ingest.topics import LISTENER

_SOURCE = slice(12, 18)
_no_id = re.compile(r"[^A-Za-z0-9_-]").sub


class _Line(NamedTuple):
    topic: str
    checksum: Checksum


class Directory:
    """Transmitters by their source address.

    Args:
        devices: the registered ones; those without an address, and components, are not looked for.
        root: of the topics.

    Example:
        >>> from domain.asset import DeviceKind
        >>> book = Directory([Device("GD-1", DeviceKind.GAS_DETECTOR, "S1", gb26875="889")], "gas/v1")
        >>> book.topic(889), book.topic(7), book.stranger("10.0.0.9")
        ('gas/v1/S1/GD-1/gb26875', None, 'gas/v1/_listen/10-0-0-9/gb26875')
    """

    def __init__(self, devices: Iterable[Device], root: str) -> None:
        self._root = root
        self._lines: Mapping[int, _Line] = dict(self._known(devices))

    def _known(self, devices: Iterable[Device]) -> Iterable[tuple[int, _Line]]:
        for device in devices:
            place = parse_place(device.gb26875) if device.gb26875 else None
            if place is not None and place.component is None:
                topic = f"{self._root}/{device.site}/{device.id}/gb26875"
                yield place.transmitter, _Line(topic, CHECKSUMS[place.checksum])

    def topic(self, source: int) -> str | None:
        """Give the topic of a transmitter; None for a stranger."""
        line = self._lines.get(source)
        return None if line is None else line.topic

    def stranger(self, name: object) -> str:
        """Give the topic under which the quarantine shows what came from nobody that we know."""
        return f"{self._root}/{LISTENER}/{_no_id('-', str(name))[:64]}/gb26875"

    def checksum(self, frame: bytes) -> int:
        """Work out a frame's checksum in its sender's way."""
        return self.checksum_of(int.from_bytes(frame[_SOURCE], "little"))(frame)

    def checksum_of(self, source: int) -> Checksum:
        """Give the way of a transmitter, which its answers need too."""
        line = self._lines.get(source)
        return total if line is None else line.checksum
