"""Fills a target's outbox with readings: every so often, the newest sample of each device that has a new one.

A platform that wants readings gets snapshots, the series keep everything. While much waits no more are added, so that
an outage of days fills nothing; alarms are not made here, and go first.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from itertools import islice
from typing import NamedTuple, Protocol

import msgspec

from domain.parcel import Parcel, ParcelState
from domain.quality import Quality
from domain.quantity import Quantity
from lifeline.canon import Canon
from lifeline.records import RANKS
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
    ) -> None:
        self._records, self._series, self._target, self._canon = records, series, target, canon
        self._numbers, self._clock_ns = numbers, clock_ns
        self._told: dict[tuple[str, Quantity], int] = {}
        self._next_ns = 0

    def work(self) -> int:
        """Look if it is time; give the number of new readings (StoreUnavailable)."""
        now_ns = self._clock_ns()
        if now_ns < self._next_ns:
            return 0
        self._next_ns = now_ns + self._numbers.every_ns
        if self._records.count_parcels(self._target, ParcelState.WAITING) >= self._numbers.most:
            return 0
        found = 0
        for parcels in _rounds(self._new(now_ns)):
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
                    yield self._parcel(device, quantity, one, now_ns)

    def _parcel(self, device: str, quantity: Quantity, one: Latest, now_ns: int) -> Parcel:
        quality = Quality(one.quality)
        said = self._canon.reading(device, quantity, one.value, quality, sample_ns=one.time_ns, late=one.late)
        body, record = msgspec.json.encode(said).decode(), f"{device}.{quantity}"
        return Parcel(self._target, "reading", record, str(one.time_ns), body, RANKS["reading"], now_ns)


def _rounds(parcels: Iterator[Parcel]) -> Iterator[list[Parcel]]:
    while found := list(islice(parcels, _ROUND)):
        yield found
