"""Hold the time series against the log: which values of a time are not stored, and store them."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from app.frames import position_before
from app.roles.bites import Bites
from app.series import SeriesStore
from domain.sample import Sample
from store.framelog import FrameLog


class Compared(NamedTuple):
    """What a comparison found.

    Attributes:
        logged: samples that the log holds.
        missing: those of which a value is not stored, by device.
        refused: those of them that the database refuses: in quarantine, or older than its retention.
    """

    logged: Counter[str]
    missing: Counter[str]
    refused: Counter[str]


def compare(log: FrameLog, series: SeriesStore, from_ns: int, to_ns: int, *, repair: bool) -> Compared:
    """Look for what arrived from a time until before another, as far as `write` has come.

    A repair stores what is missing as `write` would, which also has its minutes and hours rolled up anew. Nobody else
    may write meanwhile.
    """
    found = Compared(Counter(), Counter(), Counter())
    for samples, log_ns in _arrived(log, series, from_ns, to_ns):
        missing = series.missing(samples)
        found.logged.update(sample.device for sample in samples)
        found.missing.update(sample.device for sample in missing)
        if repair and missing:
            found.refused.update(sample.device for sample in _store(series, missing, log_ns))
    return found


def _arrived(log: FrameLog, series: SeriesStore, from_ns: int, to_ns: int) -> Iterator[tuple[list[Sample], int]]:
    """Give the samples of each bite of the log, and when its last frame arrived."""
    position, cursor = position_before(log, from_ns), series.cursor()
    bites = Bites(log)
    while (bite := bites.after(position)) is not None:
        series.configure(bite.assets)
        found = zip(bite.samples, bite.origins, strict=True)
        yield (
            [s for s, of in found if of.position <= cursor and from_ns <= of.received_ns < to_ns],
            bite.last.received_ns,
        )
        position = bite.last.position
        if position >= cursor or bite.last.received_ns >= to_ns:
            return


def _store(series: SeriesStore, samples: Sequence[Sample], log_ns: int) -> list[Sample]:
    """Store samples without moving the cursor; give those that are refused."""
    refused = {one.place for one in series.write(samples, cursor=series.cursor(), frames=0, log_ns=log_ns)}
    if refused:
        kept = [sample for place, sample in enumerate(samples) if place not in refused]
        series.write(kept, cursor=series.cursor(), frames=0, log_ns=log_ns)
    return [samples[place] for place in sorted(refused)]
