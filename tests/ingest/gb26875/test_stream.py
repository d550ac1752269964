import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.gb26875.checksum import CHECKSUMS
from ingest.gb26875.frame import Frame, Reason, Refused, decode_frame, encode_frame
from ingest.gb26875.stream import Stream, Taken
from tests.ingest.gb26875.vectors import VECTORS, X1

V1, V7 = VECTORS["V1"], VECTORS["V7"]


def whole(taken: list[Taken]) -> list[bytes]:
    return [each.raw for each in taken if isinstance(each.found, Frame)]


def reasons(taken: list[Taken]) -> list[Reason]:
    return [each.found.reason for each in taken if isinstance(each.found, Refused)]


def test_a_frame_that_is_cut_anywhere_comes_whole() -> None:
    for cut in range(1, len(V7)):
        stream = Stream()
        assert stream.feed(V7[:cut]) == []
        assert whole(stream.feed(V7[cut:])) == [V7]
        assert not stream.waits


@settings(max_examples=40)
@given(st.lists(st.sampled_from(sorted(VECTORS)), max_size=6), st.lists(st.integers(1, 40)))
def test_joined_frames_come_apart_however_they_are_split(names: list[str], cuts: list[int]) -> None:
    sent = [VECTORS[name] for name in names]
    stream, data, taken = Stream(), b"".join(sent), list[Taken]()
    for cut in cuts:
        taken += stream.feed(data[:cut])
        data = data[cut:]
    assert whole(taken + stream.feed(data)) == sent


@settings(max_examples=40)
@given(st.lists(st.binary(max_size=40) | st.sampled_from([V1, X1, b"@@", b"##", V1[:30]]), max_size=12))
def test_nothing_of_a_stream_is_lost_and_little_is_held(chunks: list[bytes]) -> None:
    stream, taken = Stream(), list[Taken]()
    for chunk in chunks:
        taken += stream.feed(chunk)
        assert len(stream._held) < 1_054  # noqa: SLF001 - the bound is what the test is about
    taken += stream.give_up()
    assert b"".join(each.raw for each in taken) == b"".join(chunks)
    assert not stream.waits


@pytest.mark.parametrize(
    ("dirt", "reason"),
    [
        pytest.param(b"garbage", Reason.GARBAGE, id="garbage"),
        pytest.param(b"@", Reason.BAD_LENGTH, id="half a start marker"),
        pytest.param(X1, Reason.BAD_END, id="a frame with a byte too many"),
        pytest.param(V1[:-3] + b"\0##", Reason.BAD_CHECKSUM, id="a frame with a wrong checksum"),
        pytest.param(b"@@@@@@" + b"\xff" * 40, Reason.BAD_LENGTH, id="start markers"),
    ],
)
def test_finds_the_frame_behind_dirt_at_once(dirt: bytes, reason: Reason) -> None:
    taken = Stream().feed(dirt + V1)
    assert (whole(taken), reasons(taken)) == ([V1], [reason])
    assert taken[0].raw == dirt


def test_a_false_beginning_holds_a_frame_back_until_it_is_given_up() -> None:
    stream = Stream()
    longer = V1[:24] + (1_000).to_bytes(2, "little") + V1[26:30]
    assert stream.feed(longer + V1) == []
    taken = stream.give_up()
    assert (whole(taken), reasons(taken)) == ([V1], [Reason.INCOMPLETE])


def test_a_vendor_s_checksum_is_taken_where_it_is_asked_for_alone() -> None:
    sent = decode_frame(V1)
    assert isinstance(sent, Frame)
    raws = {name: encode_frame(sent, checksum) for name, checksum in CHECKSUMS.items()}
    assert len(set(raws.values())) == len(CHECKSUMS)
    for name, raw in raws.items():
        assert whole(Stream(CHECKSUMS[name]).feed(raw)) == [raw]
        assert bool(whole(Stream().feed(raw))) is (name == "sum")
