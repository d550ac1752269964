"""Times at which an alarm stood, as annotations of Grafana: opened when it asks for a person, closed when it is normal.

Grafana holds the state: an annotation is found by its tags, never by a number that we would have to keep. The tag of
the newest journal entry says how far this was done, so that a repetition after a crash does nothing. The entry's time
is in it: records that were restored count on from an older number. Older ones are taken off, for Grafana refuses tags
of more than 500 characters in all.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Protocol

from domain.alarm import CANARY, StateLetter
from domain.record import JournalEntry
from grafana.publisher import Annotation

OPEN = "open"
_ANNUNCIATED, _JOURNAL = "annunciate", "journal:"


class Annotations(Protocol):
    """What keeps them (StoreUnavailable; Refused): `grafana.publisher.Grafana`."""

    def find(self, *tags: str) -> Sequence[Annotation]: ...
    def open(self, time_ms: int, text: str, tags: Sequence[str]) -> int: ...
    def change(self, annotation_id: int, changes: Mapping[str, Any]) -> None: ...


def matters(entry: JournalEntry) -> bool:
    """Tell whether an entry of the journal begins, repeats or ends a time at which an alarm stands."""
    return entry.device != CANARY and (entry.event == _ANNUNCIATED or _ends(entry))


def annotate(kept: Annotations, entry: JournalEntry, text: str) -> None:
    """Do what an entry that matters asks for; a second time it does nothing."""
    alarm, done = f"alarm:{entry.alarm_id}", f"{_JOURNAL}{entry.seq}-{_ms(entry)}"
    found = kept.find(alarm)
    if any(_reaches(tag, entry) for one in found for tag in one.tags):
        return
    standing = next((one for one in found if OPEN in one.tags), None)
    if standing is None:
        if not _ends(entry):
            kept.open(_ms(entry), text, [alarm, f"site:{entry.site}", f"kind:{entry.kind}", done, OPEN])
    elif _ends(entry):
        tags = [*(tag for tag in _lasting(standing) if tag != OPEN), done]
        kept.change(standing.id, {"timeEnd": max(_ms(entry), standing.time), "tags": tags})
    else:
        kept.change(standing.id, {"text": text, "tags": [*_lasting(standing), done]})


def _lasting(standing: Annotation) -> list[str]:
    return [tag for tag in standing.tags if not tag.startswith(_JOURNAL)]


def _reaches(tag: str, entry: JournalEntry) -> bool:
    """Tell whether a tag is of this entry or a later one: neither number nor time alone tells, both may be set back."""
    seq, _, ms = tag.removeprefix(_JOURNAL).partition("-")
    return tag.startswith(_JOURNAL) and entry.seq <= int(seq) and _ms(entry) <= int(ms)


def _ends(entry: JournalEntry) -> bool:
    return entry.after is StateLetter.NORMAL and entry.before is not StateLetter.NORMAL


def _ms(entry: JournalEntry) -> int:
    return entry.time_ns // 1_000_000
