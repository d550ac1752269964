"""The line to a centre, against a peer that does as it is told: nothing is timed, the peer decides when it answers."""

import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import pytest

from alerting.notify.channel import Accepted, ChannelUnavailable, Refused
from domain.parcel import Parcel
from ingest.gb26875.checksum import CHECKSUMS
from ingest.gb26875.frame import Command, Frame, decode_frame, encode_frame
from ingest.gb26875.stream import Stream
from lifeline.frames import Framer
from lifeline.framing import KINDS, Framing
from lifeline.line import Address, FrameCourier, Line
from lifeline.places import Component
from lifeline.samples import DEVICE, sample
from tests.lifeline.support import body_of

FRAMING = Framing(system=1, components=dict.fromkeys(KINDS, 12), timeout_s=5, repeats=2)
HASTY = Framing(system=1, components=dict.fromkeys(KINDS, 12), timeout_s=0.05, repeats=2)
PARCEL = Parcel("t", "alarm", "a1", "j1", body_of("alarm"), id=6, made_ns=1_768_449_600_000_000_000)
Answering = Callable[[Frame], bytes | None]
"""What the peer answers to a frame; None: it hangs up."""

pytestmark = [pytest.mark.server, pytest.mark.allow_hosts(["127.0.0.1"])]


def says(command: Command, frame: Frame, serial: int = 0) -> bytes:
    answer = frame.answer(command, frame.tag)
    return encode_frame(answer._replace(serial=answer.serial + serial))


class Peer:
    """Takes one connection after the other; the answers are used up in turn, the last one stays."""

    def __init__(self, listening: socket.socket, answers: list[Answering]) -> None:
        self.got: list[bytes] = []
        self._listening, self._answers = listening, answers

    def run(self) -> None:
        while True:
            try:
                line, _ = self._listening.accept()
            except OSError:
                return
            with line:
                self._talk(line)

    def _talk(self, line: socket.socket) -> None:
        stream = Stream(CHECKSUMS[FRAMING.checksum])
        while data := line.recv(4_096):
            for raw, frame in stream.feed(data):  # a denial and the next frame may come joined
                assert isinstance(frame, Frame)
                self.got.append(raw)
                if frame.command == Command.DENY:
                    continue
                answer = (self._answers.pop(0) if len(self._answers) > 1 else self._answers[0])(frame)
                if answer is None:
                    return
                line.sendall(answer)


@contextmanager
def centre(framing: Framing, *answers: Answering) -> Iterator[tuple[Peer, FrameCourier]]:
    with socket.create_server(("127.0.0.1", 0)) as listening:
        peer = Peer(listening, list(answers))
        threading.Thread(target=peer.run, daemon=True).start()
        line = Line(Address("127.0.0.1", listening.getsockname()[1]), framing)
        yield peer, FrameCourier(Framer(framing, 889, 1, {DEVICE: Component(12, 1, 7)}), line)
        line.close()
        listening.shutdown(socket.SHUT_RDWR)


def yes(frame: Frame) -> bytes:
    return says(Command.ACKNOWLEDGE, frame)


def no(frame: Frame) -> bytes:
    return says(Command.DENY, frame)


def nothing(_: Frame) -> bytes:
    return b""


def gone(_: Frame) -> None:
    return None


def test_the_acknowledgement_is_the_yes_and_the_connection_stays() -> None:
    with centre(FRAMING, yes) as (peer, courier):
        assert [courier.deliver([PARCEL]), courier.beat(sample("heartbeat", "WGS84"))] == [Accepted()] * 2
        state, beat = (decode_frame(raw) for raw in peer.got)
    assert isinstance(state, Frame)
    assert isinstance(beat, Frame)
    assert (state.source, state.destination, state.serial, state.command) == (889, 1, 7, Command.SEND)
    assert (beat.serial, beat.unit) == (0, b"")


@pytest.mark.parametrize("first", [nothing, lambda frame: says(Command.ACKNOWLEDGE, frame, 1), gone, no])
def test_a_frame_without_its_own_answer_goes_again_byte_for_byte(first: Answering) -> None:
    framing = FRAMING if first in {gone, no} else HASTY
    with centre(framing, first, yes) as (peer, courier):
        assert courier.deliver([PARCEL]) == Accepted()
        assert peer.got[0] == peer.got[1]


@pytest.mark.parametrize(
    ("answer", "why"),
    [(nothing, r"no answer within 0.05 s, 3 times"), (gone, "closed by the other side, 3 times")],
    ids=["silent", "hangs up"],
)
def test_what_is_never_answered_is_an_outage(answer: Answering, why: str) -> None:
    with centre(HASTY, answer) as (peer, courier):
        with pytest.raises(ChannelUnavailable, match=why):
            courier.deliver([PARCEL])
        assert len(peer.got) == 3


def test_what_is_denied_every_time_is_refused() -> None:
    with centre(FRAMING, no) as (peer, courier):
        assert courier.deliver([PARCEL]) == Refused("6", "denied", retryable=False)
        assert len(peer.got) == 3


def test_nobody_there_is_an_outage_at_once() -> None:
    with centre(FRAMING, yes) as (_, courier):
        pass
    with pytest.raises(ChannelUnavailable, match="no connection"):
        courier.deliver([PARCEL])


def test_what_the_centre_asks_is_denied_and_dirt_is_passed_over() -> None:
    def asks(frame: Frame) -> bytes:
        check = frame.answer(Command.CONTROL, frame.tag)._replace(serial=9, unit=b"\x5b\x01\x0a")
        return b"noise" + encode_frame(check) + yes(frame)

    with centre(FRAMING, asks, yes) as (peer, courier):
        assert [courier.deliver([PARCEL]) for _ in range(2)] == [Accepted()] * 2
        denied = decode_frame(peer.got[1])
    assert isinstance(denied, Frame)
    assert (denied.command, denied.serial, denied.unit) == (Command.DENY, 9, b"")
