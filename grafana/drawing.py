"""A plan of a dashboard, drawn by ourselves from the places in its JSON: no picture of Grafana."""

from collections.abc import Iterator, Mapping
from html import escape
from typing import Any

from grafana.build.colours import INK, NORMAL
from grafana.build.dashboard import WIDTH

_COLUMN, _ROW, _HEAD = 40, 22, 34
_LABEL = "布局示意，按 gridPos 绘制，非 Grafana 截图 · a plan drawn from gridPos, not a screenshot of Grafana"
_SHAPES = {"timeseries": "曲线", "state-timeline": "状态条", "stat": "数值", "bargauge": "条形", "table": "表格"}


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
