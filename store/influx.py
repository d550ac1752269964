"""The time series in InfluxDB: 2.x by its own client, 1.x by plain HTTP; both are read by InfluxQL.

There is no transaction over a database and our cursor: the cursor is a small file beside the log, moved after the
database's 2xx. What a crash repeats has the same identity (measurement, tags, time) and replaces itself.

Decided by the class of the answer's status, never by its wording, which differs between versions:

==================  =========================================================================================
2xx                 all is stored
400, 422            the rest may be stored: halve until the bad lines stand alone, and give these back
413                 too much at once: halve
401, 403, 404       nothing is stored until a person corrects the settings: `StoreUnavailable`, reason ``settings``
429, 503            nothing is stored: `StoreUnavailable`, reason ``busy``, and when to come again
everything else     unknown, as without an answer: `StoreUnavailable`, and the caller tries again, for ever
==================  =========================================================================================

Before the first line of a batch that stored nothing is given back as bad, a line that is known to be good is written.
A server that refuses that one too refuses us, not our data: `StoreUnavailable`, reason ``request``.
"""

import gzip
import logging
import threading
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from http import HTTPStatus
from operator import itemgetter
from pathlib import Path
from typing import Literal, NamedTuple

import httpx2
import msgspec
import numpy as np
from influxdb_client.client.influxdb_client import InfluxDBClient
from influxdb_client.client.write_api import SYNCHRONOUS
from influxdb_client.rest import ApiException
from urllib3.exceptions import HTTPError

from domain.asset import Assets
from domain.errors import StoreUnavailable
from domain.quantity import Quantity
from domain.rollup import HOUR_NS, MINUTE_NS, NAMES
from domain.sample import Sample
from store import influx_rolled
from store.cursor import CursorFile
from store.influxql import KINDS, UNTOLD, Table, quoted, read_answer, within
from store.levels import LEVELS, POINT, RAW, Points, drawn, gather
from store.line import Heads, lines
from store.live import Live, Parts
from store.marks import Due, Mark
from store.series import Latest, RefusedLine, Trend, trend

LINES = 5_000
"""Lines of one request."""
TIMEOUT_S = 10.0
"""How long an answer may take."""
ROLLED_BUCKETS = 5_000
"""Marks that one step of rolling up takes."""

_LOGGER = logging.getLogger(__name__)
_GZIP = {"Content-Encoding": "gzip"}
_REFUSED = frozenset({HTTPStatus.BAD_REQUEST, HTTPStatus.UNPROCESSABLE_ENTITY})
_HALVED = _REFUSED | {HTTPStatus.REQUEST_ENTITY_TOO_LARGE}
_STORED = range(200, 300)
_BUSY = frozenset({HTTPStatus.TOO_MANY_REQUESTS, HTTPStatus.SERVICE_UNAVAILABLE})
_GOOD = "pipeline,role=write probe=1i"  # the server sets the time, which is within any retention
_SETTINGS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN, HTTPStatus.NOT_FOUND})


class _Said(NamedTuple):
    status: int
    text: str
    retry_after: str = ""


class InfluxSeries:
    """The time series of one bucket (1.x: database). Same interface as `EmbeddedSeries`; threads may share an instance.

    Roll-ups of minutes and hours lie in two buckets beside it, of its name with ``_1m`` and ``_1h``.

    Two things differ. A point carries one quality, the worst of its sample. And a second value of one time replaces the
    first, also of a device that does not count its messages; the second one is in quarantine either way.

    Args:
        url: of the server, such as ``http://127.0.0.1:8086``.
        api: ``v2``, or ``v1`` for servers before 1.8.
        token: of 2.x; for 1.x ``user:password``; empty for none.
        org: organisation of 2.x.
        bucket: bucket, or database of 1.x. Reading a 2.x bucket needs a DBRP mapping of the same name.
        cursor_file: where the log position is kept.
    """

    def __init__(
        self, url: str, *, api: Literal["v1", "v2"], token: str, org: str, bucket: str, cursor_file: Path
    ) -> None:
        self._url, self._bucket = url, bucket
        self._cursor = CursorFile(cursor_file)
        self._live = Live()
        self._turn = threading.Lock()  # one of those who change memory and marks; no request is made meanwhile
        self._http = _open_http(url, api, token)
        self._client = _open_client(url, token, org) if api == "v2" else None
        self._assets = Assets({}, {}, {})
        self._heads = Heads(self._assets)
        self._trusted: set[str] = set()  # buckets where the refusals of what is written are the lines' own fault

    def configure(self, assets: Assets) -> None:
        """Take kind, site, zone and district of the next samples from here."""
        if assets is not self._assets:
            with self._turn:
                self._assets, self._heads = assets, Heads(assets)
                self._live.forget()  # the devices may have other tags

    def lines(self, samples: Iterable[Sample]) -> list[str]:
        """Give what is to be `put` of samples; also while another thread stores those before."""
        return lines(self._heads.__getitem__, list(samples))

    def write(
        self, samples: Iterable[Sample], *, cursor: int, frames: int, log_ns: int = 0, sent: bool = False
    ) -> Sequence[RefusedLine]:
        """Store the samples, then how far the log is stored (see `EmbeddedSeries.write`).

        Returns:
            Samples that the database proved to refuse. The cursor has not moved then: keep them somewhere else and
            write the others again, which changes nothing but the cursor.
        """
        found = list(samples)
        refused = [] if sent else self._put_all(self._bucket, self.lines(found))
        if not refused:
            self._move(found, cursor, frames, log_ns)
        return refused

    def _move(self, stored: Sequence[Sample], cursor: int, frames: int, log_ns: int) -> None:
        with self._turn:
            try:
                self._cursor.move(cursor, frames, self._live.take(stored), log_ns)
            except BaseException:
                self._live.forget()  # they come again
                raise

    def roll(self, log_ns: int) -> bool:
        """Roll up some buckets that are due (see `EmbeddedSeries.roll`); tell whether there may be more.

        One thread at a time, and another one may write meanwhile: what it writes of these buckets marks them anew.

        What the database refuses, though its neighbours pass, is older than that bucket's retention: it is told, that
        is all.
        """
        self._begin()
        with self._turn:
            due = self._cursor.due(log_ns, ROLLED_BUCKETS)
            parts = self._live.pop(due.marks)
        if not parts:
            return False
        self._put_rolled(parts)
        self._settle(due, parts, log_ns)
        return len(due.marks) >= ROLLED_BUCKETS  # one that was marked twice is there once

    def _begin(self) -> None:
        if self._live.newest_ns and not self._live.begun:
            newest_ns = self._newest_ns()
            with self._turn:
                self._live.begin(newest_ns)

    def _put_rolled(self, parts: Mapping[Mark, Parts | None]) -> None:
        for step_ns, source in ((MINUTE_NS, RAW), (HOUR_NS, MINUTE_NS)):
            lines = influx_rolled.Lines(step_ns)
            asked: list[Mark] = []
            for mark, part in parts.items():
                if mark.step_ns == step_ns:
                    if part is None:
                        asked.append(mark)
                    else:
                        lines.see(self._heads[str(mark.name)], part, mark.start_ns)
            for span in influx_rolled.spans(asked):
                lines.read(self.tables(source, span.query()))
            if refused := self._put_all(self._bucket_of(step_ns), lines.by_series()):
                _LOGGER.warning("series: %d roll-ups refused, such as: %s", len(refused), refused[0].text)

    def _settle(self, done: Due, parts: Mapping[Mark, Parts | None], log_ns: int) -> None:
        with self._turn:
            try:
                self._cursor.rolled(done, log_ns)
            except BaseException:
                self._live.forget()  # the marks may be gone, and nothing here may be without one
                raise
            self._live.rolled(parts)

    def _newest_ns(self) -> int:
        """Time of the newest point there is, as far as it is newer than what was written just now."""
        tables = self._ask('last("quality")', where=f"time >= {self._live.newest_ns}")
        return max((row[0] for table in tables for row in table.values), default=0)

    def put(self, lines: Sequence[str], step_ns: int = RAW) -> Sequence[RefusedLine]:
        """Store lines, of samples or such as those of alarms; no cursor moves. Give those that are refused."""
        return self._put_all(self._bucket_of(step_ns), lines)

    def missing(self, samples: Sequence[Sample]) -> list[Sample]:
        """Give those samples of which a value is not stored."""
        there: set[tuple[str, int, str]] = set()
        for span in influx_rolled.spans(influx_rolled.around(samples)):
            there |= influx_rolled.places(self.tables(RAW, span.query()))
        return [s for s in samples if any((s.device, s.point_ns, q) not in there for q in s.values)]

    def unlike(self, marks: Iterable[Mark]) -> set[Mark]:
        """Give those buckets whose roll-ups are not what the points amount to, nor about to be made anew."""
        wrong = set[Mark]()
        waiting = self._cursor.waiting()
        for span in influx_rolled.spans(mark for mark in marks if mark not in waiting):
            step_ns, source = span.step_ns, MINUTE_NS if span.step_ns == HOUR_NS else RAW
            rolled = self.tables(step_ns, span.rolled_query())
            wrong |= influx_rolled.unlike(step_ns, self.tables(source, span.query()), rolled)
        return wrong

    def again(self, marks: Collection[Mark], log_ns: int) -> None:
        """Have buckets rolled up anew by `roll`."""
        self._cursor.mark(marks, log_ns)

    def cursor(self) -> int:
        return self._cursor.read()[0]

    def frames(self) -> int:
        return self._cursor.read()[1]

    def count(self) -> int:
        """Values there are; the server counts them one by one."""
        counts = [dict(zip(table.columns, table.values[0], strict=True)) for table in self._ask("count(*)")]
        return sum(of_kind.get(f"count_{quantity}") or 0 for of_kind in counts for quantity in Quantity)

    def series(self, device: str, quantity: Quantity, from_ns: int, to_ns: int, points: int) -> Trend:
        """Give the points from `from_ns` until just before `to_ns` (see `EmbeddedSeries.series`)."""

        def fetch(step_ns: int, from_ns: int, to_ns: int) -> Points:
            where = within([device], from_ns, to_ns)
            return self._points(quantity, where) if step_ns == RAW else self._rolled(step_ns, quantity, where)

        found, level = gather(fetch, from_ns, to_ns, points)
        return trend(found, points, level)

    def _points(self, quantity: Quantity, where: str) -> Points:
        tables = self._ask(f'"{quantity}", "quality"', where=where)
        rows = sorted((row for table in tables for row in table.values if None not in row), key=itemgetter(0))
        return np.array([(row[0], row[1], row[2]) for row in rows], POINT)

    def _rolled(self, step_ns: int, quantity: Quantity, where: str) -> Points:
        query = f'SELECT * FROM "{influx_rolled.measurement(step_ns, quantity)}" WHERE {where}'  # noqa: S608 - quoted
        found = [row for table in self.tables(step_ns, query) for row in influx_rolled.rows(table)]
        return drawn(step_ns, found)

    def latest(self, device: str) -> dict[Quantity, Latest]:
        """Give the newest point of each quantity.

        The server takes the fields of a point one by one into its memory, so that a point may be read that has no
        quality yet: whole it is once the server was asked again for nothing newer.
        """
        wanted = [f'last("{quantity}") AS "{quantity}", "quality", "late"' for quantity in Quantity]
        where = f'"device" = {quoted(device)}'
        rows = [(Quantity(t.columns[1]), t.values[0]) for t in self._ask(*wanted, where=where)]
        if torn := [row[0] for _, row in rows if None in row]:
            tables = self._ask(*wanted, where=f"{where} AND time <= {max(torn)}")
            rows += [(Quantity(t.columns[1]), t.values[0]) for t in tables]
        found: dict[Quantity, Latest] = {}
        for quantity, row in rows:
            if None not in row:
                one = Latest(row[0], float(row[1]), row[2], row[3])
                found[quantity] = max(one, found.get(quantity, one), key=lambda latest: latest.time_ns)
        return found

    def trim(self, _before_ns: int, _step_ns: int = RAW) -> bool:
        """Do nothing: a bucket has a retention of its own, and the server keeps to it."""
        return False

    def close(self) -> None:
        self._http.close()
        if self._client is not None:
            self._client.close()

    def _bucket_of(self, step_ns: int) -> str:
        return f"{self._bucket}_{NAMES[step_ns]}" if step_ns else self._bucket

    def _put_all(self, bucket: str, lines: Sequence[str]) -> list[RefusedLine]:
        self._trusted.discard(bucket)
        starts = range(0, len(lines), LINES)
        return [one for start in starts for one in self._put(bucket, lines, start, min(start + LINES, len(lines)))]

    def _put(self, bucket: str, lines: Sequence[str], start: int, end: int) -> list[RefusedLine]:
        said = self._send(bucket, "\n".join(lines[start:end]))
        if said.status in _STORED:
            self._trusted.add(bucket)
            return []
        if said.status in _HALVED and end - start > 1:
            middle = (start + end) // 2
            return self._put(bucket, lines, start, middle) + self._put(bucket, lines, middle, end)
        if said.status in _REFUSED:
            self._demand_trust(bucket)
            return [RefusedLine(start, _one_line(said.text))]
        raise self._unavailable(said)

    def _demand_trust(self, bucket: str) -> None:
        """Prove that a good line passes, once for each batch, before a refusal is the line's own fault."""
        if bucket in self._trusted:
            return
        said = self._send(bucket, _GOOD)
        if said.status in _REFUSED:
            text = f"time series {self._url}: {said.status} {_one_line(said.text)}; it refuses a good line too"
            raise StoreUnavailable(f"{text}; check series.url, series.api and the server", reason="request")
        if said.status not in _STORED:
            raise self._unavailable(said)
        self._trusted.add(bucket)

    def reach(self) -> None:
        """Demand that it can be written and read (StoreUnavailable); leaves one point of our own health."""
        for bucket in map(self._bucket_of, LEVELS):
            said = self._send(bucket, _GOOD)
            if said.status not in _STORED:
                raise self._unavailable(said)
        self.latest("")

    def _send(self, bucket: str, lines: str) -> _Said:
        body = gzip.compress(lines.encode(), compresslevel=1)  # the client's level 9 costs tenfold
        return self._said(lambda: self._post(bucket, body))

    def _post(self, bucket: str, body: bytes) -> _Said:
        if self._client is None:
            parameters = {"db": bucket, "precision": "ns"}
            return _read(self._http.post("/write", params=parameters, content=body, headers=_GZIP))
        try:
            self._client.write_api(write_options=SYNCHRONOUS).write(bucket, record=body)
        except ApiException as error:
            told = error.headers.get("Retry-After", "") if error.headers else ""
            return _Said(error.status or 0, str(error.body or error.reason), told)
        return _Said(HTTPStatus.NO_CONTENT, "")

    def _ask(self, *wanted: str, where: str = "time > 0") -> list[Table]:
        queries = (f"SELECT {columns} FROM {KINDS} WHERE {where}" for columns in wanted)  # noqa: S608 - quoted
        return self.tables(RAW, ";".join(queries))

    def tables(self, step_ns: int, query: str) -> list[Table]:
        """Ask the bucket of points, or of the roll-ups of a step, in InfluxQL."""
        parameters = {"db": self._bucket_of(step_ns), "epoch": "ns", "q": query}
        said = self._said(lambda: _read(self._http.get("/query", params=parameters)))
        if said.status != HTTPStatus.OK:
            raise self._unavailable(said)
        try:
            tables, errors = read_answer(said.text)
        except msgspec.MsgspecError as error:
            raise StoreUnavailable(f"time series {self._url}: not InfluxDB's answer: {error}") from None
        if errors:
            more = "; 2.x says no more of a bucket that is not there, or not for this token" * (errors == {UNTOLD})
            raise StoreUnavailable(f"time series {self._url}: {'; '.join(sorted(errors))}{more}")
        return tables

    def _said(self, ask: Callable[[], _Said]) -> _Said:
        try:
            return ask()
        except (httpx2.HTTPError, HTTPError) as error:
            raise StoreUnavailable(f"time series {self._url}: {str(error) or type(error).__name__}") from error

    def _unavailable(self, said: _Said) -> StoreUnavailable:
        text = f"time series {self._url}: {said.status} {_one_line(said.text)}"
        if said.status in _SETTINGS:
            hint = "check series.url, series.bucket and series.token_file; `gas-lifeline influx init` makes buckets"
            return StoreUnavailable(f"{text}; {hint}", reason="settings")
        if said.status in _BUSY:
            return StoreUnavailable(text, reason="busy", retry_after_s=_seconds(said.retry_after))
        return StoreUnavailable(text)


def _open_http(url: str, api: str, token: str) -> httpx2.Client:
    user, _, password = token.partition(":")
    auth = httpx2.BasicAuth(user, password) if token and api == "v1" else None
    headers = {"Authorization": f"Token {token}"} if token and api == "v2" else {}
    return httpx2.Client(base_url=url, auth=auth, headers=headers, timeout=TIMEOUT_S)


def _open_client(url: str, token: str, org: str) -> InfluxDBClient:
    client = InfluxDBClient(url, token, org=org, timeout=round(1e3 * TIMEOUT_S))
    for name, value in _GZIP.items():
        client.api_client.set_default_header(name, value)
    return client


def _read(answer: httpx2.Response) -> _Said:
    return _Said(answer.status_code, answer.text, answer.headers.get("Retry-After", ""))


def _seconds(retry_after: str) -> float | None:
    """Read the seconds of the header; a date there would need a clock that both sides share.

    Example:
        >>> _seconds("120"), _seconds("Wed, 21 Oct 2026 07:28:00 GMT"), _seconds("")
        (120.0, None, None)
    """
    return float(retry_after) if retry_after.isascii() and retry_after.isdigit() else None


def _one_line(text: str) -> str:
    return " ".join(text.split())[:300]
