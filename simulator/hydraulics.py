"""Pressures and flows of a whole gas network: steady, and step by step through time."""

import math
from collections.abc import Collection
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.network import Network
from simulator.holes import Holes
from simulator.islands import supplied
from simulator.leaks import SHARP
from simulator.newton import Frame, Newton, State, caution
from simulator.pipes import build_lines
from simulator.regulators import Regulators
from simulator.topology import Place, build_topology
from simulator.valves import Valves

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

TOLERANCE = 1e-7
"""Newton's method ends when no pressure changes by more than this share of itself, from the second iterate on."""
_NEAR, _CHORD = 1e-3, 0.1
"""An iterate that moves no pressure by more than the first share of itself is near the end: the next may go on with its
slopes, as long as each moves by less than the second share of the one before."""
_MOST_ITERATIONS = 83
_LEAST_PA = 1.0


class Balance(NamedTuple):
    """Where the gas is and goes: the line pack changes by what is supplied minus what is drawn and lost."""

    line_pack_kg: float
    supply_kg_s: float
    drawn_kg_s: float
    leak_kg_s: float


class Hydraulics:
    """A gas network in motion, isothermal and quasi-static: line pack and inertia, but no travelling waves.

    Node-centred volumes, edge flows, backward Euler in time, Newton's method for each step (`newton.Newton`).

    Args:
        network: as its file describes it.
        cell_m: longest piece of a pipe; see `topology.build_topology`.
        places: places on pipes where a hole may open later.
        z_per_pa: how the compressibility factor follows the pressure: ``z = gas.z + z_per_pa·p``. Steady states follow
            it; in motion it stays what it was at the start.

    Attributes:
        topology: numbers of nodes and edges.
        state: pressures and flows now. At first all is at rest: `steady.solve_steady` gives a start.
        valves: of the network; close them here.
        regulators: of the network; break them here.
        holes: in pipes.
        unsettled: number of steps that ended before Newton's method did.
        bare_lines: pipes and valves as columns, at no pressure.
        lines: the same, at the pressures of the start.
        celerity_2: c² at no pressure, Z·R·T/M.
        storage_kg_pa: V/c² of each node.
        demand_kg_s: asked for at each node; change it before a step.
        held_pa: pressure of the held nodes, in the order of `topology.fixed`; change it before a step.

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
        >>> hydraulics.open_hole("L1", ("P1", 0.4), hole_mm=5.0)
        >>> for _ in range(60):
        ...     hydraulics.step(5.0)
        >>> f"{1000 * hydraulics.leak_kg_s('L1'):.2f} g/s, {hydraulics.balance().supply_kg_s:.4f} kg/s supplied"
        '5.94 g/s, 0.0559 kg/s supplied'

    References:
        Osiadacz, A. (1987). Simulation and analysis of gas networks. Spon.
    """

    def __init__(
        self,
        network: Network,
        *,
        cell_m: float | None = None,
        places: Collection[Place] = (),
        z_per_pa: float = 0.0,
    ) -> None:
        topology = self.topology = build_topology(network, cell_m=cell_m, places=places)
        self.z_per_pa, gas, nodes = z_per_pa, network.gas, len(topology.node_ids)
        self._specific_j_kg, self._ratio = topology.specific_j_kg(), gas.heat_capacity_ratio
        self.bare_lines, self.newton, self.unsettled = build_lines(topology), Newton(topology), 0
        self.lines = self.bare_lines
        self.valves, self.holes = Valves(network.valves), Holes()
        outlets = [topology.number(regulator.to_node) for regulator in network.regulators]
        self.regulators = Regulators(
            network.regulators,
            specific_j_kg=self._specific_j_kg,
            ratio=self._ratio,
            air_pa=topology.ambient_pa[outlets],
        )
        self.celerity_2 = gas.z * self._specific_j_kg
        self.storage_kg_pa = topology.volume_m3 / self.celerity_2
        self.demand_kg_s = np.zeros(nodes)
        self.demand_kg_s[: len(network.nodes)] = [node.demand_kg_s for node in network.nodes]
        held = [node.fixed_pressure_pa_abs for node in network.nodes if node.fixed_pressure_pa_abs is not None]
        self.held_pa = np.array(held, np.float64)
        self.state = State(
            time_s=0.0,
            pressure_pa=topology.ambient_pa.copy(),
            flow_kg_s=np.zeros(self.newton.edges),
            drawn_kg_s=np.zeros(nodes),
            leak_kg_s=np.zeros(nodes),
            supply_kg_s=np.zeros(nodes),
            ambient_pa=topology.ambient_pa.copy(),
        )

    # ------------------------------------------------------------ what happens from outside
    def open_hole(self, name: str, place: str | Place, hole_mm: float, discharge: float = SHARP) -> None:
        """Make a hole at a node or at a reserved place of a pipe, or give it another size."""
        self.holes.open(name, self.topology.number(place), hole_mm, discharge)

    def set_ambient(self, ambient_pressure_pa: float) -> None:
        """Change the weather: air pressure at the mean elevation of the nodes."""
        factor = ambient_pressure_pa / self.topology.network.ambient_pressure_pa
        self.state.ambient_pa = self.topology.ambient_pa * factor

    # ------------------------------------------------------------ what is seen
    def pressure_pa(self, place: str | Place) -> float:
        """Absolute pressure at a node or at a reserved place of a pipe."""
        return float(self.state.pressure_pa[self.topology.number(place)])

    def gauge_pa(self, place: str | Place) -> float:
        number = self.topology.number(place)
        return float(self.state.pressure_pa[number] - self.state.ambient_pa[number])

    def leak_kg_s(self, name: str) -> float:
        """What flows out of one hole."""
        return float(self.state.leak_kg_s[self.holes.node[name]]) * self.holes.share(name)

    def pipe_flow_kg_s(self, pipe: str) -> tuple[float, float]:
        """Flow in at a pipe's first node and out at its last."""
        cells = self.state.flow_kg_s[self.topology.cells_of[pipe]]
        return float(cells[0]), float(cells[-1])

    def valve_flow_kg_s(self, valve: str) -> float:
        return float(self.state.flow_kg_s[self.topology.valve_of[valve]])

    def regulator_flow_kg_s(self, regulator: str) -> float:
        """Flow through a regulator, and through its seat if that does not close."""
        number = self.topology.regulator_of[regulator]
        return float(self.state.flow_kg_s[number] + self.state.flow_kg_s[number + len(self.regulators)])

    def balance(self) -> Balance:
        state = self.state
        return Balance(
            line_pack_kg=float(self.storage_kg_pa @ state.pressure_pa),
            supply_kg_s=float(state.supply_kg_s.sum()),
            drawn_kg_s=float(state.drawn_kg_s.sum()),
            leak_kg_s=float(state.leak_kg_s.sum()),
        )

    def supplied(self) -> Flags:
        """Tell which nodes still have a supply; the others empty to the air and no further."""
        return supplied(self.topology, self.shut()[: len(self.topology.tail)])

    def twin(self) -> "Hydraulics":
        """Give an independent copy of all that changes; what never changes is shared."""
        twin = object.__new__(Hydraulics)
        twin.__dict__.update(self.__dict__)
        twin.state, twin.valves, twin.regulators = self.state.copy(), self.valves.copy(), self.regulators.copy()
        twin.holes, twin.demand_kg_s, twin.held_pa = self.holes.copy(), self.demand_kg_s.copy(), self.held_pa.copy()
        return twin

    # ------------------------------------------------------------ time
    def step(self, dt_s: float) -> None:
        """Go on by one step, with valves, faults, holes, demand and weather as they are now."""
        state, outlets = self.state, self.topology.head[self.topology.lines :]
        state.time_s += dt_s
        self.valves.advance(dt_s)
        if len(self.regulators):
            self.regulators.advance(state.time_s, state.pressure_pa[outlets], state.ambient_pa[outlets])
        frame = self.frame(dt_s)
        state.pressure_pa = state.pressure_pa.copy()
        state.pressure_pa[self.topology.fixed] = self.held_pa
        slopes, before = None, math.inf
        for iteration in range(1, _MOST_ITERATIONS + 1):
            step = caution(iteration)
            delta, slopes = self.newton.iterate(state, frame, step=step, slopes=slopes)
            state.pressure_pa = np.maximum(state.pressure_pa + delta, _LEAST_PA)
            state.iterations = iteration
            moved = np.max(np.abs(delta) / state.pressure_pa, initial=0.0)
            if iteration > 1 and step == 1 and moved < TOLERANCE:
                break
            if moved > min(_NEAR, _CHORD * before):
                slopes = None
            before = moved
        else:
            self.unsettled += 1
        state.supply_kg_s = self.newton.supply(state, frame)

    def shut(self) -> Flags:
        """Tell which edges pass nothing: shut valves, tripped regulators."""
        cells, seats = len(self.topology.cells), self.regulators.tripped
        return np.concatenate([np.zeros(cells, np.bool_), self.valves.openings()[0], seats, seats])

    def frame(self, dt_s: float | None) -> Frame:
        """Gather what stays the same during a step; None: a steady state."""
        nodes, areas = self.holes.gathered()
        zeta = self.lines.zeta
        if self.topology.network.valves:
            zeta = zeta.copy()
            zeta[len(self.topology.cells) :] += self.valves.openings()[1]
        return Frame(
            lines=self.lines,
            regulators=self.regulators,
            zeta=zeta,
            shut=self.shut(),
            rate=0.0 if dt_s is None else 1 / dt_s,
            storage=np.zeros(len(self.storage_kg_pa)) if dt_s is None else self.storage_kg_pa / dt_s,
            before_pa=self.state.pressure_pa,
            before_kg_s=self.state.flow_kg_s,
            demand_kg_s=self.demand_kg_s,
            above=self.state.pressure_pa > self.state.ambient_pa,
            hole_node=nodes,
            hole_m2=areas,
            specific_j_kg=self._specific_j_kg,
            ratio=self._ratio,
        )
