from pathlib import Path

import pytest

from app.housekeeping import Housekeeping
from domain.errors import StoreUnavailable
from store.framelog import FrameLog
from tests.app.support import START_NS, S

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
    log: FrameLog, cursors: tuple[int, ...], keep_h: float, expected: int
) -> None:
    readers = [lambda cursor=cursor: cursor for cursor in cursors]
    Housekeeping(log=log, keep_ns=round(keep_h * HOUR_NS), cursors=readers).work(START_NS + 9 * HOUR_NS + S)
    assert kept(log) == expected


def test_works_every_ten_minutes_and_goes_on_when_the_clock_is_set_back(log: FrameLog) -> None:
    asked: list[int] = []

    def cursor() -> int:
        asked.append(1)
        return 0

    housekeeping = Housekeeping(log=log, keep_ns=0, cursors=[cursor])
    for second in (0, 1, 599, 601, -7_200):
        housekeeping.work(START_NS + second * S)
    assert len(asked) == 3


def test_a_reader_that_cannot_be_asked_is_no_reason_to_trim_or_to_fail(
    log: FrameLog, caplog: pytest.LogCaptureFixture
) -> None:
    def away() -> int:
        raise StoreUnavailable("disk full")

    Housekeeping(log=log, keep_ns=0, cursors=[away]).work(START_NS + 9 * HOUR_NS)
    assert kept(log) == 10
    assert "log not trimmed: disk full" in caplog.text
