"""True concentrations of the spaces to which something happens, with the levels that count."""

from pathlib import Path

import numpy as np

from app.observer import Observer
from app.pictures.style import COLOURS, TimeAxis, new_figure, save, say

_LEVELS_PCT_LEL = (10, 25, 50)
_LEAST, _MOST = 60.0, 120.0


def draw_concentrations(observer: Observer) -> Path | None:
    """Draw them; None where no event is about a space."""
    courses = observer.air.pct_lel
    if not courses:
        return None
    figure, axis = new_figure(10, 5.5), TimeAxis(observer.duration_s)
    axes, times, top = figure.add_subplot(), axis.of(observer.times_s), _LEAST
    for (space, course), colour in zip(courses.items(), COLOURS, strict=False):
        both = np.array(course)
        lower, upper = observer.air.cells[space]
        peak = float(both.max())
        top = min(_MOST, max(top, 1.08 * peak))
        layered = lower != upper
        axes.plot(
            times, both[:, 1], color=colour, label=f"{space} {say('上层', 'upper')}" if layered else _named(space, peak)
        )
        if layered:
            axes.plot(times, both[:, 0], color=colour, ls="--", label=f"{_named(space, peak)} {say('下层', 'lower')}")
    for level in _LEVELS_PCT_LEL:
        axes.axhline(level, color="0.5", lw=0.8, ls=":")
        axes.annotate(
            f"{level} %LEL", (1, level), xycoords=("axes fraction", "data"), ha="right", va="bottom", fontsize=8
        )
    name = observer.world.scenario.name
    axes.set_title(f"{say(name.zh, name.en)}\n{say('真实浓度', 'true concentration')}")
    axes.set_ylabel("%LEL")
    axes.set_ylim(0, top)
    axis.label(axes)
    axes.grid(alpha=0.3)
    axes.legend(loc="upper left", bbox_to_anchor=(1, 1), fontsize=8, frameon=False)
    return save(figure, observer.folder / "concentrations.png")


def _named(space: str, peak: float) -> str:
    """Tell how high a curve goes that leaves the picture: where the lower levels can be read matters more."""
    return space if peak <= _MOST else f"{space} ({say('最高', 'up to')} {peak:.0f} %LEL)"
