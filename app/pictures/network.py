"""The network at its worst moment: pipes by tier, pressures against the start, leaks and regulators."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes
from matplotlib.collections import LineCollection
from matplotlib.colors import CenteredNorm

from app.observer import Array, Observer, PressureCourse
from app.picture import places_m
from app.pictures.style import COLOURS, TIER_COLOURS, new_figure, save, say
from domain.asset import Gas
from domain.network import Network
from simulator.events import Leak, Regulation

_WIDTHS = {"medium_a": 3.0, "medium_b": 1.8}
_LEAST_PERCENT = 2.0


def draw_network(observer: Observer) -> Path | None:
    """Draw it; None where there is no network, or one without places."""
    grid, course = observer.world.scenario.grid, observer.pressures
    place = None if grid is None else places_m(grid.nodes)
    if grid is None or course is None or place is None:
        return None
    figure = new_figure(11, 8.5)
    axes = figure.add_subplot()
    _draw_pipes(axes, grid, place, course)
    percent = 100 * course.worst_kpa / course.start_kpa
    norm = CenteredNorm(100, max(_LEAST_PERCENT, float(np.abs(percent - 100).max())))
    dots = axes.scatter(place[:, 0], place[:, 1], c=percent, cmap="RdBu", norm=norm, s=16, zorder=3, lw=0.3, ec="0.4")
    figure.colorbar(dots, shrink=0.7, label=say("压力占起始值", "pressure, % of its start"))
    _mark_events(axes, observer, grid, place)
    axes.set_aspect("equal")
    axes.set_xlabel("m")
    axes.set_ylabel("m")
    axes.legend(loc="upper left", bbox_to_anchor=(0, -0.06), ncols=3, frameon=False)
    name = observer.world.scenario.name
    axes.set_title(f"{say(name.zh, name.en)}\n{say('最不利时刻', 'worst moment')}: {course.worst_s / 60:.1f} min")
    return save(figure, observer.folder / "network.png")


def _draw_pipes(axes: Axes, grid: Network, place: Array, course: PressureCourse) -> None:
    number = {node.id: index for index, node in enumerate(grid.nodes)}
    for tier, nodes in sorted(course.tiers.items(), key=lambda item: -course.worst_kpa[item[1]].max()):
        pipes = [pipe for pipe in grid.pipes if (pipe.tier or "pipes") == tier]
        lines = [place[[number[pipe.from_node], number[pipe.to_node]]] for pipe in pipes]
        here = course.worst_kpa[nodes]
        label = f"{tier.replace('_', ' ')}: {here.min():.3g} – {here.max():.3g} kPa"
        colour, width = TIER_COLOURS.get(tier, "0.6"), _WIDTHS.get(tier, 1.0)
        axes.add_collection(LineCollection(lines, colors=colour, linewidths=width, label=label, zorder=2))
    ends = [(r.from_node, r.to_node) for r in grid.regulators] + [(v.from_node, v.to_node) for v in grid.valves]
    gaps = [place[[number[one], number[other]]] for one, other in ends]
    axes.add_collection(LineCollection(gaps, colors="0.75", linewidths=1.0, linestyles="dotted", zorder=1))


def _mark_events(axes: Axes, observer: Observer, grid: Network, place: Array) -> None:
    number = {node.id: index for index, node in enumerate(grid.nodes)}
    outlets = place[[number[regulator.to_node] for regulator in grid.regulators]]
    regulators = say("调压器", "regulators")
    axes.plot(outlets[:, 0], outlets[:, 1], "s", mfc="none", mec="k", ms=6, ls="", label=regulators, zorder=4)
    sites = observer.assets.sites
    pipes, stations = {pipe.id: pipe for pipe in grid.pipes}, {r.id: r for r in grid.regulators}
    for event_id, event in zip(observer.world.truth.ids, observer.world.scenario.events, strict=True):
        if isinstance(event, Leak) and event.pipe in pipes:
            pipe = pipes[event.pipe]
            ends = place[[number[pipe.from_node], number[pipe.to_node]]]
            _mark(axes, ends[0] + event.position * (ends[1] - ends[0]), "*", event_id)
        elif isinstance(event, Leak) and event.site in number and sites[event.site].gas is Gas.NATURAL:
            _mark(axes, place[number[event.site]], "*", event_id)
        elif isinstance(event, Regulation):
            _mark(axes, place[number[stations[event.regulator].to_node]], "s", event_id)


def _mark(axes: Axes, at: Array, marker: str, text: str) -> None:
    axes.plot([at[0]], [at[1]], marker, color=COLOURS[1], mec="k", ms=15 if marker == "*" else 9, zorder=5)
    box = {"boxstyle": "round,pad=0.2", "fc": "white", "ec": COLOURS[1], "alpha": 0.9}
    axes.annotate(
        text, (float(at[0]), float(at[1])), xytext=(10, 10), textcoords="offset points", fontsize=9, bbox=box, zorder=6
    )
