"""The steady state of a network: where every run begins, and what `gas-lifeline hydraulics` prints."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np
import numpy.typing as npt

from domain.errors import ConfigurationError
from domain.network import Network
from simulator.hydraulics import Hydraulics
from simulator.islands import tiers
from simulator.newton import caution
from simulator.topology import Topology

Array = npt.NDArray[np.float64]
Flags = npt.NDArray[np.bool_]

TOLERANCE = 1e-10
_UNIT_KG_S = 1.0
"""What a change of flow is compared with where hardly anything flows."""
_MOST_ITERATIONS = 200
_LEAST_SHARE = 0.1
"""No pressure falls to less than this share of itself in one iterate."""
_START_M_S = 0.3
_LEAST_PA = 1.0
_SWOLLEN, _FULL = 10.0, 0.999
_NAMED = 5
"""So many names stand in a message."""


def solve_steady(hydraulics: Hydraulics) -> None:
    """Bring a network to its steady state, from its held pressures alone.

    Pressures are iterated as squares, in which the flow equation is linear. Nodes without a supply and without demand
    stand at the pressure of the air.

    Raises:
        ConfigurationError: there is none, in one line for each reason.

    Example:
        >>> from domain.network import Friction, Gas, Network, Node, Pipe
        >>> network = Network(
        ...     Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5), 79_700.0, Friction.GB50028,
        ...     (Node("N1", fixed_pressure_pa_abs=81_700.0), Node("N2", demand_kg_s=0.004)),
        ...     (Pipe("P1", "N1", "N2", length_m=300.0, inner_diameter_m=0.0736, roughness_m=1e-5),),
        ... )
        >>> hydraulics = Hydraulics(network)
        >>> solve_steady(hydraulics)
        >>> f"{hydraulics.gauge_pa('N2'):.1f} Pa"
        '1886.7 Pa'
    """
    alive = hydraulics.supplied()
    problems = [*_contradictions(hydraulics.topology.network), *_cut_off(hydraulics, alive)]
    if problems:
        raise ConfigurationError(*problems)
    search = _Search(hydraulics, alive)
    for iteration in range(1, _MOST_ITERATIONS + 1):
        step = caution(iteration)
        if search.improve(step) and step == 1 and not search.starving().any():
            return search.finish(iteration)
    raise ConfigurationError(search.complaint())


class _Search:
    """Newton's method towards the steady state."""

    def __init__(self, hydraulics: Hydraulics, alive: Flags) -> None:
        self._hydraulics = hydraulics
        topology, state = hydraulics.topology, hydraulics.state
        state.pressure_pa = _guess_pa(hydraulics, alive)
        state.flow_kg_s = _guess_kg_s(hydraulics)
        air_pa = state.ambient_pa[topology.head[topology.lines :]]
        hydraulics.regulators.advance(state.time_s, air_pa, air_pa)
        dead = ~(alive[topology.tail] & alive[topology.head])
        frame = hydraulics.frame(None)
        self._frame = replace(frame, shut=frame.shut | np.concatenate([dead, dead[topology.lines :]]))
        self._z_slope = hydraulics.z_per_pa / topology.network.gas.z

    def improve(self, step: float) -> bool:
        """Iterate once; tell whether nothing moves any more."""
        state = self._hydraulics.state
        before_pa, before_kg_s = state.pressure_pa, state.flow_kg_s
        if self._z_slope:
            self._compress(before_pa)
        delta, _ = self._hydraulics.newton.iterate(state, self._frame, step=step)
        floor = np.maximum(_LEAST_SHARE * before_pa, _LEAST_PA) ** 2
        state.pressure_pa = np.sqrt(np.maximum(before_pa * (before_pa + 2 * delta), floor))
        moved = np.max(np.abs(state.pressure_pa / before_pa - 1), initial=0.0)
        shifted = np.max(np.abs(state.flow_kg_s - before_kg_s), initial=0.0)
        flow_kg_s = np.max(np.abs(state.flow_kg_s), initial=0.0)
        return bool(moved < TOLERANCE and shifted < TOLERANCE * (flow_kg_s + _UNIT_KG_S))

    def _compress(self, pressure_pa: Array) -> None:
        """Let c² of each line follow its mean pressure."""
        topology, base = self._hydraulics.topology, self._hydraulics.bare_lines
        one, other = (pressure_pa[ends[: topology.lines]] for ends in (topology.tail, topology.head))
        middle_pa = (2 / 3) * (one + other - one * other / (one + other))
        self._frame = replace(self._frame, lines=base.scaled(1 + self._z_slope * middle_pa))

    def finish(self, iteration: int) -> None:
        hydraulics, state = self._hydraulics, self._hydraulics.state
        state.iterations = iteration
        state.supply_kg_s = hydraulics.newton.supply(state, self._frame)
        factor = 1 + self._z_slope * state.pressure_pa
        hydraulics.lines = self._frame.lines
        hydraulics.storage_kg_pa = hydraulics.topology.volume_m3 / (hydraulics.celerity_2 * factor)

    def starving(self) -> Flags:
        """Tell which nodes have run dry."""
        dry: Flags = self._hydraulics.state.pressure_pa <= _LEAST_PA
        return dry

    def complaint(self) -> str:
        hydraulics = self._hydraulics
        pressure_pa = hydraulics.state.pressure_pa
        if self.starving().any():
            names = _listed(hydraulics.topology, self.starving())
            limits = "".join(f", raise the limit of regulator {name}" for name in self._exhausted())
            return (
                f"node {names}: the demand cannot be met, the pressure would fall to nothing on the way; "
                f"lower the demand, widen the pipes{limits} or raise the supply"
            )
        swollen = pressure_pa > _SWOLLEN * hydraulics.held_pa.max()
        if swollen.any():
            return (
                f"node {_listed(hydraulics.topology, swollen)}: more is fed in than anybody takes, and regulators let "
                "nothing back; lower what is fed in"
            )
        return f"no steady state after {_MOST_ITERATIONS} iterates"

    def _exhausted(self) -> list[str]:
        """Name the regulators that pass the most they can."""
        flow = self._hydraulics.regulator_flow_kg_s
        regulators = self._hydraulics.topology.network.regulators
        limits = ((one.id, one.max_flow_kg_s) for one in regulators)
        return [name for name, limit in limits if limit is not None and flow(name) >= _FULL * limit][:_NAMED]


def _guess_pa(hydraulics: Hydraulics, alive: Flags) -> Array:
    """Start each part between regulators at the highest pressure that holds it: every regulator can then work."""
    topology, network = hydraulics.topology, hydraulics.topology.network
    count, part = tiers(topology, hydraulics.shut())
    level = np.zeros(count)
    np.maximum.at(level, part[topology.fixed], hydraulics.held_pa)
    held = level > 0
    for _ in network.regulators:
        for regulator in network.regulators:
            inlet, outlet = (part[topology.node_of[end]] for end in (regulator.from_node, regulator.to_node))
            if not held[outlet] and level[inlet] > 0:
                level[outlet] = max(level[outlet], min(level[inlet], regulator.set_pressure_pa_abs))
    pressure_pa = np.where(alive, level[part], topology.ambient_pa)
    pressure_pa[topology.fixed] = hydraulics.held_pa
    return pressure_pa


def _guess_kg_s(hydraulics: Hydraulics) -> Array:
    """Start all lines at a usual speed: from rest the first flows would be far too large, and only halve each time."""
    topology, lines = hydraulics.topology, hydraulics.lines
    flow_kg_s = np.zeros(hydraulics.newton.edges)
    tail_pa = hydraulics.state.pressure_pa[topology.tail[: topology.lines]]
    # loss is c²/(2·A²): density times area is p/c²·A
    flow_kg_s[: topology.lines] = _START_M_S * tail_pa / np.sqrt(2 * lines.loss * hydraulics.celerity_2)
    return flow_kg_s


# ---------------------------------------------------------------- what can be wrong
def _contradictions(network: Network) -> Iterator[str]:
    held = {node.id: node.fixed_pressure_pa_abs for node in network.nodes if node.fixed_pressure_pa_abs is not None}
    if not held:
        yield "no source: no node has fixed_pressure_pa_abs; give it to the node where gas comes in"
    for regulator in network.regulators:
        if regulator.to_node in held:
            yield (
                f"regulator {regulator.id} sets {regulator.set_pressure_pa_abs:g} Pa at node {regulator.to_node}, "
                f"which is held at {held[regulator.to_node]:g} Pa: two fixed pressures fight; take one of them away"
            )
    for valve in network.valves:
        ends = {held.get(valve.from_node), held.get(valve.to_node)}
        if valve.open and None not in ends and len(ends) > 1:
            yield (
                f"valve {valve.id} is open between nodes {valve.from_node} and {valve.to_node}, which are held at "
                "different pressures: two fixed pressures fight; close it or take one of them away"
            )


def _cut_off(hydraulics: Hydraulics, alive: Flags) -> Iterator[str]:
    topology = hydraulics.topology
    if not len(topology.fixed):
        return
    asking = ~alive & (hydraulics.demand_kg_s != 0)
    if asking.any():
        yield (
            f"node {_listed(topology, asking)}: demand without a supply, no open way leads there; "
            f"{_remedy(hydraulics, alive)}, or take the demand away"
        )


def _listed(topology: Topology, chosen: Flags) -> str:
    numbers = np.flatnonzero(chosen)
    names = ", ".join(topology.node_ids[number] for number in numbers[:_NAMED])
    return f"{names} and {len(numbers) - _NAMED} more" if len(numbers) > _NAMED else names


def _remedy(hydraulics: Hydraulics, alive: Flags) -> str:
    topology = hydraulics.topology
    shut = hydraulics.valves.openings()[0]
    border = [
        valve.id
        for valve, is_shut in zip(topology.network.valves, shut.tolist(), strict=True)
        if is_shut and alive[topology.node_of[valve.from_node]] != alive[topology.node_of[valve.to_node]]
    ]
    return f"open valve {' or '.join(border[:_NAMED])}" if border else "connect them, or put a pipe in service"
