"""The demo as a stranger runs it: one command, its counts, its alarms against the truth."""

import os
import signal
import subprocess
import time
from collections import Counter
from pathlib import Path
from typing import Any, NamedTuple

import msgspec
import pytest

from domain.alarm import GAS_KINDS
from tests.end_to_end.support import COMMAND, free_port, listens, wait_for

pytestmark = [pytest.mark.slow, pytest.mark.server, pytest.mark.timeout(120)]


class Run(NamedTuple):
    """What a run of the demo left behind; each line with the seconds since the start."""

    code: int
    lines: list[tuple[float, str]]
    errors: str
    result: dict[str, Any]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    folder = tmp_path_factory.mktemp("demo")
    command = [*COMMAND, "demo", "--headless", "--duration", "40", "--json", "out.json"]
    live = {"GAS_LIFELINE_DATA": str(folder / "live"), "GAS_LIFELINE_MQTT__PORT": "1"}
    start_s, lines = time.monotonic(), list[tuple[float, str]]()
    with (
        (folder / "errors").open("w") as errors,
        subprocess.Popen(
            command, stdout=subprocess.PIPE, stderr=errors, text=True, cwd=folder, env=os.environ | live
        ) as process,
    ):
        assert process.stdout is not None
        lines.extend((time.monotonic() - start_s, line) for line in process.stdout)
    assert not (folder / "live").exists()  # the environment of a live installation is none of its business
    result = msgspec.json.decode((folder / "out.json").read_bytes())
    return Run(process.returncode, lines, (folder / "errors").read_text(), result)


def test_ends_well_and_without_a_word_of_trouble(run: Run) -> None:
    assert (run.code, run.errors) == (0, "")


def test_every_frame_is_in_the_log_and_then_stored_or_quarantined(run: Run) -> None:
    counts = run.result
    assert counts["published"] == counts["logged"] == counts["stored"] + counts["quarantined"] > 1_000
    assert counts["findings"] > 0


def test_each_event_raises_exactly_one_alarm_of_its_kind_at_its_site(run: Run) -> None:
    raised = Counter((alarm["kind"], alarm["site"]) for alarm in run.result["alarms"])
    events = [event for event in run.result["truth_events"] if event["expected_kind"]]
    assert len(events) >= 3
    assert [raised[event["expected_kind"], event["site"]] for event in events] == [1] * len(events)


def test_a_confounder_calls_nobody(run: Run) -> None:
    confounded = {event["site"] for event in run.result["truth_events"] if event["expected_kind"] is None}
    assert confounded
    there = [alarm for alarm in run.result["alarms"] if alarm["site"] in confounded]
    assert [alarm for alarm in there if alarm["kind"] in GAS_KINDS or alarm["priority"] <= 2] == []


def test_what_an_event_raises_besides_belongs_to_the_same_incident(run: Run) -> None:
    sites = {event["site"] for event in run.result["truth_events"]}
    assert {alarm["site"] for alarm in run.result["alarms"]} <= sites
    incidents = {(alarm["site"], alarm["incident_id"]) for alarm in run.result["alarms"]}
    assert len(incidents) == len({site for site, _ in incidents})


def test_the_first_alarm_is_told_within_half_a_minute_of_the_start(run: Run) -> None:
    told = [(at_s, line) for at_s, line in run.lines if line.startswith("P")]
    at_s, line = told[0]
    assert at_s < 30
    assert " raise " in line
    assert "%LEL" in line
    assert len(told) == len(run.result["alarms"])


def test_the_latency_of_alarms_is_measured(run: Run) -> None:
    latency_ms = run.result["alarm_latency_ms"]
    assert 0 < latency_ms["p50"] <= latency_ms["p99"] < 60_000  # how fast is for scripts/bench, on a machine of its own


def test_shows_the_console_until_somebody_stops_it_and_leaves_nothing_behind(tmp_path: Path) -> None:
    port, command = free_port(), [*COMMAND, "demo", "--port"]
    temporary = tmp_path / "tmp"
    temporary.mkdir()
    with subprocess.Popen(
        [*command, str(port)], stdout=subprocess.PIPE, text=True, env=os.environ | {"TMPDIR": str(temporary)}
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline().startswith(f"console: http://127.0.0.1:{port}/   user demo, password ")
        wait_for(lambda: listens(port), 10, "the console")
        second = subprocess.run([*command, str(port)], capture_output=True, text=True, check=False)
        process.send_signal(signal.SIGINT)
        process.communicate(timeout=40)
    assert process.returncode == 0
    assert list(temporary.iterdir()) == []
    assert second.returncode == 1
    assert second.stderr == f"gas-lifeline: port {port} is taken; choose another with --port\n"
