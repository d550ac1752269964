"""Panels: what they have in common, and one function for each kind that we use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from domain.rulebook import Rulebook
from grafana.build import colours
from grafana.build.limits import Limit, claimed, in_sight, in_words, steps

Json = dict[str, Any]

SOURCE = {"type": "influxdb", "uid": "${ds}"}
GAP_MS = 600_000
"""A line breaks, and a state ends, where nothing came for so long (own default); battery devices have their own."""
DAY_MS = 86_400_000
LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
NEWEST = {"calcs": ["max"], "fields": "/^Time$/", "values": False}
TILES = "/public/gas-tiles/{z}/{x}/{y}.png"
"""Of the host of Grafana itself; where there are none the ground is blank."""
TEXTS: Json = {"matcher": {"id": "byType", "options": "string"}, "properties": [{"id": "unit", "value": "string"}]}
"""Words stay words: Grafana else shows an id such as 12e4567890 as a number, and leads links there."""
_NUMBERED = {"mode": "field", "field": "priority", "fixed": ""}
_LEGEND = {"displayMode": "list", "placement": "bottom", "showLegend": True, "calcs": []}


class Target(NamedTuple):
    """A question of a panel.

    Attributes:
        query: in InfluxQL.
        alias: name of each series, such as ``$tag_device``; empty for a table.
    """

    query: str
    alias: str = ""


class State(NamedTuple):
    """What a number means: words and shape stand beside the colour."""

    text: str
    colour: str


@dataclass(frozen=True, slots=True)
class Panel:
    """A panel before it has a place.

    Attributes:
        kind: Grafana's name of its type.
        title: in Chinese; the limits are added.
        english: description; the limits are added.
        size: width of 24, and height.
        targets: what it asks.
        unit: Grafana's unit.
        calm: colour of what is within the limits; a pale one where colours fill an area that has words.
        scale: least and greatest of the scale, as ``min`` and ``max``; bars of calm readings would be long without.
        limits: of the rulebook.
        states: what its numbers mean.
        custom: settings of its drawing.
        options: settings of its kind.
        links: where its values lead, of (title, address).
        time_from: shows this time until now, whatever the dashboard shows; also for its links.
        overrides: of single columns.
    """

    kind: str
    title: str
    english: str
    size: tuple[int, int]
    targets: Sequence[Target]
    unit: str
    options: Mapping[str, Any]
    custom: Mapping[str, Any] = field(default_factory=dict)
    limits: Sequence[Limit] = ()
    states: Mapping[Any, State] = field(default_factory=dict)
    links: Sequence[tuple[str, str]] = ()
    time_from: str = ""
    overrides: Sequence[Json] = ()
    calm: str = colours.NORMAL
    scale: Mapping[str, float] = field(default_factory=dict)

    def json(self, number: int, at: tuple[int, int], rulebook: Rulebook) -> Json:
        """Give what Grafana loads."""
        found: Json = {
            "id": number,
            "type": self.kind,
            "title": self.title + in_words(self.limits, rulebook),
            "description": self.english + claimed(self.limits, rulebook),
            "datasource": SOURCE,
            "gridPos": {"x": at[0], "y": at[1], "w": self.size[0], "h": self.size[1]},
            "fieldConfig": {"defaults": self._defaults(rulebook), "overrides": list(self.overrides)},
            "options": dict(self.options),
            "targets": [_target(place, target) for place, target in enumerate(self.targets)],
        }
        return found | ({"timeFrom": self.time_from} if self.time_from else {})

    def _defaults(self, rulebook: Rulebook) -> Json:
        lines = self.kind == "timeseries"
        one = {"mode": "shades" if lines else "fixed", "fixedColor": colours.NORMAL}
        return {
            "unit": self.unit,
            **self.scale,
            "color": {"mode": "thresholds"} if self.limits or self.states else one,
            "thresholds": {"mode": "absolute", "steps": steps(self.limits, rulebook, self.calm)},
            "mappings": [mapping(self.states)] if self.states else [],
            "links": opened(self.links),
            "custom": {**self.custom, **(in_sight(self.limits, rulebook) if lines else {})},
        }


def trend(
    title: str,
    english: str,
    size: tuple[int, int],
    *targets: Target,
    unit: str,
    limits: Sequence[Limit] = (),
    gap_ms: int = GAP_MS,
    links: Sequence[tuple[str, str]] = (),
    time_from: str = "",
    lines: Sequence[Json] = (),
) -> Panel:
    """Draw lines in shades of grey, coloured beyond a limit; limits are dashed and in sight, and a gap stays a gap.

    What differs for single lines is in `lines`: `dashed`, `painted`.
    """
    custom = {
        "drawStyle": "line",
        "lineInterpolation": "linear",
        "lineWidth": 2,
        "fillOpacity": 0,
        "gradientMode": "scheme" if limits else "none",
        "showPoints": "auto",
        "pointSize": 4,
        "spanNulls": False,
        "insertNulls": gap_ms,
        "axisPlacement": "auto",
        "thresholdsStyle": {"mode": "dashed" if limits else "off"},
    }
    options = {"legend": _LEGEND, "tooltip": {"mode": "multi", "sort": "desc"}}
    return Panel(
        "timeseries", title, english, size, targets, unit, options, custom, limits, {}, links, time_from, lines
    )


def timeline(
    title: str,
    english: str,
    size: tuple[int, int],
    *targets: Target,
    states: Mapping[int, State],
    gap_ms: int = GAP_MS,
    links: Sequence[tuple[str, str]] = (),
) -> Panel:
    """Draw what state something was in, as bars with words."""
    custom = {"fillOpacity": 80, "lineWidth": 0, "spanNulls": False, "insertNulls": gap_ms}
    options = {
        "alignValue": "left",
        "mergeValues": True,
        "rowHeight": 0.9,
        "showValue": "auto",
        "legend": _LEGEND,
        "tooltip": {"mode": "single", "sort": "none"},
    }
    return Panel("state-timeline", title, english, size, targets, "none", options, custom, (), states, links)


def number(
    title: str,
    english: str,
    size: tuple[int, int],
    *targets: Target,
    unit: str,
    limits: Sequence[Limit] = (),
    states: Mapping[Any, State] | None = None,
    links: Sequence[tuple[str, str]] = (),
    time_from: str = "",
    columns: Sequence[Json] = (),
) -> Panel:
    """Show the newest number, large; without data it says so, and never shows a nought.

    A colour fills the panel and the number is dark or light on it: yellow figures on white can not be read.
    """
    filled = "background_solid" if limits or states else "none"
    options = _large(filled, "value_and_name", LAST)
    return Panel(
        *("stat", title, english, size, targets, unit, options, {}, limits, states or {}, links, time_from, columns),
        calm=colours.QUIET,
    )


def age(title: str, english: str, size: tuple[int, int], target: Target, *, time_from: str) -> Panel:
    """Show, large, how long ago the newest of all rows was; without any it says so."""
    options = _large("none", "value", NEWEST)
    return Panel("stat", title, english, size, [target], "dateTimeFromNow", options, time_from=time_from)


def _large(colour: str, text: str, reduced: Json) -> Json:
    return {
        "colorMode": colour,
        "graphMode": "none",
        "textMode": text,
        "justifyMode": "auto",
        "orientation": "auto",
        "wideLayout": True,
        "reduceOptions": reduced,
    }


def bars(
    title: str,
    english: str,
    size: tuple[int, int],
    *targets: Target,
    unit: str,
    limits: Sequence[Limit] = (),
    links: Sequence[tuple[str, str]] = (),
    time_from: str = "",
    full: float | None = None,
) -> Panel:
    """Compare the newest numbers of many, as plain bars from nought with their numbers.

    A bar of the whole width is `full`, or the greatest of all without it.
    """
    options = {
        "displayMode": "basic",
        "orientation": "horizontal",
        "valueMode": "text",
        "showUnfilled": False,
        "reduceOptions": LAST,
    }
    scale = {"min": 0.0} if full is None else {"min": 0.0, "max": full}
    return Panel(
        *("bargauge", title, english, size, targets, unit, options, {}, limits, {}, links, time_from), scale=scale
    )


def column(name: str, **properties: object) -> Json:
    """Give what differs for one column, or one series."""
    found = [{"id": key.replace("__", "."), "value": value} for key, value in properties.items()]
    return {"matcher": {"id": "byName", "options": name}, "properties": found}


def worded(name: str, states: Mapping[Any, State]) -> Json:
    """Give a column of states: words and shapes, on cells of their colours."""
    cells = {"type": "color-background", "mode": "basic"}
    return column(name, mappings=[mapping(states)], custom__cellOptions=cells)


def linked(name: str, *links: tuple[str, str]) -> Json:
    """Give where the values of a column lead."""
    return column(name, links=opened(links))


def opened(links: Sequence[tuple[str, str]]) -> list[Json]:
    """Give links of (title, address); the console's open beside Grafana."""
    return [{"title": title, "url": url, "targetBlank": url.startswith("$")} for title, url in links]


def dashed(*names: str) -> list[Json]:
    """Give lines that are dashed, such as the bounds about a mean."""
    return [column(name, custom__lineStyle={"fill": "dash", "dash": [8, 6]}) for name in names]


def painted(name: str, colour: str) -> Json:
    """Give the colour of one series."""
    return column(name, color={"mode": "fixed", "fixedColor": colour})


def places(
    title: str,
    english: str,
    size: tuple[int, int],
    everywhere: Target,
    wrong: Target,
    *,
    states: Mapping[Any, State],
    links: Mapping[str, tuple[str, str]],
    time_from: str,
) -> Panel:
    """Draw a map: grey places everywhere, and larger ones, in the colour of ``priority``, where something is wrong.

    Rows have the columns ``lat`` and ``lon``. Beneath them lie tiles of Grafana's own host, or nothing: no tile is ever
    asked of the internet.
    """
    tiles = {"type": "xyz", "name": "底图", "config": {"url": TILES, "attribution": ""}}
    options = {
        "view": {"id": "fit", "allLayers": True, "lat": 0, "lon": 0, "zoom": 12},
        "controls": {"showZoom": True, "mouseWheelZoom": True, "showAttribution": False, "showScale": True},
        "basemap": tiles,
        "layers": [
            _markers("站点", "A", {"fixed": colours.NORMAL}, 4),
            _markers("告警", "B", {"fixed": colours.INK, "field": "priority"}, 9, text=_NUMBERED),
        ],
        "tooltip": {"mode": "details"},
    }
    words = [TEXTS, column("priority", mappings=[mapping(states)])]
    words += [linked(name, link) for name, link in links.items()]
    return Panel("geomap", title, english, size, (everywhere, wrong), "none", options, {}, (), {}, (), time_from, words)


def _markers(name: str, rows_of: str, colour: Json, size: int, **more: Json) -> Json:
    symbol = {"mode": "fixed", "fixed": "img/icons/marker/circle.svg"}
    style = {"color": colour, "size": {"fixed": size, "min": 2, "max": 15}, "opacity": 0.9, "symbol": symbol, **more}
    return {
        "type": "markers",
        "name": name,
        "tooltip": True,
        "filterData": {"id": "byRefId", "options": rows_of},
        "location": {"mode": "coords", "latitude": "lat", "longitude": "lon"},
        "config": {"showLegend": False, "style": style},
    }


def _target(place: int, target: Target) -> Json:
    found: Json = {
        "refId": chr(ord("A") + place),
        "datasource": SOURCE,
        "query": target.query,
        "rawQuery": True,
        "resultFormat": "time_series" if target.alias else "table",
    }
    return found | ({"alias": target.alias} if target.alias else {})


def mapping(states: Mapping[Any, State]) -> Json:
    """Give the words of values."""
    options = {
        str(value): {"index": index, "text": state.text, "color": state.colour}
        for index, (value, state) in enumerate(states.items())
    }
    return {"type": "value", "options": options}
