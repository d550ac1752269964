"""The wall: is anything not as usual, and is what we see fresh?"""

from domain.asset import DeviceKind, Tier
from domain.quantity import Quantity
from domain.rollup import HOUR_NS
from grafana.boards import ways
from grafana.build import influxql as q
from grafana.build.colours import INK
from grafana.build.dashboard import Dashboard, Plan
from grafana.build.limits import GAS, PRESSURE, TIERS
from grafana.build.panel import DAY_MS, Panel, Target, age, bars, dashed, number, painted, places, trend
from grafana.build.states import BY_KIND, NOUGHT, PRIORITIES, STANDING
from grafana.build.table import table

UID = "gas-l1-overview"
_GAS = q.points(DeviceKind.GAS_DETECTOR)
_WELLS = q.points(DeviceKind.MANHOLE)
_VALVES = q.points(DeviceKind.CUTOFF_VALVE)


def overview(plan: Plan) -> Dashboard:
    return Dashboard(
        UID,
        "燃气管网值班总览",
        "The wall: the worst of everything, and how fresh it is. Alarms are answered in the console.",
        "5s",
        "1h",
        ["district"],
        [
            *_alarms(),
            *_numbers(),
            *_trends(),
            *(_pressures(tier) for tier in plan.tiers()),
            _flow(),
            _rate(),
            *_tables(),
        ],
    )


def _alarms() -> list[Panel]:
    where = q.select('last("lat") AS "lat", "lon"', q.SITES, q.DISTRICT, by='"district", "site"')
    columns = 'last("priority") AS "priority", "lat", "lon", "text", "alarm_id"'
    wrong = q.select(columns, q.STANDING, q.DISTRICT, by='"site", "device", "kind"')
    drawn = q.listed(wrong, "priority", "text", "site", "device", "alarm_id", "lat", "lon")
    return [
        *map(_unanswered, PRIORITIES),
        _shelved(),
        table(
            "当前告警",
            "What stands, as of the last minute, which is how late an end shows; answered in the console alone. "
            "Empty is calm only while the numbers above are noughts: without data nobody knows.",
            (14, 11),
            Target(_standing()),
            links=ways.ALARMS,
            time_from="1m",
            columns=STANDING,
            timed=False,
            sort=("priority", False),
        ),
        places(
            "站点与告警位置",
            "All sites, and large where an alarm stands. Without own tiles the ground is blank; the table says it too.",
            (10, 11),
            Target(q.listed(where, "site", "district", "lat", "lon")),
            Target(drawn.replace("$timeFilter", q.LAST_MINUTE)),
            states=PRIORITIES,
            links={"site": ways.ROW["site"], "alarm_id": ways.ALARM},
            time_from="2h",
        ),
    ]


def _unanswered(priority: int) -> Panel:
    name = f"{PRIORITIES[priority].text} 未确认"
    newest = q.select('last("unacknowledged")', q.COUNTS, f"\"priority\" = '{priority}'")
    return number(
        f"{PRIORITIES[priority].text} 未确认告警",
        f"Alarms of priority {priority} that nobody has answered; a nought is written too, so no data is not nought.",
        (5, 4),
        Target(newest, name),
        unit="none",
        states=NOUGHT,
        links=(ways.OVERVIEW,),
        time_from="1m",
        columns=[painted(name, PRIORITIES[priority].colour)],
    )


def _shelved() -> Panel:
    newest = q.select('last("shelved") AS "shelved"', q.COUNTS, by='"priority"')
    return number(
        "搁置·抑制·停用的告警",
        "Alarms that are shelved, suppressed by design or out of service: they call nobody, and must not be forgotten.",
        (4, 4),
        Target(q.within(newest, 'sum("shelved") AS "shelved"'), "已隐藏"),
        unit="none",
        states=NOUGHT,
        links=(ways.OVERVIEW,),
        time_from="1m",
        columns=[painted("已隐藏", INK)],
    )


def _standing() -> str:
    fields = '"text", "state", "value", "limit", "first_time", "alarm_id"'
    by = '"district", "site", "zone", "device", "kind"'
    inner = q.select(f'last("priority") AS "priority", {fields}', q.STANDING, q.DISTRICT, by=by)
    return q.within(inner, f'"priority", "site", "device", {fields}')


def _rate() -> Panel:
    asked = q.over_time('count("alarm_id")', q.EVENTS, q.DISTRICT, q.CALLED, by='"priority"', step="10m")
    return trend(
        "告警提示次数（每 10 分钟）",
        "Calls of alarms for a person in each 10 min, by priority: 1 is what one can do well, a flood begins at 10.",
        (8, 9),
        Target(asked, "$tag_priority 级"),
        unit="none",
        gap_ms=DAY_MS,
        time_from="1d",
    )


def _numbers() -> list[Panel]:
    newest = q.select('last("gas_pct_lel") AS "gas_pct_lel"', _GAS, q.DISTRICT, by='"device"')
    shut = q.select('last("valve_open") AS "valve_open"', _VALVES, q.DISTRICT, by='"device"')
    heard = q.select('last("quality") AS "quality"', q.EVERY, q.DISTRICT, by='"device"')
    return [
        number(
            "室内最高浓度",
            "Highest newest reading of all gas detectors in rooms, of the last 5 min.",
            (6, 5),
            Target(q.within(newest, 'max("gas_pct_lel") AS "gas_pct_lel"'), "最高"),
            unit="suffix:%LEL",
            limits=GAS,
            links=(ways.DISTRICTS,),
            time_from="5m",
        ),
        number(
            "未开阀门数",
            "Cut-off valves whose newest report of the last 15 min is not open; no data is not nought.",
            (6, 5),
            Target(q.within(shut, 'count("valve_open") - sum("valve_open") AS "not_open"'), "未开"),
            unit="none",
            links=(ways.DISTRICTS,),
            time_from="15m",
        ),
        age(
            "最新样本",
            "How long ago the newest sample of all devices was; what is shown is no fresher. No data: none for 15 min.",
            (4, 5),
            Target(q.select('last("quality")', q.EVERY, q.DISTRICT)),
            time_from="15m",
        ),
        number(
            "有数据的设备",
            "Devices heard within the last 15 min, by kind. Which ones are silent, the console says.",
            (8, 5),
            Target(q.within(heard, 'count("quality") AS "devices"'), "$m"),
            unit="none",
            time_from="15m",
            columns=BY_KIND,
        ),
    ]


def _trends() -> list[Panel]:
    return [
        trend(
            "各区县室内最高浓度 %LEL",
            "Highest reading in rooms by district; colour beyond a limit.",
            (12, 8),
            Target(q.over_time('max("gas_pct_lel")', _GAS, q.DISTRICT, by='"district"'), "$tag_district"),
            unit="suffix:%LEL",
            limits=GAS,
            links=(ways.DISTRICT,),
        ),
        trend(
            "各区县窨井最高浓度 %LEL",
            "Highest reading in manholes by district; their alarms have rules of their own, see the console.",
            (12, 8),
            Target(q.over_time('max("gas_pct_lel")', _WELLS, q.DISTRICT, by='"district"'), "$tag_district"),
            unit="suffix:%LEL",
            gap_ms=DAY_MS,
            links=(ways.DISTRICT,),
        ),
    ]


def _pressures(tier: Tier) -> Panel:
    source = q.points(DeviceKind.PRESSURE_SENSOR)
    where = (q.DISTRICT, q.of_tier(tier))
    return trend(
        f"压力范围 {TIERS[tier]} kPa",
        f"Lowest and highest pressure of all sensors of class {tier}, against its band.",
        (12, 8),
        Target(q.over_time('min("pressure_kpa")', source, *where, by=""), "最低"),
        Target(q.over_time('max("pressure_kpa")', source, *where, by=""), "最高"),
        unit="pressurekpa",
        limits=PRESSURE[tier],
        lines=dashed("最低"),
    )


def _flow() -> Panel:
    hourly = q.rolled(HOUR_NS, Quantity.FLOW_M3H)
    return trend(
        "流量 七日 m³/h",
        "Hourly mean flow of all meters of a district, added up, of the last seven days (roll-ups of hours).",
        (12, 8),
        Target(f"{_summed(hourly)} fill(none)", "$tag_district"),
        unit="suffix:m³/h",
        gap_ms=4 * 3_600_000,
        links=(ways.DISTRICT,),
        time_from="7d",
    )


def _summed(hourly: str) -> str:
    inner = q.over_time('mean("mean") AS "flow"', hourly, q.DISTRICT, by='"district", "device"', step="1h")
    outer = q.within(inner, 'sum("flow")', "$timeFilter")
    return f'{outer} GROUP BY time(1h), "district"'


def _tables() -> list[Panel]:
    worst = q.select('top("gas_pct_lel", "device", "site", 10) AS "gas_pct_lel"', _GAS, q.DISTRICT)
    return [
        table(
            "室内浓度前十 %LEL",
            "The ten detectors in rooms with the highest reading of the last 15 min.",
            (8, 9),
            Target(worst),
            unit="suffix:%LEL",
            limits=GAS,
            links=ways.ROW,
            time_from="15m",
            sort=("gas_pct_lel", True),
        ),
        bars(
            "各区县最新数据",
            "Devices heard within the last 15 min, by district: a district that falls silent shows here.",
            (8, 9),
            Target(
                q.within(
                    q.select('last("quality") AS "quality"', q.EVERY, q.DISTRICT, by='"district", "device"'),
                    'count("quality") AS "devices"',
                )
                + ' GROUP BY "district"',
                "$tag_district $m",
            ),
            unit="none",
            links=(ways.DISTRICT,),
            time_from="15m",
        ),
    ]
