import pytest

from app.roles.retry import retry
from domain.errors import ConfigurationError
from domain.frame import RETRY_TOPIC
from tests.app.support import DEVICES, START_NS, Plant, S, Tape, catch_up, configuration


def test_a_retry_is_a_new_frame_an_audit_entry_and_in_the_end_an_alarm(plant: Plant) -> None:
    tape = Tape()
    tape.say("G3", 1, site="S1", gas_pct_lel=60)
    plant.log.append(tape.entries)
    catch_up(plant.watch()).save_snapshot()
    (entry,) = plant.records.quarantine()
    watch = catch_up(plant.watch(configuration(DEVICES + "G3,gas_detector,S1,600\n")))
    position = retry(plant.records, plant.log, entry.id, "wang", START_NS + 60 * S)
    assert retry(plant.records, plant.log, entry.id, "wang", START_NS + 61 * S) == position == plant.log.last()
    frame = plant.log.frame(position)
    assert frame is not None
    assert frame.topic == RETRY_TOPIC
    catch_up(watch)
    (alarm,) = plant.records.alarms(kind=None, site="S1")
    assert (alarm.kind, alarm.device, alarm.value, alarm.position) == ("gas_high", "G3", 60, position)
    (audit,) = plant.records.audit()
    assert (audit.user, audit.action, audit.target) == ("wang", "quarantine_retry", str(entry.id))
    (kept,) = plant.records.quarantine()
    assert kept.retried_position == position


def test_an_entry_that_is_not_there_is_a_mistake_of_the_caller(plant: Plant) -> None:
    with pytest.raises(ConfigurationError, match="quarantine has no entry 5"):
        retry(plant.records, plant.log, 5, "wang", START_NS)
    assert plant.log.last() == 0
