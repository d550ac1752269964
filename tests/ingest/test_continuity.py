from collections.abc import Iterable, Sequence
from itertools import pairwise

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.asset import Assets
from domain.record import Gap
from domain.rulebook import Rulebook
from domain.sample import Notice
from ingest.continuity import Continuity, Verdict
from ingest.counting import MAX_HOLES

S = 1_000_000_000
DEVICE = "DL-GD-0001"
NEW, DUPLICATE, CONFLICT = Verdict.NEW, Verdict.DUPLICATE, Verdict.CONFLICT
Key = tuple[str, str, int]


class Ledger:
    """What the records database would hold after the upserts."""

    def __init__(self) -> None:
        self.rows: dict[Key, Gap] = {}

    def write(self, continuity: Continuity) -> None:
        changes = continuity.changes()
        for key in changes.dropped:
            self.rows.pop(key, None)
        self.rows |= {(gap.device, gap.boot_id, gap.from_seq): gap for gap in changes.gaps}

    def missing(self) -> set[int]:
        return {seq for gap in self.rows.values() if gap.closed_ns is None for seq in numbers(gap)}

    def late(self) -> set[int]:
        return {seq for gap in self.rows.values() if gap.closed_ns is not None for seq in numbers(gap)}


def numbers(gap: Gap) -> range:
    return range(gap.from_seq, gap.to_seq + 1)


@pytest.fixture
def continuity(assets: Assets, rulebook: Rulebook) -> Continuity:
    return Continuity(assets, rulebook)


def send(continuity: Continuity, seqs: Iterable[int], log_s: float = 0, boot_id: str = "b") -> list[Verdict]:
    return [continuity.admit(DEVICE, boot_id, seq, seq * S, 0, round(log_s * S)) for seq in seqs]


def ledger_of(continuity: Continuity) -> list[tuple[int, int, str]]:
    ledger = Ledger()
    ledger.write(continuity)
    return [
        (gap.from_seq, gap.to_seq, gap.reason) for gap in sorted(ledger.rows.values(), key=lambda gap: gap.from_seq)
    ]


def test_whatever_the_order_the_copies_and_the_losses_the_ledger_is_what_did_not_arrive(
    assets: Assets, rulebook: Rulebook
) -> None:
    arrivals = st.lists(st.integers(0, 60), min_size=1, max_size=120)
    steps = st.lists(st.integers(0, 40), min_size=120, max_size=120)

    @given(arrivals, steps, st.sets(st.integers(0, 120)), st.sets(st.integers(0, 120)))
    def check(seqs: list[int], steps: list[int], ticks: set[int], writes: set[int]) -> None:
        continuity, ledger, log_s = Continuity(assets, rulebook), Ledger(), 0
        verdicts = []
        for index, (seq, step) in enumerate(zip(seqs, steps, strict=False)):
            log_s += step
            if index in ticks:
                continuity.advance(log_s * S)
            verdicts += send(continuity, [seq], log_s)
            if index in writes:
                ledger.write(continuity)
        continuity.advance((log_s + 30) * S)
        ledger.write(continuity)
        assert ledger.missing() == set(range(min(seqs), max(seqs) + 1)) - set(seqs)
        assert ledger.late() <= set(seqs)
        assert disjoint(ledger.rows.values())
        first_copies = [seq not in seqs[:index] for index, seq in enumerate(seqs)]
        assert verdicts == [NEW if first else DUPLICATE for first in first_copies]
        state = continuity.state(DEVICE)
        assert (state.frames, state.duplicates) == (len(set(seqs)), len(seqs) - len(set(seqs)))
        assert state.missing == len(ledger.missing())

    check()


def disjoint(rows: Iterable[Gap]) -> bool:
    ordered = sorted(rows, key=lambda gap: gap.from_seq)
    return all(one.to_seq < other.from_seq for one, other in pairwise(ordered))


def run(continuity: Continuity, events: Sequence[tuple[int, int]], ticks: set[int]) -> Ledger:
    ledger, log_s = Ledger(), 0
    for index, (seq, step) in enumerate(events):
        log_s += step
        if index in ticks:
            continuity.advance(log_s * S)
        send(continuity, [seq], log_s)
    continuity.advance((log_s + 30) * S)
    ledger.write(continuity)
    return ledger


EVENTS = st.lists(st.tuples(st.integers(0, 40), st.integers(0, 40)), min_size=1, max_size=60)
TICKS = st.sets(st.integers(0, 60))


def test_the_ledger_does_not_hang_on_how_often_the_clock_is_asked(assets: Assets, rulebook: Rulebook) -> None:
    @given(EVENTS, TICKS, TICKS)
    def check(events: list[tuple[int, int]], some: set[int], others: set[int]) -> None:
        one, other = (Continuity(assets, rulebook) for _ in range(2))
        assert run(one, events, some).rows == run(other, events, others).rows
        assert one.snapshot() == other.snapshot()

    check()


def test_goes_on_from_a_snapshot_as_if_never_stopped(assets: Assets, rulebook: Rulebook) -> None:
    counted = st.tuples(st.sampled_from(["b", "c"]), st.integers(0, 30))
    uncounted = st.tuples(st.none(), st.integers(0, 30))
    events = st.lists(st.tuples(counted | uncounted, st.integers(0, 20)), max_size=50)

    @given(events, st.integers(0, 50), st.booleans())
    def check(events: list[tuple[tuple[str | None, int], int]], cut: int, drained: bool) -> None:  # noqa: FBT001 - as drawn
        whole, log_s = Continuity(assets, rulebook), 0
        parts = whole
        for index, ((boot_id, seq), step) in enumerate(events):
            if index == cut:
                if drained:
                    whole.changes()
                parts = Continuity(assets, rulebook)
                parts.restore(whole.snapshot())
            log_s += step
            told = (DEVICE, boot_id, None if boot_id is None else seq, seq * S, 7, log_s * S)
            verdict = whole.admit(*told)
            if parts is not whole:
                assert parts.admit(*told) is verdict
        assert parts.snapshot() == whole.snapshot()
        assert parts is whole or parts.changes() == whole.changes()

    check()


@pytest.mark.parametrize("blob", [b"", b"\xc1", msgspec.msgpack.encode({"schema": 1}), b"\x80"])
def test_a_snapshot_of_another_schema_is_refused(blob: bytes, continuity: Continuity) -> None:
    with pytest.raises(ValueError, match="ledger"):
        continuity.restore(blob)


def test_a_snapshot_of_a_later_schema_is_refused(continuity: Continuity) -> None:
    known = msgspec.msgpack.decode(continuity.snapshot())
    with pytest.raises(ValueError, match="schema 99"):
        continuity.restore(msgspec.msgpack.encode(known | {"schema": 99}))


def test_a_jump_becomes_a_gap_only_when_other_topics_had_their_time(continuity: Continuity) -> None:
    send(continuity, [1, 5], log_s=10)
    continuity.advance(40 * S - 1)
    assert ledger_of(continuity) == []
    continuity.advance(40 * S)
    changes = continuity.changes()
    assert changes.gaps == [Gap(DEVICE, "b", 2, 4, opened_ns=40 * S)]
    assert (changes.dropped, changes.devices) == ([], {DEVICE})
    assert continuity.changes() == ([], [], set())


def test_a_message_that_was_only_overtaken_never_comes_into_the_ledger(continuity: Continuity) -> None:
    assert send(continuity, [1, 3, 2], log_s=10) == [NEW, NEW, NEW]
    continuity.advance(100 * S)
    assert ledger_of(continuity) == []


def test_a_message_brings_the_time_that_opens_gaps_with_it(continuity: Continuity) -> None:
    send(continuity, [1, 3], log_s=10)
    send(continuity, [2], log_s=50)
    assert ledger_of(continuity) == [(2, 2, "arrived_late")]


def test_late_neighbours_grow_into_one_closed_row(continuity: Continuity) -> None:
    send(continuity, [1, 7], log_s=0)
    continuity.advance(30 * S)
    ledger = Ledger()
    for seq in (3, 4, 2, 5):
        send(continuity, [seq], log_s=60)
        ledger.write(continuity)
    found = [
        (gap.from_seq, gap.to_seq, gap.closed_ns) for gap in sorted(ledger.rows.values(), key=lambda g: g.from_seq)
    ]
    assert found == [(2, 2, 60 * S), (3, 5, 60 * S), (6, 6, None)]


def test_what_came_before_the_first_message_is_unknown_not_missing(continuity: Continuity) -> None:
    send(continuity, [1_000, 1_001])
    continuity.advance(100 * S)
    assert ledger_of(continuity) == []


def test_a_new_start_has_a_ledger_of_its_own(continuity: Continuity) -> None:
    send(continuity, [10, 11], boot_id="b")
    assert send(continuity, [10, 13], boot_id="c", log_s=1) == [NEW, NEW]
    assert send(continuity, [11], boot_id="b", log_s=2) == [DUPLICATE]
    continuity.advance(100 * S)
    assert [(gap.boot_id, gap.from_seq, gap.to_seq) for gap in continuity.changes().gaps] == [("c", 11, 12)]
    assert continuity.state(DEVICE).boot_id == "c"


@pytest.mark.parametrize(
    ("seq", "newer_s", "shift_ns", "verdict"),
    [
        pytest.param(15_000, 1, 0, DUPLICATE, id="a copy whose clock was set by a second"),
        pytest.param(15_000, 61, 0, NEW, id="a minute newer than anything before"),
        pytest.param(15_000, 61, 5 * S, DUPLICATE, id="newer only because its clock is not believed"),
        pytest.param(9_999, 1, 5 * S, NEW, id="more than ten thousand below, and newer"),
        pytest.param(9_999, 0, 0, DUPLICATE, id="far below, not newer"),
    ],
)
def test_a_boot_id_that_is_used_again_blinds_us_for_a_minute_at_most(
    seq: int, newer_s: int, shift_ns: int, verdict: Verdict, continuity: Continuity
) -> None:
    high = 20_000
    for number in range(9_999, high + 1):
        continuity.admit(DEVICE, "0", number, number * S, 0, number * S)
    time_ns = (high + newer_s) * S
    assert continuity.admit(DEVICE, "0", seq, time_ns, 0, time_ns, shift_ns) is verdict
    if verdict is NEW:
        assert continuity.admit(DEVICE, "0", seq + 3, time_ns, 0, time_ns) is NEW
        continuity.advance(time_ns + 30 * S)
        assert [gap.from_seq for gap in continuity.changes().gaps if gap.boot_id == "0#2"] == [seq + 1]


@pytest.mark.parametrize("seqs", [[0], [4], [9], [2], [0, 4, 9, 2]])
def test_a_status_is_neither_missing_nor_a_duplicate_nor_in_the_way_of_a_reading(
    seqs: list[int], continuity: Continuity
) -> None:
    send(continuity, [1, 3])
    for seq in seqs:
        status = Notice(DEVICE, "online", 3 * S, "b", seq)
        assert continuity.hear(status, S) is NEW
        assert continuity.hear(status, S) is NEW
    unseen = [seq for seq in (2, 4, 9) if seq in seqs]
    assert send(continuity, unseen, log_s=2) == [NEW] * len(unseen)
    assert send(continuity, [1, 3], log_s=2) == [DUPLICATE, DUPLICATE]
    assert continuity.state(DEVICE).duplicates == 2


def test_the_number_of_a_status_is_never_missing(continuity: Continuity) -> None:
    send(continuity, [1])
    continuity.hear(Notice(DEVICE, "online", S, "b", 2), 0)
    send(continuity, [3, 5])
    continuity.advance(100 * S)
    continuity.hear(Notice(DEVICE, "online", S, "b", 4), 110 * S)
    continuity.hear(Notice(DEVICE, "online", S, "b", 8), 110 * S)
    continuity.advance(200 * S)
    assert ledger_of(continuity) == [(4, 4, "arrived_late"), (6, 7, "missing")]


def test_a_status_alone_begins_no_ledger(continuity: Continuity) -> None:
    continuity.hear(Notice(DEVICE, "online", S, "b", 0), S)
    assert send(continuity, [0, 1], log_s=1) == [NEW, NEW]
    assert not continuity.state("DL-MH-0001").counted


def test_events_count_with_the_readings(continuity: Continuity) -> None:
    send(continuity, [1])
    event = Notice(DEVICE, "self_test", 2 * S, "b", 2)
    assert [continuity.hear(event, 2 * S) for _ in range(2)] == [NEW, DUPLICATE]
    send(continuity, [3], log_s=2)
    continuity.advance(100 * S)
    assert ledger_of(continuity) == []


def test_an_event_without_number_does_not_stand_in_the_way_of_a_reading(continuity: Continuity) -> None:
    assert continuity.hear(Notice(DEVICE, "mute", 5 * S), 5 * S) is NEW
    assert continuity.admit(DEVICE, None, None, 5 * S, 77, 5 * S) is NEW


def test_birth_and_will_say_whether_a_device_is_there_but_an_old_one_never_does(continuity: Continuity) -> None:
    continuity.hear(Notice(DEVICE, "online", 10 * S, "b", 0, interval_s=15.0), 10 * S)
    assert (continuity.state(DEVICE).boot_id, continuity.state(DEVICE).interval_s) == ("b", 15.0)
    continuity.hear(Notice(DEVICE, "offline", 20 * S, "a"), 20 * S)
    assert continuity.state(DEVICE).online
    continuity.hear(Notice(DEVICE, "offline", 20 * S, "b"), 20 * S)
    assert not continuity.state(DEVICE).online
    continuity.admit(DEVICE, "b", 1, 21 * S, 0, 21 * S)
    assert continuity.state(DEVICE).online
    continuity.hear(Notice(DEVICE, "offline", 20 * S, "b"), 22 * S)
    continuity.hear(Notice(DEVICE, "online", 5 * S, "old", 0, retained=True), 22 * S)
    assert (continuity.state(DEVICE).online, continuity.state(DEVICE).boot_id) == (True, "b")


def test_a_late_reading_of_an_earlier_start_does_not_bring_it_back(continuity: Continuity) -> None:
    send(continuity, [100], boot_id="c")
    send(continuity, [7], boot_id="b", log_s=1)
    state = continuity.state(DEVICE)
    assert (state.boot_id, state.newest_ns, state.counted) == ("c", 100 * S, True)


def test_a_device_that_does_not_count_is_known_by_time_and_values(continuity: Continuity) -> None:
    told = [(5, 1), (7, 1), (5, 1), (5, 2), (6, 2), (7, 1), (6, 2)]
    verdicts = [continuity.admit(DEVICE, None, None, time_s * S, mark, 9 * S) for time_s, mark in told]
    assert verdicts == [NEW, NEW, DUPLICATE, CONFLICT, NEW, DUPLICATE, DUPLICATE]
    state = continuity.state(DEVICE)
    assert (state.frames, state.duplicates, state.counted) == (3, 3, False)


def test_a_device_that_does_not_count_is_remembered_for_its_last_600_times(continuity: Continuity) -> None:
    for time_s in range(601):
        assert continuity.admit(DEVICE, None, None, time_s * S, -time_s, 0) is NEW
    assert continuity.admit(DEVICE, None, None, 1 * S, -1, 0) is DUPLICATE
    assert continuity.admit(DEVICE, None, None, 0, 0, 0) is NEW  # a duplicate rather than a miss


def test_holes_without_end_are_forgotten_in_bounds_and_stay_in_the_ledger(continuity: Continuity) -> None:
    ledger = Ledger()
    seqs = range(0, 2 * (MAX_HOLES + 10), 2)
    send(continuity, seqs)
    continuity.advance(100 * S)
    ledger.write(continuity)
    assert ledger.missing() == set(range(seqs[-1])) - set(seqs)
    assert send(continuity, [1, 0], log_s=101) == [NEW, NEW]  # no longer known: a duplicate rather than a miss
    assert send(continuity, [seqs[-1]], log_s=101) == [DUPLICATE]
    assert continuity.state(DEVICE).missing == len(ledger.missing())


def test_starts_without_end_are_forgotten_in_bounds_and_stay_in_the_ledger(continuity: Continuity) -> None:
    for start in range(20):
        send(continuity, [1, 3], boot_id=f"b{start}")
    continuity.advance(100 * S)
    assert {gap.boot_id for gap in continuity.changes().gaps} == {f"b{start}" for start in range(20)}
    assert len(continuity.snapshot()) < 2_000


def test_a_will_is_never_counted(continuity: Continuity) -> None:
    assert continuity.admit(DEVICE, "b", None, 5 * S, 0, 5 * S) is NEW
    assert continuity.admit(DEVICE, "b", None, 5 * S, 1, 5 * S) is NEW
    assert (continuity.state(DEVICE).frames, continuity.state(DEVICE).boot_id) == (0, "")


def test_the_declared_interval_of_the_registry_holds_until_a_birth(continuity: Continuity) -> None:
    assert continuity.state("DL-MH-0001").interval_s == 600.0
