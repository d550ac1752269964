"""The live stream of a screen."""

from collections.abc import AsyncIterator, Iterable
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse
from fastapi.sse import format_sse_event

from api.events import Client, Event
from api.people import Desks, Here, LoggedIn, Person, still_in
from domain.errors import StoreUnavailable

_RETRY_MS = 2_000
_HEADERS = {"Cache-Control": "no-cache", "X-Accel-Buffering": "no"}
_DIGITS = 18
"""What fits into 64 bits."""


class EventStream(StreamingResponse):
    """FastAPI's own class would write each event of each screen apart."""

    media_type = "text/event-stream"


router = APIRouter(tags=["stream"])


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


@router.get("/stream", response_class=EventStream)
async def stream(
    here: Here,
    person: LoggedIn,
    *,
    device: Annotated[str, Query(max_length=64)] = "",
    last_event_id: Annotated[str | None, Header()] = None,
    resume: Annotated[str | None, Query(alias="last_event_id")] = None,
) -> EventStream:
    """Send a snapshot, then every change; ends when the session ends or the records cannot be read."""
    last = _number(last_event_id)  # the browser's own header is newer than the address that it was opened with
    chunks = _chunks(here, person, device, _number(resume) if last is None else last)
    return EventStream(chunks, headers=_HEADERS)


async def _chunks(here: Desks, person: Person, device: str, last: int | None) -> AsyncIterator[bytes]:
    """Write what is there as one piece: a flood costs each screen one write for each turn of the poller."""
    client = here.hub.join(device if person.sight.device(device, here.services.assets) else "", person.sight)
    try:
        async for chunk in _events(here, person, client, last):
            yield chunk
    except StoreUnavailable:
        return  # the screen shows that the line is cut, and comes again
    finally:
        here.hub.leave(client)


async def _events(here: Desks, person: Person, client: Client, last: int | None) -> AsyncIterator[bytes]:
    events: list[Event] | None = None
    while True:
        if events is None:
            snapshot = await run_in_threadpool(here.live.snapshot, last, person.sight)
            events, last = [snapshot, here.hub.health(person.sight)], 0  # old data must not look fresh in a snapshot
        chunk, last = _written(events, last or 0)
        if chunk:
            yield chunk
        if any(event.name == "health" for event in events) and not await run_in_threadpool(_still_in, here, person):
            return
        events = await client.take()


def _written(events: Iterable[Event], seen: int) -> tuple[bytes, int]:
    """Write what a screen has not seen; every event carries the newest journal entry that it knows by then."""
    chunk = b""
    for event in events:
        if event.seq > seen or not event.seq or event.name == "snapshot":
            seen = max(event.seq, seen)
            retry = _RETRY_MS if event.name == "snapshot" else None
            chunk += format_sse_event(data_str=event.data, event=event.name, id=str(seen), retry=retry)
    return chunk, seen


def _still_in(here: Desks, person: Person) -> bool:
    try:
        return still_in(here.services, person)
    except StoreUnavailable:
        return True  # not known: the screen must go on to see that the records are away
