"""Count a run by parties of their own: the publisher's list, the log file, the series and the quarantine tables.

The series are asked with a decoder of this file's own, ten lines of generic JSON, so that a fault of the real decoder
cannot hide itself in the count.
"""

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import msgspec

from app.series import SeriesReader
from domain.frame import Frame
from domain.quantity import Quantity
from ingest.topics import COMMAND, canary_topic
from store.framelog import FrameLog
from store.records import Records

_BITE = 5_000
_FOR_EVER_NS = 1 << 62
_MS = 1_000_000


class Tally(NamedTuple):
    """Distinct device frames of a run, after it has drained."""

    published: int
    logged: int
    stored: int
    quarantined: int


def tally(
    published: Sequence[tuple[str, bytes]], log: FrameLog, series: SeriesReader, records: Records, root: str
) -> Tally:
    """Count everything; takes as long as reading the run's log again."""
    refused = {entry.position for entry in _quarantine(records)}
    frames: dict[tuple[str, bytes], Frame] = {}
    quarantined: set[tuple[str, bytes]] = set()
    for frame in _device_frames(log, root):
        frames.setdefault((frame.topic, frame.payload), frame)
        if frame.position in refused:
            quarantined.add((frame.topic, frame.payload))
    points = _Points(series)
    cursor = series.cursor()
    whole = (frame for key, frame in frames.items() if key not in quarantined)
    stored = sum(frame.position <= cursor and points.hold(frame) for frame in whole)
    return Tally(len(set(published)), len(frames), stored, len(quarantined))


def _device_frames(log: FrameLog, root: str) -> Iterator[Frame]:
    position, ours = 0, (f"/{COMMAND}", canary_topic(root))
    while frames := log.read(position, _BITE):
        position = frames[-1].position
        yield from (f for f in frames if f.topic.startswith(f"{root}/") and not f.topic.endswith(ours))


def _quarantine(records: Records) -> Iterator[Any]:
    after = 0
    while entries := records.quarantine(after=after, limit=1_000):
        after = min(entry.id for entry in entries)
        yield from entries


class _Points:
    """What the series hold, asked once for each device and quantity."""

    def __init__(self, series: SeriesReader) -> None:
        self._series = series
        self._known: dict[tuple[str, str], set[tuple[int | None, float]]] = {}

    def hold(self, frame: Frame) -> bool:
        """Tell whether every value of the frame is there, whatever time a clock rule gave it."""
        *_, device, kind = frame.topic.split("/")
        message = msgspec.json.decode(frame.payload)
        records = (
            message["records"] if kind == "batch" else [message | {"device": device}] if kind == "telemetry" else []
        )
        return all(
            (record["seq"] % _MS, value) in self._of(record["device"], quantity)
            for record in records
            for sample in record.get("samples", [record])
            for quantity, value in sample["values"].items()
        )

    def _of(self, device: str, quantity: str) -> set[tuple[int | None, float]]:
        key = (device, quantity)
        if key not in self._known:
            trend = self._series.series(device, Quantity(quantity), 0, _FOR_EVER_NS, 1 << 30)
            self._known[key] = {
                (time_ns % _MS, value) for time_ns, value in zip(trend.time_ns, trend.value, strict=True)
            }
        return self._known[key]
