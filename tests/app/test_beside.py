"""A thread beside a role that fails ends the role, unless its failure is told by somebody else."""

import threading

import pytest

from app.beside import beside, spared
from app.supervisor import supervise


def failing(_over: threading.Event) -> None:
    raise ZeroDivisionError("of the test")


def test_one_that_fails_ends_the_role_and_the_supervisor_says_so(caplog: pytest.LogCaptureFixture) -> None:
    def role(stop: threading.Event) -> None:
        with beside(failing, "beat", stop):
            assert stop.wait(20)

    assert not supervise({"ingest": role}, threading.Event())
    assert "role ingest failed" in caplog.text
    assert "ZeroDivisionError: of the test" in caplog.text


def test_one_that_works_ends_with_the_block(caplog: pytest.LogCaptureFixture) -> None:
    stop, ended = threading.Event(), threading.Event()

    def patient(over: threading.Event) -> None:
        over.wait(20)
        ended.set()

    with beside(patient, "space", stop):
        assert not ended.is_set()
    assert ended.is_set()
    assert not stop.is_set()
    assert caplog.text == ""


def test_one_that_is_spared_fails_alone_and_is_named(caplog: pytest.LogCaptureFixture) -> None:
    stop, failed = threading.Event(), list[str]()
    with beside(spared(failing, "canary", failed), "canary", stop):
        pass
    assert (failed, stop.is_set()) == (["canary"], False)
    assert "ZeroDivisionError: of the test" in caplog.text
