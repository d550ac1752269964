"""Role `write`: read the log, store every sample in the time series, and have what is over rolled up."""

import logging
import random
import threading
import time
from collections.abc import Callable, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
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
_STEPS_BESIDE = 3  # each on a thread
_ROLLS_S = 5.0  # while behind: a database takes many minutes of a device at once at half the cost of each alone
_IDLE_S = 0.1  # nobody waits for the series: fuller transactions are worth more


class Write:
    """The loop between log and series, in four steps that each work on a bite of their own, in the log's order.

    A bite is decoded and written out; sent; noted as stored, which moves `position`; and what is due is rolled up. Each
    hands on to the next when that one has ended what it had: nothing is more than one bite, or one turn of rolling up,
    ahead.

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
        self._beside = ThreadPoolExecutor(_STEPS_BESIDE, "series")
        self._sent: Future[None] | None = None
        self._stored: Future[None] | None = None
        self._rolled: Future[None] | None = None
        self._refusals = refusals
        self.position = self._taken = series.cursor()
        self._log_ns = 0
        self._assets: Assets | None = None
        self._stop = threading.Event()
        self._roll_s = self._roll_again_s = 0.0
        self._rolls = True  # as far as we know

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
        """Decode the next bite, wait for the one before to be sent, and begin to send it; False: nothing is left."""
        if self._housekeeping is not None and self._log_ns:
            self._housekeeping.work(self._log_ns)
        bite = self._bites.after(self._taken)
        if bite is None:
            return self._settle()
        if bite.assets is not self._assets:
            self._settle()  # what is being stored belongs to the registry before
            self._assets = bite.assets
            self._series.configure(bite.assets)
        lines = self._series.lines(bite.samples)
        self._settle_sent()
        self._taken = bite.last.position
        self._sent = self._beside.submit(self._send, bite, lines)
        return True

    def _settle(self) -> bool:
        """Wait until nothing is in hand any more; tell whether there was anything."""
        try:
            return any([self._settle_sent(), self._settle_stored(), self._settle_rolled()])
        except BaseException:
            self._taken = self.position
            raise

    def _settle_sent(self) -> bool:
        sent, self._sent = self._sent, None
        if sent is None:
            return False
        try:
            sent.result()
        except BaseException:
            with suppress(StoreUnavailable):
                self._settle_stored()
            self._taken = self.position
            raise
        return True

    def _settle_stored(self) -> bool:
        stored, self._stored = self._stored, None
        if stored is None:
            return False
        stored.result()
        return True

    def _send(self, bite: Bite, lines: Sequence[str]) -> None:
        """Have the lines of a bite stored, and then noted."""
        stored = self._patiently(partial(self._put, bite, lines))
        if self._rolls:
            self._refusals.stored()
        self._settle_stored()
        self._stored = self._beside.submit(self._store, stored)

    def _put(self, bite: Bite, lines: Sequence[str]) -> Bite:
        """Try once; give the bite without what was refused and is in quarantine now."""
        refused = self._series.put(lines)
        if not refused:
            return bite
        self._quarantine([bite.entry(one) for one in refused])
        self._refusals.lines(len(refused))
        return bite.without(refused)

    def _store(self, bite: Bite) -> None:
        """Note a bite as stored, and have rolled up what is due."""
        last = bite.last
        note = partial(self._series.write, cursor=last.position, frames=len(bite.whole), log_ns=last.received_ns)
        self._patiently(partial(note, bite.samples, sent=True))
        self.position, self._log_ns = last.position, last.received_ns
        if bite.full and time.monotonic() < self._roll_s:
            return
        self._settle_rolled()
        if time.monotonic() >= self._roll_again_s:
            self._roll_s = time.monotonic() + _ROLLS_S
            self._rolled = self._beside.submit(self._roll, last.received_ns)

    def _roll(self, log_ns: int) -> None:
        while self._series.roll(log_ns) and not self._stop.is_set():
            pass

    def _settle_rolled(self) -> bool:
        """Wait until what was due is rolled up; tell whether there was any. What cannot be keeps its mark."""
        rolled, self._rolled = self._rolled, None
        if rolled is None:
            return False
        try:
            rolled.result()
        except StoreUnavailable as error:
            self._roll_again_s = time.monotonic() + _LONGEST_PAUSE_S
            _LOGGER.warning("series: nothing is rolled up: %s; trying again in %g s", error, _LONGEST_PAUSE_S)
            self._refusals.attempt(error)
            self._rolls = False
        else:
            self._rolls = True
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


def _pause_s(error: StoreUnavailable, backoff_s: float) -> float:
    """Wait as we were told; or for a person; or longer from time to time, each of many writers at a time of its own."""
    if error.retry_after_s is not None:
        return min(error.retry_after_s, _LONGEST_ASKED_S)
    if error.reason in {"settings", "request"}:
        return _LONGEST_PAUSE_S
    return backoff_s * random.uniform(0.5, 1.0)  # noqa: S311 - jitter against a crowd, no secret
