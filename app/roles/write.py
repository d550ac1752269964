"""Role `write`: read the log and store every sample in the time series."""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from typing import NamedTuple

from app.configuration import Configuration, read_configuration
from app.housekeeping import Housekeeping
from app.inforce import configuration_in_force, offsets_in_force, permits_in_force
from app.roles.refusals import Refusals
from app.series import SeriesStore
from domain.errors import StoreUnavailable
from domain.frame import CLOCK_TOPIC, CONFIGURATION_TOPIC, PERMIT_TOPIC, Frame
from domain.permit import Permit
from domain.record import Quarantined
from domain.sample import RefusalReason, Sample
from ingest.decoder import Decoder
from ingest.permits import read_permits
from ingest.slow import read_offsets
from store.framelog import FrameLog
from store.series import RefusedLine

READER = "write"
_LOGGER = logging.getLogger(__name__)
_BITE = 5_000
_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _LONGEST_ASKED_S = 0.5, 30.0, 300.0
_LAST_BITES_S = 3.0  # after a stop; what is left is for the next start
_IDLE_S = 0.1  # nobody waits for the series: fuller transactions are worth more


class _Bite(NamedTuple):
    """The samples of some frames, beside each its frame, and the positions of the frames that are whole."""

    samples: list[Sample]
    origins: list[Frame]
    whole: set[int]

    def without(self, refused: Sequence[RefusedLine]) -> "_Bite":
        lost = {one.place for one in refused}
        kept = [index for index in range(len(self.samples)) if index not in lost]
        return _Bite(
            [self.samples[index] for index in kept],
            [self.origins[index] for index in kept],
            self.whole - {self.origins[index].position for index in lost},
        )


class Write:
    """The loop between log and series.

    Args:
        log: frames.
        series: keeps points, and this reader's cursor.
        quarantine: keeps what the series refuse; twice the same must not matter.
        refusals: told of each failure, and of its end.
        housekeeping: trims log, series and quarantine; here, because nobody waits for this role.
    """

    def __init__(
        self,
        *,
        log: FrameLog,
        series: SeriesStore,
        quarantine: Callable[[Sequence[Quarantined]], None],
        refusals: Refusals,
        housekeeping: Housekeeping | None = None,
    ) -> None:
        self._log, self._series, self._quarantine, self._housekeeping = log, series, quarantine, housekeeping
        self._refusals = refusals
        self.position = series.cursor()
        self._configuration: Configuration | None = None
        self._offsets: dict[str, int] = {}
        self._permits: tuple[Permit, ...] = ()
        self._stop = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Follow the log until `stop`; a store that is away delays, it never loses."""
        self._stop = stop
        while not stop.is_set():
            if not self.bite():
                stop.wait(_IDLE_S)
        deadline_s = time.monotonic() + _LAST_BITES_S
        while time.monotonic() < deadline_s and self.bite():
            pass

    def bite(self) -> bool:
        """Store one bite of the log; tell whether there was one."""
        frames = _of_one_configuration(self._log.read(self.position, _BITE))
        if not frames or not self._configured():
            return False
        bite: _Bite | None = self._decode(frames)
        backoff_s = _FIRST_PAUSE_S
        while bite is not None:
            try:
                bite = self._store(bite, frames[-1].position)
            except StoreUnavailable as error:
                pause_s = _pause_s(error, backoff_s)
                _LOGGER.warning("series: %s; trying again in %.1f s", error, pause_s)
                self._refusals.attempt(error)
                if self._stop.wait(pause_s):
                    raise  # the cursor did not move: the next start does this bite again
                backoff_s = min(2 * backoff_s, _LONGEST_PAUSE_S)
        self._refusals.stored()
        self.position = frames[-1].position
        if self._housekeeping is not None:
            self._housekeeping.work(frames[-1].received_ns)
        return True

    def _store(self, bite: _Bite, last: int) -> _Bite | None:
        """Try once; give what is left to do, which is the bite without what was refused and is in quarantine now."""
        refused = self._series.write(bite.samples, cursor=last, frames=len(bite.whole))
        if not refused:
            return None
        self._quarantine([self._entry(bite, one) for one in refused])
        self._refusals.lines(len(refused))
        return bite.without(refused)

    def _configured(self) -> bool:
        if self._configuration is None:
            log = self._log
            configuration = configuration_in_force(log, self.position) or configuration_in_force(log, log.last())
            if configuration is None:
                return False  # `watch` has not put one that we can read into the log yet
            self._offsets = offsets_in_force(log, self.position)
            self._permits = permits_in_force(log, self.position)
            self._configure(configuration)
        return True

    def _configure(self, configuration: Configuration) -> None:
        self._configuration = configuration
        self._decoder = Decoder(configuration.assets, configuration.rulebook, configuration.root)
        self._decoder.correct(self._offsets)
        self._decoder.permit(self._permits)
        self._series.configure(configuration.assets)

    def _correct(self, offsets: dict[str, int] | None) -> None:
        if offsets is not None:  # else `watch` goes on with those before, too
            self._offsets = offsets
            self._decoder.correct(offsets)

    def _permit(self, permits: tuple[Permit, ...] | None) -> None:
        if permits is not None:  # as above
            self._permits = permits
            self._decoder.permit(permits)

    def _decode(self, frames: Sequence[Frame]) -> _Bite:
        if frames[0].topic == CONFIGURATION_TOPIC and (configuration := read_configuration(frames[0])) is not None:
            self._configure(configuration)
        bite = _Bite([], [], set())
        for frame in frames:
            if frame.topic == CLOCK_TOPIC and frame.intact:
                self._correct(read_offsets(frame.payload))
            elif frame.topic == PERMIT_TOPIC and frame.intact:
                self._permit(read_permits(frame.payload))
            decoded = self._decoder.decode(frame)
            bite.samples.extend(decoded.samples)
            bite.origins.extend([frame] * len(decoded.samples))
            if not decoded.refusals and self._decoder.is_device_frame(frame.topic):
                bite.whole.add(frame.position)
        return bite

    def _entry(self, bite: _Bite, refused: RefusedLine) -> Quarantined:
        assert self._configuration is not None  # noqa: S101 - `_configured` said so
        sample, frame = bite.samples[refused.place], bite.origins[refused.place]
        return Quarantined(
            position=frame.position,
            part=f"line of {sample.device} at {sample.point_ns}",
            reason=RefusalReason.DATABASE_REFUSED,
            detail=refused.text,
            device=sample.device,
            site=self._configuration.assets.devices[sample.device].site,
            topic=frame.topic,
            payload=frame.payload,
            received_ns=frame.received_ns,
        )


def _pause_s(error: StoreUnavailable, backoff_s: float) -> float:
    """Wait as we were told; or for a person; or longer from time to time, each of many writers at a time of its own."""
    if error.retry_after_s is not None:
        return min(error.retry_after_s, _LONGEST_ASKED_S)
    if error.reason in {"settings", "request"}:
        return _LONGEST_PAUSE_S
    return backoff_s * random.uniform(0.5, 1.0)  # noqa: S311 - jitter against a crowd, no secret


def _of_one_configuration(frames: Sequence[Frame]) -> Sequence[Frame]:
    """Cut before the second configuration: a sample is stored by the one of its place, wherever a bite begins."""
    for index, frame in enumerate(frames[1:], 1):
        if frame.topic == CONFIGURATION_TOPIC:
            return frames[:index]
    return frames
