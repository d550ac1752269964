"""How often alarms asked for a person and who was it most; how long readings were beyond a limit.

How quickly alarms were answered is in the records database: the console's page of KPIs.
"""

from collections.abc import Sequence

from domain.asset import Tier
from domain.quantity import Quantity
from domain.rollup import MINUTE_NS
from grafana.boards import ways
from grafana.build import influxql as q
from grafana.build.dashboard import Dashboard, Plan
from grafana.build.limits import GAS, PRESSURE, TIERS, Limit, claimed, in_words
from grafana.build.panel import DAY_MS, Panel, Target, bars, column, trend
from grafana.build.states import KIND
from grafana.build.table import table

UID = "gas-alarm-performance"
_GAS = q.rolled(MINUTE_NS, Quantity.GAS_PCT_LEL)
_PRESSURE = q.rolled(MINUTE_NS, Quantity.PRESSURE_KPA)
_WHERE_FROM = "How soon they were answered: the console's page of KPIs."
_CALLS = 'count("alarm_id")'
_OF_ALARM = '"device", "site", "kind"'


def performance(plan: Plan) -> Dashboard:
    panels = [_called(), _mix(), _busiest(), _chattering(), _longest()]
    panels += [_above(plan, limit) for limit in GAS]
    panels += [_most(plan, GAS[0]), _untrusted()]
    panels += [_out_of_band(plan, tier) for tier in plan.tiers()]
    panels += [_declared(), _faults()]
    return Dashboard(
        UID,
        "告警绩效与越限统计",
        f"How often alarms asked for a person, and how long readings were beyond their limits. {_WHERE_FROM}",
        "1m",
        "1d",
        ["district"],
        panels,
    )


def _called() -> Panel:
    return trend(
        "告警提示次数（每 10 分钟）",
        "How often alarms asked for a person in each 10 min: 1 is what one can do well, a flood begins at 10.",
        (12, 8),
        Target(
            q.over_time(_CALLS, q.EVENTS, q.DISTRICT, q.CALLED, by='"district"', step="10m"),
            "$tag_district",
        ),
        unit="none",
        gap_ms=DAY_MS,
        links=(ways.DISTRICT,),
    )


def _mix() -> Panel:
    return bars(
        "提示次数（按级别）",
        "How often alarms of each priority asked for a person; 5, 15 and 80 % of three of them is a usual aim.",
        (12, 8),
        Target(q.select(_CALLS, q.EVENTS, q.DISTRICT, q.CALLED, by='"priority"'), "$tag_priority 级"),
        unit="none",
    )


def _busiest() -> Panel:
    calls = q.select(f'{_CALLS} AS "times"', q.EVENTS, q.DISTRICT, q.CALLED, by=_OF_ALARM)
    return table(
        "提示最多的告警前十",
        "The ten alarms that asked for a person most often: what to repair first.",
        (8, 9),
        Target(q.within(calls, f'top("times", {_OF_ALARM}, 10) AS "times"')),
        links=ways.ROW,
        columns=[KIND],
        timed=False,
        sort=("times", True),
    )


def _chattering() -> Panel:
    calls = q.over_time(f'{_CALLS} AS "times"', q.EVENTS, q.DISTRICT, q.CALLED, by=_OF_ALARM, step="1m")
    most = q.within(calls, 'max("times") AS "times"')
    return table(
        "一分钟内提示最多的告警前十",
        "The most calls of one alarm within one minute; from 3 on it chatters.",
        (8, 9),
        Target(q.within(f"{most} GROUP BY {_OF_ALARM}", f'top("times", {_OF_ALARM}, 10) AS "times"')),
        links=ways.ROW,
        columns=[KIND],
        timed=False,
        sort=("times", True),
    )


def _longest() -> Panel:
    newest = q.select('last("first_time") AS "first_time"', q.STANDING, q.DISTRICT, by=_OF_ALARM)
    return table(
        "存在最久的告警前十",
        "The ten alarms that have stood longest, as of the last minute; more than a day is too long.",
        (8, 9),
        Target(q.within(newest, f'bottom("first_time", {_OF_ALARM}, 10) AS "first_time"')),
        links=ways.ROW,
        time_from="1m",
        columns=[KIND, column("first_time", unit="dateTimeFromNow")],
        timed=False,
        sort=("first_time", False),
    )


def _above(plan: Plan, limit: Limit) -> Panel:
    reached = f'"max" >= {plan.rulebook[limit.number]:g}'
    return _per_hour(
        plan,
        "浓度越限分钟数（每小时）",
        "Minutes of each hour in which a detector reached the limit, added up over the detectors.",
        q.over_time('count("max")', _GAS, q.DISTRICT, reached, by='"district"', step="1h"),
        [limit],
    )


def _per_hour(plan: Plan, title: str, english: str, query: str, limits: Sequence[Limit]) -> Panel:
    return trend(
        title + in_words(limits, plan.rulebook),
        english + claimed(limits, plan.rulebook),
        (12, 8),
        Target(query, "$tag_district"),
        unit="none",
        gap_ms=DAY_MS,
        links=(ways.DISTRICT,),
    )


def _most(plan: Plan, limit: Limit) -> Panel:
    reached = f'"max" >= {plan.rulebook[limit.number]:g}'
    minutes = q.select('count("max") AS "minutes"', _GAS, q.DISTRICT, reached, by='"device", "site"')
    return table(
        f"越限最多的探头前十{in_words([limit], plan.rulebook)}",
        f"The ten detectors that were longest beyond the limit, in minutes.{claimed([limit], plan.rulebook)}",
        (12, 9),
        Target(q.within(minutes, 'top("minutes", "device", "site", 10) AS "minutes"')),
        links=ways.ROW,
        timed=False,
        sort=("minutes", True),
    )


def _untrusted() -> Panel:
    bad = q.select('sum("bad") AS "values"', _GAS, q.DISTRICT, by='"device", "site"')
    return table(
        "不可信值最多的探头前十",
        "The ten detectors with the most values that may raise no alarm: to be serviced first.",
        (12, 9),
        Target(q.within(bad, 'top("values", "device", "site", 10) AS "values"')),
        links=ways.ROW,
        timed=False,
        sort=("values", True),
    )


def _out_of_band(plan: Plan, tier: Tier) -> Panel:
    _, low, high, _ = PRESSURE[tier]
    outside = f'("min" < {plan.rulebook[low.number]:g} OR "max" > {plan.rulebook[high.number]:g})'
    return _per_hour(
        plan,
        f"{TIERS[tier]}压力越限分钟数（每小时）",
        "Minutes of each hour in which a sensor was outside its band, added up over the sensors.",
        q.over_time('count("max")', _PRESSURE, q.DISTRICT, q.of_tier(tier), outside, by='"district"', step="1h"),
        [low, high],
    )


def _declared() -> Panel:
    return trend(
        "设备自报报警的分钟数（每小时）",
        "Minutes of each hour in which a device declared an alarm itself, added up over the devices.",
        (12, 8),
        Target(_counted(Quantity.DEVICE_ALARM), "$tag_district"),
        unit="none",
        gap_ms=DAY_MS,
        links=(ways.DISTRICT,),
    )


def _faults() -> Panel:
    return trend(
        "设备故障的分钟数（每小时）",
        "Minutes of each hour in which a device told a fault code, added up over the devices.",
        (12, 8),
        Target(_counted(Quantity.DEVICE_FAULT), "$tag_district"),
        unit="none",
        gap_ms=DAY_MS,
        links=(ways.DISTRICT,),
    )


def _counted(quantity: Quantity) -> str:
    minutes = q.rolled(MINUTE_NS, quantity)
    return q.over_time('count("max")', minutes, q.DISTRICT, '"max" > 0', by='"district"', step="1h")
