"""Two hundred screens on the live stream: alarms must not come later for them."""

import contextlib
import select
import socket
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

import httpx2
import numpy as np
from bench_parts.latency import committed_ms, installation, serving
from bench_parts.load import broker, itself
from bench_parts.table import Row

from api.passwords import hash_password
from api.sessions import COOKIE
from app.broker import free_port
from domain.record import User
from store.records import Records

SCREENS, TURNS = 200, 2
_WORD = "bench bench"


def browsers() -> list[Row]:
    """Measure with and without them by turns, each time with fresh services."""
    found: dict[int, list[float]] = {0: [], SCREENS: []}
    for _ in range(TURNS):
        for screens, committed in found.items():
            committed.extend(_turn(screens))
    (p50, p99), (with_p50, with_p99) = (np.percentile(ms, [50, 99]).tolist() for ms in found.values())
    share = 100 * (with_p50 / p50 - 1)
    return [
        Row(f"publish to committed alarm, no screen, p50 of {len(found[0])}", p50, "ms", "", None),
        Row("the same, p99", p99, "ms", "", None),
        Row(f"with {SCREENS} screens on the stream, p50", with_p50, "ms", "", None),
        Row("the same, p99", with_p99, "ms", "", None),
        Row(f"p50 later with {SCREENS} screens", share, "%", "at most 10", share <= 10),
    ]


def _turn(screens: int) -> list[float]:
    with broker() as port, tempfile.TemporaryDirectory() as name, contextlib.ExitStack() as stack:
        folder, web = Path(name), free_port()
        config = installation(folder, port)
        config.write_text(config.read_text().replace("port = 0", f"port = {web}"))
        stack.enter_context(serving(config))
        if screens:
            stack.enter_context(_watching(folder, web, screens))
        return committed_ms(folder, port)


@contextlib.contextmanager
def _watching(folder: Path, web: int, screens: int) -> Iterator[None]:
    while not answers(web):
        time.sleep(0.1)
    with log_in(Records(f"sqlite:///{folder / 'data' / 'records.db'}"), web) as http:
        process = itself("_watch", str(web), str(screens), http.cookies[COOKIE])
    try:
        yield
        if process.poll() is not None:
            raise SystemExit("the screens went away")
    finally:
        process.kill()
        process.wait()


@contextlib.contextmanager
def log_in(records: Records, web: int) -> Iterator[httpx2.Client]:
    """Give a client of the API for an operator of its own."""
    with records.unit() as unit:
        unit.add_user(User("bench", "bench", "operator", hash_password(_WORD)))
    with httpx2.Client(base_url=f"http://127.0.0.1:{web}/api/v1", timeout=60) as http:
        said = http.post("/login", json={"name": "bench", "password": _WORD}).raise_for_status().json()
        http.headers["X-CSRF-Token"] = said["csrf"]
        yield http


def answers(web: int) -> bool:
    try:
        return httpx2.get(f"http://127.0.0.1:{web}/healthz").status_code == 200
    except httpx2.TransportError:
        return False


def watch(web: str, screens: str, cookie: str) -> None:
    """Hold so many streams open and read them; ends with an error when one ends."""
    poll, links = select.epoll(), {}
    for _ in range(int(screens)):
        link = socket.create_connection(("127.0.0.1", int(web)))
        link.sendall(f"GET /api/v1/stream HTTP/1.1\r\nHost: bench\r\nCookie: {COOKIE}={cookie}\r\n\r\n".encode())
        links[link.fileno()] = link
        poll.register(link, select.EPOLLIN)
    while True:
        for number, _ in poll.poll():
            if not links[number].recv(1 << 20):
                raise SystemExit("a stream ended")
        time.sleep(0.05)  # a browser is another machine: reading shall cost little here
