import logging
import threading
from pathlib import Path

import pytest

from app.supervisor import make_folder, only_one, supervise
from domain.errors import ConfigurationError


def patient(stop: threading.Event) -> None:
    stop.wait(20)


def test_roles_that_end_when_they_are_told_end_well() -> None:
    stop, ran = threading.Event(), list[str]()

    def short(stop: threading.Event) -> None:
        ran.append(threading.current_thread().name)
        stop.set()

    assert supervise({"watch": patient, "write": short}, stop)
    assert ran == ["write"]


def test_one_role_that_fails_ends_all_and_is_told(caplog: pytest.LogCaptureFixture) -> None:
    stop, ended = threading.Event(), list[str]()

    def failing(_stop: threading.Event) -> None:
        raise ZeroDivisionError("of the test")

    def other(stop: threading.Event) -> None:
        patient(stop)
        ended.append("other")

    assert not supervise({"watch": failing, "write": other}, stop)
    assert ended == ["other"]
    assert "role watch failed" in caplog.text
    assert "ZeroDivisionError: of the test" in caplog.text


def test_a_users_mistake_in_a_role_is_its_lines_and_no_traceback(caplog: pytest.LogCaptureFixture) -> None:
    def failing(_stop: threading.Event) -> None:
        raise ConfigurationError("devices.csv:3: kind is missing", "devices.csv:4: site is missing")

    with caplog.at_level(logging.ERROR):
        assert not supervise({"watch": failing}, threading.Event())
    assert [record.message for record in caplog.records] == [
        "role watch: devices.csv:3: kind is missing",
        "role watch: devices.csv:4: site is missing",
    ]
    assert "Traceback" not in caplog.text


def test_a_second_process_of_a_role_on_a_folder_is_refused_until_the_first_ends(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    first = only_one(folder, "watch")
    with pytest.raises(ConfigurationError, match="role watch already runs on"):
        only_one(folder, "watch")
    only_one(folder, "write").close()
    first.close()
    only_one(folder, "watch").close()


def test_a_folder_that_cannot_be_made_is_one_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(ConfigurationError, match="cannot be made: Not a directory"):
        make_folder(tmp_path / "file" / "data")
