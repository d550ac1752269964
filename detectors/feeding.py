"""Who gets no gas while valves are shut."""

from collections.abc import Iterable
from functools import lru_cache

import numpy as np
import scipy.sparse as sp
from scipy.sparse.csgraph import breadth_first_order

from detectors.order import Bools
from domain.asset import Device
from domain.network import Network, Regulator, Valve

Edges = frozenset[int]


class Feeding:
    """Which nodes a supply reaches: both ways through pipes and open valves, downwards through regulators.

    Args:
        network: as it is configured; valves that are drawn shut stay shut.

    Example:
        >>> from domain.network import Friction, Gas, Node, Regulator, Valve
        >>> nodes = (Node("GATE", fixed_pressure_pa_abs=4e5), Node("A"), Node("B"))
        >>> feeding = Feeding(Network(
        ...     Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5), 1e5, Friction.GB50028, nodes,
        ...     regulators=(Regulator("R", "GATE", "A", 2e5),), valves=(Valve("V", "A", "B", 0.1),),
        ... ))
        >>> feeding.reaches("B", frozenset()), feeding.reaches("B", feeding.at("V"))
        (True, False)
    """

    def __init__(self, network: Network) -> None:
        number = {node.id: index for index, node in enumerate(network.nodes)}
        pipes = [(pipe.from_node, pipe.to_node) for pipe in network.pipes if pipe.in_service]
        self._closing: list[Valve | Regulator] = [
            *(valve for valve in network.valves if valve.open),
            *network.regulators,
        ]
        ends = [*pipes, *((link.from_node, link.to_node) for link in self._closing)]
        self._first = len(pipes)
        self._source = len(number)
        supplies = [number[node.id] for node in network.nodes if node.fixed_pressure_pa_abs is not None]
        self._number = number
        self._tail = np.array([number[tail] for tail, _ in ends] + [self._source] * len(supplies), np.intp)
        self._head = np.array([number[head] for _, head in ends] + supplies, np.intp)
        self._both_ways = np.ones(len(self._tail), np.bool_)
        self._both_ways[len(ends) - len(network.regulators) :] = False
        self._fed = lru_cache(maxsize=64)(self._reached)

    def at(self, device: str, site: str = "") -> Edges:
        """Give the valves and regulators of this name, or else those at this site."""
        named = [edge for edge, link in enumerate(self._closing) if link.id == device]
        there = [edge for edge, link in enumerate(self._closing) if site in {link.from_node, link.to_node}]
        return frozenset(named or there)

    def shuts(self, device: Device) -> Edges:
        """Give what a device shuts: the valve or regulator that it is, or those where it stands."""
        return self.at(device.id, device.site)

    def reaches(self, node: str, shut: Edges) -> bool:
        """Tell whether gas reaches a node; one that is not in the network gets it elsewhere."""
        number = self._number.get(node)
        return number is None or bool(self._fed(shut)[number])

    def _reached(self, shut: Edges) -> Bools:
        stands = np.ones(len(self._tail), np.bool_)
        stands[[self._first + edge for edge in shut]] = False
        back = stands & self._both_ways & (self._tail != self._source)
        tail = np.concatenate((self._tail[stands], self._head[back]))
        head = np.concatenate((self._head[stands], self._tail[back]))
        graph = sp.csr_matrix((np.ones(len(tail)), (tail, head)), shape=(self._source + 1,) * 2)
        reached = np.zeros(self._source + 1, np.bool_)
        reached[breadth_first_order(graph, self._source, return_predecessors=False)] = True
        return reached


def union(edges: Iterable[Edges]) -> Edges:
    return frozenset[int]().union(*edges)
