"""Beside role `write`: what happens to alarms, and how the pipeline is, as points for charts.

The records are what counts; this is a copy of them that Grafana can draw. It reads the journal behind a cursor of its
own, which moves after the points are stored: what a crash repeats replaces itself.
"""

import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Protocol

from alerting.texts import text
from domain.alarm import CANARY, Alarm
from domain.asset import Assets
from domain.record import JournalEntry
from store import alarm_line
from store.records import Records
from store.series import RefusedLine

_LOGGER = logging.getLogger(__name__)
READER = "mirror"
_ENTRIES = 500
_STANDING = 2_000  # more are not counted, as in the metrics
EVERY_NS = 10_000_000_000
SITES_EVERY_NS = 3_600_000_000_000


class Points(Protocol):
    """Takes lines (StoreUnavailable)."""

    def put(self, lines: Sequence[str]) -> Sequence[RefusedLine]: ...


class Mirror:
    """Copies step by step.

    Args:
        records: journal and alarms.
        points: where the lines go.
        assets: places of the sites, and names for the texts.
        health: numbers of our own health by reader of the log.
        clock_ns: wall clock.
        keep_ns: older lines of the journal would be refused: the series keep no points for so long.
        outboxes: numbers of what waits to be sent, by kind and target.
    """

    def __init__(
        self,
        records: Records,
        points: Points,
        *,
        assets: Assets,
        health: Callable[[], Mapping[str, Mapping[str, float]]],
        clock_ns: Callable[[], int],
        keep_ns: int,
        outboxes: Callable[[], Mapping[tuple[str, str], Mapping[str, float]]] = dict,
    ) -> None:
        self._records, self._points, self._assets, self._health = records, points, assets, health
        self._clock_ns, self._keep_ns, self._outboxes = clock_ns, keep_ns, outboxes
        self._due_ns = self._sites_due_ns = 0

    def step(self) -> bool:
        """Copy what is due; tell whether the journal has more (StoreUnavailable)."""
        now_ns = self._clock_ns()
        if not 0 < self._due_ns - now_ns <= EVERY_NS:  # also when the clock was set back
            self._put([*self._standing(now_ns), *self._pipeline(now_ns), *self._sites(now_ns)])
            self._due_ns = now_ns + EVERY_NS
        entries = self._records.journal(after=self._records.cursor(READER), limit=_ENTRIES)
        if not entries:
            return False
        kept = [entry for entry in entries if entry.time_ns > now_ns - self._keep_ns and entry.device != CANARY]
        self._put([self._event(entry) for entry in kept])
        with self._records.unit() as unit:
            unit.set_cursor(READER, entries[-1].seq)
        return len(entries) == _ENTRIES

    def _put(self, lines: Sequence[str]) -> None:
        if lines and (refused := self._points.put(lines)):
            _LOGGER.warning("mirror: %d points of alarms refused, such as: %s", len(refused), refused[0].text)

    def _event(self, entry: JournalEntry) -> str:
        alarm = as_it_was(self._records, entry)
        words = text(alarm, self._assets)["zh"]
        return alarm_line.event_line(entry, alarm.subject, self._assets.sites.get(entry.site), words)

    def _standing(self, now_ns: int) -> Iterator[str]:
        standing = self._records.alarms(standing=True, limit=_STANDING)
        for alarm in standing:
            words = text(alarm, self._assets)["zh"]
            yield alarm_line.active_line(alarm, self._assets.sites.get(alarm.site), words, now_ns)
        yield from alarm_line.count_lines(standing, now_ns)

    def _pipeline(self, now_ns: int) -> list[str]:
        ours = [alarm_line.pipeline_line(name, numbers, now_ns) for name, numbers in self._health().items()]
        return ours + [alarm_line.outbox_line(*who, numbers, now_ns) for who, numbers in self._outboxes().items()]

    def _sites(self, now_ns: int) -> list[str]:
        if 0 < self._sites_due_ns - now_ns <= SITES_EVERY_NS:
            return []
        self._sites_due_ns = now_ns + SITES_EVERY_NS
        places = [alarm_line.site_line(site, now_ns) for site in self._assets.sites.values()]
        return places + alarm_line.calibration_lines(self._assets.devices.values(), self._assets.sites, now_ns)


def as_it_was(records: Records, entry: JournalEntry) -> Alarm:
    """Give an alarm with the value, limit and priority that it had at an entry of the journal."""
    row = records.alarm(entry.alarm_id)
    alarm = row or Alarm(entry.alarm_id, entry.kind, entry.device, entry.device, entry.site, "")
    life = replace(alarm.life, level=entry.level)
    return replace(alarm, value=entry.value, limit=entry.limit, priority=entry.priority, life=life)
