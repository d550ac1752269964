"""A Grafana on the loopback interface, as its documentation of folders, dashboards and annotations has it."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

TOKEN = "glsa_of-the-test"  # noqa: S105 - of a stand-in
Json = dict[str, Any]
Answer = tuple[int, Any]


@dataclass
class Played:
    """What it holds, what it was asked, and how it fails.

    Attributes:
        failures: answered instead, the first first.
        before_save: runs once before a dashboard is saved: somebody else may do something then.
    """

    url: str = ""
    folders: dict[str, Json] = field(default_factory=dict)
    dashboards: dict[str, Json] = field(default_factory=dict)
    annotations: dict[int, Json] = field(default_factory=dict)
    asked: list[tuple[str, str]] = field(default_factory=list)
    failures: list[Answer] = field(default_factory=list)
    before_save: Callable[[], None] | None = None

    def answer(  # noqa: PLR0911 - a table
        self, method: str, target: str, body: bytes, token: str
    ) -> Answer:
        path = urlsplit(target).path
        self.asked.append((method, path))
        if token != f"Bearer {TOKEN}":
            return 401, {"message": "Invalid API key"}
        if self.failures:
            return self.failures.pop(0)
        said = msgspec.json.decode(body) if body else {}
        last = path.rsplit("/", 1)[1]
        match method, path.removesuffix(last):
            case "GET", "/api/folders/":
                return (200, self.folders[last]) if last in self.folders else (404, {"message": "folder not found"})
            case "POST", "/api/":
                return self._folder(said) if last == "folders" else self._annotation(said)
            case "GET", "/api/dashboards/uid/":
                found = self.dashboards.get(last)
                return (200, found) if found else (404, {"message": "Dashboard not found"})
            case "POST", "/api/dashboards/":
                return self._dashboard(said)
            case "GET", "/api/":
                return 200, self._found(parse_qs(urlsplit(target).query))
            case "PATCH", "/api/annotations/":
                return self._patched(int(last), said)
        raise AssertionError(f"not documented: {method} {target}")

    def _folder(self, said: Json) -> Answer:
        if said["uid"] in self.folders:
            return 409, {"message": "folder with the same uid already exists"}
        self.folders[said["uid"]] = {**said, "id": len(self.folders) + 1, "version": 1}
        return 200, self.folders[said["uid"]]

    def _dashboard(self, said: Json) -> Answer:
        if self.before_save is not None:
            self.before_save()
            self.before_save = None
        given, before = said["dashboard"], self.dashboards.get(said["dashboard"]["uid"])
        if said["folderUid"] not in self.folders:
            return 404, {"message": "folder not found"}
        if before and (given["id"] is None or given["version"] != before["dashboard"]["version"]):
            return 412, {"message": "The dashboard has been changed by someone else", "status": "version-mismatch"}
        version = before["dashboard"]["version"] + 1 if before else 1
        stored = {**given, "id": given["id"] or len(self.dashboards) + 1, "version": version}
        self.dashboards[given["uid"]] = {"dashboard": stored, "meta": {"folderUid": said["folderUid"], "slug": "x"}}
        return 200, {"id": stored["id"], "uid": given["uid"], "status": "success", "version": version}

    def _annotation(self, said: Json) -> Answer:
        number = len(self.annotations) + 1
        self.annotations[number] = {"timeEnd": said["time"], **said, "id": number}
        return 200, {"message": "Annotation added", "id": number}

    def _found(self, asked: dict[str, list[str]]) -> list[Json]:
        every = [one for one in self.annotations.values() if set(asked["tags"]) <= set(one["tags"])]
        return sorted(every, key=lambda one: -one["timeEnd"])[: int(asked["limit"][0])]

    def _patched(self, number: int, said: Json) -> Answer:
        if number not in self.annotations:
            return 404, {"message": "Annotation not found"}
        self.annotations[number] |= said
        return 200, {"message": "Annotation patched"}


@contextmanager
def grafana() -> Iterator[Played]:
    """Play one."""
    played = Played()

    class Handler(BaseHTTPRequestHandler):
        def _do(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            status, said = played.answer(self.command, self.path, body, self.headers.get("Authorization", ""))
            content = said if isinstance(said, bytes) else msgspec.json.encode(said)
            self.send_response(status)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            self.wfile.write(content)

        do_GET = do_POST = do_PATCH = _do  # noqa: N815 - names of the library

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    played.url = f"http://127.0.0.1:{server.server_port}"
    try:
        yield played
    finally:
        server.shutdown()
        server.server_close()
        thread.join()
