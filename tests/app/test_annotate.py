"""What Grafana is told of alarms: in order, once, and nothing lost while it is away."""

import threading
from collections.abc import Iterator
from pathlib import Path

import httpx2
import pytest

from app.paced import paced
from app.roles.annotate import READER, Annotate
from domain.alarm import Alarm, AlarmKind, Life, StateLetter
from domain.record import JournalEntry
from grafana.publisher import Grafana, GrafanaAway
from store.records import Records
from tests.app.support import configuration
from tests.blank import blank_records
from tests.grafana.stand_in import TOKEN, Played, grafana

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
NORMAL, ACTIVE = StateLetter.NORMAL, StateLetter.ACTIVE_UNACKNOWLEDGED
S = 1_000_000_000
KIND = AlarmKind.GAS_HIGH


@pytest.fixture
def played() -> Iterator[Played]:
    with grafana() as found:
        yield found


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    found = blank_records(tmp_path / "records.db")
    with found.unit() as unit:
        unit.save(Alarm("9d22", KIND, "G1", "G1", "S1", "Z1", Life(level=1), priority=2))
        for place, (event, before, after) in enumerate(
            [("raise", NORMAL, ACTIVE), ("annunciate", ACTIVE, ACTIVE), ("return", ACTIVE, NORMAL)], 1
        ):
            at = (KIND, 2, 1, "G1", "S1", "", place, place * S, 55.0, 50.0)
            unit.journal(JournalEntry("9d22", 1, event, before, after, *at))
    yield found
    found.close()


@pytest.fixture
def role(records: Records, played: Played) -> Iterator[Annotate]:
    with httpx2.Client(timeout=5.0) as client:
        yield Annotate(records, Grafana(client, played.url, TOKEN), configuration().assets)


def test_an_alarm_has_its_times_and_its_words(role: Annotate, records: Records, played: Played) -> None:
    assert not role.step()
    (found,) = played.annotations.values()
    assert (found["time"], found["timeEnd"]) == (2_000, 3_000)
    assert found["text"] == "古城小厨 G1 可燃气体 55 %LEL > 二级限 50 %LEL"
    assert {"alarm:9d22", "site:S1", "kind:gas_high"} <= set(found["tags"])
    assert records.cursor(READER) == 3
    before = len(played.asked)
    assert not role.step()
    assert len(played.asked) == before


def test_while_grafana_is_away_the_cursor_waits(role: Annotate, records: Records, played: Played) -> None:
    played.failures = [(200, []), (200, {"id": 1}), (503, {"message": "down"})]  # it took the beginning, and died
    with pytest.raises(GrafanaAway):
        role.step()
    assert records.cursor(READER) == 0
    role.step()
    assert len(played.annotations) == 1
    assert records.cursor(READER) == 3


def test_what_grafana_refuses_holds_nobody_up(
    role: Annotate, records: Records, played: Played, caplog: pytest.LogCaptureFixture
) -> None:
    played.failures = [(200, []), (400, {"message": "no"})]
    role.step()
    assert "no annotation of journal entry 2: " in caplog.text
    assert records.cursor(READER) == 3


def test_work_that_nobody_waits_for_goes_on_after_its_server_was_away(caplog: pytest.LogCaptureFixture) -> None:
    class Quick(threading.Event):
        """Waits for nothing."""

        def wait(self, timeout: float | None = None) -> bool:
            waited.append(timeout or 0.0)
            return self.is_set()

    waited: list[float] = []
    stop, left = Quick(), [GrafanaAway("down"), GrafanaAway("down"), GrafanaAway("x", retry_after_s=900)]

    def step() -> bool:
        if left:
            raise left.pop(0)
        stop.set()
        return False

    paced(step, "annotations", stop)
    assert 0.5 <= waited[0] <= 1.0 <= waited[1] <= 2.0
    assert waited[2:] == [60.0, 1.0]
    assert "annotations: down; trying again in" in caplog.text
