"""What is hidden from the operators, and the line of the journal that hid it."""

from collections.abc import Collection

from alerting.events import Effect
from api.services import Records
from domain.alarm import Alarm, StateLetter
from domain.record import JournalEntry

HIDDEN = {
    StateLetter.SHELVED: Effect.SHELVED,
    StateLetter.SUPPRESSED_BY_DESIGN: Effect.SUPPRESSED,
    StateLetter.OUT_OF_SERVICE: Effect.TAKEN_OUT,
}
"""States in which nobody is asked, and what led there."""
_MOST = 2_000


def hidden(records: Records, sites: Collection[str] | None = None) -> list[tuple[Alarm, JournalEntry | None]]:
    """Give all that is hidden at these sites, or at all."""
    found = [alarm for letter in HIDDEN for alarm in records.alarms(state=letter, sites=sites, limit=_MOST)]
    lines = records.latest_lines([alarm.id for alarm in found], [*HIDDEN.values()])
    hid = {(line.alarm_id, line.event): line for line in lines}
    return [(alarm, hid.get((alarm.id, HIDDEN[alarm.life.letter]))) for alarm in found]
