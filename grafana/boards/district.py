"""A district: pressures against their bands, rooms, valves and meters side by side."""

from domain.asset import DeviceKind, Tier
from domain.quantity import Quantity
from domain.rollup import HOUR_NS
from grafana.boards import ways
from grafana.build import influxql as q
from grafana.build.dashboard import Balance, Dashboard, Plan
from grafana.build.limits import GAS, PRESSURE, TIERS
from grafana.build.marks import alarms
from grafana.build.panel import DAY_MS, Panel, Target, bars, dashed, timeline, trend
from grafana.build.states import COVER, VALVE

FULL_PCT_LEL = 100.0
_BY = '"device", "site"'
_SENSORS = q.points(DeviceKind.PRESSURE_SENSOR)


def district(plan: Plan) -> Dashboard:
    panels = [panel for tier in plan.tiers() for panel in (_pressure(tier), _month(tier))]
    panels += [_rooms(), _valves(), _wells(), _covers(), _flow()]
    panels += [_balance(number, balance) for number, balance in enumerate(plan.balances(), 1)]
    return Dashboard(
        ways.UID_DISTRICT,
        "区县",
        "A district: pressures against their bands, rooms, valves, manholes and meters.",
        "10s",
        "6h",
        ["district", "site"],
        panels,
        alarms(*q.PLACE),
        narrow="district",
    )


def _pressure(tier: Tier) -> Panel:
    return trend(
        f"{TIERS[tier]}压力 kPa",
        f"Pressure of each sensor of class {tier}, mean of each step, against its band.",
        (12, 9),
        Target(q.over_time('mean("pressure_kpa")', _SENSORS, *q.PLACE, q.of_tier(tier), by=_BY), "$tag_device"),
        unit="pressurekpa",
        limits=PRESSURE[tier],
        links=(ways.DEVICE, ways.CONSOLE),
    )


def _month(tier: Tier) -> Panel:
    hourly = q.rolled(HOUR_NS, Quantity.PRESSURE_KPA)
    where = (*q.PLACE, q.of_tier(tier))
    return trend(
        f"{TIERS[tier]}压力 三十日 kPa",
        f"Lowest, mean and highest pressure of class {tier} in each hour of thirty days (roll-ups of hours).",
        (12, 9),
        Target(q.over_time('min("min")', hourly, *where, by="", step="1h"), "最低"),
        Target(q.over_time('mean("mean")', hourly, *where, by="", step="1h"), "平均"),
        Target(q.over_time('max("max")', hourly, *where, by="", step="1h"), "最高"),
        unit="pressurekpa",
        limits=PRESSURE[tier],
        gap_ms=4 * 3_600_000,
        time_from="30d",
        lines=dashed("最低", "最高"),
    )


def _rooms() -> Panel:
    source = q.points(DeviceKind.GAS_DETECTOR)
    return bars(
        "室内浓度 %LEL",
        "Newest reading of each gas detector in rooms, of the last 15 min.",
        (12, 12),
        Target(q.select('last("gas_pct_lel")', source, *q.PLACE, by=_BY), "$tag_site $tag_device"),
        unit="suffix:%LEL",
        limits=GAS,
        links=(ways.DEVICE, ways.CONSOLE),
        time_from="15m",
        full=FULL_PCT_LEL,
    )


def _valves() -> Panel:
    source = q.points(DeviceKind.CUTOFF_VALVE)
    return timeline(
        "切断阀状态",
        "Position that each cut-off valve reports. The console alone closes valves; nothing opens them from afar.",
        (12, 12),
        Target(q.over_time('last("valve_open")', source, *q.PLACE, by=_BY), "$tag_site $tag_device"),
        states=VALVE,
        links=(ways.DEVICE, ways.CONSOLE),
    )


def _wells() -> Panel:
    source = q.points(DeviceKind.MANHOLE)
    return trend(
        "窨井浓度 %LEL",
        "Gas in manholes; a gap is silence of up to a day, for they save their batteries.",
        (12, 9),
        Target(q.over_time('max("gas_pct_lel")', source, *q.PLACE, by=_BY), "$tag_device"),
        unit="suffix:%LEL",
        gap_ms=DAY_MS,
        links=(ways.DEVICE, ways.CONSOLE),
    )


def _covers() -> Panel:
    source = q.points(DeviceKind.MANHOLE)
    return timeline(
        "井盖",
        "Covers of manholes.",
        (12, 9),
        Target(q.over_time('last("cover_open")', source, *q.PLACE, by=_BY), "$tag_site $tag_device"),
        states=COVER,
        gap_ms=DAY_MS,
        links=(ways.DEVICE, ways.CONSOLE),
    )


def _flow() -> Panel:
    source = q.points(DeviceKind.FLOW_METER)
    return trend(
        "流量 m³/h",
        "Flow of each meter at 0 °C and 101.325 kPa, mean of each step.",
        (24, 8),
        Target(q.over_time('mean("flow_m3h")', source, *q.PLACE, by=_BY), "$tag_device"),
        unit="suffix:m³/h",
        links=(ways.DEVICE, ways.CONSOLE),
    )


def _balance(number: int, balance: Balance) -> Panel:
    """Draw what comes in less what leaves: two sums of one measurement, joined by InfluxDB."""
    hourly = q.rolled(HOUR_NS, Quantity.FLOW_M3H)
    sides = {"inlets": "into", "outlets": "out"}
    flows = [
        q.over_time(f'mean("mean") AS "{name}"', hourly, q.device_in(f"{side}_{number}"), step="1h")
        for side, name in sides.items()
    ]
    lost = q.within("), (".join(flows), 'sum("into") - sum("out") AS "lost"', "$timeFilter")
    return trend(
        f"物料平衡 {number}：进气减出气 七日 m³/h",
        f"Hourly flow by {len(balance.inlets)} meters into a part of the network, less {len(balance.outlets)} meters' "
        "out of it (roll-ups of hours). About nought is usual; an hour in which a meter was silent is off by its flow. "
        "Detector mass_balance judges it.",
        (24, 8),
        Target(f"{lost} GROUP BY time(1h) fill(none)", "差额"),
        unit="suffix:m³/h",
        gap_ms=4 * 3_600_000,
        time_from="7d",
    )
