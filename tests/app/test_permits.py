"""What a work permit does to readings, alarms and series: the same whatever the bites, and after any restart."""

import pytest

from app.inforce import permits_in_force
from app.roles.engine import Engine
from app.roles.write import Write
from domain.alarm import AlarmKind, alarm_id
from domain.frame import PERMIT_TOPIC
from domain.permit import Permit
from domain.quality import Quality
from domain.quantity import Quantity
from domain.record import JournalEntry
from ingest.permits import pack_permits
from store.framelog import FrameLog
from tests.app.support import Plant, S, Tape, catch_up, configuration

MISSING = alarm_id("G1", AlarmKind.PROTECTION_MISSING)


def story() -> Tape:
    """Two hours of a permit: gas of the calibration, and a good reading after it."""
    tape = Tape()
    tape.configure(configuration())
    tape.say("G1", 1, gas_pct_lel=0)
    tape.tick()
    until_ns = tape.now_ns + 2_000 * S
    tape.put(PERMIT_TOPIC, pack_permits([Permit("G1", "W-7", "li", "portable", tape.now_ns, until_ns)]))
    tape.say("G1", 2, late_s=10, gas_pct_lel=0)  # from before: no return
    tape.tick(5)
    for seq in range(3, 7):
        tape.say("G1", seq, gas_pct_lel=80)
        tape.tick(480)
    tape.tick(100)
    tape.say("G1", 7, gas_pct_lel=0)
    tape.tick()
    return tape


def of(entries: list[JournalEntry], alarm: str) -> list[tuple[str, int, int]]:
    return [
        (entry.event, entry.level, entry.priority)
        for entry in entries
        if entry.alarm_id == alarm and entry.event != "annunciate"
    ]


@pytest.mark.untraced
@pytest.mark.parametrize("parts", [1, 7])
def test_calibration_gas_raises_nothing_and_the_gap_in_protection_is_an_alarm(plant: Plant, parts: int) -> None:
    entries = story().entries
    size = -(-len(entries) // parts)
    for start in range(0, len(entries), size):  # a watch of its own for each part: the permit survives a restart
        plant.log.append(entries[start : start + size])
        catch_up(plant.watch()).save_snapshot()
    alarms, journal = plant.story()
    assert of(journal, MISSING) == [("raise", 1, 3), ("worsen", 2, 2), ("return", 0, 2)]
    assert {alarm.kind for alarm in alarms if alarm.device == "G1"} == {"protection_missing"}
    assert next(alarm.reason for alarm in alarms if alarm.id == MISSING) == "permit W-7"


def test_the_series_hold_it_as_calibration_also_after_a_restart_of_the_writer(plant: Plant) -> None:
    entries = story().entries
    for part in (entries[:8], entries[8:]):
        plant.log.append(part)
        writer = Write(log=plant.log, series=plant.series, quarantine=plant.quarantine, refusals=plant.refusals)
        while writer.bite():
            pass
    around_ns = entries[0][0]
    found = plant.series.series("G1", Quantity.GAS_PCT_LEL, around_ns - 3_600 * S, around_ns + 7_200 * S, 100)
    assert list(found.quality) == [Quality.GOOD, Quality.GOOD, *[Quality.CALIBRATION] * 4, Quality.GOOD]


def test_a_permit_frame_of_another_release_changes_nothing(plant: Plant) -> None:
    tape = Tape()
    tape.configure(configuration())
    tape.put(PERMIT_TOPIC, pack_permits([Permit("G1", "W-7", "li", "portable", 0, 1 << 62)]))
    tape.put(PERMIT_TOPIC, b"{}")
    tape.say("G1", 1, gas_pct_lel=80)
    tape.tick()
    plant.log.append(tape.entries)
    catch_up(plant.watch())
    assert {alarm.kind for alarm in plant.story()[0] if alarm.device == "G1"} == {"protection_missing"}


def test_a_permit_survives_the_trimming_of_the_segment_that_told_it_and_one_that_is_over_begins_nothing(
    plant: Plant,
) -> None:
    log = FrameLog(plant.folder / "small", segment_bytes=40_000)
    tape = Tape()
    tape.configure(configuration())
    start_ns = tape.now_ns
    permits = [Permit("G1", "W-7", "li", "", start_ns, 1 << 62), Permit("G2", "W-8", "li", "", start_ns - 2, start_ns)]
    tape.put(PERMIT_TOPIC, pack_permits(permits))
    log.append(tape.entries)
    while log.first() <= len(tape):
        tape.tick()
        log.append(tape.entries[-1:])
        log.trim(log.last(), tape.now_ns)
    assert permits_in_force(log, log.last()) == tuple(permits)
    steps = Engine(configuration()).feed(log.read(0, 100_000)).steps
    assert {finding.device for step in steps for finding in step.findings} == {"G1"}
    log.close()


def test_a_valve_under_a_permit_hides_nothing(plant: Plant) -> None:
    tape = Tape()
    tape.configure(configuration())
    tape.say("V1", 1, valve_open=1)
    tape.tick()
    tape.put(PERMIT_TOPIC, pack_permits([Permit("V1", "W-7", "li", "seat", tape.now_ns, tape.now_ns + 2_000 * S)]))
    tape.tick(5)
    tape.say("V1", 2, valve_open=0)
    tape.tick(100)
    plant.log.append(tape.entries)
    catch_up(plant.watch())
    writer = Write(log=plant.log, series=plant.series, quarantine=plant.quarantine, refusals=plant.refusals)
    while writer.bite():
        pass
    found = plant.series.series("V1", Quantity.VALVE_OPEN, 0, tape.now_ns + S, 100)
    assert list(found.quality) == [Quality.GOOD, Quality.GOOD]
    assert [alarm.kind for alarm in plant.story()[0]] == []
