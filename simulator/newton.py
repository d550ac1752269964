"""One iterate of Newton's method for a whole network: linearise, eliminate the flows, solve for the pressures."""

import copy
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from simulator.matrix import Factors, Matrix, summed
from simulator.orifice import orifice, straightened
from simulator.pipes import Change, Lines
from simulator.regulators import Regulators
from simulator.topology import Topology

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]
Index = npt.NDArray[np.intp]

_SCARCE_PA = 50.0
"""A consumer whose pressure is less than this above the air gets proportionally less: nothing is sucked empty."""
_DOZEN = 12
_HOLD = 1e-12
"""kg/s per Pa: holds the pressure of what is cut off from everything, and is far too weak for anything else."""


def caution(iteration: int) -> float:
    """Give the share of an iterate's step that is taken: a dozen whole ones, a dozen halves, and so on.

    Halves end going in circles; only whole ones keep the mass, so that an iterate may be the last one only then.
    """
    return 0.5 if iteration // _DOZEN % 2 else 1.0


@dataclass(slots=True)
class State:
    """What changes with time; a copy of it goes its own way.

    Attributes:
        time_s: since the start.
        pressure_pa: of each node, absolute.
        flow_kg_s: of each edge, from its tail to its head; after the regulators their seats that do not close.
        drawn_kg_s: what each node really gives to consumers (negative: feeds in).
        leak_kg_s: what each node loses.
        supply_kg_s: what each held node feeds in, 0 elsewhere.
        ambient_pa: air pressure at each node.
        iterations: of Newton's method in the last step.
    """

    time_s: float
    pressure_pa: Array
    flow_kg_s: Array
    drawn_kg_s: Array
    leak_kg_s: Array
    supply_kg_s: Array
    ambient_pa: Array
    iterations: int = 0

    def copy(self) -> "State":
        return copy.deepcopy(self)


@dataclass(frozen=True, slots=True, eq=False)
class Frame:
    """What stays the same during the iterates of one step.

    Attributes:
        lines: as columns, with the c² of this step.
        regulators: as they work in this step.
        zeta: loss coefficient of each line now.
        shut: edges that pass nothing.
        rate: 1/dt in 1/s; 0: a steady state.
        storage: V/(c²·dt) of each node in kg/s per Pa; 0: a steady state.
        before_pa: pressures one step earlier.
        before_kg_s: flows one step earlier.
        demand_kg_s: asked for at each node.
        above: nodes that have been above the pressure of the air during this step. What they lose goes on below it as
            a straight line, which leads Newton's method back; otherwise it would jump between all and nothing.
        hole_node: nodes that leak.
        hole_m2: area times discharge coefficient at each of them.
        specific_j_kg: R·T/M of the gas.
        ratio: its heat capacity ratio.
    """

    lines: Lines
    regulators: Regulators
    zeta: Array
    shut: Flags
    rate: float
    storage: Array
    before_pa: Array
    before_kg_s: Array
    demand_kg_s: Array
    above: Flags
    hole_node: Index
    hole_m2: Array
    specific_j_kg: float
    ratio: float


class Slopes(NamedTuple):
    """The system as it was linearised at some iterate; later ones may go on with it (a chord in place of a tangent).

    Attributes:
        by_tail: how each edge's flow follows the pressure of its tail.
        by_head: and of its head.
        by_flow: how each edge's own equation follows its flow.
        by_scarcity: how what consumers get follows their pressure.
        by_leak: how what leaks follows the pressure.
        factors: of the balances.
    """

    by_tail: Array
    by_head: Array
    by_flow: Array
    by_scarcity: Array
    by_leak: Array
    factors: Factors


class Newton:
    """The system of one network.

    At each node ``V/c²·(p - p⁰)/dt + Σ m_out - Σ m_in + drawn + leak(p) = 0``, along each edge its own equation, which
    gives ``δm = rest + by_tail·δp_tail + by_head·δp_head``. Every balance is linear in what is iterated, so mass is
    kept to rounding at every iterate, also at one that goes on with the slopes of an earlier one: what is not fully
    converged is wrong by some mPa, never by a gram.
    """

    def __init__(self, topology: Topology) -> None:
        lines = slice(0, topology.lines)
        links = slice(topology.lines, None)
        # a regulator's seat is an edge of its own, beside it
        self._tail = np.concatenate([topology.tail, topology.tail[links]])
        self._head = np.concatenate([topology.head, topology.head[links]])
        self._lines = lines
        self._links = slice(topology.lines, len(topology.tail))
        self._seats = slice(len(topology.tail), None)
        self._matrix = Matrix(len(topology.node_ids), self._tail, self._head, topology.fixed)
        self._fixed = topology.fixed

    @property
    def edges(self) -> int:
        return len(self._tail)

    def iterate(
        self, state: State, frame: Frame, *, step: float = 1.0, slopes: Slopes | None = None
    ) -> tuple[Array, Slopes]:
        """Improve flows, and give the change of pressures (Pa) that belongs to them, and the slopes that led there.

        Args:
            state: whose flows are changed in place.
            frame: of the step.
            step: share of the whole Newton step.
            slopes: of an earlier iterate of this step; they hold as long as regulators work in the same ways.
        """
        pressure_pa = state.pressure_pa
        change = self._change(state, frame)
        np.logical_or(frame.above, pressure_pa > state.ambient_pa, out=frame.above)
        drawn, by_scarcity = _drawn(frame, pressure_pa - state.ambient_pa)
        leak, by_leak = _leak(frame, pressure_pa, state.ambient_pa)
        if slopes is None or not self._hold(slopes, change):
            diagonal = frame.storage + by_scarcity + by_leak + (_HOLD if frame.rate == 0 else 0.0)
            factors = self._matrix.factors(diagonal, change.by_tail, change.by_head)
            slopes = Slopes(change.by_tail, change.by_head, change.by_flow, by_scarcity, by_leak, factors)
        rest = change.rest * (change.by_flow / slopes.by_flow)
        out = self._outflow(state.flow_kg_s + rest)
        right = frame.storage * (frame.before_pa - pressure_pa) - out - drawn - leak
        delta = step * slopes.factors.solve(right)
        state.flow_kg_s = (
            state.flow_kg_s + step * rest + slopes.by_tail * delta[self._tail] + slopes.by_head * delta[self._head]
        )
        state.drawn_kg_s = drawn + slopes.by_scarcity * delta
        state.leak_kg_s = leak + slopes.by_leak * delta
        return delta, slopes

    def _hold(self, slopes: Slopes, change: Change) -> bool:
        """Tell whether regulators still work as they did."""
        if self._links.start == self._links.stop:
            return True
        beyond = slice(self._lines.stop, None)
        pairs = ((slopes.by_tail, change.by_tail), (slopes.by_head, change.by_head))
        return all(np.array_equal(then[beyond], now[beyond]) for then, now in pairs)

    def supply(self, state: State, frame: Frame) -> Array:
        """Tell what each held node feeds in."""
        out = self._outflow(state.flow_kg_s) + state.drawn_kg_s + state.leak_kg_s
        out += frame.storage * (state.pressure_pa - frame.before_pa)
        found = np.zeros(len(out))
        found[self._fixed] = out[self._fixed]
        return found

    def _outflow(self, flow: Array) -> Array:
        nodes = self._matrix.nodes
        return summed(self._tail, flow, nodes) - summed(self._head, flow, nodes)

    def _change(self, state: State, frame: Frame) -> Change:
        tail_pa, head_pa, flow = state.pressure_pa[self._tail], state.pressure_pa[self._head], state.flow_kg_s
        lines, links, seats = self._lines, self._links, self._seats
        parts = [
            frame.lines.change(
                tail_pa[lines], head_pa[lines], flow[lines], frame.before_kg_s[lines], frame.zeta, rate=frame.rate
            )
        ]
        if len(frame.regulators):
            parts.append(frame.regulators.change(tail_pa[links], head_pa[links], flow[links]))
            parts.append(frame.regulators.seep(tail_pa[links], head_pa[links], flow[seats]))
        change = Change(*map(np.concatenate, zip(*parts, strict=True))) if len(parts) > 1 else parts[0]
        if frame.shut.any():
            change.rest[frame.shut] = -flow[frame.shut]
            change.by_tail[frame.shut] = change.by_head[frame.shut] = 0.0
            change.by_flow[frame.shut] = 1.0
        return change


def _leak(frame: Frame, pressure_pa: Array, ambient_pa: Array) -> tuple[Array, Array]:
    """Tell what each node loses, and how that follows its pressure; below the pressure of the air, air comes in."""
    leak, by_pressure, node = np.zeros(len(pressure_pa)), np.zeros(len(pressure_pa)), frame.hole_node
    if len(node):
        inside_pa, outside_pa, above = pressure_pa[node], ambient_pa[node], frame.above[node]
        out = straightened(frame.hole_m2, inside_pa, outside_pa, specific_j_kg=frame.specific_j_kg, ratio=frame.ratio)
        back = orifice(frame.hole_m2, outside_pa, inside_pa, specific_j_kg=frame.specific_j_kg, ratio=frame.ratio)
        leak[node] = np.where(above, out.flow, -back.flow)
        by_pressure[node] = np.where(above, out.by_inside, -back.by_outside)
    return leak, by_pressure


def _drawn(frame: Frame, gauge_pa: Array) -> tuple[Array, Array]:
    """Tell what consumers get, and how that follows the pressure; in a steady state and above 50 Pa all of it."""
    demand_kg_s = frame.demand_kg_s
    if frame.rate == 0 or gauge_pa.min() >= _SCARCE_PA:
        return demand_kg_s, np.zeros(len(demand_kg_s))
    share = np.minimum(gauge_pa / _SCARCE_PA, 1.0)
    scarce = (demand_kg_s > 0) & (share < 1)
    share[~frame.above] = 0.0
    by_pressure = np.where(scarce & frame.above, demand_kg_s / _SCARCE_PA, 0.0)
    return np.where(scarce, demand_kg_s * share, demand_kg_s), by_pressure
