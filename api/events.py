"""Events of the live stream, and the bounded queue of each screen."""

import asyncio
from typing import NamedTuple

from api.scope import WHOLE, Sight

_QUEUE = 1_000


class Event(NamedTuple):
    """One event of the stream.

    Attributes:
        name: of its type.
        seq: of the journal entry that it tells; 0 for events that tell none.
        data: JSON.
        device: only clients that watch this device get it; "" for everybody.
        site: only clients that see this site get it; None for everybody.
        sight: only clients with exactly this scope get it; None for everybody.
    """

    name: str
    seq: int
    data: str
    device: str = ""
    site: str | None = None
    sight: Sight | None = None

    def is_for(self, device: str, sight: Sight) -> bool:
        return (
            self.device in {"", device}
            and (self.site is None or sight.sees(self.site))
            and (self.sight is None or self.sight == sight)
        )


class Client:
    """The events that one screen has still to read.

    Args:
        device: whose readings it watches; "" for none.
        sight: what it may be told.
    """

    def __init__(self, device: str = "", sight: Sight = WHOLE) -> None:
        self.device, self.sight = device, sight
        self._queue: asyncio.Queue[Event | None] = asyncio.Queue(_QUEUE)

    def put(self, event: Event | None) -> None:
        """Queue an event; None, or an event too many, empties the queue: the screen needs a fresh snapshot."""
        if event is not None and not event.is_for(self.device, self.sight):
            return
        if event is None or self._queue.full():
            while not self._queue.empty():
                self._queue.get_nowait()
            event = None
        self._queue.put_nowait(event)

    async def take(self) -> list[Event] | None:
        """Wait for the next event and give all that are there; None: take a fresh snapshot."""
        found = [await self._queue.get()]
        while not self._queue.empty():
            found.append(self._queue.get_nowait())
        events = [event for event in found if event is not None]
        return events if len(events) == len(found) else None

    def __len__(self) -> int:
        return self._queue.qsize()
