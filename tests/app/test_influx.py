"""`gas-lifeline influx`: buckets, and holes in them, on a real server."""

import gzip
import re
import threading
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import closing
from pathlib import Path

import pytest

from app.cli import main
from app.holes import compare
from app.influx import told
from app.settings import load_settings
from app.supervisor import only_one
from app.wiring import Wiring
from domain.frame import TICK_TOPIC
from domain.quantity import Quantity
from domain.rollup import HOUR_NS, MINUTE_NS
from domain.sample import Sample
from store.buckets import open_buckets
from store.levels import DAY_NS
from store.series import EmbeddedSeries, RefusedLine, Trend
from tests.app.support import START_NS, Plant, S, Tape, configuration, write_town
from tests.store.influx2_server import VERSIONS, running
from tests.store.influx_server import Influxd

pytestmark = [
    pytest.mark.server,
    pytest.mark.allow_hosts(["127.0.0.1"]),
]


@pytest.fixture(scope="module", params=VERSIONS)
def server(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Influxd]:
    with running(request.param, tmp_path_factory.mktemp("influx")) as server:
        yield server


@pytest.fixture
def config(tmp_path: Path, server: Influxd) -> Path:
    config = write_town(tmp_path)
    keep(config, server, tmp_path.name, 90)
    return config


def keep(config: Path, server: Influxd, bucket: str, days: float, more: str = "") -> None:
    config.write_text(f'data = "data"\n{server.settings(bucket)}keep_d = {days}\n{more}', encoding="utf-8")


def run(config: Path, *arguments: str) -> int:
    return main(["influx", *arguments, "--config", str(config)])


def test_makes_what_is_not_there_once_and_says_so(
    config: Path, server: Influxd, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = config.parent.name
    assert run(config, "init") == 0
    assert capsys.readouterr().out.splitlines() == [
        f"made    {bucket}, kept 90 d",
        f"made    {bucket}_1m, kept 730 d",
        f"made    {bucket}_1h, kept 3650 d",
    ]
    assert run(config, "init") == 0
    assert {line.split()[0] for line in capsys.readouterr().out.splitlines()} == {"stands"}
    reader = config.parent / "reader"
    reader.write_text(f"{bucket}:a-secret\n", encoding="utf-8")
    assert run(config, "init", "--reader-file", str(reader)) == 0
    assert server.readable(bucket) == {bucket, f"{bucket}_1m", f"{bucket}_1h"}
    reader.write_text("secret\n", encoding="utf-8")
    assert run(config, "init", "--reader-file", str(reader)) == 1
    assert "no user and password; expected one line such as grafana:SECRET" in capsys.readouterr().err
    reader.write_text(f"{bucket}:secret\n", encoding="utf-8")
    assert run(config, "init", "--reader-file", str(reader)) == (1 if server.api == "v2" else 0)
    assert ("a password of 6 bytes; InfluxDB 2.x takes 8 to 72" in capsys.readouterr().err) is (server.api == "v2")
    assert server.readable(bucket) == {bucket, f"{bucket}_1m", f"{bucket}_1h"}  # who could read still can


def test_keeps_longer_when_told_and_less_only_when_that_is_meant(
    config: Path, server: Influxd, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket = config.parent.name
    server.create(bucket, 30)  # its roll-ups are kept for ever
    assert run(config, "init") == 1
    err = capsys.readouterr().err
    assert f"{bucket}_1m is kept for ever, and series.minutes_keep_d says 730 d, which drops points" in err
    assert err.count("expected --shrink") == 2
    with open_buckets(server.url, api=server.api, token=server.token, org=server.org) as buckets:
        standing = buckets.find(bucket)
    assert standing is not None
    assert standing.keep_s == 30 * 86_400  # nothing was changed at all
    assert run(config, "init", "--shrink") == 0
    assert f"changed {bucket}, kept 90 d instead of 30 d" in capsys.readouterr().out
    keep(config, server, bucket, 89)
    assert run(config, "init") == 1
    assert f"{bucket} is kept 90 d, and series.keep_d says 89 d" in capsys.readouterr().err


def test_the_embedded_series_have_no_buckets(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(write_town(tmp_path), "init") == 1
    assert 'series.kind is "embedded"; expected "influx"' in capsys.readouterr().err


# ---------------------------------------------------------------- verify
HOUR = ("2026-01-15T12:00:00+08:00", "2026-01-15T13:00:00+08:00")


@pytest.fixture
def stored(config: Path, server: Influxd) -> Wiring:
    """Two hours of two devices, all of it stored and rolled up."""
    keep(config, server, config.parent.name, 20_000, "minutes_keep_d = 20000\nhours_keep_d = 20000\n")
    assert run(config, "init") == 0
    wiring = Wiring(load_settings(config))
    tape = Tape(START_NS)
    tape.configure(configuration())
    for seq in range(240):
        tape.say("G1", seq, gas_pct_lel=seq % 5, temperature_c=20)
        tape.say("G2", seq, gas_pct_lel=1)
        tape.now_ns += 29 * S
        tape.tick()
    stop = threading.Event()
    stop.set()
    for entries in (tape.entries, [(tape.now_ns + 300 * S, TICK_TOPIC, b"")]):
        wiring.log().append(entries)
        wiring.roles(["write"])["write"](stop)
    return wiring


def shown(wiring: Wiring) -> Trend:
    with closing(wiring.series()) as series:
        return series.series("G1", Quantity.GAS_PCT_LEL, START_NS - DAY_NS, START_NS + 2 * DAY_NS, 2_000)


def test_a_hole_is_found_filled_and_rolled_up_anew(
    config: Path, stored: Wiring, server: Influxd, capsys: pytest.CaptureFixture[str]
) -> None:
    before = shown(stored)
    assert (before.step_ns, len(before.time_ns) > 0) == (MINUTE_NS, True)
    assert run(config, "verify", *HOUR) == 0
    assert capsys.readouterr().out.splitlines()[-1].endswith("samples in the log, 0 missing")

    server.lose(config.parent.name, "G1", START_NS + 600 * S, START_NS + 900 * S)
    assert run(config, "verify", *HOUR) == 1
    lines = capsys.readouterr().out.splitlines()
    assert [line.split(":")[0] for line in lines[:-1]] == ["G1"]
    assert ", 10 missing" in lines[-1]

    assert run(config, "verify", *HOUR, "--repair") == 0
    assert ", 10 missing, 10 stored now" in capsys.readouterr().out
    assert run(config, "verify", *HOUR) == 0
    with closing(stored.series()) as series:
        assert series.cursor() == stored.log().last()
        assert series.roll(START_NS + 3 * HOUR_NS) is False
    assert shown(stored) == before
    lost_and_put_back(config, server, capsys)
    assert run(config, "verify", *HOUR) == 0
    assert shown(stored) == before


def write_until(wiring: Wiring, time_ns: int) -> None:
    stop = threading.Event()
    stop.set()
    wiring.log().append([(time_ns, TICK_TOPIC, b"")])
    wiring.roles(["write"])["write"](stop)


def test_roll_ups_that_are_lost_or_wrong_are_found_and_made_anew(
    config: Path, stored: Wiring, server: Influxd, capsys: pytest.CaptureFixture[str]
) -> None:
    bucket, tags = config.parent.name, "device=G1,district=D1,site=S1,zone=Z1"
    write_until(stored, START_NS + 5 * HOUR_NS)

    def rolled() -> list[object]:
        asked = [(f"{bucket}_{step}", "SELECT * FROM /rollup/ GROUP BY *") for step in ("1m", "1h")]
        return [server.ask(db, query) for db, query in asked]

    before = rolled()
    assert run(config, "verify", *HOUR) == 0
    server.lose(f"{bucket}_1m", "G1", START_NS, START_NS + 120 * S, "rollup_1m_temperature_c")
    server.write(f"{bucket}_1m", f"rollup_1m_gas_pct_lel,{tags} count=99i {START_NS + 600 * S}")
    server.write(f"{bucket}_1h", f"rollup_1h_gas_pct_lel,{tags} last=4.5 {START_NS}")
    assert run(config, "verify", *HOUR) == 1
    lines = capsys.readouterr().out.splitlines()
    assert lines[-2:] == ["G1: 4 roll-ups are not what its points amount to", "240 samples in the log, 0 missing"]
    assert run(config, "verify", *HOUR, "--repair") == 0
    write_until(stored, START_NS + 9 * HOUR_NS)
    assert rolled() == before
    assert run(config, "verify", *HOUR) == 0


def lost_and_put_back(config: Path, server: Influxd, capsys: pytest.CaptureFixture[str]) -> None:
    """Export all there is with an alarm beside it, lose the databases, and import them."""
    file, bucket = config.parent / "gas.lp.gz", config.parent.name
    alarm = f'alarm_event,kind=gas_low,state=B alarm_id="9d",text="a \\"b\\"\r c",told=true,value=2.0 {START_NS}'
    server.write(bucket, alarm)
    day = ("2026-01-15T00:00:00+08:00", "2026-01-16T00:00:00+08:00")
    capsys.readouterr()
    assert run(config, "export", *day, "--file", str(file)) == 0
    counts = capsys.readouterr().out.removeprefix(f"{file}: ")
    lines = gzip.decompress(file.read_bytes()).decode().rstrip("\n").split("\n")
    of_bucket = Counter(re.findall(r"^(?:rollup_(1[mh]))?", "\n".join(lines), re.MULTILINE))
    assert counts == f"{of_bucket['']} points, {of_bucket['1m']} 1m\n"
    assert alarm in lines
    assert run(config, "export", *day, "--file", str(file)) == 1
    assert "expected the name of a new file" in capsys.readouterr().err
    for name in (bucket, f"{bucket}_1m", f"{bucket}_1h"):
        server.drop(name)
    assert run(config, "init") == 0
    assert run(config, "verify", *HOUR) == 1
    torn = config.parent / "torn.lp.gz"
    for some in (file.read_bytes()[:-9], b""):
        torn.write_bytes(some)
        assert run(config, "import", "--file", str(torn)) == 1
        assert "torn, or no gzip; expected a file of `influx export`" in capsys.readouterr().err
    assert run(config, "import", "--file", str(file)) == 0
    assert capsys.readouterr().out == f"{file}: {counts}"
    again = config.parent / "again.lp.gz"
    assert run(config, "export", *day, "--file", str(again)) == 0
    assert sorted(gzip.decompress(again.read_bytes()).decode().rstrip("\n").split("\n")) == sorted(lines)


def test_a_repair_is_refused_while_somebody_writes_and_a_time_must_be_one(
    config: Path, stored: Wiring, capsys: pytest.CaptureFixture[str]
) -> None:
    with only_one(stored.settings.data, "write"):
        assert run(config, "verify", *HOUR, "--repair") == 1
        assert "role write runs on" in capsys.readouterr().err
        assert run(config, "verify", *HOUR) == 0
    assert run(config, "verify", *reversed(HOUR)) == 1
    assert "which time?" in capsys.readouterr().err
    with pytest.raises(SystemExit):
        run(config, "verify", "yesterday", "today")
    assert "expected an RFC 3339 time" in capsys.readouterr().err


def test_what_the_database_refuses_again_is_told(plant: Plant) -> None:
    class Strict(EmbeddedSeries):
        def write(
            self, samples: Iterable[Sample], *, cursor: int, frames: int, log_ns: int = 0, sent: bool = False
        ) -> Sequence[RefusedLine]:
            found = list(samples)
            bad = [place for place, one in enumerate(found) if one.values[Quantity.GAS_PCT_LEL] == 13]
            if bad:
                return [RefusedLine(place, "no") for place in bad]
            return super().write(found, cursor=cursor, frames=frames, log_ns=log_ns, sent=sent)

    tape = Tape()
    tape.configure(configuration())
    for seq in (1, 13, 3):
        tape.say("G1", seq, gas_pct_lel=seq)
    plant.log.append(tape.entries)
    with closing(Strict(plant.folder / "series.db")) as series:
        series.write([], cursor=4, frames=3)
        found = compare(plant.log, series, START_NS, tape.now_ns + 1, repair=True)
        assert (found.logged, found.missing, found.refused) == ({"G1": 3}, {"G1": 3}, {"G1": 1})
        assert told(found, repaired=True) == [
            "G1: log 3 samples, series 0; the database refuses 1",
            "3 samples in the log, 3 missing, 2 stored now",
        ]
        assert plant.series.series("G1", Quantity.GAS_PCT_LEL, 0, 1 << 62, 10).value == [1, 3]
