"""Regulators of the network: set point, droop, lock-up, limits, and the ways in which they fail."""

import math
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from domain.network import Regulator
from simulator.orifice import Jet, orifice
from simulator.pipes import Change

Array = npt.NDArray[np.float64]

_LEAST_DROOP = 1e-4
"""Pa per kg/s: stands for none."""
_OPEN_PA_S_KG = 1.0
"""Resistance of a regulator that is open as far as it goes."""
_WEIGHT = 1e-7
"""kg/s per Pa: compares a wrong pressure with a wrong flow when a regulator changes its way of working."""
_LOCK_SHARE = 0.01
"""The lock-up pressure builds up below so much of the largest flow."""
_SHUT = 3
"""The fourth way, after holding its pressure, standing open, and passing its limit."""


@dataclass(slots=True)
class Fault:
    """What is wrong with one regulator. All of it is off at first.

    Attributes:
        drift_pa: the set point has moved by this.
        hunting_pa: amplitude of an oscillation of the set point.
        hunting_hz: its frequency; 0.05 to 0.5 Hz are known.
        seat_m2: the seat does not close: area times discharge coefficient of what passes it (creep).
        limit_share: what is left of its largest flow (freezing shrinks it).
        ruptured: the diaphragm is torn and it stands wide open.
    """

    drift_pa: float = 0.0
    hunting_pa: float = 0.0
    hunting_hz: float = 0.1
    seat_m2: float = 0.0
    limit_share: float = 1.0
    ruptured: bool = False


class Regulators:
    """All regulators of a network.

    Each works in one of four ways: it holds ``p_out = set - droop·m`` (plus the lock-up near zero flow), is wide open
    (inlet below the set point), passes its limit (`max_flow_kg_s`, or what its choked inlet lets through), or is shut.
    The right way is found by the complementarity of flow and pressure (a primal-dual active set), so that a regulator
    without droop and one without flow are no special cases.

    Args:
        regulators: of the file.
        specific_j_kg: R·T/M of the gas.
        ratio: its heat capacity ratio.
        air_pa: air pressure at each outlet for which the file's set pressures hold: a spring and the air push on the
            diaphragm, so the outlet follows the weather.

    Attributes:
        fault: of each regulator, by id.
        slam_pa: outlet pressure at which each slam-shut valve trips; infinite where there is none.
        tripped: which have tripped; only `reset` by hand ends it.
        lock_up: share of the set pressure's gauge value that the outlet rises at zero flow.
        choke_m2: inlet orifice, area times discharge coefficient; infinite where it does not matter.
    """

    def __init__(self, regulators: tuple[Regulator, ...], *, specific_j_kg: float, ratio: float, air_pa: Array) -> None:
        self._regulators, self._specific_j_kg, self._ratio = regulators, specific_j_kg, ratio
        self._air_pa = air_pa
        count = len(regulators)
        self._row = {regulator.id: row for row, regulator in enumerate(regulators)}
        self._set_pa = np.array([r.set_pressure_pa_abs for r in regulators], np.float64)
        self._droop = np.array([max(r.droop_pa_per_kg_s, _LEAST_DROOP) for r in regulators], np.float64)
        self._max = np.array([_most(r.max_flow_kg_s) for r in regulators], np.float64)
        self.fault = {regulator.id: Fault() for regulator in regulators}
        self.slam_pa, self.tripped = np.full(count, math.inf), np.zeros(count, np.bool_)
        self.lock_up, self.choke_m2 = np.zeros(count), np.full(count, math.inf)
        self.advance(0.0, self._set_pa, air_pa)

    def __len__(self) -> int:
        return len(self._set_pa)

    def protect(self, regulator: str, slam_pa: float) -> None:
        """Give it a slam-shut valve that trips at this outlet pressure (absolute)."""
        self.slam_pa[self._row[regulator]] = slam_pa

    def trip(self, regulator: str) -> None:
        """Let its slam-shut valve fall shut."""
        self.tripped[self._row[regulator]] = True

    def reset(self, regulator: str) -> None:
        """Open a tripped slam-shut valve again: by hand, on site."""
        self.tripped[self._row[regulator]] = False

    def advance(self, time_s: float, outlet_pa: Array, ambient_pa: Array) -> None:
        """Look at faults and slam-shut valves before a step; they hold during it."""
        faults = list(self.fault.values())
        self.tripped = self.tripped | (outlet_pa >= self.slam_pa)
        wave = [f.drift_pa + f.hunting_pa * math.sin(2 * math.pi * f.hunting_hz * time_s) for f in faults]
        self._goal_pa = self._set_pa + (ambient_pa - self._air_pa) + np.array(wave, np.float64)
        self._limit = self._max * np.array([f.limit_share for f in faults], np.float64)
        self._torn = np.array([f.ruptured for f in faults], np.bool_)
        self.seat_m2 = np.where(self.tripped, 0.0, np.array([f.seat_m2 for f in faults], np.float64))
        self._lock_pa = self.lock_up * (self._goal_pa - ambient_pa)
        self._lock_flow = _LOCK_SHARE * np.where(np.isfinite(self._max), self._max, 0.0)

    def change(self, inlet_pa: Array, outlet_pa: Array, flow: Array) -> Change:
        """Linearise the regulating part around pressures and flows."""
        goal_pa, droop = self._characteristic(flow)
        limit = self._capacity(inlet_pa, outlet_pa)
        wants = np.where(self._torn, np.inf, flow + _WEIGHT * (goal_pa - outlet_pa))
        opens = flow + _WEIGHT * (inlet_pa - outlet_pa - _OPEN_PA_S_KG * flow)
        candidates = np.stack([wants, opens, limit.flow])
        way = np.where(self.tripped | (candidates.min(axis=0) < 0), _SHUT, candidates.argmin(axis=0))
        zero, one, wide = np.zeros(len(flow)), np.ones(len(flow)), np.full(len(flow), 1 / _OPEN_PA_S_KG)
        rests = [(goal_pa - outlet_pa) / droop, (inlet_pa - outlet_pa) * wide - flow, limit.flow - flow, -flow]
        return Change(
            np.choose(way, rests),
            np.choose(way, [zero, wide, limit.by_inside, zero]),
            np.choose(way, [-1 / droop, -wide, limit.by_outside, zero]),
            one,
        )

    def _capacity(self, inlet_pa: Array, outlet_pa: Array) -> Jet:
        """Tell the most that each passes: its limit, or what its choked inlet lets through."""
        zero, choking = np.zeros(len(inlet_pa)), np.isfinite(self.choke_m2)
        if not choking.any():
            return Jet(self._limit, zero, zero)
        jet = self._jet(np.where(choking, self.choke_m2, 0.0), inlet_pa, outlet_pa)
        limited = choking & (jet.flow < self._limit)
        return Jet(
            np.where(limited, jet.flow, self._limit),
            np.where(limited, jet.by_inside, zero),
            np.where(limited, jet.by_outside, zero),
        )

    def _characteristic(self, flow: Array) -> tuple[Array, Array]:
        """Outlet pressure that it holds at a flow, and how steeply it falls with the flow."""
        locking = (flow < self._lock_flow) & (self._lock_flow > 0)
        steep = np.divide(self._lock_pa, self._lock_flow, out=np.zeros(len(flow)), where=locking)
        lock_pa = steep * (self._lock_flow - flow)
        return self._goal_pa + lock_pa - self._droop * flow, self._droop + steep

    def seep(self, inlet_pa: Array, outlet_pa: Array, flow: Array) -> Change:
        """Linearise what passes seats that do not close."""
        if not self.seat_m2.any():
            return Change(-flow, np.zeros(len(flow)), np.zeros(len(flow)), np.ones(len(flow)))
        jet = self._jet(self.seat_m2, inlet_pa, outlet_pa)
        return Change(jet.flow - flow, jet.by_inside, jet.by_outside, np.ones(len(flow)))

    def _jet(self, area_m2: Array, inlet_pa: Array, outlet_pa: Array) -> Jet:
        return orifice(area_m2, inlet_pa, outlet_pa, specific_j_kg=self._specific_j_kg, ratio=self._ratio)

    def copy(self) -> "Regulators":
        specific_j_kg, ratio = self._specific_j_kg, self._ratio
        twin = Regulators(self._regulators, specific_j_kg=specific_j_kg, ratio=ratio, air_pa=self._air_pa)
        twin.fault = {
            name: Fault(**{key: getattr(f, key) for key in Fault.__slots__}) for name, f in self.fault.items()
        }
        twin.slam_pa, twin.tripped = self.slam_pa.copy(), self.tripped.copy()
        twin.lock_up, twin.choke_m2 = self.lock_up.copy(), self.choke_m2.copy()
        return twin


def _most(max_flow_kg_s: float | None) -> float:
    return math.inf if max_flow_kg_s is None else max_flow_kg_s
