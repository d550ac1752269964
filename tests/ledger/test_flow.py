import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from domain.hazard import UNFIXED, Grade, Hazard, HazardState, HazardStep, Supervision
from ledger.flow import WAYS, Act, Duty, StepRefused, Why, due_supervision, register, take
from tests.ledger.support import DAY_NS, NUMBERS, hazard

TO_CLOSED = (HazardStep.DISPATCH, HazardStep.BEGIN, HazardStep.RECTIFY, HazardStep.PASS)


def act(step: HazardStep, user: str = "wang", day: float = 2, **changes: Any) -> Act:  # noqa: ANN401 - attributes
    return replace(Act(step=step, user=user, now_ns=round(day * DAY_NS), text="x"), **changes)


def after(*steps: HazardStep | Act, start: Hazard | None = None) -> Hazard:
    """Take steps one after the other; a re-check is another's."""
    found = start or hazard()
    for one in steps:
        checks = one in {HazardStep.PASS, HazardStep.FAIL}
        found, _ = take(found, one if isinstance(one, Act) else act(one, "zhao" if checks else "wang"), NUMBERS)
    return found


def why(found: Hazard, one: Act) -> Why:
    with pytest.raises(StepRefused) as caught:
        take(found, one, NUMBERS)
    return caught.value.why


def test_a_hazard_goes_from_registration_to_a_re_check_by_another() -> None:
    found, event = register(hazard())
    assert (event.step, event.user, event.time_ns) == (HazardStep.REGISTER, "li", DAY_NS)
    closed = after(*TO_CLOSED, start=found)
    assert (closed.state, closed.rectified_by, closed.rechecked_by) == (HazardState.CLOSED, "wang", "zhao")
    assert closed.closed_ns == 2 * DAY_NS


@pytest.mark.parametrize("name", ["rule", "object", "township", "found_by", "evidence", "responsible", "lead"])
def test_a_record_without_a_mandatory_field_is_refused(name: str) -> None:
    with pytest.raises(StepRefused) as caught:
        register(hazard(**{name: " "}))
    assert (caught.value.why, name in str(caught.value)) == (Why.FIELD, True)


def test_a_record_without_a_deadline_ahead_is_refused() -> None:
    with pytest.raises(StepRefused) as caught:
        register(hazard(deadline_ns=DAY_NS))
    assert caught.value.why is Why.DEADLINE


@pytest.mark.parametrize("step", [*TO_CLOSED, HazardStep.FAIL, HazardStep.REOPEN])
def test_no_step_can_be_skipped(step: HazardStep) -> None:
    allowed = WAYS[step].before
    for state in set(HazardState) - allowed:
        assert why(hazard(state=state), act(step)) is Why.ORDER


@pytest.mark.parametrize("step", [step for step, way in WAYS.items() if way.duty])
def test_a_step_takes_its_duty(step: HazardStep) -> None:
    duties = frozenset(Duty) - {WAYS[step].duty}
    assert why(hazard(), act(step, duties=duties)) is Why.DUTY


@pytest.mark.parametrize("step", [step for step, way in WAYS.items() if way.demands])
def test_a_step_that_needs_words_is_refused_without_them(step: HazardStep) -> None:
    state = next(iter(WAYS[step].before))
    assert why(hazard(state=state), act(step, text="  ")) is Why.FIELD


def test_what_is_not_put_right_at_once_needs_an_interim_control() -> None:
    told = after(HazardStep.DISPATCH)
    assert why(told, act(HazardStep.BEGIN, text="")) is Why.FIELD
    assert after(act(HazardStep.BEGIN, text="停用"), start=told).interim == "停用"
    safe = after(HazardStep.INTERIM, HazardStep.DISPATCH, act(HazardStep.BEGIN, text=""))
    assert (safe.state, safe.interim) == (HazardState.FIXING, "x")


def test_what_was_to_be_put_right_at_once_and_was_not_needs_one_too() -> None:
    begun = after(HazardStep.DISPATCH, act(HazardStep.BEGIN, text="", at_once=True))
    in_time, late = act(HazardStep.RECTIFY, day=3), act(HazardStep.RECTIFY, day=3.01)
    assert after(in_time, start=begun).state is HazardState.AWAITING_RECHECK
    assert why(begun, late) is Why.FIELD
    assert after(act(HazardStep.INTERIM), late, start=begun).state is HazardState.AWAITING_RECHECK


@pytest.mark.parametrize("step", [HazardStep.PASS, HazardStep.FAIL])
def test_nobody_checks_his_own_work(step: HazardStep) -> None:
    done = after(*TO_CLOSED[:3])
    assert why(done, act(step, "wang")) is Why.SAME_PERSON
    assert why(done, act(step, "owner", names=frozenset({"店主"}))) is Why.SAME_PERSON


def test_handing_it_to_another_makes_nobody_the_second_person() -> None:
    done = after(*TO_CLOSED[:3], act(HazardStep.ASSIGN, responsible="王五"))
    for step in (HazardStep.PASS, HazardStep.FAIL):
        assert why(done, act(step, "owner", names=frozenset({"店主"}))) is Why.SAME_PERSON
    again = after(HazardStep.FAIL, act(HazardStep.RECTIFY, "chen"), start=done)
    for user in ("wang", "chen", "王五"):
        assert why(again, act(HazardStep.PASS, user)) is Why.SAME_PERSON
    closed = after(HazardStep.PASS, start=again)
    anew = after(act(HazardStep.REOPEN, deadline_ns=9 * DAY_NS), *TO_CLOSED[:2], start=closed)
    assert after(act(HazardStep.RECTIFY, "chen"), act(HazardStep.PASS, "wang"), start=anew).rechecked_by == "wang"


def test_a_failed_re_check_leads_back_to_the_work() -> None:
    again = after(*TO_CLOSED[:3], HazardStep.FAIL)
    assert (again.state, again.closed_ns) == (HazardState.FIXING, None)


def test_a_hazard_that_comes_back_begins_anew_with_a_new_deadline() -> None:
    closed = after(*TO_CLOSED)
    assert why(closed, act(HazardStep.REOPEN, deadline_ns=2 * DAY_NS)) is Why.DEADLINE
    again = after(act(HazardStep.REOPEN, deadline_ns=9 * DAY_NS, text="4 m"), start=closed)
    assert (again.state, again.reopened, again.closed_ns) == (HazardState.REGISTERED, 1, None)
    assert (again.interim, again.rectified_by, again.evidence) == ("", "", "4 m")


def test_what_monitoring_still_sees_was_not_put_right() -> None:
    waiting = after(*TO_CLOSED[:3])
    assert after(act(HazardStep.SEEN, ""), start=waiting).state is HazardState.FIXING
    assert after(act(HazardStep.SEEN, "")).state is HazardState.REGISTERED


def test_a_deadline_moves_ahead_alone() -> None:
    assert after(act(HazardStep.EXTEND, deadline_ns=5 * DAY_NS)).deadline_ns == 5 * DAY_NS
    assert why(hazard(), act(HazardStep.EXTEND, deadline_ns=4 * DAY_NS)) is Why.DEADLINE


def test_somebody_is_always_responsible() -> None:
    assert after(act(HazardStep.ASSIGN, responsible=" 经理 ")).responsible == "经理"
    assert why(hazard(), act(HazardStep.ASSIGN)) is Why.FIELD


@pytest.mark.parametrize(
    ("day", "degree"),
    [
        (4, Supervision.NONE),
        (4.01, Supervision.SUPERVISED),
        (11.01, Supervision.INTERVIEW),
        (19.01, Supervision.LISTED),
    ],
)
def test_an_overdue_hazard_is_escalated_by_its_age(day: float, degree: Supervision) -> None:
    assert due_supervision(hazard(), round(day * DAY_NS), NUMBERS) is degree
    waiting = hazard(state=HazardState.AWAITING_RECHECK, supervision=Supervision.SUPERVISED)
    assert due_supervision(waiting, round(day * DAY_NS), NUMBERS) is Supervision.SUPERVISED


def test_a_person_escalates_by_one_degree_and_the_system_by_the_rulebook() -> None:
    assert why(hazard(), act(HazardStep.SUPERVISE, day=4)) is Why.NOT_OVERDUE
    assert after(act(HazardStep.SUPERVISE, day=5)).supervision is Supervision.SUPERVISED
    assert after(act(HazardStep.SUPERVISE, "", day=30)).supervision is Supervision.LISTED
    assert why(hazard(supervision=Supervision.LISTED), act(HazardStep.SUPERVISE, day=30)) is Why.NOT_OVERDUE


def test_what_is_overdue_or_major_is_put_out_of_use_until_it_is_closed() -> None:
    assert why(hazard(), act(HazardStep.OUT_OF_USE)) is Why.NOT_OVERDUE
    assert after(act(HazardStep.OUT_OF_USE, day=5)).out_of_use
    stopped = after(HazardStep.OUT_OF_USE, start=hazard(grade=Grade.MAJOR))
    assert not after(HazardStep.BACK_IN_USE, start=stopped).out_of_use
    assert not after(*TO_CLOSED, start=stopped).out_of_use


ACTS = st.builds(
    Act,
    step=st.sampled_from(list(WAYS)),
    user=st.sampled_from(["wang", "zhao", "li", ""]),
    now_ns=st.just(0),
    names=st.sampled_from([frozenset(), frozenset({"店主"})]),
    duties=st.sets(st.sampled_from(Duty), min_size=2).map(frozenset),
    text=st.sampled_from(["", "x", "x"]),
    at_once=st.booleans(),
    deadline_ns=st.integers(0, 60).map(lambda day: day * DAY_NS),
    responsible=st.sampled_from(["", "经理"]),
)
EDGES = {
    (a, b)
    for way in WAYS.values()
    for a in way.before
    for b in ({way.after or a} | ({HazardState.FIXING} if way is WAYS[HazardStep.SEEN] else set()))
}


def lived(acts: Iterable[Act]) -> list[Hazard]:
    """Give every state of a hazard, an hour between two acts; what is refused changes nothing."""
    told = [hazard()]
    for n, one in enumerate(acts):
        try:
            told.append(take(told[-1], replace(one, now_ns=DAY_NS + n * DAY_NS // 24), NUMBERS)[0])
        except StepRefused:
            continue
    return told


@settings(max_examples=50)
@given(st.lists(ACTS | st.sampled_from([act(step) for step in TO_CLOSED]), max_size=60))
def test_no_sequence_of_acts_skips_a_step_or_closes_without_a_second_person(acts: list[Act]) -> None:
    told = lived(acts)
    order = list(HazardState)
    for before, now in itertools.pairwise(told):
        assert order.index(now.state) - order.index(before.state) <= 1
        assert (before.state, now.state) in EDGES
        assert now.responsible.strip()
        assert now.deadline_ns > 0
        assert now.reopened - before.reopened == (before.state is HazardState.CLOSED and now.state is not before.state)
        if now.state is HazardState.CLOSED:
            assert now.rechecked_by not in {now.rectified_by, now.responsible}
            assert now.closed_ns is not None
            assert now.rectified_evidence.strip()
        if now.supervision > before.supervision:
            assert before.state in UNFIXED


PEOPLE = ["wang", "zhao", "li"]
HANDED = st.builds(
    act,
    st.sampled_from([HazardStep.ASSIGN, HazardStep.RECTIFY, HazardStep.FAIL, HazardStep.PASS, HazardStep.REOPEN]),
    st.sampled_from(PEOPLE),
    responsible=st.sampled_from(PEOPLE),
    deadline_ns=st.just(60 * DAY_NS),
)


@settings(max_examples=50)
@given(st.lists(HANDED, max_size=12))
def test_whoever_had_it_in_his_hands_since_it_was_opened_never_checks_it(acts: list[Act]) -> None:
    start = hazard(state=HazardState.FIXING, responsible="li", interim="停用")
    told, hands = start, {"li"}
    for n, one in enumerate(acts):
        try:
            now, event = take(told, replace(one, now_ns=(2 + n) * DAY_NS), NUMBERS)
        except StepRefused:
            continue
        if event.step in {HazardStep.PASS, HazardStep.FAIL}:
            assert event.user not in hands
        if event.step is HazardStep.REOPEN:
            now, hands = replace(now, state=HazardState.FIXING, interim="停用"), set()
        hands |= {now.responsible} | ({event.user} if event.step is HazardStep.RECTIFY else set())
        told = now
