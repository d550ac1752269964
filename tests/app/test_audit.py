"""The auditor's role at real records, while watch or senders stand still."""

import threading
from collections.abc import Iterator

import msgspec
import pytest

from app.roles import audit
from app.roles.audit import Auditor, Beside, Late, Patience, Ways, run_auditor
from app.roles.ourselves import Health
from domain.alarm import Alarm, AlarmKind, Condition, Life
from domain.duty import StoredPlan
from domain.errors import StoreUnavailable
from domain.finding import Finding
from domain.frame import HEALTH_TOPIC
from domain.record import Notice, NoticeState
from tests.alerting.plans import CHANNELS, TEXT
from tests.app.support import Plant, S, Tape, catch_up, configuration, wait_for

PATIENCE = Patience(30 * S, 300 * S)


class Room:
    """An auditor, what it says to the log, and whom it tells."""

    def __init__(self, plant: Plant) -> None:
        self.told: list[Finding] = []
        self.plant = plant
        self.auditor = Auditor(plant.records, configuration().assets, PATIENCE, plant.log.append, self.told.append)

    def said(self) -> list[tuple[int, str]]:
        frames = [frame.payload for frame in self.plant.log.read(0, 1_000) if frame.topic == HEALTH_TOPIC]
        return [(h.level, h.reason) for h in (msgspec.json.decode(frame, type=Health) for frame in frames)]


@pytest.fixture
def room(plant: Plant) -> Room:
    return Room(plant)


def leak(plant: Plant) -> int:
    """Raise alarms; give when."""
    tape = Tape()
    tape.say("G1", 1, gas_pct_lel=60)
    tape.tick(1)
    plant.log.append(tape.entries)
    catch_up(plant.watch())
    return tape.now_ns


def send_all(plant: Plant, now_ns: int) -> Iterator[None]:
    while leased := plant.records.lease_notices(now_ns, 12 * S, 50):
        for one in leased:
            values = {name: getattr(one, name) for name in one.__slots__}
            plant.records.settle_notice(type(one)(**(values | {"state": NoticeState.ACCEPTED})))
        yield


def test_all_well_is_said_once(room: Room) -> None:
    assert [room.auditor.look(n * S).total() for n in range(3)] == [0, 0, 0]
    assert room.said() == [(0, "")]
    assert room.told == []


def test_notices_that_nobody_sends_are_told_at_once_and_over_when_they_are_sent(plant: Plant, room: Room) -> None:
    now_ns = leak(plant)
    room.auditor.look(now_ns + 20 * S)
    room.auditor.look(now_ns + 40 * S)
    assert [(finding.kind, finding.reason) for finding in room.told] == [("escalation_fault", "overdue")]
    room.auditor.look(now_ns + 70 * S)
    assert len(room.told) == 1
    room.auditor.look(now_ns + 400 * S)
    assert len(room.told) == 2
    list(send_all(plant, now_ns + 400 * S))
    room.auditor.look(now_ns + 430 * S)
    assert room.said() == [(0, ""), (2, "overdue"), (0, "")]


def test_a_sender_that_never_came_back_is_found(plant: Plant, room: Room) -> None:
    now_ns = leak(plant)
    plant.records.lease_notices(now_ns, 12 * S, 50)
    assert room.auditor.look(now_ns + 40 * S).total() == 0
    assert room.auditor.look(now_ns + 43 * S)["overdue"] > 0


def test_in_a_storm_lower_priorities_wait_for_each_other_behind_a_sender_that_moves(plant: Plant, room: Room) -> None:
    turned = {"x": 0}
    beside = Beside(turned.copy)
    auditor = Auditor(
        plant.records, configuration().assets, PATIENCE, plant.log.append, room.told.append, beside=beside
    )

    def overdue(now_s: int, moved_s: int) -> int:
        turned["x"] = moved_s * S
        return auditor.look(now_s * S)["overdue"]

    with plant.records.unit() as unit:
        unit.save(Alarm("a", AlarmKind.GAS_LOW, "G1", "G1", "S1", "Z1"))
        for number in range(100):
            unit.notice(Notice(f"a/1/{number}//x", "a", 1, "x", "", "{}", due_ns=0, priority=2 + number % 3))
    assert overdue(299, 298) == 0
    assert room.told == []
    assert overdue(299, 200) == 100  # nobody sends at all
    assert overdue(301, 300) == 100  # nobody was told for so long
    with plant.records.unit() as unit:
        unit.notice(Notice("a/1/0//x 1", "a", 1, "x", "", "{}", due_ns=200 * S, priority=1))
    assert overdue(299, 298) == 1


def test_an_alarm_of_which_nobody_was_told_is_found(plant: Plant, room: Room) -> None:
    now_ns = leak(plant)  # without a plan: one notice for the only channel, which is not that of an escalation
    with plant.records.unit() as unit:
        unit.add_plan(StoredPlan(TEXT, "li", 0))
    list(send_all(plant, now_ns))
    assert room.auditor.look(now_ns + 40 * S) == {}
    plant.records.downgrade()
    plant.records.upgrade()
    with plant.records.unit() as unit:
        unit.add_plan(StoredPlan(TEXT, "li", 0))
    plant.log.append([])
    catch_up(plant.watch())  # a plan whose channels are not there reaches nobody
    found = room.auditor.look(now_ns + 40 * S)
    assert found["untold"] > 0
    assert room.told[-1].reason in {"untold", "skipped"}


def test_it_starts_a_missing_step_itself_once_and_is_content(plant: Plant) -> None:
    life = Life(condition=Condition.ACTIVE, acknowledged=False, occurrence=1, level=1)
    with plant.records.unit() as unit:
        unit.add_plan(StoredPlan(TEXT, "li", 0))
        unit.save(Alarm("a", AlarmKind.LINKAGE_FAILED, "G1", "G1", "S1", "Z1", life, priority=1, raised_ns=S))
    told: list[Finding] = []
    ways = Ways(CHANNELS, "https://gas.example")
    auditor = Auditor(plant.records, configuration().assets, PATIENCE, plant.log.append, told.append, ways=ways)
    assert auditor.look(1_000 * S) == {"untold": 1}
    written = plant.records.notices()
    assert {(notice.step, notice.priority) for notice in written} == {(0, 1)}
    assert "https://gas.example/answer/" in written[0].body
    assert auditor.look(1_001 * S) == {}
    assert plant.records.notices() == written
    assert len(told) == 1


def test_its_own_senders_take_what_is_of_priority_one_and_late_and_nobody_takes_it_twice(plant: Plant) -> None:
    with plant.records.unit() as unit:
        unit.save(Alarm("a", AlarmKind.LINKAGE_FAILED, "G1", "G1", "S1", "Z1"))
        for priority, due_ns in ((1, 10 * S), (1, 50 * S), (2, 10 * S)):
            unit.notice(Notice(f"a/1/{priority}{due_ns}//x", "a", 1, "x", "", "{}", due_ns=due_ns, priority=priority))
    late = Late(plant.records, 30)
    assert late.lease_notices(39 * S, 12 * S, 5, ["x"]) == []
    [leased] = late.lease_notices(40 * S, 12 * S, 5, ["x"])
    assert (leased.priority, leased.due_ns) == (1, 10 * S)
    assert [notice.priority for notice in plant.records.lease_notices(40 * S, 12 * S, 5)] == [2]
    late.settle_notice(leased)
    assert late.hand_over(40 * S) == 0


def test_a_plan_that_cannot_be_read_leaves_the_outbox_to_look_at(plant: Plant, room: Room) -> None:
    now_ns = leak(plant)
    with plant.records.unit() as unit:
        unit.add_plan(StoredPlan("person = 3", "li", 0))
    assert set(room.auditor.look(now_ns + 40 * S)) == {"overdue"}


def test_it_says_which_thread_of_its_own_failed_behind_what_is_worse(plant: Plant) -> None:
    lame, told = ["late_notices"], list[Finding]()
    beside = Beside(lame=lame)
    auditor = Auditor(plant.records, configuration().assets, PATIENCE, plant.log.append, told.append, beside=beside)
    auditor.look(0)
    now_ns = leak(plant) + 400 * S
    auditor.look(now_ns)
    assert Room(plant).said() == [(1, "late_notices"), (2, "overdue")]
    assert [(finding.level, finding.reason) for finding in told] == [(2, "overdue")]


def test_a_log_that_refuses_is_told_again(plant: Plant) -> None:
    refusing = [True]
    told: list[Finding] = []

    def append(entries: object) -> None:
        if refusing[0]:
            raise StoreUnavailable("disk full")
        plant.log.append(entries)  # type: ignore[arg-type]

    auditor = Auditor(plant.records, configuration().assets, PATIENCE, append, told.append)
    now_ns = leak(plant) + 40 * S
    with pytest.raises(StoreUnavailable):
        auditor.look(now_ns)
    assert len(told) == 1
    refusing[0] = False
    auditor.look(now_ns + 30 * S)
    assert any(frame.topic == HEALTH_TOPIC for frame in plant.log.read(0, 1_000))


def test_the_role_looks_again_and_again_also_after_the_records_were_away(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(audit, "EVERY_S", 0.01)
    looks, beats = list[int](), list[int]()

    class Looking:
        """Fails at first."""

        def look(self, now_ns: int) -> None:
            looks.append(now_ns)
            if len(looks) == 1:
                raise StoreUnavailable("locked")

    stop = threading.Event()
    thread = threading.Thread(target=run_auditor, args=(Looking(), beats.append, lambda: 7, stop))
    thread.start()
    wait_for(lambda: len(beats) > 1)
    stop.set()
    thread.join(10)
    assert not thread.is_alive()
    assert len(beats) == len(looks) - 1  # no heartbeat after a look that failed
