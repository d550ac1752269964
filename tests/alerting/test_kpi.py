"""The KPIs of small periods whose numbers are known by hand."""

from collections.abc import Sequence
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.kpi import ACK_S, Measure, Report, Town, report, town_of
from alerting.kpi_texts import PATTERNS, REMEDIES, TEXTS, Pattern
from domain.alarm import Alarm, AlarmKind, Cause, Condition, Life
from domain.asset import Assets, Device, DeviceKind
from domain.period import Handled, Line, Period, Sent
from domain.record import NoticeState

S = 1_000_000_000
MIN, HOUR, DAY = 60 * S, 3600 * S, 86_400 * S
FROM, TO = 100 * DAY, 101 * DAY
TOWN = Town(10, frozenset({"S1"}))


def line(event: str, at: int, name: str = "a", occurrence: int = 1, **changes: object) -> Line:
    known = Line(name, occurrence, event, AlarmKind.GAS_LOW, 3, "G1", "S1", "i1", "", FROM + at)
    return known._replace(**changes)  # type: ignore[arg-type]


def cycle(at: int, name: str = "a", occurrence: int = 1, lasts: int = 20 * MIN, **changes: object) -> list[Line]:
    """An alarm that is raised, asks, and returns."""
    return [
        line("raise", at, name, occurrence, **changes),
        line("annunciate", at, name, occurrence, **changes),
        line("return", at + lasts, name, occurrence, **changes),
    ]


def row(name: str = "a", *, life: Life, first: int = 0, raised: int = 0) -> Alarm:
    return Alarm(name, AlarmKind.GAS_LOW, "G1", "G1", "S1", "Z1", life, first_ns=FROM + first, raised_ns=FROM + raised)


def judged(lines: Sequence[Line] = (), **more: Sequence[object]) -> Report:
    ordered = sorted(lines, key=lambda one: one.time_ns)
    return report(Period(FROM, TO, ordered, **more), TOWN)  # type: ignore[arg-type]


def measure(found: Report, name: str) -> Measure:
    return next(one for one in found.measures if one.name == name)


def value(found: Report, name: str) -> float | None:
    return measure(found, name).value


ACTIVE = Life(Condition.ACTIVE, level=1, acknowledged=False, occurrence=1)


# ---------------------------------------------------------------- how many


def test_every_number_has_a_name_and_a_formula_and_every_text_a_number() -> None:
    assert [one.name for one in judged().measures] == list(dict.fromkeys(one.name for one in judged().measures))
    assert {one.name for one in judged().measures} == set(TEXTS)
    assert set(PATTERNS) == set(REMEDIES) == set(Pattern)


def test_an_empty_period_has_no_shares_and_breaks_no_target() -> None:
    found = judged()
    assert [one.name for one in found.measures if one.met is False] == []
    assert value(found, "mix_high") is None
    assert value(found, "rate") == 0
    assert (found.sites, found.devices, found.bad_actors) == ([], [], [])


def test_rate_and_peaks_count_what_asks_a_person_within_the_period() -> None:
    times = [n * MIN for n in range(12)] + [5 * HOUR, 5 * HOUR + 30 * MIN]
    found = judged([one for n, at in enumerate(times) for one in cycle(at, f"a{n}")] + cycle(-HOUR, "before"))
    assert value(found, "rate") == pytest.approx(14 / 144)
    assert (value(found, "upset"), measure(found, "upset").met) == (10, True)
    assert value(found, "peak") == 12
    assert value(found, "flood") == pytest.approx(8 * MIN / DAY)  # from the tenth until the eighth has left
    assert value(found, "top10") == pytest.approx(10 / 14)


def test_the_mix_is_of_the_occurrences_that_ask() -> None:
    lines = [one for n, priority in enumerate((1, 2, 3, 3, 4)) for one in cycle(n * HOUR, f"a{n}", priority=priority)]
    found = judged(lines)
    assert [value(found, f"mix_{name}") for name in ("high", "medium", "low")] == [0.4, 0.4, 0.2]
    assert measure(found, "mix_low").met is False


@given(st.lists(st.tuples(st.integers(-3600, 86_399), st.integers(1, 4), st.sampled_from("abc")), max_size=30))
def test_the_shares_of_sites_devices_and_priorities_add_up(drawn: list[tuple[int, int, str]]) -> None:
    lines = [
        line("annunciate", at * S, name, n, priority=priority, device=name, site=name)
        for n, (at, priority, name) in enumerate(drawn)
    ]
    found = judged(lines)
    inside = sum(at >= 0 for at, _, _ in drawn)
    assert (
        sum(load.annunciations for load in found.sites) == sum(load.annunciations for load in found.devices) == inside
    )
    if inside:
        assert sum(load.share for load in found.devices) == pytest.approx(1)
        assert sum(value(found, f"mix_{name}") or 0 for name in ("high", "medium", "low")) == pytest.approx(1)
    assert all(one.annunciations >= other.annunciations for one, other in pairwise(found.devices))


# ---------------------------------------------------------------- patterns


def test_three_occurrences_within_a_minute_chatter() -> None:
    bad = [one for n in range(3) for one in cycle(n * 25 * S, "bad", n + 1, 20 * S)]
    slow = [one for n in range(3) for one in cycle(n * 35 * S, "slow", n + 1, 20 * S)]
    found = judged(bad + slow)
    assert value(found, "chattering") == 1
    assert [(actor.alarm_id, actor.patterns) for actor in found.bad_actors] == [("bad", (Pattern.CHATTERING,))]


def test_fleeting_is_what_is_over_in_ten_seconds_without_an_act() -> None:
    touched = [*cycle(HOUR, "b", lasts=10 * S), line("acknowledge", HOUR + 5 * S, "b", user="li")]
    found = judged([*cycle(0, lasts=10 * S), *touched, *cycle(0, "c", lasts=11 * S)])
    assert value(found, "fleeting") == 1
    assert found.bad_actors[0].patterns == (Pattern.FLEETING,)


def test_standing_is_longer_than_a_day_wherever_it_began() -> None:
    returned = [line("return", HOUR, "returned")]  # raised before the lines begin
    stands = row("stands", life=ACTIVE, first=-5 * DAY, raised=-5 * DAY)
    young = row("young", life=ACTIVE, first=HOUR, raised=HOUR)
    later = row("later", life=ACTIVE, first=2 * DAY, raised=2 * DAY)
    left = [line("raise", -HOUR, "left")]  # returned after the period
    found = judged([*returned, *left], standing=[stands, young, later])
    assert value(found, "standing") == 3
    assert {actor.alarm_id for actor in found.bad_actors} == {"returned", "left", "stands"}
    assert next(a.stood_s for a in found.bad_actors if a.alarm_id == "stands") == 6 * 86_400
    assert value(found, "stale") == 1
    assert [a.alarm_id for a in found.bad_actors if Pattern.STALE in a.patterns] == ["stands"]


def test_more_than_twenty_occurrences_in_an_hour_are_too_many() -> None:
    found = judged([one for n in range(21) for one in cycle(n * 150 * S, occurrence=n + 1, lasts=30 * S)])
    assert found.bad_actors[0].patterns == (Pattern.FREQUENT,)
    assert found.bad_actors[0].annunciations == 21


def test_what_is_hidden_is_always_shown() -> None:
    shelved = Life(Condition.ACTIVE, level=1, shelf_until_ns=TO + HOUR)
    out = Life(Condition.ACTIVE, level=1, oos_until_ns=TO + 2 * DAY, permit_no="7")
    explained = Life(Condition.ACTIVE, level=1, causes=(Cause("x"),))
    rows = [row(f"h{n}", life=life, raised=n * HOUR) for n, life in enumerate((shelved, out, explained))]
    found = judged(standing=rows)
    names = ("shelved", "suppressed", "out_of_service", "longest_hidden", "expiring")
    assert [value(found, name) for name in names] == [1, 1, 1, 86_400, 1]


# ---------------------------------------------------------------- how fast


def test_answers_are_counted_from_the_first_annunciation_of_their_occurrence() -> None:
    lines = [
        *cycle(0, "a"), line("annunciate", 30 * S, "a"), line("acknowledge", 60 * S, "a", user="li"),
        *cycle(HOUR, "b"), line("acknowledge", HOUR + 700 * S, "b", user="li"),
        *cycle(2 * HOUR, "overdue"), *cycle(DAY - 60 * S, "fresh", lasts=10 * S),
    ]  # fmt: skip
    found = judged(lines)
    assert (value(found, "ack_p50_3"), value(found, "ack_p95_3")) == (60, 700)
    assert measure(found, "ack_p95_3").target == ACK_S[3] == 600
    assert value(found, "ack_share_3") == pytest.approx(1 / 3)
    assert value(found, "ack_p50_1") is None


def test_handling_is_told_by_the_incidents() -> None:
    incidents = [
        Handled("i1", 1, FROM, FROM + HOUR, "leak", FROM + 10 * MIN),
        Handled("i2", 2, FROM, None, "", FROM + 40 * MIN),
    ]
    found = judged(incidents=incidents)
    assert [value(found, name) for name in ("site_1", "site_2", "stand_down_1", "stand_down_2")] == [
        600, 2400, 3600, None,
    ]  # fmt: skip
    assert (measure(found, "site_1").met, measure(found, "site_2").met) == (True, False)


def test_nobody_is_counted_as_missed_whom_another_channel_reached() -> None:
    def sent(channel: str, state: NoticeState, name: str = "a", priority: int = 1, at: int = 0) -> Sent:
        return Sent(name, 1, 0, "wang", channel, state, priority, FROM + at if at else 0)

    notices = [
        sent("aliyun_sms", NoticeState.FAILED), sent("aliyun_voice", NoticeState.DELIVERED, at=3 * S),
        sent("aliyun_sms", NoticeState.FAILED, "b"), sent("aliyun_sms", NoticeState.FAILED, "c", 3),
        sent("dingtalk", NoticeState.ACCEPTED, "d", at=9 * S), sent("email", NoticeState.PENDING, "e"),
    ]  # fmt: skip
    found = judged(cycle(0), notices=notices)
    assert [value(found, name) for name in ("undelivered_1", "undelivered", "voice")] == [1, 1, 0.5]
    assert (value(found, "accepted"), measure(found, "accepted").met) == (3, False)


# ---------------------------------------------------------------- how true


def test_false_alarms_are_counted_by_incident_device_and_alarm() -> None:
    incidents = [Handled("i1", 2, FROM, FROM + HOUR, "biogas"), Handled("i2", 2, FROM, FROM + HOUR, "leak")]
    found = judged([*cycle(0), *cycle(HOUR, "b", incident_id="i2", device="G2")], incidents=incidents)
    assert value(found, "false") == 0.5
    assert {load.name: load.false for load in found.devices} == {"G1": 1, "G2": 0}
    assert found.bad_actors[0].patterns == (Pattern.FALSE,)


def test_linkage_is_counted_where_there_is_a_valve() -> None:
    high = [
        *cycle(0, "h1", kind=AlarmKind.GAS_HIGH), *cycle(HOUR, "h2", kind=AlarmKind.GAS_HIGH, occurrence=2),
        *cycle(0, "h3", kind=AlarmKind.GAS_HIGH, site="S2"),
        *cycle(HOUR + 10 * S, "l", kind=AlarmKind.LINKAGE_FAILED, priority=1),
    ]  # fmt: skip
    assert value(judged(high), "linkage") == 0.5
    assert value(judged(high[6:9]), "linkage") is None


def test_the_online_rate_is_of_all_devices_and_the_whole_time() -> None:
    found = judged(cycle(-HOUR, kind=AlarmKind.DEVICE_SILENT, priority=4, lasts=13 * HOUR))
    assert value(found, "online") == pytest.approx(1 - 0.5 / 10)
    assert measure(found, "online").met is False


def test_a_town_is_what_stands_at_the_sites() -> None:
    devices = [Device("V1", DeviceKind.CUTOFF_VALVE, "S1"), Device("G2", DeviceKind.GAS_DETECTOR, "S2")]
    assets = Assets({}, {}, {device.id: device for device in devices})
    assert town_of(assets, None) == Town(2, frozenset({"S1"}))
    assert town_of(assets, {"S2"}) == Town(1, frozenset())


def test_of_ten_alarms_or_fewer_the_worst_ten_say_nothing() -> None:
    assert value(judged([one for n in range(10) for one in cycle(n * HOUR, f"a{n}")]), "top10") is None
