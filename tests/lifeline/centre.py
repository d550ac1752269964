"""A stand-in for a centre that takes frames of GB/T 26875.3 over TCP, as a process of its own.

    python -m tests.lifeline.centre --out received.ndjson [--moods ok,lose,deny,slow,other,drop] [--losing 2] [--asks]

It prints its port. Every frame that it takes is one line of the file, in the order of arrival, before it is
acknowledged: what a receiver tells repeats by, and what it says. A frame that is none is denied.
"""

import argparse
import random
import socketserver
import sys
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

import msgspec

from ingest.gb26875.frame import Command, Frame, Refused, encode_frame
from ingest.gb26875.objects import Analog, ComponentState
from ingest.gb26875.stream import Stream
from ingest.gb26875.units import decode_unit


class Centre:
    """What it knows.

    Args:
        out: file of received frames.
        moods: one is drawn for every frame: ``ok``; ``lose`` the answer after taking it; ``deny``; ``slow`` answers;
            acknowledge ``other`` than this one; ``drop`` the connection after taking it.
        seed: of the draw.
        losing: number of the frame whose answer is lost in any case; 0: none.
        asks: whether it sends a command of its own before each answer.
    """

    def __init__(self, out: Path, *, moods: list[str], seed: int, losing: int, asks: bool) -> None:
        self._out, self._moods, self._losing, self._asks = out, moods, losing, asks
        self._dice, self._lock, self._frames = random.Random(seed), threading.Lock(), 0  # noqa: S311 - it plays

    def answer(self, frame: Frame) -> bytes | None:
        """Take a frame, and give what is sent back; None: hang up."""
        if frame.command != Command.SEND:
            return b""  # our own question was denied
        with self._lock:
            self._frames += 1
            mood = "lose" if self._frames == self._losing else self._dice.choice(self._moods)
        if mood != "deny":
            self._take(told(frame))
        time.sleep(0.1 * (mood == "slow"))
        answer = frame.answer(Command.DENY if mood == "deny" else Command.ACKNOWLEDGE, frame.tag)
        if mood == "drop":
            return None
        if mood == "other":
            answer = answer._replace(serial=(answer.serial + 1) & 0xFFFF)
        check = answer._replace(serial=9, command=Command.CONTROL, unit=b"\x5b\x01\x0a")
        before = b"noise" + encode_frame(check) if self._asks else b""
        return before + (b"" if mood == "lose" else encode_frame(answer))

    def _take(self, line: dict[str, Any]) -> None:
        with self._lock, self._out.open("ab") as file:
            file.write(msgspec.json.encode(line) + b"\n")


def told(frame: Frame) -> dict[str, Any]:
    """What one frame says, and what tells a repeat."""
    unit = decode_unit(frame.command, frame.unit)
    assert not isinstance(unit, Refused)
    said: dict[str, Any] = {"key": f"{frame.source}/{frame.serial}/{frame.tag.hex()}", "command": frame.command}
    said |= {"kind": unit.kind, "to": frame.destination}
    for each in unit.objects:
        said |= {name: value for name, value in each._asdict().items() if name != "raw_text"}
        if isinstance(each, ComponentState):
            said["text"] = each.text
        if isinstance(each, Analog):
            said["value"] = each.value
    return said


def handler(centre: Centre) -> type[socketserver.BaseRequestHandler]:
    class Handler(socketserver.BaseRequestHandler):
        def handle(self) -> None:
            stream = Stream()
            with suppress(ConnectionError):  # the connector was killed
                while data := self.request.recv(4_096):
                    for _, found in stream.feed(data):
                        answer = centre.answer(found) if isinstance(found, Frame) else None
                        if answer is None:
                            return
                        self.request.sendall(answer)

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--moods", default="ok")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--losing", type=int, default=0)
    parser.add_argument("--asks", action="store_true")
    o = parser.parse_args()
    centre = Centre(o.out, moods=o.moods.split(","), seed=o.seed, losing=o.losing, asks=o.asks)
    socketserver.ThreadingTCPServer.allow_reuse_address = True
    with socketserver.ThreadingTCPServer(("127.0.0.1", o.port), handler(centre)) as server:
        server.daemon_threads = True
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
