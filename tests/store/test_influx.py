import gzip
import json
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.asset import Assets, Device, DeviceKind, Site
from domain.errors import StoreUnavailable
from domain.quality import Quality
from domain.quantity import Quantity
from domain.sample import Sample
from store.influx import InfluxSeries
from store.influxql import read_answer
from store.line import head, lines
from store.series import Latest, RefusedLine
from tests.store.influx2_server import VERSIONS, running
from tests.store.influx_server import Influxd

pytestmark = [pytest.mark.server, pytest.mark.allow_hosts(["127.0.0.1"])]
GAS = Quantity.GAS_PCT_LEL
S = 1_000_000_000
START = 1_768_449_600 * S
Api = Literal["v1", "v2"]


def site(name: str = "S1", zone: str = "Z1", district: str = "D1") -> Site:
    return Site(name, "店", "Shop", "restaurant", zone, district, 100.0, 25.0)


def assets(*devices: str, zone: str = "Z1") -> Assets:
    known = {device: Device(device, DeviceKind.GAS_DETECTOR, "S1") for device in devices}
    return Assets({"S1": site(zone=zone)}, {}, known)


def sample(n: int, value: float = 1.0, device: str = "G1") -> Sample:
    return Sample(device, START + n * S, "b", 0, {GAS: value}, {}, late=False)


def opened(url: str, folder: Path, *, api: Api = "v1", bucket: str = "gas", token: str = "") -> InfluxSeries:
    series = InfluxSeries(url, api=api, token=token, org="o", bucket=bucket, cursor_file=folder / "cursor.db")
    series.configure(assets("G1", "G2"))
    return series


def opened_at(server: Influxd, folder: Path, bucket: str = "gas", token: str = "") -> InfluxSeries:
    series = server.open(bucket, folder / "cursor.db", token=token)
    series.configure(assets("G1", "G2"))
    return series


# ---------------------------------------------------------------- lines
@pytest.mark.parametrize(
    ("written", "expected"),
    [
        (Sample("G1", 5, None, None, {GAS: 3.2}, {}, late=False), "gas_pct_lel=3.2,quality=0i,late=false 5"),
        (
            Sample("G1", 5_000_000, "b", 42, {GAS: 1e-7, Quantity.CO_PPM: 1e22}, {}, late=True),
            "gas_pct_lel=1e-7,co_ppm=1e22,quality=0i,late=true,seq=42i 5000042",
        ),
        (
            Sample("G1", 5, "b", 0, {GAS: -1}, {GAS: Quality.UNCERTAIN, Quantity.CO_PPM: Quality.BAD}, late=False),
            "gas_pct_lel=-1,quality=7i,late=false,seq=0i 5",
        ),
    ],
)
def test_a_line_holds_every_value_the_worst_quality_and_the_time(written: Sample, expected: str) -> None:
    assert lines("m,device={}".format, [written, written]) == 2 * [f"m,device=G1 {expected}"]


@given(st.lists(st.floats(allow_nan=False, allow_infinity=False), min_size=1))
def test_values_are_written_exactly(values: Sequence[float]) -> None:
    written = lines("m,device={}".format, [sample(1, value) for value in values])
    assert [float(one.split("gas_pct_lel=")[1].split(",")[0]) for one in written] == values


@pytest.mark.parametrize(
    ("zone", "district", "expected"),
    [
        ("Z1", "D1", "fan,device=F1,district=D1,site=S1,zone=Z1"),
        ("Z1", "", "fan,device=F1,site=S1,zone=Z1"),
        ("a=b", "大理, 古城", r"fan,device=F1,district=大理\,\ 古城,site=S1,zone=a\=b"),
        ("a\nb", "D1", r"fan,device=F1,district=D1,site=S1,zone=a\ b"),
        ("\\", "a\\b\\", r"fan,device=F1,district=a\b,site=S1"),
    ],
)
def test_tags_are_escaped_sorted_and_never_empty(zone: str, district: str, expected: str) -> None:
    assert head(Device("F1", DeviceKind.FAN, "S1"), site(zone=zone, district=district)) == expected


def test_escaped_tags_come_back_as_they_were(influx: Influxd, tmp_path: Path) -> None:
    influx.create("escaped")
    with closing(opened_at(influx, tmp_path, "escaped")) as series:
        series.configure(assets("G1", zone="a=b, 大理"))
        assert not series.write([sample(1)], cursor=1, frames=1)
    query = 'SHOW TAG VALUES FROM "gas_detector" WITH KEY = "zone"'
    assert '"values":[["zone","a=b, 大理"]]' in influx.ask("escaped", query)


def test_there_are_as_many_series_as_devices_and_moves_between_zones(influx: Influxd, tmp_path: Path) -> None:
    influx.create("moves")
    with closing(opened_at(influx, tmp_path, "moves")) as series:
        series.write([sample(n, device=f"G{n % 2 + 1}") for n in range(10)], cursor=1, frames=1)
        series.configure(assets("G1", zone="Z2"))
        series.write([sample(20)], cursor=2, frames=1)
        assert len(series.series("G1", GAS, 0, 1 << 62, 100).time_ns) == 6
    (table,), _ = read_answer(influx.ask("moves", "SHOW SERIES"))
    assert len(table.values) == 2 + 1


# ---------------------------------------------------------------- refusals of a real server
def test_a_line_of_another_type_is_found_and_its_neighbours_are_stored(influx_as_seen: Influxd, tmp_path: Path) -> None:
    bucket = f"conflict_{influx_as_seen.api}"
    influx_as_seen.create(bucket)
    influx_as_seen.write(bucket, f'gas_detector,device=X gas_pct_lel=1,co_ppm="text" {START}')
    written = [sample(n, n) for n in range(100)]
    written[37] = written[37]._replace(values={Quantity.CO_PPM: 5.0})
    with closing(opened_at(influx_as_seen, tmp_path, bucket)) as series:
        (refused,) = series.write(written, cursor=9, frames=99)
        assert refused.place == 37
        assert "field type conflict" in refused.text
        assert "\n" not in refused.text
        assert (series.cursor(), series.frames()) == (0, 0)
        assert series.series("G1", GAS, 0, 1 << 62, 1_000).value == [n for n in range(100) if n != 37]
        del written[37]
        assert not series.write(written, cursor=9, frames=99)
        assert (series.cursor(), series.frames()) == (9, 99)
        assert len(series.series("G1", GAS, 0, 1 << 62, 1_000).time_ns) == 99


def test_points_beyond_the_retention_and_numbers_that_are_none_are_refused_alone(
    influx: Influxd, tmp_path: Path
) -> None:
    influx.create("short", days=20_000)
    old = Sample("G1", 1_000, None, None, {GAS: 1.0}, {}, late=True)
    with closing(opened_at(influx, tmp_path, "short")) as series:
        refused = series.write([sample(1), old, sample(2), sample(3, float("nan")), sample(4)], cursor=1, frames=5)
        assert [one.place for one in refused] == [1, 3]
        assert len(series.series("G1", GAS, 0, 1 << 62, 100).time_ns) == 3


def test_a_bucket_that_is_not_there_says_what_to_look_at(influx_as_seen: Influxd, tmp_path: Path) -> None:
    with closing(opened_at(influx_as_seen, tmp_path, "none")) as series:
        with pytest.raises(StoreUnavailable, match=r"404 .* not found.*; check series\.url, series\.bucket"):
            series.write([sample(1)], cursor=1, frames=1)
        with pytest.raises(StoreUnavailable, match="database not found"):
            series.series("G1", GAS, 0, 1, 1)
        with pytest.raises(StoreUnavailable, match=r"database not found|not executed; 2\.x says no more"):
            series.latest("G1")
        assert series.cursor() == 0


# ---------------------------------------------------------------- a server that plays a list of answers
class Played(ThreadingHTTPServer):
    """Answers with one status after the other, 204 in the end; keeps what it was sent."""

    def __init__(self, statuses: Sequence[int], most: int = 1 << 30) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.statuses, self.most = list(statuses), most
        self.retry_after = ""
        self.answers: list[list[list[object]]] = []
        self.bodies: list[list[str]] = []
        self.headers: list[dict[str, str]] = []
        self.paths: list[str] = []
        self.url = f"http://127.0.0.1:{self.server_address[1]}"


class _Handler(BaseHTTPRequestHandler):
    server: Played
    protocol_version = "HTTP/1.1"

    def do_POST(self) -> None:
        found = self.rfile.read(int(self.headers["Content-Length"]))
        lines = gzip.decompress(found).decode().split("\n")
        self.server.bodies.append(lines)
        self.server.headers.append(dict(self.headers))
        self.server.paths.append(self.path)
        status = self.server.statuses.pop(0) if self.server.statuses else 204
        self._answer(413 if len(lines) > self.server.most else status)

    def do_GET(self) -> None:
        self.server.headers.append(dict(self.headers))
        self.server.paths.append(self.path)
        if not self.server.answers:
            self._answer(200)
            return
        columns = ["time", "gas_pct_lel", "quality", "late"]
        series = [{"name": "gas_detector", "columns": columns, "values": self.server.answers.pop(0)}]
        said = json.dumps({"results": [{"statement_id": 0, "series": series}]}).encode()
        self.send_response(200)
        self.send_header("Content-Length", str(len(said)))
        self.end_headers()
        self.wfile.write(said)

    def _answer(self, status: int) -> None:
        self.send_response(status)
        if self.server.retry_after:
            self.send_header("Retry-After", self.server.retry_after)
        if status != 204:
            self.send_header("Content-Length", "4")
            self.end_headers()
            self.wfile.write(b"busy")
        else:
            self.end_headers()

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the library's signature
        """Say nothing."""


@contextmanager
def playing(*statuses: int, most: int = 1 << 30) -> Iterator[Played]:
    with Played(statuses, most) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("api", ["v1", "v2"])
@pytest.mark.parametrize("status", [401, 403, 404, 429, 500, 502, 503, 504, 301])
def test_whatever_is_no_yes_and_no_refusal_holds_the_cursor(tmp_path: Path, api: Api, status: int) -> None:
    with playing(status) as server, closing(opened(server.url, tmp_path, api=api)) as series:
        with pytest.raises(StoreUnavailable, match=f"{server.url}: {status} busy"):
            series.write([sample(1)], cursor=3, frames=1)
        assert series.cursor() == 0
        assert not series.write([sample(1)], cursor=3, frames=1)
        assert (series.cursor(), series.frames()) == (3, 1)
        values = f"gas_pct_lel=1.0,quality=0i,late=false,seq=0i {START + S}"
        assert server.bodies == 2 * [[f"gas_detector,device=G1,district=D1,site=S1,zone=Z1 {values}"]]


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_no_one_there_holds_the_cursor(tmp_path: Path, api: Api) -> None:
    with playing() as server:
        url = server.url
    with closing(opened(url, tmp_path, api=api)) as series:
        with pytest.raises(StoreUnavailable, match=url):
            series.write([sample(1)], cursor=3, frames=1)
        with pytest.raises(StoreUnavailable, match=url):
            series.latest("G1")
        assert series.cursor() == 0


@pytest.mark.parametrize("api", ["v1", "v2"])
def test_what_is_too_large_is_halved_and_requests_have_at_most_5000_lines(tmp_path: Path, api: Api) -> None:
    written = [sample(n) for n in range(6_000)]
    with playing(most=2_000) as server, closing(opened(server.url, tmp_path, api=api)) as series:
        assert not series.write(written, cursor=3, frames=1)
    assert [len(lines) for lines in server.bodies] == [5_000, 2_500, 1_250, 1_250, 2_500, 1_250, 1_250, 1_000]


def test_a_single_line_that_is_too_large_is_no_refusal(tmp_path: Path) -> None:
    with (
        playing(most=0) as server,
        closing(opened(server.url, tmp_path)) as series,
        pytest.raises(StoreUnavailable, match="413"),
    ):
        series.write([sample(1)], cursor=3, frames=1)


def test_a_refusal_in_the_words_of_2_x_is_one_too(tmp_path: Path) -> None:
    with playing(422, 204, 422) as server, closing(opened(server.url, tmp_path, api="v2")) as series:
        assert series.write([sample(1), sample(2)], cursor=3, frames=1) == [RefusedLine(1, "busy")]


@pytest.mark.parametrize("api", ["v1", "v2"])
@pytest.mark.parametrize(
    ("status", "header", "expected"),
    [
        (429, "7", ("busy", 7)),
        (503, "3600", ("busy", 3_600)),
        (503, "", ("busy", None)),
        (429, "Wed, 21 Oct 2026 07:28:00 GMT", ("busy", None)),
        (401, "7", ("settings", None)),
        (403, "", ("settings", None)),
        (404, "", ("settings", None)),
        (500, "7", ("unavailable", None)),
    ],
)
def test_says_who_can_help_and_when_to_come_again(
    tmp_path: Path, api: Api, status: int, header: str, expected: tuple[str, float | None]
) -> None:
    with playing(status) as server, closing(opened(server.url, tmp_path, api=api)) as series:
        server.retry_after = header
        with pytest.raises(StoreUnavailable) as caught:
            series.write([sample(1)], cursor=3, frames=1)
    assert (caught.value.reason, caught.value.retry_after_s) == expected


@pytest.mark.parametrize("api", ["v1", "v2"])
@pytest.mark.parametrize("lines", [1, 1_000])
def test_a_server_that_refuses_a_good_line_too_is_wrong_itself(tmp_path: Path, api: Api, lines: int) -> None:
    with playing(*[400] * 5_000) as server, closing(opened(server.url, tmp_path, api=api)) as series:
        with pytest.raises(StoreUnavailable, match="400 busy; it refuses a good line too") as caught:
            series.write([sample(n) for n in range(lines)], cursor=3, frames=1)
        assert caught.value.reason == "request"
        assert series.cursor() == 0
    assert server.bodies[-1] == ["pipeline,role=write probe=1i"]
    assert len(server.bodies) <= 12  # it is found out at the first line, not at the thousandth


def test_lines_that_are_all_bad_are_refused_where_a_good_one_passes(tmp_path: Path) -> None:
    with playing(400, 400, 204, 400) as server, closing(opened(server.url, tmp_path)) as series:
        assert [one.place for one in series.write([sample(1), sample(2)], cursor=3, frames=1)] == [0, 1]
    assert [lines[0].startswith("pipeline") for lines in server.bodies] == [False, False, True, False]


def test_a_server_that_leaves_at_the_good_line_holds_everything(tmp_path: Path) -> None:
    with playing(400, 503) as server, closing(opened(server.url, tmp_path)) as series:
        with pytest.raises(StoreUnavailable, match="503"):
            series.write([sample(1)], cursor=3, frames=1)
        assert series.cursor() == 0


def test_it_is_reached_when_it_can_be_written_and_read(influx_as_seen: Influxd, tmp_path: Path) -> None:
    bucket = f"reached_{influx_as_seen.api}"
    influx_as_seen.create(bucket)
    with closing(opened_at(influx_as_seen, tmp_path, bucket)) as series:
        series.reach()
        assert series.count() == 0  # its own point is none of a device
        assert not series.trim(1 << 62)
    with closing(opened_at(influx_as_seen, tmp_path, "none")) as series, pytest.raises(StoreUnavailable, match="404"):
        series.reach()


def test_lines_beyond_the_retention_are_refused_when_they_are_alone(influx: Influxd, tmp_path: Path) -> None:
    influx.create("day", days=1)
    with closing(opened_at(influx, tmp_path, "day")) as series:
        assert [one.place for one in series.write([sample(1), sample(2)], cursor=1, frames=2)] == [0, 1]


def test_a_point_that_is_just_being_written_is_asked_for_again(tmp_path: Path) -> None:
    with playing() as server, closing(opened(server.url, tmp_path)) as series:
        server.answers = [[[START, 3, None, None]], [[START, 3, 0, False]]]
        assert series.latest("G1") == {GAS: Latest(START, 3.0, 0, late=False)}
        assert f"time+%3C%3D+{START}" in server.paths[-1]
        server.answers = [[[START, 3, None, None]], [[START, 3, None, None]]]
        assert series.latest("G1") == {}
        server.answers = [[[START, 3, 0, False], [START + S, 4, None, False]]]
        assert list(series.series("G1", GAS, START, START + 9 * S, 10).value) == [3.0]


def test_a_server_that_is_no_influxdb_cannot_be_read(tmp_path: Path) -> None:
    with (
        playing() as server,
        closing(opened(server.url, tmp_path)) as series,
        pytest.raises(StoreUnavailable, match="not InfluxDB's answer"),
    ):
        series.latest("G1")


@pytest.mark.parametrize(("api", "token", "expected"), [("v1", "u:p:q", "Basic dTpwOnE="), ("v2", "t", "Token t")])
def test_every_request_carries_the_token(tmp_path: Path, api: Api, token: str, expected: str) -> None:
    with playing() as server, closing(opened(server.url, tmp_path, api=api, token=token, bucket="g b")) as series:
        series.write([sample(1)], cursor=1, frames=1)
        with pytest.raises(StoreUnavailable):
            series.latest("G1")
    assert [headers["Authorization"] for headers in server.headers] == [expected] * 2
    assert server.paths[:1] == [
        {"v1": "/write?db=g+b&precision=ns", "v2": "/api/v2/write?org=o&bucket=g+b&precision=ns"}[api]
    ]


# ---------------------------------------------------------------- a server that goes away
@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("leave", [Influxd.stop, Influxd.kill])
def test_a_database_that_was_away_has_everything_afterwards(
    tmp_path: Path, version: str, leave: Callable[[Influxd], None]
) -> None:
    (tmp_path / "server").mkdir()
    with running(version, tmp_path / "server") as server, closing(opened_at(server, tmp_path)) as series:
        server.create("gas")
        assert not series.write([sample(1)], cursor=1, frames=1)
        leave(server)
        with pytest.raises(StoreUnavailable):
            series.write([sample(2)], cursor=2, frames=1)
        assert (series.cursor(), series.frames()) == (1, 1)
        server.start()
        assert not series.write([sample(2)], cursor=2, frames=1)
        assert (series.count(), series.cursor(), series.frames()) == (2, 2, 2)
