"""The pipeline's health: how far readers are, how much arrives, how late, how good, how far it is rolled up."""

from domain.quantity import Quantity
from domain.rollup import HOUR_NS, MINUTE_NS
from grafana.boards import ways
from grafana.build import influxql as q
from grafana.build.colours import DOUBT
from grafana.build.dashboard import Dashboard, Plan
from grafana.build.panel import DAY_MS, Panel, Target, column, dashed, painted, trend, worded
from grafana.build.states import BY_KIND, QUALITY
from grafana.build.table import table

UID = "gas-l4-diagnostics"
_MINUTES = q.rolled(MINUTE_NS, Quantity.GAS_PCT_LEL)
_HOURS = q.rolled(HOUR_NS, Quantity.GAS_PCT_LEL)


def diagnostics(_plan: Plan) -> Dashboard:
    return Dashboard(
        UID,
        "系统诊断",
        "How far readers are, how much arrives, how late, how good, and how far it is rolled up.",
        "10s",
        "3h",
        ["district"],
        [*_readers(), *_delays(), *_ledgers(), *_outboxes(), *_arrivals(), *_trust(), *_freshness()],
    )


def _readers() -> list[Panel]:
    return [
        _own("日志未读帧数", "Frames of the log that each reader has still to read.", "unread", "none", of_reader=True),
        _own("读者落后时间", "Age of the last frame that each reader has done.", "lag_s", "s", of_reader=True),
    ]


def _delays() -> list[Panel]:
    return [
        trend(
            "报警落库时延 s",
            "Slowest commit of alarms since the frame that decided had arrived; a point where alarms changed.",
            (12, 7),
            Target(q.over_time('max("detect_s")', q.PIPELINE, by=""), "报警落库"),
            unit="s",
            gap_ms=DAY_MS,
        ),
        trend(
            "自检告警时延 s",
            "How long the newest test alarm took from the broker to the sender of notices, and since when none came.",
            (12, 7),
            Target(q.over_time('max("canary_s")', q.PIPELINE, by=""), "用时"),
            Target(q.over_time('max("canary_age_s")', q.PIPELINE, by=""), "距上次"),
            unit="s",
            lines=dashed("距上次"),
        ),
    ]


def _outboxes() -> list[Panel]:
    return [
        _outbox("待发通知数", "Notices that wait, by channel, and those of them that were tried in vain.", "notice"),
        _outbox("城市平台待报数", "Records that wait for a city's platform, and those refused for good.", "city"),
        trend(
            "发件箱最早一条等待时间",
            "How long the oldest of each outbox has waited: notices by channel, records by platform.",
            (24, 7),
            Target(q.over_time('max("oldest_s")', q.OUTBOX, by='"kind", "target"'), "$tag_kind $tag_target"),
            unit="s",
        ),
    ]


def _outbox(title: str, english: str, kind: str) -> Panel:
    where = f"\"kind\" = '{kind}'"
    return trend(
        title,
        english,
        (12, 7),
        Target(q.over_time('last("waiting")', q.OUTBOX, where, by='"target"'), "$tag_target 等待"),
        Target(q.over_time('last("failing")', q.OUTBOX, where, by='"target"'), "$tag_target 失败"),
        unit="none",
    )


def _ledgers() -> list[Panel]:
    return [
        _own("缺失消息数", "Messages that devices numbered and that never came.", "missing", "none"),
        _own(
            "隔离区条目数", "Refused parts of frames that lie in quarantine, with their reasons.", "quarantined", "none"
        ),
        _own("逾期通知数", "Notices that should have gone out more than a minute ago.", "notices_late", "none"),
        _grown("接收消息数（每步）", "Messages admitted in each step of time.", "admitted"),
        _grown("重复消息数（每步）", "Messages dropped as repeats in each step of time.", "duplicates"),
    ]


def _own(title: str, english: str, name: str, unit: str, *, of_reader: bool = False) -> Panel:
    query = q.over_time(f'last("{name}")', q.PIPELINE, by='"reader"' if of_reader else "")
    width = 12 if of_reader else 8
    return trend(title, english, (width, 7), Target(query, "$tag_reader" if of_reader else title), unit=unit)


def _grown(title: str, english: str, name: str) -> Panel:
    query = q.over_time(f'non_negative_difference(last("{name}"))', q.PIPELINE, by="")
    return trend(title, english, (12, 7), Target(query, title), unit="none")


def _arrivals() -> list[Panel]:
    per_minute = 'count("quality")'
    return [
        trend(
            "每分钟样本数",
            "Samples stored for each minute, by kind of device.",
            (12, 8),
            Target(q.over_time(per_minute, q.EVERY, q.DISTRICT, by="", step="1m"), "$m"),
            unit="none",
            lines=BY_KIND,
        ),
        trend(
            "每分钟迟到样本数",
            "Samples that came late: stored and drawn, but they raise no alarm of now.",
            (12, 8),
            Target(q.over_time(per_minute, q.EVERY, q.DISTRICT, '"late" = true', by="", step="1m"), "$m"),
            unit="none",
            lines=BY_KIND,
        ),
    ]


def _trust() -> list[Panel]:
    return [
        trend(
            "可信与不可信的浓度值",
            "Values of gas for each minute that may raise an alarm, and those that may not (roll-ups of minutes).",
            (12, 8),
            Target(q.over_time('sum("count")', _MINUTES, q.DISTRICT, by="", step="1m"), "可信"),
            Target(q.over_time('sum("bad")', _MINUTES, q.DISTRICT, by="", step="1m"), "不可信"),
            unit="none",
            lines=[painted("不可信", DOUBT)],
        ),
        trend(
            "每分钟有数据的浓度探头",
            "Detectors with at least one value, trusted or not, in each minute (roll-ups of minutes).",
            (12, 8),
            Target(q.over_time('count("count")', _MINUTES, q.DISTRICT, by='"district"', step="1m"), "$tag_district"),
            unit="none",
            links=(ways.DISTRICT,),
        ),
    ]


def _freshness() -> list[Panel]:
    heard = q.select('last("quality") AS "quality"', q.EVERY, q.DISTRICT, by='"site", "device"')
    return [
        _newest("最新样本", "Newest sample of each district.", q.EVERY, '"quality"', by='"district"', time_from="1d"),
        _newest(
            "最新分钟汇总",
            "Newest minute rolled up; some two minutes ago is usual.",
            _MINUTES,
            '"count"',
            by="",
            time_from="7d",
        ),
        _newest(
            "最新小时汇总",
            "Newest hour rolled up; up to two hours ago is usual.",
            _HOURS,
            '"count"',
            by="",
            time_from="30d",
        ),
        table(
            "写入探测",
            "When the writer last proved that it may write: at its start, and before it calls a line bad.",
            (6, 7),
            Target(q.select('last("probe") AS "probe"', q.PIPELINE, by='"role"')),
            time_from="90d",
        ),
        table(
            "最先到期的设备",
            "The twenty devices whose service life ends first, in days from now (less than nought: it is over).",
            (24, 10),
            Target(q.select('bottom("left_d", "device", "site", 20) AS "left_d"', q.CALIBRATION, q.DISTRICT)),
            unit="suffix:d",
            links=ways.ROW,
            time_from="2h",
            columns=[column("left_d", decimals=0)],
            timed=False,
            sort=("left_d", False),
        ),
        table(
            "最后一次数据",
            "When each device was heard last, and with which quality.",
            (24, 10),
            Target(q.listed(heard, "site", "device", "quality")),
            links=ways.ROW,
            time_from="7d",
            columns=[worded("quality", QUALITY)],
            sort=("Time", False),
        ),
    ]


def _newest(title: str, english: str, source: str, column: str, *, by: str, time_from: str) -> Panel:
    query = q.select(f"last({column}) AS {column}", source, q.DISTRICT, by=by)
    return table(title, english, (6, 7), Target(query), time_from=time_from)
