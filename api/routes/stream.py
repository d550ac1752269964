"""The live stream of a screen."""

from collections.abc import AsyncIterator
from typing import Annotated

from fastapi import APIRouter, Header, Query
from fastapi.concurrency import run_in_threadpool
from fastapi.sse import EventSourceResponse, ServerSentEvent

from api.events import Client, Event
from api.people import Desks, Here, LoggedIn, Person, still_in
from domain.errors import StoreUnavailable

_RETRY_MS = 2_000
_DIGITS = 18
"""What fits into 64 bits."""

router = APIRouter(tags=["stream"])


def _number(text: str | None) -> int | None:
    return int(text) if text and text.isascii() and text.isdigit() and len(text) <= _DIGITS else None


@router.get("/stream", response_class=EventSourceResponse)
async def stream(
    here: Here,
    person: LoggedIn,
    *,
    device: Annotated[str, Query(max_length=64)] = "",
    last_event_id: Annotated[str | None, Header()] = None,
    resume: Annotated[str | None, Query(alias="last_event_id")] = None,
) -> AsyncIterator[ServerSentEvent]:
    """Send a snapshot, then every change; ends when the session ends or the records cannot be read."""
    client = here.hub.join(device if person.sight.device(device, here.services.assets) else "", person.sight)
    last = _number(last_event_id)  # the browser's own header is newer than the address that it was opened with
    try:
        async for event in _events(here, person, client, _number(resume) if last is None else last):
            yield event
    except StoreUnavailable:
        return  # the screen shows that the line is cut, and comes again
    finally:
        here.hub.leave(client)


async def _events(here: Desks, person: Person, client: Client, last: int | None) -> AsyncIterator[ServerSentEvent]:
    event: Event | None = None
    seen = last
    while True:
        if event is None:
            event = await run_in_threadpool(here.live.snapshot, seen, person.sight)
            seen = event.seq
            yield _sent(event, seen)
            yield _sent(here.hub.health(person.sight), seen)  # a snapshot of old data must not look fresh
        elif event.seq > (seen or 0) or not event.seq:
            seen = max(event.seq, seen or 0)
            yield _sent(event, seen)
        if event.name == "health" and not await run_in_threadpool(_still_in, here, person):
            return
        event = await client.take()


def _sent(event: Event, seen: int) -> ServerSentEvent:
    retry = _RETRY_MS if event.name == "snapshot" else None
    return ServerSentEvent(raw_data=event.data, event=event.name, id=str(seen), retry=retry)


def _still_in(here: Desks, person: Person) -> bool:
    try:
        return still_in(here.services, person)
    except StoreUnavailable:
        return True  # not known: the screen must go on to see that the records are away
