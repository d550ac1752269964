"""`gas-lifeline log replay`: what it refuses and sets back, and that a second reading adds only what was missed."""

from pathlib import Path

import pytest

from app.cli import main
from app.roles.write import Write
from app.supervisor import only_one
from domain.alarm import AlarmKind
from domain.quantity import Quantity
from domain.record import Gap
from tests.app.support import START_NS, Plant, Tape, catch_up, configuration, write_town

FOR_EVER = 1 << 62


@pytest.fixture
def config(tmp_path: Path) -> Path:
    return write_town(tmp_path)


@pytest.fixture
def plant(config: Path) -> Plant:
    """Gas at two places, stored and watched, with a snapshot in the middle and one at the end."""
    plant = Plant(config.parent / "data")
    tape = Tape()
    tape.configure(configuration())
    for device in ("G1", "G2"):
        for seq in range(1, 11):
            tape.say(device, seq, gas_pct_lel=60 if seq > 5 else 1)
            tape.tick()
    plant.log.append(tape.entries[:20])
    watch = catch_up(plant.watch())
    watch.save_snapshot()
    plant.log.append(tape.entries[20:])
    catch_up(watch).save_snapshot()
    store(plant)
    return plant


def store(plant: Plant) -> None:
    role = Write(log=plant.log, series=plant.series, quarantine=plant.quarantine, refusals=plant.refusals)
    while role.bite():
        pass


def replay(config: Path, *arguments: str) -> int:
    return main(["log", "replay", *arguments, "--config", str(config)])


def points(plant: Plant) -> list[int]:
    return plant.series.series("G1", Quantity.GAS_PCT_LEL, 0, FOR_EVER, 1_000).time_ns


def test_write_stores_the_same_points_again(config: Path, plant: Plant, capsys: pytest.CaptureFixture[str]) -> None:
    before, last = points(plant), plant.log.last()
    assert replay(config, "write", "--from", "7") == 0
    assert capsys.readouterr().out == f"write was at {last} and reads again from 7 on when it starts\n"
    assert plant.series.cursor() == 6
    store(plant)
    assert (points(plant), plant.series.cursor()) == (before, last)
    (entry,) = plant.records.audit()
    assert (entry.action, entry.target, entry.detail) == ("log_replay", "write", f"from {last} back to 6")
    assert entry.user


def test_points_that_a_database_lost_come_back(config: Path, plant: Plant) -> None:
    before = points(plant)
    plant.series.close()
    (config.parent / "data" / "series.db").unlink()
    plant.series.write([], cursor=plant.log.last(), frames=0)  # as if another database had been put there
    assert replay(config, "write", "--from", "1") == 0
    store(plant)
    assert points(plant) == before


def test_watch_goes_on_from_the_snapshot_before_and_tells_nothing_twice(config: Path, plant: Plant) -> None:
    story, last = plant.story(), plant.log.last()
    assert replay(config, "watch", "--from", "25") == 0
    assert plant.records.cursor("watch") == 24
    newest = plant.snapshots.newest()
    assert newest is not None
    assert newest[0] == 20
    assert [file.name for file in (plant.folder / "snapshots").glob("*.aside")] == [f"snapshot-{last:012}.bin.aside"]
    watch = plant.watch()
    assert watch.position == 20
    catch_up(watch)
    assert plant.story() == story
    assert plant.records.cursor("watch") == plant.log.last()
    assert plant.records.audit()[0].detail == f"from {last} back to 24"


def test_watch_adds_what_it_had_missed(config: Path, plant: Plant) -> None:
    fresh = Plant(config.parent / "elsewhere")
    fresh.log.append([(f.received_ns, f.topic, f.payload) for f in plant.log.read(0, 1_000)])
    assert fresh.log.last() == plant.log.last()
    with fresh.records.unit() as unit:
        unit.set_cursor("watch", fresh.log.last())  # a watch that heard nothing
    catch_up(fresh.watch())
    assert fresh.records.alarms() == []
    fresh.close()
    config.write_text('data = "elsewhere"\n', encoding="utf-8")
    assert replay(config, "watch", "--from", "1") == 0
    catch_up(fresh.watch())
    assert {alarm.device for alarm in fresh.records.alarms(kind=AlarmKind.GAS_HIGH)} == {"G1", "G2"}


@pytest.mark.parametrize("reader", ["write", "watch"])
@pytest.mark.parametrize(
    ("start", "problem"),
    [("0", "position 0 is not in the log any more; expected 1 or later"), ("999", "position 999 was not read yet")],
)
def test_a_position_that_cannot_be_read_again_is_refused(
    config: Path, plant: Plant, capsys: pytest.CaptureFixture[str], *, reader: str, start: str, problem: str
) -> None:
    assert replay(config, reader, "--from", start) == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"log replay: {problem}" in line
    assert plant.series.cursor() == plant.records.cursor("watch") == plant.log.last()
    assert plant.records.audit() == []


@pytest.mark.parametrize("reader", ["write", "watch"])
def test_a_role_that_runs_is_left_alone(
    config: Path, plant: Plant, capsys: pytest.CaptureFixture[str], reader: str
) -> None:
    with only_one(plant.folder, reader):
        assert replay(config, reader, "--from", "7") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert f"role {reader} runs on" in line
    assert "stop it first" in line
    assert plant.series.cursor() == plant.log.last()
    assert replay(config, reader, "--from", "7") == 0


def test_a_replay_of_nobody_or_from_nowhere_is_one_line(config: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for arguments in ([], ["write"]):
        assert replay(config, *arguments) == 1
        (line,) = capsys.readouterr().err.splitlines()
        assert "which reader, from where?" in line


def test_watch_is_not_sent_over_what_was_thinned(
    config: Path, plant: Plant, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("store.framelog.FrameLog.thinned_until", lambda _log: 22)
    assert replay(config, "watch", "--from", "30") == 1
    (line,) = capsys.readouterr().err.splitlines()
    assert "watch would begin at 20, and the log was thinned up to 22" in line
    assert plant.snapshots.newest_before(FOR_EVER) == plant.log.last()
    monkeypatch.setattr("store.framelog.FrameLog.thinned_until", lambda _log: 20)
    assert replay(config, "watch", "--from", "30") == 0


def test_the_status_counts_what_is_missing_and_what_was_thinned(
    config: Path, plant: Plant, capsys: pytest.CaptureFixture[str]
) -> None:
    with plant.records.unit() as unit:
        unit.gap(Gap("G1", "b", 20, 24, START_NS))
        unit.gap(Gap("G1", "b", 30, 30, START_NS))
        unit.gap(Gap("G2", "b", 1, 100, START_NS, START_NS, "thinned"))
    assert main(["log", "status", "--config", str(config)]) == 0
    assert capsys.readouterr().out.splitlines()[-1] == "gaps     missing 6, thinned 100"
