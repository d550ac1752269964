"""What the instruments say of an incident's sites, for whoever wants to stand it down."""

from collections.abc import Iterable
from itertools import pairwise

from alerting.handling import Proof
from alerting.standdown import Point, Valve
from api.board import Board, Status
from api.services import Services
from domain.alarm import Alarm
from domain.asset import Device, DeviceKind
from domain.quality import Quality
from domain.quantity import Quantity

_GAS = frozenset({DeviceKind.GAS_DETECTOR, DeviceKind.MANHOLE})
_POINTS = 100_000
"""More than a detector can send within the proving time: the series must not thin it out."""


def proof_of(services: Services, board: Board, members: Iterable[Alarm]) -> Proof:
    """Look at every valve and gas point of the members' sites, over the proving time until now."""
    sites = sorted({alarm.site for alarm in members if alarm.site in services.assets.sites})
    statuses = [status for site in sites for status in board.at(site)]
    return Proof(
        valves=[_valve(services, status) for status in statuses if status.device.kind is DeviceKind.CUTOFF_VALVE],
        points=[_point(services, status) for status in statuses if status.device.kind in _GAS],
    )


def _interval_ns(services: Services, status: Status) -> int:
    interval_s = status.state.interval_s if status.state else status.device.interval_s
    return round(services.rulebook["standdown.intervals"] * interval_s * 1e9)


def _valve(services: Services, status: Status) -> Valve:
    fresh = services.clock_ns() - status.position_ns <= _interval_ns(services, status)
    return Valve(status.device.id, closed=status.closed and status.online and fresh)


def _point(services: Services, status: Status) -> Point:
    now_ns, gap_ns = services.clock_ns(), _interval_ns(services, status)
    from_ns = now_ns - services.rulebook.ns("standdown.window")
    trend = services.series.series(status.device.id, Quantity.GAS_PCT_LEL, from_ns, now_ns + 1, _POINTS)
    good = [quality == Quality.GOOD for quality in trend.quality]
    # a reading that is doubted may still show gas; that it shows none proves nothing
    shown = [value for value, quality in zip(trend.value, trend.quality, strict=True) if quality <= Quality.OVER_RANGE]
    times = [from_ns, *(t for t, ok in zip(trend.time_ns, good, strict=True) if ok), now_ns]
    whole = all(good) and all(later - sooner <= gap_ns for sooner, later in pairwise(times))
    return Point(status.device.id, max(shown, default=None), _clear(services, status.device), whole)


def _clear(services: Services, device: Device) -> float:
    low = device.gas_low_pct_lel or services.rulebook["gas_low.limit"]
    return low * services.rulebook["gas_low.clear_share"]
