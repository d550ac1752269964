"""Late readings on their way through the watch: into the journal, and nowhere else."""

from domain.alarm import Alarm, AlarmKind, alarm_id
from tests.app.support import Plant, S, Tape, catch_up

HOUR_S = 3_600


def gas(plant: Plant, kind: AlarmKind = AlarmKind.GAS_HIGH) -> Alarm:
    found = plant.records.alarm(alarm_id("G1", kind))
    assert found is not None
    return found


def backlog(tape: Tape, first: int, value: float) -> None:
    """Two hundred records of an hour ago, sent at once."""
    for seq in range(first, first + 200):
        tape.say("G1", seq, late_s=HOUR_S - seq, gas_pct_lel=value)


def events(plant: Plant) -> list[tuple[str, str]]:
    gases = {AlarmKind.GAS_LOW, AlarmKind.GAS_HIGH}
    return [(entry.kind.value, entry.event) for entry in plant.records.journal() if entry.kind in gases]


def test_late_gas_is_an_entry_of_an_alarm_that_stays_normal_and_pages_nobody(plant: Plant) -> None:
    tape = Tape()
    backlog(tape, 1, 60)
    tape.tick()
    plant.log.append(tape.entries)
    catch_up(plant.watch())
    assert events(plant) == [("gas_high", "late_evidence"), ("gas_low", "late_evidence")]
    entry = plant.records.journal()[0]
    assert (entry.before, entry.after, entry.occurrence, entry.incident_id) == ("A", "A", 0, "")
    assert (entry.value, entry.limit, entry.position) == (60, 50, 1)
    measured_ns = (tape.entries[0][0] - 1_000_000 - (HOUR_S - 1) * S) // 1_000_000 * 1_000_000
    assert entry.note == f"[measured_ns={measured_ns}]"
    assert not gas(plant).life.active
    assert (plant.records.alarms(standing=True), plant.records.notices(), plant.records.incidents()) == ([], [], [])


def test_an_active_alarm_is_neither_cleared_lowered_nor_acknowledged_by_late_data(plant: Plant) -> None:
    tape = Tape()
    tape.say("G1", 0, gas_pct_lel=60)
    plant.log.append(tape.entries)
    watch = catch_up(plant.watch())
    before = gas(plant)
    tape = Tape(tape.now_ns)
    backlog(tape, 1, 0)
    backlog(tape, 201, 55)
    plant.log.append(tape.entries)
    catch_up(watch)
    after = gas(plant)
    assert (after.life, after.priority, after.value, after.first_ns) == (
        before.life,
        before.priority,
        before.value,
        before.first_ns,
    )
    assert after.life.letter == "B"
    assert events(plant)[-2:] == [("gas_high", "late_evidence"), ("gas_low", "late_evidence")]
    assert plant.records.journal()[-2].incident_id == before.incident_id != ""
    assert len(plant.records.notices()) == 1


def test_what_is_sent_again_and_read_again_is_told_once(plant: Plant) -> None:
    tape = Tape()
    backlog(tape, 1, 60)
    first = list(tape.entries)
    tape.entries += first
    tape.tick()
    plant.log.append(tape.entries)
    catch_up(plant.watch())
    story = plant.story()
    catch_up(plant.watch())  # from its beginning: no snapshot was taken
    assert plant.story() == story
    assert len(events(plant)) == 2
