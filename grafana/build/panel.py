"""Panels: what they have in common, and one function for each kind that we use."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, NamedTuple

from domain.rulebook import Rulebook
from grafana.build import colours
from grafana.build.limits import Limit, claimed, in_words, steps

Json = dict[str, Any]

SOURCE = {"type": "influxdb", "uid": "${ds}"}
GAP_MS = 600_000
"""A line breaks, and a state ends, where nothing came for so long (own default); battery devices have their own."""
DAY_MS = 86_400_000
_LAST = {"calcs": ["lastNotNull"], "fields": "", "values": False}
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
    states: Mapping[int, State] = field(default_factory=dict)
    links: Sequence[tuple[str, str]] = ()
    time_from: str = ""
    overrides: Sequence[Json] = ()

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
        by_value = bool(self.limits or self.states)
        colour = {"mode": "thresholds"} if by_value else {"mode": "fixed", "fixedColor": colours.NORMAL}
        return {
            "unit": self.unit,
            "color": colour,
            "thresholds": {"mode": "absolute", "steps": steps(self.limits, rulebook)},
            "mappings": [_mapping(self.states)] if self.states else [],
            "links": [{"title": title, "url": url, "targetBlank": url.startswith("$")} for title, url in self.links],
            "custom": dict(self.custom),
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
) -> Panel:
    """Draw lines: grey, coloured where they are beyond a limit; limits are dashed lines, and a gap stays a gap."""
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
    return Panel("timeseries", title, english, size, targets, unit, options, custom, limits, {}, links, time_from)


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
    links: Sequence[tuple[str, str]] = (),
    time_from: str = "",
) -> Panel:
    """Show the newest number, large; without data it says so, and never shows a nought."""
    options = {
        "colorMode": "value",
        "graphMode": "none",
        "textMode": "value_and_name",
        "justifyMode": "auto",
        "orientation": "auto",
        "wideLayout": True,
        "reduceOptions": _LAST,
    }
    return Panel("stat", title, english, size, targets, unit, options, {}, limits, {}, links, time_from)


def bars(
    title: str,
    english: str,
    size: tuple[int, int],
    *targets: Target,
    unit: str,
    limits: Sequence[Limit] = (),
    links: Sequence[tuple[str, str]] = (),
    time_from: str = "",
) -> Panel:
    """Compare the newest numbers of many, as plain bars with their numbers."""
    options = {
        "displayMode": "basic",
        "orientation": "horizontal",
        "valueMode": "text",
        "showUnfilled": False,
        "reduceOptions": _LAST,
    }
    return Panel("bargauge", title, english, size, targets, unit, options, {}, limits, {}, links, time_from)


def table(
    title: str,
    english: str,
    size: tuple[int, int],
    *targets: Target,
    unit: str = "none",
    limits: Sequence[Limit] = (),
    links: Mapping[str, tuple[str, str]] | None = None,
    time_from: str = "",
) -> Panel:
    """List rows; the links are those of columns."""
    overrides = [_column(name, [{"title": text, "url": url}]) for name, (text, url) in (links or {}).items()]
    overrides.append(_property("Time", "unit", "dateTimeFromNow"))
    options = {"showHeader": True, "cellHeight": "sm"}
    custom = {"align": "auto", "cellOptions": {"type": "color-text" if limits else "auto"}}
    return Panel("table", title, english, size, targets, unit, options, custom, limits, {}, (), time_from, overrides)


def _column(name: str, links: Sequence[Mapping[str, str]]) -> Json:
    opened = [{**link, "targetBlank": link["url"].startswith("$")} for link in links]
    return _property(name, "links", opened)


def _property(column: str, name: str, value: object) -> Json:
    return {"matcher": {"id": "byName", "options": column}, "properties": [{"id": name, "value": value}]}


def _target(place: int, target: Target) -> Json:
    found: Json = {
        "refId": chr(ord("A") + place),
        "datasource": SOURCE,
        "query": target.query,
        "rawQuery": True,
        "resultFormat": "time_series" if target.alias else "table",
    }
    return found | ({"alias": target.alias} if target.alias else {})


def _mapping(states: Mapping[int, State]) -> Json:
    options = {
        str(value): {"index": index, "text": state.text, "color": state.colour}
        for index, (value, state) in enumerate(states.items())
    }
    return {"type": "value", "options": options}
