"""Keep the log below its limit: trim what all readers have passed, thin what only the series wait for."""

import logging
import threading
from collections.abc import Callable, Iterable, Sequence

from app.configuration import read_configuration
from app.inforce import configuration_in_force, offsets_in_force
from app.thinning import Sieve, Stretches
from domain.errors import StoreUnavailable
from domain.frame import Frame
from domain.rulebook import Rulebook
from store.framelog import FrameLog
from store.records import Records

_LOGGER = logging.getLogger(__name__)
_MOST_STANDING = 100_000


class Space:
    """Works in a thread of its own: a large segment takes a while, and no alarm waits for it.

    At ``log_space.warn`` it trims. At ``log_space.full`` it thins one sealed segment at a time, the oldest first, of
    frames that `watch` has durably passed and `write` has not: what detection needed is done, only the series will be
    coarser. Beyond that, at 100 %, `ingest` takes nothing more, until there is room again.

    Args:
        log: an instance of its own.
        records: with the standing alarms and the gap ledger.
        rulebook: levels.
        keep_ns: minimum age of what is trimmed.
        watch_position: from which `watch` would start again.
        write_cursor: up to which the series hold everything.
    """

    def __init__(
        self,
        *,
        log: FrameLog,
        records: Records,
        rulebook: Rulebook,
        keep_ns: int,
        watch_position: Callable[[], int],
        write_cursor: Callable[[], int],
    ) -> None:
        self._log, self._records, self._rulebook, self._keep_ns = log, records, rulebook, keep_ns
        self._watch_position, self._write_cursor = watch_position, write_cursor
        self._looked = 0  # what was thinned once is not read again

    def run(self, clock_ns: Callable[[], int], stop: threading.Event, every_s: float = 5.0) -> None:
        while not stop.wait(every_s):
            try:
                self.work(clock_ns())
            except StoreUnavailable as error:
                _LOGGER.warning("log neither trimmed nor thinned: %s; trying again", error)

    def work(self, now_ns: int) -> None:
        """Do what the size asks for; ends below the limit, or where nothing is left to thin."""
        if self._used() < self._rulebook["log_space.warn"]:
            return
        watched, written = self._watch_position(), self._write_cursor()
        self._log.trim(min(watched, written), now_ns - self._keep_ns)
        while self._used() >= self._rulebook["log_space.full"]:
            after = max(self._looked, written)
            self._looked = max(after, self._thin(after, watched, now_ns))
            if self._looked == after:
                break

    def _used(self) -> float:
        size = self._log.size()
        return size.used_bytes / size.limit_bytes

    def _thin(self, after: int, until: int, now_ns: int) -> int:
        configuration = configuration_in_force(self._log, after)
        if configuration is None:
            return after  # nobody can say what a frame holds
        standing = {alarm.device for alarm in self._records.alarms(standing=True, limit=_MOST_STANDING)}
        sieve = Sieve(configuration, offsets_in_force(self._log, after), standing)
        stretches = Stretches()

        def choose(frames: Sequence[Frame]) -> list[Frame]:
            dropped = list(self._dropped(sieve, frames))
            for frame in dropped:
                stretches.add(frame.position, sieve.samples(frame))
            with self._records.unit() as unit:  # before the frames go: rather called thinned too early than never
                for gap in stretches.changed(now_ns):
                    unit.gap(gap)
            return dropped

        reached, dropped = self._log.thin(after, until, choose)
        if dropped:
            _LOGGER.warning("log thinned up to position %d: %d frames are not stored", reached, dropped)
        return reached

    @staticmethod
    def _dropped(sieve: Sieve, frames: Iterable[Frame]) -> Iterable[Frame]:
        for frame in frames:
            configuration = read_configuration(frame) if sieve.is_configuration(frame) else None
            if configuration is not None:
                sieve.configure(configuration)
            elif not sieve.keeps(frame):
                yield frame
