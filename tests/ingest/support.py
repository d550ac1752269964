"""A frame log in memory, and an intake and a publisher that run."""

import contextlib
import threading
import time
from collections.abc import Callable, Iterator, Sequence

from ingest.link import Tls
from ingest.mqtt import Intake, Publisher
from ingest.pending import Entry


def wait_until(condition: Callable[[], object], timeout_s: float = 15.0) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline, "waited in vain"
        time.sleep(0.005)


class Log:
    """A frame log in memory that fails when told to."""

    def __init__(self) -> None:
        self.entries: list[Entry] = []
        self.sizes: list[int] = []
        self.failure: Exception | None = None
        self.keeps_before_failing = False
        self.attempts = 0

    def append(self, entries: Sequence[Entry]) -> int:
        self.attempts += 1
        if self.failure is None or self.keeps_before_failing:
            self.entries += entries
            self.sizes.append(len(entries))
        if self.failure is not None:
            raise self.failure
        return len(self.entries)

    def payloads(self) -> list[bytes]:
        return [payload for _, _, payload in self.entries]


@contextlib.contextmanager
def running(
    log: Log,
    port: int,
    protocol: int = 5,
    *,
    commit_frames: int = 500,
    connect: bool = True,
    clock_ns: Callable[[], int] = time.monotonic_ns,
    user: tuple[str, str] | None = None,
    tls: Tls | None = None,
) -> Iterator[Intake]:
    intake = Intake(
        host="127.0.0.1",
        port=port,
        client_id="ingest",
        root="gas/v1",
        append=log.append,
        clock_ns=clock_ns,
        commit_frames=commit_frames,
        protocol=protocol,
        username=user and user[0],
        password=user and user[1],
        tls=tls,
    )
    stop = threading.Event()
    thread = threading.Thread(target=intake.run, args=(stop,), daemon=True)
    thread.start()
    try:
        if connect:
            wait_until(lambda: intake.health().connected)
        yield intake
    finally:
        stop.set()
        thread.join(timeout=20)
    assert not thread.is_alive()


@contextlib.contextmanager
def publishing(
    port: int,
    *,
    window: int = 200,
    protocol: int = 311,
    user: tuple[str, str] | None = None,
    tls: Tls | None = None,
) -> Iterator[Publisher]:
    name, password = user or (None, None)
    publisher = Publisher(
        "127.0.0.1",
        port,
        "publisher",
        window=window,
        protocol=protocol,
        username=name,
        password=password,
        tls=tls,
    )
    publisher.start()
    try:
        yield publisher
    finally:
        publisher.stop()
