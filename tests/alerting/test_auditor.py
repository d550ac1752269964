"""The auditor at plain facts: alarms that ask, and what the outbox holds of them."""

import ast
from dataclasses import replace
from pathlib import Path

import pytest

from alerting.auditor import audit
from domain.alarm import Alarm, AlarmKind, Condition, Life
from domain.asset import Assets
from domain.record import Notice
from tests.alerting.plans import plan

S = 1_000_000_000
AFTER_S = 30
P1 = Alarm(
    "a",
    AlarmKind.LINKAGE_FAILED,
    "DL-GD-0001",
    "DL-GD-0001",
    "S1",
    "Z1",
    Life(condition=Condition.ACTIVE, acknowledged=False, occurrence=1, level=1),
    priority=1,
    raised_ns=0,
)


def notice(step: int, due_s: int) -> Notice:
    return Notice(f"a/1/{step}/yang/sms", "a", 1, "sms", "yang", "{}", due_ns=due_s * S, step=step)


def faults(alarm: Alarm, assets: Assets, now_s: int, *notices: Notice, more: str = "") -> list[str]:
    told = {alarm.id: notices}
    found = audit(
        [alarm], told, accepted=("c",), plan=plan(more), assets=assets, now_ns=now_s * S, after_ns=AFTER_S * S
    )
    return [fault.reason for fault in found]


@pytest.mark.parametrize(("now_s", "expected"), [(30, []), (31, ["untold"])])
def test_an_alarm_of_which_nobody_was_told_is_found_after_its_time(
    assets: Assets, now_s: int, expected: list[str]
) -> None:
    assert faults(P1, assets, now_s) == expected


def test_steps_in_time_are_no_fault(assets: Assets) -> None:
    assert faults(P1, assets, 89, notice(0, 0)) == []
    assert faults(P1, assets, 149, notice(0, 0), notice(1, 60)) == []


@pytest.mark.parametrize("now_s", [90, 149])
def test_a_missing_step_at_priority_one_is_found(assets: Assets, now_s: int) -> None:
    assert faults(P1, assets, now_s, notice(0, 0)) == ["skipped"]


def test_a_missing_repetition_is_found(assets: Assets) -> None:
    steps = [notice(n, due) for n, due in enumerate([0, 60, 120, 300])]
    assert faults(P1, assets, 629, *steps) == []
    assert faults(P1, assets, 630, *steps) == ["skipped"]
    assert faults(P1, assets, 630, *steps, notice(4, 600)) == []


def test_a_step_that_found_nobody_is_passed(assets: Assets) -> None:
    assert faults(P1, assets, 140, notice(0, 0), notice(2, 60)) == []


def test_below_priority_one_a_return_may_have_ended_it(assets: Assets) -> None:
    alarm = replace(P1, kind=AlarmKind.GAS_LOW, priority=3)
    assert faults(alarm, assets, 10_000, notice(0, 0)) == []
    assert faults(alarm, assets, 10_000) == ["untold"]


def test_what_the_tables_leave_to_the_page_is_no_fault(assets: Assets) -> None:
    assert faults(replace(P1, kind=AlarmKind.DEVICE_FAULT, priority=4), assets, 10_000) == []


@pytest.mark.parametrize(("hours", "expected"), [('["07:00", "09:00"]', []), ('["20:00", "06:00"]', ["untold"])])
def test_tables_of_some_hours_hold_then(assets: Assets, hours: str, expected: list[str]) -> None:
    # raised at 08:00 in Shanghai
    own = f'[[table]]\nname = "quiet"\npriorities = [2]\nkinds = ["power_lost"]\nhours = {hours}\n'
    alarm = replace(P1, kind=AlarmKind.POWER_LOST, priority=2)
    assert faults(alarm, assets, 10_000, more=own) == expected


def test_it_shares_no_code_with_the_escalation() -> None:
    root = Path(__file__).parents[2]
    for file in ("alerting/auditor.py", "alerting/understudy.py", "app/roles/audit.py"):
        tree = ast.parse((root / file).read_text(encoding="utf-8"))
        named = {node.module for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
        assert not named & {
            f"alerting.{name}" for name in ("escalation", "escalator", "oncall", "ways", "desk", "notices")
        }
