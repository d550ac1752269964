from app.inforce import configuration_in_force
from domain.frame import CONFIGURATION_TOPIC
from tests.app.support import START_NS, Plant, Tape, configuration


def test_an_empty_log_knows_no_configuration(plant: Plant) -> None:
    assert configuration_in_force(plant.log, 0) is None


def test_the_newest_at_a_position_holds_and_before_the_first_the_first(plant: Plant) -> None:
    first, second = configuration(), configuration(numbers={"gas_low.limit": 15})
    tape = Tape()
    tape.say("G1", 1, gas_pct_lel=1)
    tape.configure(first)
    tape.say("G1", 2, gas_pct_lel=1)
    tape.configure(second)
    plant.log.append(tape.entries)
    assert [configuration_in_force(plant.log, position) for position in range(6)] == [first] * 4 + [second] * 2


def test_one_that_nobody_can_read_gives_way_to_the_one_before_it_and_to_none_after_it(plant: Plant) -> None:
    for packed in (b"{}", configuration().packed, b"{}", b"{}"):
        plant.log.append([(START_NS, CONFIGURATION_TOPIC, packed)])
    known = configuration()
    assert [configuration_in_force(plant.log, position) for position in range(5)] == [None, None, known, known, known]
