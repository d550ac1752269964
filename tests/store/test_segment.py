import sqlite3
from collections.abc import Callable, Iterator
from contextlib import closing
from itertools import count
from pathlib import Path

import pytest

from domain.frame import CONFIGURATION_TOPIC, Frame
from store.segment import Segment, create, row


def entries(number: int) -> list[tuple[int, str, bytes]]:
    return [(i, f"gas/v1/S/D{i}/telemetry", bytes(200)) for i in range(number)]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    create(tmp_path / "segment.db", 1, [])
    return tmp_path / "segment.db"


@pytest.fixture
def segment(path: Path) -> Iterator[Segment]:
    with closing(Segment(path, 1)) as opened:
        yield opened


def fill(segment: Segment, number: int, full_bytes: int = 1 << 30) -> int | None:
    return segment.append([row(*entry) for entry in entries(number)], full_bytes)


def root_page(path: Path) -> int:
    with closing(sqlite3.connect(path)) as db:
        return int(db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'frame'").fetchone()[0])


def test_takes_no_frame_behind_its_seal(segment: Segment) -> None:
    assert fill(segment, 100, full_bytes=1 << 30) == 100
    assert segment.following() == 0
    assert fill(segment, 1, full_bytes=0) == 101
    assert segment.following() == 102
    assert fill(segment, 1) is None
    assert segment.last() == 101


def test_goes_on_from_the_position_that_it_was_made_for_even_when_it_is_empty(tmp_path: Path) -> None:
    create(tmp_path / "segment.db", 501, [])
    with closing(Segment(tmp_path / "segment.db", 501)) as segment:
        assert (segment.oldest(), segment.last(), segment.read(0, 9)) == (0, 500, [])
        assert fill(segment, 2) == 502
        assert [frame.position for frame in segment.read(0, 9)] == [501, 502]


def test_never_makes_a_file_that_is_not_there(tmp_path: Path) -> None:
    with pytest.raises(sqlite3.OperationalError):
        Segment(tmp_path / "gone.db", 1)
    assert not list(tmp_path.iterdir())


def test_every_commit_is_flushed_to_the_disk(segment: Segment) -> None:
    assert segment.db.execute("PRAGMA synchronous").fetchone() == (2,)
    assert segment.db.execute("PRAGMA journal_mode").fetchone() == (b"wal",)


def test_finds_the_configuration_without_searching_the_frames(segment: Segment) -> None:
    segment.append([row(0, CONFIGURATION_TOPIC, b"limits")], 1 << 30)
    fill(segment, 20_000)
    steps = count()
    segment.db.set_progress_handler(lambda: next(steps) and 0, 10)
    assert segment.configuration(19_000) == Frame(1, 0, CONFIGURATION_TOPIC, b"limits")
    assert next(steps) < 20


def test_reads_a_healthy_block_with_one_query_over_the_frames(segment: Segment) -> None:
    fill(segment, 100)
    asked: list[str] = []
    segment.db.set_trace_callback(asked.append)
    assert len(segment.read(0, 100)) == 100
    assert sum("FROM frame" in query for query in asked) == 1


@pytest.mark.parametrize(
    ("rot", "topic", "payload"),
    [
        ("payload = x'00'", "gas/v1/S/D1/telemetry", b"\0"),
        ("topic = CAST(x'80ff' AS TEXT)", "\ufffd\ufffd", bytes(200)),
        ("received_ns = received_ns + (1 << 62)", "gas/v1/S/D1/telemetry", bytes(200)),
        ("received_ns = 'now'", "", b""),
        ("payload = 17", "", b""),
        ("topic = x'', payload = ''", "", b""),
    ],
)
def test_tells_a_record_with_a_wrong_checksum_and_reads_on(
    segment: Segment, rot: str, topic: str, payload: bytes
) -> None:
    fill(segment, 3)
    segment.db.execute(f"UPDATE frame SET {rot} WHERE position = 2")  # noqa: S608 - ours
    before, found, behind = segment.read(0, 9)
    assert (before.intact, behind.intact) == (True, True)
    assert found == Frame(2, 0, topic, payload, intact=False)


ROT: dict[str, Callable[[bytes], bytes]] = {
    "zeros": lambda page: bytes(len(page)),
    "ones": lambda page: b"\xff" * len(page),
    "emptied": lambda page: page[:3] + bytes(2) + page[5:],
    "one cell left": lambda page: page[:3] + b"\0\1" + page[5:],
}


@pytest.mark.parametrize("rot", ROT.values(), ids=ROT)
@pytest.mark.parametrize("number", [0, 9, 13, 16], ids=["root", "leaf", "another leaf", "yet another leaf"])
def test_reads_past_a_broken_page_and_leaves_no_position_out(
    path: Path, rot: Callable[[bytes], bytes], number: int
) -> None:
    with closing(Segment(path, 1)) as segment:
        fill(segment, 400)
    pages = path.read_bytes()
    start = 4096 * ((number or root_page(path)) - 1)
    path.write_bytes(pages[:start] + rot(pages[start : start + 4096]) + pages[start + 4096 :])
    with closing(Segment(path, 1)) as segment:
        frames = [frame for start in range(0, 400, 50) for frame in segment.read(start, 50)]
    assert [f.position for f in frames] == list(range(1, 401))
    good = [f for f in frames if f.intact]
    assert len(good) < 400
    assert len(good) > 380 or number == 0
    assert all(f == Frame(f.position, *entries(400)[f.position - 1]) for f in good)


def test_rot_keeps_neither_the_next_segment_from_beginning_nor_this_one_from_going(path: Path) -> None:
    with closing(Segment(path, 1)) as segment:
        segment.append([row(0, CONFIGURATION_TOPIC, b"limits")], 1 << 30)
        fill(segment, 400)
        pages = [r for (r,) in segment.db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'configuration'")]
    with path.open("r+b") as file:
        for page in (*pages, 8):
            file.seek(4096 * (page - 1))
            file.write(bytes(4096))
    with closing(Segment(path, 1)) as segment:
        assert segment.configuration(9) is None
        assert segment.is_older_than(400)
        assert not segment.is_older_than(399)


def test_a_trouble_of_the_moment_is_not_taken_for_rot(segment: Segment) -> None:
    fill(segment, 5)
    segment.db.set_progress_handler(lambda: 1, 1)
    with pytest.raises(sqlite3.OperationalError, match="interrupted"):
        segment.configuration(3)
    segment.db.set_progress_handler(None, 1)
    assert len(segment.read(0, 9)) == 5
