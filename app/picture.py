"""A picture of a network: pressures as colours, pipes as wide as they carry."""

from pathlib import Path

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.collections import LineCollection
from matplotlib.figure import Figure

from domain.errors import ConfigurationError
from domain.network import Node
from simulator.hydraulics import Hydraulics

Array = npt.NDArray[np.float64]
_DEGREE_M = 111_320.0
_INCHES, _DPI, _WIDEST_POINTS = (10.0, 8.0), 150, 5.0


def draw_network(path: Path, hydraulics: Hydraulics) -> None:
    """Draw a solved network (ConfigurationError: its nodes have no places, or the file cannot be written)."""
    topology, state = hydraulics.topology, hydraulics.state
    place = places_m(topology.network.nodes)
    if place is None:
        raise ConfigurationError(f"{path}: cannot be drawn: every node needs x_m and y_m, or lon and lat")
    known = len(place)
    gauge_kpa = (state.pressure_pa - state.ambient_pa)[:known] / 1000
    ends = [(topology.node_of[p.from_node], topology.node_of[p.to_node]) for p in topology.network.pipes]
    flows = [abs(hydraulics.pipe_flow_kg_s(p.id)[0]) if p.in_service else 0.0 for p in topology.network.pipes]
    wide = 0.4 + _WIDEST_POINTS * np.sqrt(np.array(flows) / max([*flows, 1e-12]))
    figure = Figure(figsize=_INCHES, layout="constrained")
    axes = figure.add_subplot()
    axes.add_collection(LineCollection([place[list(pair)] for pair in ends], linewidths=wide.tolist(), colors="0.6"))
    dots = axes.scatter(
        place[:, 0], place[:, 1], c=gauge_kpa, norm="log" if gauge_kpa.min() > 0 else None, zorder=2, s=14
    )
    figure.colorbar(dots, label="kPa gauge")
    axes.set_aspect("equal")
    axes.set_title(f"{len(ends)} pipes, supply {hydraulics.balance().supply_kg_s:.4g} kg/s")
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with mpl.rc_context({"svg.hashsalt": "0"}):
            figure.savefig(path, dpi=_DPI, metadata={"Software": None})
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None


def places_m(nodes: tuple[Node, ...]) -> Array | None:
    """Places in m; degrees of longitude are shortened to look right at their latitude."""
    if all(node.x_m is not None for node in nodes):
        return np.array([(node.x_m, node.y_m) for node in nodes], np.float64)
    if all(node.lon is not None for node in nodes):
        place = np.array([(node.lon, node.lat) for node in nodes], np.float64)
        scale = _DEGREE_M * np.array([np.cos(np.radians(place[:, 1].mean())), 1.0])
        metres: Array = (place - place.mean(axis=0)) * scale
        return metres
    return None
