"""A report as tables for a workbook: the numbers of the page, a sheet for each part."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime

from alerting.kpi_texts import TEXTS, Said
from ledger.reports.report import Pair, Report, Row
from ledger.reports.tally import Tally
from ledger.reports.texts import LEVELS, NOTES, PUBLIC, STEPS, TALLY, TITLES
from ledger.rules import RULES
from ledger.workbook import Cell, Sheet

_NOW, _BEFORE = "本期 now", "上期 before"
_PLACE = "乡镇（街道） township"


def sheets(report: Report) -> Iterator[Sheet]:
    """Give the sheets in the order of the page."""
    yield _top(report)
    yield Sheet("走势", ("日期 day", *_heads("")), [(point.at, *_numbers(point.tally)) for point in report.course])
    yield _hazards("乡镇", _PLACE, report.townships)
    yield _hazards("部门", "牵头部门 leading department", report.departments)
    yield _hazards("协同部门", "协同部门 helping department", report.helping)
    yield _hazards("规则", "规则 rule", report.rules, _rule)
    yield _pairs("督办", "督办与整改质量 supervision and quality", report.steps, STEPS)
    yield _pairs("告警", "级别 priority", report.levels, LEVELS)
    yield _measures(report)
    yield _devices(report)
    visits = [(r.township, r.visits, r.clean, r.visits_before) for r in report.inspections]
    yield Sheet("排查", (_PLACE, "检查 inspections", "未发现隐患 no hazard found", _BEFORE), visits)
    yield _pairs("举报", "群众举报 reports by the public", report.public, PUBLIC)


def _top(report: Report) -> Sheet:
    title = TITLES[report.rhythm]
    rows: list[Sequence[Cell]] = [
        ("起始日 first day", report.first_day, report.before_first_day),
        ("截止日 last day", report.last_day, None),
        ("已结束 over", int(report.complete), None),
        ("统计截至 counted up to", _time(report.cut_ns), None),
        ("制表 made", _time(report.made_ns), None),
        ("阶段 phase", report.phase and " ".join(report.phase), None),
        ("期初未销号 open before", report.open_before, None),
        *_tallies(report.total),
        ("超过使用年限的设备 devices beyond service life", report.devices.expired.now, report.devices.expired.before),
        ("登记设备 devices in the registry", report.devices.total, None),
        *((" ".join(note), None, None) for note in NOTES[1:]),
    ]
    return Sheet("总览", (" ".join(title), _NOW, _BEFORE), rows)


def _tallies(row: Row) -> Iterator[Sequence[Cell]]:
    return ((" ".join(said), getattr(row.now, name), getattr(row.before, name)) for name, said in TALLY.items())


def _hazards(name: str, first: str, rows: Iterable[Row], said: Callable[[str], str] = str) -> Sheet:
    head = (first, *_heads(""), *_heads("上期"))
    return Sheet(name, head, [(said(row.name), *_numbers(row.now), *_numbers(row.before)) for row in rows])


def _heads(before: str) -> Iterator[str]:
    return (f"{before}{' '.join(said)}{' before' if before else ''}" for said in TALLY.values())


def _numbers(tally: Tally) -> Iterator[int]:
    return (getattr(tally, name) for name in TALLY)


def _rule(code: str) -> str:
    rule = RULES.get(code)
    return f"{code} {rule.zh}" if rule else code


def _pairs(name: str, first: str, pairs: Iterable[Pair], names: dict[str, Said]) -> Sheet:
    rows = [(" ".join(names[one.name]), one.now, one.before) for one in pairs]
    return Sheet(name, (first, _NOW, _BEFORE), rows)


def _measures(report: Report) -> Sheet:
    head = ("指标 number", "单位 unit", _NOW, _BEFORE, "目标 target", "方向 at most, at least", "达标 met")
    rows = [
        (
            *(" ".join(TEXTS[one.name].name), one.unit, one.now, one.before, one.target),
            *("" if one.target is None else "≤" if one.at_most else "≥", {True: "✓", False: "✗", None: ""}[one.met]),
        )
        for one in report.measures
    ]
    return Sheet("指标", head, rows)


def _devices(report: Report) -> Sheet:
    head = ("到期 expired", "设备 device", "场所编号 site", "场所 place")
    return Sheet("超期设备", head, [(one.expires_on, one.device, one.site, one.place) for one in report.devices.listed])


def _time(time_ns: int) -> datetime:
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC)
