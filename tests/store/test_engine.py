"""What the records database promises of one database alone."""

import contextlib
import fcntl
import signal
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import IO

import pytest
from sqlalchemy.exc import OperationalError

from domain.errors import ConfigurationError, StoreUnavailable
from store import engine
from store.engine import guarded
from store.records import Records
from tests.blank import blank_records
from tests.store.postgres_server import PostgresServer


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    records = blank_records(tmp_path / "records.db")
    yield records
    records.close()


def test_a_database_that_cannot_be_opened_says_so(tmp_path: Path) -> None:
    records = Records(f"sqlite:///{tmp_path / 'missing' / 'records.db'}")
    with pytest.raises(StoreUnavailable, match="unable to open"), records.unit():
        pass
    records.close()


def test_commits_reach_the_disk_before_they_return(records: Records) -> None:
    with records._engine.connect() as connection:  # noqa: SLF001 - the promise stands in pragmas
        found = {
            name: connection.exec_driver_sql(f"PRAGMA {name}").scalar()
            for name in ("journal_mode", "synchronous", "foreign_keys", "busy_timeout")
        }
    assert found == {"journal_mode": "wal", "synchronous": 2, "foreign_keys": 1, "busy_timeout": 5_000}


@pytest.mark.parametrize(
    "question",
    [
        pytest.param("SELECT * FROM alarm WHERE letter IN ('B', 'C')", id="standing alarms"),
        pytest.param("SELECT * FROM alarm WHERE due_ns <= 5", id="due deadlines"),
        pytest.param("SELECT * FROM journal WHERE alarm_id = 'a' AND seq > 5 ORDER BY seq", id="journal of an alarm"),
        pytest.param("SELECT * FROM notice WHERE state = 'pending' AND due_ns <= 5", id="due notices"),
    ],
)
def test_a_frequent_question_is_answered_by_an_index(records: Records, question: str) -> None:
    with records._engine.connect() as connection:  # noqa: SLF001 - no caller sees the plan
        plan = connection.exec_driver_sql(f"EXPLAIN QUERY PLAN {question}").all()
    assert all("USING INDEX" in step[-1] for step in plan)


@pytest.fixture
def turn(tmp_path: Path) -> Iterator[IO[bytes]]:
    """The file of those who write next, as another process has it open."""
    with (tmp_path / "records.db-turn").open("ab") as file:
        yield file


def is_free(turn: IO[bytes]) -> bool:
    with contextlib.suppress(BlockingIOError):
        fcntl.flock(turn, fcntl.LOCK_EX | fcntl.LOCK_NB)
        fcntl.flock(turn, fcntl.LOCK_UN)
        return True
    return False


def write(records: Records, name: str, written: list[str]) -> None:
    with records.unit() as unit:
        unit.set_cursor(name, 1)
        written.append(name)


def test_whoever_waits_writes_before_the_one_who_comes_back_at_once(records: Records, turn: IO[bytes]) -> None:
    written = list[str]()
    acknowledging = threading.Thread(target=write, args=(records, "api", written))
    with records.unit() as unit:
        unit.set_cursor("watch", 0)
        acknowledging.start()
        deadline_s = time.monotonic() + 10
        while is_free(turn):
            assert time.monotonic() < deadline_s
            time.sleep(0.001)
    for _ in range(3):
        write(records, "watch", written)
    acknowledging.join(10)
    assert written == ["api", "watch", "watch", "watch"]


def test_a_turn_that_stands_still_is_passed_over(
    records: Records, turn: IO[bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(engine, "_TURN_S", 0.05)
    fcntl.flock(turn, fcntl.LOCK_EX)
    written = list[str]()
    write(records, "watch", written)
    assert written == ["watch"]


def test_without_a_place_for_its_queue_a_database_is_written(records: Records, tmp_path: Path) -> None:
    (tmp_path / "records.db-turn").unlink(missing_ok=True)
    (tmp_path / "records.db-turn").mkdir()
    written = list[str]()
    write(records, "watch", written)
    assert written == ["watch"]


# ---------------------------------------------------------------- PostgreSQL


def test_a_postgresql_that_is_away_is_named_without_its_password() -> None:
    records = Records("postgresql://li:secret-word@127.0.0.1:1/records")
    with pytest.raises(StoreUnavailable, match="refused") as caught, records.unit():
        pass
    assert "secret-word" not in str(caught.value)
    records.close()


@pytest.mark.parametrize(
    "url",
    [
        pytest.param("secret-word", id="no address"),
        pytest.param("postgresql://li:secret-word@127.0.0.1:port/records", id="a port that is no number"),
        pytest.param("mysql://li:secret-word@127.0.0.1/records", id="another database"),
        pytest.param("postgresql://li:secret@word@127.0.0.1/records", id="a sign in the password that parts it"),
    ],
)
def test_a_wrong_address_is_refused_without_being_told(url: str) -> None:
    with pytest.raises(ConfigurationError, match=r"records\.url_file: no address") as caught:
        Records(url)
    assert "word" not in str(caught.value).replace("user:password@", "").replace("in the password", "")


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_postgresql_that_lets_us_not_in_is_told_from_one_that_is_away(postgres: PostgresServer) -> None:
    good = postgres.new_database()
    for url, said in {
        good.replace("/records", "/nowhere"): 'database "nowhere',
        good.replace("//postgres:", "//nobody:"): 'role "nobody" does not exist',
    }.items():
        records = Records(url)
        with pytest.raises(StoreUnavailable, match=said) as caught, records.unit():
            pass
        assert caught.value.reason == "settings"
        assert "a-password" not in str(caught.value)
        records.close()


@pytest.mark.parametrize(
    ("said", "reason"),
    [
        ('connection failed: FATAL:  password authentication failed for user "li"', "settings"),
        ('connection failed: FATAL:  no pg_hba.conf entry for host "10.0.0.1", user "li"', "settings"),
        ('connection failed: 致命错误:  用户 "li" Password 认证失败', "settings"),
        ('connection failed: 致命错误:  数据库 "records" 不存在', "settings"),
        ("connection failed: FATAL:  the database system is starting up", "unavailable"),
        ("connection failed: FATAL:  sorry, too many clients already", "unavailable"),
    ],
)
def test_what_a_person_must_correct_is_told_from_what_passes(said: str, reason: str) -> None:
    with pytest.raises(StoreUnavailable) as caught, guarded():
        raise OperationalError("", None, Exception(said))
    assert caught.value.reason == reason


@pytest.fixture
def away(postgres: PostgresServer) -> Iterator[Records]:
    """Records whose server is stopped and started by the test."""
    records = Records(postgres.upgraded_database())
    yield records
    records.close()


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGQUIT])
def test_a_postgresql_that_comes_back_is_used_again_and_kept_what_was_committed(
    postgres: PostgresServer, away: Records, how: signal.Signals
) -> None:
    with away.unit() as unit:
        unit.set_cursor("watch", 7)
    postgres.stop(how)
    with pytest.raises(StoreUnavailable), away.unit():
        pass
    postgres.start()
    assert away.cursor("watch") == 7


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_postgresql_that_falls_within_a_unit_keeps_nothing_of_it(postgres: PostgresServer, away: Records) -> None:
    def fall() -> None:
        with away.unit() as unit:
            unit.set_cursor("watch", 7)
            postgres.stop(signal.SIGQUIT)
            unit.set_cursor("watch", 8)

    with pytest.raises(StoreUnavailable):
        fall()
    postgres.start()
    assert away.cursor("watch") == 0


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_writer_of_postgresql_waits_five_seconds_for_another_one(away: Records) -> None:
    def second() -> None:
        with away.unit():
            pass

    with away.unit() as unit:
        unit.set_cursor("watch", 7)
        start_s = time.monotonic()
        with pytest.raises(StoreUnavailable, match="lock timeout"):
            second()
        assert 4.5 < time.monotonic() - start_s < 8
    assert away.cursor("watch") == 7
