"""`gas-lifeline db`: a copy of what goes on being written is one moment of it, and only a whole copy is put back."""

import hashlib
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import msgspec
import pytest
from msgspec.structs import replace as replaced

from app.backup import MANIFEST, Manifest, backup, restore, verified
from app.cli import main
from app.roles.write import Write
from app.settings import ROLES, Settings, load_settings
from app.supervisor import only_one
from domain.alarm import AlarmKind
from domain.errors import ConfigurationError, StoreUnavailable
from domain.quantity import Quantity
from store.cursor import CursorFile
from store.framelog import FrameLog
from store.migrating import newest
from store.records import Records
from store.series import EmbeddedSeries
from tests.app.support import START_NS, Plant, Tape, catch_up, configuration, write_town


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return load_settings(write_town(tmp_path))


@pytest.fixture
def tape() -> Tape:
    return recorded()


def recorded() -> Tape:
    """Two detectors, gas at both in the second half."""
    tape = Tape()
    tape.configure(configuration())
    for seq in range(1, 31):
        for device in ("G1", "G2"):
            tape.say(device, seq, gas_pct_lel=60 if seq > 15 else 1)
        tape.tick()
    return tape


def goes_on(plant: Plant, tape: Tape) -> Callable[[], None]:
    """Give what lets all roles take ten more frames."""
    watch = plant.watch()

    def step() -> None:
        done = plant.log.last()
        plant.log.append(tape.entries[done : done + 10])
        catch_up(watch).save_snapshot()
        store(plant)

    return step


def store(plant: Plant) -> None:
    role = Write(log=plant.log, series=plant.series, quarantine=plant.quarantine, refusals=plant.refusals)
    while role.bite():
        pass


def finish(plant: Plant, tape: Tape) -> tuple[object, list[int], int]:
    """Read the tape to its end; give the whole story, the points and the positions of all readers together."""
    plant.log.append(tape.entries[plant.log.last() :])
    catch_up(plant.watch()).save_snapshot()
    store(plant)
    points = plant.series.series("G1", Quantity.GAS_PCT_LEL, 0, 1 << 62, 1_000).time_ns
    assert plant.records.cursor("watch") == plant.series.cursor() == plant.log.last()
    return plant.story(), points, plant.log.last()


def move_away(settings: Settings) -> None:
    settings.data.rename(settings.data.with_name("lost"))


def test_a_copy_of_a_running_service_goes_on_as_if_nothing_had_happened(
    settings: Settings, plant: Plant, tape: Tape, tmp_path: Path
) -> None:
    undisturbed = finish(Plant(tmp_path / "undisturbed"), tape)
    step = goes_on(plant, tape)
    for _ in range(3):
        step()
    made = backup(settings, tmp_path / "copy", START_NS, lambda _part: step())  # all roles go on between its parts
    assert made.positions == {"log": 61, "snapshots": 31, "series.db": 41, "records.db": 51}
    plant.close()
    move_away(settings)
    assert restore(settings, tmp_path / "copy") == made
    again = Plant(settings.data, Records(settings.records_url))
    assert again.records.cursor("watch") == 51
    assert again.watch().position == 31
    assert finish(again, tape) == undisturbed
    assert {alarm.device for alarm in again.records.alarms(kind=AlarmKind.GAS_HIGH)} == {"G1", "G2"}
    again.close()


def test_the_command_copies_verifies_and_puts_back(
    settings: Settings, plant: Plant, tape: Tape, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    story = finish(plant, tape)[0]
    plant.close()
    copy, config = str(tmp_path / "copy"), ("--config", str(tmp_path / "config.toml"))
    assert main(["db", "backup", copy, *config]) == 0
    assert [line.split()[0] for line in capsys.readouterr().out.splitlines()] == ["copied"] * 4 + ["ok:"]
    assert (tmp_path / "copy").stat().st_mode & 0o077 == 0
    assert main(["db", "verify", copy]) == 0
    assert main(["db", "restore", copy, *config]) == 1  # the installation still stands
    assert "expected nothing in" in capsys.readouterr().err
    move_away(settings)
    assert main(["db", "restore", copy, *config]) == 0
    assert capsys.readouterr().out.endswith(f"log up to {len(tape)}\n")
    again = Plant(settings.data, Records(settings.records_url))
    assert again.story() == story
    again.close()


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A backup of several segments."""
    folder = tmp_path_factory.mktemp("made")
    settings = load_settings(write_town(folder / "town"))
    plant = Plant(settings.data)
    in_segments(plant.folder, recorded())
    finish(plant, recorded())
    backup(settings, folder / "copy", START_NS)
    plant.close()
    return folder / "copy"


@pytest.fixture
def copy(made: Path, tmp_path: Path) -> Path:
    """The same, to be spoiled; its installation is gone."""
    shutil.copytree(made, tmp_path / "copy")
    return tmp_path / "copy"


def in_segments(data: Path, tape: Tape) -> None:
    log = FrameLog(data / "log", segment_bytes=1)
    for start in range(0, len(tape), 31):
        log.append(tape.entries[start : start + 31])
    log.close()


def flip(file: Path) -> None:
    content = bytearray(file.read_bytes())
    content[len(content) // 2] ^= 1
    file.write_bytes(content)


@pytest.mark.parametrize(
    ("spoil", "problem"),
    [
        pytest.param(lambda copy: flip(copy / "records.db"), "records.db was changed", id="a bit of the records"),
        pytest.param(lambda copy: flip(first_of(copy)), f"log/frames-{1:012}.db was changed", id="a bit of the log"),
        pytest.param(lambda copy: first_of(copy).unlink(), f"log/frames-{1:012}.db is missing", id="a segment lost"),
        pytest.param(lambda copy: (copy / "series.db").unlink(), "series.db is missing", id="the series lost"),
        pytest.param(lambda copy: (copy / "records.db-wal").touch(), "records.db-wal does not belong", id="a stranger"),
        pytest.param(lambda copy: (copy / MANIFEST).unlink(), "expected a backup that was finished", id="cut off"),
        pytest.param(lambda copy: replace(copy, '"log": ', '"log": 9'), "manifest.json was changed", id="the manifest"),
        pytest.param(lambda copy: replace(copy, "{", "["), "manifest.json: ", id="no manifest at all"),
    ],
)
def test_a_backup_that_is_not_whole_is_refused_and_nothing_is_touched(
    settings: Settings, copy: Path, spoil: Callable[[Path], object], problem: str
) -> None:
    assert len(list((copy / "log").iterdir())) > 1
    verified(copy)
    spoil(copy)
    with pytest.raises(ConfigurationError, match=problem):
        restore(settings, copy)
    assert not settings.data.exists()


def first_of(copy: Path) -> Path:
    return min((copy / "log").iterdir())


def replace(copy: Path, old: str, new: str) -> None:
    file = copy / MANIFEST
    file.write_text(file.read_text(encoding="utf-8").replace(old, new, 1), encoding="utf-8")


@pytest.mark.parametrize(
    ("forge", "problem"),
    [
        pytest.param(
            lambda found: replaced(found, files={"../evil": "0"}), "../evil: no part of a backup", id="a path"
        ),
        pytest.param(lambda found: replaced(found, version=2), "of version 2; expected 1", id="a version to come"),
    ],
)
def test_a_sealed_manifest_of_another_kind_is_refused(
    settings: Settings, copy: Path, forge: Callable[[Manifest], Manifest], problem: str
) -> None:
    forged = forge(replaced(verified(copy), seal=""))
    seal = hashlib.sha256(msgspec.json.encode(forged)).hexdigest()
    (copy / MANIFEST).write_bytes(msgspec.json.encode(replaced(forged, seal=seal)))
    with pytest.raises(ConfigurationError, match=problem):
        restore(settings, copy)


def test_a_role_that_runs_is_left_alone(settings: Settings, copy: Path) -> None:
    for role in ROLES:
        with only_one(settings.data, role), pytest.raises(ConfigurationError, match=f"role {role} runs on .*; stop ev"):
            restore(settings, copy)
    restore(settings, copy)


def test_a_restore_that_was_cut_off_has_read_less_than_its_log(
    settings: Settings, copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = len(verified(copy).files)
    assert files == len(list((copy / "log").iterdir())) + 3
    for whole in range(files):
        left = iter(range(whole))

        def copy_or_fail(source: Path, target: Path, left: Iterator[int] = left) -> None:
            if next(left, None) is None:
                raise OSError(28, "No space left on device")
            target.write_bytes(source.read_bytes())

        monkeypatch.setattr(shutil, "copyfile", copy_or_fail)
        with pytest.raises(StoreUnavailable, match="No space left"):
            restore(settings, copy)
        log, series = FrameLog(settings.data / "log"), EmbeddedSeries(settings.data / "series.db")
        assert series.cursor() <= log.last()
        assert not (settings.data / "records.db").exists()  # so that `watch` begins with the log
        log.close()
        series.close()
        shutil.rmtree(settings.data)


def test_a_log_that_was_trimmed_meanwhile_makes_no_backup(
    settings: Settings, plant: Plant, tape: Tape, tmp_path: Path
) -> None:
    in_segments(settings.data, tape)

    def trim(part: str) -> None:
        if part == "records.db":
            assert plant.log.trim(60, 1 << 62) > 0

    with pytest.raises(ConfigurationError, match="the log was trimmed meanwhile"):
        backup(settings, tmp_path / "copy", START_NS, trim)
    with pytest.raises(ConfigurationError, match="expected a backup that was finished"):
        verified(tmp_path / "copy")


def test_a_daily_backup_copies_of_the_log_what_is_new_and_is_whole_without_the_older_one(
    settings: Settings, plant: Plant, tape: Tape, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    step = goes_on(plant, tape)
    in_segments(settings.data, tape)
    older, newer, config = tmp_path / "older", tmp_path / "newer", ("--config", str(tmp_path / "config.toml"))
    plant.log.append([(tape.now_ns, "t", b"")])  # into a segment that goes on to grow
    backup(settings, older, START_NS)
    sealed = [file.name for file in FrameLog(older / "log").files()][:-1]
    flip(older / "log" / sealed[0])  # of which nobody knew
    step()
    FrameLog(settings.data / "log", segment_bytes=1).append([(tape.now_ns, "t", b"")])
    assert main(["db", "backup", str(newer), "--after", str(older), *config]) == 0
    told = capsys.readouterr().out.splitlines()
    assert f"copied log/{sealed[0]} anew: in {older} it was changed" in told
    assert f"copied log, {len(sealed) - 1} segments as they are in {older}" in told
    links = {file.name for file in (newer / "log").iterdir() if file.stat().st_nlink > 1}
    assert links == set(sealed[1:]) != set()
    story = finish(plant, tape)[0]
    shutil.rmtree(older)
    plant.close()
    move_away(settings)
    restore(settings, newer)
    again = Plant(settings.data, Records(settings.records_url))
    assert finish(again, tape)[0] == story
    again.close()


def test_a_segment_that_was_thinned_since_is_copied_anew(settings: Settings, tape: Tape, tmp_path: Path) -> None:
    in_segments(settings.data, tape)
    backup(settings, tmp_path / "older", START_NS)
    log = FrameLog(settings.data / "log")
    log.thin(0, 5, lambda frames: frames)
    assert log.thinned_until() == 5
    backup(settings, tmp_path / "newer", START_NS, after=tmp_path / "older")
    links = [file.stat().st_nlink for file in sorted((tmp_path / "newer" / "log").iterdir())]
    assert links == [1, 2, 2]
    verified(tmp_path / "newer")


def test_records_that_are_ahead_of_their_log_make_no_backup(
    settings: Settings, plant: Plant, tape: Tape, tmp_path: Path
) -> None:
    plant.log.append(tape.entries[:20])
    with plant.records.unit() as unit:
        unit.set_cursor("watch", 91)
    with pytest.raises(ConfigurationError, match=r"behind the end of the log, 20: records\.db at 91"):
        backup(settings, tmp_path / "copy", START_NS)


def test_a_backup_is_neither_mixed_with_another_nor_made_of_nothing(settings: Settings, tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="no frame log in"):
        backup(settings, tmp_path / "copy", START_NS)
    FrameLog(settings.data / "log").append([(START_NS, "t", b"")])
    CursorFile(settings.data / "series-cursor.db").move(1, 1)  # the points are in InfluxDB
    assert backup(settings, tmp_path / "copy", START_NS).positions == {"log": 1, "series-cursor.db": 1}
    with pytest.raises(ConfigurationError, match="is not empty"):
        backup(settings, tmp_path / "copy", START_NS)


@pytest.mark.parametrize("action", ["backup", "restore"])
def test_records_in_postgresql_are_left_to_its_own_tools(
    tmp_path: Path, action: str, capsys: pytest.CaptureFixture[str]
) -> None:
    config = write_town(tmp_path)
    config.write_text('data = "data"\n[records]\nurl_file = "secret"\n', encoding="utf-8")
    (tmp_path / "secret").write_text("postgresql+psycopg://li:top-word@db.example/records\n", encoding="utf-8")
    assert main(["db", action, "/backup/to day", "--config", str(config)]) == 1
    (line,) = capsys.readouterr().err.splitlines()
    command = {
        "backup": "pg_dump --format=custom --file='/backup/to day/records.dump'",
        "restore": "pg_restore --clean --if-exists '/backup/to day/records.dump'",
    }
    assert f"{command[action]} --dbname=postgresql://li@db.example/records;" in line
    assert "top-word" not in line


def test_an_upgrade_makes_the_tables_with_every_role_stopped(
    tmp_path: Path, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    config = ["--config", str(tmp_path / "config.toml")]
    with only_one(settings.data, "watch"):
        assert main(["db", "upgrade", *config]) == 1
    assert "db upgrade: role watch runs on" in capsys.readouterr().err
    assert main(["db", "upgrade", *config]) == 0
    assert capsys.readouterr().out == f"ok: records at revision {newest()}\n"
    with Records(settings.records_url).unit() as unit:
        assert unit.audited(1, frozenset()) == []
    assert main(["db", "backup", *config]) == 1
    assert "db backup: which folder?" in capsys.readouterr().err
