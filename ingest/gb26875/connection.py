"""One connection: bytes in, frames into the log, then answers out. A control is never sent."""

import asyncio
import logging
import math
from collections.abc import Callable, Sequence
from typing import NamedTuple

from domain.errors import StoreUnavailable
from ingest.gb26875.commit import Commit
from ingest.gb26875.directory import Directory
from ingest.gb26875.frame import UPWARD, Command, Frame, Refused, asked, encode_frame
from ingest.gb26875.stream import Stream, Taken
from ingest.gb26875.times import time_tag
from ingest.gb26875.units import decode_unit
from ingest.pending import Entry

_LOGGER = logging.getLogger(__name__)
_CHUNK_BYTES = 4_096
_ANSWERS = frozenset({Command.ACKNOWLEDGE, Command.DENY})
_MOST_REFUSED = 20
"""In a row; then nobody here speaks the protocol."""


class Limits(NamedTuple):
    """What one sender may take.

    Attributes:
        connections: at the same time, of all senders.
        idle_s: without a frame that is right; then the connection ends.
        frame_s: for a frame that has begun to become whole; then its beginning is refused.
        frames_per_s: more are read later, and wait in the sender's own buffers.
    """

    connections: int = 500
    idle_s: float = 900.0
    frame_s: float = 10.0
    frames_per_s: float = 20.0


class Desk(NamedTuple):
    """What all connections share."""

    directory: Directory
    commit: Commit
    clock_ns: Callable[[], int]
    limits: Limits


class Connection:
    """Reads until the other side ends, is idle, talks nonsense, or the log takes nothing.

    Args:
        desk: shared.
        reader: of the connection.
        writer: of the connection.
    """

    def __init__(self, desk: Desk, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self._desk, self._reader, self._writer = desk, reader, writer
        self._peer = str((writer.get_extra_info("peername") or ("nobody",))[0])
        self._stream = Stream(desk.directory.checksum)
        self._refused = 0
        self._now_s = asyncio.get_running_loop().time
        self._idle_at_s = self._now_s() + desk.limits.idle_s
        self._frame_at_s = math.inf
        self._allowance, self._allowed_at_s = desk.limits.frames_per_s, self._now_s()

    async def run(self) -> None:
        try:
            while (data := await self._read()) is not None:
                if not await self._take(self._stream.feed(data) if data else self._stream.give_up()):
                    return
            await self._take(self._stream.give_up())
        except StoreUnavailable as error:
            _LOGGER.warning("listen: %s is not acknowledged and must send again: %s", self._peer, error)
        except (ConnectionError, TimeoutError) as error:
            _LOGGER.info("listen: %s is gone: %s", self._peer, str(error) or "it takes no answer")

    async def _read(self) -> bytes | None:
        """Give what came, b"" where a frame did not become whole in time, None at the end."""
        until_s = min(self._idle_at_s, self._frame_at_s)
        try:
            async with asyncio.timeout_at(until_s):
                return await self._reader.read(_CHUNK_BYTES) or None
        except TimeoutError:
            if until_s < self._idle_at_s:
                return b""
            _LOGGER.info("listen: %s sent no frame for %g s", self._peer, self._desk.limits.idle_s)
            return None

    async def _take(self, taken: Sequence[Taken]) -> bool:
        """Log, then answer; tell whether to go on."""
        began = math.isfinite(self._frame_at_s) and not taken
        self._frame_at_s = self._frame_at_s if began else self._now_s() + self._desk.limits.frame_s
        if not self._stream.waits:
            self._frame_at_s = math.inf
        if not taken:
            return True
        entries: list[Entry] = []
        answers: list[bytes] = []
        for each in taken:
            entry, answer = self._judge(each)
            entries.append(entry)
            answers.append(answer)
        await self._desk.commit.put(entries)
        self._writer.write(b"".join(answers))
        async with asyncio.timeout(self._desk.limits.frame_s):
            await self._writer.drain()
        await self._pace(len(taken))
        return self._refused < _MOST_REFUSED

    def _judge(self, taken: Taken) -> tuple[Entry, bytes]:
        """Give what is logged, and the answer; the decoder gives the same verdict when it reads the log."""
        found, directory = taken.found, self._desk.directory
        now_ns = self._desk.clock_ns()
        frame = asked(taken.raw) if isinstance(found, Refused) else found
        topic = None if frame is None else directory.topic(frame.source)
        name = self._peer if frame is None or isinstance(found, Refused) else frame.source
        entry = (now_ns, topic or directory.stranger(name), taken.raw)
        wrong = isinstance(found, Refused) or topic is None or _says_nothing(found)
        if wrong:
            self._refused += 1
        else:
            self._refused, self._idle_at_s = 0, self._now_s() + self._desk.limits.idle_s
        if frame is None or frame.command in _ANSWERS or not (wrong or frame.command == Command.SEND):
            return entry, b""
        answer = frame.answer(Command.DENY if wrong else Command.ACKNOWLEDGE, time_tag(now_ns))
        return entry, encode_frame(answer, directory.checksum_of(frame.source))

    async def _pace(self, frames: int) -> None:
        rate, now_s = self._desk.limits.frames_per_s, self._now_s()
        self._allowance = min(rate, self._allowance + (now_s - self._allowed_at_s) * rate) - frames
        self._allowed_at_s = now_s
        if self._allowance < 0:
            await asyncio.sleep(-self._allowance / rate)


def _says_nothing(frame: Frame) -> bool:
    return frame.command not in UPWARD or isinstance(decode_unit(frame.command, frame.unit, unset_ns=0), Refused)
