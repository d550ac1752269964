"""InfluxDB leaves in the middle of the load and comes back: alarms do not notice, and nothing is missing afterwards."""

from collections.abc import Iterator
from pathlib import Path
from statistics import median

import pytest

from tests.end_to_end.away import DEVICES, Plan, run_away
from tests.end_to_end.support import Installation
from tests.store.influx2_server import VERSIONS, running
from tests.store.influx_server import Influxd

MIB = 60  # one bite of 5,000 frames, decoded and as lines; a queue in memory would take more at a real outage
SLOWER_MS = 300  # of the medians: on a busy machine they wander by 50 ms from run to run


@pytest.fixture(params=VERSIONS)
def influx(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Influxd]:
    folder = tmp_path / "influx"
    folder.mkdir()
    with running(request.param, folder) as server:
        server.create("gas")
        yield server


@pytest.mark.slow
@pytest.mark.server
@pytest.mark.timeout(180)
def test_alarms_do_not_notice_that_influxdb_is_away_and_nothing_is_missing_when_it_is_back(
    tmp_path: Path, broker: int, influx: Influxd
) -> None:
    town = Installation(tmp_path / "town", broker, detectors=DEVICES)
    town.use_influx(influx)
    try:
        found = run_away(town, broker, influx, Plan(rate_per_s=400, all_s=24, before_s=9, away_s=12))
        counted = influx.ask("gas", 'SELECT count("unacknowledged") FROM "alarm_count"')
    finally:
        town.stop()
    assert min(len(found.before_ms), len(found.away_ms)) > 40
    assert median(found.away_ms) < median(found.before_ms) + SLOWER_MS
    assert found.most_mib < found.before_mib + MIB
    assert found.quarantined == found.published - found.points > 40
    assert found.logged == found.published
    assert '"alarm_count"' in counted  # the mirror runs beside the writer
    assert found.misplaced == 0
    assert found.stored == found.points == found.logged - found.quarantined
