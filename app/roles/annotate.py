"""Beside role `write`: tells Grafana of each alarm, when it asks for a person and when it is over.

It reads the journal behind a cursor of its own. While Grafana is away the cursor waits, and the journal keeps it all.
"""

import logging

from alerting.texts import text
from app.roles.mirror import as_it_was
from domain.asset import Assets
from domain.record import JournalEntry
from grafana.annotations import Annotations, annotate, matters
from grafana.publisher import Refused
from store.records import Records

_LOGGER = logging.getLogger(__name__)
READER = "grafana"
_ENTRIES = 50  # that a crash has done again


class Annotate:
    """Reads on step by step.

    Args:
        records: journal and alarms.
        kept: Grafana.
        assets: names for the texts.
    """

    def __init__(self, records: Records, kept: Annotations, assets: Assets) -> None:
        self._records, self._kept, self._assets = records, kept, assets

    def step(self) -> bool:
        """Tell Grafana of some entries; tell whether there may be more (StoreUnavailable)."""
        entries = self._records.journal(after=self._records.cursor(READER), limit=_ENTRIES)
        if not entries:
            return False
        for entry in filter(matters, entries):
            self._tell(entry)
        with self._records.unit() as unit:
            unit.set_cursor(READER, entries[-1].seq)
        return len(entries) == _ENTRIES

    def _tell(self, entry: JournalEntry) -> None:
        alarm = as_it_was(self._records, entry)
        try:
            annotate(self._kept, entry, text(alarm, self._assets)["zh"])
        except Refused as error:  # the others must not wait for ever; the journal has it all the same
            _LOGGER.error("no annotation of journal entry %d: %s", entry.seq, error)  # noqa: TRY400 - one line
