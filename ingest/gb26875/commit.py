"""Many connections, one durable append: what waits meanwhile goes together with the next."""

import asyncio
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor

from ingest.pending import Entry


class Commit:
    """Groups appends. Every connection waits for its own before it reads on, which bounds what waits.

    Args:
        append: writes entries durably; `StoreUnavailable` when it cannot. Always called from one thread.
    """

    def __init__(self, append: Callable[[Sequence[Entry]], int]) -> None:
        self._append = append
        self._thread = ThreadPoolExecutor(1, thread_name_prefix="listen-log")
        self._waiting: list[tuple[Sequence[Entry], asyncio.Future[None]]] = []
        self._drain: asyncio.Task[None] | None = None

    async def put(self, entries: Sequence[Entry]) -> None:
        """Return when these entries are safe; raises what the append raised."""
        done: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.append((entries, done))
        if self._drain is None or self._drain.done():
            self._drain = asyncio.create_task(self._run())
        await done

    async def _run(self) -> None:
        loop = asyncio.get_running_loop()
        while self._waiting:
            taken, self._waiting = self._waiting, []
            together = [entry for entries, _ in taken for entry in entries]
            try:
                await loop.run_in_executor(self._thread, self._append, together)
            except Exception as error:  # noqa: BLE001 - each waiting connection gets it
                _tell(taken, error)
            else:
                _tell(taken, None)

    async def close(self) -> None:
        """Let what is being written become safe."""
        if self._drain is not None:
            await self._drain
        self._thread.shutdown()


def _tell(taken: Sequence[tuple[Sequence[Entry], asyncio.Future[None]]], error: Exception | None) -> None:
    for _, done in taken:
        if done.done():
            continue  # its connection is gone
        if error is None:
            done.set_result(None)
        else:
            done.set_exception(error)
