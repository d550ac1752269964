"""A gas network at its working point: pressures and flows, and how pressures answer to a little more outflow."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.linalg import SuperLU, splu

from detectors.order import Bools, Floats
from domain.network import Network, Node, Pipe, Valve

Index = npt.NDArray[np.intp]

_R_J_MOL_K, _G_M_S2 = 8.314462618, 9.80665
_NORMAL_PA, _NORMAL_K = 101_325.0, 273.15
_VALVE_M, _VALVE_ROUGHNESS = 1.0, 1e-4
_HELD = 1e6
"""Conductance of a held node against any other, kg/s per Pa: it does not move."""
_LEAST_DROOP_PA_S_KG = 10.0
"""Of a regulator that has none: stiff, but well conditioned."""
_LEAST_SLOPE = 1.0
"""Pa²·s/kg: what a pipe resists at the very least, however short."""
_LEAST_KG_S = 1e-9
_TURNS, _SETTLED = 60, 1e-6
_PA_LEAST = 1_000.0
_AIR_M = 8_430.0
"""Scale height of the air at 15 °C."""


class Working(NamedTuple):
    """A working point, linearised.

    Attributes:
        pressure_pa: of each node, absolute.
        flow_kg_s: of each line.
        by_tail: how the flow of each line grows with the pressure where it begins, kg/s per Pa.
        by_head: how it falls with the pressure where it ends.
        forward: factors of the Jacobian of the nodal balances.
        backward: those of its transpose.
    """

    pressure_pa: Floats
    flow_kg_s: Floats
    by_tail: Floats
    by_head: Floats
    forward: SuperLU
    backward: SuperLU


class Answer(NamedTuple):
    """What more outflow does, a row for each case.

    Attributes:
        fall_pa: of the pressure of each node.
        flow_kg_s: that each line has then.
        bend_kg_s: what the lines' curves miss of their tangents: how far not to trust it.
    """

    fall_pa: Floats
    flow_kg_s: Floats
    bend_kg_s: Floats


class Grid:
    r"""The network as columns, and its steady state at a share of its demands.

    Flows obey $p_1^2 e^{-r} - p_2^2 e^{r} = 2 K m |m|$ with $K = (\lambda l / D + \zeta) c^2 / 2 A^2$ and Churchill's
    friction factor; every node's inflow is its demand. Newton's method for all flows and squares of pressures at once
    [1]. A regulator holds its outlet at its set pressure less its droop, and draws at its inlet what it passes.

    Args:
        network: its valves stand as they are drawn.

    References:
        [1] Todini, Pilati (1988), A gradient algorithm for the analysis of pipe networks.
        [2] Churchill (1977), Chemical Engineering 84: one friction factor for all regimes.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._workings: dict[float, Working] = {}
        self.node_of = {node.id: number for number, node in enumerate(network.nodes)}
        self.pipes = tuple(pipe for pipe in network.pipes if pipe.in_service)
        lines: list[Pipe | Valve] = [*self.pipes, *(valve for valve in network.valves if valve.open)]
        self.tail, self.head = (
            np.array([self.node_of[getattr(line, end)] for line in lines], np.intp) for end in ("from_node", "to_node")
        )
        self.normal_kg_m3 = _NORMAL_PA * network.gas.molar_mass_kg_mol / (_R_J_MOL_K * _NORMAL_K)
        self._celerity_2 = network.gas.z * _R_J_MOL_K * network.gas.temperature_k / network.gas.molar_mass_kg_mol
        self._columns(lines)
        self.demand_kg_s = np.array([node.demand_kg_s for node in network.nodes])
        self.ambient_pa = _ambient_pa(network, self._elevation_m)
        fixed = [(n, node.fixed_pressure_pa_abs) for n, node in enumerate(network.nodes) if _is_supply(node)]
        self._fixed = np.array([number for number, _ in fixed], np.intp)
        self._fixed_pa = np.array([pa for _, pa in fixed], np.float64)
        regulators = network.regulators
        self._inlet = np.array([self.node_of[r.from_node] for r in regulators], np.intp)
        self._outlet = np.array([self.node_of[r.to_node] for r in regulators], np.intp)
        self._set_pa = np.array([r.set_pressure_pa_abs for r in regulators], np.float64)
        self._droop = np.array([max(r.droop_pa_per_kg_s, _LEAST_DROOP_PA_S_KG) for r in regulators], np.float64)

    def _columns(self, lines: list[Pipe | Valve]) -> None:
        diameter_m = np.array([line.inner_diameter_m for line in lines])
        self._area_m2 = np.pi / 4 * diameter_m**2
        self._loss = self._celerity_2 / (2 * self._area_m2**2)
        self._slender = np.array([_length_m(line) for line in lines]) / diameter_m
        self._zeta = np.array([line.loss_coefficient for line in lines])
        self._rough = np.array([_roughness_m(line) for line in lines]) / diameter_m
        self._factor = np.array([getattr(line, "friction_factor", None) or np.nan for line in lines])
        self._per_re = np.pi / 4 * diameter_m * self.network.gas.viscosity_pa_s
        known_m = self.network.mean_elevation_m()
        self._elevation_m = np.array(
            [known_m if node.elevation_m is None else node.elevation_m for node in self.network.nodes]
        )
        rise_m = self._elevation_m[self.head] - self._elevation_m[self.tail]
        self._lift = np.exp(_G_M_S2 * rise_m / self._celerity_2)

    # ------------------------------------------------------------ the working point
    def working(self, load: float) -> Working:
        """Find the steady state at this share of the demands, linearised there; each is found once."""
        if load not in self._workings:
            self._workings[load] = self.settled(load * self.demand_kg_s)
        return self._workings[load]

    def settled(self, drawn_kg_s: Floats) -> Working:
        """Find the steady state while every node draws this much, linearised there."""
        flow = np.full(len(self.tail), 1e-3) * self._area_m2 / self._area_m2.max(initial=1e-9)
        square = np.full(len(self.demand_kg_s), self._start_pa() ** 2)
        regulating = np.ones(len(self._set_pa), np.bool_)
        for _ in range(_TURNS):
            fall, slope = self._resistance(flow)
            square = self._squares(drawn_kg_s, flow - fall / slope, slope, square, regulating)
            pa = np.sqrt(square)
            through = (np.minimum(self._set_pa, pa[self._inlet]) - pa[self._outlet]) / self._droop
            before, regulating = regulating, through > -_SETTLED
            moved = (square[self.tail] / self._lift - square[self.head] * self._lift - fall) / slope
            flow = flow + moved
            still = np.abs(moved).max(initial=0.0) < _SETTLED * (1e-3 + np.abs(flow).max(initial=0.0))
            if still and (before == regulating).all():
                break
        return self._linearised(np.sqrt(square), flow, regulating)

    def _start_pa(self) -> float:
        return float(max(self._fixed_pa, default=max(self._set_pa, default=self.network.ambient_pressure_pa)))

    def _resistance(self, flow: Floats) -> tuple[Floats, Floats]:
        """Give the fall of the squared pressure at a flow, and its slope; the slope never vanishes."""
        size = np.maximum(np.abs(flow), _LEAST_KG_S)
        fall = self._fall(size)
        slope = np.maximum((self._fall(1.01 * size) - fall) / (0.01 * size), _LEAST_SLOPE)
        return np.sign(flow) * fall, slope

    def _fall(self, size: Floats) -> Floats:
        drag = self._friction(size / self._per_re) * self._slender + self._zeta
        found: Floats = 2 * self._loss * drag * size**2
        return found

    def _friction(self, reynolds: Floats) -> Floats:
        rough = (2.457 * np.log(1 / ((7 / reynolds) ** 0.9 + 0.27 * self._rough))) ** 16
        churchill = 8 * ((8 / reynolds) ** 12 + 1 / (rough + (37_530 / reynolds) ** 16) ** 1.5) ** (1 / 12)
        return np.where(np.isnan(self._factor), churchill, self._factor)

    def _squares(self, drawn_kg_s: Floats, rest: Floats, slope: Floats, square: Floats, regulating: Bools) -> Floats:
        """Solve the nodal balances for the squares, with flows $m = rest + (p_1^2 e^{-r} - p_2^2 e^{r}) / slope$."""
        count, pa = len(square), np.sqrt(square)
        balance = -drawn_kg_s
        np.add.at(balance, self.head, rest)
        np.add.at(balance, self.tail, -rest)
        by_tail, by_head = 1 / (self._lift * slope), self._lift / slope
        goal_pa = np.minimum(self._set_pa, pa[self._inlet])
        stiff = np.where(regulating, 1 / ((goal_pa + pa[self._outlet]) * self._droop), 0.0)
        np.add.at(balance, self._outlet, stiff * goal_pa**2)
        np.add.at(balance, self._inlet, -stiff * goal_pa**2)
        held = _HELD / (2 * self._start_pa())
        np.add.at(balance, self._fixed, held * self._fixed_pa**2)
        found = splu(self._matrix(by_tail, by_head, stiff, held, count)).solve(balance)
        return np.maximum(found, _PA_LEAST**2)

    def _matrix(self, by_tail: Floats, by_head: Floats, stiff: Floats, held: float, count: int) -> "sp.csc_matrix":
        tail, head, fixed = self.tail, self.head, self._fixed
        everywhere = np.arange(count)
        rows = (tail, head, tail, head, self._outlet, self._inlet, fixed, everywhere)
        columns = (tail, head, head, tail, self._outlet, self._outlet, fixed, everywhere)
        values = (by_tail, by_head, -by_head, -by_tail, stiff, -stiff, np.full(len(fixed), held), np.full(count, 1e-18))
        place = (np.concatenate(rows), np.concatenate(columns))
        return sp.csc_matrix((np.concatenate(values), place), shape=(count, count))

    def _linearised(self, pa: Floats, flow: Floats, regulating: Bools) -> Working:
        _, slope = self._resistance(flow)
        by_tail = 2 * pa[self.tail] / (self._lift * slope)
        by_head = 2 * pa[self.head] * self._lift / slope
        stiff = np.where(regulating, 1 / self._droop, 0.0)
        jacobian = self._matrix(by_tail, by_head, stiff, _HELD, len(pa))
        return Working(pa, flow, by_tail, by_head, splu(jacobian), splu(jacobian.T.tocsc()))

    # ------------------------------------------------------------ how it answers
    def falls(self, working: Working, nodes: Index) -> Floats:
        """Give how far the pressure at each of these nodes falls for 1 kg/s more out of each node, Pa."""
        ask = np.zeros((len(self.demand_kg_s), len(nodes)))
        ask[nodes, np.arange(len(nodes))] = 1.0
        found: Floats = working.backward.solve(ask).T
        return found

    def answer(self, working: Working, out_kg_s: Floats) -> Answer:
        """Give pressures and flows when this much more flows out (a row for each case, a column for each node).

        The linear answer, and one step from it: what the new flows lose more than their tangents say acts as if it
        flowed out where a line ends and in where it begins.
        """
        fall, slope = self._resistance(working.flow_kg_s)
        more = self._more(working, -working.forward.solve(out_kg_s.T).T)
        flow = working.flow_kg_s + more
        bent = (np.sign(flow) * self._fall(np.maximum(np.abs(flow), _LEAST_KG_S)) - fall) / slope - more
        out = out_kg_s.T.copy()
        np.add.at(out, self.head, bent.T)
        np.add.at(out, self.tail, -bent.T)
        found: Floats = working.forward.solve(out).T
        flow = working.flow_kg_s + self._more(working, -found) - bent
        return Answer(found, flow, np.abs(bent).sum(axis=1))

    def _more(self, working: Working, change_pa: Floats) -> Floats:
        more: Floats = working.by_tail * change_pa[:, self.tail] - working.by_head * change_pa[:, self.head]
        return more

    def metered(self, flow_kg_s: Floats, nodes: Index) -> Floats:
        """Give what flows through each of these nodes while the lines have these flows, a row for each case."""
        found = np.zeros((len(flow_kg_s), len(nodes)))
        for column, node in enumerate(nodes.tolist()):
            into = np.concatenate([flow_kg_s[:, self.head == node], -flow_kg_s[:, self.tail == node]], axis=1)
            ways = [np.maximum(sign * into, 0.0).sum(axis=1) for sign in (1.0, -1.0)]
            found[:, column] = np.maximum(*ways)
        return found

    def through(self, working: Working, nodes: Index) -> Floats:
        """Give how much more comes into each of these nodes for 1 kg/s more out of each node, kg/s.

        Into a node that lines lead away from alone, as behind a regulator, comes what goes out.
        """
        ask = np.zeros((len(self.demand_kg_s), len(nodes)))
        for column, node in enumerate(nodes.tolist()):
            into = np.where(self.head == node, 1.0, 0.0) - np.where(self.tail == node, 1.0, 0.0)
            sign = into if (into * working.flow_kg_s > 0).any() else -into
            sign = np.where(sign * working.flow_kg_s > 0, sign, 0.0)
            np.add.at(ask[:, column], self.tail, -sign * working.by_tail)
            np.add.at(ask[:, column], self.head, sign * working.by_head)
        found: Floats = working.backward.solve(ask).T
        return found


def _is_supply(node: Node) -> bool:
    return node.fixed_pressure_pa_abs is not None


def _length_m(line: Pipe | Valve) -> float:
    return line.length_m if isinstance(line, Pipe) else _VALVE_M


def _roughness_m(line: Pipe | Valve) -> float:
    return line.roughness_m if isinstance(line, Pipe) else _VALVE_ROUGHNESS


def _ambient_pa(network: Network, elevation_m: Floats) -> Floats:
    """Air pressure at each node: the barometric formula around the mean elevation."""
    rise_m = elevation_m - network.mean_elevation_m()
    return np.array([network.ambient_pressure_pa * math.exp(-rise / _AIR_M) for rise in rise_m.tolist()])
