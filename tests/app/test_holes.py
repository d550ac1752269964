"""The series held against the log, without a server."""

import sqlite3
from collections import Counter
from contextlib import closing

from api.times import rfc3339
from app.holes import blind, compare, limits
from domain.rollup import HOUR_NS, MINUTE_NS
from store.framelog import FrameLog
from tests.app.support import START_NS, Plant, S, Tape, configuration, topic
from tests.app.test_write import catch_up, write


def test_roll_ups_of_the_embedded_series_that_are_lost_or_wrong_are_found_and_made_anew(plant: Plant) -> None:
    tape = Tape()
    tape.configure(configuration())
    for seq in range(9):
        tape.now_ns += 25 * S
        tape.say("G1", seq, gas_pct_lel=seq)
    plant.log.append(tape.entries)
    catch_up(write(plant))
    plant.series.roll(START_NS + 9 * HOUR_NS)
    plant.series.roll(START_NS + 99 * HOUR_NS)

    def found(*, repair: bool = False) -> Counter[str]:
        return compare(plant.log, plant.series, START_NS, tape.now_ns + 1, repair=repair).rolled

    assert found() == {}
    with closing(sqlite3.connect(plant.folder / "series.db")) as db, db:
        before = db.execute("SELECT * FROM minute UNION ALL SELECT * FROM hour").fetchall()
        db.execute("DELETE FROM minute WHERE time_ns < ?", (START_NS + MINUTE_NS,))
        db.execute("UPDATE minute SET count = 9 WHERE time_ns = ?", (START_NS + MINUTE_NS,))
        db.execute("UPDATE hour SET last = 99")
    assert found() == found(repair=True) == {"G1": 3}
    assert found() == {}  # about to be made anew
    for hours in (200, 300):
        plant.series.roll(START_NS + hours * HOUR_NS)
    with closing(sqlite3.connect(plant.folder / "series.db")) as db:
        assert db.execute("SELECT * FROM minute UNION ALL SELECT * FROM hour").fetchall() == before


def test_a_time_that_the_log_has_no_more_or_not_yet_is_never_called_whole(plant: Plant) -> None:
    log = FrameLog(plant.folder / "short", segment_bytes=50_000)
    seconds = iter(range(1_000))
    for _ in range(3):
        log.append([(START_NS + next(seconds) * S, topic("G1"), b"x" * 4_000) for _ in range(15)])
    assert blind(log, 0) == ""  # nothing came before
    log.trim(log.last(), START_NS + 1_000 * S)
    begin = log.read(0, 1)[0].received_ns
    assert begin > START_NS
    assert blind(log, begin) == ""
    assert blind(log, begin - 1).startswith(f"the log begins at {rfc3339(begin)}: nobody can tell")
    end = START_NS + 45 * S
    assert list(limits(log, log.last(), begin, end)) == list(limits(log, 43, begin, START_NS + 43 * S)) == []
    assert list(limits(log, 43, begin, end)) == [
        f"not stored yet, and not compared: what arrived from {rfc3339(START_NS + 43 * S)} on"
    ]
    frames = log.read(0, 1)
    log.append([(end, topic("G1"), b"x" * 4_000) for _ in range(15)])
    log.thin(frames[0].position - 1, frames[0].position, lambda some: some)
    assert list(limits(log, log.last(), begin, end)) == [
        "the log was thinned: what it dropped stands in the gap ledger, and is not compared"
    ]
    log.close()
