"""Pressures over time: the spread of each tier, and the sensors near the events."""

from pathlib import Path

import numpy as np
from matplotlib.axes import Axes

from app.observer import Observer, PressureCourse
from app.pictures.style import COLOURS, TIER_COLOURS, TimeAxis, new_figure, save, say
from simulator.events import Leak, Regulation, ValveWork
from simulator.timetext import S_NS

_FLAT_SHARE = 0.02


def draw_pressures(observer: Observer) -> Path | None:
    """Draw them; None where there is no network."""
    course = observer.pressures
    if course is None:
        return None
    tiers = sorted(course.tiers, key=lambda tier: -course.spread_kpa[tier][0][1])
    figure, axis = new_figure(10, 0.8 + 2.6 * len(tiers)), TimeAxis(observer.duration_s)
    panels = figure.subplots(len(tiers), sharex=True, squeeze=False)[:, 0]
    for tier, axes in zip(tiers, panels, strict=True):
        _draw_tier(axes, observer, course, tier, axis)
    name = observer.world.scenario.name
    figure.suptitle(say(name.zh, name.en))
    axis.label(panels[-1])
    return save(figure, observer.folder / "pressures.png")


def _draw_tier(axes: Axes, observer: Observer, course: PressureCourse, tier: str, axis: TimeAxis) -> None:
    times, spread = axis.of(observer.times_s), np.array(course.spread_kpa[tier])
    colour = TIER_COLOURS.get(tier, "0.6")
    axes.fill_between(times, spread[:, 0], spread[:, 2], color=colour, alpha=0.2, lw=0, label=say("范围", "min–max"))
    axes.plot(times, spread[:, 1], color=colour, lw=1.5, label=say("平均", "mean"))
    devices = observer.assets.devices
    meters = [meter for meter in course.meters_kpa if devices[meter].tier in {tier, None}]
    for meter, shade in zip(meters, COLOURS[1:], strict=False):
        axes.plot(times, course.meters_kpa[meter], color=shade, lw=1.2, ls="--", label=meter)
    _widen(axes, spread)
    _mark_onsets(axes, observer, axis)
    axes.set_title(tier.replace("_", " "), loc="left", fontsize=10)
    axes.set_ylabel("kPa")
    axes.grid(alpha=0.3)
    axes.legend(loc="center left", bbox_to_anchor=(1, 0.5), fontsize=8, frameon=False)


def _widen(axes: Axes, spread: "np.typing.NDArray[np.float64]") -> None:
    """Show at least some per cent of the pressure, so that nothing does not look like something."""
    low, high = float(spread[:, 0].min()), float(spread[:, 2].max())
    margin = max(0.08 * (high - low), _FLAT_SHARE * high / 2)
    axes.set_ylim(low - margin, high + margin)


def _mark_onsets(axes: Axes, observer: Observer, axis: TimeAxis) -> None:
    for event in observer.world.scenario.events:
        if isinstance(event, Regulation | ValveWork) or (isinstance(event, Leak) and event.pipe is not None):
            for time_ns in {event.at, event.end_ns} - {None}:
                axes.axvline((time_ns or 0) / S_NS / axis.unit_s, color=COLOURS[1], lw=0.8, ls=":")
