from pathlib import Path

from app.pulse import Commits, IngestPulse, PulseFile, WritePulse, is_silent
from tests.app.support import START_NS, S


def test_what_was_written_is_read_by_another_process(tmp_path: Path) -> None:
    pulse = IngestPulse(START_NS, "", "", "", 3, START_NS, Commits((1, 2), 0.5))
    PulseFile(tmp_path, IngestPulse()).write(pulse)
    assert PulseFile(tmp_path, IngestPulse()).read() == pulse
    assert PulseFile(tmp_path, WritePulse()).read() == WritePulse()


def test_a_file_that_nobody_can_read_is_as_good_as_none(tmp_path: Path) -> None:
    file = PulseFile(tmp_path, WritePulse())
    file.write(WritePulse(START_NS, refused={"busy": 1}))
    (written,) = tmp_path.glob("*.json")
    written.write_bytes(written.read_bytes()[:-4])
    assert file.read() == WritePulse()


def test_a_disk_that_refuses_leaves_the_old_pulse(tmp_path: Path) -> None:
    PulseFile(tmp_path / "none", WritePulse()).write(WritePulse(START_NS))
    assert PulseFile(tmp_path / "none", WritePulse()).read() == WritePulse()


def test_a_pulse_grows_old_and_one_from_the_future_is_none_either() -> None:
    assert not is_silent(START_NS, START_NS + 7 * S)
    assert is_silent(START_NS, START_NS + 9 * S)
    assert is_silent(START_NS, START_NS - 9 * S)
