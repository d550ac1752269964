"""What the live stream says: the snapshot of everything that stands, and each change after it."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from api import models, stream_out, views
from api.board import Board, Status
from api.events import Event
from api.scope import Sight
from api.services import Reader, Services
from api.times import rfc3339, rfc3339_or_none
from api.views import Views
from domain.record import JournalEntry

_MISSED = 500
_STANDING = 2_000
"""More alarms than any screen can show; the snapshot says when it leaves some out."""


@dataclass(frozen=True, slots=True)
class Facts:
    """How the pipeline stands.

    Attributes:
        readers: of the frame log, by name.
        newest_ns: newest sample time of any device, 0 for none.
        totals: counts over the devices within each scope that somebody looks at.
    """

    readers: Mapping[str, Reader] = field(default_factory=dict)
    newest_ns: int = 0
    totals: Mapping[Sight, models.SiteState] = field(default_factory=dict)


class Live:
    """Writes the events (every method that reads blocks: call it in a thread).

    Args:
        services: records and clock.
        board: how the devices stand.
        views: shapes of alarms and devices.
    """

    def __init__(self, services: Services, board: Board, views: Views) -> None:
        self._services, self._board, self._views = services, board, views

    def last(self) -> int:
        return self._services.records.last_journal()

    def facts(self, sights: Iterable[Sight]) -> Facts:
        totals = {sight: self._totals(sight) for sight in sights}
        return Facts(self._services.log_status(), self._board.newest_ns, totals)

    def journal(self, after: int) -> list[Event]:
        """Tell the transitions after `after`, each with the alarm as it stands now."""
        records = self._services.records
        entries = records.journal(after=after)
        found = {name: records.alarm(name) for name in {entry.alarm_id for entry in entries}}
        rows = {name: self._views.alarm(alarm) for name, alarm in found.items() if alarm is not None}
        return [
            Event(
                "alarm",
                entry.seq,
                stream_out.AlarmEvent(
                    transition=views.transition(entry), alarm=rows.get(entry.alarm_id)
                ).model_dump_json(),
                site=entry.site,
            )
            for entry in entries
        ]

    def devices(self, changed: Iterable[Status], sights: Iterable[Sight]) -> list[Event]:
        """Tell the devices that look different, to each scope with the counts over what it holds."""
        changed = list(changed)
        totals = {sight: self._totals(sight) for sight in sights} if changed else {}
        return [
            Event("device", 0, self._device(status, totals[sight]).model_dump_json(), sight=sight)
            for sight in totals
            for status in changed
            if sight.sees(status.device.site)
        ]

    def _device(self, status: Status, totals: models.SiteState) -> stream_out.DeviceEvent:
        site = status.device.site
        state = views.site_state(site, self._board.tally(self._board.at(site)))
        return stream_out.DeviceEvent(device=self._views.device(status), site=state, totals=totals)

    def _totals(self, sight: Sight) -> models.SiteState:
        return views.site_state("", self._board.tally(self._board.seen(sight)))

    def health(self, facts: Facts, age_s: float, sight: Sight) -> str:
        now_ns = self._services.clock_ns()
        return stream_out.Health(
            server_time=rfc3339(now_ns),
            age_s=views.finite(age_s),
            newest_reading_time=rfc3339_or_none(facts.newest_ns),
            newest_reading_age_s=(now_ns - facts.newest_ns) / 1e9 if facts.newest_ns else None,
            readers={name: models.ReaderOut(**reader._asdict()) for name, reader in facts.readers.items()},
            totals=facts.totals.get(sight),
        ).model_dump_json()

    def snapshot(self, last: int | None, sight: Sight) -> Event:
        """Tell everything within a scope that stands, and what the screen missed since journal entry `last`."""
        as_of = self.last()  # before the rows: what is told twice does no harm, what is told never does
        alarms = self._services.records.alarms(standing=True, sites=sight.sites, limit=_STANDING)
        missed, missed_count = self._missed(last, as_of, sight)
        shown = Counter(str(alarm.priority) for alarm in alarms if not alarm.life.suppressed)
        snapshot = stream_out.Snapshot(
            as_of=as_of,
            server_time=rfc3339(self._services.clock_ns()),
            counts={priority: shown[priority] for priority in "1234"},
            unacknowledged=sum(alarm.life.annunciated for alarm in alarms),
            suppressed=sum(alarm.life.suppressed for alarm in alarms),
            alarms=[self._views.alarm(alarm) for alarm in alarms],
            truncated=len(alarms) == _STANDING,
            sites=self._abnormal_sites(sight),
            totals=self._totals(sight),
            missed=missed,
            missed_count=missed_count,
        )
        return Event("snapshot", as_of, snapshot.model_dump_json())

    def _missed(self, last: int | None, as_of: int, sight: Sight) -> tuple[list[models.TransitionOut], int]:
        if last is None or not 0 <= last < as_of:
            return [], 0
        records = self._services.records
        entries = records.journal(after=last, limit=_MISSED + 1, sites=sight.sites)
        if len(entries) > _MISSED:
            return [], records.count_journal(last, sight.sites)
        missed = [views.transition(entry) for entry in entries if entry.seq <= as_of]
        return missed, len(missed)

    def _abnormal_sites(self, sight: Sight) -> list[models.SiteState]:
        seen = sight.among(self._services.assets.sites)
        tallies = ((site, self._board.tally(self._board.at(site))) for site in seen)
        return [views.site_state(site, t) for site, t in tallies if t.offline or t.stale or t.valves_closed]


def _alarm(entry: JournalEntry, alarm: models.AlarmOut | None) -> Event:
    told = stream_out.AlarmEvent(transition=views.transition(entry), alarm=alarm)
    return Event("alarm", entry.seq, told.model_dump_json(), site=entry.site)
