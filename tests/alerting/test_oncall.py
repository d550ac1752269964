"""Turns, overrides, covers and gaps; the plan's people change at 08:00 in Shanghai."""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.oncall import Change, Duty, calendar, called, gaps, hand_overs, in_ns, is_workday, table_for, who, within
from alerting.plan import Place, Plan, read_plan
from domain.alarm import AlarmKind
from domain.duty import Override
from tests.alerting.plans import plan

SHANGHAI = ZoneInfo("Asia/Shanghai")
S = 1_000_000_000
HOUR, DAY = 3600 * S, 86_400 * S
HERE = Place("S1", "Z1", "D", "restaurant")


def at(text: str, zone: ZoneInfo = SHANGHAI) -> int:
    return in_ns(datetime.fromisoformat(text).replace(tzinfo=zone))


def first(found: Plan, text: str, *overrides: Override) -> str | None:
    duty = who(found, overrides, "duty", "first", at(text))
    return duty and duty.person


def override(person: str, from_: str, to: str, made_ns: int = 0, dropped_ns: int | None = None) -> Override:
    return Override("duty", "first", person, at(from_), at(to), "li", made_ns, dropped_ns)


def rotation(lines: str, people: str = '["yang", "bai"]') -> str:
    return f'[[rotation]]\nteam = "street"\nrole = "x"\npeople = {people}\nbegins = 2026-01-05\n{lines}\n'


# ---------------------------------------------------------------- turns


def test_turns_change_at_the_handover_to_the_minute_and_not_at_midnight() -> None:
    found = plan()
    days = ["2026-01-05T08:00", "2026-01-05T23:59", "2026-01-06T00:00", "2026-01-06T07:59", "2026-01-06T08:00"]
    people = [first(found, day) for day in days]
    assert people[0] == people[1] == people[2] == people[3] != people[4]


def test_a_leap_day_is_a_day_like_others() -> None:
    found = plan()
    turns = [first(found, f"2028-{day}T12:00") for day in ("02-28", "02-29", "03-01")]
    assert turns[0] == turns[2] != turns[1]


def test_a_week_is_seven_days_long() -> None:
    found = plan(rotation("turn_days = 7"))
    people = [who(found, (), "street", "x", at("2026-01-05T08:00") + day * DAY) for day in range(15)]
    assert [duty.person for duty in people if duty] == ["yang"] * 7 + ["bai"] * 7 + ["yang"]


def test_a_change_of_the_clocks_moves_no_handover() -> None:
    found = read_plan('time_zone = "Europe/Berlin"\n' + PLAIN)
    berlin = ZoneInfo("Europe/Berlin")
    for day in ("2026-03-28", "2026-03-29", "2026-10-25"):  # the last two have 23 and 25 hours
        before, after = (who(found, (), "duty", "first", at(f"{day}T{time}", berlin)) for time in ("07:59", "08:00"))
        assert before
        assert after
        assert before.person != after.person
    assert {
        w.to_ns - w.from_ns for w in calendar(found, (), at("2026-03-27T08:00", berlin), at("2026-03-31T08:00", berlin))
    } == {
        DAY,
        23 * HOUR,
    }


PLAIN = """
[[person]]
id = "yang"
name = "杨"
[[person]]
id = "bai"
name = "白"
[[team]]
id = "duty"
[[rotation]]
team = "duty"
role = "first"
people = ["yang", "bai"]
begins = 1970-01-01
turn_days = 1
"""


def test_a_night_belongs_to_the_day_on_which_it_begins() -> None:
    found = plan(rotation('turn_days = 1\nhours = ["20:00", "08:00"]').replace('"street"', '"duty"'))
    nights = ["2026-01-05T19:59", "2026-01-05T20:00", "2026-01-06T07:59", "2026-01-06T08:00", "2026-01-06T20:00"]
    people = [who(found, (), "duty", "x", at(night)) for night in nights]
    assert [duty and duty.person for duty in people] == [None, "yang", "yang", None, "bai"]


def test_holidays_and_made_up_days_decide_over_the_weekend() -> None:
    found = read_plan("holidays = [2026-10-01]\nworkdays = [2026-10-10]\n" + PLAIN)
    days = [date(2026, 9, 30), date(2026, 10, 1), date(2026, 10, 3), date(2026, 10, 10)]
    assert [is_workday(found, day) for day in days] == [True, False, False, True]


@pytest.mark.parametrize(("on", "expected"), [("workdays", [True, False]), ("holidays", [False, True])])
def test_a_rotation_may_be_on_for_some_days_alone(on: str, expected: list[bool]) -> None:
    found = plan(rotation(f'on = "{on}"').replace('"street"', '"duty"'))
    friday, saturday = at("2026-01-09T12:00"), at("2026-01-10T12:00")
    assert [who(found, (), "duty", "x", day) is not None for day in (friday, saturday)] == expected


def test_a_rotation_begins_and_ends() -> None:
    found = plan(rotation("ends = 2026-01-06").replace('"street"', '"duty"'))
    days = ["2026-01-05T07:59", "2026-01-05T08:00", "2026-01-07T07:59", "2026-01-07T08:00"]
    assert [who(found, (), "duty", "x", at(day)) is not None for day in days] == [False, True, True, False]


@pytest.mark.parametrize(
    ("hours", "minute", "inside"),
    [
        (("08:00", "20:00"), 480, True),
        (("08:00", "20:00"), 1200, False),
        (("20:00", "08:00"), 0, True),
        (("20:00", "08:00"), 600, False),
        (("08:00", "08:00"), 0, True),
    ],
)
def test_hours_may_pass_midnight(hours: tuple[str, str], minute: int, inside: bool) -> None:  # noqa: FBT001 - a table
    assert within(hours, minute) is inside


# ---------------------------------------------------------------- overrides and covers


def test_of_two_overrides_the_last_made_wins_and_its_end_brings_the_other_back() -> None:
    found = plan()
    long = override("zhao", "2026-01-05T08:00", "2026-01-05T20:00", made_ns=1)
    short = override("wang", "2026-01-05T10:00", "2026-01-05T12:00", made_ns=2)
    times = ["07:59", "09:00", "10:00", "11:59", "12:00", "20:00"]
    people = [first(found, f"2026-01-05T{time}", short, long) for time in times]
    assert people[1:5] == ["zhao", "wang", "wang", "zhao"]
    assert {people[0], people[5]} <= {"yang", "bai"}


def test_an_override_that_was_taken_back_holds_no_more() -> None:
    gone = override("zhao", "2026-01-05T08:00", "2026-01-05T20:00", dropped_ns=1)
    assert first(plan(), "2026-01-05T12:00", gone) != "zhao"


def test_a_covering_team_stands_in_and_is_shown_as_such() -> None:
    assert who(plan(), (), "street", "leader", 0) == Duty("zhao", "cover")
    assert who(plan(without='cover = "duty"\n'), (), "street", "leader", 0) is None


def test_teams_that_cover_each_other_end() -> None:
    found = plan(without='cover = "duty"\n', more='[[team]]\nid = "a"\ncover = "b"\n[[team]]\nid = "b"\ncover = "a"\n')
    assert who(found, (), "a", "first", 0) is None


# ---------------------------------------------------------------- who is called


def ids(found: Plan, role: str, place: Place = HERE) -> list[str]:
    return [person.id for person in called(found, (), role, place, at("2026-01-05T12:00"))]


def test_contacts_of_a_place_are_called_there_alone() -> None:
    assert ids(plan(), "owner") == ["wang"]
    assert ids(plan(), "owner", Place("S2", "Z1", "D")) == []
    assert ids(plan(), "owner", Place()) == []


def test_the_team_that_serves_a_place_closest_is_called() -> None:
    street = rotation("", '["zhao"]').replace('"x"', '"first"')
    assert ids(plan(street), "first") == ["zhao"]
    assert ids(plan(street), "first", Place("S2", "Z2", "E")) != ["zhao"]
    assert ids(plan(street), "first", Place()) != ["zhao"]


def test_where_the_closest_team_has_nobody_the_wider_one_is_called() -> None:
    street = rotation("ends = 2026-01-05", '["zhao"]').replace('"x"', '"first"').replace("2026-01-05\n", "2025-01-05\n")
    found = plan(street.replace("ends = 2026-01-05", "ends = 2025-01-05"), without='cover = "duty"\n')
    assert ids(found, "first") in (["yang"], ["bai"])


def test_nobody_is_called_twice() -> None:
    assert ids(plan('[[contact]]\nrole = "leader"\nperson = "zhao"\nzones = ["Z1"]\n'), "leader") == ["zhao"]


# ---------------------------------------------------------------- tables


@pytest.mark.parametrize(
    ("kind", "priority", "place", "name"),
    [
        (AlarmKind.LINKAGE_FAILED, 1, HERE, "restaurant-1"),
        (AlarmKind.GAS_HIGH, 2, HERE, "restaurant-gas"),
        (AlarmKind.GAS_LOW, 3, Place("S2", "Z1", "D", "manhole"), "gas-3"),
        (AlarmKind.PRESSURE_LOW, 3, Place("S2", "Z1", "D", "pressure_point"), "priority-3"),
        (AlarmKind.PIPE_RUPTURE, 1, Place(), "priority-1"),
        (AlarmKind.NOBODY_ON_CALL, 2, Place(), "priority-2"),
        (AlarmKind.DEVICE_FAULT, 4, HERE, "priority-4"),
    ],
)
def test_the_first_table_that_fits_is_followed(kind: AlarmKind, priority: int, place: Place, name: str) -> None:
    table = table_for(plan(), kind, priority, place, 0)
    assert table is not None
    assert table.name == name


def test_every_alarm_has_a_table() -> None:
    found = plan()
    for kind in AlarmKind:
        for priority in range(1, 5):
            for place in (HERE, Place(), Place("S2", "Z1", "D", "manhole")):
                assert table_for(found, kind, priority, place, 0) is not None


@pytest.mark.parametrize(("time", "name"), [("21:59", "priority-2"), ("22:00", "night"), ("05:59", "night")])
def test_a_table_may_hold_for_some_hours(time: str, name: str) -> None:
    night = '[[table]]\nname = "night"\npriorities = [2]\nkinds = ["pressure_low"]\nhours = ["22:00", "06:00"]\n'
    table = table_for(plan(night), AlarmKind.PRESSURE_LOW, 2, Place(), at(f"2026-01-05T{time}"))
    assert table is not None
    assert table.name == name


# ---------------------------------------------------------------- calendar


def test_a_gap_is_found_to_the_minute() -> None:
    found = plan(rotation('turn_days = 1\nhours = ["08:00", "20:00"]'), without='cover = "duty"\n')
    missing = gaps(found, (), at("2026-01-05T12:00"), at("2026-01-06T12:00"))
    assert [(gap.team, gap.role, gap.from_ns, gap.to_ns) for gap in missing] == [
        ("street", "x", at("2026-01-05T20:00"), at("2026-01-06T08:00"))
    ]
    stand_in = Override("street", "x", "zhao", at("2026-01-05T20:00"), at("2026-01-06T08:00"), "li", 1)
    assert gaps(found, (stand_in,), at("2026-01-05T12:00"), at("2026-01-06T12:00")) == []


@pytest.mark.untraced
@given(st.integers(0, 60 * 24 * 400), st.integers(1, 60 * 24 * 9), st.integers(0, 5))
def test_the_calendar_says_for_every_minute_what_who_says(start_min: int, length_min: int, hours: int) -> None:
    found = plan(rotation(f'turn_days = 1\non = "workdays"\nhours = ["0{hours}:30", "1{hours}:00"]'))
    from_ns = at("2026-01-05T00:00") + start_min * 60 * S
    to_ns = from_ns + length_min * 60 * S
    taken = Override("duty", "first", "zhao", from_ns + 7 * HOUR, from_ns + 9 * HOUR, "li", 1)
    watches = calendar(found, (taken,), from_ns, to_ns)
    for team, role in found.roles():
        own = [watch for watch in watches if (watch.team, watch.role) == (team, role)]
        assert (own[0].from_ns, own[-1].to_ns) == (from_ns, to_ns)
        assert all(one.to_ns == two.from_ns and one.duty != two.duty for one, two in pairwise(own))
        for watch in own:
            for moment in (watch.from_ns, (watch.from_ns + watch.to_ns) // 2 // S * S, watch.to_ns - S):
                assert who(found, (taken,), team, role, moment) == watch.duty


def test_times_are_those_of_the_zone() -> None:
    assert in_ns(datetime(2026, 1, 5, 8, tzinfo=SHANGHAI)) == in_ns(datetime(2026, 1, 5, 0, tzinfo=UTC))
    assert at("2026-01-05T08:00") + round(timedelta(days=1).total_seconds()) * S == at("2026-01-06T08:00")


# ---------------------------------------------------------------- hand-overs
SIGNED = PLAIN + "handover_signed = true\n"


def test_a_hand_over_is_where_a_signed_duty_goes_to_somebody_else() -> None:
    span = at("2026-01-05T12:00"), at("2026-01-07T12:00")
    days = [Change("duty", "first", at(f"2026-01-0{day}T08:00")) for day in (6, 7)]
    assert hand_overs(read_plan(SIGNED), (), *span) == days
    assert hand_overs(read_plan(PLAIN), (), *span) == []
    stays = override(first(read_plan(SIGNED), "2026-01-05T12:00") or "", "2026-01-06T08:00", "2026-01-07T08:00")
    assert hand_overs(read_plan(SIGNED), [stays], *span) == []


def test_who_comes_back_after_a_gap_has_nothing_to_hand_over() -> None:
    span = at("2026-01-05T12:00"), at("2026-01-08T12:00")
    days = SIGNED + 'hours = ["08:00", "20:00"]\n'
    assert hand_overs(read_plan(days.replace('"yang", "bai"', '"yang"')), (), *span) == []
    assert len(hand_overs(read_plan(days), (), *span)) == 3
