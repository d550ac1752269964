"""The auditor's own way to start a step, held against the escalation that it stands in for."""

from collections.abc import Callable
from pathlib import Path

import pytest

from alerting.auditor import audit
from alerting.desk import Desk
from alerting.oncall import called
from alerting.plan import Plan, place_of, read_plan
from alerting.understudy import Means, on_duty, start
from domain.alarm import Alarm, AlarmKind, alarm_id
from domain.asset import Assets
from domain.duty import Override, StoredPlan
from domain.record import Notice, Way
from store.records import Records
from tests.alerting.plans import CHANNELS, TEXT, plan
from tests.alerting.test_desk import DEVICE, onset
from tests.alerting.test_escalator import P1, Duty

S, H = 1_000_000_000, 3600
AFTER_S = 30
HOURS = """
[[rotation]]
team = "street"
role = "first"
people = ["zhao"]
begins = 1970-01-02
ends = 1970-01-20
hours = ["20:00", "06:00"]
on = "workdays"
[[rotation]]
team = "street"
role = "leader"
people = ["wang", "bai"]
begins = 1970-01-01
turn_days = 2
hours = ["06:00", "20:00"]
on = "holidays"
"""


class Ward(Duty):
    """A duty whose watch may stand still while an auditor looks."""

    def __init__(self, records: Records, desk: Desk, assets: Assets) -> None:
        super().__init__(records, desk)
        self.means = Means(plan(), assets, CHANNELS)
        with records.unit() as unit:
            unit.add_plan(StoredPlan(TEXT, "li", 0))

    def look(self, at_s: int) -> int:
        asking = [alarm for alarm in self.records.alarms(standing=True) if alarm.life.annunciated]
        told = {alarm.id: self.records.notices(alarm_id=alarm.id) for alarm in asking}
        numbers = {"now_ns": at_s * S, "after_ns": AFTER_S * S}
        found = list(audit(asking, told, accepted=(), plan=plan(), assets=self.means.assets, **numbers))
        with self.records.unit() as unit:
            return sum(start(unit, fault, self.means, at_s * S) for fault in found)

    def calls(self) -> list[tuple[str, str, str, tuple[Way, ...], int]]:
        found = self.records.notices(alarm_id=alarm_id(DEVICE, P1))
        return sorted((n.key, n.channel, n.address, n.then, n.receipt_s) for n in found)


@pytest.fixture
def ward(records: Records, build_desk: Callable[..., Desk], assets: Assets) -> Ward:
    return Ward(records, build_desk(*CHANNELS), assets)


@pytest.mark.untraced
def test_what_it_starts_is_what_the_escalation_would_have_started(
    ward: Ward, tmp_path: Path, build_desk: Callable[..., Desk], assets: Assets
) -> None:
    other = Records(f"sqlite:///{tmp_path / 'other.db'}")
    other.upgrade()
    sound = Ward(other, build_desk(*CHANNELS), assets)
    for one in (ward, sound):
        one.hear(onset(0, kind=P1))
    sound.live(600)
    for second in range(30, 690, 30):
        ward.look(second)
    assert ward.calls() == sound.calls()
    assert {n.step for n in sound.records.notices()} == {0, 1, 2, 3, 4}
    assert [entry.user for entry in ward.records.audit()] == ["auditor"] * 4
    other.close()


def test_a_watch_that_comes_back_calls_nobody_twice_and_goes_on(ward: Ward) -> None:
    ward.hear(onset(0, kind=P1))
    ward.look(95)
    assert ward.told_to(P1, step=1) != []
    before = ward.calls()
    ward.live(115, from_s=100)
    assert ward.calls() == before
    ward.tick(120)
    assert {step for step, _, _ in ward.told_to(P1)} == {0, 1, 2}


def test_of_missed_repetitions_it_starts_one_and_none_twice(ward: Ward) -> None:
    ward.hear(onset(0, kind=P1))
    for second in (400, 3_000, 3_020, 3_290):
        ward.look(second)
    assert max(step for step, _, _ in ward.told_to(P1)) == 4
    ward.tick(3_295)
    assert max(step for step, _, _ in ward.told_to(P1)) == 4
    ward.tick(3_300)
    assert max(step for step, _, _ in ward.told_to(P1)) == 5


def test_an_alarm_of_which_nobody_was_told_gets_its_first_step_and_an_escalation(ward: Ward) -> None:
    deaf = Duty(ward.records, Desk(definitions=ward.desk._definitions, assets=ward.means.assets, configuration="v1"))  # noqa: SLF001
    deaf.hear(onset(0))
    assert ward.look(30) == 0
    assert ward.look(31) == 3
    assert ward.told_to() == [(0, "wang", "sms_a"), (0, "yang", "chat"), (0, "yang", "sms_a")]
    assert ward.escalation() == (1, 180, "")
    assert ward.look(61) == 0


def test_it_starts_nothing_for_an_alarm_that_was_answered_meanwhile(ward: Ward) -> None:
    ward.hear(onset(0, kind=P1))
    [alarm] = ward.records.alarms()
    faults = list(
        audit([alarm], {}, accepted=(), plan=plan(), assets=ward.means.assets, now_ns=60 * S, after_ns=AFTER_S * S)
    )
    ward.act("acknowledge", at_s=50, kind=P1)
    with ward.records.unit() as unit:
        assert [start(unit, fault, ward.means, 60 * S) for fault in faults] == [0]


def test_where_no_channel_is_there_nothing_is_started_and_nothing_moved(ward: Ward) -> None:
    ward.hear(onset(0, kind=P1))
    before = ward.escalation(P1)
    ward.means = ward.means._replace(channels=())
    assert ward.look(100) == 0
    assert ward.escalation(P1) == before


def test_an_escalation_that_ended_without_an_answer_is_taken_up_again(ward: Ward) -> None:
    ward.hear(onset(0, kind=P1))
    with ward.records.unit() as unit:
        ward.desk._escalator._stop(unit, ward.alarm(P1), "hidden", 5 * S)  # noqa: SLF001 - as a mistake would
    ward.tick(95)
    assert ward.look(95) > 0
    assert ward.escalation(P1)[2] == ""


@pytest.mark.parametrize("text", [TEXT, TEXT + HOURS])
def test_it_finds_the_same_people_as_the_plan_at_any_hour(text: str, assets: Assets) -> None:
    found: Plan = read_plan(text)
    overrides = [
        Override("duty", "first", "zhao", 30 * H * S, 40 * H * S, "li", 1, id=1),
        Override("duty", "first", "wang", 35 * H * S, 38 * H * S, "li", 1, id=2),
        Override("street", "leader", "yang", 50 * H * S, 60 * H * S, "li", 3, dropped_ns=4, id=3),
    ]
    for site in ("S1", ""):
        alarm = Alarm("a", AlarmKind.GAS_HIGH, DEVICE, DEVICE, site, "Z1")
        for half_hour in range(-48, 24 * 2 * 22, 3):
            at_ns = half_hour * 1800 * S
            for role in ("first", "second", "leader", "owner", "nobody"):
                expected = called(found, overrides, role, place_of(site, assets), at_ns)
                assert on_duty(Means(found, assets, ()), overrides, role, alarm, at_ns) == expected


def test_a_carrier_that_was_never_accepted_is_a_fault(assets: Assets, ward: Ward) -> None:
    ward.hear(onset(0))
    [alarm] = ward.records.alarms()
    carried = Notice("a/1/0/yang/sms", alarm.id, 1, "sms", "yang", "{}", due_ns=0, accepted_ns=5, carrier="c")

    def faults(*accepted: str) -> list[str]:
        numbers = {"now_ns": 40 * S, "after_ns": AFTER_S * S}
        found = audit([alarm], {alarm.id: [carried]}, accepted=accepted, plan=plan(), assets=assets, **numbers)
        return [fault.reason for fault in found]

    assert faults("c") == []
    assert faults() == ["uncarried"]
