"""SIGTERM under load: every process ends well within ten seconds, and nothing is lost on the way."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from app.settings import ROLES
from store.framelog import FrameLog
from store.records import Records
from store.series import EmbeddedSeries
from tests.end_to_end.support import Installation, wait_for
from tests.end_to_end.test_kill import Sent, logged, publish, replay, stored, story

END_S = 10
BETWEEN = 500  # readings that arrive from one end to the next

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.timeout(240)]


@contextmanager
def load(broker: int, town: Installation, copy: Path) -> Iterator[Sent]:
    """Publish until the block is through; then demand that everything is everywhere."""
    sent, through = Sent({}, set()), threading.Event()
    numbers = itertools.takewhile(lambda _: not through.is_set(), itertools.count())
    publisher = threading.Thread(target=publish, args=(broker, sent, numbers), daemon=True)
    publisher.start()
    try:
        yield sent
    finally:
        through.set()
        publisher.join(90)
    assert sent.acknowledged
    data = town.folder / "data"
    log, records, series = (
        FrameLog(data / "log"),
        Records(f"sqlite:///{data}/records.db"),
        EmbeddedSeries(data / "series.db"),
    )
    wait_for(lambda: set(logged(log)) >= sent.acknowledged, 60, "the broker to hand over what it kept")
    last = log.last()
    wait_for(lambda: records.cursor("watch") >= last and series.cursor() >= last, 60, "the readers")
    town.stop()
    assert set(stored(series)) == set(sent.attempted)
    assert story(records) == story(replay(data, copy, town))
    records.close()


def end(town: Installation, role: str) -> None:
    process, since_s = town.processes[role], time.monotonic()
    process.terminate()
    code = process.wait(30)
    said = (town.folder / f"{role}.err").read_text()
    assert (code, time.monotonic() - since_s < END_S) == (0, True), said


def test_each_role_alone_ends_and_goes_on(installation: Installation, broker: int, tmp_path: Path) -> None:
    for role in ROLES:
        installation.start(role)
    receiving = installation.folder / "ingest.err"
    wait_for(lambda: b"receiving" in receiving.read_bytes(), 120, "the subscription")
    with load(broker, installation, tmp_path / "replay"):
        for role in ROLES:
            end(installation, role)
            installation.start(role)


def test_all_roles_of_one_process_end_and_go_on(installation: Installation, broker: int, tmp_path: Path) -> None:
    installation.start()
    said = installation.folder / ".err"
    wait_for(lambda: b"receiving" in said.read_bytes(), 60, "the subscription")
    with load(broker, installation, tmp_path / "replay") as sent:
        for count in (2, 3):
            enough = len(sent.attempted) + BETWEEN
            wait_for(lambda: len(sent.attempted) >= enough, 60, "some load in between")  # noqa: B023
            end(installation, "")
            installation.start()
            wait_for(lambda: said.read_bytes().count(b"receiving") == count, 60, "the subscription")  # noqa: B023
