"""What the time series prove where no alarm tells it: a valve that stayed open, burners on medium pressure."""

from collections.abc import Iterator, Mapping
from itertools import pairwise
from typing import NamedTuple, Protocol

from domain.alarm import Alarm
from domain.asset import Assets, Device, DeviceKind, LinksAt, Power, Tier
from domain.quality import Quality
from domain.quantity import Quantity
from domain.record import JournalEntry
from domain.rulebook import Rulebook
from ledger.facts import MEDIUM_KPA
from ledger.monitoring import Found, covered
from store.levels import RAW
from store.series import Trend

_EARLY_NS = 120_000_000_000
"""The site's own controller may act so long before we raise."""
_LONGEST_NS = 86_400_000_000_000
_GAP_NS = 7_200_000_000_000
"""Where nothing was measured for longer, nothing is proven."""
_POINTS = 200_000
_LOW = frozenset({Tier.LOW_NATURAL, Tier.LOW_LPG})


class Series(Protocol):
    """What is needed of the time series."""

    def series(self, device: str, quantity: Quantity, from_ns: int, to_ns: int, points: int) -> Trend: ...


class Spans(NamedTuple):
    """Of the rulebook.

    Attributes:
        closing_ns: within which a valve must report closed, by its power.
        medium_ns: from when on medium pressure is no passing fault.
        low_closes: the first level of gas must close the valve everywhere, whatever `Site.links_at` says.
    """

    closing_ns: Mapping[Power, int]
    medium_ns: int
    low_closes: bool

    @classmethod
    def of(cls, rulebook: Rulebook) -> "Spans":
        closing = {Power.MAINS: "linkage_failed.mains", Power.BATTERY: "linkage_failed.battery"}
        closing_ns = {power: rulebook.ns(name) for power, name in closing.items()}
        return cls(closing_ns, rulebook.ns("hazard.medium_pressure"), bool(rulebook["hazard.low_closes"]))


class Telemetry:
    """Judges by measured values; whatever was not measured, or not well, proves nothing.

    Args:
        series: the time series.
        assets: the registry.
        spans: of the rulebook.
    """

    def __init__(self, series: Series, assets: Assets, spans: Spans) -> None:
        self._series, self._assets, self._spans = series, assets, spans

    def low_closes(self, site: str) -> bool:
        """Tell whether the first level must close the valves of a user's site: by its own row, or by the rulebook."""
        known = self._assets.sites.get(site)
        return known is not None and covered(known) and (self._spans.low_closes or known.links_at is LinksAt.LOW)

    def unclosed(self, ended: JournalEntry, raised_ns: int) -> Found | None:
        """Judge a first-level alarm that is over: a valve reported open when it had to be closed, and never closed."""
        for valve in self._assets.of_kind(ended.site, DeviceKind.CUTOFF_VALVE):
            due_ns = raised_ns + self._spans.closing_ns[valve.power]
            end_ns = min(ended.time_ns, raised_ns + _LONGEST_NS)
            seen = list(self._good(valve, Quantity.VALVE_OPEN, raised_ns - _EARLY_NS, end_ns))
            closed = any(value == 0 for _, value in seen)
            open_ns = next((time_ns for time_ns, value in seen if value == 1 and time_ns >= due_ns), None)
            if open_ns is not None and not closed:
                return Found(ended.site, "not_closed", open_ns, valve.id, ended.alarm_id)
        return None

    def medium(self, high: Alarm, now_ns: int) -> Found | None:
        """Judge a standing alarm of high pressure at a user: all that was measured for so long is medium pressure."""
        sensor, from_ns = self._assets.devices.get(high.device), now_ns - self._spans.medium_ns
        if sensor is None or sensor.kind is not DeviceKind.PRESSURE_SENSOR or sensor.tier not in _LOW:
            return None
        if high.raised_ns > from_ns or not covered(self._assets.sites.get(high.site)):
            return None
        seen = list(self._good(sensor, Quantity.PRESSURE_KPA, from_ns, now_ns))
        times = [from_ns, *(time_ns for time_ns, _ in seen), now_ns]
        gapless = all(after - before <= _GAP_NS for before, after in pairwise(times))
        if not seen or not gapless or min(value for _, value in seen) < MEDIUM_KPA:
            return None
        return Found(high.site, "medium_pressure", high.raised_ns, high.device, high.id, stands=True)

    def _good(self, device: Device, quantity: Quantity, from_ns: int, to_ns: int) -> Iterator[tuple[int, float]]:
        seen = self._series.series(device.id, quantity, from_ns, to_ns + 1, _POINTS)
        if seen.step_ns == RAW:  # of roll-ups nobody knows how good each value was
            for time_ns, value, quality in zip(seen.time_ns, seen.value, seen.quality, strict=True):
                if quality == Quality.GOOD:
                    yield time_ns, value
