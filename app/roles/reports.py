"""Makes the reports of the ledger when their time is over, beside role `audit`: no alarm waits for it."""

import logging
import threading
from collections.abc import Callable
from typing import Protocol

from app.awaiting import await_stores
from app.clock import now_ns
from app.stores import Stores
from domain.errors import StoreUnavailable
from ledger.reports.maker import Bounds, Maker

NAME = "reports"
"""As a reason of `escalation_fault`."""
_LOGGER = logging.getLogger(__name__)
_IDLE_S, _DOUBLED = 60.0, 4
_TOLD_AFTER = 3
"""Failures in a row: records that are away for a minute have an alarm of their own."""


class Work(Protocol):
    """What makes them: `ledger.reports.maker.Maker`."""

    def work(self, now_ns: int, over: Callable[[], bool]) -> None: ...


def run_reports(
    maker: Work, clock_ns: Callable[[], int], lame: list[str], stop: threading.Event, idle_s: float = _IDLE_S
) -> None:
    """Look every minute until `stop`, the first time when the roles have started; after a failure ever more rarely.

    Args:
        maker: makes what is due.
        clock_ns: now.
        lame: holds our name while they cannot be made; the auditor tells of it.
        stop: ends it.
        idle_s: between two looks.
    """
    failures = 0
    while not stop.wait(idle_s * 2 ** min(failures, _DOUBLED)):
        try:
            maker.work(clock_ns(), stop.is_set)
        except StoreUnavailable as error:  # the folder may be read-only for us, which is no fault of the program
            failures += 1
            _LOGGER.error("reports not made: %s; trying again", error)  # noqa: TRY400 - the line says it all
        except Exception:
            failures += 1
            _LOGGER.exception("reports not made; trying again")
        else:
            failures = 0
        if failures >= _TOLD_AFTER and NAME not in lame:
            lame.append(NAME)
        elif not failures and NAME in lame:
            lame.remove(NAME)


def run_scheduled(stores: Stores, lame: list[str], stop: threading.Event, idle_s: float = _IDLE_S) -> None:
    """Do so with the stores of an installation."""
    records = await_stores(stores.records, stop)
    if records is not None:
        settings = stores.settings.reports
        bounds = Bounds(settings.missed_d, settings.keep_y)
        maker = Maker(records, stores.configuration().assets, stores.shelf(), bounds)
        run_reports(maker, now_ns, lame, stop, idle_s)
