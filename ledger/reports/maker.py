"""Makes the reports that are due, each once, and lets the oldest go."""

import logging
from collections.abc import Callable, Mapping
from typing import NamedTuple, Protocol

from domain.asset import Assets
from domain.errors import StoreUnavailable
from domain.hazard import HazardScope
from ledger.reports.forms import FORMS
from ledger.reports.gather import Records, made
from ledger.reports.schedule import Issue, due, outdated

_LOGGER = logging.getLogger(__name__)


class Shelf(Protocol):
    """Where they are kept: `ledger.reports.shelf.Shelf`."""

    def issues(self) -> set[Issue]: ...
    def put(self, issue: Issue, forms: Mapping[str, bytes]) -> None: ...
    def drop(self, issue: Issue) -> None: ...


class Bounds(NamedTuple):
    """How far back it reaches.

    Attributes:
        missed_d: days for which what was missed is made.
        keep_y: years that are kept.
    """

    missed_d: float
    keep_y: float


class Maker:
    """One pass after the other.

    Args:
        records: the records.
        assets: the registry.
        shelf: where they are kept.
        bounds: how far back it reaches.
    """

    def __init__(self, records: Records, assets: Assets, shelf: Shelf, bounds: Bounds) -> None:
        self._records, self._assets, self._shelf, self._bounds = records, assets, shelf, bounds

    def work(self, now_ns: int, over: Callable[[], bool] = lambda: False) -> None:
        """Make what is due (StoreUnavailable, or whatever one of them failed with, after the others are made).

        Args:
            now_ns: wall clock.
            over: whether to leave the rest to a later pass.
        """
        failed: Exception | None = None
        for issue in due(self._shelf.issues(), now_ns, self._bounds.missed_d):
            if over():
                return
            try:
                self._make(issue, now_ns)
            except StoreUnavailable:
                raise  # the others would fail likewise
            except Exception as error:  # noqa: BLE001 - raised below: one that cannot be made must not hold up others
                failed = failed or error
        for issue in outdated(self._shelf.issues(), self._bounds.keep_y):
            self._shelf.drop(issue)
            _LOGGER.info("report %s has left", issue)
        if failed is not None:
            raise failed

    def _make(self, issue: Issue, now_ns: int) -> None:
        report = made(self._records, self._assets, HazardScope(), issue.rhythm, day=issue.first, now_ns=now_ns)
        self._shelf.put(issue, {name: form.write(report) for name, form in FORMS.items()})
        _LOGGER.info("report %s made", issue)
