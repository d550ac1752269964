"""Tells a Grafana what to show, by its HTTP API: a folder, dashboards, and annotations of alarms.

Idempotent: it looks first, and writes only what differs. Never on the way of an alarm: whoever calls it waits for
Grafana, and nobody else does. What its answers mean is decided by their status:

==================  ===========================================================================================
2xx                 done; a body that is no JSON is a proxy's login page: `GrafanaAway`
401, 403            `GrafanaAway`, reason ``settings``: a person corrects token or rights
412                 somebody saved meanwhile (``version-mismatch``): look again; else `Refused`
429, 5xx, nothing   `GrafanaAway`: try again later
other 4xx           `Refused`: this request will never do
==================  ===========================================================================================
"""

from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any, TypeVar

import httpx2
import msgspec

from domain.errors import GasLifelineError, StoreUnavailable

TIMEOUT_S = 10.0
TAG = "gas-lifeline"
_TRIES = 3
_SETTINGS = frozenset({HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN})
_LIMIT = 100
Json = Mapping[str, Any]
Said = TypeVar("Said")


class GrafanaAway(StoreUnavailable):
    """Grafana takes nothing now: hold, and try again."""


class Refused(GasLifelineError):  # noqa: N818 - the answer to a request
    """Grafana will never take this."""


class Annotation(msgspec.Struct, frozen=True):
    """A time that Grafana shows on its charts; milliseconds since 1970."""

    id: int
    time: int = 0
    time_end: int = msgspec.field(name="timeEnd", default=0)
    text: str = ""
    tags: list[str] = []


class _Meta(msgspec.Struct, frozen=True):
    folder_uid: str = msgspec.field(name="folderUid", default="")


class _Stored(msgspec.Struct, frozen=True):
    dashboard: dict[str, Any]
    meta: _Meta = _Meta()


class _Status(msgspec.Struct, frozen=True):
    status: str = ""
    message: str = ""


class _Made(msgspec.Struct, frozen=True):
    id: int


class Grafana:
    """One Grafana.

    Args:
        client: its timeout is how long Grafana may take.
        url: as far as before ``/api``.
        token: of a service account that may edit dashboards and annotations; "" for none.
    """

    def __init__(self, client: httpx2.Client, url: str, token: str) -> None:
        self._client, self._url = client, url.rstrip("/")
        self._headers = {"Authorization": f"Bearer {token}"} if token else {}

    def ensure_folder(self, uid: str, title: str) -> bool:
        """Make a folder unless there is one of this uid, whatever its title is; tell whether it was made."""
        looked = self._call("GET", f"/api/folders/{uid}")
        if looked.status_code != HTTPStatus.NOT_FOUND:
            self._demand(looked)
            return False
        answer = self._call("POST", "/api/folders", json={"uid": uid, "title": title})
        if answer.status_code in {HTTPStatus.CONFLICT, HTTPStatus.PRECONDITION_FAILED}:
            return False  # somebody was faster
        self._demand(answer)
        return True

    def publish(self, dashboard: Json, folder_uid: str) -> bool:
        """Have a dashboard in a folder; tell whether anything had to change."""
        for _ in range(_TRIES):
            stored = self._stored(str(dashboard["uid"]))
            if stored and stored.meta.folder_uid == folder_uid and holds(stored.dashboard, dashboard):
                return False
            before = stored.dashboard if stored else {}
            own = {**dashboard, "id": before.get("id"), "version": before.get("version", 0)}
            body = {"dashboard": own, "folderUid": folder_uid, "message": TAG, "overwrite": False}
            answer = self._call("POST", "/api/dashboards/db", json=body)
            if answer.status_code != HTTPStatus.PRECONDITION_FAILED or _said(answer).status != "version-mismatch":
                self._demand(answer)
                return True
        raise Refused(f"{self._url}: dashboard {dashboard['uid']}: somebody else saves it all the time")

    def find(self, *tags: str) -> list[Annotation]:
        """Give the annotations that have all of these tags, the newest first."""
        asked = [("type", "annotation"), ("limit", str(_LIMIT)), *(("tags", tag) for tag in (TAG, *tags))]
        answer = self._call("GET", "/api/annotations", params=asked)
        self._demand(answer)
        return self._read(answer, list[Annotation])

    def open(self, time_ms: int, text: str, tags: Sequence[str]) -> int:
        """Begin an annotation; give its id."""
        body = {"time": time_ms, "text": text, "tags": [TAG, *tags]}
        answer = self._call("POST", "/api/annotations", json=body)
        self._demand(answer)
        return self._read(answer, _Made).id

    def change(self, annotation_id: int, changes: Json) -> None:
        """Change some of `time`, `timeEnd`, `text`, `tags`."""
        self._demand(self._call("PATCH", f"/api/annotations/{annotation_id}", json=changes))

    def _stored(self, uid: str) -> _Stored | None:
        answer = self._call("GET", f"/api/dashboards/uid/{uid}")
        if answer.status_code == HTTPStatus.NOT_FOUND:
            return None
        self._demand(answer)
        return self._read(answer, _Stored)

    def _call(self, method: str, path: str, **more: Any) -> httpx2.Response:  # noqa: ANN401 - the client's own
        try:
            answer = self._client.request(method, self._url + path, headers=self._headers, **more)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise GrafanaAway(f"{self._url}: {str(error) or type(error).__name__}") from None
        if answer.status_code in _SETTINGS:
            text = f"{_told(answer)}; check the token and that its account may edit dashboards and annotations"
            raise GrafanaAway(f"{self._url}: {text}", reason="settings")
        if answer.status_code == HTTPStatus.TOO_MANY_REQUESTS or answer.status_code >= HTTPStatus.INTERNAL_SERVER_ERROR:
            raise GrafanaAway(f"{self._url}: {_told(answer)}", reason="busy")
        return answer

    def _demand(self, answer: httpx2.Response) -> None:
        if answer.is_redirect:
            text = f"{_told(answer)}; is this the address of Grafana itself?"
            raise GrafanaAway(f"{self._url}: {text}", reason="settings")
        if not answer.is_success:
            raise Refused(f"{self._url}: {answer.request.method} {answer.request.url.path}: {_told(answer)}")

    def _read(self, answer: httpx2.Response, kind: type[Said]) -> Said:
        try:
            return msgspec.json.decode(answer.content, type=kind)
        except msgspec.MsgspecError as error:
            raise GrafanaAway(f"{self._url}: not Grafana's answer: {error}") from None


def holds(stored: object, wanted: object) -> bool:
    """Tell whether all that is wanted is stored; what Grafana added does not matter.

    Example:
        >>> holds({"id": 7, "panels": [{"x": 1, "y": 2}]}, {"panels": [{"x": 1.0, "note": None}]})
        True
        >>> holds({"panels": [{"x": 1}, {"x": 2}]}, {"panels": [{"x": 1}]})
        False
    """
    if isinstance(wanted, Mapping):
        return isinstance(stored, Mapping) and all(holds(stored.get(key), value) for key, value in wanted.items())
    if isinstance(wanted, list):
        return isinstance(stored, list) and len(stored) == len(wanted) and all(map(holds, stored, wanted))
    return stored == wanted


def _said(answer: httpx2.Response) -> _Status:
    try:
        return msgspec.json.decode(answer.content, type=_Status)
    except msgspec.MsgspecError:
        return _Status(message=" ".join(answer.text.split())[:200])


def _told(answer: httpx2.Response) -> str:
    said = _said(answer)
    return " ".join(filter(None, [str(answer.status_code), said.status, said.message]))
