"""What all pictures have in common: colours, words, and how they are saved."""

from collections.abc import Sequence
from contextlib import AbstractContextManager
from pathlib import Path

import matplotlib as mpl
from matplotlib import font_manager
from matplotlib.axes import Axes
from matplotlib.figure import Figure

from domain.errors import ConfigurationError

_CHINESE = (
    "Noto Sans CJK SC",
    "Noto Sans CJK JP",
    "Source Han Sans SC",
    "WenQuanYi Micro Hei",
    "PingFang SC",
    "SimHei",
)
_DPI = 110
COLOURS = ("#0072b2", "#d55e00", "#009e73", "#cc79a7", "#e69f00", "#56b4e9", "#7f7f7f", "#000000")
"""Okabe and Ito's, which colour-blind people can tell apart."""
TIER_COLOURS = {"medium_a": "#5e3c99", "medium_b": "#0072b2", "low_natural": "#9aa5b1"}
_MINUTES_OF_AN_HOUR, _LONG_MIN, _LONG_H = 60.0, 180.0, 72.0


def chinese_font() -> str | None:
    """Find a font with Chinese letters on this machine."""
    known = {font.name for font in font_manager.fontManager.ttflist}
    return next((name for name in _CHINESE if name in known), None)


def say(chinese: str, english: str) -> str:
    """Give both languages where a font has Chinese letters, English alone elsewhere."""
    return f"{chinese}  {english}" if chinese_font() else english


def fonts() -> AbstractContextManager[None]:
    """Draw with letters for both languages, as far as there are any."""
    return mpl.rc_context({"font.family": ["DejaVu Sans", *filter(None, [chinese_font()])]})


def new_figure(width: float, height: float) -> Figure:
    return Figure(figsize=(width, height), layout="constrained")


def save(figure: Figure, path: Path) -> Path:
    """Write a picture (ConfigurationError: it cannot be written)."""
    try:
        figure.savefig(path, dpi=_DPI, metadata={"Software": None})
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    return path


class TimeAxis:
    """Minutes, hours or days, by the length of the run."""

    def __init__(self, duration_s: float) -> None:
        minutes = duration_s / 60
        hours = minutes / _MINUTES_OF_AN_HOUR
        if minutes <= _LONG_MIN:
            self.unit_s, self.name = 60.0, say("分钟", "minutes")
        elif hours <= _LONG_H:
            self.unit_s, self.name = 3_600.0, say("小时", "hours")
        else:
            self.unit_s, self.name = 86_400.0, say("天", "days")
        self._end = duration_s / self.unit_s

    def of(self, times_s: Sequence[float]) -> list[float]:
        return [time / self.unit_s for time in times_s]

    def label(self, axes: Axes) -> None:
        axes.set_xlim(0, self._end)
        axes.set_xlabel(self.name)
