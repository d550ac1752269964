"""The buckets of InfluxDB (1.x: databases), how long they keep points, and who may read them alone."""

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from typing import Literal, NamedTuple, Protocol, TypeVar

import httpx2
import msgspec

from domain.errors import StoreUnavailable
from store.influxql import Table, quoted, read_answer

FOREVER_S = 0
TIMEOUT_S = 30.0
_SHARDS = 20
"""Of the files that one bucket is cut into by time: whole ones go when they are too old."""
_V2, _USERS = "/api/v2/", "/private/legacy/authorizations"
_UNITS_S = {"h": 3_600, "m": 60, "s": 1}


class Standing(NamedTuple):
    """A bucket that is there.

    Attributes:
        id: by which the server knows it.
        keep_s: how long it keeps points; `FOREVER_S`: for ever.
    """

    id: str
    keep_s: int


class Buckets(Protocol):
    """What a server has; every method raises `StoreUnavailable` where it is away or refuses."""

    def find(self, name: str) -> Standing | None: ...
    def make(self, name: str, keep_s: int) -> None: ...
    def keep(self, name: str, bucket_id: str, keep_s: int) -> None: ...
    def let_read(self, user: str, password: str, ids: Mapping[str, str]) -> None: ...


@contextmanager
def open_buckets(url: str, *, api: Literal["v1", "v2"], token: str, org: str) -> Iterator[Buckets]:
    """Open what a server of 1.x or 2.x has; the token of 1.x is ``user:password``."""
    user, _, password = token.partition(":")
    auth = (user, password) if token and api == "v1" else None
    headers = {"Authorization": f"Token {token}"} if token and api == "v2" else {}
    with httpx2.Client(base_url=url, auth=auth, headers=headers, timeout=TIMEOUT_S) as http:
        yield BucketsV1(url, http) if api == "v1" else BucketsV2(url, http, org)


class BucketsV1:
    """Databases of 1.x, by their default retention policy.

    Args:
        url: of the server.
        http: that knows it, as an administrator.
    """

    def __init__(self, url: str, http: httpx2.Client) -> None:
        self._url, self._http = url, http

    def find(self, name: str) -> Standing | None:
        names = [row[0] for table in self._ask("SHOW DATABASES") for row in table.values]
        if name not in names:
            return None
        for table in self._ask(f"SHOW RETENTION POLICIES ON {_name(name)}"):
            policies = [dict(zip(table.columns, row, strict=True)) for row in table.values]
            for policy in policies:
                if policy["default"]:
                    return Standing(policy["name"], _seconds(policy["duration"]))
        raise StoreUnavailable(f"time series {self._url}: database {name} has no default retention policy")

    def make(self, name: str, keep_s: int) -> None:
        self._ask(f"CREATE DATABASE {_name(name)} WITH DURATION {keep_s}s SHARD DURATION {_shard_s(keep_s)}s")

    def keep(self, name: str, bucket_id: str, keep_s: int) -> None:
        shard_s = _shard_s(keep_s)
        policy = f"{_name(bucket_id)} ON {_name(name)}"
        self._ask(f"ALTER RETENTION POLICY {policy} DURATION {keep_s}s SHARD DURATION {shard_s}s DEFAULT")

    def let_read(self, user: str, password: str, ids: Mapping[str, str]) -> None:
        """Have a user of this password who may read these databases; what else he might do is not touched."""
        word = quoted(password)
        known = [row[0] for table in self._ask("SHOW USERS") for row in table.values]
        there = f"SET PASSWORD FOR {_name(user)} = {word}"
        self._ask(there if user in known else f"CREATE USER {_name(user)} WITH PASSWORD {word}")
        for name in ids:
            self._ask(f"GRANT READ ON {_name(name)} TO {_name(user)}")

    def _ask(self, query: str) -> list[Table]:
        said = _said(self._url, lambda: self._http.post("/query", data={"q": query}))
        tables, errors = _read(self._url, said)
        if errors:
            raise StoreUnavailable(f"time series {self._url}: {'; '.join(sorted(errors))}")
        return tables


class _Rule(msgspec.Struct, frozen=True):
    everySeconds: int = 0  # noqa: N815 - the server's name


class _Bucket(msgspec.Struct, frozen=True):
    id: str
    name: str
    retentionRules: list[_Rule] = []  # noqa: N815 - the server's name


class _Named(msgspec.Struct, frozen=True):
    id: str
    token: str = ""


class _Mapping(msgspec.Struct, frozen=True):
    bucketID: str  # noqa: N815 - the server's name
    default: bool = False


class _Listed(msgspec.Struct, frozen=True):
    buckets: list[_Bucket] = []
    orgs: list[_Bucket] = []
    content: list[_Mapping] = []
    authorizations: list[_Named] = []


_Decoded = TypeVar("_Decoded", _Named, _Listed)


class BucketsV2:
    """Buckets of 2.x, with the mapping by which InfluxQL finds them.

    Args:
        url: of the server.
        http: that knows it, and may read and write buckets, organisations and mappings.
        org: the organisation that owns them.
    """

    def __init__(self, url: str, http: httpx2.Client, org: str) -> None:
        self._url, self._http, self._org = url, http, org

    def find(self, name: str) -> Standing | None:
        found = [
            bucket for bucket in self._get(f"{_V2}buckets", org=self._org, name=name).buckets if bucket.name == name
        ]
        if not found:
            return None
        self._map(name, found[0].id)
        return Standing(found[0].id, sum(rule.everySeconds for rule in found[0].retentionRules))

    def make(self, name: str, keep_s: int) -> None:
        self._send("POST", f"{_V2}buckets", {"orgID": self._org_id(), "name": name, "retentionRules": [_rule(keep_s)]})
        self.find(name)

    def keep(self, name: str, bucket_id: str, keep_s: int) -> None:
        self._send("PATCH", f"{_V2}buckets/{bucket_id}", {"name": name, "retentionRules": [_rule(keep_s)]})

    def let_read(self, user: str, password: str, ids: Mapping[str, str]) -> None:
        """Have a user of InfluxQL, which 2.x knows besides its tokens, who may read these buckets and do nothing else.

        What a user may do is never changed there: he is made anew each time. He logs in by name and password (Basic);
        what stands in ``Authorization: Token`` is a token of 2.x to the server, whatever has a colon in it.
        """
        org_id = self._org_id()
        for old in self._get(_USERS, token=user).authorizations:
            if old.token == user:
                self._send("DELETE", f"{_USERS}/{old.id}")
        read = [
            {"action": "read", "resource": {"type": "buckets", "id": bucket_id, "orgID": org_id}}
            for bucket_id in ids.values()
        ]
        said = self._send("POST", _USERS, {"token": user, "orgID": org_id, "status": "active", "permissions": read})
        made = self._decoded(said, _Named)
        self._send("POST", f"{_USERS}/{made.id}/password", {"password": password})

    def _map(self, name: str, bucket_id: str) -> None:
        """Make the mapping where there is none; 2.7 has one for each bucket, unless somebody made another."""
        org_id = self._org_id()
        found = self._get(f"{_V2}dbrps", orgID=org_id, db=name).content
        if not found:
            mapping = {"orgID": org_id, "bucketID": bucket_id, "database": name, "retention_policy": "autogen"}
            self._send("POST", f"{_V2}dbrps", {**mapping, "default": True})
        elif all(one.bucketID != bucket_id for one in found if one.default):
            text = f"InfluxQL finds another bucket by the name {name!r}, or none"
            raise StoreUnavailable(f"time series {self._url}: {text}; delete that DBRP mapping (influx v1 dbrp list)")

    def _org_id(self) -> str:
        found = self._get(f"{_V2}orgs", org=self._org).orgs
        if not found:
            text = f"no organisation {self._org!r} that the token may see; check series.org and series.token_file"
            raise StoreUnavailable(f"time series {self._url}: {text}")
        return found[0].id

    def _get(self, what: str, **parameters: str) -> _Listed:
        said = _said(self._url, lambda: self._http.get(what, params=parameters), missing=True)
        if said.status_code == httpx2.codes.NOT_FOUND:
            return _Listed()  # how some versions say that there is none of that name
        return self._decoded(said, _Listed)

    def _send(self, method: str, what: str, body: dict[str, object] | None = None) -> httpx2.Response:
        return _said(self._url, lambda: self._http.request(method, what, json=body))

    def _decoded(self, said: httpx2.Response, kind: type[_Decoded]) -> _Decoded:
        try:
            return msgspec.json.decode(said.content, type=kind)
        except msgspec.MsgspecError as error:
            raise StoreUnavailable(f"time series {self._url}: not InfluxDB's answer: {error}") from None


class _Ask(Protocol):
    def __call__(self) -> httpx2.Response: ...


def _said(url: str, ask: _Ask, *, missing: bool = False) -> httpx2.Response:
    """Give an answer that is a yes, or, where that may be, that there is none."""
    try:
        said = ask()
    except httpx2.HTTPError as error:
        raise StoreUnavailable(f"time series {url}: {str(error) or type(error).__name__}") from error
    if said.is_success or (missing and said.status_code == httpx2.codes.NOT_FOUND):
        return said
    text = " ".join(said.text.split())[:300]
    raise StoreUnavailable(f"time series {url}: {said.status_code} {text}; check series.url and series.token_file")


def _read(url: str, said: httpx2.Response) -> tuple[list[Table], set[str]]:
    try:
        return read_answer(said.text)
    except msgspec.MsgspecError as error:
        raise StoreUnavailable(f"time series {url}: not InfluxDB's answer: {error}") from None


def _rule(keep_s: int) -> dict[str, object]:
    return {"type": "expire", "everySeconds": keep_s, "shardGroupDurationSeconds": _shard_s(keep_s)}


def _shard_s(keep_s: int) -> int:
    """Give the time that one file covers: a twentieth, at least an hour, in whole hours.

    Example:
        >>> [_shard_s(days * 86_400) / 86_400 for days in (90, 730, 3_650)]
        [4.5, 36.5, 182.5]
    """
    return max(keep_s // _SHARDS // 3_600, 1) * 3_600


def _seconds(duration: str) -> int:
    """Read a duration of 1.x.

    Example:
        >>> _seconds("2160h0m0s"), _seconds("0s")
        (7776000, 0)
    """
    return sum(int(number) * _UNITS_S[unit] for number, unit in re.findall(r"(\d+)([hms])", duration))


def _name(name: str) -> str:
    r"""Quote an identifier.

    Example:
        >>> print(_name('my "gas"'))
        "my \"gas\""
    """
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'
