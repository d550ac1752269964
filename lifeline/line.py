"""Carries frames of GB/T 26875.3 to a target over TCP: send (2), and wait for the acknowledgement (3)."""

import socket
import time
from collections.abc import Sequence
from contextlib import suppress
from typing import NamedTuple

from alerting.notify.channel import Accepted, ChannelUnavailable, Refused
from domain.parcel import Parcel
from ingest.gb26875.checksum import CHECKSUMS
from ingest.gb26875.frame import Command, Frame, encode_frame
from ingest.gb26875.stream import Stream
from lifeline.frames import Framer
from lifeline.framing import Framing
from lifeline.records import Record
from lifeline.times import read

_BYTES = 4_096
_ANSWERS = frozenset({Command.ACKNOWLEDGE, Command.DENY})
_ASKS = frozenset({Command.CONTROL, Command.REQUEST})


class Address(NamedTuple):
    """Where the centre listens."""

    host: str
    port: int


class Line:
    """One connection, made when it is needed and kept.

    Idea: a frame without answer within the time goes again, the same bytes, as often as the standard says; then, and
    where nobody listens, it is an outage. A denied frame goes again likewise, because a line in between may have
    damaged it; when the last answer is a denial, the frame is refused. An answer with another serial number is a late
    one to an earlier frame, and counts for nothing. What the centre asks of its own (clock, 查岗, states) is denied.

    Args:
        address: of the centre.
        framing: of the mapping.
    """

    def __init__(self, address: Address, framing: Framing) -> None:
        self._address, self._framing, self._checksum = address, framing, CHECKSUMS[framing.checksum]
        self._socket: socket.socket | None = None
        self._stream = Stream(self._checksum)

    def ask(self, frame: Frame) -> Command:
        """Send a frame; give its answer, acknowledge or deny (ChannelUnavailable)."""
        raw, trouble, denied = encode_frame(frame, self._checksum), "", False
        for _ in range(1 + self._framing.repeats):
            line = self._socket or self._connect()
            denied = False
            try:
                if self._answer(line, raw, frame) is Command.ACKNOWLEDGE:
                    return Command.ACKNOWLEDGE
                denied = True
            except TimeoutError:
                trouble = f"no answer within {self._framing.timeout_s:g} s"
            except OSError as error:
                trouble = f"the connection ended: {error.strerror or error}"
                self.close()
        if denied:
            return Command.DENY
        self.close()
        raise ChannelUnavailable(f"{trouble}, {1 + self._framing.repeats} times")

    def close(self) -> None:
        if self._socket is not None:
            with suppress(OSError):
                self._socket.close()
        self._socket, self._stream = None, Stream(self._checksum)

    def _connect(self) -> socket.socket:
        try:
            self._socket = socket.create_connection(self._address, self._framing.timeout_s)
            self._socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        except OSError as error:
            raise ChannelUnavailable(f"no connection: {error.strerror or error}") from None
        return self._socket

    def _answer(self, line: socket.socket, raw: bytes, frame: Frame) -> Command:
        until_s = time.monotonic() + self._framing.timeout_s
        line.settimeout(self._framing.timeout_s)
        line.sendall(raw)
        while (left_s := until_s - time.monotonic()) > 0:
            line.settimeout(left_s)
            data = line.recv(_BYTES)
            if not data:
                raise ConnectionError("closed by the other side")
            for _, found in self._stream.feed(data):
                if not isinstance(found, Frame):
                    continue
                if found.command in _ANSWERS and found.serial == frame.serial:
                    return Command(found.command)
                if found.command in _ASKS:
                    line.sendall(encode_frame(found.answer(Command.DENY, frame.tag), self._checksum))
        raise TimeoutError


class FrameCourier:
    """Sends one frame for each parcel.

    Args:
        framer: writes them.
        line: to the centre.
    """

    def __init__(self, framer: Framer, line: Line) -> None:
        self._framer, self._line = framer, line

    def deliver(self, parcels: Sequence[Parcel]) -> Accepted | Refused:
        return self._ask(self._framer.frame(parcels[0]))

    def beat(self, heartbeat: Record) -> Accepted | Refused:
        return self._ask(self._framer.beat(read(heartbeat.time)))

    def _ask(self, frame: Frame) -> Accepted | Refused:
        if self._line.ask(frame) is Command.ACKNOWLEDGE:
            return Accepted()
        return Refused(f"{Command.DENY.value}", "denied", retryable=False)
