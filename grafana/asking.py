"""Every question of a dashboard as a server would be asked: variables and Grafana's macros replaced as Grafana does."""

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, NamedTuple

from grafana.build.influxql import LAST_MINUTE
from store.influxql import Table

Json = Mapping[str, Any]
Ask = Callable[[str], Sequence[Table]]
"""Ask a server: the tables of the answer."""

_UNITS_S = {"s": 1, "m": 60, "h": 3_600, "d": 86_400}
_S = 1_000_000_000
_PIXELS = 80
"""Of a column on a screen 1920 wide: Grafana asks for a point for each pixel of a panel, which is its `$__interval`."""
_LEAST_MS = 5_000
"""`timeInterval` of the data source."""
_ESCAPED = re.compile(r"[\\^$*+?.()|\[\]{}/]")


class Question(NamedTuple):
    """A question of a dashboard.

    Attributes:
        where: panel or variable, for people.
        query: that a server understands.
    """

    where: str
    query: str


def questions(board: Json, end_ns: int, chosen: Mapping[str, Sequence[str]]) -> Iterator[Question]:
    """Give the questions of all variables, annotations and panels; what Grafana keeps itself is no question.

    Args:
        board: as Grafana loads it.
        end_ns: end of the time that is shown.
        chosen: values by variable; none for All.
    """
    values = _values(board, chosen)
    for one in board["templating"]["list"]:
        if one["type"] == "query":
            yield Question(f"variable {one['name']}", _replaced(one["query"], values, 0, 0))
    shown_ns = _length_ns(board["time"]["from"].removeprefix("now-"))
    for one in board["annotations"]["list"]:
        if "query" in one:
            yield Question(f"annotation {one['name']}", _replaced(one["query"], values, end_ns - shown_ns, end_ns))
    for panel in board["panels"]:
        shown_ns = _length_ns(panel.get("timeFrom") or board["time"]["from"].removeprefix("now-"))
        for target in panel["targets"]:
            pixels = _PIXELS * panel["gridPos"]["w"]
            query = _replaced(target["query"], values, end_ns - shown_ns, end_ns, pixels)
            yield Question(f"panel {panel['id']} {panel['title']} {target['refId']}", query)


def unanswered(asked: Sequence[Question], ask: Ask) -> list[str]:
    """Give the questions without a row."""
    return [f"{one.where}: no rows: {one.query}" for one in asked if not any(map(_says, ask(one.query)))]


def _says(table: Table) -> bool:
    return any(value is not None for row in table.values for value in row[1:])  # the first is the time


def _values(board: Json, chosen: Mapping[str, Sequence[str]]) -> dict[str, str]:
    """Give what stands for each variable, as Grafana writes it into a regular expression."""
    found: dict[str, str] = {}
    for one in board["templating"]["list"]:
        picked = [_ESCAPED.sub(r"\\\g<0>", value) for value in chosen.get(one["name"], ())]
        if one["type"] == "constant":
            found[one["name"]] = one["query"]
        elif len(picked) > 1:
            found[one["name"]] = f"({'|'.join(picked)})"
        else:
            found[one["name"]] = picked[0] if picked else one.get("allValue", "")
    return found


def _replaced(query: str, values: Mapping[str, str], from_ns: int, to_ns: int, pixels: int = 1) -> str:
    step_ms = max(_LEAST_MS, (to_ns - from_ns) // pixels // 1_000_000)
    for name, value in values.items():
        for form in ("regex", "raw"):
            query = query.replace(f"${{{name}:{form}}}", value)
    query = query.replace("$timeFilter", f"time >= {from_ns} AND time <= {to_ns}")
    query = query.replace(LAST_MINUTE, f"time > {to_ns - 60 * _S}")
    return query.replace("$__interval", f"{step_ms}ms")


def _length_ns(text: str) -> int:
    """Read a length of time.

    Example:
        >>> _length_ns("15m") // 1_000_000_000
        900
    """
    return int(text[:-1]) * _UNITS_S[text[-1]] * _S
