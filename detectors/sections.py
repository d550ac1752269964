"""The pipes of a network cut into sections, and how likely each is to leak before anything is measured."""

import math
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.binned import metres
from detectors.grid import Grid
from detectors.order import Floats
from detectors.suspects import weakness
from domain.network import Node

Index = npt.NDArray[np.intp]
Place = tuple[float, float]


class Sections(NamedTuple):
    """Pieces of pipes, as columns.

    Attributes:
        pipe: number of the pipe in `Grid.pipes`.
        share: of its length at which the middle lies.
        length_m: of the piece.
        prior: share of all leaks that happen here: length times weakness.
        east_m: of the middle from the first node that has a place, NaN where its pipe has none.
        north_m: the same.
        half_east_m: from the middle to its end.
        half_north_m: the same.
        origin: longitude and latitude of that node; None: the network has metres alone.
    """

    pipe: Index
    share: Floats
    length_m: Floats
    prior: Floats
    east_m: Floats
    north_m: Floats
    half_east_m: Floats
    half_north_m: Floats
    origin: Place | None

    def from_m(self, lon: float, lat: float) -> Floats:
        """Distances of a place from the sections, metres; infinite where nobody knows."""
        if self.origin is None:
            return np.full(len(self.pipe), np.inf)
        east, north = metres(np.array(lon), np.array(lat), self.origin)
        east, north = east - self.east_m, north - self.north_m
        square = np.maximum(self.half_east_m**2 + self.half_north_m**2, 1e-9)
        along = np.clip((east * self.half_east_m + north * self.half_north_m) / square, -1.0, 1.0)
        away_m = np.hypot(east - along * self.half_east_m, north - along * self.half_north_m)
        return np.nan_to_num(away_m, nan=np.inf)

    def between(self, field: Floats, grid: Grid) -> Floats:
        """Interpolate what is known at nodes (last axis): in a linear network it is linear along a pipe."""
        tail, head = grid.tail[self.pipe], grid.head[self.pipe]
        found: Floats = (1 - self.share) * field[..., tail] + self.share * field[..., head]
        return found


def cut(grid: Grid, section_m: float) -> Sections:
    """Cut every pipe in service into equal pieces of at most this length."""
    pieces = [max(1, math.ceil(pipe.length_m / section_m)) for pipe in grid.pipes]
    pipe = np.repeat(np.arange(len(pieces)), pieces)
    share = np.array([(piece + 0.5) / count for count in pieces for piece in range(count)])
    length_m = np.array([of.length_m / count for of, count in zip(grid.pipes, pieces, strict=True)])[pipe]
    prior = length_m * np.array([weakness(of) for of in grid.pipes])[pipe]
    east_m, north_m, origin = node_places(grid.network.nodes)
    tail, head = grid.tail[pipe], grid.head[pipe]
    east, north = ((1 - share) * axis[tail] + share * axis[head] for axis in (east_m, north_m))
    half_east, half_north = ((axis[head] - axis[tail]) / (2 * np.array(pieces)[pipe]) for axis in (east_m, north_m))
    return Sections(pipe, share, length_m, prior / prior.sum(), east, north, half_east, half_north, origin)


def node_places(nodes: tuple[Node, ...]) -> tuple[Floats, Floats, Place | None]:
    """Give east and north of each node in metres, and the place that they count from."""
    first = next((node for node in nodes if node.lon is not None and node.lat is not None), None)
    if first is None or first.lon is None or first.lat is None:
        return _column(nodes, "x_m"), _column(nodes, "y_m"), None
    origin = (first.lon, first.lat)
    return *metres(_column(nodes, "lon"), _column(nodes, "lat"), origin), origin


def _column(nodes: tuple[Node, ...], name: str) -> Floats:
    return np.array([math.nan if (value := getattr(node, name)) is None else value for node in nodes], np.float64)
