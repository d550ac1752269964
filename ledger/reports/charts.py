"""Small charts as SVG inside a page: columns and lines over time, bars by name. No script, no file beside."""

from collections.abc import Iterator, Sequence
from html import escape
from itertools import accumulate
from typing import NamedTuple
from unicodedata import east_asian_width

_WIDTH, _HEIGHT, _LEFT, _BOTTOM, _TOP, _RIGHT = 720, 190, 40, 22, 10, 16
_ROW, _NAME, _MOST_LABELS = 22, 150, 16
_NAME_WIDE = 24
"""Latin letters before a bar; a Chinese one counts twice."""
_STEPS = (1, 2, 5)
_TICKS = 4


class Series(NamedTuple):
    """Numbers of one colour; `name` is its legend."""

    name: str
    colour: str
    values: Sequence[int]


def columns(labels: Sequence[str], series: Sequence[Series]) -> str:
    """Draw columns beside each other, a group for each label."""
    step, top = _scale(series)
    slot = (_WIDTH - _LEFT - _RIGHT) / max(1, len(labels))
    wide = min(16.0, slot * 0.8 / len(series))
    body = []
    for nth, one in enumerate(series):
        for at, value in enumerate(one.values):
            x = _LEFT + slot * (at + 0.5) + wide * (nth - len(series) / 2)
            y = _y(value, top)
            body.append(f'<rect x="{x:.1f}" y="{y:.1f}" width="{wide:.1f}" height="{_y(0, top) - y:.1f}"')
            body.append(f' fill="{one.colour}"/>')
    return _frame(labels, series, (step, top), "".join(body))


def lines(labels: Sequence[str], series: Sequence[Series]) -> str:
    """Draw a line for each series, through a point for each label."""
    step, top = _scale(series)
    slot = (_WIDTH - _LEFT - _RIGHT) / max(1, len(labels))
    body = []
    for one in series:
        points = [(_LEFT + slot * (at + 0.5), _y(value, top)) for at, value in enumerate(one.values)]
        path = " ".join(f"{x:.1f},{y:.1f}" for x, y in points)
        body.append(f'<polyline points="{path}" fill="none" stroke="{one.colour}" stroke-width="2"/>')
        body.extend(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="2.5" fill="{one.colour}"/>' for x, y in points)
    return _frame(labels, series, (step, top), "".join(body))


def bars(names: Sequence[str], series: Sequence[Series]) -> str:
    """Draw a bar for each name, of the series one after the other."""
    most = max((sum(values) for values in zip(*(one.values for one in series), strict=True)), default=0)
    unit = (_WIDTH - _NAME - 60) / max(1, most)
    body = []
    for at, name in enumerate(names):
        x, y = float(_NAME), at * _ROW + 4
        body.append(f'<text x="{_NAME - 6}" y="{y + 12}" text-anchor="end">{escape(_short(name))}</text>')
        for one in series:
            wide = one.values[at] * unit
            body.append(f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="{_ROW - 7}" fill="{one.colour}"/>')
            x += wide
        told = " + ".join(str(one.values[at]) for one in series)
        body.append(f'<text x="{x + 5:.1f}" y="{y + 12}">{told}</text>')
    return _picture(len(names) * _ROW + 4, series, "".join(body))


def _short(name: str) -> str:
    """Cut a name to what has room before a bar.

    Example:
        >>> _short("大理经济技术开发区满江街道办事处")
        '大理经济技术开发区满江…'
    """
    widths = list(accumulate(2 if east_asian_width(char) in "WF" else 1 for char in name))
    fits = sum(width <= _NAME_WIDE for width in widths)
    return name if fits == len(name) else name[: fits - 1] + "…"


def _scale(series: Sequence[Series]) -> tuple[int, int]:
    """Give a round step and the top of an axis from 0 that holds all values.

    Example:
        >>> _scale([Series("", "", [3, 87])])
        (50, 100)
    """
    most = max((value for one in series for value in one.values), default=0) or 1
    steps = (digit * 10**power for power in range(12) for digit in _STEPS)
    step = next(step for step in steps if step * _TICKS >= most)
    return step, -(-most // step) * step


def _y(value: float, top: int) -> float:
    return _TOP + (_HEIGHT - _TOP - _BOTTOM) * (1 - value / top)


def _frame(labels: Sequence[str], series: Sequence[Series], axis: tuple[int, int], body: str) -> str:
    return _picture(_HEIGHT, series, "".join(_grid(labels, *axis)) + body)


def _grid(labels: Sequence[str], step: int, top: int) -> Iterator[str]:
    for value in range(0, top + 1, step):
        y = _y(value, top)
        yield f'<line x1="{_LEFT}" x2="{_WIDTH}" y1="{y:.1f}" y2="{y:.1f}" stroke="#d5dade"/>'
        yield f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{value}</text>'
    every = -(-len(labels) // _MOST_LABELS)
    slot = (_WIDTH - _LEFT - _RIGHT) / max(1, len(labels))
    for at, label in enumerate(labels):
        if at % every == 0:
            x = _LEFT + slot * (at + 0.5)
            yield f'<text x="{x:.1f}" y="{_HEIGHT - 6}" text-anchor="middle">{escape(label)}</text>'


def _picture(height: int, series: Sequence[Series], body: str) -> str:
    legend = "".join(f'<span><b style="background:{one.colour}"></b>{escape(one.name)}</span>' for one in series)
    svg = f'<svg viewBox="0 0 {_WIDTH} {height}" role="img">{body}</svg>'
    return f'<figure><figcaption class="legend">{legend}</figcaption>{svg}</figure>'
