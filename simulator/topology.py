"""The network as numbered nodes and edges: pipes cut into cells, leak points reserved, what a solver needs of it."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from domain.network import Network, Node, Pipe, Regulator, Valve
from simulator.gases import R_J_MOL_K

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]
Place = tuple[str, float]
"""A pipe's id and the share of its length from its first node."""

G_M_S2 = 9.80665
_LEAST_VOLUME_M3 = 1e-4
"""Of a node without pipes, between a regulator and a valve: its fittings."""
_APART_M = 0.01
"""Places on a pipe nearer to each other or to its end are one: a shorter cell resists too little to be solved."""


def ambient_pa(sea_pa: float, elevation_m: float) -> float:
    """Air pressure at a height, standard atmosphere (ISO 2533) scaled to the pressure at the sea.

    Example:
        >>> round(ambient_pa(101_325, 1_975), -2)
        79700.0
    """
    return sea_pa * math.pow(1 - 0.0065 * elevation_m / 288.15, 5.255)


@dataclass(frozen=True, slots=True)
class Cell:
    """A piece of a pipe, short enough to be one step of the solver."""

    pipe: Pipe
    from_node: int
    to_node: int
    share: float

    @property
    def length_m(self) -> float:
        return self.pipe.length_m * self.share


@dataclass(frozen=True, slots=True, eq=False)
class Topology:
    """Numbered nodes and edges.

    Nodes are those of the file in its order, then the inner ones of pipes. Edges are the cells of pipes in service,
    then valves, then regulators.

    Attributes:
        node_ids: of each node; inner ones are called ``pipe@share``.
        node_of: number of each node.
        inner_of: number of the node at each reserved place inside a pipe; of its end's where it is next to one.
        cells_of: the edges of each pipe in service, from its first node to its last.
        valve_of: the edge of each valve.
        regulator_of: the edge of each regulator.
        tail: node where each edge begins.
        head: node where each edge ends.
        volume_m3: of each node: half of every pipe that ends there.
        elevation_m: of each node.
        ambient_pa: air pressure at each node.
        fixed: nodes of held pressure.
    """

    network: Network
    cells: tuple[Cell, ...]
    node_ids: tuple[str, ...]
    node_of: Mapping[str, int]
    inner_of: Mapping[Place, int]
    cells_of: Mapping[str, slice]
    valve_of: Mapping[str, int]
    regulator_of: Mapping[str, int]
    tail: Index
    head: Index
    volume_m3: Array
    elevation_m: Array
    ambient_pa: Array
    fixed: Index

    @property
    def lines(self) -> int:
        """Number of edges that are cells or valves: those before the regulators."""
        return len(self.cells) + len(self.network.valves)

    def specific_j_kg(self) -> float:
        """R·T/M of the gas."""
        return R_J_MOL_K * self.network.gas.temperature_k / self.network.gas.molar_mass_kg_mol

    def number(self, place: str | Place) -> int:
        """Node number of a node's id, or of a place on a pipe that was reserved."""
        if isinstance(place, str):
            return self.node_of[place]
        ends = {0.0: "from_node", 1.0: "to_node"}
        if place[1] in ends:
            pipe = next(pipe for pipe in self.network.pipes if pipe.id == place[0])
            return self.node_of[getattr(pipe, ends[place[1]])]
        return self.inner_of[place]


def build_topology(network: Network, *, cell_m: float | None = None, places: Collection[Place] = ()) -> Topology:
    """Number a network.

    Args:
        network: as its file describes it.
        cell_m: longest piece of a pipe; None: one piece for each pipe, right for towns. Transmission pipes need 5 km.
        places: where pipes may leak later: each becomes a node now, so that a leak changes no structure.
    """
    cutter = _Cutter(network, math.inf if cell_m is None else cell_m)
    for pipe in network.pipes:
        if pipe.in_service:
            cutter.cut(pipe, sorted({share for name, share in places if name == pipe.id and 0 < share < 1}))
    links: list[Valve | Regulator] = [*network.valves, *network.regulators]
    tail = [cell.from_node for cell in cutter.cells] + [cutter.node_of[link.from_node] for link in links]
    head = [cell.to_node for cell in cutter.cells] + [cutter.node_of[link.to_node] for link in links]
    sea_pa = network.ambient_pressure_pa / ambient_pa(1.0, network.mean_elevation_m())
    return Topology(
        network=network,
        cells=tuple(cutter.cells),
        node_ids=tuple(cutter.node_of),
        node_of=cutter.node_of,
        inner_of=cutter.inner_of,
        cells_of=cutter.cells_of,
        valve_of={valve.id: number for number, valve in enumerate(network.valves, len(cutter.cells))},
        regulator_of={
            regulator.id: number
            for number, regulator in enumerate(network.regulators, len(cutter.cells) + len(network.valves))
        },
        tail=np.array(tail, np.intp),
        head=np.array(head, np.intp),
        volume_m3=_volumes(cutter.cells, len(cutter.node_of)),
        elevation_m=np.array(cutter.elevation_m),
        ambient_pa=np.array([ambient_pa(sea_pa, elevation_m) for elevation_m in cutter.elevation_m]),
        fixed=np.flatnonzero([node.fixed_pressure_pa_abs is not None for node in network.nodes]),
    )


def _volumes(cells: Collection[Cell], nodes: int) -> Array:
    volume_m3 = np.zeros(nodes)
    for cell in cells:
        half = cell.length_m * math.pi / 8 * cell.pipe.inner_diameter_m**2
        volume_m3[cell.from_node] += half
        volume_m3[cell.to_node] += half
    return np.maximum(volume_m3, _LEAST_VOLUME_M3)


class _Cutter:
    """Cuts pipes into cells and numbers the nodes between them."""

    def __init__(self, network: Network, cell_m: float) -> None:
        self._cell_m, mean_m = cell_m, network.mean_elevation_m()
        self.node_of = {node.id: number for number, node in enumerate(network.nodes)}
        self.elevation_m = [_elevation_m(node, mean_m) for node in network.nodes]
        self.inner_of: dict[Place, int] = {}
        self.cells: list[Cell] = []
        self.cells_of: dict[str, slice] = {}

    def cut(self, pipe: Pipe, reserved: list[float]) -> None:
        first = len(self.cells)
        kept = _kept(reserved, _APART_M / pipe.length_m)
        node_at, share = {0.0: self.node_of[pipe.from_node], 1.0: self.node_of[pipe.to_node]}, 0.0
        for end in self._cuts(pipe.length_m, sorted({*kept.values(), 1.0} - {0.0})):
            if end not in node_at:
                node_at[end] = self._inner(pipe, end)
            self.cells.append(Cell(pipe, node_at[share], node_at[end], end - share))
            share = end
        self.cells_of[pipe.id] = slice(first, len(self.cells))
        self.inner_of |= {(pipe.id, place): node_at[at] for place, at in kept.items()}

    def _cuts(self, length_m: float, ends: list[float]) -> Iterator[float]:
        share = 0.0
        for end in ends:
            pieces = max(1, math.ceil((end - share) * length_m / self._cell_m))
            yield from (share + (end - share) * piece / pieces for piece in range(1, pieces))
            yield end
            share = end

    def _inner(self, pipe: Pipe, share: float) -> int:
        number = len(self.elevation_m)
        self.node_of[f"{pipe.id}@{share:.9g}"] = number
        low, high = (self.elevation_m[self.node_of[end]] for end in (pipe.from_node, pipe.to_node))
        self.elevation_m.append(low + share * (high - low))
        return number


def _kept(shares: Sequence[float], least: float) -> dict[float, float]:
    """Tell for each place, given in order, where it is cut: there, at the one before it, or at an end."""
    kept, last = dict[float, float](), 0.0
    for share in shares:
        if share - last >= least:
            last = share
        kept[share] = 1.0 if 1.0 - share < least else last
    return kept


def _elevation_m(node: Node, mean_m: float) -> float:
    return mean_m if node.elevation_m is None else node.elevation_m
