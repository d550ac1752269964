import os
import resource
from pathlib import Path

import pytest

from domain.errors import StoreUnavailable
from store.snapshot import SnapshotStore


@pytest.fixture
def store(tmp_path: Path) -> SnapshotStore:
    return SnapshotStore(tmp_path / "watch")


def files(tmp_path: Path) -> list[Path]:
    return sorted((tmp_path / "watch").iterdir())


def test_has_none_at_first(store: SnapshotStore) -> None:
    assert store.newest() is None


def test_gives_the_newest_and_keeps_two(store: SnapshotStore, tmp_path: Path) -> None:
    for position in (9, 10, 999_999_999_999, 1_000_000_000_000):
        store.put(position, f"behind {position}".encode())
        assert store.newest() == (position, f"behind {position}".encode())
    assert {path.name for path in files(tmp_path)} == {"snapshot-999999999999.bin", "snapshot-1000000000000.bin"}


def test_is_not_confused_by_a_copy_that_somebody_made(store: SnapshotStore, tmp_path: Path) -> None:
    store.put(5, b"state")
    (tmp_path / "watch" / "snapshot-000000000009 (copy).bin").write_bytes(files(tmp_path)[0].read_bytes())
    assert store.newest() == (5, b"state")


def test_replaces_a_snapshot_of_the_same_position(store: SnapshotStore) -> None:
    store.put(5, b"first")
    store.put(5, b"second")
    assert store.newest() == (5, b"second")


def test_an_empty_state_is_a_state(store: SnapshotStore) -> None:
    store.put(0, b"")
    assert store.newest() == (0, b"")


def test_falls_back_to_the_older_one_wherever_the_newest_is_torn_or_spoiled(
    store: SnapshotStore, tmp_path: Path
) -> None:
    store.put(1, b"older")
    store.put(2, bytes(100))
    newest = files(tmp_path)[1]
    whole = newest.read_bytes()
    for cut in range(len(whole)):
        for spoiled in (whole[:cut], whole[:cut] + bytes([whole[cut] ^ 0x10]) + whole[cut + 1 :]):
            newest.write_bytes(spoiled)
            assert store.newest() == (1, b"older")
    newest.write_bytes(whole + b"x")
    assert store.newest() == (1, b"older")


def test_has_none_when_both_are_spoiled(store: SnapshotStore, tmp_path: Path) -> None:
    store.put(1, b"a")
    store.put(2, b"b")
    for path in files(tmp_path):
        path.write_bytes(b"")
    assert store.newest() is None


def test_goes_on_after_a_crash_in_the_middle_of_writing(store: SnapshotStore, tmp_path: Path) -> None:
    store.put(1, b"a")
    (tmp_path / "watch" / "snapshot.new").write_bytes(b"half")
    assert store.newest() == (1, b"a")
    store.put(2, b"b")
    assert store.newest() == (2, b"b")
    assert len(files(tmp_path)) == 2


def test_a_full_disk_costs_the_new_snapshot_and_no_other(store: SnapshotStore, tmp_path: Path) -> None:
    store.put(1, b"a")
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (10_000, before[1]))
    try:
        with pytest.raises(StoreUnavailable, match=r"^snapshots .*watch: .*\Z"):
            store.put(2, bytes(20_000))
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert store.newest() == (1, b"a")
    assert len(files(tmp_path)) == 1
    store.put(2, bytes(20_000))
    assert store.newest() == (2, bytes(20_000))


def test_flushes_the_file_before_it_gets_its_name_and_the_name_after(
    store: SnapshotStore, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    flushed: list[tuple[str, list[str]]] = []
    fsync = os.fsync

    def watched(handle: int) -> None:
        flushed.append((Path(f"/proc/self/fd/{handle}").readlink().name, [path.name for path in files(tmp_path)]))
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    store.put(7, b"state")
    assert flushed == [("snapshot.new", ["snapshot.new"]), ("watch", ["snapshot-000000000007.bin"])]


def test_those_behind_a_position_are_set_aside_and_stay_on_the_disk(store: SnapshotStore, tmp_path: Path) -> None:
    store.put(5, b"first")
    store.put(9, b"second")
    assert [store.newest_before(position) for position in (4, 5, 8, 9)] == [0, 5, 5, 9]
    store.set_aside(8)
    assert store.newest() == (5, b"first")
    assert {path.name for path in files(tmp_path)} == {
        "snapshot-000000000005.bin",
        "snapshot-000000000009.bin.aside",
    }
