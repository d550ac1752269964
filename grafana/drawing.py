"""A plan of a dashboard, drawn by ourselves from the places in its JSON: no picture of Grafana."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from html import escape
from typing import Any

from grafana.build.colours import INK, NORMAL, PRIORITY, QUIET
from grafana.build.dashboard import WIDTH

_COLUMN, _ROW, _HEAD = 40, 22, 34
_LABEL = "布局示意，按 gridPos 绘制，非 Grafana 截图 · a plan drawn from gridPos, not a screenshot of Grafana"
_PALE = {QUIET, PRIORITY[2], PRIORITY[3]}
_SHAPES = {
    "timeseries": "曲线",
    "state-timeline": "状态条",
    "stat": "数值",
    "bargauge": "条形",
    "table": "表格",
    "geomap": "地图",
}


def drawn(board: Mapping[str, Any]) -> str:
    """Give the plan as SVG."""
    height = max(one["gridPos"]["y"] + one["gridPos"]["h"] for one in board["panels"]) * _ROW + _HEAD
    width = WIDTH * _COLUMN
    return "\n".join(
        [
            f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" font-family="sans-serif">',
            f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
            f'<text x="8" y="22" font-size="15" fill="{INK}">{escape(board["title"])} — {_LABEL}</text>',
            *(line for panel in board["panels"] for line in _panel(panel)),
            "</svg>\n",
        ]
    )


def _panel(panel: Mapping[str, Any]) -> Iterator[str]:
    at = panel["gridPos"]
    x, y = at["x"] * _COLUMN + 3, at["y"] * _ROW + _HEAD + 3
    width, height = at["w"] * _COLUMN - 6, at["h"] * _ROW - 6
    asked = "、".join(target.get("alias", "") for target in panel["targets"]).strip("、")
    yield f'<rect x="{x}" y="{y}" width="{width}" height="{height}" fill="#f4f4f4" stroke="{NORMAL}"/>'
    yield f'<text x="{x + 8}" y="{y + 20}" font-size="13" fill="{INK}">{escape(panel["title"])}</text>'
    words = f"{_SHAPES[panel['type']]} {panel['type']} {asked}"
    yield f'<text x="{x + 8}" y="{y + 40}" font-size="12" fill="{NORMAL}">{escape(words)}</text>'
    defaults = panel["fieldConfig"]["defaults"]
    if panel["type"] == "timeseries":
        yield from _limits(defaults["thresholds"]["steps"][1:], (x + 8, y + height - 12), width - 16)
    for mapping in defaults["mappings"]:
        yield from _states(mapping["options"].values(), (x + 8, y + 52), width - 16)


def _limits(steps: Sequence[Mapping[str, Any]], at: tuple[int, int], width: int) -> Iterator[str]:
    """Draw limits as lines of their colour, the lowest at the bottom; their distances mean nothing."""
    for place, step in enumerate(steps):
        y = at[1] - 24 * place
        line = f'x1="{at[0] + 44}" y1="{y}" x2="{at[0] + width}" y2="{y}"'
        yield f'<text x="{at[0]}" y="{y + 4}" font-size="12" fill="{INK}">{step["value"]:g}</text>'
        yield f'<line {line} stroke="{step["color"]}" stroke-width="2" stroke-dasharray="8 4"/>'


def _states(states: Iterable[Mapping[str, Any]], at: tuple[int, int], width: int) -> Iterator[str]:
    """Draw a bar with the words of each state."""
    found = list(states)
    each = width // len(found)
    for place, state in enumerate(found):
        x = at[0] + place * each
        yield f'<rect x="{x}" y="{at[1]}" width="{each - 4}" height="20" fill="{state["color"]}"/>'
        ink = INK if state["color"] in _PALE else "#ffffff"
        yield f'<text x="{x + 4}" y="{at[1] + 14}" font-size="11" fill="{ink}">{escape(state["text"])}</text>'
