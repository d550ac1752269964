"""The closing rule from the log to the broker and back, over real stores."""

import threading

import msgspec
import pytest

from alerting.autoclose import RULE, Wish
from alerting.valves import CannotClose, No, ValveDesk
from app.closing import Closing
from app.configuration import Configuration, unpack_configuration
from app.roles.orders import Orders
from domain.alarm import AlarmKind
from domain.command import Command, CommandState
from domain.errors import StoreUnavailable
from domain.frame import COMMAND_TOPIC
from tests.app.support import DEVICES, RULEBOOK, SITES, ZONES, Clock, Plant, S, Tape, catch_up, texts, wait_for


def enabled() -> Configuration:
    head, first, *rest = SITES.splitlines()
    sites = "\n".join([f"{head},auto_close", f"{first},on", *(f"{line}," for line in rest), ""])
    parts = {"root": "gas/v1", "rulebook": RULEBOOK, "assets": texts(ZONES, sites, DEVICES)}
    return unpack_configuration(msgspec.json.encode(parts))


class Room:
    """A watch that closes valves, and the broker."""

    def __init__(self, plant: Plant) -> None:
        self.plant, self.known, self.tape = plant, enabled(), Tape()
        self.sent: list[Command] = []
        self.wishes: list[Wish] = []
        self.broker = True
        desk = ValveDesk(self.known.rulebook)
        self.closing = Closing(
            plant.records, lambda: plant.log, desk, self.known.assets, self.send, lambda: self.tape.now_ns
        )

    def send(self, command: Command) -> None:
        if not self.broker:
            raise ConnectionError("no broker")
        self.sent.append(command)

    def order(self, wish: Wish) -> None:
        self.wishes.append(wish)
        self.closing.order(wish.valve, wish.id, RULE, (wish.cause, wish.kind))

    def play(self) -> None:
        """Let the watch follow to the end, commands included."""
        self.plant.log.append(self.tape.entries)
        self.tape.entries.clear()
        watch = self.plant.watch(self.known, order=self.order)
        catch_up(watch).save_snapshot()

    def frames(self) -> list[tuple[str, CommandState]]:
        found = [frame for frame in self.plant.log.read(0, 10_000) if frame.topic == COMMAND_TOPIC]
        return [(c.id, c.state) for c in (msgspec.json.decode(frame.payload, type=Command) for frame in found)]

    def leak(self) -> None:
        self.tape.say("V1", 1, site="S1", valve_open=1)
        self.tape.say("G1", 1, gas_pct_lel=60)
        self.tape.tick()
        self.play()


@pytest.fixture
def room(plant: Plant) -> Room:
    return Room(plant)


def kinds(plant: Plant) -> set[AlarmKind]:
    return {alarm.kind for alarm in plant.story()[0] if alarm.life.active}


def test_high_gas_sends_one_command_and_its_journal_names_the_rule(plant: Plant, room: Room) -> None:
    room.leak()
    room.play()  # a start from the snapshot, after the command
    (command,) = room.sent
    assert (command.user, command.device, command.reason) == (RULE, "V1", "gas_high G1")
    assert room.frames() == [(command.id, CommandState.SENT)]
    (entry,) = [entry for entry in plant.story()[1] if entry.event == "auto_close"]
    assert (entry.kind, entry.user, entry.note) == ("gas_high", RULE, "V1 sent")
    assert [e.action for e in plant.records.audit() if e.user == RULE] == ["close sent", "close requested"]
    room.tape.say("V1", 2, site="S1", valve_open=0)
    room.tape.tick(70)
    room.play()
    assert len(room.sent) == 1
    found = plant.records.command(command.id)
    assert found is not None
    assert found.state is CommandState.CONFIRMED
    assert AlarmKind.VALVE_CLOSE_FAILED not in kinds(plant)


def test_what_was_carried_out_is_not_again_when_the_log_is_read_anew(plant: Plant, room: Room) -> None:
    room.leak()
    assert room.closing.order(room.wishes[0].valve, room.wishes[0].id, RULE, ("G1", AlarmKind.GAS_HIGH)) is None
    assert (len(room.sent), len(room.frames())) == (1, 1)
    assert len(plant.records.commands()) == 1


def test_a_broker_that_is_away_is_an_alarm_and_the_next_evaluation_tries_again(plant: Plant, room: Room) -> None:
    room.broker = False
    room.leak()
    room.play()
    assert [state for _, state in room.frames()] == [CommandState.SENT, CommandState.REFUSED]
    assert AlarmKind.VALVE_CLOSE_FAILED in kinds(plant)
    room.broker = True
    room.tape.tick(12)
    room.play()
    assert len(room.sent) == 1


def test_a_valve_that_nobody_has_heard_is_an_alarm_at_once(plant: Plant, room: Room) -> None:
    room.tape.say("G1", 1, gas_pct_lel=60)
    room.tape.tick()
    room.play()
    room.play()
    assert room.sent == []
    assert [state for _, state in room.frames()] == [CommandState.REFUSED]
    (failed,) = [alarm for alarm in plant.story()[0] if alarm.kind is AlarmKind.VALVE_CLOSE_FAILED]
    assert failed.priority == 1


def test_a_person_who_is_at_it_is_not_disturbed_and_nothing_is_written(plant: Plant, room: Room) -> None:
    room.leak()
    wish = room.wishes[0]
    with pytest.raises(CannotClose):
        room.closing.order(wish.valve, "another", RULE, ("G1", AlarmKind.GAS_HIGH))
    assert plant.records.command("another") is None


class Asked:
    """A closing that is away at first."""

    def __init__(self) -> None:
        self.asked: list[str] = []

    def order(self, valve: object, command_id: str, rule: str, cause: object) -> None:
        del valve, rule, cause
        self.asked.append(command_id)
        if len(self.asked) == 1:
            raise StoreUnavailable("locked")
        if len(self.asked) == 2:
            raise CannotClose(No.UNDER_WAY)


def test_orders_are_taken_on_a_thread_of_their_own_and_only_while_they_are_new(plant: Plant, room: Room) -> None:
    room.leak()
    del plant
    clock, asked, threads = Clock(), Asked(), set[int]()
    clock.now_ns = room.wishes[0].log_ns

    def build() -> Asked:
        threads.add(threading.get_ident())
        return asked

    orders = Orders(build, 10 * S, clock)  # type: ignore[arg-type]
    orders(room.wishes[0]._replace(id="old", log_ns=clock.now_ns - 11 * S))
    for name in ("a", "b", "c"):
        orders(room.wishes[0]._replace(id=name, log_ns=clock.now_ns))
    wait_for(lambda: len(asked.asked) == 3)
    assert asked.asked == ["a", "b", "c"]
    assert threads != {threading.get_ident()}
