import threading

import pytest

from app import awaiting
from app.awaiting import await_stores
from domain.errors import ConfigurationError, StoreUnavailable


@pytest.fixture(autouse=True)
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(awaiting, "_FIRST_PAUSE_S", 0.001)
    monkeypatch.setattr(awaiting, "_LONGEST_PAUSE_S", 0.003)


def test_waits_in_paces_until_it_can_be_built(caplog: pytest.LogCaptureFixture) -> None:
    failures = [StoreUnavailable("nobody there") for _ in range(4)]

    def build() -> str:
        if failures:
            raise failures.pop()
        return "built"

    assert await_stores(build, threading.Event()) == "built"
    paces = [message.split("again in ")[1] for message in caplog.messages]
    assert paces == ["0.001 s", "0.002 s", "0.003 s", "0.003 s"]


def test_ends_when_it_is_told_and_at_once_where_waiting_would_not_help() -> None:
    stop = threading.Event()
    stop.set()

    def away() -> None:
        raise StoreUnavailable("nobody there")

    def wrong() -> None:
        raise ConfigurationError("no such bucket")

    def locked() -> None:
        raise StoreUnavailable("FATAL:\n  wrong password", reason="settings")

    assert await_stores(away, stop) is None
    with pytest.raises(ConfigurationError):
        await_stores(wrong, threading.Event())
    with pytest.raises(ConfigurationError, match=r"^FATAL: wrong password$"):
        await_stores(locked, threading.Event())
