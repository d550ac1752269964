"""One report: everything of a time beside the time before, made from rows."""

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date

from alerting import kpi
from domain.asset import Assets
from domain.hazard import Hazard, HazardMove, HazardStep, Inspection, PublicReport, ReportState
from domain.period import Period
from ledger.reports.span import Rhythm, Span, before, day_of, marks_ns, phase_of
from ledger.reports.tally import Slice, Tally, sliced, tally, tally_by
from ledger.rules import RULES

_LISTED = 50
"""Expired devices that are named."""
_MEASURES = (
    *(f"ack_{part}_{priority}" for priority in kpi.ACK_S for part in ("p50", "p95", "share")),
    *("site_1", "site_2", "false", "linkage", "online"),
)
_STEPS = {
    "extended": HazardStep.EXTEND,
    "failed": HazardStep.FAIL,
    "supervised": HazardStep.SUPERVISE,
    "out_of_use": HazardStep.OUT_OF_USE,
}


@dataclass(frozen=True, slots=True)
class Row:
    """Hazards of one township, department or rule, now and in the time before."""

    name: str
    now: Tally
    before: Tally


@dataclass(frozen=True, slots=True)
class Point:
    """Hazards up to the end of a part of the time; `at` is its last day."""

    at: date
    tally: Tally


@dataclass(frozen=True, slots=True)
class Pair:
    """A number, and what it was in the time before."""

    name: str
    now: int
    before: int


@dataclass(frozen=True, slots=True)
class Compared:
    """One of the alarm KPIs (`alerting.kpi.Measure`), and what it was in the time before."""

    name: str
    unit: str
    now: float | None
    before: float | None
    target: float | None
    at_most: bool
    met: bool | None


@dataclass(frozen=True, slots=True)
class Expired:
    """A device whose service life is over."""

    device: str
    site: str
    place: str
    expires_on: date


@dataclass(frozen=True, slots=True)
class Devices:
    """What is installed, of that expired at the cut, and the longest expired ones."""

    total: int
    expired: Pair
    listed: tuple[Expired, ...]


@dataclass(frozen=True, slots=True)
class Visits:
    """Inspections in a township; `clean` found nothing."""

    township: str
    visits: int
    clean: int
    visits_before: int


@dataclass(frozen=True, slots=True)
class Report:
    """A report.

    Attributes:
        rhythm: how often it is made.
        first_day: of its time.
        last_day: of its time.
        before_first_day: of the time before.
        cut_ns: up to which it counts: the end of its time, or when it was made.
        made_ns: when that was.
        complete: whether its time was over then.
        phase: of the programme, in Chinese and English; None before it.
        open_before: hazards that were open at its beginning.
        total: all hazards; `total.now.overdue` is the measure of 动态清零, aim 0.
        steps: extensions, failed re-checks, supervisions, orders out of use.
        townships: by township.
        departments: by leading department.
        helping: by each department that helps; one hazard may stand in several rows.
        rules: by rule.
        course: of a day the seven days up to it, of a quarter weeks, else days.
        levels: occurrences of alarms that asked for a person, by priority.
        measures: acknowledgement, arrival, false alarms, linkage, online rate.
        devices: of the registry.
        inspections: by township; every township of the registry is there.
        public: reports of the public that came in, by what became of them.
    """

    rhythm: Rhythm
    first_day: date
    last_day: date
    before_first_day: date
    cut_ns: int
    made_ns: int
    complete: bool
    phase: tuple[str, str] | None
    open_before: int
    total: Row
    steps: tuple[Pair, ...]
    townships: tuple[Row, ...]
    departments: tuple[Row, ...]
    helping: tuple[Row, ...]
    rules: tuple[Row, ...]
    course: tuple[Point, ...]
    levels: tuple[Pair, ...]
    measures: tuple[Compared, ...]
    devices: Devices
    inspections: tuple[Visits, ...]
    public: tuple[Pair, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Rows:
    """What a report is made of; all of it within one scope.

    Attributes:
        hazards: every one of which there is a move.
        moves: all before the cut, in order.
        inspections: since the beginning of the time before.
        public: the same.
        period: alarms of the time.
        period_before: of the time before.
        sites: in scope; None: all.
    """

    hazards: Iterable[Hazard]
    moves: Sequence[HazardMove]
    inspections: Sequence[Inspection]
    public: Sequence[PublicReport]
    period: Period
    period_before: Period
    sites: frozenset[str] | None = None


def report(rhythm: Rhythm, span: Span, now_ns: int, rows: Rows, assets: Assets) -> Report:
    """Make a report.

    Args:
        rhythm: how often it is made.
        span: its time, which must have begun.
        now_ns: it counts to here at most.
        rows: the records.
        assets: the registry.
    """
    earlier, cut_ns = before(rhythm, span), min(span.to_ns, now_ns)
    hazards = {row.id: row for row in rows.hazards}
    then, now = sliced(hazards, rows.moves, (earlier.from_ns, span.from_ns, cut_ns))[1:]
    course = sliced(hazards, rows.moves, marks_ns(rhythm, span, cut_ns))[1:]
    phase = phase_of(span.first)
    last = day_of(span.to_ns - 1)
    return Report(
        rhythm=rhythm,
        first_day=span.first,
        last_day=last,
        before_first_day=earlier.first,
        cut_ns=cut_ns,
        made_ns=now_ns,
        complete=now_ns >= span.to_ns,
        phase=None if phase is None else (phase.zh, phase.en),
        open_before=len(then.standing),
        total=Row("", tally(now), tally(then)),
        steps=_pairs(_STEPS, lambda part, step: sum(m.step is step for m in part.moves), now, then),
        townships=_rows(now, then, lambda name: (hazards[name].township,)),
        departments=_rows(now, then, lambda name: (hazards[name].lead,)),
        helping=_rows(now, then, lambda name: hazards[name].co),
        rules=_in_order(_rows(now, then, lambda name: (hazards[name].rule,))),
        course=tuple(Point(day_of(part.at_ns - 1), tally(part)) for part in course),
        levels=_levels(rows.period, rows.period_before),
        measures=_measures(rows, assets),
        devices=_devices(assets, rows.sites, day_of(cut_ns - 1), day_of(span.from_ns - 1)),
        inspections=_visits(rows, assets, span.from_ns),
        public=_public(rows.public, span.from_ns),
    )


def _rows(now: Slice, then: Slice, names: Callable[[str], Collection[str]]) -> tuple[Row, ...]:
    """Pair both times by name, those with most overdue and open ones first."""
    here, there = tally_by(now, names), tally_by(then, names)
    made = [Row(key, here.get(key, Tally()), there.get(key, Tally())) for key in {*here, *there}]
    return tuple(sorted(made, key=lambda row: (-row.now.overdue, -row.now.open, -row.now.found, row.name)))


def _in_order(rows: Iterable[Row]) -> tuple[Row, ...]:
    order = {code: n for n, code in enumerate(RULES)}
    return tuple(sorted(rows, key=lambda row: (order.get(row.name, len(order)), row.name)))


def _pairs(
    keys: Mapping[str, HazardStep], count: Callable[[Slice, HazardStep], int], now: Slice, then: Slice
) -> tuple[Pair, ...]:
    return tuple(Pair(name, count(now, step), count(then, step)) for name, step in keys.items())


def _levels(now: Period, then: Period) -> tuple[Pair, ...]:
    here, there = _asked(now), _asked(then)
    return tuple(Pair(str(priority), here[priority], there[priority]) for priority in kpi.ACK_S)


def _asked(period: Period) -> Counter[int]:
    """Count occurrences that asked for a person, by the priority with which they did first."""
    first: dict[tuple[str, int], int] = {}
    for line in period.lines:
        if line.event == "annunciate" and line.time_ns >= period.from_ns:
            first.setdefault((line.alarm_id, line.occurrence), line.priority)
    return Counter(first.values())


def _measures(rows: Rows, assets: Assets) -> tuple[Compared, ...]:
    town = kpi.town_of(assets, rows.sites)
    now, then = (
        {one.name: one for one in kpi.report(period, town).measures} for period in (rows.period, rows.period_before)
    )
    return tuple(_compared(now[name], then[name].value) for name in _MEASURES)


def _compared(one: kpi.Measure, value_before: float | None) -> Compared:
    return Compared(one.name, one.unit, one.value, value_before, one.target, one.at_most, one.met)


def _devices(assets: Assets, sites: frozenset[str] | None, day: date, day_before: date) -> Devices:
    ours = [device for device in assets.devices.values() if sites is None or device.site in sites]
    ends = [(device.expires_on, device) for device in ours if device.expires_on is not None]
    over = sorted(((on, device) for on, device in ends if on < day), key=lambda pair: (pair[0], pair[1].id))
    listed = (Expired(d.id, d.site, assets.sites[d.site].name, on) for on, d in over[:_LISTED])
    expired = Pair("expired", len(over), sum(on < day_before for on, _ in ends))
    return Devices(len(ours), expired, tuple(listed))


def _visits(rows: Rows, assets: Assets, from_ns: int) -> tuple[Visits, ...]:
    known = {site.district for site in assets.sites.values() if rows.sites is None or site.id in rows.sites}
    now = Counter(one.township for one in rows.inspections if one.time_ns >= from_ns)
    then = Counter(one.township for one in rows.inspections if one.time_ns < from_ns)
    clean = Counter(one.township for one in rows.inspections if one.time_ns >= from_ns and not one.broken)
    made = (Visits(name, now[name], clean[name], then[name]) for name in known | {*now, *then})
    return tuple(sorted(made, key=lambda row: (row.visits, row.township)))


def _public(told: Sequence[PublicReport], from_ns: int) -> tuple[Pair, ...]:
    now = [one for one in told if one.time_ns >= from_ns]
    then = [one for one in told if one.time_ns < from_ns]
    return tuple(Pair(name, here, there) for (name, here), (_, there) in zip(_fates(now), _fates(then), strict=True))


def _fates(told: Sequence[PublicReport]) -> Iterator[tuple[str, int]]:
    states = Counter(one.state for one in told)
    yield "received", len(told)
    for state in (ReportState.VERIFIED, ReportState.UNFOUNDED, ReportState.NEW):
        yield str(state), states[state]
    yield "reward_yuan", sum(one.reward_yuan for one in told)
