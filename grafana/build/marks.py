"""What happened to alarms, drawn over charts: moments out of InfluxDB, and times that Grafana itself was told of."""

from typing import NamedTuple

from grafana.build import influxql as q
from grafana.build.colours import INK, NORMAL, QUIET
from grafana.build.panel import SOURCE, Json

GRAFANA = {"type": "grafana", "uid": "-- Grafana --"}
"""Annotations that Grafana keeps itself."""
TAG = "gas-lifeline"


class _Moment(NamedTuple):
    title: str
    event: str
    colour: str


_MOMENTS = (
    _Moment("告警提示 alarm asks", "annunciate", INK),
    _Moment("确认 acknowledged", "acknowledge", NORMAL),
    _Moment("恢复 returned", "return", QUIET),
)


def alarms(*where: str) -> list[Json]:
    """Mark when alarms asked for a person, were acknowledged and returned, and how long they stood."""
    moments = [
        _moment(one, q.select('"text", "kind", "priority"', q.EVENTS, *where, _is(one.event))) for one in _MOMENTS
    ]
    target = {"type": "tags", "tags": [TAG], "limit": 100, "matchAny": False}
    times = {"name": "告警时段 alarm stands", "datasource": GRAFANA, "enable": True, "hide": False, "iconColor": INK}
    return [*moments, {**times, "target": target}]


def _is(event: str) -> str:
    return f"\"event\" = '{event}'"


def _moment(moment: _Moment, query: str) -> Json:
    return {
        "name": moment.title,
        "datasource": SOURCE,
        "enable": True,
        "hide": False,
        "iconColor": moment.colour,
        "query": query,
        "textColumn": "text",
        "tagsColumn": "kind,priority",
    }
