"""When valve and fan of a site acted for an alarm: from our commands and from what valves and fans report.

What lies behind the last change of the alarm belongs to its next record, so that a record says the same whenever it is
made. The local controller often acts before we raise: what happened shortly before the raise counts too. A valve that
was closed all the time did not act, and until all valves of the site are closed it is not.
"""

from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple, Protocol

from domain.alarm import AlarmKind
from domain.asset import Assets, Device, DeviceKind
from domain.command import Command
from domain.errors import StoreUnavailable
from domain.quality import Quality
from domain.quantity import Quantity
from lifeline.monitored import monitored_class
from lifeline.records import Linkage
from lifeline.story import Story
from lifeline.times import beijing
from store.levels import RAW
from store.series import Trend

_S = 1_000_000_000
_EARLY_NS = 120 * _S
"""A controller may act so long before the raise: detectors and our delays take up to a minute each."""
_LOOK_NS = 600 * _S
"""How it stood is looked for from so long before the raise on: battery-fed devices report every few minutes."""
_LONGEST_NS = 86_400 * _S
"""What happens later was done by hand and stands in the disposal."""
_POINTS = 200_000
_PAUSE_NS = 60 * _S
"""Series that do not answer are asked again after this: no alarm waits for them."""
_ABOUT_VALVES = frozenset(
    {AlarmKind.LINKAGE_FAILED, AlarmKind.CUTOFF_UNPROVEN, AlarmKind.VALVE_CLOSE_FAILED, AlarmKind.VALVE_BYPASS}
)


class Commands(Protocol):
    """What is needed of the records: `store.records.Records`."""

    def commands(self, *, device: str | None = None, limit: int = 200) -> list[Command]: ...


class Series(Protocol):
    """What is needed of the time series."""

    def series(self, device: str, quantity: Quantity, from_ns: int, to_ns: int, points: int) -> Trend: ...


class _Span(NamedTuple):
    """The time of an alarm, in which something counts."""

    from_ns: int
    to_ns: int


class Linkages:
    """Looks up what valves and fans did.

    Args:
        records: with our commands.
        series: with the positions.
        assets: the registry.
        clock_ns: wall clock.
    """

    def __init__(self, records: Commands, series: Series, assets: Assets, clock_ns: Callable[[], int]) -> None:
        self._records, self._series, self._assets, self._clock_ns = records, series, assets, clock_ns
        self._again_ns = 0

    def of(self, story: Story) -> Linkage:
        """Give what is known of an alarm of gas or of a valve, up to its last change (StoreUnavailable: records)."""
        kind, site = story.entry.kind, story.entry.site
        if monitored_class(kind) == "operation_safety" and kind not in _ABOUT_VALVES:
            return Linkage()
        valves = self._assets.of_kind(site, DeviceKind.CUTOFF_VALVE)
        fans = self._assets.of_kind(site, DeviceKind.FAN)
        if not valves and not fans:
            return Linkage()
        span = _Span(story.first_ns - _EARLY_NS, min(story.last_ns, story.first_ns + _LONGEST_NS))
        sent_ns = min(self._sent(valves, span), default=0)
        closed_ns, fan_ns = self._acted(valves, fans, span)
        return Linkage(valve_cmd_time=_time(sent_ns), valve_closed_time=_time(closed_ns), fan_on_time=_time(fan_ns))

    def _sent(self, valves: Sequence[Device], span: _Span) -> Iterator[int]:
        for valve in valves:
            for command in self._records.commands(device=valve.id):
                if span.from_ns <= command.sent_ns <= span.to_ns:
                    yield command.sent_ns

    def _acted(self, valves: Sequence[Device], fans: Sequence[Device], span: _Span) -> tuple[int, int]:
        """Give when the last valve closed and when the first fan started; 0 each where it did not, or is not known."""
        if self._clock_ns() < self._again_ns:
            return 0, 0
        try:
            closed = [self._changed(valve, Quantity.VALVE_OPEN, 0, span) for valve in valves]
            started = [self._changed(fan, Quantity.FAN_ON, 1, span) for fan in fans]
        except StoreUnavailable:
            self._again_ns = self._clock_ns() + _PAUSE_NS
            return 0, 0
        known = [time_ns for time_ns in closed if time_ns is not None]
        done = max(known, default=0) if len(known) == len(closed) else 0
        return done, min((time_ns for time_ns in started if time_ns), default=0)

    def _changed(self, device: Device, quantity: Quantity, wanted: float, span: _Span) -> int | None:
        """Give when a device was first seen to go there; 0: it was there before; None: it never was."""
        from_ns = span.from_ns - _LOOK_NS
        seen = self._series.series(device.id, quantity, from_ns, span.to_ns + 1, _POINTS)
        if seen.step_ns != RAW:
            return None  # so old that only roll-ups are left
        before: bool | None = None
        for time_ns, value, quality in zip(seen.time_ns, seen.value, seen.quality, strict=True):
            if quality != Quality.GOOD:
                continue
            there = value == wanted
            if there and before is False and time_ns >= span.from_ns:
                return time_ns
            before = there
        return 0 if before else None


def _time(time_ns: int) -> str:
    return beijing(time_ns) if time_ns else ""
