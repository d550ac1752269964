"""Tells a terminal what happens to alarms, one line for each transition that a person cares for."""

import threading
from dataclasses import replace
from typing import TextIO

from alerting.texts import text
from domain.alarm import Alarm
from domain.asset import Assets
from domain.record import JournalEntry
from store.records import Records

_TOLD = frozenset({"raise", "worsen", "realarm", "return", "acknowledge", "reset"})
_RAISES = frozenset({"raise", "worsen", "realarm"})
_IDLE_S = 0.1


class Storyteller:
    """Follows the journal.

    Args:
        records: with the journal.
        assets: for the names of places.
        out: where the lines go.
    """

    def __init__(self, records: Records, assets: Assets, out: TextIO) -> None:
        self._records, self._assets, self._out = records, assets, out
        self._seq = 0

    def run(self, stop: threading.Event) -> None:
        while not stop.wait(_IDLE_S):
            self._tell()
        self._tell()

    def _tell(self) -> None:
        while entries := self._records.journal(after=self._seq):
            self._seq = entries[-1].seq
            for entry in entries:
                alarm = self._records.alarm(entry.alarm_id) if entry.event in _TOLD else None
                if alarm is not None:
                    what = text(_as_it_was(alarm, entry), self._assets)
                    print(
                        f"P{entry.priority} {entry.event:<11} {what['zh']}  |  {what['en']}", file=self._out, flush=True
                    )


def _as_it_was(alarm: Alarm, entry: JournalEntry) -> Alarm:
    return replace(alarm, value=entry.value, limit=entry.limit, life=replace(alarm.life, level=entry.level))


def occurrences(records: Records) -> list[dict[str, object]]:
    """Give one entry for each occurrence of each alarm, in the order in which they were raised."""
    entries: list[JournalEntry] = []
    while more := records.journal(after=entries[-1].seq if entries else 0):
        entries += more
    return [
        {
            "id": entry.alarm_id,
            "occurrence": entry.occurrence,
            "kind": entry.kind,
            "priority": entry.priority,
            "level": entry.level,
            "device": entry.device,
            "site": entry.site,
            "incident_id": entry.incident_id,
            "event": entry.event,
            "position": entry.position,
            "time_ns": entry.time_ns,
            "value": entry.value,
            "limit": entry.limit,
        }
        for entry in entries
        if entry.event in _RAISES
    ]
