"""A map of what the sensors of a town can see: the smallest hole of each section, and where it is blind."""

from pathlib import Path

import numpy as np
import numpy.typing as npt
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import LogNorm

from app.pictures.style import fonts, new_figure, save, say
from app.reach import Reach, on_network
from detectors.sections import node_places
from domain.asset import Assets, DeviceKind
from domain.errors import ConfigurationError

Floats = npt.NDArray[np.float64]
_LEAST_MM = 0.5
_MARKS = (
    (DeviceKind.PRESSURE_SENSOR, "^", ("压力传感器", "pressure sensors")),
    (DeviceKind.FLOW_METER, "D", ("流量计", "flow meters")),
)


def draw_coverage(path: Path, found: Reach, town: Assets, blind_mm: float) -> None:
    """Draw it (ConfigurationError: the network has no places, or the file cannot be written).

    Colour tells the hole; a blind section is dashed and black, so that it is seen without colours, too.
    """
    sections = found.locator.sections
    known = np.isfinite(sections.east_m)
    if not known.all():
        raise ConfigurationError(f"{path}: cannot be drawn: every node needs lon and lat, or x_m and y_m")
    ends = np.stack(
        [
            np.column_stack(
                [sections.east_m + sign * sections.half_east_m, sections.north_m + sign * sections.half_north_m]
            )
            for sign in (-1, 1)
        ],
        axis=1,
    )
    hole_mm = found.hole_mm(found.best_kg_s)
    with fonts():
        figure = new_figure(11, 9)
        axes = figure.add_subplot()
        lines = _draw_seen(axes, ends, hole_mm, blind_mm)
        figure.colorbar(lines, shrink=0.7, label=say("可见最小孔径 毫米", "smallest hole that is seen, mm"))
        _mark_instruments(axes, found, town)
        axes.set_aspect("equal")
        axes.autoscale()
        axes.set_xlabel("m")
        axes.set_ylabel("m")
        axes.set_title(say("泄漏可见性", "coverage: which leaks the sensors can see"))
        figure.legend(loc="outside lower center", ncols=3, frameon=False)
        _folder(path)
        save(figure, path)


def _draw_seen(axes: Axes, ends: Floats, hole_mm: Floats, blind_mm: float) -> LineCollection:
    blind = hole_mm > blind_mm
    norm = LogNorm(_LEAST_MM, max(blind_mm, 2 * _LEAST_MM))
    seen = LineCollection(list(ends[~blind]), array=np.maximum(hole_mm[~blind], _LEAST_MM), norm=norm, linewidths=2.5)
    axes.add_collection(seen)
    dark = say(f"盲区：小于 {blind_mm:g} 毫米看不见", f"blind: holes below {blind_mm:g} mm are not seen")
    axes.add_collection(
        LineCollection(list(ends[blind]), colors="k", linewidths=1.2, linestyles="dashed", label=dark, zorder=1)
    )
    return seen


def _mark_instruments(axes: Axes, found: Reach, town: Assets) -> None:
    grid = found.locator.grid
    nodes = np.column_stack(node_places(grid.network.nodes)[:2])
    for kind, marker, words in _MARKS:
        at = nodes[[grid.node_of[node] for _, node in on_network(found.locator, town, kind)]]
        if len(at):
            axes.plot(at[:, 0], at[:, 1], marker, mfc="white", mec="k", ms=7, ls="", label=say(*words), zorder=4)


def _folder(path: Path) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{path.parent}: {error.strerror}") from None
