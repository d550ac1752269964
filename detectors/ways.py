"""Ways through the pipes of a network, and places on them."""

import math
from itertools import pairwise
from typing import NamedTuple

import numpy as np
import numpy.typing as npt
from scipy.sparse import csr_matrix
from scipy.sparse.csgraph import dijkstra

from detectors.grid import Grid
from domain.location import Location, PipeShare

_VALVE_M = 0.01
_LEAST = 0.01


class Way(NamedTuple):
    """Nodes from one end to the other, and how far along each lies."""

    nodes: tuple[int, ...]
    along_m: tuple[float, ...]

    @property
    def length_m(self) -> float:
        return self.along_m[-1]


class Ways:
    """Shortest ways between some nodes.

    Args:
        grid: the network; valves count as open as they are drawn.
        nodes: the ends.
    """

    def __init__(self, grid: Grid, nodes: npt.NDArray[np.intp]) -> None:
        self._grid, self._nodes = grid, nodes
        pipes = [pipe.length_m for pipe in grid.pipes]
        length = np.array(pipes + [_VALVE_M] * (len(grid.tail) - len(pipes)))
        count = len(grid.network.nodes)
        shortest: dict[tuple[int, int], int] = {}
        for line in np.argsort(-length, kind="stable").tolist():
            one, other = sorted((int(grid.tail[line]), int(grid.head[line])))
            shortest[one, other] = line  # of parallel lines the shortest comes last
        self._line = shortest
        ends = np.array(list(shortest), np.intp).reshape(-1, 2)
        self._length = length
        graph = csr_matrix((length[list(shortest.values())], (ends[:, 0], ends[:, 1])), (count, count))
        self.apart_m, self._before = dijkstra(graph, directed=False, indices=nodes, return_predecessors=True)

    def way(self, one: int, other: int) -> Way | None:
        """Give the way between two of the ends, by their place among them; None where there is none."""
        start, here = int(self._nodes[one]), int(self._nodes[other])
        if start == here or not np.isfinite(self.apart_m[one, here]):
            return None
        nodes = [here]
        while nodes[-1] != start:
            nodes.append(int(self._before[one, nodes[-1]]))
        nodes.reverse()
        return Way(tuple(nodes), tuple(float(self.apart_m[one, node]) for node in nodes))

    def spread(self, way: Way, at_m: float, sd_m: float) -> Location:
        """Describe a place on a way that is known to a normal deviation: the pipes that it may be in."""
        shares: dict[str, float] = {}
        for (one, other), (begin_m, end_m) in zip(pairwise(way.nodes), pairwise(way.along_m), strict=True):
            line = self._line[min(one, other), max(one, other)]
            if line < len(self._grid.pipes):
                name = self._grid.pipes[line].id
                shares[name] = shares.get(name, 0.0) + _normal((end_m - at_m) / sd_m) - _normal((begin_m - at_m) / sd_m)
        ranked = sorted(shares.items(), key=lambda item: (-item[1], item[0]))[:5]
        pipes = tuple(PipeShare(name, round(share, 3)) for name, share in ranked if share >= _LEAST)
        lon, lat = self._place(way, min(max(at_m, 0.0), way.length_m))
        within_m = round(0.6745 * sd_m)  # half of a normal distribution lies within so many deviations
        elsewhere = round(max(0.0, 1.0 - math.fsum(shares.values())), 3)
        return Location(lon, lat, None if lon is None else float(within_m), pipes, elsewhere)

    def _place(self, way: Way, at_m: float) -> tuple[float, float] | tuple[None, None]:
        step = min(max(int(np.searchsorted(way.along_m, at_m)), 1), len(way.nodes) - 1)
        begin_m, end_m = way.along_m[step - 1 : step + 1]
        share = (at_m - begin_m) / (end_m - begin_m)
        one, other = (self._grid.network.nodes[node] for node in way.nodes[step - 1 : step + 1])
        if one.lon is None or one.lat is None or other.lon is None or other.lat is None:
            return None, None
        lon, lat = ((1 - share) * a + share * b for a, b in ((one.lon, other.lon), (one.lat, other.lat)))
        return round(lon, 6), round(lat, 6)


def _normal(deviations: float) -> float:
    return 0.5 * (1.0 + math.erf(deviations / math.sqrt(2.0)))
