"""Hold the time series against the log: which values of a time are not stored, which roll-ups are wrong; mend both."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import NamedTuple

from api.times import rfc3339
from app.frames import arrival, position_before
from app.roles.bites import Bites
from app.series import SeriesStore
from domain.rollup import HOUR_NS, MINUTE_NS
from domain.sample import Sample
from store.framelog import FrameLog
from store.marks import Mark, minutes_of


class Compared(NamedTuple):
    """What a comparison found.

    Attributes:
        logged: samples that the log holds.
        missing: those of which a value is not stored, by device.
        refused: those of them that the database refuses: in quarantine, or older than its retention.
        rolled: buckets whose roll-ups are not what the points amount to, by device.
    """

    logged: Counter[str]
    missing: Counter[str]
    refused: Counter[str]
    rolled: Counter[str]


def compare(
    log: FrameLog, series: SeriesStore, from_ns: int, to_ns: int, *, repair: bool, kept_ns: int = 0
) -> Compared:
    """Look for what arrived from a time until before another, as far as `write` has come.

    A repair stores what is missing as `write` would, which also has its minutes and hours rolled up anew, and so are
    those that are wrong; `write` does that when it runs again. Nobody else may write meanwhile.

    Args:
        log: frames.
        series: points and roll-ups.
        from_ns: first moment of arrival.
        to_ns: end, not in it.
        repair: whether to mend.
        kept_ns: roll-ups of points before are left alone: some of the points may have gone by their age.
    """
    found = Compared(Counter(), Counter(), Counter(), Counter())
    seen: set[Mark] = set()
    doubtful: set[Mark] = set()
    log_ns = from_ns
    for samples, log_ns in _arrived(log, series, from_ns, to_ns):
        missing = series.missing(samples)
        found.logged.update(sample.device for sample in samples)
        found.missing.update(sample.device for sample in missing)
        if repair and missing:
            found.refused.update(sample.device for sample in _store(series, missing, log_ns))
        _settle(found, series, doubtful, log_ns, repair=repair)
        buckets = _buckets(samples, kept_ns)
        doubtful = series.unlike(buckets - seen - _buckets(missing, kept_ns))
        seen = buckets
    _settle(found, series, doubtful, log_ns, repair=repair)
    return found


def blind(log: FrameLog, from_ns: int) -> str:
    """Say from when on the log can tell; empty: it can tell all of a time."""
    begin = arrival(log, log.first())
    if log.first() <= 1 or begin is None or begin.received_ns <= from_ns:
        return ""
    return f"the log begins at {rfc3339(begin.received_ns)}: nobody can tell what is missing of the time before"


def limits(log: FrameLog, cursor: int, from_ns: int, to_ns: int) -> Iterator[str]:
    """Say what of a time is not held against the series, though the log has it or had it."""
    ahead = arrival(log, cursor + 1)
    if ahead is not None and ahead.received_ns < to_ns:
        yield f"not stored yet, and not compared: what arrived from {rfc3339(ahead.received_ns)} on"
    if (thinned := log.thinned_until()) and thinned >= position_before(log, from_ns):
        yield "the log was thinned: what it dropped stands in the gap ledger, and is not compared"


def _settle(found: Compared, series: SeriesStore, doubtful: set[Mark], log_ns: int, *, repair: bool) -> None:
    """Look again at roll-ups that were wrong a while ago: `write` may just have stored a point of them."""
    wrong = series.unlike(doubtful)
    found.rolled.update(str(mark.name) for mark in wrong)
    if repair and wrong:
        series.again(wrong | minutes_of(wrong), log_ns)  # an hour is made of all of its minutes


def _buckets(samples: Sequence[Sample], kept_ns: int) -> set[Mark]:
    points = ((sample.device, sample.point_ns) for sample in samples)
    whole = [(device, at_ns) for device, at_ns in points if at_ns // HOUR_NS * HOUR_NS >= kept_ns]
    return {Mark(step, device, at_ns // step * step) for device, at_ns in whole for step in (MINUTE_NS, HOUR_NS)}


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
