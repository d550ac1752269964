"""What a stand-down demands."""

from dataclasses import replace

import pytest

from alerting.standdown import Lack, Missing, Point, Valve, missing, needs_proof
from domain.alarm import Alarm, AlarmKind, Condition, Life
from domain.handling import HandlingStep, StepKind
from domain.record import Incident

BACK = Alarm("a1", AlarmKind.GAS_HIGH, "G1", "G1", "S1", "Z1", raised_ns=100)
STANDS = replace(BACK, life=Life(condition=Condition.ACTIVE, level=1, occurrence=1))
CLOSED, OPEN = Valve("V1", closed=True), Valve("V1", closed=False)
CLEAR = Point("G1", 2.0, 12.0, whole=True)
RECHECK = HandlingStep("i1", StepKind.RECHECK, "wang", 200)
ISOLATE = HandlingStep("i1", StepKind.ISOLATE, "wang", 150)


def lacks(
    members: tuple[Alarm, ...] = (BACK,),
    valves: tuple[Valve, ...] = (CLOSED,),
    points: tuple[Point, ...] = (CLEAR,),
    steps: tuple[HandlingStep, ...] = (RECHECK,),
) -> list[Lack]:
    return [one.lack for one in missing(members, valves, points, steps, "li")]


def test_with_everything_there_nothing_is_missing() -> None:
    assert lacks() == []


@pytest.mark.parametrize(
    ("change", "lack"),
    [
        ({"members": (BACK, STANDS)}, Lack.STANDING),
        ({"valves": (CLOSED, OPEN)}, Lack.NOT_ISOLATED),
        ({"valves": ()}, Lack.NOT_ISOLATED),
        ({"points": (CLEAR, Point("G2", 12.0, 12.0, whole=True))}, Lack.STILL_GAS),
        ({"points": (CLEAR, Point("G2", None, 12.0, whole=False))}, Lack.NO_DATA),
        ({"steps": ()}, Lack.NO_RECHECK),
        ({"steps": (replace(RECHECK, user="li"),)}, Lack.NO_RECHECK),
        ({"steps": (replace(RECHECK, time_ns=99),)}, Lack.NO_RECHECK),
    ],
)
def test_each_thing_alone_is_enough_to_refuse(change: dict[str, tuple[object, ...]], lack: Lack) -> None:
    assert lacks(**change) == [lack]  # type: ignore[arg-type]  # the table is one of keyword arguments


def test_the_word_of_a_named_person_stands_for_a_valve_without_feedback() -> None:
    assert lacks(valves=(OPEN,), steps=(RECHECK, ISOLATE)) == []
    assert lacks(valves=(), steps=(RECHECK, ISOLATE)) == []


def test_says_where_in_both_languages() -> None:
    found = missing([STANDS], [OPEN], [Point("G2", 13.0, 12.0, whole=True)], [], "li")
    assert [one.where for one in found] == [("a1",), ("V1",), ("G2",), ()]
    assert found[2].text == "浓度未持续低于解除限 / not below the clear level for long enough: G2"
    assert Missing(Lack.NO_RECHECK).text == "缺第二人复测确认 / the re-check of a second person"


@pytest.mark.parametrize(
    ("priority", "votes", "needed"),
    [
        (1, (("gas_high", 1),), True),
        (2, (("device_silent", 3), ("well_gas", 1)), True),
        (2, (("manhole_gas/biogas", 1),), True),
        (3, (("gas_low", 1),), False),
        (2, (("device_silent", 1),), False),
        (1, (), False),
    ],
)
def test_gas_of_the_two_worst_priorities_needs_proof(
    priority: int, votes: tuple[tuple[str, int], ...], *, needed: bool
) -> None:
    assert needs_proof(Incident("i1", "S1", "Z1", priority, 0, votes=votes)) is needed
