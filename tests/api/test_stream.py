"""The live stream over a real server on loopback."""

import contextlib
import socket
import threading
from collections.abc import Iterator
from typing import Any

import httpx2
import msgspec
import pytest

from api.sessions import COOKIE
from domain.alarm import AlarmKind
from domain.errors import StoreUnavailable
from domain.finding import Transition
from domain.quantity import Quantity
from tests.api.conftest import PASSWORD, Plant, Server, wait_for

pytestmark = [pytest.mark.server, pytest.mark.allow_hosts(["127.0.0.1"])]


class Listener:
    """Reads a stream on a thread of its own, over HTTP/1.0 so that the bytes come as they are."""

    def __init__(self, port: int, path: str, headers: dict[str, str]) -> None:
        self.events: list[tuple[str, int, dict[str, Any]]] = []
        self._socket = socket.create_connection(("127.0.0.1", port), 20)
        head = "".join(f"{name}: {value}\r\n" for name, value in headers.items())
        self._socket.sendall(f"GET {path} HTTP/1.0\r\n{head}\r\n".encode())
        self._thread = threading.Thread(target=self._read)
        self._thread.start()

    @property
    def ended(self) -> bool:
        return not self._thread.is_alive()

    def _read(self) -> None:
        fields: dict[str, str] = {}
        with self._socket.makefile(encoding="utf-8", newline="\n") as lines:
            for line in lines:
                name, _, value = line.rstrip("\r\n").partition(": ")
                if name:
                    fields[name] = value
                elif "event" in fields:
                    self.events.append((fields["event"], int(fields["id"]), msgspec.json.decode(fields["data"])))
                    fields = {}

    def close(self) -> None:
        with contextlib.suppress(OSError):  # the server may have been first
            self._socket.shutdown(socket.SHUT_RDWR)
        self._thread.join(5)
        self._socket.close()

    def named(self, name: str) -> list[dict[str, Any]]:
        return [data for event, _, data in list(self.events) if event == name]

    def first(self, name: str, timeout_s: float = 7.0) -> dict[str, Any]:
        wait_for(lambda: self.named(name), timeout_s, f"an event {name}")
        return self.named(name)[0]


class Browser:
    """Logged in, and able to listen."""

    def __init__(self, server: Server, name: str = "operator") -> None:
        self._port = server.port
        self.http = httpx2.Client(base_url=f"{server.url}/api/v1", timeout=20)
        answer = self.http.post("/login", json={"name": name, "password": PASSWORD})
        self.http.headers["X-CSRF-Token"] = answer.json()["csrf"]

    @contextlib.contextmanager
    def listen(self, query: str = "", **headers: str) -> Iterator[Listener]:
        cookie = f"{COOKIE}={self.http.cookies[COOKIE]}"
        listener = Listener(self._port, f"/api/v1/stream?{query}", {"Cookie": cookie, **headers})
        try:
            yield listener
        finally:
            listener.close()

    @contextlib.contextmanager
    def stuck(self) -> Iterator[None]:
        """A screen that asks for the stream and then reads nothing."""
        with socket.create_connection(("127.0.0.1", self._port)) as line:
            cookie = f"{COOKIE}={self.http.cookies[COOKIE]}"
            line.sendall(f"GET /api/v1/stream HTTP/1.0\r\nCookie: {cookie}\r\n\r\n".encode())
            yield


@pytest.fixture
def browser(server: Server) -> Iterator[Browser]:
    made = Browser(server)
    yield made
    made.http.close()


def test_the_snapshot_comes_first_and_holds_what_stands(browser: Browser, live_plant: Plant) -> None:
    alarm = live_plant.leak()
    with browser.listen() as stream:
        snapshot = stream.first("snapshot")
        assert stream.events[0][0] == "snapshot"
    assert [row["id"] for row in snapshot["alarms"]] == [alarm.id]
    assert snapshot["counts"] == {"1": 0, "2": 0, "3": 1, "4": 0}
    assert (snapshot["unacknowledged"], snapshot["missed"]) == (1, [])
    assert snapshot["as_of"] == live_plant.records.last_journal() == stream.events[0][1]
    assert snapshot["totals"]["offline"] == 17


def test_a_transition_is_told_to_everybody_with_its_number(browser: Browser, live_plant: Plant) -> None:
    with browser.listen() as one, browser.listen() as two:
        for stream in (one, two):
            stream.first("snapshot")
        alarm = live_plant.leak()
        for stream in (one, two):
            told = stream.first("alarm", 2)
            assert (told["transition"]["event"], told["alarm"]["id"]) == ("raise", alarm.id)
        browser.http.post(f"/alarms/{alarm.id}/ack", json={"occurrence": 1})
        wait_for(lambda: two.named("alarm")[-1]["transition"]["event"] == "acknowledge", 2, "the answer")
        assert two.named("alarm")[-1]["alarm"]["acknowledged_by"] == "operator"
        numbers = [seq for name, seq, _ in two.events if name == "alarm"]
    assert numbers == list(range(1, live_plant.records.last_journal() + 1))


def test_late_evidence_is_told_as_a_transition_of_an_alarm_that_stays_normal(
    browser: Browser, live_plant: Plant
) -> None:
    with browser.listen() as stream:
        stream.first("snapshot")
        alarm = live_plant.find(AlarmKind.GAS_LOW, "G1", Transition.LATE, value=31.0, limit=20.0)
        told = stream.first("alarm", 2)
    transition = told["transition"]
    assert (transition["event"], transition["before"], transition["after"]) == ("late_evidence", "A", "A")
    assert (transition["value"], transition["limit"], told["alarm"]["active"]) == (31.0, 20.0, False)
    shown = browser.http.get(f"/alarms/{alarm.id}").json()
    assert [entry["event"] for entry in shown["journal"]] == ["late_evidence"]
    assert (shown["state"]["letter"], shown["incident_id"], shown["first_time"]) == ("A", None, None)
    assert browser.http.get("/alarms", params={"state": "A"}).json()["items"][0]["id"] == alarm.id


def test_whoever_comes_back_learns_what_he_missed(browser: Browser, live_plant: Plant) -> None:
    live_plant.leak("G1")
    seen = live_plant.records.last_journal()
    live_plant.leak("G2")
    for query, headers in ((f"last_event_id={seen}", {}), ("last_event_id=0&device=G1", {"Last-Event-ID": str(seen)})):
        with browser.listen(query, **headers) as stream:
            snapshot = stream.first("snapshot")
        assert {line["device"] for line in snapshot["missed"]} == {"G2"}
        assert snapshot["missed_count"] == len(snapshot["missed"]) == snapshot["as_of"] - seen


@pytest.mark.parametrize("last", ["-1", "999999", "x", "99999999999999999999999"])
def test_a_number_that_makes_no_sense_is_a_fresh_start(browser: Browser, live_plant: Plant, last: str) -> None:
    live_plant.leak()
    with browser.listen(f"last_event_id={last}") as stream:
        assert stream.first("snapshot")["missed"] == []


def test_more_than_500_missed_lines_are_only_counted(browser: Browser, live_plant: Plant) -> None:
    alarm = live_plant.leak()
    seen = live_plant.records.last_journal()
    with live_plant.records.unit() as unit:
        for n in range(501):
            live_plant.desk.comment(unit, alarm.id, 1, "operator", f"note {n}", live_plant.clock_ns())
    with browser.listen(f"last_event_id={seen}") as stream:
        snapshot = stream.first("snapshot")
    assert (snapshot["missed"], snapshot["missed_count"]) == ([], 501)


def test_samples_of_the_open_device_are_told_once_and_of_no_other(browser: Browser, live_plant: Plant) -> None:
    live_plant.measure("G1", {Quantity.GAS_PCT_LEL: 1.0})
    with browser.listen("device=G1") as stream, browser.listen() as other:
        other.first("snapshot")
        stream.first("snapshot")
        stream.first("reading")  # what is fresh is told at first sight
        for n in range(5):
            live_plant.measure("G1", {Quantity.GAS_PCT_LEL: 10.0 + n})
        live_plant.measure("G2", {Quantity.GAS_PCT_LEL: 99.0})

        def told() -> list[float]:
            return [value for reading in stream.named("reading") for value in reading["value"]]

        wait_for(lambda: len(told()) >= 5, 3, "five samples")
        assert [value for value in told() if value >= 10] == [10.0, 11.0, 12.0, 13.0, 14.0]
        assert other.named("reading") == []


def test_a_device_that_changes_brings_its_site_and_the_town(browser: Browser, live_plant: Plant) -> None:
    with browser.listen() as stream:
        stream.first("snapshot")
        live_plant.hear("V1")
        live_plant.measure("V1", {Quantity.VALVE_OPEN: 0.0})
        wait_for(lambda: stream.named("device"), 3, "the valve")
        told = stream.named("device")[-1]
    assert (told["device"]["id"], told["device"]["position"], told["device"]["online"]) == ("V1", 0.0, True)
    assert (told["site"]["id"], told["site"]["valves_closed"], told["totals"]["valves_closed"]) == ("S1", 1, 1)


def test_health_comes_even_while_the_records_are_away(
    browser: Browser, live_plant: Plant, monkeypatch: pytest.MonkeyPatch
) -> None:
    with browser.listen() as stream:
        stream.first("snapshot")
        assert stream.first("health")["readers"]["watch"]["lag_s"] == 0.4

        def away() -> int:
            raise StoreUnavailable("gone")

        monkeypatch.setattr(live_plant.records, "last_journal", away)
        monkeypatch.setattr(live_plant.records, "journal", lambda **_: away())
        seen = len(stream.named("health"))
        wait_for(lambda: len(stream.named("health")) > seen, 7, "health")
        assert stream.named("health")[-1]["age_s"] > 0.5
        monkeypatch.undo()
        live_plant.leak()
        assert stream.first("alarm", 3)["alarm"]["device"] == "G1"


def test_a_stream_ends_with_the_session(browser: Browser) -> None:
    with browser.listen() as stream:
        stream.first("snapshot")
        browser.http.post("/logout")
        wait_for(lambda: stream.ended, 8, "the end of the stream")


@pytest.mark.untraced
def test_a_screen_that_does_not_read_slows_nobody_down(browser: Browser, live_plant: Plant) -> None:
    alarm = live_plant.leak()
    with browser.stuck(), browser.listen() as quick:
        quick.first("snapshot")
        for round_ in range(8):
            with live_plant.records.unit() as unit:
                for n in range(300):
                    note = f"{round_} {n} " + "x" * 900
                    live_plant.desk.comment(unit, alarm.id, 1, "operator", note, live_plant.clock_ns())
        last = live_plant.records.last_journal()
        wait_for(lambda: quick.events[-1][1] == last, 15, "the last line")
