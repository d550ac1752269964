import threading
from collections.abc import Iterable, Sequence
from pathlib import Path

import pytest

from app.housekeeping import Housekeeping
from app.roles.bites import Bites
from app.roles.write import Write
from domain.asset import Assets
from domain.errors import StoreUnavailable
from domain.frame import CONFIGURATION_TOPIC
from domain.quantity import Quantity
from domain.record import Quarantined
from domain.sample import RefusalReason, Sample
from store.framelog import FrameLog
from store.series import EmbeddedSeries, RefusedLine
from tests.app.support import DEVICES, START_NS, Plant, Tape, configuration, topic, wait_for

FOR_EVER = 1 << 62


def values(plant: Plant, device: str, quantity: Quantity = Quantity.GAS_PCT_LEL) -> list[float]:
    return plant.series.series(device, quantity, 0, FOR_EVER, 1_000).value


def write(plant: Plant, series: EmbeddedSeries | None = None, housekeeping: Housekeeping | None = None) -> Write:
    return Write(
        log=plant.log,
        series=series or plant.series,
        quarantine=plant.quarantine,
        refusals=plant.refusals,
        housekeeping=housekeeping,
    )


def catch_up(role: Write) -> Write:
    while role.bite():
        pass
    return role


def test_frames_of_a_configuration_that_nobody_can_read_any_more_wait_for_the_next_one(plant: Plant) -> None:
    tape = Tape()
    tape.put(CONFIGURATION_TOPIC, b"{}")
    tape.say("G1", 1, gas_pct_lel=1)
    plant.log.append(tape.entries)
    assert not write(plant).bite()
    plant.log.append([(START_NS, CONFIGURATION_TOPIC, configuration().packed)])
    catch_up(write(plant))
    assert values(plant, "G1") == [1]


@pytest.fixture
def tape() -> Tape:
    tape = Tape()
    tape.configure(configuration())
    return tape


def test_stores_every_sample_and_how_far_it_came(plant: Plant, tape: Tape) -> None:
    for seq in range(3):
        tape.say("G1", seq, gas_pct_lel=seq)
    tape.tick()
    plant.log.append(tape.entries)
    role = catch_up(write(plant))
    assert values(plant, "G1") == [0, 1, 2]
    assert role.position == plant.series.cursor() == plant.log.last()
    assert plant.series.frames() == 3


def test_only_frames_of_devices_that_are_whole_count_as_stored(plant: Plant, tape: Tape) -> None:
    tape.say("G1", 1, gas_pct_lel=1)
    tape.put(topic("G1", "status"), b'{"online":true,"boot_id":"b","seq":0}')
    partly = tape.say("G1", 2, gas_pct_lel=2, temperature_c="NaN")
    tape.say("X7", 3, gas_pct_lel=3)
    tape.put(topic("G1", "command"), b"{}")
    tape.retry(partly)
    plant.log.append(tape.entries)
    catch_up(write(plant))
    assert plant.series.frames() == 2
    assert values(plant, "G1") == [1, 2]


def test_a_message_whose_values_are_all_refused_is_no_point(plant: Plant, tape: Tape) -> None:
    tape.say("G1", 1, gas_pct_lel='"high"')
    tape.say("G1", 2)
    tape.say("G1", 3, gas_pct_lel=3)
    plant.log.append(tape.entries)
    bite = Bites(plant.log).after(0)
    assert bite is not None
    assert [(sample.seq, frame.position) for sample, frame in zip(bite.samples, bite.origins, strict=True)] == [(3, 4)]


def test_waits_until_the_log_says_which_configuration_holds(plant: Plant) -> None:
    tape = Tape()
    tape.say("G1", 1, gas_pct_lel=1)
    plant.log.append(tape.entries)
    role = write(plant)
    assert not role.bite()
    assert role.position == 0
    plant.log.append([(START_NS, CONFIGURATION_TOPIC, configuration().packed)])
    catch_up(role)
    assert values(plant, "G1") == [1]


def test_a_configuration_in_the_middle_holds_from_there_on_and_after_a_start(plant: Plant, tape: Tape) -> None:
    tape.say("G3", 1, site="S1", gas_pct_lel=1)
    tape.configure(configuration(DEVICES + "G3,gas_detector,S1,600\n"))
    tape.put(CONFIGURATION_TOPIC, b"{}")
    tape.say("G3", 2, site="S1", gas_pct_lel=2)
    plant.log.append(tape.entries)
    catch_up(write(plant))
    tape.say("G3", 3, site="S1", gas_pct_lel=3)
    plant.log.append(tape.entries[-1:])
    catch_up(write(plant))
    assert values(plant, "G3") == [2, 3]


class Away(EmbeddedSeries):
    """A time series that cannot be used for a while."""

    def __init__(self, path: Path, failures: int) -> None:
        super().__init__(path)
        self.failures = failures

    def write(
        self, samples: Iterable[Sample], *, cursor: int, frames: int, log_ns: int = 0, sent: bool = False
    ) -> Sequence[RefusedLine]:
        if self.failures:
            self.failures -= 1
            raise StoreUnavailable("disk full")
        return super().write(samples, cursor=cursor, frames=frames, log_ns=log_ns, sent=sent)


class Slow(EmbeddedSeries):
    """A time series that stores nothing until it may."""

    def __init__(self, path: Path) -> None:
        super().__init__(path)
        self.may = threading.Event()

    def write(
        self, samples: Iterable[Sample], *, cursor: int, frames: int, log_ns: int = 0, sent: bool = False
    ) -> Sequence[RefusedLine]:
        assert self.may.wait(10)
        return super().write(samples, cursor=cursor, frames=frames, log_ns=log_ns, sent=sent)


def test_the_next_bite_is_read_while_one_is_stored_and_the_position_waits_for_the_series(
    plant: Plant, tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.roles.bites.BITE", 1)
    for seq in range(3):
        tape.say("G1", seq, gas_pct_lel=seq)
    plant.log.append(tape.entries)
    series = Slow(plant.folder / "series.db")
    role = write(plant, series)
    assert role.bite()
    assert (role.position, plant.series.cursor()) == (0, 0)
    threading.Timer(0.05, series.may.set).start()
    catch_up(role)
    assert role.position == plant.series.cursor() == plant.log.last()
    assert values(plant, "G1") == [0, 1, 2]


class Picky(EmbeddedSeries):
    """A time series that refuses a value, and notes each stored value and how many devices were registered then."""

    def __init__(self, path: Path, refused: float) -> None:
        super().__init__(path)
        self.bad = str(float(refused))
        self.stored: list[tuple[float, int]] = []
        self.devices = 0

    def configure(self, assets: Assets) -> None:
        self.devices = len(assets.devices)

    def lines(self, samples: Iterable[Sample]) -> Sequence[str]:
        return [str(sample.values[Quantity.GAS_PCT_LEL]) for sample in samples]

    def put(self, lines: Sequence[str]) -> Sequence[RefusedLine]:
        bad = [n for n, line in enumerate(lines) if line == self.bad]
        return [RefusedLine(n, "partial write: field type conflict") for n in bad]

    def write(
        self, samples: Iterable[Sample], *, cursor: int, frames: int, log_ns: int = 0, sent: bool = False
    ) -> Sequence[RefusedLine]:
        found = list(samples)
        self.stored += [(sample.values[Quantity.GAS_PCT_LEL], self.devices) for sample in found]
        return super().write(found, cursor=cursor, frames=frames, log_ns=log_ns, sent=sent)


def test_what_the_series_refuse_is_in_quarantine_and_its_neighbours_are_stored(plant: Plant, tape: Tape) -> None:
    tape.say("G1", 1, gas_pct_lel=1)
    bad = tape.say("G1", 2, gas_pct_lel=13)
    tape.say("G2", 3, gas_pct_lel=3)
    plant.log.append(tape.entries)
    series = Picky(plant.folder / "series.db", 13)
    catch_up(write(plant, series))
    assert values(plant, "G1") + values(plant, "G2") == [1, 3]
    (entry,) = plant.records.quarantine()
    assert (entry.position, entry.reason, entry.device, entry.site) == (3, RefusalReason.DATABASE_REFUSED, "G1", "S1")
    assert (entry.topic, entry.payload, entry.detail) == (bad.topic, bad.payload, "partial write: field type conflict")
    assert (plant.series.cursor(), plant.series.frames()) == (4, 2)


def test_a_quarantine_that_is_away_holds_the_cursor(plant: Plant, tape: Tape, caplog: pytest.LogCaptureFixture) -> None:
    tape.say("G1", 1, gas_pct_lel=13)
    plant.log.append(tape.entries)
    failures = iter([True, False])
    kept: list[str] = []

    def quarantine(entries: Sequence[Quarantined]) -> None:
        assert plant.series.cursor() == 0
        if next(failures):
            raise StoreUnavailable("records locked")
        kept.extend(entry.part for entry in entries)

    series = Picky(plant.folder / "series.db", 13)
    catch_up(Write(log=plant.log, series=series, quarantine=quarantine, refusals=plant.refusals))
    assert caplog.text.count("records locked") == 1
    assert len(kept) == 1
    assert plant.series.cursor() == 2


def test_every_sample_is_stored_under_the_registry_of_its_place_in_the_log(plant: Plant, tape: Tape) -> None:
    tape.say("G1", 1, gas_pct_lel=1)
    tape.configure(configuration(DEVICES + "G3,gas_detector,S1,600\n"))
    tape.say("G1", 2, gas_pct_lel=2)
    plant.log.append(tape.entries)
    series = Picky(plant.folder / "series.db", 13)
    catch_up(write(plant, series))
    assert series.stored == [(1, 3), (2, 4)]


def test_series_that_are_away_delay_and_lose_nothing(
    plant: Plant, tape: Tape, caplog: pytest.LogCaptureFixture
) -> None:
    tape.say("G1", 1, gas_pct_lel=1)
    plant.log.append(tape.entries)
    catch_up(write(plant, Away(plant.folder / "series.db", failures=2)))
    assert caplog.text.count("series: disk full; trying again in") == 2
    assert values(plant, "G1") == [1]


def test_a_stop_while_the_series_are_away_leaves_the_bite_to_the_next_start(plant: Plant, tape: Tape) -> None:
    tape.say("G1", 1, gas_pct_lel=1)
    plant.log.append(tape.entries)
    series, stop, raised = Away(plant.folder / "series.db", failures=1_000), threading.Event(), list[str]()

    def run() -> None:
        try:
            log = FrameLog(plant.folder / "log")
            Write(log=log, series=series, quarantine=plant.quarantine, refusals=plant.refusals).run(stop)
        except StoreUnavailable as error:
            raised.append(str(error))

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(lambda: series.failures < 1_000)
    stop.set()
    thread.join(10)
    assert raised == ["disk full"]
    assert plant.series.cursor() == 0
    catch_up(write(plant))
    assert values(plant, "G1") == [1]


def test_follows_the_log_until_it_is_stopped_and_reads_it_to_its_end(plant: Plant, tape: Tape) -> None:
    plant.log.append(tape.entries)
    stop = threading.Event()

    def run() -> None:
        log = FrameLog(plant.folder / "log")
        Write(log=log, series=plant.series, quarantine=plant.quarantine, refusals=plant.refusals).run(stop)

    thread = threading.Thread(target=run)
    thread.start()
    wait_for(lambda: plant.series.cursor() == 1)
    tape.say("G1", 1, gas_pct_lel=1)
    plant.log.append(tape.entries[1:])
    wait_for(lambda: plant.series.cursor() == 2)
    stop.set()
    thread.join(10)
    assert values(plant, "G1") == [1]


def test_reads_the_log_to_its_end_also_when_it_is_told_to_stop_at_once(plant: Plant, tape: Tape) -> None:
    tape.say("G1", 1, gas_pct_lel=1)
    plant.log.append(tape.entries)
    stop = threading.Event()
    stop.set()
    write(plant).run(stop)
    assert plant.series.cursor() == plant.log.last()


def test_trims_the_log_by_the_time_of_the_frames_that_it_stored(plant: Plant, tape: Tape) -> None:
    asked: list[int] = []

    def cursor() -> int:
        asked.append(plant.series.cursor())
        return 0

    plant.log.append(tape.entries)
    catch_up(write(plant, housekeeping=plant.housekeeping(cursors=[cursor])))
    assert asked == [1]


class Moody(EmbeddedSeries):
    """A time series that answers with one failure after the other, then stores."""

    def __init__(self, path: Path, *failures: StoreUnavailable) -> None:
        super().__init__(path)
        self.failures = list(failures)

    def put(self, lines: Sequence[str]) -> Sequence[RefusedLine]:
        if self.failures:
            raise self.failures.pop(0)
        return super().put(lines)


class Patient(threading.Event):
    """Notes how long it was waited for, and lets nobody wait."""

    def __init__(self) -> None:
        super().__init__()
        self.waits: list[float] = []

    def wait(self, timeout: float | None = None) -> bool:
        self.waits.append(timeout or 0.0)
        return False


def test_waits_as_it_was_told_or_for_a_person_or_longer_from_time_to_time(plant: Plant, tape: Tape) -> None:
    tape.say("G1", 1, gas_pct_lel=1)
    plant.log.append(tape.entries)
    failures = [
        StoreUnavailable("busy", reason="busy", retry_after_s=7),
        StoreUnavailable("busy", reason="busy", retry_after_s=3_600),
        StoreUnavailable("no such bucket", reason="settings"),
        StoreUnavailable("refuses a good line", reason="request"),
        *(StoreUnavailable("away") for _ in range(8)),
    ]
    role = write(plant, Moody(plant.folder / "series.db", *failures))
    role._stop = patient = Patient()  # noqa: SLF001 - what `run` sets
    catch_up(role)
    assert patient.waits[:4] == [7, 300, 30, 30]
    for pause_s, backoff_s in zip(patient.waits[4:], (8, 16, 30, 30, 30, 30, 30, 30), strict=True):
        assert backoff_s / 2 <= pause_s <= backoff_s
    assert values(plant, "G1") == [1]
    pulse = plant.write_pulse.read()
    assert (pulse.refused, pulse.refusing) == ({"busy": 2, "settings": 1, "request": 1, "unavailable": 8}, "")


def test_a_stop_in_a_flood_leaves_the_rest_to_the_next_start(
    plant: Plant, tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.roles.bites.BITE", 1)
    monkeypatch.setattr("app.roles.write._LAST_BITES_S", 0.0)
    tape.say("G1", 1, gas_pct_lel=1)
    plant.log.append(tape.entries)
    stop = threading.Event()
    stop.set()
    write(plant).run(stop)
    assert plant.series.cursor() == 0
    catch_up(write(plant))
    assert values(plant, "G1") == [1]


class Flat(EmbeddedSeries):
    """A time series without the buckets of its roll-ups, until somebody makes them."""

    made = False

    def roll(self, log_ns: int) -> bool:
        if not self.made:
            raise StoreUnavailable("no such bucket", reason="settings")
        return super().roll(log_ns)


def test_no_point_waits_for_roll_ups_that_cannot_be_and_a_person_hears_of_them(
    plant: Plant, tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    series = Flat(plant.folder / "series.db")
    role = write(plant, series)
    plant.log.append(tape.entries)
    for seq in (1, 2):
        tape.say("G1", seq, gas_pct_lel=seq)
        plant.log.append(tape.entries[-1:])
        catch_up(role)
    assert values(plant, "G1") == [1, 2]
    pulse = plant.write_pulse.read()
    assert (pulse.refused, pulse.refusing) == ({"settings": 1}, "settings")
    series.made = True
    monkeypatch.setattr("app.roles.write._LONGEST_PAUSE_S", 0.0)
    role._roll_again_s = 0.0  # noqa: SLF001 - the pause is over
    for seq in (3, 4):
        tape.say("G1", seq, gas_pct_lel=seq)
        plant.log.append(tape.entries[-1:])
        catch_up(role)
    assert plant.write_pulse.read().refusing == ""


class Rolling(EmbeddedSeries):
    """A time series that rolls up until points have passed it."""

    passed = False

    def roll(self, log_ns: int) -> bool:  # noqa: ARG002 - nothing is due
        wait_for(lambda: self.cursor() >= 3)
        self.passed = True
        return False


def test_points_are_stored_while_others_are_rolled_up(
    plant: Plant, tape: Tape, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("app.roles.bites.BITE", 1)
    for seq in (1, 2):
        tape.say("G1", seq, gas_pct_lel=seq)
    plant.log.append(tape.entries)
    series = Rolling(plant.folder / "series.db")
    catch_up(write(plant, series))
    assert series.passed
    assert values(plant, "G1") == [1, 2]
