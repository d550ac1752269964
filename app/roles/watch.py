"""Role `watch`: read the log, detect, and commit every alarm transition together with its log position."""

import logging
import threading
import time
from collections.abc import Callable, Sequence

import msgspec

from alerting.autoclose import Wish
from alerting.desk import Desk
from alerting.fusion import Numbers
from app.configuration import Configuration
from app.inforce import configuration_in_force
from app.readers import WATCH
from app.roles.duty import DutyWatch
from app.roles.engine import Engine, Outcome
from app.roles.health import HealthWatch
from app.roles.ourselves import Health
from app.roles.recorder import Entry, Recorder
from app.thinning import THINNED
from domain.errors import StoreUnavailable
from domain.finding import Finding
from domain.frame import CLOCK_TOPIC, CONFIGURATION_TOPIC, HEALTH_TOPIC, TICK_TOPIC, Frame
from domain.record import DeviceState
from domain.rulebook import Rulebook
from ingest.slow import pack_offsets
from store.framelog import FrameLog
from store.records import Records
from store.snapshot import SnapshotStore

__all__ = ["Watch", "desk_for"]

_LOGGER = logging.getLogger(__name__)
_BITE = 2_000  # frames: small enough that a tick is never late by more than a fraction of a second
_TICK_NS = 1_000_000_000
_SNAPSHOT_S, _SNAPSHOT_FRAMES = 30.0, 5_000
_SNAPSHOT_SHARE = 0.02  # of the time may go into snapshots: those of a large city are large
_DEVICES_EVERY_NS = 5_000_000_000
_IDLE_S = 0.01
_LAST_BITES_S = 3.0  # after a stop; what is left is for the next start
_MOST_STRETCHES = 1_000_000


class Watch:
    """The loop around the engine.

    Attributes:
        position: of the last frame that was read.
        findings: of the detectors, recorded since the start.

    Args:
        log: frames, ticks and configurations.
        records: alarms, journal and outbox.
        snapshots: of the engine.
        configuration: from the files; where the log's is another, it is appended and holds from there on.
        channels: names of the channels that can be used.
        clock_ns: wall clock, for ticks alone.
        url: of the console as people reach it; "" where notices carry no link.
        health: measures ourselves; None in a replay.
        duty: looks for gaps in the duty plan; None in a replay.
        committed: told (position, wall clock) after each commit that held transitions.
        took: told the log time of the first of them.
        unrecorded: told at once of a finding of priority 1 that waits for the records.
        order: told what the closing rule wishes; by default nothing is done, as in a replay.
    """

    def __init__(
        self,
        *,
        log: FrameLog,
        records: Records,
        snapshots: SnapshotStore,
        configuration: Configuration,
        channels: Sequence[str],
        clock_ns: Callable[[], int],
        url: str = "",
        health: HealthWatch | None = None,
        duty: DutyWatch | None = None,
        committed: Callable[[int, int], None] = lambda _position, _now_ns: None,
        took: Callable[[int], None] = lambda _log_ns: None,
        unrecorded: Callable[[Finding], None] = lambda _finding: None,
        order: Callable[[Wish], None] = lambda _wish: None,
    ) -> None:
        self._order = order
        self._log, self._records, self._snapshots = log, records, snapshots
        self._clock_ns, self._health, self._duty = clock_ns, health, duty
        self._devices: dict[str, DeviceState] = {}
        self._devices_due_ns = 0
        self._untold: list[Health] = []
        self._snapshot_position, self._snapshot_s, self._snapshot_pause_s = 0, time.monotonic(), 0.0
        self._start(configuration)

        def told(position: int, log_ns: int) -> None:
            committed(position, clock_ns())
            took(log_ns)

        self._recorder = Recorder(
            records=records,
            desk_for=lambda found: desk_for(found, channels, url),
            configuration=self._engine.configuration,
            stop=threading.Event(),
            committed=told,
            unrecorded=unrecorded,
        )

    @property
    def findings(self) -> int:
        return self._recorder.findings

    def _start(self, configuration: Configuration) -> None:
        """Restore the newest usable snapshot or begin at the oldest frame; put a changed configuration into the log."""
        newest = self._snapshots.newest()
        recorded = self._records.cursor(WATCH)
        if newest and newest[0] > recorded:  # another database, or an older one: what it lacks is found in the log
            _LOGGER.warning("snapshot at %d not used: the records end at %d", newest[0], recorded)
            newest = None
        self.position = newest[0] if newest else max(0, self._log.first() - 1)
        self._engine = Engine(configuration_in_force(self._log, self.position) or configuration)
        if newest:
            self._restore(*newest)
        if self._log.thinned_until() > self.position:
            self._engine.forgive(self._records.gaps(reason=THINNED, limit=_MOST_STRETCHES))
        self._clocks_known = self._log.last()  # nobody decides on clocks before it has read what was decided
        latest = configuration_in_force(self._log, self._log.last())
        if latest is None or latest.version != configuration.version:
            self._log.append([(self._clock_ns(), CONFIGURATION_TOPIC, configuration.packed)])

    def _restore(self, position: int, blob: bytes) -> None:
        try:
            self._engine.restore(blob)
        except ValueError as error:
            self.position = max(0, self._log.first() - 1)
            _LOGGER.warning("snapshot at %d not used: %s; reading the log from %d", position, error, self.position)
            self._engine = Engine(configuration_in_force(self._log, self.position) or self._engine.configuration)

    def run(self, stop: threading.Event) -> None:
        """Follow the log and tick until `stop`."""
        self._recorder.stop = stop
        next_tick_ns = 0
        while not stop.is_set():
            now_ns = self._clock_ns()
            if now_ns >= next_tick_ns or now_ns < next_tick_ns - 2 * _TICK_NS:  # the second: the clock was set back
                self._tick(now_ns)
                next_tick_ns = (now_ns // _TICK_NS + 1) * _TICK_NS
            if not self.bite():
                stop.wait(_IDLE_S)
            if self._snapshot_due() and not self._recorder.holding:  # a start from it would not find what is held
                self.save_snapshot()
        deadline_s = time.monotonic() + _LAST_BITES_S
        while time.monotonic() < deadline_s and self.bite():
            pass
        self.save_snapshot()

    def _tick(self, now_ns: int) -> None:
        try:
            self._log.append([(now_ns, TICK_TOPIC, b"")])
            self._untold += [] if self._health is None else self._health.changes(now_ns, self.position)
            self._untold += [] if self._duty is None else self._duty.changes(now_ns)
            self._log.append([(now_ns, HEALTH_TOPIC, msgspec.json.encode(health)) for health in self._untold])
            self._untold.clear()
            self._correct_clocks(now_ns)
        except StoreUnavailable as error:
            _LOGGER.error("tick: %s", error)  # noqa: TRY400 - the line says it all; deadlines wait for the next tick

    def _correct_clocks(self, now_ns: int) -> None:
        offsets = self._engine.offsets()
        if offsets is not None and self.position >= self._clocks_known:
            self._clocks_known = self._log.append([(now_ns, CLOCK_TOPIC, pack_offsets(offsets))])

    def bite(self) -> bool:
        """Take one bite of the log; tell whether there was one, or one still waits for the records."""
        frames = [] if self._recorder.full else self._log.read(self.position, _BITE)
        if not frames:
            return self._recorder.settle(_IDLE_S)
        outcome = self._engine.feed(frames)
        self._record(frames, outcome)
        for wish in outcome.wishes:
            self._order(wish)
        self.position = frames[-1].position
        return True

    def _record(self, frames: Sequence[Frame], outcome: Outcome) -> None:
        self._devices |= {state.device: state for state in outcome.devices}
        due = frames[-1].received_ns >= self._devices_due_ns
        ledgers = outcome.quarantined or outcome.gaps or outcome.dropped_gaps or outcome.commands or outcome.deliveries
        if not (outcome.steps or due or ledgers):
            return
        states = tuple(self._devices.values()) if due else ()
        self._recorder.take(Entry(frames[-1].position, len(frames), outcome, states))
        if due:
            self._devices.clear()
            self._devices_due_ns = frames[-1].received_ns + _DEVICES_EVERY_NS

    def save_snapshot(self) -> None:
        """Keep the engine's state, so that a restart reads little of the log again."""
        start_s = time.monotonic()
        try:
            with self._records.unit() as unit:  # a start from here does not hear again of what these said
                unit.devices(self._devices.values())
                unit.set_cursor(WATCH, max(self.position, unit.cursor(WATCH)))
            self._snapshots.put(self.position, self._engine.snapshot())
        except StoreUnavailable as error:
            _LOGGER.error("no snapshot: %s; trying again", error)  # noqa: TRY400 - a start will read more of the log
        self._snapshot_position, self._snapshot_s = self.position, time.monotonic()
        self._snapshot_pause_s = (self._snapshot_s - start_s) / _SNAPSHOT_SHARE

    def _snapshot_due(self) -> bool:
        age_s, frames = time.monotonic() - self._snapshot_s, self.position - self._snapshot_position
        return age_s >= self._snapshot_pause_s and (age_s >= _SNAPSHOT_S or frames >= _SNAPSHOT_FRAMES)


def desk_for(configuration: Configuration, channels: Sequence[str], url: str = "") -> Desk:
    return Desk(
        definitions=configuration.rulebook.definitions(),
        assets=configuration.assets,
        configuration=configuration.rulebook.version,
        channels=channels,
        url=url,
        numbers=fusion_numbers(configuration.rulebook),
    )


def fusion_numbers(rules: Rulebook) -> Numbers:
    return Numbers(
        away_devices=round(rules["devices_away.devices"]),
        away_share=rules["devices_away.share"],
        away_window_ns=rules.ns("devices_away.window"),
        cut_sites=round(rules["power_cut.sites"]),
        cut_window_ns=rules.ns("power_cut.window"),
        reach_m=rules["gas_several.reach"],
        sure=rules["gas_several.sure"],
    )
