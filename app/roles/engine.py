"""What `watch` does with frames: a deterministic function of the log, whatever the size of its bites.

frames → decode → continuity → batch → detectors → steps, in log order. No clock, no database: a replay gives the same.
"""

import logging
from bisect import bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import groupby
from operator import methodcaller
from typing import NamedTuple
from zlib import crc32

import msgspec

from alerting.autoclose import AutoCloser, Wish, closing_numbers
from alerting.commands import Commands
from app.configuration import Configuration, read_configuration
from app.roles.layout import Layout, layout
from app.roles.ourselves import Health, over, sung
from app.roles.permits import PermitsInForce
from app.roles.quarantined import conflict, refused
from app.roles.unseen import Unseen
from detectors.base import Detector
from detectors.catalogue import CATALOGUE
from domain.alarm import AlarmKind
from domain.channels import Channels
from domain.command import Command
from domain.delivery import Delivery, judged
from domain.finding import Finding
from domain.frame import (
    CLOCK_TOPIC,
    COMMAND_TOPIC,
    CONFIGURATION_TOPIC,
    HEALTH_TOPIC,
    PERMIT_TOPIC,
    RETRY_TOPIC,
    TICK_TOPIC,
    Frame,
)
from domain.permit import Permit
from domain.quantity import Quantity
from domain.record import DeviceState, Gap, Quarantined
from domain.sample import Decoded, Sample
from ingest.batching import BatchBuilder
from ingest.completeness import Completeness
from ingest.continuity import Continuity, Verdict
from ingest.decoder import Decoder
from ingest.slow import SlowClocks, read_offsets, slow_limits
from ingest.topics import canary_topic

_LOGGER = logging.getLogger(__name__)

ROWS = 5_000
"""Readings that go through the detectors together: large enough for numpy, small enough for latency."""

_FAILED_AGAIN_NS = 600_000_000_000
_Question = Callable[[Detector], list[Finding]]


class Step(NamedTuple):
    """What the alarms must do next, in log order.

    Attributes:
        position: of the frame or tick that caused it.
        log_ns: log time there.
        findings: of that position.
        tick: whether deadlines are looked at.
        configuration: in force from here on, where it changed.
    """

    position: int
    log_ns: int
    findings: tuple[Finding, ...] = ()
    tick: bool = False
    configuration: Configuration | None = None


class Outcome(NamedTuple):
    """All that a bite of the log led to; the ledgers are upserts, so that writing them twice changes nothing."""

    steps: list[Step]
    quarantined: list[Quarantined]
    gaps: list[Gap]
    dropped_gaps: list[tuple[str, str, int]]
    devices: list[DeviceState]
    commands: Sequence[Command] = ()
    wishes: Sequence[Wish] = ()
    deliveries: Sequence[Delivery] = ()


class _State(msgspec.Struct, frozen=True):
    log_ns: int
    channels: list[tuple[str, str]]
    sites: list[str]
    devices: list[str]
    continuity: bytes
    detectors: dict[str, bytes]
    failed: dict[str, int] = {}
    slow: bytes = b"\x80"
    completeness: bytes = b"\x80"
    commands: bytes = b"\x80"
    permits: tuple[Permit, ...] = ()
    closer: bytes = b"\x80"


class Engine:
    """Decode, continuity and detectors behind one method.

    Args:
        configuration: in force at the first frame that it will be fed.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration
        self._log_ns = 0
        self._continuity = Continuity(configuration.assets, configuration.rulebook)
        self._completeness = Completeness(configuration.assets, configuration.rulebook)
        self._commands = Commands()
        self._permits = PermitsInForce()
        self._closer = AutoCloser(configuration.assets, closing_numbers(configuration.rulebook), self._continuity.state)
        self._slow = SlowClocks(slow_limits(configuration.rulebook))
        self._build(Channels(configuration.assets))
        self._pending: list[Finding] = []
        self._seen: tuple[list[int], list[int]] = ([], [])
        self._quarantined: list[Quarantined] = []
        self._deliveries: list[Delivery] = []
        self._waiting: set[str] = set()  # devices with rows that some detector has not seen yet
        self._unseen = Unseen()
        self._failed: dict[str, int] = {}

    def feed(self, frames: Sequence[Frame]) -> Outcome:
        """Take frames in log order; afterwards nothing of them is pending."""
        steps: list[Step] = []
        for frame in frames:
            self._log_ns = max(self._log_ns, frame.received_ns)
            if frame.topic.startswith("$log/") and frame.intact:
                steps += self._reserved(frame)
            elif frame.topic == self._canary:
                self._pending += sung(frame, self._log_ns)
            else:
                self._device(frame, self._decoder.decode(frame))
            self._seen[0].append(frame.position)
            self._seen[1].append(self._log_ns)
            if len(self._builder) >= ROWS:
                self._judge()
        self._judge()
        steps = sorted([*self._told(), *steps], key=lambda step: step.position)  # a tick comes after its findings
        changes = self._continuity.changes()
        quarantined, self._quarantined = self._quarantined, []
        delivered, self._deliveries = self._deliveries, []
        states = list(map(self._continuity.state, sorted(changes.devices)))
        commands, wishes = self._commands.changes(), self._wishes(steps, frames[-1].position if frames else 0)
        return Outcome(steps, quarantined, changes.gaps, changes.dropped, states, commands, wishes, delivered)

    def _wishes(self, steps: Sequence[Step], last: int) -> list[Wish]:
        """Give the newest form of each."""
        found = {w.id: w for step in steps for w in self._closer.follow(step.position, step.log_ns, step.findings)}
        self._closer.take(last)
        return list(found.values())

    def forgive(self, thinned: Sequence[Gap]) -> None:
        """Take what the ledger says was thinned out of the log that will be read again."""
        self._continuity.forgive(thinned)

    def offsets(self) -> dict[str, int] | None:
        """Give the offsets of slow clocks that should be in force; None where the log says so already."""
        return self._slow.changed()

    def _reserved(self, frame: Frame) -> Iterator[Step]:
        if frame.topic == TICK_TOPIC:
            self._continuity.advance(self._log_ns)
            self._show([name for name, detector in self._detectors.items() if not detector.waits(self._log_ns)])
            self._ask(lambda detector: detector.advance(self._log_ns, frame.position), frame.position)
            self._look_for_gaps(frame.position)
            self._pending += self._commands.advance(self._log_ns, frame.position)
            yield Step(frame.position, self._log_ns, tick=True)
        elif frame.topic == CONFIGURATION_TOPIC:
            self._judge()
            yield from self._configure(frame)
        elif frame.topic == HEALTH_TOPIC:
            health = msgspec.json.decode(frame.payload, type=Health)
            self._pending.append(health.finding("health", frame.received_ns, frame.position))
        elif frame.topic == COMMAND_TOPIC:
            command = msgspec.json.decode(frame.payload, type=Command)
            self._closer.hear(frame.position, self._log_ns, command)
            self._pending += self._commands.take(command, self._log_ns, frame.position)
        elif frame.topic == CLOCK_TOPIC:
            self._correct(read_offsets(frame.payload))
        elif frame.topic == PERMIT_TOPIC:
            self._permit(frame)
        else:
            self._device(frame, self._decoder.decode(frame))

    def _look_for_gaps(self, position: int) -> None:
        if self._completeness.due(self._log_ns):
            missing = self._continuity.missing_since(self._completeness.since_ns(self._log_ns))
            self._pending += self._completeness.judge(missing, self._log_ns, position)

    def _correct(self, offsets: dict[str, int] | None) -> None:
        if offsets is None:
            _LOGGER.error("a clock frame is not used: another release wrote it")
            return
        self._slow.put(offsets)
        self._decoder.correct(offsets)

    def _permit(self, frame: Frame) -> None:
        self._judge()
        begun = self._permits.take(frame.payload, self._log_ns)
        if begun is None:
            _LOGGER.error("a permit frame is not used: another release wrote it")
            return
        self._decoder.permit(self._permits.all)
        decoded = Decoded(permits=begun)
        self._ask(lambda detector: detector.hear(decoded, self._log_ns, frame.position), frame.position)

    def _device(self, frame: Frame, decoded: Decoded) -> None:
        if decoded.notices:
            news = [n for n in decoded.notices if self._continuity.hear(n, self._log_ns) is Verdict.NEW]
            decoded = decoded._replace(notices=tuple(news))
            assets, rules = self.configuration.assets, self.configuration.rulebook
            self._deliveries += [judged(one, assets, rules["delivery.away"]) for one in decoded.deliveries if news]
        if decoded.notices or any(refusal.device in self._waiting for refusal in decoded.refusals):
            self._judge()  # what is said of a device must not overtake the readings before it
        for notice in decoded.notices:
            self._pending += self._commands.hear(notice, self._log_ns, frame.position)
        if decoded.samples:
            self._samples(frame, decoded)
        if decoded.notices or decoded.refusals or decoded.shifts:
            for refusal in decoded.refusals:
                self._quarantined.append(refused(frame, refusal))
            if not frame.intact:
                self._pending += over(AlarmKind.LOG_CORRUPT, "", frame.position, self._log_ns)
            self._ask(lambda detector: detector.hear(decoded, frame.received_ns, frame.position), frame.position)

    def _samples(self, frame: Frame, decoded: Decoded) -> None:
        before: tuple[str, str | None, int] | None = None
        verdict = Verdict.NEW
        newest_ns: dict[str, int] = {}
        for sample in decoded.samples:
            if sample.seq is None or before != (sample.device, sample.boot_id, sample.seq):
                verdict = self._admit(sample, decoded.shifts.get(sample.device, 0))
                before = None if sample.seq is None else (sample.device, sample.boot_id, sample.seq)
            if verdict is Verdict.NEW:
                self._builder.add(frame.position, frame.received_ns, sample)
                self._waiting.add(sample.device)
                if sample.device in self._closer.valves:
                    self._closer.hear(frame.position, self._log_ns, sample)
                if sample.device in self._commands.awaited:
                    self._pending += self._commands.see(sample, frame.position)
                if sample.values and sample.time_ns > newest_ns.get(sample.device, 0):
                    newest_ns[sample.device] = sample.time_ns
            elif verdict is Verdict.CONFLICT:
                site = self.configuration.assets.devices[sample.device].site
                self._quarantined.append(refused(frame, conflict(sample, site)))
        if frame.topic != RETRY_TOPIC:  # its arrival is another's
            for device, time_ns in newest_ns.items():
                sent_ns = time_ns + decoded.shifts.get(device, 0)
                self._slow.observe(device, sent_ns, frame.received_ns, self._decoder.live_ns(device))

    def _admit(self, sample: Sample, shift_ns: int) -> Verdict:
        fingerprint = crc32(repr(sorted(sample.values.items())).encode()) if sample.seq is None else 0
        return self._continuity.admit(
            sample.device, sample.boot_id, sample.seq, sample.time_ns, fingerprint, self._log_ns, shift_ns
        )

    def _judge(self) -> None:
        """Run all detectors over the rows collected so far."""
        self._show(self._detectors)
        self._waiting.clear()
        self._unseen.clear()

    def _show(self, names: Iterable[str]) -> None:
        """Run these detectors over the rows that they have not seen yet."""
        if len(self._builder):
            self._unseen.add(self._builder.take())
        for batch, group in self._unseen.take(names):
            self._ask(methodcaller("update", batch), int(batch.position[-1]), group)

    def _ask(self, question: _Question, position: int, names: Iterable[str] = CATALOGUE) -> None:
        """Ask these detectors. One that raises starts anew and is an alarm of its own; it never stops the others."""
        for name in names:
            try:
                self._pending += question(self._detectors[name])
            except Exception:
                _LOGGER.exception("detector %s failed at position %d and starts anew", name, position)
                self._detectors[name] = CATALOGUE[name](self._channels, self.configuration.rulebook)
                self._pending += self._failure(name, position)

    def _failure(self, name: str, position: int) -> list[Finding]:
        """Tell that a detector failed; one that fails at every reading is no new alarm each time."""
        if name in self._failed and self._log_ns - self._failed[name] < _FAILED_AGAIN_NS:
            return []
        self._failed[name] = self._log_ns
        return over(AlarmKind.DETECTOR_FAILED, name, position, self._log_ns)

    def _told(self) -> Iterator[Step]:
        """Hand on what the detectors found, position by position; of one position in the order of the catalogue."""
        rank = {name: order for order, name in enumerate(CATALOGUE)}
        self._pending.sort(key=lambda finding: (finding.position, rank.get(finding.detector, -1)))
        for position, findings in groupby(self._pending, key=lambda finding: finding.position):
            yield Step(position, self._time_of(position), tuple(map(self._permits.named, findings)))
        self._pending.clear()
        self._seen[0].clear()
        self._seen[1].clear()

    def _time_of(self, position: int) -> int:
        found = bisect_right(self._seen[0], position) - 1
        return self._seen[1][found] if found >= 0 and self._seen[0][found] == position else self._log_ns

    def _configure(self, frame: Frame) -> Iterator[Step]:
        configuration = read_configuration(frame)
        if configuration is not None and configuration.version != self.configuration.version:
            self.configuration = configuration
            self._continuity.configure(configuration.assets, configuration.rulebook)
            self._completeness.configure(configuration.assets, configuration.rulebook)
            self._closer.configure(configuration.assets, closing_numbers(configuration.rulebook))
            self._slow.limits = slow_limits(configuration.rulebook)
            self._rebuild(Channels(configuration.assets, also=self._channels.keys))
            yield Step(frame.position, self._log_ns, configuration=configuration)

    def _build(self, channels: Channels) -> None:
        self._channels = channels  # grows with each quantity that its device never sent before
        self._decoder = Decoder(self.configuration.assets, self.configuration.rulebook, self.configuration.root)
        self._decoder.correct(self._slow.offsets)
        self._decoder.permit(self._permits.all)
        self._canary = canary_topic(self.configuration.root)
        self._builder = BatchBuilder(channels)
        self._detectors: dict[str, Detector] = {
            name: build(channels, self.configuration.rulebook) for name, build in CATALOGUE.items()
        }

    def _rebuild(self, channels: Channels) -> None:
        """Build the detectors anew for other channels; what they know goes along by identity."""
        blobs, old = {name: detector.snapshot() for name, detector in self._detectors.items()}, layout(self._channels)
        self._build(channels)
        self._restore_detectors(blobs, old)

    def _restore_detectors(self, blobs: dict[str, bytes], old: Layout) -> None:
        remap = layout(self._channels).from_(old)
        for name in self._detectors.keys() & blobs.keys():
            self._detectors[name].restore(blobs[name], remap)

    def snapshot(self) -> bytes:
        keys, devices, sites = layout(self._channels)
        state = _State(
            log_ns=self._log_ns,
            channels=[(device, str(quantity)) for device, quantity in keys],
            sites=sites,
            devices=devices,
            continuity=self._continuity.snapshot(),
            detectors={name: detector.snapshot() for name, detector in self._detectors.items()},
            failed=self._failed,
            slow=self._slow.snapshot(),
            completeness=self._completeness.snapshot(),
            commands=self._commands.snapshot(),
            permits=self._permits.all,
            closer=self._closer.snapshot(),
        )
        return msgspec.msgpack.encode(state)

    def restore(self, blob: bytes) -> None:
        """Go on from a snapshot (ValueError: of another schema; then the log must be read again)."""
        try:
            state = msgspec.msgpack.decode(blob, type=_State)
        except msgspec.MsgspecError as error:
            raise ValueError(f"snapshot of another schema: {error}") from None
        keys = [(device, Quantity(quantity)) for device, quantity in state.channels]
        self._slow.restore(state.slow)
        self._completeness.restore(state.completeness)
        self._commands.restore(state.commands)
        self._permits.all = state.permits
        self._closer.restore(state.closer)
        self._build(Channels(self.configuration.assets, also=keys))
        self._restore_detectors(state.detectors, Layout(keys, state.devices, state.sites))
        self._continuity.restore(state.continuity)
        self._log_ns, self._failed = state.log_ns, state.failed
