import threading

import pytest

from app.pulse import Commits, IngestPulse, PulseFile
from app.roles.beat import Beat
from app.roles.ingest import FULL, Prober
from domain.errors import StoreUnavailable
from ingest.link import IntakeHealth
from store.framelog import FrameLog, LogSize
from tests.app.support import START_NS, Plant, S, wait_for

WELL = IntakeHealth(connected=True, text="", frames=0, buffered=0, connections=1)


class Body:
    """An intake whose state a test sets, and the beat of it."""

    def __init__(self, plant: Plant, log: FrameLog | None = None) -> None:
        self.plant, self.log, self.health = plant, log or plant.log, WELL
        self.prober = Prober(lambda: None)
        self.file = PulseFile(plant.folder, IngestPulse())
        self.start()

    def start(self) -> None:
        self.beat = Beat(
            self.file,
            health=lambda: self.health,
            log=self.log,
            commits=lambda: Commits((1,), 0.25),
            prober=self.prober,
            clock_ns=self.plant.clock,
        )

    def pulse(self, dropped: int | None = None) -> IngestPulse:
        self.plant.clock.now_ns += S
        self.health = self.health._replace(dropped=dropped)
        self.beat.beat()
        return self.file.read()


@pytest.fixture
def body(plant: Plant) -> Body:
    return Body(plant)


def test_an_intake_that_is_well_says_so(body: Body) -> None:
    body.prober.first(threading.Event())
    assert body.pulse(7) == IngestPulse(START_NS + S, "", "", "", 7, 0, Commits((1,), 0.25))


def test_what_is_wrong_is_told_for_itself(body: Body) -> None:
    body.health = WELL._replace(broker="connection lost", log="disk full")
    assert (body.pulse().broker, body.pulse().log, body.pulse().probe) == ("connection lost", "disk full", None)
    body.prober.waiting, body.prober.verdict = "broker is away", "keeps only 7"
    assert (body.pulse().broker, body.pulse().probe) == ("broker is away", "keeps only 7")


class Log(FrameLog):
    """A log that is full, or cannot be measured."""

    size_now: LogSize | None = LogSize(used_bytes=10, limit_bytes=10, disk_free_bytes=1, disk_total_bytes=1)

    def size(self) -> LogSize:
        if self.size_now is None:
            raise StoreUnavailable("frame log: input/output error")
        return self.size_now


def test_a_full_log_is_told_also_when_nobody_sends_anything(plant: Plant) -> None:
    log = Log(plant.folder / "log")
    body = Body(plant, log)
    assert body.pulse().log == FULL
    log.size_now = None
    assert body.pulse().log == "frame log: input/output error"


@pytest.mark.parametrize(
    ("counts", "grew"),
    [
        pytest.param([7, 7, 7], [False, False, False], id="what was dropped before us"),
        pytest.param([None, None], [False, False], id="a broker that does not count"),
        pytest.param([0, 0, 3, 3, 5], [False, False, True, False, True], id="each increase"),
        pytest.param([9, 0, 0], [False, False, False], id="a broker that began anew"),
        pytest.param([9, 4], [False, True], id="a broker that began anew and dropped since"),
    ],
)
def test_an_increase_is_news_and_nothing_else(body: Body, counts: list[int | None], grew: list[bool]) -> None:
    found = []
    for count in counts:
        pulse = body.pulse(count)
        found.append(pulse.dropped_ns == pulse.time_ns)
    assert found == grew


def test_what_was_dropped_while_nobody_was_here_is_news_too(body: Body) -> None:
    body.pulse(5)
    body.start()
    assert body.pulse(None).dropped == 5
    pulse = body.pulse(4_005)
    assert (pulse.dropped, pulse.dropped_ns) == (4_005, pulse.time_ns)


def test_beats_until_it_is_stopped(body: Body) -> None:
    stop = threading.Event()
    thread = threading.Thread(target=body.beat.run, args=(stop,))
    thread.start()
    wait_for(lambda: body.file.read().time_ns == START_NS)
    body.plant.clock.now_ns += 5 * S
    wait_for(lambda: body.file.read().time_ns == START_NS + 5 * S)
    stop.set()
    thread.join(10)
