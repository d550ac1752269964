"""Pressure waves in the pipes around an event, for seconds: the method of characteristics."""

from collections.abc import Collection, Iterator
from typing import Literal

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import connected_components, dijkstra

from simulator.friction import LAWS
from simulator.holes import Holes
from simulator.hydraulics import Hydraulics
from simulator.leaks import SHARP
from simulator.matrix import summed
from simulator.orifice import straightened
from simulator.topology import G_M_S2, Place, Topology

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]

_FRICTION_TURNS, _NODE_TURNS = 3, 8


def pipes_around(topology: Topology, place: str | Place, reach_m: float) -> list[str]:
    """Find the pipes of which some end is no farther than this along the network."""
    cells, nodes = topology.cells, len(topology.node_ids)
    lines = slice(0, topology.lines)
    length = np.array([cell.length_m for cell in cells] + [1e-3] * (topology.lines - len(cells)))
    graph = csr_matrix((length, (topology.tail[lines], topology.head[lines])), (nodes, nodes))
    far_m = dijkstra(graph, directed=False, indices=[topology.number(place)], limit=reach_m)[0]
    near = np.isfinite(far_m)
    return list(dict.fromkeys(cell.pipe.id for cell in cells if near[cell.from_node] or near[cell.to_node]))


class Waves:
    """Pipes around an event, from a quasi-static state on.

    With B = a/A, along the characteristics dx = ±a·dt
    ``p_P = p_A - B·(m_P - m_A) - F`` and ``p_P = p_B + B·(m_P - m_B) + F``, where F is the mean over both ends of
    ``(λ·c²·m·|m|/(2·D·A²·p) + g·p·sinθ/c²)·dx``, iterated. Nodes have one pressure, and what flows in flows out, is
    drawn, or leaks. Each pipe holds a whole number of steps: its wave speed is rounded, by at most half a step.

    What flows through the border, and what consumers draw, stays what it was (`border="flow"`), or the border holds
    its pressure (`border="pressure"`) and reflects. Held nodes hold theirs. Open valves pass waves, regulators do not.

    Args:
        hydraulics: where all begins; it is not changed.
        pipes: of the sub-graph; see `pipes_around`.
        dt_s: step; 0.01 to 0.05 s. Pipes shorter than one step count as one step long.
        speed_m_s: of waves. None: isothermal c, which fits the slow model; real waves run √k faster, at the isentropic
            speed.
        border: what stays as it was where the sub-graph ends.

    Example:
        >>> from domain.network import Friction, Gas, Network, Node, Pipe
        >>> from simulator.steady import solve_steady
        >>> network = Network(
        ...     Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5), 79_700.0, Friction.GB50028,
        ...     (Node("N1", fixed_pressure_pa_abs=279_700.0), Node("N2", demand_kg_s=0.05)),
        ...     (Pipe("P1", "N1", "N2", length_m=1_500.0, inner_diameter_m=0.09, roughness_m=1e-5),),
        ... )
        >>> hydraulics = Hydraulics(network, places=[("P1", 0.4)])
        >>> solve_steady(hydraulics)
        >>> waves = Waves(hydraulics, ["P1"])
        >>> before_pa = waves.pressure_pa(("P1", 0.4))
        >>> waves.open_hole("L1", ("P1", 0.4), hole_mm=5.0)
        >>> waves.step()
        >>> f"{before_pa - waves.pressure_pa(('P1', 0.4)):.0f} Pa"
        '179 Pa'

    References:
        Wylie, Streeter (1993), Fluid Transients in Systems, chapter 3.
    """

    def __init__(
        self,
        hydraulics: Hydraulics,
        pipes: Collection[str],
        *,
        dt_s: float = 0.02,
        speed_m_s: float | None = None,
        border: Literal["flow", "pressure"] = "flow",
    ) -> None:
        self._topology, self._dt_s = hydraulics.topology, dt_s
        self.time_s, self.holes = 0.0, Holes()
        gas = self._topology.network.gas
        self._specific_j_kg, self._ratio = self._topology.specific_j_kg(), gas.heat_capacity_ratio
        self._celerity_2 = gas.z * self._specific_j_kg
        cells = [number for pipe in pipes for number in _numbers(self._topology.cells_of[pipe])]
        self._lay(hydraulics, np.array(cells, np.intp), speed_m_s or self._celerity_2**0.5)
        self._join(hydraulics, border)

    def open_hole(self, name: str, place: str | Place, hole_mm: float, discharge: float = SHARP) -> None:
        """Make a hole at a node of the sub-graph, or at a reserved place of one of its pipes."""
        self.holes.open(name, self._slot_of(place), hole_mm, discharge)

    def leak_kg_s(self, name: str) -> float:
        return float(self._leak[self.holes.node[name]]) * self.holes.share(name)

    def pressure_pa(self, place: str | Place) -> float:
        return float(self._node_pa[self._slot_of(place)])

    # ------------------------------------------------------------ building
    def _lay(self, hydraulics: Hydraulics, cells: Index, speed_m_s: float) -> None:
        """Put points into each cell, its ends among them."""
        topology, state = self._topology, hydraulics.state
        pieces = [topology.cells[number] for number in cells.tolist()]
        length = np.array([piece.length_m for piece in pieces])
        diameter = np.array([piece.pipe.inner_diameter_m for piece in pieces])
        steps = np.maximum(1, np.rint(length / (speed_m_s * self._dt_s))).astype(np.intp)
        self._first = np.concatenate([[0], np.cumsum(steps + 1)[:-1]]).astype(np.intp)
        self._last = self._first + steps
        of = np.repeat(np.arange(len(cells)), steps + 1)
        share = (np.arange(len(of)) - self._first[of]) / steps[of]
        tail, head = topology.tail[cells], topology.head[cells]
        area, lines = np.pi / 4 * diameter**2, hydraulics.lines
        step_m = length / steps
        self._wave = (step_m / self._dt_s / area)[of]
        self._drag = (self._celerity_2 / (2 * diameter * area**2) * step_m)[of]
        zeta = np.array([piece.pipe.loss_coefficient * piece.share for piece in pieces])
        self._loss = (self._celerity_2 * zeta / (2 * area**2) / steps)[of]
        rise_m = topology.elevation_m[head] - topology.elevation_m[tail]
        self._lift = (G_M_S2 * rise_m / steps / self._celerity_2)[of]
        self._kappa, self._rough = lines.kappa[cells][of], lines.roughness[cells][of]
        self._law = LAWS[topology.network.friction]
        square = state.pressure_pa**2
        self._pa = np.sqrt(square[tail][of] + (square[head] - square[tail])[of] * share)
        self._flow = state.flow_kg_s[cells][of]
        self._ends = (tail, head)
        inner = np.ones(len(of), np.bool_)
        inner[self._first] = inner[self._last] = False
        self._inner = np.flatnonzero(inner)

    def _join(self, hydraulics: Hydraulics, border: Literal["flow", "pressure"]) -> None:
        """Give the ends of cells their nodes; an open valve makes one node of two."""
        topology, state = self._topology, hydraulics.state
        tail, head = self._ends
        group = _groups(hydraulics)
        used, slots = np.unique(np.concatenate([group[tail], group[head]]), return_inverse=True)
        self._tail_slot, self._head_slot = slots[: len(tail)], slots[len(tail) :]
        self._group, self._used, count = group, used, len(used)
        self._conductance = summed(self._tail_slot, 1 / self._wave[self._first], count)
        self._conductance += summed(self._head_slot, 1 / self._wave[self._last], count)
        self._node_pa, self._leak, self._air_pa = np.zeros(count), np.zeros(count), np.zeros(count)
        for slot, end in ((self._tail_slot, tail), (self._head_slot, head)):
            self._node_pa[slot], self._air_pa[slot] = state.pressure_pa[end], state.ambient_pa[end]
        self._drawn = summed(self._head_slot, self._flow[self._last], count)
        self._drawn -= summed(self._tail_slot, self._flow[self._first], count)
        held = [group[topology.fixed]]
        if border == "pressure":
            held.append(group[_border(topology, tail, head)])
        self._held = np.flatnonzero(np.isin(used, np.concatenate(held)))

    def _slot_of(self, place: str | Place) -> int:
        found = np.flatnonzero(self._used == self._group[self._topology.number(place)])
        if not len(found):
            raise KeyError(f"{place} is no node of the sub-graph")
        return int(found[0])

    # ------------------------------------------------------------ time
    def step(self) -> None:
        """Go on by one step."""
        self.time_s += self._dt_s
        pa, flow = self._pa, self._flow
        before = self._friction(pa, flow)
        new_pa, new_flow = pa.copy(), flow.copy()
        for _ in range(_FRICTION_TURNS):
            after = self._friction(new_pa, new_flow)
            new_pa, new_flow = self._moved(pa, flow, before, after)
        self._pa, self._flow = new_pa, new_flow

    def _moved(self, pa: Array, flow: Array, before: Array, after: Array) -> tuple[Array, Array]:
        """Follow the characteristics, with the mean friction of both their ends."""
        inner, wave = self._inner, self._wave
        plus, minus = np.empty_like(pa), np.empty_like(pa)
        plus[1:] = pa[:-1] + wave[:-1] * flow[:-1] - 0.5 * (before[:-1] + after[1:])
        minus[:-1] = pa[1:] - wave[1:] * flow[1:] + 0.5 * (before[1:] + after[:-1])
        new_pa, new_flow = pa.copy(), flow.copy()
        new_pa[inner] = 0.5 * (plus[inner] + minus[inner])
        new_flow[inner] = (plus[inner] - minus[inner]) / (2 * wave[inner])
        self._meet(plus[self._last], minus[self._first])
        new_pa[self._first], new_pa[self._last] = self._node_pa[self._tail_slot], self._node_pa[self._head_slot]
        new_flow[self._first] = (new_pa[self._first] - minus[self._first]) / wave[self._first]
        new_flow[self._last] = (plus[self._last] - new_pa[self._last]) / wave[self._last]
        return new_pa, new_flow

    def _meet(self, plus: Array, minus: Array) -> None:
        """Find the pressure of each node at which nothing is left over."""
        count = len(self._node_pa)
        offered = summed(self._head_slot, plus / self._wave[self._last], count)
        offered += summed(self._tail_slot, minus / self._wave[self._first], count)
        offered -= self._drawn
        new_pa = offered / self._conductance
        self._leak = np.zeros(count)
        node, area_m2 = self.holes.gathered()
        pa, outside_pa = self._node_pa[node], self._air_pa[node]
        for _ in range(_NODE_TURNS if len(node) else 0):
            jet = straightened(area_m2, pa, outside_pa, specific_j_kg=self._specific_j_kg, ratio=self._ratio)
            wrong = self._conductance[node] * pa + jet.flow - offered[node]
            pa -= wrong / (self._conductance[node] + jet.by_inside)
        new_pa[node], self._leak[node] = pa, offered[node] - self._conductance[node] * pa
        new_pa[self._held] = self._node_pa[self._held]
        self._node_pa = new_pa

    def _friction(self, pa: Array, flow: Array) -> Array:
        size = np.abs(flow)
        drag = self._drag * self._kappa * self._law(size / self._kappa, self._rough).lambda_re
        return (drag + self._loss * size) * flow / pa + self._lift * pa


def _numbers(cells: slice) -> Iterator[int]:
    yield from range(cells.start, cells.stop)


def _border(topology: Topology, tail: Index, head: Index) -> Index:
    """Find the nodes where an edge ends that is no pipe of the sub-graph, nor a valve."""
    key = topology.tail * len(topology.node_ids) + topology.head
    inside = np.isin(key, tail * len(topology.node_ids) + head)
    inside[len(topology.cells) : topology.lines] = True
    return np.concatenate([topology.tail[~inside], topology.head[~inside]])


def _groups(hydraulics: Hydraulics) -> Index:
    """Number the nodes so that those joined by an open valve share a number."""
    topology, nodes = hydraulics.topology, len(hydraulics.topology.node_ids)
    valves = slice(len(topology.cells), topology.lines)
    open_ = ~hydraulics.valves.openings()[0]
    tail, head = topology.tail[valves][open_], topology.head[valves][open_]
    graph = csr_matrix((np.ones(len(tail)), (tail, head)), (nodes, nodes))
    return connected_components(graph, directed=False)[1].astype(np.intp)
