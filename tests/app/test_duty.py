"""What `watch` says of the duty plan, and what becomes of it in the log."""

import threading
from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import replace

from api.handovers import SIGN, TAKE
from app.roles.duty import Duties, DutyWatch
from app.roles.ourselves import Health
from domain.alarm import AlarmKind
from domain.duty import Override, StoredPlan
from domain.errors import StoreUnavailable
from domain.record import AuditEntry
from tests.alerting.plans import TEXT
from tests.app.support import START_NS, Plant, S, Tape, catch_up, configuration, wait_for

MIN, HOUR, DAY = 60 * S, 3_600 * S, 86_400 * S
GAP, NOBODY, UNSIGNED = AlarmKind.ONCALL_GAP, AlarmKind.NOBODY_ON_CALL, AlarmKind.HANDOVER_UNSIGNED
CHANGE_NS = START_NS + 20 * HOUR
"""Eight o'clock of the next morning in Shanghai."""
SIGNED = TEXT.replace('handover = "08:00"', "handover_signed = true")


def ending(day: int) -> str:
    """A plan whose leader's last day is in the month in which the tests' clock begins, on the fifteenth."""
    whole = 'people = ["zhao"]\nbegins = 1970-01-01'
    return TEXT.replace(whole, f"{whole}\nends = 2026-01-{day}")


def plan_of(plant: Plant, text: str = TEXT) -> None:
    with plant.records.unit() as unit:
        unit.add_plan(StoredPlan(text, "li", 0))


def duty(plant: Plant) -> DutyWatch:
    return DutyWatch(plant.records, configuration().rulebook)


def levels(found: list[Health]) -> dict[str, int]:
    return {health.kind: health.level for health in found}


def test_without_a_plan_nothing_is_missing(plant: Plant) -> None:
    assert levels(duty(plant).changes(START_NS)) == {GAP: 0, NOBODY: 0, UNSIGNED: 0}


def test_says_how_it_stands_at_the_start_and_then_changes_alone(plant: Plant) -> None:
    plan_of(plant)
    watch = duty(plant)
    assert levels(watch.changes(START_NS)) == {GAP: 0, NOBODY: 0, UNSIGNED: 0}
    assert [watch.changes(START_NS + second * S) for second in range(1, 20)] == [[]] * 19


def test_a_gap_ahead_is_level_one_and_soon_level_two(plant: Plant) -> None:
    plan_of(plant, ending(20))
    watch = duty(plant)
    first = next(health for health in watch.changes(START_NS) if health.kind == GAP)
    assert (first.level, first.reason) == (1, "duty/leader")
    assert 0 < first.value - 24 * 5 < 24
    later = watch.changes(START_NS + 5 * DAY)
    assert levels(later) == {GAP: 2}


def test_a_gap_beyond_two_weeks_is_not_yet_one(plant: Plant) -> None:
    plan_of(plant, ending(30))
    assert levels(duty(plant).changes(START_NS))[GAP] == 0


def test_an_override_fills_a_gap_within_seconds(plant: Plant) -> None:
    plan_of(plant, ending(20))
    watch = duty(plant)
    watch.changes(START_NS)
    with plant.records.unit() as unit:
        unit.add_override(Override("duty", "leader", "wang", START_NS, START_NS + 60 * DAY, "li", START_NS))
    assert levels(watch.changes(START_NS + 6 * S)) == {GAP: 0}


def test_a_plan_that_cannot_be_read_is_no_gap_of_its_own(plant: Plant) -> None:
    plan_of(plant, "person = 3")
    assert levels(duty(plant).changes(START_NS))[GAP] == 0


def test_records_that_are_away_are_asked_again(plant: Plant) -> None:
    class Away:
        """Records that come back."""

        def __init__(self) -> None:
            self.away = True

        def duties(self) -> AbstractContextManager[Duties]:
            if self.away:
                raise StoreUnavailable("locked")
            return plant.records.duties()

        def audit(
            self, limit: int = 200, after: int = 0, *, actions: Collection[str] | None = None
        ) -> list[AuditEntry]:
            return plant.records.audit(limit, after, actions=actions)

    records = Away()
    watch = DutyWatch(records, configuration().rulebook)
    assert watch.changes(START_NS) == []
    records.away = False
    assert len(watch.changes(START_NS + 6 * S)) == 3


def test_an_alarm_that_found_nobody_is_an_alarm_until_it_is_answered(plant: Plant) -> None:
    plan_of(plant, TEXT.replace('role = "first"', 'role = "fourth"').replace('"S1"', '"S2"'))
    tape = Tape()
    tape.say("G1", 1, gas_pct_lel=60)
    tape.tick(2)
    plant.log.append(tape.entries)
    catch_up(plant.watch())
    watch = duty(plant)
    assert levels(watch.changes(tape.now_ns)) == {GAP: 0, NOBODY: 1, UNSIGNED: 0}
    with plant.records.unit() as unit:
        for alarm in plant.records.alarms(standing=True):
            running = unit.escalation(alarm.id, 1)
            assert running is not None
            unit.save_escalation(replace(running, ended_ns=1))
    assert levels(watch.changes(tape.now_ns + 6 * S)) == {NOBODY: 0}


def test_the_watch_puts_it_into_the_log_and_the_alarm_stands(plant: Plant) -> None:
    plan_of(plant, ending(15))
    plant.clock.now_ns = START_NS + 2 * DAY
    stop = threading.Event()

    def end() -> None:
        wait_for(lambda: plant.records.alarms(kind=GAP))
        stop.set()

    waiter = threading.Thread(target=end)
    waiter.start()
    plant.watch(duty=duty(plant)).run(stop)
    waiter.join(10)
    (alarm,) = plant.records.alarms(kind=GAP)
    assert (alarm.priority, alarm.reason) == (3, "duty/leader")


# ---------------------------------------------------------------- hand-overs


def sign(plant: Plant, at_ns: int, action: str = TAKE) -> None:
    with plant.records.unit() as unit:
        unit.audit(AuditEntry(at_ns, "li", action, "h1"))


def unsigned(watch: DutyWatch, at_ns: int) -> list[tuple[int, str]]:
    return [(health.level, health.reason) for health in watch.changes(at_ns) if health.kind == UNSIGNED]


def test_a_hand_over_without_two_signatures_is_told_after_a_quarter_of_an_hour_until_it_has_them(plant: Plant) -> None:
    plan_of(plant, SIGNED)
    watch = duty(plant)
    sign(plant, CHANGE_NS - 61 * MIN)  # of the shift before
    assert unsigned(watch, CHANGE_NS + 14 * MIN) == [(0, "")]
    assert unsigned(watch, CHANGE_NS + 15 * MIN) == [(1, "duty/first")]
    sign(plant, CHANGE_NS + 16 * MIN, SIGN)
    assert unsigned(watch, CHANGE_NS + 17 * MIN) == []
    sign(plant, CHANGE_NS + 20 * MIN)
    assert unsigned(watch, CHANGE_NS + 21 * MIN) == [(0, "")]
    assert unsigned(watch, CHANGE_NS + DAY + 16 * MIN) == [(1, "duty/first")]


def test_signed_shortly_before_the_change_is_signed(plant: Plant) -> None:
    plan_of(plant, SIGNED)
    sign(plant, CHANGE_NS - 10 * MIN)
    assert unsigned(duty(plant), CHANGE_NS + 16 * MIN) == [(0, "")]


def test_a_plan_that_does_not_ask_for_signatures_or_is_newer_than_the_change_raises_nothing(plant: Plant) -> None:
    plan_of(plant)
    watch = duty(plant)
    assert unsigned(watch, CHANGE_NS + 16 * MIN) == [(0, "")]
    with plant.records.unit() as unit:
        unit.add_plan(StoredPlan(SIGNED, "li", CHANGE_NS + 17 * MIN))
    assert unsigned(watch, CHANGE_NS + 18 * MIN) == []
