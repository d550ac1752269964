"""Set a reader of the log back: what it does is the same again, so whatever it had done well changes nothing."""

from app.series import SeriesStore
from app.wiring import Wiring
from domain.errors import ConfigurationError
from domain.record import AuditEntry
from store.records import Records


def replay(wiring: Wiring, reader: str, start: int, user: str, now_ns: int) -> int:
    """Have a stopped reader read again from a position on; give where it was.

    `write` stores the same points again. `watch` goes on from its newest snapshot before the position; those behind it
    are set aside. An input at or before an alarm's own position changes nothing, so only what it had missed is added.

    Args:
        wiring: of the installation.
        reader: `write` or `watch`.
        start: first position to be read again.
        user: who wants it, for the audit.
        now_ns: when.

    Raises:
        ConfigurationError: the log does not hold that position, or the reader has not reached it.
    """
    records, series = wiring.records(), wiring.series()
    before = series.cursor() if reader == "write" else records.cursor(reader)
    _refuse(wiring, start, before)
    entry = AuditEntry(now_ns, user, "log_replay", reader, f"from {before} back to {start - 1}")
    if reader == "write":
        _set_back_write(series, records, start - 1, entry)
    else:
        _set_back_watch(wiring, records, start - 1, entry)
    return before


def _refuse(wiring: Wiring, start: int, cursor: int) -> None:
    first = max(wiring.log().first(), 1)
    if start < first:
        raise ConfigurationError(f"log replay: position {start} is not in the log any more; expected {first} or later")
    if start > cursor:
        raise ConfigurationError(f"log replay: position {start} was not read yet; expected {cursor} or earlier")


def _set_back_write(series: SeriesStore, records: Records, position: int, entry: AuditEntry) -> None:
    with records.unit() as unit:  # first: rather an entry of what failed than a deed without one
        unit.audit(entry)
    series.write([], cursor=position, frames=0)


def _set_back_watch(wiring: Wiring, records: Records, position: int, entry: AuditEntry) -> None:
    snapshots, log = wiring.snapshots(), wiring.log()
    begins = snapshots.newest_before(position)
    thinned = log.thinned_until()
    if thinned > begins:
        raise ConfigurationError(
            f"log replay: watch would begin at {begins}, and the log was thinned up to {thinned}; "
            f"expected a position after a snapshot behind that"
        )
    snapshots.set_aside(position)
    with records.unit() as unit:
        unit.set_cursor("watch", position)
        unit.audit(entry)
