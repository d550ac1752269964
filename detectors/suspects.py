"""Which pipe it is: candidates with probabilities, from what is known of the network before anything is measured."""

import math
from collections.abc import Mapping

import numpy as np

from detectors.binned import metres
from detectors.order import Floats
from domain.asset import Site
from domain.network import Network, Pipe

_SOIL_M = 30.0
"""Within it gas in soil becomes e times less likely to be found: own guess, a wet cover carries farther."""
_FARTHEST_M = 150.0
_STEEL = 3.0
"""Steel corrodes: own guess of how much more often it leaks than polyethylene of the same age."""
_YEARS = 20.0
_UNKNOWN_YEAR, _NEWEST_YEAR = 2005, 2025
_SHOWN, _LEAST = 3, 0.005


def weakness(pipe: Pipe) -> float:
    """Tell how much more often than new polyethylene a metre of this pipe leaks; own guess.

    Example:
        >>> old = Pipe("P", "A", "B", 100.0, 0.1, material="steel", install_year=2005)
        >>> weakness(old)
        6.0
    """
    age = max(0, _NEWEST_YEAR - (pipe.install_year or _UNKNOWN_YEAR))
    return (1.0 + age / _YEARS) * (_STEEL if pipe.material == "steel" else 1.0)


def ranked(weights: Mapping[str, float]) -> str:
    """Write the likeliest pipes with their probabilities.

    Example:
        >>> ranked({"P-1": 3.0, "P-2": 1.0})
        'P-1 75%, P-2 25%'
    """
    total = math.fsum(weights.values())
    if not total > 0:
        return ""
    first = sorted(weights.items(), key=lambda item: (-item[1], item[0]))[:_SHOWN]
    return ", ".join(f"{pipe} {weight / total:.0%}" for pipe, weight in first if weight >= _LEAST * total)


def near(network: Network | None, site: Site | None) -> dict[str, float]:
    """Weigh the pipes around a place: nearness through soil, times weakness."""
    if network is None or site is None:
        return {}
    nodes = {node.id: (node.lon, node.lat) for node in network.nodes if node.lon is not None and node.lat is not None}
    pipes = [pipe for pipe in network.pipes if pipe.in_service and {pipe.from_node, pipe.to_node} <= nodes.keys()]
    distance = _distances(
        np.array([nodes[pipe.from_node] for pipe in pipes], np.float64).reshape(-1, 2),
        np.array([nodes[pipe.to_node] for pipe in pipes], np.float64).reshape(-1, 2),
        (site.lon, site.lat),
    )
    return {
        pipe.id: weakness(pipe) * math.exp(-metre / _SOIL_M)
        for pipe, metre in zip(pipes, distance.tolist(), strict=True)
        if metre <= _FARTHEST_M
    }


def _distances(start: Floats, end: Floats, origin: tuple[float, float]) -> Floats:
    """Give the distance from the origin to each straight pipe, metres."""
    ax, ay = metres(start[:, 0], start[:, 1], origin)
    bx, by = metres(end[:, 0], end[:, 1], origin)
    dx, dy = bx - ax, by - ay
    length2 = np.maximum(dx * dx + dy * dy, 1e-9)
    along = np.clip(-(ax * dx + ay * dy) / length2, 0.0, 1.0)
    nearest: Floats = np.hypot(ax + along * dx, ay + along * dy)
    return nearest
