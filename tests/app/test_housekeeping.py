from collections.abc import Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path

import pytest

from app import housekeeping
from app.housekeeping import Keep, Ledgers
from domain.alarm import Alarm, AlarmKind
from domain.errors import StoreUnavailable
from domain.instruction import INQUIRY, Instruction, Reply
from domain.quantity import Quantity
from domain.record import Gap, Notice, NoticeState, Quarantined
from domain.sample import RefusalReason, Sample
from store import series
from store.framelog import FrameLog
from tests.app.support import START_NS, Plant, S

HOUR_NS = 3_600 * S


@pytest.fixture
def log(tmp_path: Path) -> FrameLog:
    """Ten segments of one frame each, one for each hour."""
    log = FrameLog(tmp_path / "log", segment_bytes=1)
    for hour in range(10):
        log.append([(START_NS + hour * HOUR_NS, "t", b"")])
    return log


def kept(log: FrameLog) -> int:
    return log.last() - log.first() + 1


@pytest.mark.parametrize(
    ("cursors", "keep_h", "expected"),
    [((10, 10), 5.5, 6), ((10, 3), 5.5, 7), ((10, 0), 5.5, 10), ((10, 10), 72, 10), ((10, 10), 0, 1)],
)
def test_drops_what_is_old_enough_and_never_what_the_slowest_reader_needs(
    plant: Plant, log: FrameLog, cursors: tuple[int, ...], keep_h: float, expected: int
) -> None:
    readers = [lambda cursor=cursor: cursor for cursor in cursors]
    keep = Keep(round(keep_h * HOUR_NS), 0, 0, 0)
    plant.housekeeping(log=log, cursors=readers, keep=keep).work(START_NS + 9 * HOUR_NS + S)
    assert kept(log) == expected


def test_works_every_ten_minutes_and_goes_on_when_the_clock_is_set_back(plant: Plant, log: FrameLog) -> None:
    asked: list[int] = []

    def cursor() -> int:
        asked.append(1)
        return 0

    keeper = plant.housekeeping(log=log, cursors=[cursor])
    for second in (0, 1, 599, 601, -7_200):
        keeper.work(START_NS + second * S)
    assert len(asked) == 3


def test_a_clock_that_leaps_ahead_drops_nothing_for_a_while(
    plant: Plant, log: FrameLog, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    keeper = plant.housekeeping(log=log, cursors=[lambda: 10], keep=Keep(72 * HOUR_NS, 0, 0, 0))
    now_ns, years_ns = START_NS + 9 * HOUR_NS, 10 * 365 * 24 * HOUR_NS
    for time_ns in (now_ns, 0, now_ns + S, now_ns + years_ns, now_ns + years_ns + S, now_ns + 2 * S):
        keeper.work(time_ns)
    assert kept(log) == 10
    assert caplog.text.count("nothing is trimmed for an hour") == 1
    monkeypatch.setattr(housekeeping, "_DOUBT_S", 0.0)
    keeper.work(now_ns + years_ns)
    assert kept(log) == 1


def test_a_reader_that_cannot_be_asked_is_no_reason_to_trim_or_to_fail(
    plant: Plant, log: FrameLog, caplog: pytest.LogCaptureFixture
) -> None:
    def away() -> int:
        raise StoreUnavailable("disk full")

    plant.housekeeping(log=log, cursors=[away]).work(START_NS + 9 * HOUR_NS)
    assert kept(log) == 10
    assert "log not trimmed: disk full" in caplog.text


def sample(device: str, hour: int, seq: int) -> Sample:
    return Sample(device, START_NS + hour * HOUR_NS, "b", seq, {Quantity.GAS_PCT_LEL: float(seq)}, {}, late=False)


def test_old_points_go_in_small_steps_and_young_ones_stay(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(series, "TRIMMED_POINTS", 7)
    monkeypatch.setattr(housekeeping, "_TURN_S", 0.0)
    plant.series.write(
        [sample(f"G{device}", hour, hour) for device in range(3) for hour in range(20)], cursor=1, frames=1
    )
    keeper = plant.housekeeping(keep=Keep(0, 10 * HOUR_NS, 0, 0))
    left = [plant.series.count()]
    for turn in range(12):
        keeper.work(START_NS + 19 * HOUR_NS + turn * S)
        left.append(plant.series.count())
    assert max(before - after for before, after in pairwise(left)) <= 7
    assert left[-1] == 3 * 11
    for device in range(3):
        kept = plant.series.series(f"G{device}", Quantity.GAS_PCT_LEL, 0, 1 << 62, 100).value
        assert kept == list(range(9, 20))
    assert (plant.series.cursor(), plant.series.frames()) == (1, 1)


def test_old_refusals_and_gaps_go_and_are_still_counted(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "_ROWS", 3)
    monkeypatch.setattr(housekeeping, "_TURN_S", 60.0)  # a busy machine needs more than one turn
    with plant.records.unit() as unit:
        for n in range(20):
            at_ns = START_NS + n * HOUR_NS
            reason = RefusalReason.BAD_JSON if n % 2 else RefusalReason.NON_FINITE
            unit.quarantine([Quarantined(n + 1, "frame", reason, "", "G1", "S1", "t", b"", at_ns)])
            unit.gap(Gap("G1", "b", n * 10, n * 10 + 1, at_ns, None if n == 0 else at_ns, "missing"))
    keeper = plant.housekeeping(keep=Keep(0, 0, 10 * HOUR_NS, 5 * HOUR_NS))
    keeper.work(START_NS + 19 * HOUR_NS)
    assert [entry.position for entry in plant.records.quarantine()] == list(range(20, 9, -1))
    assert sorted(gap.from_seq for gap in plant.records.gaps()) == [0, *range(140, 200, 10)]
    assert plant.write_pulse.read().forgotten == {"non_finite": 5, "bad_json": 4}


def test_old_notices_go(plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(housekeeping, "_TURN_S", 60.0)
    with plant.records.unit() as unit:
        unit.save(Alarm("a", AlarmKind.GAS_LOW, "G1", "G1", "S1", "Z1"))
        for n in range(4):
            sent = Notice(str(n), "a", 1, "sms", "", "{}", START_NS + n * HOUR_NS, NoticeState.DELIVERED)
            unit.notice(sent)
    plant.housekeeping(keep=Keep(0, 0, 0, 0, notices_ns=2 * HOUR_NS)).work(START_NS + 4 * HOUR_NS)
    assert [notice.key for notice in plant.records.notices()] == ["3", "2"]


def test_old_instructions_and_answers_go_and_a_young_id_is_still_known(
    plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(housekeeping, "_TURN_S", 60.0)
    with plant.records.unit() as unit:
        for n in range(4):
            at_ns = START_NS + n * HOUR_NS
            unit.add_instruction(Instruction("t", str(n), INQUIRY, "", "", "?", "d", at_ns))
            unit.add_reply(Reply("t", str(n), "wang", "在岗", at_ns, at_ns, at_ns + HOUR_NS))
    plant.housekeeping(keep=Keep(0, 0, 0, 0, instructions_ns=2 * HOUR_NS)).work(START_NS + 4 * HOUR_NS)
    with plant.records.unit() as unit:
        assert [unit.instruction("t", str(n)) is not None for n in range(4)] == [False, False, True, True]
    assert [reply.instruction_id for reply in plant.records.replies_after("t", 0, 9)] == ["1", "2", "3"]


def test_records_that_are_away_are_trimmed_in_the_next_round(plant: Plant, caplog: pytest.LogCaptureFixture) -> None:
    @contextmanager
    def away() -> Iterator[Ledgers]:
        raise StoreUnavailable("connection refused")
        yield

    plant.housekeeping(unit=away).work(START_NS)
    assert "records not trimmed: connection refused" in caplog.text
