"""The parts of a network between its regulators."""

import numpy as np
import numpy.typing as npt
import scipy.sparse as sp
from scipy.sparse.csgraph import connected_components

from detectors.watch import Watch
from domain.network import Network


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

    def of(self, node: str) -> int:
        """Give the part of a node; -1: the network does not have it."""
        index = self._index.get(node)
        return -1 if index is None else int(self._part[index])

    def above(self, part: int) -> set[int]:
        """Give the parts that feed this one through regulators."""
        return {self.of(r.from_node) for r in self.network.regulators if self.of(r.to_node) == part}


def by_part(watch: Watch, parts: Parts | None) -> dict[object, npt.NDArray[np.intp]]:
    """Sort the slots of a watch by part of the network; where it is not drawn, by tier within a zone."""
    sites = watch.channels.assets.sites
    found: dict[object, list[int]] = {}
    for slot in range(len(watch)):
        device = watch.device_at(slot)
        drawn = -1 if parts is None else parts.of(device.site)
        site = sites.get(device.site)
        found.setdefault(drawn if drawn >= 0 else (device.tier, site.zone if site else ""), []).append(slot)
    return {part: np.array(slots, np.intp) for part, slots in found.items()}
