"""Role `write`: read the log, store every sample in the time series, and have what is over rolled up."""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from functools import partial
from typing import TypeVar

from app.housekeeping import Housekeeping
from app.roles.bites import Bite, Bites
from app.roles.refusals import Refusals
from app.series import SeriesStore
from domain.asset import Assets
from domain.errors import StoreUnavailable
from domain.record import Quarantined
from store.framelog import FrameLog

T = TypeVar("T")
_LOGGER = logging.getLogger(__name__)
_FIRST_PAUSE_S, _LONGEST_PAUSE_S, _LONGEST_ASKED_S = 0.5, 30.0, 300.0
_LAST_BITES_S = 3.0  # after a stop; what is left is for the next start
_ROLLS_S = 5.0  # while behind: a database takes many minutes of a device at once at half the cost of each alone
_IDLE_S = 0.1  # nobody waits for the series: fuller transactions are worth more


class Write:
    """The loop between log and series: while one bite is stored, on a thread, the next one is decoded and written out.

    One at a time and in order; `position` has moved when the series said yes.

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
        self._series, self._quarantine, self._housekeeping = series, quarantine, housekeeping
        self._bites = Bites(log)
        self._beside = ThreadPoolExecutor(1, "series")
        self._stored: Future[None] | None = None
        self._refusals = refusals
        self.position = self._taken = series.cursor()
        self._log_ns = 0
        self._assets: Assets | None = None
        self._stop = threading.Event()
        self._rolled_s = self._roll_again_s = 0.0

    def run(self, stop: threading.Event) -> None:
        """Follow the log until `stop`; a store that is away delays, it never loses."""
        self._stop = stop
        with self._beside:
            while not stop.is_set():
                if not self.bite():
                    stop.wait(_IDLE_S)
            deadline_s = time.monotonic() + _LAST_BITES_S
            while time.monotonic() < deadline_s and self.bite():
                pass
            self._settle()

    def bite(self) -> bool:
        """Decode the next bite, wait for the one before to be stored, and begin to store it; False: nothing is left."""
        bite = self._bites.after(self._taken)
        if bite is None:
            return self._settle()
        if bite.assets is not self._assets:
            self._settle()  # what is being stored belongs to the registry before
            self._assets = bite.assets
            self._series.configure(bite.assets)
        lines = self._series.lines(bite.samples)
        self._settle()
        self._taken = bite.last.position
        self._stored = self._beside.submit(self._keep, bite, lines)
        return True

    def _settle(self) -> bool:
        """Wait until the bite that is being stored is; tell whether there was one."""
        stored, self._stored = self._stored, None
        if stored is None:
            return False
        try:
            stored.result()
        except BaseException:
            self._taken = self.position
            raise
        if self._housekeeping is not None:
            self._housekeeping.work(self._log_ns)
        return True

    def _keep(self, bite: Bite, lines: Sequence[str]) -> None:
        """Store a bite of the log, and roll up what is due."""
        left: Bite | None = bite
        while left is not None:
            left, lines = self._patiently(partial(self._store, left, lines)), ()
        self.position, self._log_ns = bite.last.position, bite.last.received_ns
        behind = bite.full and time.monotonic() < self._rolled_s + _ROLLS_S
        if not behind and self._roll(self._log_ns):
            self._refusals.stored()

    def _roll(self, log_ns: int) -> bool:
        """Roll up what is due, and tell whether that goes well: what cannot be keeps its mark, and no point waits."""
        self._rolled_s = time.monotonic()
        if self._rolled_s < self._roll_again_s:
            return False
        try:
            while self._series.roll(log_ns) and not self._stop.is_set():
                pass
        except StoreUnavailable as error:
            self._roll_again_s = time.monotonic() + _LONGEST_PAUSE_S
            _LOGGER.warning("series: nothing is rolled up: %s; trying again in %g s", error, _LONGEST_PAUSE_S)
            self._refusals.attempt(error)
            return False
        return True

    def _patiently(self, work: Callable[[], T]) -> T:
        """Try until it is done; a stop leaves it to the next start: neither cursor nor marks have moved."""
        backoff_s = _FIRST_PAUSE_S
        while True:
            try:
                return work()
            except StoreUnavailable as error:
                pause_s = _pause_s(error, backoff_s)
                _LOGGER.warning("series: %s; trying again in %.1f s", error, pause_s)
                self._refusals.attempt(error)
                if self._stop.wait(pause_s):
                    raise
                backoff_s = min(2 * backoff_s, _LONGEST_PAUSE_S)

    def _store(self, bite: Bite, lines: Sequence[str]) -> Bite | None:
        """Try once; give what is left to do, which is the bite without what was refused and is in quarantine now."""
        last = bite.last
        refused = self._series.write(
            bite.samples, cursor=last.position, frames=len(bite.whole), log_ns=last.received_ns, lines=lines
        )
        if not refused:
            return None
        self._quarantine([bite.entry(one) for one in refused])
        self._refusals.lines(len(refused))
        return bite.without(refused)


def _pause_s(error: StoreUnavailable, backoff_s: float) -> float:
    """Wait as we were told; or for a person; or longer from time to time, each of many writers at a time of its own."""
    if error.retry_after_s is not None:
        return min(error.retry_after_s, _LONGEST_ASKED_S)
    if error.reason in {"settings", "request"}:
        return _LONGEST_PAUSE_S
    return backoff_s * random.uniform(0.5, 1.0)  # noqa: S311 - jitter against a crowd, no secret
