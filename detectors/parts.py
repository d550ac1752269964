"""The parts of a network between its regulators."""

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from detectors.watch import Watch
from domain.network import Network
from domain.quantity import Quantity


class Parts:
    """Nodes that pipes and open valves join: one pressure level, fed by regulators or supplies.

    Args:
        network: as it is configured; its valves stand as they are drawn.
    """

    def __init__(self, network: Network) -> None:
        self.network = network
        self._index = {node.id: number for number, node in enumerate(network.nodes)}
        pipes = [(pipe.from_node, pipe.to_node) for pipe in network.pipes if pipe.in_service]
        links = [*pipes, *((valve.from_node, valve.to_node) for valve in network.valves if valve.open)]
        start, end = (np.array([self._index[pair[side]] for pair in links], np.intp) for side in (0, 1))
        count = len(network.nodes)
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


def _gauge_kpa(network: Network, node: str, pressure_pa_abs: float) -> float:
    """Turn an absolute pressure into a gauge one at the height of a node: the air is thinner where it lies higher."""
    height_m = next(n.elevation_m for n in network.nodes if n.id == node)
    mean_m = network.mean_elevation_m()
    thinner = _air(mean_m if height_m is None else height_m) / _air(mean_m)
    return (pressure_pa_abs - network.ambient_pressure_pa * thinner) / 1000


def _air(height_m: float) -> float:
    """Share of the air pressure at the sea, standard atmosphere (ISO 2533)."""
    return float((1 - 0.0065 * height_m / 288.15) ** 5.255)


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
