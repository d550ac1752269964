"""From a frame of the log to what it says: route, limits, codec; nothing disappears and nothing raises."""

from collections.abc import Mapping, Sequence

import msgspec

from domain.alarm import CANARY
from domain.asset import Assets, DeviceKind
from domain.frame import RETRY_TOPIC, Frame
from domain.permit import Permit
from domain.rulebook import Rulebook
from domain.sample import Decoded, Refusal, RefusalReason
from ingest.codecs.catalogue import CATALOGUE, Codec
from ingest.fleet import Fleet, Source
from ingest.gb26875.frame import Refused, decode_frame
from ingest.permits import Permits, by_device, spared
from ingest.topics import COMMAND, LISTENER, Address, parse_topic
from ingest.wire import UNREADABLE, clean

MAX_PAYLOAD_BYTES = 65_536
MAX_REFUSALS = 256
"""Of one frame: each is kept with the raw bytes, so a hostile frame must not make thousands of copies of itself."""

_RESERVED = "$log/"


class _Retry(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    position: int
    topic: str
    payload: bytes  # base64 on the wire
    received_ns: int


_retry = msgspec.json.Decoder(_Retry).decode


class Decoder:
    """Decodes frames: a pure function of (frame, assets, rulebook, root, offsets, permits): a replay reads alike.

    Args:
        assets: the registered devices.
        rulebook: its clock and lateness numbers.
        root: of the topics.

    Example:
        >>> from pathlib import Path
        >>> decoder = Decoder(Assets({}, {}, {}), Rulebook.parse(Path("rulebook.toml").read_text()))
        >>> decoder.decode(Frame(1, 0, "gas/v1/R001/DL-GD-0001/telemetry", b"{}")).refusals[0].reason
        <RefusalReason.UNKNOWN_DEVICE: 'unknown_device'>
    """

    def __init__(self, assets: Assets, rulebook: Rulebook, root: str = "gas/v1") -> None:
        self._root = root
        self._fleet = Fleet(assets, rulebook)
        self._valves = {device.id for device in assets.devices.values() if device.kind is DeviceKind.CUTOFF_VALVE}
        # Only topics of registered devices and known kinds are remembered: strangers cannot make it grow.
        self._routes: dict[str, tuple[Codec, Source]] = {}
        self._permits: Permits = {}

    def correct(self, offsets: Mapping[str, int]) -> None:
        """Take the offsets of slow clocks, by device, that hold from the next frame on."""
        self._fleet.correct(offsets)
        self._routes.clear()

    def permit(self, permits: Sequence[Permit]) -> None:
        """Take the work permits that hold from the next frame on; a valve's position counts under them as well."""
        self._permits = by_device([permit for permit in permits if permit.device not in self._valves])

    def live_ns(self, device: str) -> int:
        """Give the age up to which a sample of a registered device is live."""
        return self._fleet.sources[device].live_ns

    def is_device_frame(self, topic: str) -> bool:
        """Tell whether a topic lies under the root and is none of our own commands."""
        if topic in self._routes:
            return True
        if not topic.startswith(f"{self._root}/"):
            return False
        address = parse_topic(topic, self._root)
        return address is None or address.kind != COMMAND

    def decode(self, frame: Frame) -> Decoded:
        """Give everything that a frame says, and a refusal for whatever could not be understood. Never raises."""
        _, received_ns, topic, payload, intact = frame
        route = self._routes.get(topic)
        if route is None or not intact or len(payload) > MAX_PAYLOAD_BYTES:
            return self._decode_other(frame)
        codec, source = route
        try:
            decoded = codec(payload, source, received_ns, self._fleet)
        except Exception as error:  # noqa: BLE001 - the last line: our bug must cost one frame, never the reader
            detail = f"our own codec failed: {type(error).__name__}: {error}"
            return _refuse(RefusalReason.CODEC_ERROR, detail, source.device, source.site)
        if self._permits:
            decoded = decoded._replace(samples=tuple(spared(sample, self._permits) for sample in decoded.samples))
        return decoded if len(decoded.refusals) <= MAX_REFUSALS else _capped(decoded)

    def _decode_other(self, frame: Frame) -> Decoded:
        """Take what has no route: corrupt, reserved, oversize, and the first frame of each topic."""
        address = parse_topic(frame.topic, self._root)
        device, site = (address.device, address.site) if address else ("", "")
        if not frame.intact:
            detail = "the record's checksum does not hold: the disk changed it; expected the bytes that were received"
            return _refuse(RefusalReason.LOG_CORRUPT, detail, device, site)
        if frame.topic.startswith(_RESERVED):
            return self._decode_retry(frame) if frame.topic == RETRY_TOPIC else Decoded()
        if address is None:
            detail = f"topic is {clean(frame.topic)}; expected {self._root}/site/device/kind"
            return _refuse(RefusalReason.BAD_TOPIC, detail)
        if address.kind == COMMAND or address.device == CANARY:
            return Decoded()
        refusal = self._why_not(address, frame.payload)
        if refusal is not None:
            return _refuse(*refusal, device, site)
        self._routes[frame.topic] = (CATALOGUE[address.kind], self._fleet.sources[device])
        return self.decode(frame)

    def _why_not(self, address: Address, payload: bytes) -> tuple[RefusalReason, str] | None:
        source = self._fleet.sources.get(address.device)
        if source is None:
            return _stranger(address, payload)
        if source.site != address.site:
            detail = f"topic says site {address.site}, the registry says {source.site} for {address.device}"
            return RefusalReason.TOPIC_PAYLOAD_MISMATCH, detail
        if address.kind not in CATALOGUE:
            return RefusalReason.BAD_TOPIC, f"kind is {address.kind}; expected one of {', '.join(CATALOGUE)}"
        if len(payload) > MAX_PAYLOAD_BYTES:
            return RefusalReason.TOO_LARGE, f"{len(payload)} bytes; expected at most {MAX_PAYLOAD_BYTES}"
        return None

    def _decode_retry(self, frame: Frame) -> Decoded:
        """Decode the frame inside with its own time of arrival, so that its age is right."""
        try:
            retry = _retry(frame.payload)
        except UNREADABLE as error:
            return _refuse(RefusalReason.SCHEMA, f"no retry of a quarantined frame: {error}")
        if retry.topic.startswith(_RESERVED):
            return _refuse(RefusalReason.SCHEMA, f"retry of {clean(retry.topic)}; expected a frame of a device")
        return self.decode(Frame(frame.position, retry.received_ns, retry.topic, retry.payload))


def _stranger(address: Address, payload: bytes) -> tuple[RefusalReason, str]:
    if address.site == LISTENER and isinstance(found := decode_frame(payload), Refused):
        return RefusalReason.BAD_FRAME, found.detail
    return RefusalReason.UNKNOWN_DEVICE, f"device {address.device} is not registered"


def _refuse(reason: RefusalReason, detail: str, device: str = "", site: str = "") -> Decoded:
    return Decoded(refusals=(Refusal(reason, "frame", detail, device, site),))


def _capped(decoded: Decoded) -> Decoded:
    kept, rest = decoded.refusals[: MAX_REFUSALS - 1], decoded.refusals[MAX_REFUSALS - 1 :]
    detail = f"{len(rest)} more parts of this frame are refused; see its raw bytes"
    return decoded._replace(refusals=(*kept, rest[0]._replace(part="frame", detail=detail)))
