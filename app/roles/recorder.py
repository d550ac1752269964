"""What `watch` found, written in order; while the records are away it is held, and nothing waits for them."""

import logging
import threading
from collections import deque
from collections.abc import Callable, Sequence
from typing import NamedTuple

from alerting.desk import Desk
from app.configuration import Configuration
from app.readers import WATCH
from app.roles.engine import Outcome
from domain.errors import Conflict, StoreUnavailable
from domain.finding import Finding, Transition
from domain.record import DeviceState
from store.records import Records
from store.unit import Unit

HELD_FRAMES = 10_000
"""Frames whose outcomes are held at most: ten seconds of a large city, hours of a small one."""

_LOGGER = logging.getLogger(__name__)
_PAUSE_S, _LONGEST_PAUSE_S = 0.05, 2.0
_TOLD = frozenset({Transition.ONSET, Transition.ESCALATE})


class Entry(NamedTuple):
    """One transaction.

    Attributes:
        last: position of the newest frame that it covers.
        frames: how many it covers.
        outcome: of the engine.
        devices: states to write with it; they may be those of earlier bites.
    """

    last: int
    frames: int
    outcome: Outcome
    devices: Sequence[DeviceState]


class Recorder:
    """Writes each entry at once; after a failure a thread of its own goes on until nothing is held.

    Entries are written in log order by one thread at a time, each in one transaction with its log position, so a held
    entry is recorded exactly once. What is held is lost with the process and found again: the cursor did not pass it.

    Attributes:
        findings: of the detectors, that were recorded since the start.
        stop: ends the attempts; what is still held then is an error of the next call.

    Args:
        records: alarms, journal, outbox and ledgers.
        desk_for: builds the alarm desk of a configuration.
        configuration: in force at the first entry.
        stop: until `run` has another one.
        committed: told of each entry that held transitions its position, and the log time of the first of them.
        unrecorded: told at once of a finding of priority 1 that must wait.
    """

    def __init__(
        self,
        *,
        records: Records,
        desk_for: Callable[[Configuration], Desk],
        configuration: Configuration,
        stop: threading.Event,
        committed: Callable[[int, int], None],
        unrecorded: Callable[[Finding], None],
    ) -> None:
        self._records, self._desk_for, self.stop = records, desk_for, stop
        self._desk, self._definitions = desk_for(configuration), configuration.rulebook.definitions()
        self._told, self._unrecorded = committed, unrecorded
        self._committed = records.cursor(WATCH)
        self._lock = threading.Lock()
        self._held: deque[Entry] = deque()
        self._held_frames = 0
        self._thread: threading.Thread | None = None
        self._error: Exception | None = None
        self.findings = 0

    @property
    def holding(self) -> bool:
        return bool(self._held)

    @property
    def full(self) -> bool:
        return self._held_frames >= HELD_FRAMES

    def take(self, entry: Entry) -> None:
        """Write it, or hold it behind those that wait already."""
        with self._lock:
            if self._held:
                self._hold(entry)
                return
        try:
            self._write(entry)
        except (StoreUnavailable, Conflict) as error:
            _LOGGER.warning("records: %s; the watch goes on and holds what it finds", error)
            self._hold(entry)
            self._thread = threading.Thread(target=self._catch_up, name="recorder", daemon=True)
            self._thread.start()

    def settle(self, timeout_s: float) -> bool:
        """Wait a little for what is held; tell whether there was any (or raise the error that ended the attempts)."""
        waits = self._thread is not None and self._thread.is_alive()
        if self._thread is not None:
            self._thread.join(timeout_s)
        if self._error is not None:
            raise self._error
        return waits

    def _hold(self, entry: Entry) -> None:
        self._held.append(entry)
        self._held_frames += entry.frames
        self._tell(entry)

    def _tell(self, entry: Entry) -> None:
        """Tell of what cannot wait; the rulebook of the entry's own place in the log says what that is."""
        for step in entry.outcome.steps:
            if step.configuration is not None:
                self._definitions = step.configuration.rulebook.definitions()
            for finding in step.findings if step.position > self._committed else ():
                if finding.transition in _TOLD and self._definitions[finding.kind].priority(finding.level) == 1:
                    self._unrecorded(finding)

    def _catch_up(self) -> None:
        pause_s, more = _PAUSE_S, True
        try:
            while more:
                try:
                    self._write(self._held[0], again=True)
                except (StoreUnavailable, Conflict):
                    if self.stop.wait(pause_s):
                        raise  # the cursor did not move: the next start does all this again
                    pause_s = min(2 * pause_s, _LONGEST_PAUSE_S)
                    continue
                with self._lock:  # whether there is more is decided together with the last entry's removal
                    self._held_frames -= self._held.popleft().frames
                    more = bool(self._held)
            _LOGGER.warning("records: all that was held is recorded")
        except Exception as error:  # noqa: BLE001 - `settle` raises it where the role hears it
            self._error = error

    def _write(self, entry: Entry, *, again: bool = False) -> None:
        """One transaction: alarms, journal, outbox, ledgers, and the log position that they belong to."""
        findings = since_ns = 0
        desk, outcome = self._desk, entry.outcome
        with self._records.unit() as unit:
            # a database that falls between its commit and its answer has recorded what we hold
            known = unit.cursor(WATCH) if again else 0
            for step in outcome.steps:
                if step.configuration is not None:
                    desk = self._desk_for(step.configuration)
                if step.position <= self._committed:
                    continue  # the detectors only caught up from an older snapshot
                findings += len(step.findings)
                if step.position <= known:
                    continue
                made = desk.apply(unit, step.findings, step.log_ns)
                if step.tick:
                    made += desk.advance(unit, step.log_ns, step.position)
                if made and not since_ns:
                    since_ns = step.log_ns
            _keep_ledgers(unit, outcome)
            unit.devices(entry.devices)
            unit.set_cursor(WATCH, max(entry.last, self._committed))
        self._desk = desk
        self.findings += findings
        if since_ns:
            self._told(entry.last, since_ns)


def _keep_ledgers(unit: Unit, outcome: Outcome) -> None:
    unit.quarantine(outcome.quarantined)
    for device, boot_id, from_seq in outcome.dropped_gaps:
        unit.drop_gap(device, boot_id, from_seq)
    for gap in outcome.gaps:
        unit.gap(gap)
    for command in outcome.commands:
        unit.follow_command(command)
    unit.add_deliveries(outcome.deliveries)
