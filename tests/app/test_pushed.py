from pathlib import Path

from app.pushed import PushLog
from domain.asset import Assets, Device, DeviceKind
from store.framelog import FrameLog


def test_a_push_stands_in_the_log_under_its_device_and_a_stranger_s_where_the_quarantine_shows_it(
    tmp_path: Path,
) -> None:
    log, device = FrameLog(tmp_path), Device("G1", DeviceKind.GAS_DETECTOR, "S1", push="lian/0a1b")
    push = PushLog(lambda: log, Assets({}, {}, {"G1": device}), "gas/v1", lambda: 7)
    push("ctwing", "lian", "0a1b", b"{}")
    push("onenet", "li/an", "", b"")
    assert [(frame.received_ns, frame.topic, frame.payload) for frame in log.read(0)] == [
        (7, "gas/v1/S1/G1/ctwing", b"{}"),
        (7, "gas/v1/_push/li-an-/onenet", b""),
    ]
