"""Frames out of a stream of bytes: sticky, split and dirty."""

from collections.abc import Iterator
from typing import NamedTuple

from ingest.gb26875.checksum import Checksum, total
from ingest.gb26875.frame import START, Frame, Reason, Refused, decode_frame, frame_bytes


class Taken(NamedTuple):
    """A frame, or bytes that are none; together they are the stream, byte for byte."""

    raw: bytes
    found: Frame | Refused


class Stream:
    """Cuts a stream into frames and the rest.

    Idea: a start marker alone proves nothing, 40 40 may stand in any payload. A frame begins where start, length,
    command, checksum and end fall into place together; otherwise the search goes on one byte later. What lies between
    two frames is refused as one piece, with the reason of its first beginning. After each call less than one frame is
    held back.

    Args:
        checksum: of this vendor.

    Example:
        >>> beat = bytes.fromhex("404004000101001e080f0917e903000000000100000000000000024a2323")
        >>> stream = Stream()
        >>> [len(taken.raw) for taken in stream.feed(b"xx" + beat + beat[:10])], stream.waits
        ([2, 30], True)
        >>> [taken.found.serial for taken in stream.feed(beat[10:])]
        [4]
    """

    def __init__(self, checksum: Checksum = total) -> None:
        self._checksum = checksum
        self._held = b""

    @property
    def waits(self) -> bool:
        """Whether something has begun that is not whole."""
        return bool(self._held)

    def feed(self, data: bytes) -> list[Taken]:
        """Take the next bytes; give what became whole."""
        return list(self._cut(self._held + data, final=False))

    def give_up(self) -> list[Taken]:
        """Give what is held back: nothing more will come to it. A whole frame may stand behind a false beginning."""
        return list(self._cut(self._held, final=True))

    def _cut(self, data: bytes, *, final: bool) -> Iterator[Taken]:
        at = search = 0
        why: Refused | None = None
        while (start := data.find(START, search)) >= 0:
            found = self._frame(data, start)
            if found is None and not final:
                break
            if isinstance(found, Taken):
                if start > at:
                    yield Taken(data[at:start], why or _GARBAGE)
                yield found
                at = search = start + len(found.raw)
                why = None
            else:
                why, search = why or found or _INCOMPLETE, start + 1
        rest = start if start >= 0 else len(data) - (data[search:].endswith(START[:1]) and not final)
        if rest > at:
            yield Taken(data[at:rest], why or _GARBAGE)
        self._held = data[rest:]

    def _frame(self, data: bytes, start: int) -> Taken | Refused | None:
        size = frame_bytes(data, start)
        if not isinstance(size, int):
            return size
        if len(data) < start + size:
            return None
        raw = data[start : start + size]
        found = decode_frame(raw, self._checksum)
        return found if isinstance(found, Refused) else Taken(raw, found)


_GARBAGE = Refused(Reason.GARBAGE, "bytes before a frame; expected it to begin with 4040")
_INCOMPLETE = Refused(Reason.INCOMPLETE, "a frame that did not go on; expected as many bytes as its length field says")
