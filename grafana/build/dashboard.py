"""Dashboards: panels in their places, variables, and the ways between them and to the console."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, NamedTuple

from detectors.meters import Meters
from detectors.parts import Parts
from domain.asset import Assets, DeviceKind, Tier
from domain.rulebook import Rulebook
from grafana.build.influxql import DISTRICT, SITE, values_of
from grafana.build.panel import SOURCE, Json, Panel

WIDTH = 24
SCHEMA = 41
"""Grafana's number of the format: that of 11.6."""


class Balance(NamedTuple):
    """A part of the network of which all that comes in and all that leaves is measured: the meters of both."""

    inlets: list[str]
    outlets: list[str]


class Plan(NamedTuple):
    """What dashboards are made from.

    Attributes:
        rulebook: whose limits are drawn.
        assets: registry; it knows the pressure class of a sensor, which the series do not.
        bucket: of the points; the roll-ups are in two of its name.
        console_url: absolute address of the console, as the people who look at Grafana reach it.
    """

    rulebook: Rulebook
    assets: Assets
    bucket: str = "gas"
    console_url: str = "http://127.0.0.1:8000"

    def tiers(self) -> list[Tier]:
        """Give the pressure classes that have a sensor."""
        return [tier for tier in Tier if self.sensors(tier)]

    def sensors(self, tier: Tier) -> list[str]:
        devices = self.assets.devices.values()
        return sorted(one.id for one in devices if one.kind is DeviceKind.PRESSURE_SENSOR and one.tier is tier)

    def balances(self) -> list[Balance]:
        """Give the parts whose flows must add up to nothing."""
        if self.assets.network is None:
            return []
        found = [one for one in self.assets.devices.values() if one.kind is DeviceKind.FLOW_METER]
        slot_of = {one.site: slot for slot, one in reversed(list(enumerate(found)))}  # the first of a site
        parts = Parts(self.assets.network)
        meters = Meters(parts, slot_of)
        sides = [(meters.inlets(part), meters.outlets(part)) for part in range(len(parts))]
        named = [Balance(*([found[slot].id for slot in side] for side in both)) for both in sides]
        return [one for one in named if one.inlets and one.outlets]


@dataclass(frozen=True, slots=True)
class Dashboard:
    """One dashboard.

    Attributes:
        uid: of it, for ever: links lead there.
        title: in Chinese.
        english: description.
        refresh: how often, such as ``10s``.
        shows: how much of the past, such as ``6h``.
        variables: which of district, site and device can be chosen.
        panels: in the order of their places, from left to right and down.
        marks: what is drawn over all of its charts.
        narrow: variable that opens on the first of the registry, not on all: a whole town can not be told apart.
    """

    uid: str
    title: str
    english: str
    refresh: str
    shows: str
    variables: Sequence[str]
    panels: Sequence[Panel]
    marks: Sequence[Json] = ()
    narrow: str = ""

    def json(self, plan: Plan, others: Sequence["Dashboard"]) -> Json:
        """Give what Grafana loads."""
        placed = enumerate(places([panel.size for panel in self.panels]), 1)
        return {
            "uid": self.uid,
            "title": self.title,
            "description": self.english,
            "tags": ["gas-lifeline"],
            "editable": False,
            "timezone": "Asia/Shanghai",
            "weekStart": "monday",
            "graphTooltip": 1,
            "refresh": self.refresh,
            "time": {"from": f"now-{self.shows}", "to": "now"},
            "timepicker": {"refresh_intervals": ["5s", "10s", "30s", "1m", "5m"]},
            "schemaVersion": SCHEMA,
            "annotations": {"list": list(self.marks)},
            "templating": {"list": list(_variables(plan, self.variables, narrow=self.narrow))},
            "links": [*_ways(others, self.uid), *_console()],
            "panels": [
                panel.json(number, at, plan.rulebook) for panel, (number, at) in zip(self.panels, placed, strict=True)
            ],
        }


def places(sizes: Sequence[tuple[int, int]]) -> list[tuple[int, int]]:
    """Set boxes from left to right, and below each other where the width is used up.

    Example:
        >>> places([(12, 4), (12, 8), (24, 6), (6, 2)])
        [(0, 0), (12, 0), (0, 8), (0, 14)]
    """
    found, x, y, tallest = [], 0, 0, 0
    for width, height in sizes:
        if x + width > WIDTH:
            x, y, tallest = 0, y + tallest, 0
        found.append((x, y))
        x, tallest = x + width, max(tallest, height)
    return found


_ASKED = {
    "district": ("区县", values_of("district")),
    "site": ("站点", values_of("site", DISTRICT)),
    "device": ("设备", values_of("device", DISTRICT, SITE)),
}


def _first(plan: Plan, variable: str) -> str:
    site = next(iter(plan.assets.sites.values()), None)
    return "" if site is None else {"site": site.id, "district": site.district}[variable]


def _variables(plan: Plan, chosen: Sequence[str], *, narrow: str) -> Iterator[Json]:
    yield {
        "type": "datasource",
        "name": "ds",
        "label": "数据源",
        "query": "influxdb",
        "regex": "",
        "refresh": 1,
        "hide": 0,
        "current": {"text": "gas-influx", "value": "gas-influx"},
    }
    yield from (_asked(name, *_ASKED[name], _first(plan, name) if name == narrow else "") for name in chosen)
    yield _constant("bucket", plan.bucket)
    yield _constant("console_url", plan.console_url)
    yield from (_constant(f"tier_{tier}", _any(plan.sensors(tier))) for tier in plan.tiers())
    for number, balance in enumerate(plan.balances(), 1):
        yield _constant(f"inlets_{number}", _any(balance.inlets))
        yield _constant(f"outlets_{number}", _any(balance.outlets))


def _any(devices: Sequence[str]) -> str:
    return f"({'|'.join(devices)})"


def _asked(name: str, label: str, query: str, first: str) -> Json:
    current = {"text": [first], "value": [first]} if first else {"text": ["All"], "value": ["$__all"]}
    return {
        "type": "query",
        "name": name,
        "label": label,
        "datasource": SOURCE,
        "query": query,
        "refresh": 2,
        "sort": 1,
        "multi": True,
        "includeAll": True,
        "allValue": ".*",
        "hide": 0,
        "current": current,
    }


def _constant(name: str, value: str) -> Json:
    current = {"text": value, "value": value}
    return {"type": "constant", "name": name, "query": value, "hide": 2, "skipUrlSync": True, "current": current}


def _ways(others: Sequence[Dashboard], here: str) -> list[Json]:
    return [
        _link(one.title, f"/d/{one.uid}", one.english, keeps=True, icon="dashboard")
        for one in others
        if one.uid != here
    ]


def _console() -> list[Json]:
    return [
        _link("值班台：告警", "${console_url}/#overview", "The console: alarms are answered there", icon="bolt"),
        _link("值班台：告警绩效", "${console_url}/#kpi", "The console: figures of the alarms", icon="external link"),
    ]


def _link(title: str, url: str, english: str, *, icon: str, keeps: bool = False) -> Json:
    found: dict[str, Any] = {"type": "link", "title": title, "url": url, "tooltip": english, "icon": icon}
    return found | {"tags": [], "asDropdown": False, "targetBlank": not keeps, "keepTime": keeps, "includeVars": keeps}
