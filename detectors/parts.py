"""The parts of a network between its regulators, and how a leak in a pipe shows at the sensors of its part."""

from collections.abc import Iterable, Mapping, Sequence

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components
from scipy.sparse.linalg import splu

from detectors.order import Floats
from detectors.suspects import weakness
from detectors.watch import Watch
from domain.network import Network, Node, Pipe, Valve
from domain.quantity import Quantity

_GROUND_M = 1.0
"""A regulator or supply holds its node like a wide main that ends so near."""
_SHAPE_NOISE = 0.1
"""Share of the largest fall by which a fall may differ from the linear model; own guess."""
_VALVE_M = 1.0


class Parts:
    """Nodes that pipes and open valves join: one pressure level, fed by regulators or supplies.

    Args:
        network: as it is configured; its valves stand as they are drawn.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._index = {node.id: number for number, node in enumerate(network.nodes)}
        self._pipes = [pipe for pipe in network.pipes if pipe.in_service]
        valves = [valve for valve in network.valves if valve.open]
        links: tuple[Pipe | Valve, ...] = (*self._pipes, *valves)
        self._ends = [(self._index[link.from_node], self._index[link.to_node]) for link in links]
        self._conductance = np.array(
            [_conductance(pipe.length_m, pipe.inner_diameter_m) for pipe in self._pipes]
            + [_conductance(_VALVE_M, valve.inner_diameter_m) for valve in valves]
        )
        count = len(network.nodes)
        start, end = (np.array([pair[side] for pair in self._ends], np.intp) for side in (0, 1))
        joined = sp.coo_matrix((np.ones(len(start)), (start, end)), shape=(count, count))
        self._part = connected_components(joined, directed=False)[1]

    def __len__(self) -> int:
        return int(self._part.max(initial=-1)) + 1

    def of(self, node: str) -> int:
        """Give the part of a node; -1: the network does not have it."""
        index = self._index.get(node)
        return -1 if index is None else int(self._part[index])

    def above(self, part: int) -> set[int]:
        """Give the parts that feed this one through regulators."""
        return {self.of(r.from_node) for r in self.network.regulators if self.of(r.to_node) == part}

    def feeders(self, part: int) -> list[str]:
        """Give the regulators that feed a part."""
        return [r.id for r in self.network.regulators if self.of(r.to_node) == part]

    def set_kpa(self, part: int) -> float:
        """Give the highest set point of the regulators that feed a part, kPa gauge; NaN where none does."""
        held = [r for r in self.network.regulators if self.of(r.to_node) == part]
        return max((_gauge_kpa(self.network, r.to_node, r.set_pressure_pa_abs) for r in held), default=float("nan"))

    def sensitivity(self, sensors: Sequence[str]) -> Mapping[str, Floats]:
        r"""Tell how a leak in each pipe shows at the sensors, up to a factor.

        Falls are linear in the leak: $L \, \Delta = q$, with the network's Laplacian $L$ of conductances
        $D^{2.5} / l$: that of a pipe in which the gas flows as fast as in the others. Regulators and supplies hold
        their nodes. A leak in a pipe counts half at either end.

        Args:
            sensors: nodes of one part.
        """
        part = self.of(sensors[0])
        members = np.flatnonzero(self._part == part)
        row = {int(node): number for number, node in enumerate(members)}
        factor = splu(self._laplacian(row))
        ask = np.zeros((len(members), len(sensors)))
        for number, sensor in enumerate(sensors):
            ask[row[self._index[sensor]], number] = 1.0
        shown = factor.solve(ask)
        return {
            pipe.id: (shown[row[start]] + shown[row[end]]) / 2
            for pipe, (start, end) in zip(self._pipes, self._ends, strict=False)
            if start in row
        }

    def _laplacian(self, row: Mapping[int, int]) -> "sp.csc_matrix[np.float64]":
        entries: list[tuple[int, int, float]] = []
        for (start, end), conductance in zip(self._ends, self._conductance.tolist(), strict=True):
            if start in row:
                a, b = row[start], row[end]
                entries += [(a, a, conductance), (b, b, conductance), (a, b, -conductance), (b, a, -conductance)]
        held = {self._index[node] for node in held_nodes(self.network)} & row.keys()
        widest = float(self._conductance.max(initial=_conductance(_GROUND_M, 1.0)))
        entries += [(row[node], row[node], widest) for node in sorted(held)]
        if not held:
            entries.append((0, 0, widest))
        rows, columns, values = zip(*entries, strict=True)
        return sp.csc_matrix((values, (rows, columns)), shape=(len(row), len(row)))

    def locate(self, sensors: Sequence[str], falls: Floats) -> dict[str, float]:
        r"""Weigh the pipes of a part by the falls of pressure at its sensors.

        For each pipe the leak that fits best leaves residuals $\rho$; its weight is
        $\exp(-\lVert\rho\rVert^2 / 2 \sigma^2)$ times length times weakness, with $\sigma$ a tenth of the largest fall.
        """
        sensitivity = self.sensitivity(sensors)
        pipes: dict[str, Pipe] = {pipe.id: pipe for pipe in self._pipes}
        sigma = _SHAPE_NOISE * float(np.abs(falls).max())
        weights: dict[str, float] = {}
        for pipe, shape in sensitivity.items():
            size = max(0.0, float(shape @ falls) / max(float(shape @ shape), 1e-300))
            misfit = falls - size * shape
            likely = float(np.exp(-(misfit @ misfit) / (2 * sigma**2)))
            weights[pipe] = likely * pipes[pipe].length_m * weakness(pipes[pipe])
        return weights


def held_nodes(network: Network) -> Iterable[str]:
    """Give the nodes whose pressure something holds: supplies and outlets of regulators."""
    supplies = [node.id for node in network.nodes if _is_supply(node)]
    return [*supplies, *(regulator.to_node for regulator in network.regulators)]


def _gauge_kpa(network: Network, node: str, pressure_pa_abs: float) -> float:
    """Turn an absolute pressure into a gauge one at the height of a node: the air is thinner where it lies higher."""
    height_m = next(n.elevation_m for n in network.nodes if n.id == node)
    mean_m = network.mean_elevation_m()
    thinner = _air(mean_m if height_m is None else height_m) / _air(mean_m)
    return (pressure_pa_abs - network.ambient_pressure_pa * thinner) / 1000


def _air(height_m: float) -> float:
    """Share of the air pressure at the sea, standard atmosphere (ISO 2533)."""
    return float((1 - 0.0065 * height_m / 288.15) ** 5.255)


def _is_supply(node: Node) -> bool:
    return node.fixed_pressure_pa_abs is not None


def _conductance(length_m: float, inner_diameter_m: float) -> float:
    return float(inner_diameter_m**2.5 / length_m)


def by_part(watch: Watch, parts: Parts | None) -> dict[object, npt.NDArray[np.intp]]:
    """Sort the pressures of a watch by part of the network; where it is not drawn, by tier within a zone."""
    found: dict[object, list[int]] = {}
    for slot in range(len(watch)):
        if watch.quantity_at(slot) is Quantity.PRESSURE_KPA:
            drawn = -1 if parts is None else parts.of(watch.device_at(slot).site)
            found.setdefault(drawn if drawn >= 0 else _line(watch, slot), []).append(slot)
    return {part: np.array(slots, np.intp) for part, slots in found.items()}


def by_line(watch: Watch) -> list[npt.NDArray[np.intp]]:
    """Sort the slots of a watch by tier within a zone."""
    found: dict[object, list[int]] = {}
    for slot in range(len(watch)):
        found.setdefault(_line(watch, slot), []).append(slot)
    return [np.array(slots, np.intp) for slots in found.values()]


def _line(watch: Watch, slot: int) -> object:
    device = watch.device_at(slot)
    site = watch.channels.assets.sites.get(device.site)
    return device.tier, site.zone if site else ""
