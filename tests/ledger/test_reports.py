"""Reports of small ledgers whose numbers are known by hand."""

from datetime import date, timedelta

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.alarm import AlarmKind
from domain.asset import Assets, Device, DeviceKind, Site, Zone
from domain.hazard import Hazard, HazardMove, HazardState, HazardStep, Inspection, PublicReport, ReportState
from domain.period import Line, Period
from ledger.reports.page import page
from ledger.reports.report import Report, Rows, report
from ledger.reports.span import Rhythm, Span, before, last_complete, marks_ns, midnight_ns, phase_of, span_of
from ledger.reports.tally import Tally, sliced, tally, tally_by
from tests.ledger.support import DAY_NS, hazard

SPAN = span_of(Rhythm.MONTHLY, date(2026, 1, 15))
JANUARY = SPAN.from_ns
DECEMBER = before(Rhythm.MONTHLY, SPAN).from_ns
STATE, STEP = HazardState, HazardStep
TOWN = Assets(
    zones={"Z1": Zone("Z1", "区", "zone")},
    sites={
        "S1": Site("S1", "店<1>", "Shop", "restaurant", "Z1", "古城镇", 100.1, 25.6),
        "S2": Site("S2", "二店", "Shop 2", "restaurant", "Z1", "喜洲镇", 100.1, 25.6),
    },
    devices={
        "G1": Device("G1", DeviceKind.GAS_DETECTOR, "S1", expires_on=date(2026, 1, 20)),
        "G2": Device("G2", DeviceKind.GAS_DETECTOR, "S2", expires_on=date(2026, 3, 1)),
    },
)


def move(name: str, step: HazardStep, after: HazardState, at_ns: int) -> HazardMove:
    return HazardMove(name, step, after, at_ns)


def way(name: str, begin_ns: int, *, closed: bool = True) -> list[HazardMove]:
    steps = [
        (STEP.REGISTER, STATE.REGISTERED), (STEP.DISPATCH, STATE.DISPATCHED), (STEP.BEGIN, STATE.FIXING),
        (STEP.RECTIFY, STATE.AWAITING_RECHECK), (STEP.PASS, STATE.CLOSED),
    ][: 5 if closed else 3]  # fmt: skip
    return [move(name, *step, begin_ns + n * DAY_NS) for n, step in enumerate(steps)]


def made(hazards: list[Hazard], moves: list[HazardMove], now_ns: int = SPAN.to_ns, **more: object) -> Report:
    cut_ns = min(now_ns, SPAN.to_ns)
    told: dict[str, object] = {
        "inspections": (),
        "public": (),
        "period": Period(JANUARY, cut_ns),
        "period_before": Period(DECEMBER, JANUARY),
    }
    ordered = sorted(moves, key=lambda one: one.time_ns)
    rows = Rows(hazards=hazards, moves=ordered, **(told | more))  # type: ignore[arg-type]
    return report(Rhythm.MONTHLY, SPAN, now_ns, rows, TOWN)


HAZARDS = [
    hazard(id="old", deadline_ns=JANUARY),
    hazard(id="new", deadline_ns=SPAN.to_ns, township="喜洲镇", rule="N01", lead="住建", co=("商务", "公安")),
    hazard(id="done", deadline_ns=SPAN.to_ns),
]
MOVES = [
    *way("old", DECEMBER, closed=False),
    *way("new", JANUARY + 3 * DAY_NS, closed=False),
    *way("done", JANUARY - 2 * DAY_NS),
]


# ---------------------------------------------------------------- days


@pytest.mark.parametrize(
    ("rhythm", "first", "end"),
    [
        (Rhythm.DAILY, date(2026, 3, 1), date(2026, 3, 2)),
        (Rhythm.WEEKLY, date(2026, 2, 23), date(2026, 3, 2)),
        (Rhythm.MONTHLY, date(2026, 3, 1), date(2026, 4, 1)),
        (Rhythm.QUARTERLY, date(2026, 1, 1), date(2026, 4, 1)),
    ],
)
def test_a_day_lies_in_its_day_week_month_and_quarter(rhythm: Rhythm, first: date, end: date) -> None:
    assert span_of(rhythm, date(2026, 3, 1)) == Span(first, end)


@given(st.sampled_from(Rhythm), st.dates(date(2000, 2, 1), date(2199, 1, 1)))
def test_times_follow_each_other_without_a_gap_and_are_cut_by_their_marks(rhythm: Rhythm, day: date) -> None:
    span = span_of(rhythm, day)
    assert span.first <= day < span.end
    assert before(rhythm, span).end == span.first
    assert span_of(rhythm, span.end - timedelta(days=1)) == span
    assert last_complete(rhythm, span.to_ns) == span.first or rhythm is not Rhythm.DAILY
    marks = marks_ns(rhythm, span, span.to_ns)
    assert sorted(set(marks)) == list(marks)
    assert marks[-1] == span.to_ns


def test_a_day_is_cut_at_midnight_in_china_and_lies_in_a_phase() -> None:
    assert last_complete(Rhythm.DAILY, midnight_ns(date(2026, 1, 15)) - 1) == date(2026, 1, 13)
    assert last_complete(Rhythm.DAILY, midnight_ns(date(2026, 1, 15))) == date(2026, 1, 14)
    assert [said and said.en for said in map(phase_of, (date(2023, 7, 31), date(2023, 8, 1), date(2026, 1, 1)))] == [
        None, "concentrated effort", "lasting mechanism",
    ]  # fmt: skip


# ---------------------------------------------------------------- hazards


def test_a_report_counts_what_was_found_fixed_open_and_overdue_beside_the_month_before() -> None:
    found = made(HAZARDS, MOVES)
    assert found.total.now == Tally(found=1, fixed=1, closed=1, open=2, overdue=1)
    assert found.total.before == Tally(found=2, open=2)
    assert found.open_before == 2
    assert [(row.name, row.now.open, row.now.overdue) for row in found.townships] == [
        ("古城镇", 1, 1),
        ("喜洲镇", 1, 0),
    ]
    assert [row.name for row in found.departments] == ["消防", "住建"]
    assert [(row.name, row.now.open, row.now.overdue) for row in found.helping] == [("商务", 2, 1), ("公安", 1, 0)]
    assert "<td>商务</td>" in page(found)  # it leads nothing, and is told all the same
    assert [row.name for row in found.rules] == ["R04", "N01"]
    assert len(found.course) == 31
    assert (found.course[-1].at, found.course[-1].tally.open) == (date(2026, 1, 31), 2)


def test_a_month_that_is_not_over_is_cut_now_and_a_past_one_is_told_as_it_was() -> None:
    early = made(HAZARDS, MOVES, JANUARY + DAY_NS)
    assert (early.complete, early.total.now.found, early.total.now.open) == (False, 0, 2)
    later = [*MOVES, move("old", STEP.PASS, STATE.CLOSED, SPAN.to_ns + DAY_NS)]
    assert made(HAZARDS, later, SPAN.to_ns + 9 * DAY_NS).total == made(HAZARDS, MOVES).total


@given(st.data())
def test_the_balance_closes_and_the_townships_add_up(data: st.DataObject) -> None:
    moves: list[HazardMove] = []
    closed: dict[str, bool] = {}
    time_ns = 0
    for name, step in data.draw(st.lists(st.tuples(st.sampled_from("abcd"), st.booleans()), max_size=30)):
        time_ns += data.draw(st.integers(0, 3))
        if name not in closed:
            moves.append(move(name, STEP.REGISTER, STATE.REGISTERED, time_ns))
        elif closed[name]:
            moves.append(move(name, STEP.REOPEN, STATE.REGISTERED, time_ns))
        else:
            moves.append(
                move(name, STEP.PASS if step else STEP.COMMENT, STATE.CLOSED if step else STATE.FIXING, time_ns)
            )
        closed[name] = moves[-1].after is STATE.CLOSED
    hazards = {name: hazard(id=name, deadline_ns=9) for name in "abcd"}
    then, now = (tally(part) for part in sliced(hazards, moves, (10, 30)))
    assert then.open + now.found + now.reopened - now.closed == now.open
    parts = tally_by(sliced(hazards, moves, (10, 30))[1], lambda name: "ab"[name > "b"]).values()
    assert sum(part.open for part in parts) == now.open
    assert sum(part.found + part.closed for part in parts) == now.found + now.closed


# ---------------------------------------------------------------- the rest


def test_alarms_devices_inspections_and_the_public_are_told() -> None:
    line = Line("a", 1, "annunciate", AlarmKind.GAS_HIGH, 2, "G1", "S1", "", "", JANUARY + 1)
    visits = [
        Inspection("1", "S1", "店", "古城镇", "li", "li", JANUARY, "{}", ("R04",)),
        Inspection("2", "S1", "店", "古城镇", "li", "li", JANUARY - 1, "{}", ("R04",), ("R04",)),
    ]
    told = [PublicReport("1", "S1", "", "古城镇", "", "", "", JANUARY, ReportState.VERIFIED, reward_yuan=500)]
    answered = line._replace(event="acknowledge", user="li", time_ns=line.time_ns + 30 * 10**9)
    again = line._replace(priority=1, time_ns=line.time_ns + 60 * 10**9)  # the same occurrence, worse
    period = Period(JANUARY, SPAN.to_ns, [line, answered, again])
    found = made([], [], inspections=visits, public=told, period=period)
    assert [(pair.name, pair.now) for pair in found.levels] == [("1", 0), ("2", 1), ("3", 0), ("4", 0)]
    assert next(one for one in found.measures if one.name == "ack_p95_2").now == 30
    assert (found.devices.total, found.devices.expired.now, found.devices.listed[0].device) == (2, 1, "G1")
    assert [(v.township, v.visits, v.clean, v.visits_before) for v in found.inspections] == [
        ("喜洲镇", 0, 0, 0), ("古城镇", 1, 1, 1),
    ]  # fmt: skip
    assert [(pair.name, pair.now) for pair in found.public][::4] == [("received", 1), ("reward_yuan", 500)]


def test_the_page_says_it_all_escaped_and_asks_nothing_of_the_internet() -> None:
    text = page(made([*HAZARDS, hazard(id="odd", township="<b>镇")], [*MOVES, *way("odd", JANUARY, closed=False)]))
    assert "月督导" in text
    assert "&lt;b&gt;镇" in text
    assert "店&lt;1&gt;" in text
    assert "<b>镇" not in text
    for outside in ("http:", "https:", "src=", "href=", "<script"):
        assert outside not in text
    assert "2 + 2 + 0 − 1 = 3" in text


def test_a_report_of_nothing_is_a_page_too_and_json_names_its_days() -> None:
    found = made([], [])
    assert "动态清零目标 0" in page(found)
    told = msgspec.json.decode(msgspec.json.encode(found))
    assert (told["first_day"], told["last_day"], told["phase"][0]) == ("2026-01-01", "2026-01-31", "长效机制")
