"""What decoding gives: samples, notices of a device, and refusals; nothing of a frame disappears without one."""

from collections.abc import Mapping
from enum import StrEnum
from types import MappingProxyType
from typing import NamedTuple

from domain.delivery import Delivery
from domain.quality import Quality
from domain.quantity import Quantity


class Sample(NamedTuple):
    """The values of one device at one time.

    Attributes:
        device: id.
        time_ns: when the device measured, after the clock rules, nanoseconds since 1970, UTC.
        boot_id: start of the device that `seq` counts from, or None.
        seq: message count since that start, or None.
        values: by quantity, in the quantity's unit; finite and physically possible.
        quality: of the values that are not good; usually empty.
        late: older than its kind's live age at arrival.
    """

    device: str
    time_ns: int
    boot_id: str | None
    seq: int | None
    values: Mapping[Quantity, float]
    quality: Mapping[Quantity, Quality]
    late: bool

    @property
    def point_ns(self) -> int:
        """Time of its point in the series: `seq` fills the nanoseconds of a clock that counts milliseconds.

        Two messages of one millisecond do not overwrite each other, and a replay overwrites exactly itself.

        Example:
            >>> Sample("D", 5_000_000, "b", 1_000_042, {}, {}, False).point_ns
            5000042
        """
        _, time_ns, _, seq, _, _, _ = self
        return time_ns if seq is None or time_ns % 1_000_000 else time_ns + seq % 1_000_000


HEARTBEAT = "heartbeat"
"""What a notice says that is a sign of life and nothing else."""


class Notice(NamedTuple):
    """What a device says of itself: birth, will, event, command result, sign of life.

    Attributes:
        device: id.
        what: ``online``, ``offline``, ``accepted`` …, or the event's name.
        time_ns: the device's time, or of arrival where it gave none.
        boot_id: start of the device, or None.
        seq: message count, or None (a will carries none).
        retained: an old message that the broker keeps: never news.
        interval_s: declared period of its samples, or None.
        detail: text as sent.
    """

    device: str
    what: str
    time_ns: int
    boot_id: str | None = None
    seq: int | None = None
    retained: bool = False
    interval_s: float | None = None
    detail: str = ""


class RefusalReason(StrEnum):
    """Why a frame or a part of it went to quarantine."""

    BAD_TOPIC = "bad_topic"
    UNKNOWN_DEVICE = "unknown_device"
    TOPIC_PAYLOAD_MISMATCH = "topic_payload_mismatch"
    TOO_LARGE = "too_large"
    BAD_ENCODING = "bad_encoding"
    BAD_JSON = "bad_json"
    TOO_DEEP = "too_deep"
    SCHEMA = "schema"
    UNKNOWN_KEY = "unknown_key"
    UNKNOWN_QUANTITY = "unknown_quantity"
    WRONG_TYPE = "wrong_type"
    NON_FINITE = "non_finite"
    OUT_OF_RANGE = "out_of_range"
    NO_TIME = "no_time"
    TIME_CONFLICT = "time_conflict"
    CODEC_ERROR = "codec_error"
    DATABASE_REFUSED = "database_refused"
    LOG_CORRUPT = "log_corrupt"
    BAD_FRAME = "bad_frame"


class Refusal(NamedTuple):
    """A refused part of a frame.

    Attributes:
        reason: one of the enumerated reasons.
        part: what was refused: ``frame``, or the path such as ``values.temperature_c`` or ``samples[3].values.co_ppm``.
        detail: one line for a person: what was found and what was expected.
        device: id as far as known, else "".
        site: id as far as known, else "".
    """

    reason: RefusalReason
    part: str
    detail: str
    device: str = ""
    site: str = ""


class Decoded(NamedTuple):
    """Everything that one frame says. A frame without refusals is whole."""

    samples: tuple[Sample, ...] = ()
    notices: tuple[Notice, ...] = ()
    refusals: tuple[Refusal, ...] = ()
    shifts: Mapping[str, int] = MappingProxyType({})
    """By how many nanoseconds a wrong clock was moved back, of each device where it was; negative for a slow one."""
    permits: tuple[str, ...] = ()
    """Devices on which work begins."""
    deliveries: tuple[Delivery, ...] = ()
    """Of LPG cylinders; each comes with a notice that is its place in the count."""
