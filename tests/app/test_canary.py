"""The canary from the log to the end of its way, and what is said when it does not come."""

from collections.abc import Sequence

import msgspec
import pytest

from alerting.notify.outbox import Sender
from app.pulse import CanaryPulse, PulseFile
from app.roles.canary import Canary, CanaryEnd, Numbers, singing
from app.roles.engine import Engine
from app.roles.ourselves import Health
from app.roles.write import Write
from domain.alarm import AlarmKind
from domain.finding import Finding
from domain.frame import HEALTH_TOPIC
from ingest.topics import ECHO, canary_topic
from tests.app.support import Clock, Plant, S, Tape, catch_up, configuration

NUMBERS = Numbers(60 * S, 10 * S)


class Cage:
    """A canary, and a way that takes its time; None: for ever."""

    def __init__(self) -> None:
        self.clock = Clock()
        self.takes_s: int | None = 1
        self.sung: list[int] = []
        self.told: list[Finding] = []
        self.said: list[tuple[int, str, bytes]] = []
        self.heard_last = CanaryPulse()
        self.canary = Canary(self.sing, self.heard, NUMBERS, self.append, self.told.append)

    def sing(self, payload: bytes) -> None:
        self.sung.append(msgspec.json.decode(payload)["sent_ns"])

    def heard(self) -> CanaryPulse:
        if self.sung and self.takes_s is not None and self.clock.now_ns >= self.sung[-1] + self.takes_s * S:
            self.heard_last = CanaryPulse(self.sung[-1], self.sung[-1] + self.takes_s * S)
        return self.heard_last

    def append(self, entries: Sequence[tuple[int, str, bytes]]) -> None:
        self.said += entries

    def wait(self, seconds: int) -> list[int]:
        """Give the levels, each once in a row."""
        levels: list[int] = []
        for _ in range(seconds):
            self.clock.now_ns += S
            level = self.canary.look(self.clock.now_ns)
            if levels[-1:] != [level]:
                levels.append(level)
        return levels

    def levels(self) -> list[int]:
        assert {topic for _, topic, _ in self.said} == {HEALTH_TOPIC}
        return [msgspec.json.decode(payload, type=Health).level for _, _, payload in self.said]


def test_a_canary_a_minute_that_comes_through_is_said_once() -> None:
    cage = Cage()
    assert cage.wait(600) == [0]
    assert len(cage.sung) == 10
    assert (cage.levels(), cage.told) == ([0], [])


def test_one_that_takes_longer_than_10_s_is_late_until_one_is_in_time() -> None:
    cage = Cage()
    cage.takes_s = 15
    assert cage.wait(30) == [0, 1]
    cage.takes_s = 1
    cage.wait(120)
    assert (cage.levels(), cage.told) == ([0, 1, 0], [])


def test_two_that_do_not_come_are_priority_1_told_at_once_past_the_outbox_and_again() -> None:
    cage = Cage()
    cage.wait(61)
    cage.takes_s = None
    cage.wait(119)
    assert cage.levels()[-1] == 1
    cage.wait(2)
    assert (cage.levels()[-1], [finding.kind for finding in cage.told]) == (2, ["canary_late"])
    cage.wait(300)
    assert len(cage.told) == 2
    cage.takes_s = 1
    cage.wait(62)
    assert cage.levels()[-1] == 0
    definition = configuration().rulebook.definition(AlarmKind.CANARY_LATE)
    assert (definition.priority(1), definition.priority(2)) == (3, 1)


def test_one_of_which_none_ever_came_is_told_at_priority_3_with_what_may_be_missing() -> None:
    cage = Cage()
    cage.takes_s = None
    assert cage.wait(600) == [0, 1]
    (_, told) = [msgspec.json.decode(payload, type=Health) for _, _, payload in cage.said]
    assert (told.level, told.reason, cage.told) == (1, "never_came", [])


class Line:
    """A connection to a broker, or none."""

    def __init__(self, trouble: str = "") -> None:
        self.trouble = trouble
        self.published: list[str] = []

    def publish(self, topic: str, payload: bytes, *, expiry_s: int | None = None) -> None:
        del payload, expiry_s
        self.published.append(topic)

    def connects(self, timeout_s: float) -> bool:
        return timeout_s > 0


def test_what_cannot_leave_is_a_miss_and_is_not_kept_for_later() -> None:
    away = Line("refused")
    with pytest.raises(ConnectionError, match="refused"):
        singing(away, "t")(b"{}")
    line = Line()
    singing(line, "t")(b"{}")
    assert (away.published, line.published) == ([], ["t"])
    clock = Clock()
    canary = Canary(
        singing(away, "t"), lambda: CanaryPulse(1, 2), NUMBERS, lambda _entries: None, lambda _finding: None
    )
    assert canary.look(clock.now_ns) == 0
    assert canary.look(clock.now_ns + 60 * S) == 1
    assert canary.look(clock.now_ns + 120 * S) == 2


def song(tape: Tape, sent_ns: int) -> None:
    tape.put(canary_topic("gas/v1"), msgspec.json.encode({"sent_ns": sent_ns}))


def test_it_goes_the_way_of_alarms_and_leaves_one_row_that_nobody_sees(
    plant: Plant, caplog: pytest.LogCaptureFixture
) -> None:
    tape = Tape()
    tape.configure(configuration())
    for _ in range(5):
        song(tape, tape.now_ns)
        tape.tick(60)
    tape.put(canary_topic("gas/v1"), b"nonsense")
    tape.put(canary_topic("gas/v1"), ECHO)
    plant.log.append(tape.entries)
    catch_up(plant.watch())
    assert sum("canary is not taken" in line for line in caplog.messages) == 1  # the nonsense, and not the echo
    plant.clock.now_ns = tape.now_ns
    pulse = PulseFile(plant.folder, CanaryPulse())
    Sender(plant.records, {"canary": CanaryEnd(pulse, plant.clock)}, plant.clock).work(tape.now_ns)
    (notice,) = plant.records.notices()
    assert (notice.state, notice.occurrence) == ("accepted", 5)
    assert pulse.read() == CanaryPulse(int(notice.body), tape.now_ns)
    assert plant.story() == ([], [])
    assert plant.records.incidents() == []
    assert plant.records.quarantine() == []
    period = plant.records.period(0, 1 << 62)
    assert (period.lines, period.notices, period.standing) == ([], [], [])


def test_a_canary_that_is_read_again_is_no_second_one(plant: Plant) -> None:
    tape = Tape()
    tape.configure(configuration())
    song(tape, 7)
    song(tape, 7)
    plant.log.append(tape.entries)
    catch_up(plant.watch())
    catch_up(plant.watch())
    assert [notice.occurrence for notice in plant.records.notices()] == [1]
    writer = Write(log=plant.log, series=plant.series, quarantine=plant.quarantine, refusals=plant.refusals)
    while writer.bite():
        pass
    assert plant.records.quarantine() == []


def test_the_engine_tells_it_once_and_of_no_stranger() -> None:
    tape = Tape()
    song(tape, 7)
    (step,) = Engine(configuration()).feed(tape.frames).steps
    assert [(finding.kind, finding.onset_ns) for finding in step.findings] == [("canary_late", 7)]
