"""A report as a page to read and print on A4: one file, Chinese with English beside, nothing loaded from elsewhere."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import UTC, datetime, timedelta, timezone
from html import escape
from pathlib import Path

from alerting.kpi_texts import TEXTS, Said
from ledger.reports.charts import Series, bars, columns, lines
from ledger.reports.report import Compared, Pair, Report, Row
from ledger.reports.tally import Tally
from ledger.reports.texts import HELPS, LEVELS, NOTES, PUBLIC, STEPS, TALLY, TITLES
from ledger.rules import RULES

_STYLE = (Path(__file__).parent / "page.css").read_text(encoding="utf-8")
_ZONE = timezone(timedelta(hours=8))
_BLUE, _GREEN, _GREY, _RED = "#0072b2", "#009e73", "#9aa5b1", "#d55e00"
_WORSE_UP, _BETTER_UP = frozenset({"open", "overdue"}), frozenset({"closed"})
"""Others say nothing by themselves: whoever looks more finds more."""
_COLUMNS = (*TALLY.values(), ("逾期变化", "change of overdue"))
_HOUR_S, _MINUTE_S = 3600, 60
_MOST_BARS = 20


def page(report: Report) -> str:
    """Write the page."""
    title = TITLES[report.rhythm]
    body = "".join(part for section in _SECTIONS for part in section(report))
    head = f'<meta charset="utf-8"><title>{escape(title.zh)} {report.first_day}</title><style>{_STYLE}</style>'
    return f'<!doctype html><html lang="zh-CN"><head>{head}</head><body>{body}</body></html>\n'


# ---------------------------------------------------------------- parts


def _top(report: Report) -> Iterator[str]:
    phase = f"{_said('阶段', 'phase')}：{_said(*report.phase)}" if report.phase else ""
    running = f"<strong>{_said('未结束，截至', 'not over, up to')} {_time(report.cut_ns)}</strong>"
    whole = "" if report.complete else running
    yield f"<header><h1>{_said(*TITLES[report.rhythm])}</h1><p>{_days(report)} {phase} {whole}</p>"
    yield f"<p>{_said('对比期自', 'compared with the time from')} {report.before_first_day}"
    yield f" · {_said('制表', 'made')} {_time(report.made_ns)}</p></header>"


def _tiles(report: Report) -> Iterator[str]:
    now, then = report.total.now, report.total.before
    yield '<section class="tiles">'
    for name in ("overdue", "open", "found", "closed"):
        value, change = getattr(now, name), getattr(now, name) - getattr(then, name)
        goal = _said("动态清零目标 0", "aim 0") if name == "overdue" else ""
        state = ("bad" if value else "good") if name == "overdue" else ""
        yield f'<div class="tile {state}"><p>{_said(*TALLY[name])}</p><b>{value}</b>{_change(name, change)}'
        yield f"<p>{goal}</p></div>"
    yield "</section>"
    sums = f"{report.open_before} + {now.found} + {now.reopened} − {now.closed} = {now.open}"
    told = _said("期初未销号 + 新登记 + 复发 − 销号 = 未销号", "open before + found + came back − closed = open")
    yield f"<p>{told}：<b>{sums}</b></p>"


def _course(report: Report) -> Iterator[str]:
    labels = [f"{point.at:%m-%d}" for point in report.course]

    def series(name: str, colour: str) -> Series:
        return Series(" ".join(TALLY[name]), colour, [getattr(point.tally, name) for point in report.course])

    yield _heading("走势", "Course")
    yield lines(labels, [series("open", _BLUE), series("overdue", _RED)])
    yield columns(labels, [series("found", _GREY), series("closed", _GREEN)])


def _townships(report: Report) -> Iterator[str]:
    yield _heading("按乡镇（街道）", "By township")
    shown = [row for row in report.townships if row.now.open][:_MOST_BARS]
    if shown:
        late = [row.now.overdue for row in shown]
        other = [row.now.open - row.now.overdue for row in shown]
        yield bars(
            [row.name for row in shown],
            [Series("逾期 overdue", _RED, late), Series("未销号、未逾期 open in time", _BLUE, other)],
        )
    yield _hazards(report.townships, ("乡镇（街道）", "township"), escape)


def _departments(report: Report) -> Iterator[str]:
    yield _heading("按部门", "By department")
    leads, helps = ({row.name: row for row in rows} for rows in (report.departments, report.helping))
    head = (("部门（牵头）", "department (leads)"), *_COLUMNS, *HELPS.values())
    none = Row("", Tally(), Tally())
    rows = ((name, leads.get(name, none), helps.get(name, none)) for name in {**leads, **helps})
    yield _table(head, ((escape(name), *_cells(lead), *_counts(other, HELPS)) for name, lead, other in rows))


def _rules(report: Report) -> Iterator[str]:
    yield _heading("按规则", "By rule")
    yield _hazards(report.rules, ("规则", "rule"), _rule)
    yield _heading("督办与整改质量", "Supervision and quality", 3)
    yield _pairs(report.steps, STEPS)


def _alarms(report: Report) -> Iterator[str]:
    yield _heading("告警", "Alarms")
    yield _pairs(report.levels, LEVELS)
    head = (("指标", "number"), ("本期", "now"), ("上期", "before"), ("目标", "target"), ("达标", "met"))
    measured = [one for one in report.measures if one.now is not None or one.before is not None]
    yield _table(head, (_measure(one) for one in measured))


def _devices(report: Report) -> Iterator[str]:
    devices = report.devices
    yield _heading("设备", "Devices")
    yield _table(
        (("设备", "devices"), ("本期", "now"), ("上期", "before")),
        [
            (_said("登记设备", "in the registry"), str(devices.total), ""),
            (_said("超过使用年限", "beyond service life"), str(devices.expired.now), str(devices.expired.before)),
        ],
    )
    if devices.listed:
        head = (("到期", "expired"), ("设备", "device"), ("场所", "site"))
        rows = ((str(one.expires_on), escape(one.device), escape(f"{one.place} {one.site}")) for one in devices.listed)
        yield _table(head, rows, "words")


def _inspections(report: Report) -> Iterator[str]:
    yield _heading("排查", "Inspections")
    head = (
        *(("乡镇（街道）", "township"), ("检查", "inspections")),
        *(("未发现隐患", "no hazard found"), ("上期", "before")),
    )
    rows = [(r.township, r.visits, r.clean, r.visits_before) for r in report.inspections]
    sums = [sum(values) for values in zip(*((r[1:]) for r in rows), strict=True)] or [0, 0, 0]
    yield _table(
        head, [(_said("合计", "total"), *map(str, sums)), *((escape(name), *map(str, more)) for name, *more in rows)]
    )
    yield _heading("群众举报", "Reports by the public")
    yield _pairs(report.public, PUBLIC)


def _end(_report: Report) -> Iterator[str]:
    yield "<footer>" + "".join(f"<p>{_said(*note)}</p>" for note in NOTES) + "</footer>"


_SECTIONS: Sequence[Callable[[Report], Iterator[str]]] = (
    *(_top, _tiles, _course, _townships, _departments, _rules, _alarms, _devices, _inspections, _end),
)


# ---------------------------------------------------------------- tables


def _hazards(rows: Sequence[Row], first: tuple[str, str], name: Callable[[str], str]) -> str:
    return _table((first, *_COLUMNS), ((name(row.name), *_cells(row)) for row in rows))


def _cells(row: Row) -> Iterator[str]:
    yield from _counts(row, TALLY)
    yield _change("overdue", row.now.overdue - row.before.overdue)


def _counts(row: Row, names: Iterable[str]) -> Iterator[str]:
    for name in names:
        yield f"{getattr(row.now, name)} <small>({getattr(row.before, name)})</small>"


def _rule(code: str) -> str:
    rule = RULES.get(code)
    return f"<b>{escape(code)}</b> {_said(rule.zh, rule.en)}" if rule else escape(code)


def _pairs(pairs: Iterable[Pair], names: dict[str, Said]) -> str:
    head = (("", ""), ("本期", "now"), ("上期", "before"))
    return _table(head, ((_said(*names[one.name]), str(one.now), str(one.before)) for one in pairs))


def _measure(one: Compared) -> Sequence[str]:
    target = "" if one.target is None else f"{'≤' if one.at_most else '≥'} {_number(one.target, one.unit)}"
    met = {True: "✓", False: '<b class="worse">✗</b>', None: ""}[one.met]
    return _said(*TEXTS[one.name].name), _number(one.now, one.unit), _number(one.before, one.unit), target, met


def _table(head: Sequence[tuple[str, str] | Said], rows: Iterable[Sequence[str]], look: str = "") -> str:
    top = "".join(f"<th>{_said(*cell)}</th>" for cell in head)
    body = "".join("<tr>" + "".join(f"<td>{cell}</td>" for cell in row) + "</tr>" for row in rows)
    body = body or f'<tr><td colspan="{len(head)}">{_said("无", "none")}</td></tr>'
    return f'<table class="{look}"><thead><tr>{top}</tr></thead><tbody>{body}</tbody></table>'


# ---------------------------------------------------------------- words


def _said(zh: str, en: str) -> str:
    return f'{escape(zh)} <i lang="en">{escape(en)}</i>' if en else escape(zh)


def _heading(zh: str, en: str, depth: int = 2) -> str:
    return f"<h{depth}>{_said(zh, en)}</h{depth}>"


def _change(name: str, change: int) -> str:
    if not change:
        return '<span class="same">—</span>'
    state = "same"
    if name in _WORSE_UP | _BETTER_UP:
        state = "worse" if (change > 0) == (name in _WORSE_UP) else "better"
    return f'<span class="{state}">{"▲" if change > 0 else "▼"} {abs(change)}</span>'


def _number(value: float | None, unit: str) -> str:
    if value is None:
        return "–"
    if unit == "share":
        return f"{value:.1%}"
    if unit != "s":
        return f"{value:.4g}"
    if value >= _HOUR_S:
        return f"{value / _HOUR_S:.1f} h"
    return f"{value / _MINUTE_S:.1f} min" if value >= _MINUTE_S else f"{value:.0f} s"


def _days(report: Report) -> str:
    one = report.first_day == report.last_day
    return str(report.first_day) if one else f"{report.first_day} – {report.last_day}"


def _time(time_ns: int) -> str:
    return f"{datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).astimezone(_ZONE):%Y-%m-%d %H:%M}"
