"""Regulators that fail in the course of a scenario: how far each fault has come, put into the network before a step."""

import math
from dataclasses import dataclass, field

from simulator.events import Regulation
from simulator.leaks import SHARP
from simulator.regulators import Fault, Regulators


@dataclass(slots=True)
class Failing:
    """Faults that stand, by event; of two at one regulator the later one counts."""

    events: dict[str, Regulation] = field(default_factory=dict)
    _touched: set[str] = field(default_factory=set)

    def act(self, regulators: Regulators, since_ns: int) -> None:
        """Let every fault be as large as it is so long after the start of the run; what is repaired works again."""
        for regulator in sorted(self._touched):
            regulators.fault[regulator] = Fault()
        self._touched = {event.regulator for event in self.events.values()}
        for event in self.events.values():
            regulators.fault[event.regulator] = _fault(event, event.grown(since_ns))
            if event.fault == "slam_shut":
                regulators.trip(event.regulator)

    def swings(self) -> bool:
        return any(event.fault == "hunting" for event in self.events.values())

    def end(self, key: str, regulators: Regulators) -> None:
        """Somebody on site repairs it, and opens what has tripped."""
        regulators.reset(self.events.pop(key).regulator)


def _fault(event: Regulation, grown: float) -> Fault:
    by_pa = 1000 * grown * (event.by_kpa or 0.0)
    match event.fault:
        case "creep":
            return Fault(seat_m2=grown * SHARP * math.pi / 4 * ((event.hole_mm or 0.0) / 1000) ** 2)
        case "freeze":
            return Fault(limit_share=1.0 - grown * (1.0 - (event.share or 0.0)))
        case "set_point":
            return Fault(drift_pa=by_pa)
        case "hunting":
            return Fault(hunting_pa=by_pa, hunting_hz=event.hz)
        case "rupture":
            return Fault(ruptured=True)
    return Fault()
