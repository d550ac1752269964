"""Rules that dashboards keep: places, colours, limits, queries, ways. Each rule gives one line for each breach."""

import math
import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from itertools import combinations
from typing import Any

from domain.quantity import Quantity
from domain.rulebook import Rulebook
from grafana.build import colours
from grafana.build.dashboard import WIDTH
from grafana.build.influxql import LAST_MINUTE
from grafana.build.limits import KNOWN, steps
from grafana.build.marks import GRAFANA
from grafana.build.panel import LAST, NEWEST, SOURCE, TEXTS, TILES
from grafana.build.states import STATES

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
_LATE = re.compile(r"\$\{__(?!url_time_range)[^}]*\}")
_INNER = re.compile(r"\([^()]*\)")
_SHORTEST_S = 5
_CHINESE = re.compile(r"[\u4e00-\u9fff]")
_UNITS = {"s": 1, "m": 60}


_UNIT_OF = {
    Quantity.GAS_PCT_LEL: "suffix:%LEL",
    Quantity.PRESSURE_KPA: "pressurekpa",
    Quantity.FLOW_M3H: "suffix:m³/h",
    Quantity.BATTERY_V: "volt",
    Quantity.BATTERY_PCT: "percent",
    Quantity.TEMPERATURE_C: "celsius",
}
"""Grafana's names of our units."""
_PLACELESS = ('"pipeline"', '"outbox"', '"alarm_count"', "${inlets_")
_FILL = re.compile(r"fill\((\w+)\)")
_OLDEST_MIN = 15
_COUNTS = ("count(", '"count"', '"bad"')


def lint(dashboards: Mapping[str, Json], rulebook: Rulebook) -> list[str]:
    """Give every breach, as ``file: panel: what``; none where all is well."""
    found = [f"{name}: {text}" for name, board in dashboards.items() for text in _of_board(board, rulebook)]
    uids = [str(board.get("uid")) for board in dashboards.values()]
    found += [f"uid {uid} is not the only one" for uid in sorted({uid for uid in uids if uids.count(uid) > 1})]
    variables = [{one["name"] for one in board["templating"]["list"]} for board in dashboards.values()]
    known = dict(zip(uids, variables, strict=True))
    for name, board in dashboards.items():
        found += [f"{name}: {text}" for url in _urls(board) for text in _led(url, known)]
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


def _chosen(board: Json, _rulebook: Rulebook) -> Iterator[str]:
    """What somebody chooses has to narrow each panel, but those of what has no place."""
    names = [one["name"] for one in board["templating"]["list"] if one["type"] == "query"]
    asked = [(panel.get("title"), target["query"]) for panel in board["panels"] for target in panel.get("targets", ())]
    for title, query in asked:
        deaf = [name for name in names if f"${{{name}:regex}}" not in query]
        if deaf and not any(map(query.count, _PLACELESS)):
            yield f"{title}: does not ask for the chosen {', '.join(deaf)}: {query}"


# ---------------------------------------------------------------- of a panel
def _words(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    if not _CHINESE.search(panel.get("title", "")):
        yield "no Chinese title"
    if not re.search(r"[A-Za-z]{3}", panel.get("description", "")):
        yield "no English description"


def _units(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    unit = panel["fieldConfig"]["defaults"].get("unit")
    if not unit:
        yield "no unit"
    queries = [target["query"] for target in panel.get("targets", ())]
    values = " ".join(query for query in queries if not any(map(query.count, _COUNTS)))
    wanted = {named for quantity, named in _UNIT_OF.items() if re.search(rf'["_]{quantity}"', values)}
    if wanted - {unit}:
        yield f"unit {unit}; expected {', '.join(sorted(wanted))}"


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
    if set(_FILL.findall(query)) - {"none"}:
        yield f"fills gaps with what nobody stored: {query}"
    bare = set(_BARE.findall(_QUOTED.sub(" ", query))) - _WORDS - set(re.findall(r"\b([a-z_]+)\(", query))
    if bare:
        yield f"{', '.join(sorted(bare))}: unquoted in {query}"


def _colours(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    defaults = panel["fieldConfig"]["defaults"]
    if defaults.get("color", {}).get("mode") not in {"fixed", "shades", "thresholds"}:
        yield f"colour mode {defaults.get('color')}; expected fixed, shades or thresholds"
    if "value" in _found(panel["options"], "colorMode") or "color-text" in _found(panel["fieldConfig"], "type"):
        yield "figures in a colour can not be read on white; expected a colour behind them"
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


def _states(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    strange = [one for one in panel["fieldConfig"]["defaults"].get("mappings", ()) if one not in STATES]
    if strange:
        yield f"words and colours of its states are not ours: {strange}"


def _formats(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    """Lines and bars are series with names; rows, and the time of the newest, are a table."""
    timed = panel.get("options", {}).get("reduceOptions", {}).get("fields", "") == "/^Time$/"
    wanted = "table" if timed or panel.get("type") in {"table", "geomap"} else "time_series"
    for target in panel.get("targets", ()):
        if target.get("resultFormat") != wanted or bool(target.get("alias")) is (wanted == "table"):
            yield f"{target.get('resultFormat')} by name {target.get('alias')}; expected {wanted}; names are of series"


def _fresh(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    """A last value of hours ago must not look like one of now."""
    if panel.get("type") in {"stat", "bargauge"}:
        shown = str(panel.get("timeFrom", ""))
        lasting = any("last(" in target["query"] for target in panel.get("targets", ()))
        if lasting and not (shown[-1:] == "m" and int(shown[:-1]) <= _OLDEST_MIN):
            yield f"shows the last value of {shown or 'any time'}; expected at most {_OLDEST_MIN}m"
        if panel["options"]["reduceOptions"] not in (LAST, NEWEST):
            yield f"reduces by {panel['options']['reduceOptions']}"
    gap = panel["fieldConfig"]["defaults"].get("custom", {}).get("insertNulls")
    if panel.get("type") in {"timeseries", "state-timeline"} and (isinstance(gap, bool) or not gap):
        yield "goes on where nothing comes any more; expected insertNulls"


def _rows(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    """A link takes another column of its row by `${__data.fields.NAME}`, which is empty where nobody asks for it."""
    wanted = {name for url in _found(panel["fieldConfig"], "url") for name in _COLUMN.findall(url)}
    for target in panel.get("targets", ()):
        missing = sorted(name for name in wanted if f'"{name}"' not in target["query"])
        if missing:
            yield f"a link takes {', '.join(missing)} of its row, which is not in {target['query']}"


def _table(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    """What Grafana does to rows: it turns tags into columns in any order, and ids such as 12e456 into numbers."""
    if panel.get("type") not in {"table", "geomap"}:
        return
    overrides = panel["fieldConfig"]["overrides"]
    texts = [one["properties"] for one in overrides if one["matcher"] == TEXTS["matcher"]]
    if not any(properties[:1] == TEXTS["properties"] for properties in texts):
        yield "words may be shown as numbers; expected unit string for them"
    for query in (target["query"] for target in panel["targets"]):
        outside = query
        while _INNER.search(outside):
            outside = _INNER.sub("", outside)
        if "," in outside.partition("GROUP BY")[2]:
            yield f"columns out of GROUP BY come in any order: {query}"
    if panel["type"] == "table" and "Time" not in {one["matcher"]["options"] for one in overrides}:
        yield "limits colour the time of a row"


def _leading(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    """What is told of a single district or device leads to more of it."""
    named = " ".join(target.get("alias", "") for target in panel.get("targets", ()))
    if re.search(r"\$tag_(district|device)", named) and not panel["fieldConfig"]["defaults"].get("links"):
        yield "its lines lead nowhere"


def _escaped(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    for url in _found(panel, "url"):
        bare = [name for name in _LATE.findall(url) if not name.endswith(":percentencode}")]
        if bare:
            yield f"{', '.join(bare)} is not escaped in {url}"


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
    drawn = _drawn(panel)
    queried = {float(number) for one in panel.get("targets", ()) for number in _COMPARED.findall(one["query"])} - {0.0}
    yield from (
        f"{value:g} is no limit that its description names" for value in (drawn | queried) - set(claims.values())
    )
    if claims and not (drawn or queried):
        yield "names limits and draws none"
    yield from (f"limit {value:g} is not in its title" for value in drawn if f" {value:g}" not in panel["title"])
    known = [KNOWN[name] for name in claims if name in KNOWN and name in rulebook.numbers]
    if drawn and panel["fieldConfig"]["defaults"]["color"] != {"mode": "thresholds"}:
        yield "its limits colour nothing"
    usual = (colours.NORMAL, colours.QUIET)
    if _steps(panel) not in [steps(known if drawn else [], rulebook, calm) for calm in usual]:
        yield "colours of its limits are not those of their priorities in the rulebook"


def _steps(panel: Json) -> list[Json]:
    return list(panel["fieldConfig"]["defaults"].get("thresholds", {}).get("steps", ()))


def _drawn(panel: Json) -> set[float]:
    return {float(step["value"]) for step in _steps(panel) if step["value"] is not None}


def _in_sight(panel: Json, _rulebook: Rulebook) -> Iterator[str]:
    defaults, drawn = panel["fieldConfig"]["defaults"], _drawn(panel)
    if panel.get("type") == "timeseries" and drawn:
        low, high = (float(defaults["custom"].get(name, math.nan)) for name in ("axisSoftMin", "axisSoftMax"))
        if not (low < min(drawn) and max(drawn) < high):
            yield f"limits {min(drawn):g} to {max(drawn):g} are out of sight: the axis is {low:g} to {high:g}"
        if defaults["custom"].get("thresholdsStyle") != {"mode": "dashed"}:
            yield "limits are not drawn as dashed lines"
    if panel.get("type") == "bargauge" and "min" not in defaults:
        yield "bars do not begin at nought"


BOARD_RULES: Sequence[Rule] = (_settings, _places, _marks, _chosen)
PANEL_RULES: Sequence[Rule] = (
    *(_words, _units, _sources, _queries, _formats, _colours, _states, _fresh, _rows, _table, _escaped, _tiles),
    *(_nothing_for_something, _limits, _in_sight, _leading),
)


# ---------------------------------------------------------------- ways
def _urls(board: Json) -> Iterator[str]:
    yield from map(str, _found(board, "url"))


def _led(url: str, known: Mapping[str, set[str]]) -> Iterator[str]:
    """Tell of a link that leads nowhere, or sets a variable that the dashboard does not have where it leads."""
    if url.startswith("${console_url}/") or url == TILES:
        return
    path, _, query = url.partition("?")
    variables = known.get(path.removeprefix("/d/"))
    if not path.startswith("/d/") or variables is None:
        yield f"a link to {url} leads nowhere"
        return
    strange = set(re.findall(r"\bvar-(\w+)=", query)) - variables
    if strange:
        yield f"{path} knows no {', '.join(sorted(strange))}, which a link gives it"


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
