"""A site and its devices: concentration, pressure and valve on one axis of time, and the health of the devices."""

from domain.quantity import Quantity
from domain.rollup import HOUR_NS
from grafana.boards import ways
from grafana.build import influxql as q
from grafana.build.dashboard import Dashboard, Plan
from grafana.build.limits import BATTERY_PCT, BATTERY_V, GAS, Limit
from grafana.build.marks import alarms
from grafana.build.panel import DAY_MS, Panel, State, Target, column, timeline, trend, worded
from grafana.build.states import DECLARED, FAN, POWER, QUALITY, VALVE
from grafana.build.table import table

_BY = '"device", "site"'
_NAME = "$tag_device"
_DATES = 'last("dates") AS "dates", "calibrated_on", "age_d", "expires_on", "left_d"'


def site(_plan: Plan) -> Dashboard:
    return Dashboard(
        ways.UID_SITE,
        "站点与设备",
        "A site and its devices on one axis of time, and their health.",
        "10s",
        "3h",
        ["district", "site", "device"],
        [*_measured(), *_acting(), *_health(), *_table()],
        alarms(q.DISTRICT, q.SITE),
        narrow="site",
    )


def _measured() -> list[Panel]:
    return [
        _trend(
            "可燃气浓度 %LEL", "Gas, highest of each step.", Quantity.GAS_PCT_LEL, "suffix:%LEL", limits=GAS, how="max"
        ),
        _trend(
            "压力 kPa",
            "Pressure; the bands of its class are on the district's page.",
            Quantity.PRESSURE_KPA,
            "pressurekpa",
        ),
        _trend("流量 m³/h", "Flow at 0 °C and 101.325 kPa.", Quantity.FLOW_M3H, "suffix:m³/h"),
        trend(
            "可燃气浓度 九十日 %LEL",
            "Highest gas reading of each hour, kept for years (roll-ups of hours); ninety days.",
            (12, 8),
            Target(q.over_time('max("max")', q.rolled(HOUR_NS, Quantity.GAS_PCT_LEL), *q.CHOSEN, by=_BY), _NAME),
            unit="suffix:%LEL",
            limits=GAS,
            gap_ms=DAY_MS,
            links=(ways.CONSOLE,),
            time_from="90d",
        ),
    ]


def _trend(
    title: str, english: str, quantity: Quantity, unit: str, *, limits: tuple[Limit, ...] = (), how: str = "mean"
) -> Panel:
    query = q.over_time(f'{how}("{quantity}")', q.EVERY, *q.CHOSEN, by=_BY)
    return trend(title, english, (12, 8), Target(query, _NAME), unit=unit, limits=limits, links=(ways.CONSOLE,))


def _acting() -> list[Panel]:
    return [
        _states("切断阀状态", "Position that the valve reports.", Quantity.VALVE_OPEN, VALVE),
        _states("风机状态", "Fans.", Quantity.FAN_ON, FAN),
        _states("设备自报报警", "What a detector itself declares, in its own words.", Quantity.DEVICE_ALARM, DECLARED),
        _states("供电", "Mains of the device.", Quantity.POWER_OK, POWER),
    ]


def _states(title: str, english: str, quantity: Quantity, states: dict[int, State]) -> Panel:
    query = q.over_time(f'last("{quantity}")', q.EVERY, *q.CHOSEN, by=_BY)
    return timeline(title, english, (12, 6), Target(query, _NAME), states=states, links=(ways.CONSOLE,))


def _health() -> list[Panel]:
    quality = q.over_time('max("quality")', q.EVERY, *q.CHOSEN, by=_BY)
    return [
        timeline(
            "数据质量",
            "Worst quality of each step: what is violet counts for nothing, or only half.",
            (24, 8),
            Target(quality, _NAME),
            states=QUALITY,
            gap_ms=DAY_MS,
            links=(ways.CONSOLE,),
        ),
        _trend("电池电压 V", "Battery voltage.", Quantity.BATTERY_V, "volt", limits=BATTERY_V, how="min"),
        _trend("电池电量 %", "Charge of the battery.", Quantity.BATTERY_PCT, "percent", limits=BATTERY_PCT, how="min"),
        _trend("设备温度 °C", "Temperature beside the sensor.", Quantity.TEMPERATURE_C, "celsius"),
        _trend(
            "设备故障码",
            "Fault codes that the device tells; 0 or nothing is none.",
            Quantity.DEVICE_FAULT,
            "none",
            how="max",
        ),
    ]


def _table() -> list[Panel]:
    heard = q.select('last("quality") AS "quality", "seq"', q.EVERY, *q.CHOSEN, by='"site", "device"')
    dates = q.select(_DATES, q.CALIBRATION, *q.CHOSEN, by='"site", "device"')
    return [
        table(
            "最后一次数据",
            "When each device was heard last, and with which quality and number.",
            (24, 9),
            Target(q.listed(heard, "site", "device", "quality", "seq")),
            links=ways.ROW,
            time_from="7d",
            columns=[worded("quality", QUALITY)],
        ),
        table(
            "标定与有效期",
            "When each device was calibrated and its service life ends, where the registry says so; in days.",
            (24, 9),
            Target(q.listed(dates, "site", "device", "calibrated_on", "age_d", "expires_on", "left_d")),
            links=ways.ROW,
            time_from="2h",
            timed=False,
            sort=("left_d", False),
            columns=[
                *(column(name, unit="time:YYYY-MM-DD") for name in ("calibrated_on", "expires_on")),
                *(column(name, unit="suffix:d", decimals=0) for name in ("age_d", "left_d")),
            ],
        ),
    ]
