"""One poller of the records for each process, fanning out to every open screen.

The journal is the source, not a bus inside the process: several workers and a second machine show the same. A screen
that reads too slowly loses its queue and gets a fresh snapshot, so that it slows down neither the poller nor anybody
else. `health` goes out on a task of its own that touches no database: it comes even while the records are away, and
then says so by its age.
"""

import asyncio
import logging
import time
from collections.abc import Callable

from api.board import Board
from api.events import Client, Event
from api.live import Facts, Live
from api.readings import Readings
from api.scope import WHOLE, Sight
from domain.errors import StoreUnavailable

_LOG = logging.getLogger(__name__)
_POLL_S = 0.2
_SLOW_TURNS = 5
"""Devices and facts are looked at every fifth turn: once a second."""
_HEALTH_S = 5.0


class Hub:
    """Polls and fans out.

    Args:
        board: is refreshed here, once a second.
        live: writes the events.
        readings: finds new samples of the devices whose trend is open.
    """

    def __init__(self, board: Board, live: Live, readings: Readings) -> None:
        self._board, self._live, self._readings = board, live, readings
        self._clients: set[Client] = set()
        self._seen: int | None = None
        self._read_s = self._judged_s = -float("inf")
        self.facts = Facts()

    @property
    def age_s(self) -> float:
        """How old what the screens show may be: time since records, series and log last answered, seconds."""
        return time.monotonic() - min(self._read_s, self._judged_s)

    def health(self, sight: Sight = WHOLE) -> Event:
        return Event("health", 0, self._live.health(self.facts, self.age_s, sight), sight=sight)

    def join(self, device: str, sight: Sight = WHOLE) -> Client:
        client = Client(device, sight)
        self._clients.add(client)
        return client

    def leave(self, client: Client) -> None:
        self._clients.discard(client)

    async def run(self) -> None:
        """Poll until cancelled."""
        async with asyncio.TaskGroup() as group:
            group.create_task(self._poll())
            group.create_task(self._tell_health())

    async def _poll(self) -> None:
        turn = 0
        while True:
            try:
                await self._turn(slow=turn % _SLOW_TURNS == 0)
            except StoreUnavailable as error:
                _LOG.warning("the stream waits: %s", error)
            except Exception:  # noqa: BLE001 - the poller outlives any fault of one reading; `health` shows its age
                _LOG.exception("the stream could not read")
            turn += 1
            await asyncio.sleep(_POLL_S)

    async def _turn(self, *, slow: bool) -> None:
        await self._tell(self._journal)
        self._read_s = time.monotonic()
        watched = {client.device for client in self._clients} - {""}
        await self._tell(lambda: self._readings.new(watched))
        if slow:
            sights = self._sights()
            await self._tell(lambda: self._live.devices(self._board.refresh(), sights))
            self.facts = await asyncio.to_thread(self._live.facts, sights)
            self._judged_s = time.monotonic()

    async def _tell(self, read: Callable[[], list[Event]]) -> None:
        for event in await asyncio.to_thread(read):
            self._publish(event)

    def _journal(self) -> list[Event]:
        if self._seen is None:  # first sight: what happened before belongs to the snapshots
            self._seen = self._live.last()
            return []
        events = self._live.journal(self._seen)
        if events:
            self._seen = events[-1].seq
        return events

    def _sights(self) -> set[Sight]:
        return {WHOLE} | {client.sight for client in self._clients}

    def _publish(self, event: Event) -> None:
        for client in self._clients:
            client.put(event)

    async def _tell_health(self) -> None:
        while True:
            for sight in self._sights():
                self._publish(self.health(sight))
            await asyncio.sleep(_HEALTH_S)
