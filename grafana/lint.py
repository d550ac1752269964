"""Rules that dashboards keep: places, colours, limits, queries, ways. Each rule gives one line for each breach."""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from domain.rulebook import Rulebook
from grafana.build import colours
from grafana.build.dashboard import WIDTH
from grafana.build.influxql import LAST_MINUTE
from grafana.build.marks import GRAFANA
from grafana.build.panel import SOURCE, TILES

Json = Mapping[str, Any]
Rule = Callable[[Json, Rulebook], Iterable[str]]

KINDS = frozenset({"timeseries", "state-timeline", "stat", "bargauge", "table", "geomap"})
"""Grafana's own panels that we use: none has to be installed."""
_CLAIM = re.compile(r"([a-z_0-9]+\.[a-z_0-9]+) = (-?[\d.]+)")
_COMPARED = re.compile(r'" *(?:>=|<=|>|<) *(-?[\d.]+)')
_BARE = re.compile(r"\b[a-z_]{4,}\b")
_QUOTED = re.compile(r"""\$\{[^}]*\}|\$\w+|"[^"]*"|'[^']*'|/\^.*?\$/""")
_WORDS = frozenset({"first", "last", "mean", "count", "time", "fill", "none", "true"})
_COLUMN = re.compile(r"\$\{__data\.fields\.(\w+)\}")
_SHORTEST_S = 5
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_UNITS = {"s": 1, "m": 60}


def lint(dashboards: Mapping[str, Json], rulebook: Rulebook) -> list[str]:
    """Give every breach, as ``file: panel: what``; none where all is well."""
    found = [f"{name}: {text}" for name, board in dashboards.items() for text in _of_board(board, rulebook)]
    uids = [str(board.get("uid")) for board in dashboards.values()]
    found += [f"uid {uid} is not the only one" for uid in sorted({uid for uid in uids if uids.count(uid) > 1})]
    for name, board in dashboards.items():
        found += [f"{name}: a link to {url} leads nowhere" for url in _urls(board) if not _leads(url, uids)]
    return found


def _of_board(board: Json, rulebook: Rulebook) -> Iterator[str]:
    for rule in BOARD_RULES:
        yield from rule(board, rulebook)
    for panel in board["panels"]:
        for rule in PANEL_RULES:
            yield from (f"panel {panel.get('id')} {panel.get('title')}: {text}" for text in rule(panel, rulebook))


# ---------------------------------------------------------------- of a dashboard
def _settings(board: Json, _rulebook: Rulebook) -> Iterator[str]:
    for key, wanted in {"editable": False, "timezone": "Asia/Shanghai"}.items():
        if board.get(key) != wanted:
            yield f"{key} is {board.get(key)!r}; expected {wanted!r}"
    refresh = str(board.get("refresh"))
    if int(refresh[:-1]) * _UNITS[refresh[-1]] < _SHORTEST_S:
        yield f"refresh is {refresh}; expected {_SHORTEST_S}s or more"
    if not any(one["type"] == "datasource" for one in board["templating"]["list"]):
        yield "no variable chooses the data source"


def _places(board: Json, _rulebook: Rulebook) -> Iterator[str]:
    ids = [panel.get("id") for panel in board["panels"]]
    if None in ids or len(set(ids)) < len(ids):
        yield f"ids are {ids}; expected a number of its own for each panel"
    boxes = [(panel.get("title"), panel["gridPos"]) for panel in board["panels"]]
    for title, box in boxes:
        if box["x"] < 0 or box["x"] + box["w"] > WIDTH:
            yield f"{title} reaches beyond the grid"
    for (title, one), (other, two) in combinations(boxes, 2):
        if all(one[a] < two[a] + two[b] and two[a] < one[a] + one[b] for a, b in (("x", "w"), ("y", "h"))):
            yield f"{title} and {other} overlap"


def _marks(board: Json, _rulebook: Rulebook) -> Iterator[str]:
    for mark in board["annotations"]["list"]:
        where = f"annotation {mark.get('name')}"
        if mark.get("datasource") not in (SOURCE, GRAFANA):
            yield f"{where}: data source {mark.get('datasource')}; expected ${{ds}}, or Grafana's own"
        if mark.get("iconColor") not in colours.ALL:
            yield f"{where}: colour {mark.get('iconColor')} is none of the console's"
        if not _CHINESE.search(mark.get("name", "")):
            yield f"{where}: no Chinese name"
        if "query" in mark:
            yield from (f"{where}: {text}" for text in _query(mark["query"]))


# ---------------------------------------------------------------- of a panel
def _words(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    if not _CHINESE.search(panel.get("title", "")):
        yield "no Chinese title"
    if not re.search(r"[A-Za-z]{3}", panel.get("description", "")):
        yield "no English description"
    if not panel["fieldConfig"]["defaults"].get("unit"):
        yield "no unit"


def _sources(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    if panel.get("type") not in KINDS:
        yield f"{panel.get('type')} is none of {', '.join(sorted(KINDS))}"
    if not panel.get("targets"):
        yield "asks nothing"
    for one in [panel, *panel.get("targets", ())]:
        if one.get("datasource", {}).get("uid") != "${ds}":
            yield f"data source {one.get('datasource')}; expected ${{ds}}"
    if "actions" in str(panel):
        yield "has actions; whatever acts is in the console"


def _queries(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    for target in panel.get("targets", ()):
        yield from _query(target["query"])


def _query(query: str) -> Iterator[str]:
    if "$timeFilter" not in query and LAST_MINUTE not in query:
        yield f"no $timeFilter in {query}"
    bare = set(_BARE.findall(_QUOTED.sub(" ", query))) - _WORDS - set(re.findall(r"\b([a-z_]+)\(", query))
    if bare:
        yield f"{', '.join(sorted(bare))}: unquoted in {query}"


def _colours(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    defaults = panel["fieldConfig"]["defaults"]
    if defaults.get("color", {}).get("mode") not in {"fixed", "thresholds"}:
        yield f"colour mode {defaults.get('color')}; expected fixed or thresholds"
    if not defaults.get("thresholds", {}).get("steps"):
        yield "no thresholds: Grafana would put its own, with green"
    strange = sorted(set(_found(panel["fieldConfig"], "color", "fixedColor")) - colours.ALL)
    if strange:
        yield f"colours {', '.join(strange)} are none of the console's"
    overridden = [one for columns in panel["fieldConfig"].get("overrides", ()) for one in columns["properties"]]
    mappings = [
        *defaults.get("mappings", ()),
        *(m for one in overridden if one["id"] == "mappings" for m in one["value"]),
    ]
    if not all(state.get("text") for mapping in mappings for state in mapping["options"].values()):
        yield "a state has a colour and no words"


def _rows(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    """A link takes another column of its row by `${__data.fields.NAME}`, which is empty where nobody asks for it."""
    wanted = {name for url in _found(panel["fieldConfig"], "url") for name in _COLUMN.findall(url)}
    for target in panel.get("targets", ()):
        missing = sorted(name for name in wanted if f'"{name}"' not in target["query"])
        if missing:
            yield f"a link takes {', '.join(missing)} of its row, which is not in {target['query']}"


def _tiles(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    """Without an own base layer Grafana asks one of the internet."""
    if panel.get("type") == "geomap" and panel["options"].get("basemap", {}).get("config", {}).get("url") != TILES:
        yield f"base layer {panel['options'].get('basemap')}; expected tiles of {TILES}"


def _nothing_for_something(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    if "noValue" in panel["fieldConfig"]["defaults"]:
        yield "noValue would make a dead pipeline look like a calm night"
    if panel["fieldConfig"]["defaults"].get("custom", {}).get("spanNulls", False) is not False:
        yield "spanNulls draws a line across a gap"


def _limits(panel: Json, rulebook: Rulebook) -> Iterator[str]:
    claims = {name: float(value.rstrip(".")) for name, value in _CLAIM.findall(panel.get("description", ""))}
    for name, value in claims.items():
        if name not in rulebook.numbers:
            yield f"{name} is no number of the rulebook"
        elif rulebook[name] != value:
            yield f"{name} is {value:g} here and {rulebook[name]:g} in the rulebook"
    steps = panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", ())
    drawn = {float(step["value"]) for step in steps if step["value"] is not None}
    queried = {float(number) for one in panel.get("targets", ()) for number in _COMPARED.findall(one["query"])} - {0.0}
    yield from (
        f"{value:g} is no limit that its description names" for value in (drawn | queried) - set(claims.values())
    )
    if claims and not (drawn or queried):
        yield "names limits and draws none"
    yield from (f"limit {value:g} is not in its title" for value in drawn if f" {value:g}" not in panel["title"])


BOARD_RULES: Sequence[Rule] = (_settings, _places, _marks)
PANEL_RULES: Sequence[Rule] = (_words, _sources, _queries, _colours, _rows, _tiles, _nothing_for_something, _limits)


# ---------------------------------------------------------------- ways
def _urls(board: Json) -> Iterator[str]:
    yield from map(str, _found(board, "url"))


def _leads(url: str, uids: Sequence[str]) -> bool:
    if url.startswith("${console_url}/") or url == TILES:
        return True
    return url.startswith("/d/") and re.split(r"[?/]", url)[2] in uids


def _found(tree: object, *keys: str) -> Iterator[str]:
    """Give the texts under some keys, wherever they are."""
    if isinstance(tree, Mapping):
        for key, value in tree.items():
            if key in keys and isinstance(value, str):
                yield value
            yield from _found(value, *keys)
    elif isinstance(tree, list):
        for value in tree:
            yield from _found(value, *keys)
