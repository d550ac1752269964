"""Frames of some devices in a log of many."""

from pathlib import Path

import pytest

from app.frames import frames_between, position_before
from domain.frame import CONFIGURATION_TOPIC
from store.framelog import FrameLog

S = 1_000_000_000


@pytest.mark.parametrize("segment_bytes", [2 << 30, 50_000])
def test_finds_those_of_the_devices_within_the_time_and_no_others(tmp_path: Path, segment_bytes: int) -> None:
    log = FrameLog(tmp_path, segment_bytes=segment_bytes)
    for second in range(300):
        log.append([(second * S, f"gas/v1/S{n}/D{n}/telemetry", b"x" * 20) for n in range(3)])
    found = [(f.received_ns // S, f.topic.split("/")[3]) for f in frames_between(log, {"D1"}, 100 * S, 103 * S)]
    assert found == [(100, "D1"), (101, "D1"), (102, "D1"), (103, "D1")]
    assert list(frames_between(log, {"D9"}, 0, 10**18)) == []
    log.close()


def test_an_empty_log_has_none(tmp_path: Path) -> None:
    assert list(frames_between(FrameLog(tmp_path), {"D1"}, 0, 10**18)) == []


def test_a_configuration_carried_over_to_a_new_segment_hides_nothing_before_it(tmp_path: Path) -> None:
    log = FrameLog(tmp_path, segment_bytes=50_000)
    log.append([(0, CONFIGURATION_TOPIC, b"{}")])
    seconds = iter(range(1, 10_000))
    while len(log.files()) < 2:
        log.append([(next(seconds) * S, "gas/v1/S1/D1/telemetry", b"x" * 4_000)])
    carried = log.last() - 1
    log.append([(next(seconds) * S, "gas/v1/S1/D1/telemetry", b"") for _ in range(2 * carried - 1 - log.last())])
    assert (log.last() + log.first()) // 2 == carried  # where the search looks first
    assert log.read(position_before(log, 5 * S))[0].received_ns == 5 * S
    log.close()
