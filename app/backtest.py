"""`gas-lifeline backtest`: the live decode, detectors and alarm life cycle over recorded frames, without a database.

The engine and the desk are those of role `watch`; only the log is a file that was recorded earlier, and the ticks are
made from its own times. So a recording of a real day raises what the service raised on that day.
"""

import sys
import time
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import BinaryIO

import msgspec

from alerting.memory import MemoryUnit
from alerting.texts import text, unit
from app.configuration import Configuration, load_configuration
from app.recording import Recorded, read_recordings
from app.roles.engine import Engine, Outcome
from app.roles.watch import desk_for
from app.simulate import create
from app.whatif import Change, compare
from domain.alarm import Alarm, StateLetter
from domain.asset import Assets, Site
from domain.errors import ConfigurationError
from domain.frame import CLOCK_TOPIC, TICK_TOPIC, Frame
from domain.record import JournalEntry
from ingest.slow import pack_offsets
from simulator.timetext import S_NS, instant_text, zone

_BITE, _BITE_NS = 2_000, 10 * S_NS
_RAISES = frozenset({"raise", "worsen", "realarm"})
_AT = zone(8)
_CHANGES = {"appears": "appear", "vanishes": "vanish", "moves": "move"}


class Backtest:
    """One run over one recording.

    Args:
        configuration: assets and rulebook to judge with.

    Attributes:
        frames: of devices, read so far.
        quarantined: frames with a refused part.
        raised: alarms raised, by kind.
    """

    def __init__(self, configuration: Configuration) -> None:
        self._assets = configuration.assets
        self._engine, self._desk = Engine(configuration), desk_for(configuration, ())
        self._unit = MemoryUnit()
        self.frames = self.quarantined = 0
        self.raised: Counter[str] = Counter()

    def run(self, recording: Iterable[Recorded]) -> Iterator[dict[str, object]]:
        """Give every alarm transition, in log order."""
        for bite in _bites(_with_ticks(recording)):
            outcome = self._engine.feed([*self._corrections(bite[0]), *bite])
            self.frames += sum(frame.topic != TICK_TOPIC for frame in bite)
            self.quarantined += len({entry.position for entry in outcome.quarantined})
            yield from self._steps(outcome)

    def _corrections(self, before: Frame) -> list[Frame]:
        """Say which clocks are slow, as role `watch` does at its ticks."""
        offsets = self._engine.offsets()
        if offsets is None:
            return []
        return [Frame(before.position, before.received_ns, CLOCK_TOPIC, pack_offsets(offsets))]

    def _steps(self, outcome: Outcome) -> Iterator[dict[str, object]]:
        for step in outcome.steps:
            self._desk.apply(self._unit, step.findings, step.log_ns)
            if step.tick:
                self._desk.advance(self._unit, step.log_ns, step.position)
            if self._unit.entries:
                yield from map(self._line, self._unit.entries)
                self._unit.entries.clear()

    def _line(self, entry: JournalEntry) -> dict[str, object]:
        alarm = self._unit.alarm(entry.alarm_id)
        assert alarm is not None  # noqa: S101 - the journal tells of rows alone
        self.raised[entry.kind] += entry.event == "raise"
        return alarm_line(alarm, entry, self._assets)


def _bites(frames: Iterable[Frame]) -> Iterator[list[Frame]]:
    """Cut into pieces of at most so many frames and seconds."""
    bite: list[Frame] = []
    for frame in frames:
        bite.append(frame)
        if len(bite) == _BITE or frame.received_ns >= bite[0].received_ns + _BITE_NS:
            yield bite
            bite = []
    if bite:
        yield bite


def _with_ticks(recording: Iterable[Recorded]) -> Iterator[Frame]:
    """Number the frames, and put a tick at each full second as role `watch` does."""
    position, tick_ns = 0, 0
    for received_ns, topic, payload in recording:
        tick_ns = tick_ns or received_ns // S_NS * S_NS
        while tick_ns <= received_ns:
            position += 1
            yield Frame(position, tick_ns, TICK_TOPIC, b"")
            tick_ns += S_NS
        position += 1
        yield Frame(position, received_ns, topic, payload)


def alarm_line(alarm: Alarm, entry: JournalEntry, assets: Assets) -> dict[str, object]:
    """Write an alarm as it stood at one transition: the Alarm of the HTTP contract, `transition` and `time`."""
    then = replace(alarm, value=entry.value, limit=entry.limit, life=replace(alarm.life, level=entry.level))
    site = assets.sites.get(alarm.site)
    return {
        "transition": entry.event,
        "time": instant_text(entry.time_ns, _AT),
        "id": alarm.id,
        "incident_id": entry.incident_id or None,
        "priority": entry.priority,
        "kind": entry.kind,
        "device": entry.device,
        "site": entry.site,
        "zone": alarm.zone,
        "state": {"letter": entry.after, "name": StateLetter(entry.after).name.lower()},
        "active": alarm.life.active,
        "acknowledged": alarm.life.acknowledged,
        "latched": alarm.life.latched,
        "occurrence": entry.occurrence,
        "level": entry.level,
        "value": entry.value,
        "limit": entry.limit,
        "unit": unit(alarm),
        "classification": alarm.classification or "unknown",
        "confidence": alarm.confidence,
        "location": _location(alarm, site),
        "first_time": instant_text(alarm.first_ns, _AT),
        "last_time": instant_text(entry.time_ns, _AT),
        "text": text(then, assets),
        "reasons": [alarm.reason] if alarm.reason else [],
        "linkage": {},
        "drill": alarm.drill,
    }


def _location(alarm: Alarm, site: Site | None) -> dict[str, object] | None:
    """Give the place that was found, else that of the site; and the likeliest pipes."""
    found = alarm.location
    here: dict[str, object] | None = {"lon": site.lon, "lat": site.lat} if site else None
    if found is None:
        return here
    place = here if found.lon is None else {"lon": found.lon, "lat": found.lat}
    pipes = [share._asdict() for share in found.pipes]
    return {**(place or {}), "within_m": found.within_m, "pipes": pipes, "elsewhere": found.elsewhere}


def run_backtest(paths: Sequence[Path], assets: Path, rulebook: Path, out: Path, against: Path | None = None) -> int:
    """Judge recordings and write one line for each alarm transition; print a summary, and what `against` says else."""
    first = next(read_recordings(paths), None)
    if first is None:
        raise ConfigurationError(f"{', '.join(map(str, paths))}: no frame; expected one JSON line for each")
    root = first.topic.rsplit("/", 3)[0]
    books = [rulebook] if against is None else [rulebook, against]
    configurations = [load_configuration(assets, book, root) for book in books]  # wrong ones are told before the work
    backtest, start_s = Backtest(configurations[0]), time.monotonic()
    with create(out) as file:
        lines, end_ns = _write(backtest, read_recordings(paths), file, keep=against is not None)
    _summary(backtest, (end_ns - first.received_ns) / S_NS, time.monotonic() - start_s)
    if against is not None:
        _print_changes(compare(Backtest(configurations[1]).run(read_recordings(paths)), lines), against)
    return 0


def _print_changes(changes: Sequence[Change], against: Path) -> None:
    counts = Counter(change.what for change in changes)
    told = ", ".join(f"{counts[what]} {word}" for what, word in _CHANGES.items())
    print(f"against {against}: {told}")  # noqa: T201 - the command's answer
    for change in changes:
        moved = f" by {change.by_s:+.1f} s" if change.what == "moves" else ""
        print(f"  {change.what:<8} {change.time} {change.kind} {change.device}{moved}: {change.text}")  # noqa: T201


def _write(
    backtest: Backtest, recording: Iterable[Recorded], file: BinaryIO, *, keep: bool
) -> tuple[list[dict[str, object]], int]:
    """Write the transitions; give them where they are kept, and the time of the last frame."""
    end_ns, kept = 0, list[dict[str, object]]()

    def noted() -> Iterator[Recorded]:
        nonlocal end_ns
        for frame in recording:
            end_ns = max(end_ns, frame.received_ns)
            yield frame

    for line in backtest.run(noted()):
        file.write(msgspec.json.encode(line) + b"\n")
        if keep:
            kept.append(line)
    return kept, end_ns


def _summary(backtest: Backtest, recorded_s: float, took_s: float) -> None:
    print(f"{backtest.frames} frames of {recorded_s / 3600:.2f} h, {backtest.quarantined} quarantined")  # noqa: T201
    for kind, count in sorted(backtest.raised.items()):
        if count:
            print(f"  {kind:<20} {count:>6} raised")  # noqa: T201
    speed = recorded_s / took_s if took_s else 0.0
    print(f"{took_s:.1f} s, {speed:.0f} times real time", file=sys.stderr)  # noqa: T201
