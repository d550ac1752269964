"""The count of a run must notice a frame that is lost anywhere, or it is worth nothing."""

import pytest

from app.roles.write import Write
from app.tally import Tally, tally
from domain.frame import Frame
from domain.quantity import Quantity
from domain.sample import Sample
from ingest.topics import canary_topic
from tests.app.support import DEVICES, Plant, Tape, catch_up, configuration, topic

KNOWN = configuration(DEVICES + "W1,gateway,S1,600\n")


@pytest.fixture
def tape() -> Tape:
    """Every kind of frame: five that are whole, two with a refused part, and what no device sent."""
    tape = Tape()
    tape.configure(KNOWN)
    tape.put(topic("G1", "status"), b'{"online":true,"boot_id":"b","seq":0}')
    first = tape.say("G1", 1, gas_pct_lel=1.25, temperature_c=21)
    tape.say("G2", 1, gas_pct_lel=2)
    record = f'{{"device":"V1","boot_id":"b","seq":1,"time":{tape.now_ns // 1_000_000},"values":{{"valve_open":1}}}}'
    tape.put(topic("W1", "batch"), f'{{"records":[{record}]}}'.encode())
    samples = f'"samples":[{{"time":{tape.now_ns // 1_000_000},"values":{{"gas_pct_lel":3}}}}]'
    tape.put(topic("G2"), f'{{"boot_id":"b","seq":2,{samples}}}'.encode())
    tape.again(first)
    tape.say("G1", 2, gas_pct_lel=2, temperature_c="NaN")
    tape.say("X7", 1, gas_pct_lel=2)
    tape.put(topic("G1", "command"), b"{}")
    tape.put(canary_topic("gas/v1"), b"{}")
    tape.tick()
    return tape


def published(tape: Tape) -> list[tuple[str, bytes]]:
    ours = ("$log/", "command", "_canary")
    return [(f.topic, f.payload) for f in tape.frames if not any(word in f.topic for word in ours)]


def count(plant: Plant, sent: list[tuple[str, bytes]]) -> Tally:
    return tally(sent, plant.log, plant.series, plant.records, "gas/v1")


def read_all(plant: Plant) -> None:
    catch_up(plant.watch(KNOWN))
    role = Write(log=plant.log, series=plant.series, quarantine=plant.quarantine, refusals=plant.refusals)
    while role.bite():
        pass


def test_every_published_frame_is_logged_and_either_stored_or_quarantined(plant: Plant, tape: Tape) -> None:
    plant.log.append(tape.entries)
    read_all(plant)
    assert count(plant, published(tape)) == Tally(published=7, logged=7, stored=5, quarantined=2)


def test_a_frame_that_the_log_did_not_take_is_missing(plant: Plant, tape: Tape) -> None:
    sent = published(tape)
    del tape.entries[3]
    plant.log.append(tape.entries)
    read_all(plant)
    assert count(plant, sent) == Tally(published=7, logged=6, stored=4, quarantined=2)


def test_frames_that_nobody_has_written_yet_are_not_stored(plant: Plant, tape: Tape) -> None:
    plant.log.append(tape.entries)
    catch_up(plant.watch(KNOWN))
    assert count(plant, published(tape)) == Tally(published=7, logged=7, stored=0, quarantined=2)


@pytest.mark.parametrize("lost", ["nothing", "a value", "a number"])
def test_a_point_that_the_series_lost_is_missing_whatever_its_cursor_says(plant: Plant, lost: str) -> None:
    tape = Tape()
    frame: Frame = tape.say("G1", 7, gas_pct_lel=1.25, temperature_c=21)
    plant.log.append(tape.entries)
    values = {Quantity.GAS_PCT_LEL: 1.25, Quantity.TEMPERATURE_C: 21.0}
    if lost == "a value":
        values[Quantity.TEMPERATURE_C] = 21.5
    seq = 8 if lost == "a number" else 7
    sample = Sample("G1", frame.received_ns // 1_000_000 * 1_000_000, "b", seq, values, {}, late=False)
    plant.series.write([sample], cursor=frame.position, frames=1)
    assert count(plant, published(tape)).stored == (1 if lost == "nothing" else 0)
