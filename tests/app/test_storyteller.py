import io
import threading

import pytest

from app.roles.watch import desk_for
from app.storyteller import Storyteller, occurrences
from domain.alarm import AlarmKind, alarm_id
from tests.app.support import Plant, S, Tape, catch_up, configuration, wait_for


@pytest.fixture
def tape(plant: Plant) -> Tape:
    tape = Tape()
    tape.say("G2", 1, gas_pct_lel=60)  # at a site without a valve
    plant.log.append(tape.entries)
    catch_up(plant.watch()).save_snapshot()
    return tape


def told(plant: Plant) -> list[str]:
    out, stop = io.StringIO(), threading.Event()
    stop.set()
    Storyteller(plant.records, configuration().assets, out).run(stop)
    return out.getvalue().splitlines()


@pytest.mark.usefixtures("tape")
def test_a_raise_is_one_line_in_both_languages_with_place_value_and_limit(plant: Plant) -> None:
    (line,) = told(plant)
    zh, en = line.split("  |  ")
    assert zh == "P2 raise       下关面馆 G2 可燃气体 60 %LEL > 二级限 50 %LEL"
    assert en == "Xiaguan Noodles G2 combustible gas 60 %LEL > second limit 50 %LEL"


def test_what_people_do_and_the_return_are_told_and_the_steps_between_are_not(plant: Plant, tape: Tape) -> None:
    with plant.records.unit() as unit:
        desk = desk_for(configuration(), [])
        desk.acknowledge(unit, alarm_id("G2", AlarmKind.GAS_HIGH), 1, "wang", "", tape.now_ns)
    for seq, seconds in enumerate((10, 301, 302), 2):
        tape.now_ns += seconds * S
        tape.say("G2", seq, gas_pct_lel=0)
        tape.tick()
    plant.log.append(tape.entries[1:])
    catch_up(plant.watch())
    assert [line.split()[1] for line in told(plant)] == ["raise", "acknowledge", "return"]


def test_tells_while_it_happens(plant: Plant) -> None:
    out, stop = io.StringIO(), threading.Event()
    thread = threading.Thread(target=Storyteller(plant.records, configuration().assets, out).run, args=(stop,))
    thread.start()
    for seq, device in enumerate(("G1", "G2"), 1):
        tape = Tape()
        tape.say(device, 1, gas_pct_lel=60)
        plant.log.append(tape.entries)
        catch_up(plant.watch())
        wait_for(lambda: len(out.getvalue().splitlines()) == seq)  # noqa: B023 - called at once
    stop.set()
    thread.join(10)


def test_each_occurrence_is_one_entry_in_the_order_of_their_raise(plant: Plant, tape: Tape) -> None:
    tape.say("G1", 1, gas_pct_lel=70)
    plant.log.append(tape.entries[1:])
    catch_up(plant.watch())
    first, second = occurrences(plant.records)
    assert (first["kind"], first["device"], first["site"], first["value"]) == ("gas_high", "G2", "S2", 60.0)
    assert (second["device"], second["occurrence"], second["priority"], second["limit"]) == ("G1", 1, 2, 50.0)
    assert first["incident_id"] != second["incident_id"]
