"""Tables: columns with names that people read, words that stay words, and colour in the column of the limits alone."""

from collections.abc import Iterator, Mapping, Sequence

from grafana.build import colours
from grafana.build.limits import Limit
from grafana.build.panel import TEXTS, Json, Panel, Target, column, linked

NAMES = {
    "Time": "时间 time",
    "priority": "级别 priority",
    "text": "告警 alarm",
    "state": "状态 state",
    "value": "数值 value",
    "limit": "限值 limit",
    "first_time": "起于 since",
    "alarm_id": "编号 id",
    "kind": "类型 kind",
    "district": "区县 district",
    "site": "站点 site",
    "device": "设备 device",
    "gas_pct_lel": "浓度 gas",
    "quality": "质量 quality",
    "seq": "序号 number",
    "times": "次数 times",
    "minutes": "分钟 minutes",
    "values": "个数 values",
    "calibrated_on": "标定 calibrated",
    "expires_on": "到期 expires",
    "age_d": "标定已过 age",
    "left_d": "剩余 left",
    "count": "条数 count",
    "role": "角色 role",
    "probe": "探测 probe",
}
"""Headings, by column; Grafana knows a column by its own name besides, so that links and rules of it still hold."""
_SHOWN = column("Time", displayName=NAMES["Time"], unit="dateTimeFromNow", custom__cellOptions={"type": "auto"})
_HIDDEN = column("Time", custom__hideFrom={"legend": False, "tooltip": False, "viz": True})
_FILLED = {"type": "color-background", "mode": "basic"}


def table(
    title: str,
    english: str,
    size: tuple[int, int],
    target: Target,
    *,
    unit: str = "none",
    limits: Sequence[Limit] = (),
    links: Mapping[str, tuple[str, str]] | None = None,
    time_from: str = "",
    columns: Sequence[Json] = (),
    timed: bool = True,
    sort: tuple[str, bool] | None = None,
) -> Panel:
    """List rows.

    Args:
        title: in Chinese.
        english: description.
        size: width of 24, and height.
        target: names each tag that is a column; those of GROUP BY come in another order each time.
        unit: of the numbers.
        limits: fill the cells of numbers beyond them; neither words nor times have limits.
        links: of columns.
        time_from: shows this time until now.
        columns: what differs for single ones.
        timed: whether the time of a row says anything; that of a count is the beginning of what was counted.
        sort: column, and whether the greatest is first.
    """
    shown = [column(name, displayName=NAMES[name]) for name in _named(target.query)]
    shown += [TEXTS | {"properties": [*TEXTS["properties"], {"id": "custom.cellOptions", "value": {"type": "auto"}}]}]
    shown += [*columns, *(linked(name, link) for name, link in (links or {}).items()), _SHOWN if timed else _HIDDEN]
    options: Json = {"showHeader": True, "cellHeight": "sm"}
    if sort:
        options["sortBy"] = [{"displayName": NAMES[sort[0]], "desc": sort[1]}]
    custom = {"align": "auto", "cellOptions": _FILLED if limits else {"type": "auto"}}
    return Panel(
        *("table", title, english, size, [target], unit, options, custom, limits, {}, (), time_from, shown),
        calm=colours.QUIET,
    )


def _named(query: str) -> Iterator[str]:
    return (name for name in NAMES if f'"{name}"' in query)
