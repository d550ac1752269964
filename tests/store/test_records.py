"""The records database, over SQLite files and a real PostgreSQL; what only one of them has is in files of its own."""

import contextlib
import itertools
import threading
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pytest_benchmark.fixture import BenchmarkFixture
from sqlalchemy import Table, create_engine, inspect
from sqlalchemy.dialects import postgresql
from sqlalchemy.exc import IntegrityError
from sqlalchemy.schema import CreateTable

from domain.alarm import Alarm, AlarmKind, Cause, Condition, Life, StateLetter, alarm_id
from domain.errors import Conflict, StoreUnavailable
from domain.location import Location, PipeShare
from domain.quality import Quality
from domain.record import (
    AuditEntry,
    DeviceState,
    Gap,
    Incident,
    JournalEntry,
    LoginAttempt,
    Notice,
    NoticeState,
    Quarantined,
    Session,
    Token,
    User,
)
from domain.sample import RefusalReason
from store import migrating
from store.outbox import Waiting
from store.records import Records
from store.tables import METADATA

S = 1_000_000_000


def alarm(subject: str = "D1", kind: AlarmKind = AlarmKind.GAS_LOW, **changes: Any) -> Alarm:  # noqa: ANN401 - attributes
    row = Alarm(alarm_id(subject, kind), kind, subject, subject, "S1", "Z1")
    return replace(row, **changes)


def saved(records: Records, row: Alarm) -> Alarm:
    with records.unit() as unit:
        unit.save(row)
    return replace(row, version=row.version + 1)


def active(level: int = 1, **changes: Any) -> Life:  # noqa: ANN401 - attributes
    life = Life(condition=Condition.ACTIVE, level=level, acknowledged=False, occurrence=1)
    return replace(life, **changes)


def notice(row: Alarm, **changes: Any) -> Notice:  # noqa: ANN401 - attributes
    told = Notice(f"{row.id}/1/0//webhook", row.id, 1, "webhook", "", "{}", due_ns=10)
    return replace(told, **changes)


def entry(row: Alarm, event: str = "raise", incident_id: str = "") -> JournalEntry:
    a, b = StateLetter.NORMAL, StateLetter.ACTIVE_UNACKNOWLEDGED
    return JournalEntry(row.id, 1, event, a, b, row.kind, 3, 1, "D1", "S1", incident_id, 7, 8, value=31.0, note="注")


def refused(position: int, part: str = "frame", **changes: Any) -> Quarantined:  # noqa: ANN401 - attributes
    part_ = Quarantined(position, part, RefusalReason.BAD_JSON, "no {", "D1", "S1", "t", b"\x00\xff", 5)
    return replace(part_, **changes)


# ---------------------------------------------------------------- migrations


def test_an_empty_database_gets_exactly_the_tables_that_the_code_knows(url: str, records: Records) -> None:
    del records
    engine = create_engine(url)
    with engine.connect() as connection:
        assert compare_metadata(MigrationContext.configure(connection), METADATA) == []
    engine.dispose()


@pytest.mark.parametrize("table", METADATA.sorted_tables, ids=lambda table: table.name)
def test_every_table_can_be_made_in_postgresql_too(table: Table) -> None:
    statement = str(CreateTable(table).compile(dialect=postgresql.dialect()))  # type: ignore[no-untyped-call]
    assert ("BIGSERIAL" in statement) == (
        table.name
        in {"journal", "notice", "quarantine", "audit", "plan", "override", "incident_step", "hazard_event", "parcel"}
        | {"instruction", "reply", "delivery"}
    )


def test_an_existing_database_keeps_its_rows_when_it_is_upgraded_again(url: str, records: Records) -> None:
    row = saved(records, alarm(life=active()))
    again = Records(url)
    again.upgrade()
    assert again.alarm(row.id) == row
    again.close()


def test_the_last_file_is_the_last_revision_and_what_stopped_before_it_is_upgraded(url: str) -> None:
    assert migrating.newest() == ScriptDirectory(str(Path(migrating.__file__).parent / "migrations")).get_current_head()
    records = Records(url)
    records.upgrade("0011")
    engine = create_engine(url)
    for newest in (False, True):
        with engine.connect() as connection:
            assert migrating.is_newest(connection) is newest
        records.upgrade()
    engine.dispose()
    records.close()


def test_all_tables_can_be_taken_away(url: str, records: Records) -> None:
    records.downgrade()
    engine = create_engine(url)
    assert set(inspect(engine).get_table_names()) <= {"alembic_version", "sqlite_sequence"}
    engine.dispose()
    records.upgrade()
    assert records.alarms() == []


def test_accounts_of_the_first_version_come_through_the_second_and_back(url: str) -> None:
    records = Records(url)
    records.upgrade("0001")
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql("INSERT INTO account VALUES ('li', '李工', 'operator', 'h', true)")
        connection.exec_driver_sql("INSERT INTO session VALUES ('t', 'li', 'c', 9)")
    records.upgrade()
    assert records.user("li") == User("li", "李工", "operator", "h")
    assert records.session("t") == Session("t", "li", "c", 9)
    records.downgrade("0001")
    with engine.connect() as connection:
        assert connection.exec_driver_sql("SELECT * FROM account").one() == ("li", "李工", "operator", "h", True)
    engine.dispose()
    records.close()


def test_a_database_without_tables_says_so(url: str) -> None:
    records = Records(url)
    with pytest.raises(StoreUnavailable, match=r"no such table|does not exist"):
        records.alarm("a")
    records.close()


# ---------------------------------------------------------------- alarms

times = st.none() | st.integers(0, 2**62)
TEXTS = st.text(st.characters(exclude_characters="\0", exclude_categories=["Cs"]), max_size=5)
lives = st.builds(
    Life,
    condition=st.sampled_from(Condition),
    deadline_ns=times,
    remaining_ns=times,
    candidate=st.integers(0, 3),
    level=st.integers(0, 3),
    acknowledged=st.booleans(),
    occurrence=st.integers(0, 2**40),
    latched=st.booleans(),
    shelf_until_ns=times,
    oos_until_ns=times,
    permit_no=TEXTS,
    causes=st.lists(st.builds(Cause, TEXTS, st.booleans()), max_size=2).map(tuple),
    quality=st.sampled_from(Quality),
    realarm_ns=times,
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])  # the rows of one example may meet the next
@given(life=lives, value=st.none() | st.floats(allow_nan=False), kind=st.sampled_from(AlarmKind))
def test_every_alarm_is_read_as_it_was_saved(
    records: Records, life: Life, value: float | None, kind: AlarmKind
) -> None:
    known = records.alarm(alarm_id("D1", kind))
    row = alarm(kind=kind, life=life, value=value, reason="看", drill=True, version=known.version if known else 0)
    after = saved(records, row)
    assert records.alarm(row.id) == after


def test_a_changed_alarm_is_read_as_it_was_saved_last(records: Records) -> None:
    life = active(causes=(Cause("valve", broken=True),), shelf_until_ns=2**61, quality=Quality.UNCERTAIN)
    row = saved(records, alarm(life=life, value=31.25, limit=20.0, finding="f", incident_id="i", first_ns=1, last_ns=2))
    assert row.version == 1
    assert records.alarm(row.id) == row
    place = Location(100.26, 25.61, 120.0, (PipeShare("P-B-003", 0.625), PipeShare("旧管", 0.25)), 0.1)
    changed = saved(records, replace(row, drill=True, acknowledged_by="li", location=place))
    assert records.alarm(row.id) == changed
    with records.unit() as unit:
        assert unit.alarm(row.id) == changed
        assert unit.alarm("another") is None
    assert records.alarm("another") is None


def test_a_nul_in_a_text_is_replaced_and_stops_nothing(records: Records) -> None:
    with records.unit() as unit:
        unit.gap(Gap("D1", "b\0", 5, 9, opened_ns=3))
        unit.gap(Gap("D1", "b\0", 5, 7, opened_ns=3))
        unit.devices([DeviceState("D1", boot_id="\0")])
    assert [(gap.boot_id, gap.to_seq) for gap in records.gaps()] == [("b\ufffd", 7)]
    with records.unit() as unit:
        unit.drop_gap("D1", "b\0", 5)
    assert records.gaps() == []


def test_a_moved_version_is_a_conflict(records: Records) -> None:
    row = saved(records, alarm())
    saved(records, row)
    with pytest.raises(Conflict):
        saved(records, row)
    with pytest.raises(Conflict):
        saved(records, alarm())  # version 0 says that there is no row yet


def test_a_unit_is_whole_or_nothing(records: Records) -> None:
    def fail() -> None:
        with records.unit() as unit:
            unit.save(alarm())
            unit.journal(entry(alarm()))
            unit.set_cursor("watch", 7)
            raise Conflict

    with pytest.raises(Conflict):
        fail()
    assert (records.alarms(), records.last_journal(), records.cursor("watch")) == ([], 0, 0)


def test_deadlines_of_all_sorts_become_due(records: Records) -> None:
    for subject, region in [("A", "deadline_ns"), ("B", "shelf_until_ns"), ("C", "oos_until_ns"), ("D", "realarm_ns")]:
        saved(records, alarm(subject, life=active(**{region: 50})))
    saved(records, alarm("E", life=active(deadline_ns=51, shelf_until_ns=99)))
    saved(records, alarm("F", life=active(deadline_ns=51, shelf_until_ns=50)))
    saved(records, alarm("G", life=active()))
    with records.unit() as unit:
        assert unit.due(49) == []
        due = unit.due(50)
        assert {row.subject for row in due} == set("ABCDF")
        assert [row.id for row in due] == sorted(row.id for row in due)
        assert len(unit.due(51)) == 6


def test_standing_alarms_come_in_the_order_in_which_they_ask_for_a_person(records: Records) -> None:
    rows = [
        alarm("late", priority=3, raised_ns=9, life=active()),
        alarm("early", priority=3, raised_ns=5, life=active()),
        alarm("urgent", priority=1, raised_ns=7, life=active()),
        alarm("answered", priority=1, raised_ns=1, life=active(acknowledged=True)),
        alarm("shelved", priority=2, raised_ns=1, life=active(shelf_until_ns=5)),
        alarm("normal", priority=1, raised_ns=1),
        alarm("returned", priority=4, raised_ns=1, life=Life(acknowledged=False, occurrence=1)),
    ]
    for row in rows:
        saved(records, row)
    standing = [row.subject for row in records.alarms(standing=True)]
    assert standing == ["urgent", "early", "late", "returned", "answered", "shelved"]
    assert [row.subject for row in records.alarms(standing=True, priority=3, limit=1)] == ["early"]
    assert [row.subject for row in records.alarms(state=StateLetter.SHELVED)] == ["shelved"]


def test_alarms_are_paged_by_id_and_narrowed(records: Records) -> None:
    for number in range(7):
        saved(records, alarm(f"D{number}", site="S2" if number % 2 else "S1"))
    first = records.alarms(limit=4)
    rest = records.alarms(limit=4, after=first[-1].id)
    assert [row.id for row in first + rest] == sorted(row.id for row in first + rest)
    assert len({row.id for row in first + rest}) == 7
    assert len(records.alarms(site="S2")) == 3
    assert records.alarms(kind=AlarmKind.GAS_HIGH) == []


# ---------------------------------------------------------------- journal, incidents, audit


def test_the_journal_is_numbered_without_holes_and_narrowed(records: Records) -> None:
    one, two = saved(records, alarm("D1")), saved(records, alarm("D2"))
    with records.unit() as unit:
        assert [unit.journal(entry(one)), unit.journal(entry(two, "return", "i")), unit.journal(entry(one))] == [
            1,
            2,
            3,
        ]
    assert records.last_journal() == 3
    assert [found.seq for found in records.journal(after=1)] == [2, 3]
    assert [found.seq for found in records.journal(alarm_id=one.id, limit=1)] == [1]
    assert records.journal(incident_id="i") == [replace(entry(two, "return", "i"), seq=2)]


def test_a_unit_that_failed_leaves_no_hole_in_the_numbers(records: Records) -> None:
    row = saved(records, alarm())

    def write(*, fail: bool) -> None:
        with records.unit() as unit:
            unit.journal(entry(row))
            unit.audit(AuditEntry(1, "li", "acknowledge", "a/1"))
            if fail:
                raise Conflict

    for fail in (False, True, False):
        with contextlib.suppress(Conflict):
            write(fail=fail)
    assert [found.seq for found in records.journal()] == [1, 2]
    assert records.broken_audit() is None


def test_a_journal_entry_names_an_alarm_that_exists(records: Records) -> None:
    with pytest.raises(IntegrityError), records.unit() as unit:
        unit.journal(entry(alarm()))


def test_an_incident_is_open_in_its_zone_until_it_is_closed(records: Records) -> None:
    opened = Incident("i1", "S1", "Z1", 3, opened_ns=5)
    with records.unit() as unit:
        assert unit.open_incidents(["Z1"]) == []
        unit.save_incident(opened)
        unit.save_incident(replace(opened, priority=1, votes=(("gas_low", 2),), version=1))
        found = unit.incident("i1")
        assert found == replace(opened, priority=1, votes=(("gas_low", 2),), version=2)
        assert unit.open_incidents(["Z1", "Z2"]) == [found]
        assert unit.open_incidents(["Z2"]) == []
        assert not unit.is_standing("i1")
        unit.save(alarm(incident_id="i1", life=Life(condition=Condition.ACTIVE, level=1)))
        assert unit.is_standing("i1")
    assert records.incidents(open_only=True) == [found]
    closed = replace(opened, priority=1, closed_ns=9, version=2)
    with records.unit() as unit:
        unit.save_incident(closed)
        assert unit.open_incidents(["Z1"]) == []
        unit.save_incident(Incident("i2", "S1", "Z1", 3, opened_ns=11))
    assert [incident.id for incident in records.incidents()] == ["i2", "i1"]
    assert records.incident("i1") == replace(closed, version=3)
    assert records.incident("i9") is None
    with pytest.raises(Conflict), records.unit() as unit:
        unit.save_incident(closed)


def test_the_audit_trail_is_whole(records: Records) -> None:
    assert records.broken_audit() is None
    for number in range(5):
        with records.unit() as unit:
            unit.audit(AuditEntry(number, "li", "acknowledge", f"a/{number}", "看过"))
    assert records.broken_audit() is None
    assert [found.time_ns for found in records.audit(limit=2)] == [4, 3]
    assert [found.seq for found in records.audit(limit=2, after=4)] == [3, 2]
    assert [found.seq for found in records.audit_trail()] == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    "crime",
    [
        pytest.param("UPDATE audit SET \"user\" = 'wang' WHERE seq = 2", id="another name"),
        pytest.param("DELETE FROM audit WHERE seq = 3", id="one dropped"),
        pytest.param("UPDATE audit SET detail = detail || target, target = '' WHERE seq = 2", id="text moved over"),
        pytest.param(
            'INSERT INTO audit SELECT 9, time_ns, "user", action, target, detail, hash FROM audit WHERE seq = 1',
            id="one put in",
        ),
    ],
)
def test_a_changed_audit_trail_is_noticed(url: str, records: Records, crime: str) -> None:
    for number in range(5):
        with records.unit() as unit:
            unit.audit(AuditEntry(number, "li", "acknowledge", "a/1"))
    engine = create_engine(url)
    with engine.begin() as connection:
        connection.exec_driver_sql(crime)
    engine.dispose()
    assert records.broken_audit() == (9 if crime.startswith("INSERT") else 4 if crime.startswith("DELETE") else 2)


# ---------------------------------------------------------------- outbox


def test_a_notice_is_put_into_the_outbox_once_for_its_key(records: Records) -> None:
    row = saved(records, alarm())
    for _ in range(2):
        with records.unit() as unit:
            unit.notice(notice(row, body='{"n": 1}'))
    assert records.notices() == [notice(row, body='{"n": 1}', id=1)]
    assert records.notices(alarm_id="another") == []


def test_a_leased_notice_comes_back_only_when_its_lease_is_over(records: Records) -> None:
    row = saved(records, alarm())
    with records.unit() as unit:
        unit.notice(notice(row))
    assert records.lease_notices(9, 12, 5) == []
    [leased] = records.lease_notices(10, 12, 5)
    assert (leased.state, leased.lease_ns, leased.attempts) == (NoticeState.SENDING, 22, 1)
    assert records.lease_notices(21, 12, 5) == []
    [again] = records.lease_notices(22, 12, 5)
    assert (again.lease_ns, again.attempts) == (34, 2)
    records.settle_notice(replace(leased, state=NoticeState.PENDING, answer="too late to matter"))
    assert records.notices() == [again]
    records.settle_notice(replace(again, state=NoticeState.ACCEPTED, answer="yes"))
    assert records.lease_notices(99, 12, 5) == []
    assert records.notices()[0].state is NoticeState.ACCEPTED


def test_a_lease_is_for_the_channels_of_the_sender(records: Records) -> None:
    row = saved(records, alarm())
    with records.unit() as unit:
        for number, channel in enumerate(("a", "b", "a")):
            unit.notice(notice(row, key=str(number), channel=channel, due_ns=5 - number))
    assert [leased.key for leased in records.lease_notices(9, 12, 1, ["a"])] == ["2"]
    assert [leased.key for leased in records.lease_notices(9, 12, 5, ["a"])] == ["0"]
    assert [leased.key for leased in records.lease_notices(9, 12, 5)] == ["1"]


def test_two_senders_never_hold_one_notice(records: Records) -> None:
    row = saved(records, alarm())
    with records.unit() as unit:
        for number in range(40):
            unit.notice(notice(row, key=str(number)))
    held: list[str] = []

    def send() -> None:
        while leased := records.lease_notices(10, 12, 3):
            held.extend(one.key for one in leased)

    run_together(send, send, send)
    assert sorted(held, key=int) == [str(number) for number in range(40)]


def test_a_cancelled_notice_is_not_sent_and_says_why(records: Records) -> None:
    row = saved(records, alarm())
    with records.unit() as unit:
        unit.notice(notice(row, key="pending"))
        unit.notice(notice(row, key="newer", occurrence=2))
        unit.cancel_notices(row.id, 1, "acknowledged")
    assert [leased.key for leased in records.lease_notices(10, 12, 5)] == ["newer"]
    [cancelled] = [found for found in records.notices() if found.key == "pending"]
    assert (cancelled.state, cancelled.answer) == (NoticeState.CANCELLED, "acknowledged")


@pytest.mark.parametrize(
    ("outcome", "state"),
    [
        pytest.param(NoticeState.PENDING, NoticeState.CANCELLED, id="failed: not tried again"),
        pytest.param(NoticeState.ACCEPTED, NoticeState.ACCEPTED, id="accepted after all: the truth is kept"),
    ],
)
def test_a_notice_cancelled_under_way(records: Records, outcome: NoticeState, state: NoticeState) -> None:
    row = saved(records, alarm())
    with records.unit() as unit:
        unit.notice(notice(row))
    [leased] = records.lease_notices(10, 12, 5)
    with records.unit() as unit:
        unit.cancel_notices(row.id, 1, "superseded")
    records.settle_notice(replace(leased, state=outcome))
    assert records.notices()[0].state is state


# ---------------------------------------------------------------- frames, devices, persons


def test_a_refused_part_is_kept_once_with_its_bytes(records: Records) -> None:
    for _ in range(2):
        with records.unit() as unit:
            unit.quarantine([refused(7), refused(7, "values.co_ppm"), refused(9, device="D2")])
            unit.quarantine([])
    assert [found.id for found in records.quarantine()] == [3, 2, 1]
    assert [found.id for found in records.quarantine(after=3, limit=1)] == [2]
    assert [found.position for found in records.quarantine(device="D2", reason="bad_json")] == [9]
    assert records.quarantine(reason="too_deep") == []
    assert records.quarantined_frames() == 2
    with records.unit() as unit:
        unit.retried(1, 44)
    assert records.quarantined(1) == refused(7, retried_position=44, id=1)
    assert records.quarantined(99) is None


def test_a_gap_is_opened_changed_and_dropped(records: Records) -> None:
    gap = Gap("D1", "b", 5, 9, opened_ns=3)
    with records.unit() as unit:
        unit.gap(gap)
        unit.gap(Gap("D2", "b", 5, 9, opened_ns=4))
        unit.gap(replace(gap, to_seq=7, closed_ns=8, reason="arrived_late"))
    assert records.gaps("D1") == [replace(gap, to_seq=7, closed_ns=8, reason="arrived_late")]
    assert [found.device for found in records.gaps(limit=1)] == ["D2"]
    with records.unit() as unit:
        unit.drop_gap("D1", "b", 5)
    assert records.gaps("D1") == []


def test_messages_in_the_ledger_are_counted_by_reason(records: Records) -> None:
    assert records.gap_counts() == {}
    with records.unit() as unit:
        for gap in (Gap("D1", "b", 2, 4, 5), Gap("D2", "b", 7, 7, 5), Gap("D1", "b", 10, 109, 6, 6, "thinned")):
            unit.gap(gap)
    assert records.gap_counts() == {"missing": 4, "thinned": 100}
    assert [gap.from_seq for gap in records.gaps(reason="thinned")] == [10]


def test_the_state_of_a_device_and_a_cursor_are_replaced(records: Records) -> None:
    state = DeviceState("D1", newest_ns=5, interval_s=0.5, counted=True)
    with records.unit() as unit:
        unit.devices([state])
        unit.devices([replace(state, online=False)])
        assert unit.cursor("watch") == 0
        unit.set_cursor("watch", 5)
        unit.set_cursor("watch", 9)
        assert unit.cursor("watch") == 9
    assert records.device_states() == {"D1": replace(state, online=False)}
    assert (records.cursor("watch"), records.cursor("write")) == (9, 0)


def test_a_user_is_added_once_and_changed(records: Records) -> None:
    user = User("li", "李工", "operator", "argon2id$…")
    with records.unit() as unit:
        unit.add_user(user)
    with pytest.raises(Conflict), records.unit() as unit:
        unit.add_user(user)
    with pytest.raises(Conflict), records.unit() as unit:
        unit.save_user(replace(user, name="nobody"))
    with records.unit() as unit:
        unit.save_user(replace(user, enabled=False))
        unit.add_user(replace(user, name="an"))
    assert records.user("li") == replace(user, enabled=False)
    assert records.user("nobody") is None
    assert [found.name for found in records.users()] == ["an", "li"]


def test_a_session_lasts_until_it_is_dropped_or_expired(records: Records) -> None:
    with records.unit() as unit:
        unit.add_user(User("li", "李工", "operator", "h"))
        for number in range(3):
            unit.add_session(Session(f"t{number}", "li", "c", expires_ns=number))
    assert records.session("t1") == Session("t1", "li", "c", 1)
    with records.unit() as unit:
        unit.drop_session("t2")
        unit.drop_expired_sessions(0)
    assert [name for name in ("t0", "t1", "t2") if records.session(name)] == ["t1"]


def token(name: str = "scada", **changes: Any) -> Token:  # noqa: ANN401 - attributes
    made = Token(name, f"hash of {name}", "li", "operator", ("ack",), ("D1",), (), created_ns=1, expires_ns=9)
    return replace(made, **changes)


def test_a_token_is_found_by_its_hash_and_revoked_once(records: Records) -> None:
    with records.unit() as unit:
        unit.add_user(User("li", "李工", "operator", "h", townships=("D1", "凤仪镇"), sites=("S9",)))
        unit.add_token(token())
        unit.use_token("scada", 5)
    assert records.user("li") == User("li", "李工", "operator", "h", townships=("D1", "凤仪镇"), sites=("S9",))
    with pytest.raises(Conflict), records.unit() as unit:
        unit.add_token(token(token_hash="another"))  # noqa: S106 - no secret
    with records.unit() as unit:
        unit.revoke_token("scada", 6)
    assert records.token("hash of scada") == token(used_ns=5, revoked_ns=6)
    with pytest.raises(Conflict), records.unit() as unit:
        unit.revoke_token("scada", 7)
    assert (records.token("x"), [found.name for found in records.tokens()]) == (None, ["scada"])


def test_the_sessions_of_one_person_end_together(records: Records) -> None:
    with records.unit() as unit:
        for name in ("li", "an"):
            unit.add_user(User(name, name, "operator", "h"))
            unit.add_session(Session(f"t-{name}", name, "c", 9))
        unit.drop_sessions_of("li")
        assert [user.name for user in unit.users()] == ["an", "li"]
        assert (unit.user("an"), unit.user("x")) == (User("an", "an", "operator", "h"), None)
    assert records.session("t-li") is None
    assert records.session("t-an") is not None


def test_a_login_under_way_is_taken_once_and_in_time_and_there_are_never_too_many(records: Records) -> None:
    attempts = [LoginAttempt(f"s{n}", "nonce", "verifier", expires_ns=10 + n) for n in range(3)]
    with records.unit() as unit:
        assert [unit.add_login_attempt(attempt, 0, most=2) for attempt in attempts] == [True, True, False]
        assert [unit.take_login_attempt("s0", 9) for _ in range(2)] == [attempts[0], None]
        assert unit.take_login_attempt("s1", 11) is None
        assert unit.add_login_attempt(attempts[2], 0, most=1)
        assert unit.add_login_attempt(attempts[0], 12, most=1)


def test_whoever_sees_some_sites_is_told_of_no_other(records: Records) -> None:
    for site, device in (("S1", "D1"), ("S2", "D2"), ("", "system")):
        saved(records, row := alarm(device, site=site, device=device))
        with records.unit() as unit:
            unit.journal(replace(entry(row), site=site))
            unit.save_incident(Incident(f"i-{site}", site, "Z1", 3, opened_ns=10))
            unit.quarantine([refused(1, site, device=device, site=site)])
            unit.gap(Gap(device, "b", 1, 2, 3))
    assert [row.site for row in records.alarms(sites={"S1"})] == ["S1"]
    assert [row.site for row in records.journal(sites={"S1"})] == ["S1"]
    assert (records.count_journal(0, {"S1"}), records.count_journal(0), records.count_journal(2)) == (1, 3, 1)
    assert [row.site for row in records.incidents(sites={"S2"})] == ["S2"]
    assert [row.site for row in records.quarantine(sites={"S2"})] == ["S2"]
    assert [row.device for row in records.gaps(devices={"D2"})] == ["D2"]
    assert (records.alarms(sites=set()), records.incidents(sites=set())) == ([], [])


# ---------------------------------------------------------------- many at once


def run_together(*jobs: Callable[[], object]) -> None:
    threads = [threading.Thread(target=job) for job in jobs]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert not any(thread.is_alive() for thread in threads)


def test_units_of_many_threads_and_connections_come_one_after_the_other(url: str, records: Records) -> None:
    row = saved(records, alarm())
    other = Records(url)

    def count(of: Records) -> Callable[[], None]:
        def job() -> None:
            for _ in range(20):
                with of.unit() as unit:
                    found = unit.alarm(row.id)
                    assert found is not None
                    unit.save(replace(found, position=found.position + 1))

        return job

    run_together(count(records), count(records), count(other), records.alarms)
    other.close()
    found = records.alarm(row.id)
    assert found is not None
    assert (found.position, found.version) == (60, 61)


def test_of_two_who_answer_one_occurrence_the_second_learns_that_it_has_changed(url: str, records: Records) -> None:
    seen, other = saved(records, alarm(life=active())), Records(url)
    start, ends = threading.Barrier(2), list[str]()

    def answer(of: Records, name: str) -> Callable[[], None]:
        def job() -> None:
            start.wait(10)
            try:
                saved(of, replace(seen, acknowledged_by=name))
                ends.append(name)
            except Conflict:
                ends.append("conflict")

        return job

    run_together(answer(records, "li"), answer(other, "wang"))
    other.close()
    [winner] = set(ends) - {"conflict"}
    assert len(ends) == 2
    found = records.alarm(seen.id)
    assert found is not None
    assert (found.acknowledged_by, found.version) == (winner, 2)


def test_the_audit_chain_of_two_writers_never_forks(url: str, records: Records) -> None:
    other = Records(url)

    def write(of: Records, name: str) -> Callable[[], None]:
        def job() -> None:
            for number in range(30):
                with of.unit() as unit:
                    unit.audit(AuditEntry(number, name, "comment", "a/1"))

        return job

    run_together(write(records, "li"), write(other, "wang"))
    other.close()
    assert len(records.audit()) == 60
    assert records.broken_audit() is None


def test_whoever_follows_the_journal_misses_no_line(url: str, records: Records) -> None:
    row, other, done = saved(records, alarm()), Records(url), threading.Event()
    seen: list[int] = []

    def write(of: Records) -> Callable[[], None]:
        def job() -> None:
            for _ in range(30):
                with of.unit() as unit:
                    unit.journal(entry(row))

        return job

    def follow() -> None:
        while not done.is_set() or len(seen) < records.last_journal():
            seen.extend(found.seq for found in records.journal(after=seen[-1] if seen else 0))

    follower = threading.Thread(target=follow)
    follower.start()
    run_together(write(records), write(other))
    done.set()
    follower.join(30)
    other.close()
    assert seen == list(range(1, 61))


def test_reading_goes_on_while_a_unit_is_open(records: Records) -> None:
    row = saved(records, alarm())
    with records.unit() as unit:
        unit.save(replace(row, drill=True))
        assert records.alarm(row.id) == row


def test_speed_of_a_transition(records: Records, benchmark: BenchmarkFixture) -> None:
    row = saved(records, alarm(life=active()))
    numbers = itertools.count()

    def transition() -> None:
        number = next(numbers)
        with records.unit() as unit:
            found = unit.alarm(row.id)
            assert found is not None
            unit.save(replace(found, position=number))
            unit.journal(entry(row))
            unit.notice(notice(row, key=str(number)))
            unit.set_cursor("watch", number)

    benchmark(transition)
    assert records.last_journal() == next(numbers)


def test_old_refusals_are_forgotten_from_the_oldest_on_and_counted_by_reason(records: Records) -> None:
    with records.unit() as unit:
        unit.quarantine([refused(n, received_ns=n, reason=RefusalReason.BAD_JSON) for n in (1, 2, 3)])
        unit.quarantine([refused(n, received_ns=n, reason=RefusalReason.NON_FINITE) for n in (4, 5)])
    gone = []
    for _ in range(3):
        with records.unit() as unit:
            gone.append(unit.forget_quarantine(5, limit=3))
    assert gone == [{"bad_json": 3}, {"non_finite": 1}, {}]
    assert [entry.position for entry in records.quarantine()] == [5]


def test_closed_gaps_are_forgotten_by_their_age_and_open_ones_never(records: Records) -> None:
    with records.unit() as unit:
        for n in range(6):
            unit.gap(Gap("D1", "b", 10 * n, 10 * n + 1, n, None if n == 2 else n + 10, "missing"))
    assert records.count_gaps() == 6
    gone = []
    for _ in range(3):
        with records.unit() as unit:
            gone.append(unit.forget_gaps(14, limit=2))
    assert gone == [2, 1, 0]
    assert sorted(gap.from_seq for gap in records.gaps()) == [20, 40, 50]


def test_each_channel_tells_how_many_notices_wait_and_since_when(records: Records) -> None:
    row = alarm()
    with records.unit() as unit:
        unit.save(row)
        unit.notice(notice(row, key="a", due_ns=30))
        unit.notice(notice(row, key="b", due_ns=20, state=NoticeState.SENDING, attempts=2))
        unit.notice(notice(row, key="c", channel="sms", state=NoticeState.ACCEPTED))
    assert records.waiting() == {"webhook": Waiting(2, 1, 20)}


def test_notices_of_the_second_version_come_through_the_third_and_back(url: str) -> None:
    records = Records(url)
    records.upgrade("0002")
    engine = create_engine(url)
    alarm_row = (
        "INSERT INTO alarm (id, kind, subject, device, site, zone, condition, candidate, level, acknowledged,"
        " occurrence, latched, permit_no, causes, quality, priority, incident_id, reason, finding, acknowledged_by,"
        " first_ns, last_ns, raised_ns, position, version, drill, letter)"
        " VALUES ('a', 'gas_low', 'D', 'D', 'S', 'Z', 'A', 0, 1, false, 1, false, '', '[]', 0, 3, '', '', '', '',"
        " 1, 1, 1, 1, 1, false, 'B')"
    )
    with engine.begin() as connection:
        connection.exec_driver_sql(alarm_row)
        connection.exec_driver_sql(
            "INSERT INTO notice VALUES (1, 'k', 'a', 1, 'webhook', '', '{}', 5, 'pending', 0, 2, '')"
        )
    records.upgrade()
    [notice] = records.notices()
    assert notice == Notice("k", "a", 1, "webhook", "", "{}", due_ns=5, attempts=2, id=1)
    records.downgrade("0002")
    with engine.connect() as connection:
        assert len(connection.exec_driver_sql("SELECT * FROM notice").one()) == 12
    engine.dispose()
    records.close()
