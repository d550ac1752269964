"""A hazard, numbers and measured values that tests of the ledger change."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from domain.asset import Assets, Power
from domain.errors import StoreUnavailable
from domain.hazard import Grade, Hazard, Origin
from domain.quality import Quality
from domain.quantity import Quantity
from ledger.flow import Numbers
from ledger.telemetry import Spans, Telemetry
from store.series import Trend

S = 1_000_000_000
DAY_NS = 86_400 * S
NUMBERS = Numbers(at_once_ns=DAY_NS, escalate_ns=(0, 7 * DAY_NS, 15 * DAY_NS))


def hazard(**changes: Any) -> Hazard:  # noqa: ANN401 - attributes
    row = Hazard(
        id="h1",
        rule="R04",
        site="S1",
        object="后厨软管",
        address="",
        township="古城镇",
        grade=Grade.GENERAL,
        origin=Origin.INSPECTION,
        found_by="li",
        found_ns=DAY_NS,
        evidence="3 m",
        responsible="店主",
        deadline_ns=4 * DAY_NS,
        lead="消防",
        co=("商务",),
    )
    return replace(row, **changes)


@dataclass
class Seen:
    """Time series that hold these values by device.

    Attributes:
        bad: times at which the value is not good.
        step_ns: as if only roll-ups were left.
    """

    points: Mapping[str, Sequence[tuple[int, float]]] = field(default_factory=dict)
    bad: frozenset[int] = frozenset()
    step_ns: int = 0
    away: bool = False

    def series(self, device: str, _quantity: Quantity, from_ns: int, to_ns: int, points: int) -> Trend:
        if self.away:
            raise StoreUnavailable("away")
        found = [point for point in self.points.get(device, ()) if from_ns <= point[0] < to_ns][:points]
        quality = [int(Quality.BAD if time_ns in self.bad else Quality.GOOD) for time_ns, _ in found]
        return Trend([point[0] for point in found], [point[1] for point in found], quality, self.step_ns)


def telemetry(seen: Seen, assets: Assets, *, low_closes: bool = False) -> Telemetry:
    spans = Spans({Power.MAINS: 10 * S, Power.BATTERY: 60 * S}, medium_ns=DAY_NS, low_closes=low_closes)
    return Telemetry(seen, assets, spans)
