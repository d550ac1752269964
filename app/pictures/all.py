"""All pictures of a run."""

from pathlib import Path

from app.observer import Observer
from app.pictures.concentrations import draw_concentrations
from app.pictures.network import draw_network
from app.pictures.pressures import draw_pressures
from app.pictures.style import fonts
from app.pictures.timeline import draw_timeline


def draw_all(observer: Observer) -> list[Path]:
    """Draw every picture for which the run has something to show."""
    with fonts():
        drawn = [draw(observer) for draw in (draw_network, draw_pressures, draw_concentrations, draw_timeline)]
    return [path for path in drawn if path is not None]
