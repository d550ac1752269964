"""Fills a target's outbox: from journal, steps and hazard ledger by cursor, and from the registry where it changed.

Nothing depends on the connector having run: journal and steps stay, the cursors wait, and the same lines give the same
records under the same keys.
"""

import hashlib
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from typing import NamedTuple, Protocol

import msgspec

from alerting.events import Effect
from domain.alarm import CANARY, SYSTEM, Alarm, AlarmKind
from domain.cylinder import Move, standing
from domain.handling import HandlingStep
from domain.hazard import Hazard, HazardEvent
from domain.instruction import Reply
from domain.parcel import Parcel, ParcelState
from domain.record import JournalEntry
from lifeline.canon import Canon
from lifeline.records import RANKS, Linkage, Record
from lifeline.story import Story, follow, handle, tell

_ROUND = 500
_STORIES = 5_000
"""Alarms that are remembered; one that is not is told anew from the journal."""
_AGAIN_NS = 3_600_000_000_000
"""So often are sites and devices told anew at most when cylinders came and went, or devices fell silent."""
_OURS = frozenset({CANARY, SYSTEM})
Line = JournalEntry | HandlingStep


class Records(Protocol):
    """What is needed of the records database: `store.records.Records`."""

    def journal(self, *, after: int = 0, limit: int = 500) -> list[JournalEntry]: ...
    def life_lines(self, alarm_id: str, until: int) -> list[JournalEntry]: ...
    def steps_after(self, seq: int, limit: int) -> list[HandlingStep]: ...
    def steps(self, incident_id: str) -> list[HandlingStep]: ...
    def alarms_of(self, incident_id: str) -> list[str]: ...
    def alarms_at(self, device: str, site: str) -> list[str]: ...
    def devices_under(self, kind: AlarmKind) -> list[str]: ...
    def alarm(self, alarm_id: str) -> Alarm | None: ...
    def hazard_events_after(self, seq: int, limit: int) -> list[HazardEvent]: ...
    def replies_after(self, target: str, seq: int, limit: int) -> list[Reply]: ...
    def last_delivery(self) -> int: ...
    def cylinder_moves(self) -> list[Move]: ...
    def hazards_named(self, ids: Collection[str]) -> dict[str, Hazard]: ...
    def cursor(self, reader: str) -> int: ...
    def count_parcels(self, target: str, state: ParcelState) -> int: ...
    def newest_versions(self, target: str, kind: str) -> dict[str, str]: ...
    def enqueue(self, parcels: Sequence[Parcel], cursors: Mapping[str, int]) -> None: ...


class Linkages(Protocol):
    """Tells when valve and fan acted: `lifeline.linkage.Linkages`."""

    def of(self, story: Story) -> Linkage: ...


class _Registry(NamedTuple):
    """What sites and devices say besides the registry.

    Attributes:
        delivery: the last of cylinders.
        silent: devices from which nothing comes.
    """

    delivery: int
    silent: frozenset[str]


class _At(NamedTuple):
    """How far journal and steps are read."""

    line: int
    step: int


class Collector:
    """Fills the outbox of one target.

    Args:
        records: to read from and to fill.
        target: name of it.
        canon: writes the records.
        kinds: that the target wants.
        most: parcels that may wait; beyond, the rest stays in the journal.
        clock_ns: wall clock.
        linkages: None: alarms go out without.
        states: the target hears of the states of devices alone: of an alarm that begins, worsens, rings again or ends,
            and of the others that stand at the same device.
    """

    def __init__(
        self,
        records: Records,
        target: str,
        canon: Canon,
        *,
        kinds: Sequence[str],
        most: int,
        clock_ns: Callable[[], int],
        linkages: Linkages | None = None,
        states: bool = False,
    ) -> None:
        self._records, self._target, self._canon, self._kinds = records, target, canon, frozenset(kinds)
        self._states, self._beside = states, dict[tuple[str, str], set[str]]()
        self._most, self._clock_ns, self._linkages = most, clock_ns, linkages
        self._stories: dict[str, Story | None] = {}
        self._wants_hazards, self._wants_replies = "hazard" in kinds, "reply" in kinds
        self._registered: tuple[_Registry | None, int] = None, -_AGAIN_NS

    def work(self) -> int:
        """Read one round; give the number of lines and steps (StoreUnavailable)."""
        self._register()
        if self._records.count_parcels(self._target, ParcelState.WAITING) >= self._most:
            return 0
        names = cursors(self._target)
        at = _At(self._records.cursor(names.line), self._records.cursor(names.step))
        lines = self._records.journal(after=at.line, limit=_ROUND)
        steps = self._records.steps_after(at.step, _ROUND)
        merged = list(_merged(lines, steps))
        parcels: list[Parcel] = []
        try:
            for found in merged:
                if isinstance(found, JournalEntry):
                    at = at._replace(line=found.seq)
                    parcels += self._line(found, at)
                else:
                    at = at._replace(step=found.seq)
                    parcels += self._step(found, at)
            if merged:
                self._records.enqueue(parcels, {names.line: at.line, names.step: at.step})
        except BaseException:
            self._stories.clear()  # they are ahead of the cursors now
            raise
        return len(merged) + self._hazards(names.hazard) + self._replies(names.reply)

    def _hazards(self, cursor: str) -> int:
        """Enqueue the hazards about which something was done, as they stand now; once for each round."""
        events = self._records.hazard_events_after(self._records.cursor(cursor), _ROUND) if self._wants_hazards else []
        if not events:
            return 0
        last = {event.hazard_id: event.seq for event in events}
        parcels: list[Parcel] = []
        for _, hazard in sorted(self._records.hazards_named(last).items()):
            said = self._canon.hazard(hazard, self._clock_ns())
            parcels += self._parcel("hazard", hazard.id, f"h{last[hazard.id]}", said)
        self._records.enqueue(parcels, {cursor: events[-1].seq})
        return len(events)

    def _replies(self, cursor: str) -> int:
        if not self._wants_replies:
            return 0
        replies = self._records.replies_after(self._target, self._records.cursor(cursor), _ROUND)
        if replies:
            parcels: list[Parcel] = []
            for one in replies:
                parcels += self._parcel("reply", one.instruction_id, f"r{one.seq}", self._canon.reply(one))
            self._records.enqueue(parcels, {cursor: replies[-1].seq})
        return len(replies)

    def _line(self, line: JournalEntry, at: _At) -> Iterator[Parcel]:
        if line.device in _OURS or line.site in _OURS:
            return
        before = self._story(line.alarm_id, at._replace(line=line.seq - 1))
        after = follow(before, line)
        self._keep(line.alarm_id, after)
        if after is None:
            return
        if self._differs(after, before):
            yield from self._alarm(after, f"j{line.seq}", at)
        if line.event == Effect.ACKNOWLEDGED:
            yield from self._parcel("disposal", after.alarm_id, f"j{line.seq}", self._canon.acknowledged(after))

    def _step(self, step: HandlingStep, at: _At) -> Iterator[Parcel]:
        for name in self._records.alarms_of(step.incident_id):
            before = self._story(name, at._replace(step=step.seq - 1))
            row = self._records.alarm(name)
            if before is None or step.incident_id not in {before.entry.incident_id, row.incident_id if row else ""}:
                continue
            after = handle(before, step)
            self._keep(name, after)
            yield from self._parcel("disposal", after.alarm_id, f"s{step.seq}", self._canon.disposal(after, step))
            if self._differs(after, before):
                yield from self._alarm(after, f"s{step.seq}", at)

    def _differs(self, after: Story, before: Story | None) -> bool:
        return after.turns(before) if self._states else after.differs(before)

    def _alarm(self, story: Story, version: str, at: _At) -> Iterator[Parcel]:
        row = self._records.alarm(story.entry.alarm_id)
        linkage = self._linkages.of(story) if self._linkages and "alarm" in self._kinds else Linkage()
        standing = self._standing(story, at) if self._states else ()
        said = self._canon.alarm(story, row, linkage, standing)
        yield from self._parcel("alarm", story.alarm_id, version, said)

    def _standing(self, story: Story, at: _At) -> list[str]:
        """Name the kinds of what stands at the place of an alarm at this point of journal and steps."""
        place = story.entry.device, story.entry.site
        names = self._beside.get(place)
        if names is None:
            names = self._beside[place] = set(self._records.alarms_at(*place))
        names.add(story.entry.alarm_id)
        found = (self._story(name, at) for name in sorted(names))
        return sorted({one.entry.kind.value for one in found if one is not None and one.stands})

    def _parcel(self, kind: str, record: str, version: str, said: Record) -> Iterator[Parcel]:
        if kind in self._kinds:
            body = msgspec.json.encode(said).decode()
            yield Parcel(self._target, kind, record, version, body, RANKS[kind], self._clock_ns())

    # ------------------------------------------------------------ stories

    def _story(self, alarm_id: str, at: _At) -> Story | None:
        if alarm_id not in self._stories:
            story = tell(self._records.life_lines(alarm_id, at.line))
            for step in self._records.steps(story.entry.incident_id) if story else ():
                if step.seq <= at.step and story and step.time_ns >= story.first_ns:
                    story = handle(story, step)
            self._keep(alarm_id, story)
        return self._stories[alarm_id]

    def _keep(self, alarm_id: str, story: Story | None) -> None:
        self._stories.pop(alarm_id, None)
        self._stories[alarm_id] = story
        if len(self._stories) > _STORIES:
            self._stories.pop(next(iter(self._stories)))

    # ------------------------------------------------------------ the registry

    def _register(self) -> None:
        """Enqueue sites and devices that are new or changed since they were sent; what moves, hourly at most."""
        now_ns, assets = self._clock_ns(), self._canon.assets
        told, told_ns = self._registered
        if now_ns - told_ns < _AGAIN_NS:
            return
        silent = frozenset(self._records.devices_under(AlarmKind.DEVICE_SILENT))
        if (found := _Registry(self._records.last_delivery(), silent)) == told:
            return
        there = standing(assets.cylinders, self._records.cylinder_moves())
        sites = {site.id: self._canon.site(site, now_ns, there.get(site.id, ())) for site in assets.sites.values()}
        devices = {name: self._canon.device(one, now_ns, silent=name in silent) for name, one in assets.devices.items()}
        parcels = [*self._changed("site", sites), *self._changed("device", devices)]
        self._records.enqueue(parcels, {})
        self._registered = found, now_ns

    def _changed(self, kind: str, found: Mapping[str, Record]) -> Iterator[Parcel]:
        known = self._records.newest_versions(self._target, kind)
        for name, record in found.items():
            digest = hashlib.sha256(msgspec.json.encode(msgspec.structs.replace(record, time=""))).hexdigest()[:16]
            if known.get(name, "").split("@")[0] != digest:
                yield from self._parcel(kind, name, f"{digest}@{self._clock_ns()}", record)


class Cursors(NamedTuple):
    """Names of the cursors of a target."""

    line: str
    step: str
    hazard: str
    reply: str


def cursors(target: str) -> Cursors:
    parts = ("journal", "steps", "hazards", "replies")
    return Cursors(*(f"city/{target}/{part}" for part in parts))


def _merged(lines: Sequence[JournalEntry], steps: Sequence[HandlingStep]) -> Iterator[Line]:
    """Put lines and steps into one order by their time, each kept in its own order.

    What comes after the end of a full round of the one is left for the next round of the other.
    """
    line, step = 0, 0
    while line < len(lines) or step < len(steps):
        if line == len(lines):
            if len(lines) == _ROUND:
                return
            yield from steps[step:]
            return
        if step == len(steps):
            if len(steps) == _ROUND:
                return
            yield from lines[line:]
            return
        if lines[line].time_ns <= steps[step].time_ns:
            yield lines[line]
            line += 1
        else:
            yield steps[step]
            step += 1
