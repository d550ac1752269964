"""Buckets of a real InfluxDB, and of a server that plays 2.x."""

import threading
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import msgspec
import pytest

from domain.errors import StoreUnavailable
from store.buckets import FOREVER_S, Buckets, open_buckets
from tests.store.influx2_server import WITH_2
from tests.store.influx_server import Influxd

pytestmark = [pytest.mark.server, pytest.mark.allow_hosts(["127.0.0.1"])]
DAY_S = 86_400
TOKEN, WRONG = "secret", "wrong"
UNAUTHORIZED, FORBIDDEN = 401, 403


def buckets_of(server: Influxd) -> AbstractContextManager[Buckets]:
    return open_buckets(server.url, api=server.api, token=server.token, org=server.org)


def test_a_bucket_is_made_found_and_kept_longer(influx: Influxd) -> None:
    name = "odd 'name', 大理" + ('"' if influx.api == "v1" else "")  # 2.x takes no quotation mark
    with buckets_of(influx) as buckets:
        assert buckets.find(name) is None
        buckets.make(name, 90 * DAY_S)
        standing = buckets.find(name)
        assert standing is not None
        assert standing.keep_s == 90 * DAY_S
        buckets.keep(name, standing.id, 3_650 * DAY_S)
        assert buckets.find(name) == standing._replace(keep_s=3_650 * DAY_S)


def test_a_database_without_an_end_keeps_for_ever(influx: Influxd) -> None:
    influx.create("without end")
    with buckets_of(influx) as buckets:
        standing = buckets.find("without end")
    assert standing is not None
    assert standing.keep_s == FOREVER_S


class Playing(ThreadingHTTPServer):
    """The part of 2.x that makes buckets: organisation `city`, and no mapping that nobody made."""

    def __init__(self, *, maps: bool) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"
        self.buckets: list[dict[str, Any]] = []
        self.mappings: list[dict[str, Any]] = []
        self.users: dict[str, dict[str, Any]] = {}
        self.maps = maps


class _Handler(BaseHTTPRequestHandler):
    server: Playing

    def do_GET(self) -> None:
        asked = {key: found[0] for key, found in parse_qs(urlsplit(self.path).query).items()}
        if "/orgs" in self.path:
            known = asked["org"] == "city"
            self._answer(200 if known else 404, {"orgs": [{"id": "0c", "name": "city"}] if known else []})
        elif "/legacy" in self.path:
            found = [{"id": name, "token": user["token"]} for name, user in self.server.users.items()]
            self._answer(200, {"authorizations": found})
        elif "/dbrps" in self.path:
            self._answer(200, {"content": [m for m in self.server.mappings if m["database"] == asked["db"]]})
        else:
            found = [b for b in self.server.buckets if b["name"] == asked["name"]]
            self._answer(200 if found else 404, {"buckets": found} if found else {"code": "not found"})

    def do_POST(self) -> None:
        body = self._body()
        if "/dbrps" in self.path:
            self.server.mappings.append(body)
        elif "/legacy" in self.path:
            self._user(body)
            return
        else:
            self.server.buckets.append({**body, "id": f"b{len(self.server.buckets)}"})
            if self.server.maps:
                number = len(self.server.buckets) - 1
                mapping = {"database": body["name"], "bucketID": f"b{number}", "default": True, "virtual": True}
                self.server.mappings.append(mapping)
        self._answer(201, {})

    def _user(self, body: dict[str, Any]) -> None:
        if self.path.endswith("/password"):
            self.server.users[self.path.split("/")[-2]].update(body)
            self._answer(204, {})
        else:
            name = f"u{len(self.server.users)}{body['token']}"
            self.server.users[name] = body
            self._answer(201, {"id": name})

    def do_DELETE(self) -> None:
        del self.server.users[self.path.split("/")[-1]]
        self._answer(204, {})

    def do_PATCH(self) -> None:
        for bucket in self.server.buckets:
            if self.path.endswith(f"/{bucket['id']}"):
                bucket.update(self._body())
        self._answer(200, {})

    def _body(self) -> dict[str, Any]:
        found: dict[str, Any] = msgspec.json.decode(self.rfile.read(int(self.headers["Content-Length"])))
        return found

    def _answer(self, status: int, body: object) -> None:
        sent = msgspec.json.encode(body) if self.headers["Authorization"] == "Token secret" else b"{}"
        self.send_response(status if self.headers["Authorization"] == "Token secret" else 401)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_: Any) -> None:  # noqa: ANN401 - the library's signature
        """Say nothing."""


@contextmanager
def playing(*, maps: bool = False) -> Iterator[Playing]:
    with Playing(maps=maps) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.01,))
        thread.start()
        yield server
        server.shutdown()
        thread.join()


@pytest.mark.parametrize("maps", [False, True])
def test_a_bucket_of_2_x_is_made_with_its_mapping_and_kept_longer(*, maps: bool) -> None:
    with playing(maps=maps) as server, open_buckets(server.url, api="v2", token=TOKEN, org="city") as buckets:
        assert buckets.find("gas") is None
        buckets.make("gas", 90 * DAY_S)
        assert buckets.find("gas") == ("b0", 90 * DAY_S)
        assert server.buckets[0]["orgID"] == "0c"
        assert server.buckets[0]["retentionRules"][0]["shardGroupDurationSeconds"] == 4.5 * DAY_S
        buckets.keep("gas", "b0", 730 * DAY_S)
        assert buckets.find("gas") == ("b0", 730 * DAY_S)
        (mapping,) = server.mappings
        if not maps:
            assert (mapping["bucketID"], mapping["retention_policy"], mapping["default"]) == ("b0", "autogen", True)


def test_a_mapping_of_another_bucket_of_that_name_is_told() -> None:
    with playing() as server, open_buckets(server.url, api="v2", token=TOKEN, org="city") as buckets:
        server.mappings.append({"database": "gas", "bucketID": "other", "default": True})
        with pytest.raises(StoreUnavailable, match="InfluxQL finds another bucket by the name 'gas'"):
            buckets.make("gas", DAY_S)


def test_a_user_of_2_x_may_read_the_named_buckets_and_is_made_anew() -> None:
    with playing() as server, open_buckets(server.url, api="v2", token=TOKEN, org="city") as buckets:
        server.users["other"] = {"token": "li"}
        for word in ("first", "second"):
            buckets.let_read("grafana", word, {"gas": "b0", "gas_1m": "b1"})
        assert [user["token"] for user in server.users.values()] == ["li", "grafana"]
        user = list(server.users.values())[1]
        assert (user["password"], user["orgID"], user["status"]) == ("second", "0c", "active")
        allowed = [(one["action"], one["resource"]["type"], one["resource"]["id"]) for one in user["permissions"]]
        assert allowed == [("read", "buckets", "b0"), ("read", "buckets", "b1")]


def test_a_user_of_1_x_may_read_the_named_databases_alone(influx_1: Influxd) -> None:
    with buckets_of(influx_1) as buckets:
        buckets.make("read", DAY_S)
        buckets.make("hidden", DAY_S)
        for word in ("it's", "second"):
            buckets.let_read("grafana", word, {"read": "autogen"})
    assert '"values":[["read","READ"]]' in influx_1.ask("", 'SHOW GRANTS FOR "grafana"')


@WITH_2
def test_a_user_of_a_real_2_x_may_read_the_named_buckets_alone(influx_2: Influxd) -> None:
    with buckets_of(influx_2) as buckets:
        for name in ("read", "hidden"):
            buckets.make(name, DAY_S)
        influx_2.write("read", "fan,device=F1 fan_on=1")
        standing = buckets.find("read")
        assert standing is not None
        for word in ("it's a word", "the second"):
            buckets.let_read("grafana", word, {"read": standing.id})
    with httpx2.Client(base_url=influx_2.url, auth=("grafana", "the second")) as reader:
        asked = {"db": "read", "q": 'SELECT "fan_on" FROM "fan"'}
        assert '"columns":["time","fan_on"]' in reader.post("/query", data=asked).text
        assert "fan_on" not in reader.get("/query", params={**asked, "db": "hidden"}).text
        assert reader.post("/write", params={"db": "read"}, content=b"fan,device=F1 fan_on=0").status_code == FORBIDDEN
        assert reader.get("/query", params=asked, auth=("grafana", "it's a word")).status_code == UNAUTHORIZED


def test_what_2_x_refuses_says_what_to_look_at() -> None:
    with playing() as server:
        with (
            open_buckets(server.url, api="v2", token=WRONG, org="city") as buckets,
            pytest.raises(StoreUnavailable, match=r"401 .*check series\.url and series\.token_file"),
        ):
            buckets.find("gas")
        with (
            open_buckets(server.url, api="v2", token=TOKEN, org="town") as buckets,
            pytest.raises(StoreUnavailable, match=r"no organisation 'town' that the token may see; check series\.org"),
        ):
            buckets.make("gas", DAY_S)
    with (
        open_buckets(server.url, api="v1", token="u:p", org="") as buckets,  # noqa: S106 - of nobody
        pytest.raises(StoreUnavailable, match=server.url),
    ):
        buckets.find("gas")
