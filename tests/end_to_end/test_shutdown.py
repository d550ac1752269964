"""SIGTERM under load: every process ends well within ten seconds, and nothing is lost on the way."""

import itertools
import threading
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from app.settings import ROLES
from store.framelog import FrameLog
from store.records import Records
from store.series import EmbeddedSeries
from tests.end_to_end.support import Installation, hears_sigterm, listens, wait_for
from tests.end_to_end.test_kill import Sent, logged, publish, replay, stored, story

END_S = 10  # on a machine of its own: what others compute meanwhile is not held against a role
COMPUTE_S = 0.05
BETWEEN = 500  # readings that arrive from one end to the next

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.timeout(480)]


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


def begun(town: Installation) -> None:
    """Wait until every role does its work: what is still being imported ends as late as the machine is busy."""
    data = town.folder / "data"
    wait_for(lambda: b"receiving" in (town.folder / "ingest.err").read_bytes(), 120, "the subscription")
    wait_for(lambda: all(hears_sigterm(process) for process in town.processes.values()), 120, "every role")
    wait_for(lambda: listens(town.console), 120, "the console")
    with closing(Records(f"sqlite:///{data}/records.db")) as records:
        records.upgrade()  # whoever comes first makes the tables
        wait_for(lambda: records.cursor("watch"), 120, "the watch to read")
    with closing(EmbeddedSeries(data / "series.db")) as series:
        wait_for(series.cursor, 120, "the writer to read")


def slowness() -> float:
    """How many times as long as on a machine of its own a computation takes here and now."""
    wall_s, cpu_s = time.monotonic(), time.thread_time()
    while time.thread_time() - cpu_s < COMPUTE_S:
        pass
    return max(1.0, (time.monotonic() - wall_s) / COMPUTE_S)


def end(town: Installation, role: str) -> None:
    before, process = slowness(), town.processes[role]
    since_s = time.monotonic()
    process.terminate()
    code, took_s = process.wait(120), time.monotonic() - since_s
    said = (town.folder / f"{role}.err").read_text()
    assert (code, took_s < END_S * max(before, slowness())) == (0, True), said


def test_each_role_alone_ends_and_goes_on(installation: Installation, broker: int, tmp_path: Path) -> None:
    for role in ROLES:
        installation.start(role)
    begun(installation)
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
