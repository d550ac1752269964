"""The listener: transmitters connect, and what they send is in the log before they hear that it is."""

import asyncio
import logging
import threading
from collections.abc import Callable, Sequence

from domain.errors import ConfigurationError
from ingest.gb26875.commit import Commit
from ingest.gb26875.connection import Connection, Desk, Limits
from ingest.gb26875.directory import Directory
from ingest.pending import Entry

_LOGGER = logging.getLogger(__name__)
_LOOK_S = 0.1
_BUFFER_BYTES = 8_192


class Listener:
    """Serves connections until it is told to stop.

    Args:
        host: address to listen at.
        port: 0 for any that is free.
        append: writes entries durably; `StoreUnavailable` when it cannot.
        directory: who is who.
        clock_ns: wall clock.
        limits: of the senders.
        turned: told again and again while it serves, by what serves.

    Attributes:
        port: once it listens, the one that it has.
        listens: whether it does.
    """

    def __init__(
        self,
        host: str,
        port: int,
        *,
        append: Callable[[Sequence[Entry]], int],
        directory: Directory,
        clock_ns: Callable[[], int],
        limits: Limits,
        turned: Callable[[], object] = lambda: None,
    ) -> None:
        self._host, self.port = host, port
        self._append, self._directory, self._clock_ns, self._limits = append, directory, clock_ns, limits
        self._turned = turned
        self._open: set[asyncio.Task[None]] = set()
        self.listens = False

    def run(self, stop: threading.Event) -> None:
        """Serve until `stop` (ConfigurationError: the address cannot be had)."""
        asyncio.run(self._serve(stop))

    async def _serve(self, stop: threading.Event) -> None:
        commit = Commit(self._append)
        desk = Desk(self._directory, commit, self._clock_ns, self._limits)
        try:
            server = await asyncio.start_server(
                lambda reader, writer: self._accept(desk, reader, writer), self._host, self.port, limit=_BUFFER_BYTES
            )
        except OSError as error:
            raise ConfigurationError(f"listen.host {self._host}, listen.port {self.port}: {error.strerror}") from None
        self.port = server.sockets[0].getsockname()[1]
        self.listens = True
        _LOGGER.info("GB/T 26875.3 at %s port %d", self._host, self.port)
        while not stop.is_set():
            self._turned()
            await asyncio.sleep(_LOOK_S)
        self.listens = False
        server.close()
        for task in self._open:
            task.cancel()
        await asyncio.gather(*self._open, return_exceptions=True)
        await commit.close()

    def _accept(self, desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        if len(self._open) >= self._limits.connections:
            _LOGGER.warning("listen: %d connections are open; one more is refused", len(self._open))
            writer.close()
            return
        task = asyncio.create_task(_talk(desk, reader, writer))
        self._open.add(task)
        task.add_done_callback(self._open.discard)


async def _talk(desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    try:
        await Connection(desk, reader, writer).run()
    except Exception:
        _LOGGER.exception("listen: a connection failed; its frames that were not acknowledged come again")
    finally:
        writer.close()
