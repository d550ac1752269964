"""Fills a target's outbox with readings: every so often, the newest sample of each device that has a new one.

A platform that wants readings gets snapshots, the series keep everything. While much waits no more are added, so that
an outage of days fills nothing; alarms are not made here, and go first.
"""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple, Protocol

import msgspec

from domain.parcel import Parcel, ParcelState
from domain.quality import Quality
from domain.quantity import Quantity
from lifeline.canon import Canon
from lifeline.records import RANKS, Reading
from store.series import Latest

_QUANTITIES = (
    Quantity.GAS_PCT_LEL,
    Quantity.GAS_PCT_VOL,
    Quantity.PRESSURE_KPA,
    Quantity.FLOW_M3H,
    Quantity.VALVE_OPEN,
    Quantity.FAN_ON,
)
_ROUND = 500
"""Parcels in one transaction: an alarm must not wait behind a town's readings."""


class Records(Protocol):
    """What is needed of the records database: `store.records.Records`."""

    def count_parcels(self, target: str, state: ParcelState) -> int: ...
    def enqueue(self, parcels: Sequence[Parcel], cursors: Mapping[str, int]) -> None: ...


class Series(Protocol):
    """What is needed of the time series."""

    def latest(self, device: str) -> dict[Quantity, Latest]: ...


class Numbers(NamedTuple):
    """How often, and how much.

    Attributes:
        every_ns: between two looks.
        most: parcels that may wait; beyond, no reading is added.
    """

    every_ns: int
    most: int


class Measurer:
    """Looks at the series of all devices.

    Args:
        records: to fill.
        series: to read.
        target: name of it.
        canon: writes the records.
        numbers: how often.
        clock_ns: wall clock.
        wants: what of it the target has words for.
        steady_ns: clock that nobody sets, for when to look.
    """

    def __init__(
        self,
        records: Records,
        series: Series,
        target: str,
        canon: Canon,
        *,
        numbers: Numbers,
        clock_ns: Callable[[], int],
        wants: Callable[[Reading], bool],
        steady_ns: Callable[[], int] = time.monotonic_ns,
    ) -> None:
        self._records, self._series, self._target, self._canon = records, series, target, canon
        self._numbers, self._clock_ns, self._wants, self._steady_ns = numbers, clock_ns, wants, steady_ns
        self._told: dict[tuple[str, Quantity], int] = {}
        self._next_ns = 0

    def work(self) -> int:
        """Look if it is time; give the number of new readings (StoreUnavailable)."""
        if self._steady_ns() < self._next_ns:
            return 0
        self._next_ns = self._steady_ns() + self._numbers.every_ns
        if self._records.count_parcels(self._target, ParcelState.WAITING) >= self._numbers.most:
            return 0
        found = 0
        for parcels in _rounds(self._new(self._clock_ns())):
            self._records.enqueue(parcels, {})
            found += len(parcels)
        return found

    def _new(self, now_ns: int) -> Iterator[Parcel]:
        for device in self._canon.assets.devices:
            latest = self._series.latest(device)
            for quantity in _QUANTITIES:
                one = latest.get(quantity)
                if one is not None and one.time_ns > self._told.get((device, quantity), 0):
                    self._told[device, quantity] = one.time_ns
                    said = self._said(device, quantity, one)
                    if self._wants(said):
                        yield self._parcel(device, quantity, one.time_ns, said, now_ns)

    def _said(self, device: str, quantity: Quantity, one: Latest) -> Reading:
        quality = Quality(one.quality)
        return self._canon.reading(device, quantity, one.value, quality, sample_ns=one.time_ns, late=one.late)

    def _parcel(self, device: str, quantity: Quantity, time_ns: int, said: Reading, now_ns: int) -> Parcel:
        body, record = msgspec.json.encode(said).decode(), f"{device}.{quantity}"
        return Parcel(self._target, "reading", record, str(time_ns), body, RANKS["reading"], now_ns)


def _rounds(parcels: Iterator[Parcel]) -> Iterator[list[Parcel]]:
    while found := list(islice(parcels, _ROUND)):
        yield found
