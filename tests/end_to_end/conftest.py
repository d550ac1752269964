"""End-to-end tests may use loopback, and nothing else; what they start, they end by its id."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.end_to_end.support import MOSQUITTO, Installation, free_port, listens, wait_for
from tests.store.postgres_server import postgres

__all__ = ["postgres"]

HERE = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:  # pytest hands over the items of all folders
        if item.path.is_relative_to(HERE):
            item.add_marker(pytest.mark.allow_hosts(["127.0.0.1"]))
            item.add_marker(pytest.mark.untraced)  # what they test runs in processes of its own


@pytest.fixture
def broker(tmp_path: Path) -> Iterator[int]:
    """A real mosquitto of its own on a free port."""
    if MOSQUITTO is None:
        pytest.skip("mosquitto is not installed")
    port, config = free_port(), tmp_path / "mosquitto.conf"
    config.write_text(
        f"listener {port} 127.0.0.1\nallow_anonymous true\nmax_queued_messages 0\nmax_inflight_messages 1000\n"
    )
    with subprocess.Popen([MOSQUITTO, "-c", str(config)], stderr=subprocess.DEVNULL) as process:
        wait_for(lambda: listens(port), 10, "mosquitto")
        yield port
        process.terminate()


@pytest.fixture
def installation(tmp_path: Path, broker: int) -> Iterator[Installation]:
    town = Installation(tmp_path / "town", broker, detectors=100)
    yield town
    town.stop()
