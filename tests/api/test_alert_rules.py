"""The example of alerts for Prometheus asks only for what `/metrics` tells."""

import os
import re
import shutil
import subprocess
from math import inf
from pathlib import Path
from typing import Any

import pytest
import yaml
from fastapi.testclient import TestClient

from api.application import create_app
from api.services import Reader
from domain.record import Quarantined
from domain.sample import RefusalReason
from tests.api.conftest import Plant

ALERTS = Path(__file__).parents[2] / "deploy" / "prometheus" / "alerts.yml"
PROMTOOL = os.environ.get("PROMTOOL") or shutil.which("promtool")
OPERATIONS = Path(__file__).parents[2] / "docs" / "operations.md"
OF_PROMETHEUS = {"up", "histogram_quantile"}


def rules() -> list[dict[str, Any]]:
    (group,) = yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
    found: list[dict[str, Any]] = group["rules"]
    return found


@pytest.fixture
def told(plant: Plant) -> dict[str, set[tuple[str, str]]]:
    """Labels by the name of a metric, of a service that has something to tell of everything."""
    plant.readers = {"watch": Reader(7, 1.5), "write": Reader(900, 60.0)}
    plant.hear("G1", shift_ns=1)
    with plant.records.unit() as unit:
        unit.quarantine([Quarantined(1, "x", RefusalReason.NON_FINITE, "", "G1", "S1", "t", b"{}", plant.clock_ns())])
    plant.pipeline = plant.pipeline._replace(
        dropped=1,
        refused={"busy": 1},
        commits=((0.001, 1), (inf, 1)),
        commits_s=1.0,
        canary=(1, 2),
        turned={"listen": 1},
        channels=["sms"],
    )
    with TestClient(create_app(plant.services())) as client:
        text = client.get("/metrics").text
    found: dict[str, set[tuple[str, str]]] = {}
    for name, labels in re.findall(r"^(\w+)(?:\{(.*)\})? ", text, re.MULTILINE):
        found.setdefault(name, set()).update(re.findall(r'(\w+)="([^"]*)"', labels))
    return found


def unknown(expr: str, told: dict[str, set[tuple[str, str]]]) -> set[str]:
    """Names and labels of an expression that the service does not tell."""
    labels = {
        f"{name}{{{key}}}"
        for name, inside in re.findall(r"(\w+)\{([^}]*)\}", expr)
        if name not in OF_PROMETHEUS
        for key, value in re.findall(r'(\w+)="([^"]*)"', inside)
        if (key, value) not in told.get(name, set())
    }
    names = set(re.findall(r"\b[a-z]+(?:_[a-z]+)+\b|\bup\b", re.sub(r"\{[^}]*\}", "", expr)))
    return labels | names - told.keys() - OF_PROMETHEUS


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_an_alert_asks_for_what_is_told(rule: dict[str, Any], told: dict[str, set[tuple[str, str]]]) -> None:
    assert unknown(rule["expr"], told) == set()
    by = set(re.findall(r"by \((\w+)\)", rule["expr"])) - {"le"}
    assert by <= {key for labels in told.values() for key, _ in labels}
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert rule["annotations"].keys() == {"summary", "summary_zh"}


def test_what_is_not_told_would_be_found_out(told: dict[str, set[tuple[str, str]]]) -> None:
    assert unknown('log_lag_seconds{reader="wach"} > rate(no_such_total[5m])', told) == {
        "log_lag_seconds{reader}",
        "no_such_total",
    }


def test_names_of_alerts_are_given_once() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names) > 10


def test_each_alert_has_a_case_in_which_it_fires() -> None:
    cases = yaml.safe_load(ALERTS.with_name("alerts.test.yml").read_text(encoding="utf-8"))["tests"]
    asked = [expected for case in cases for expected in case["promql_expr_test"] if expected["exp_samples"]]
    fires = {name for expected in asked for name in re.findall(r'alertname="(\w+)"', expected["expr"])}
    assert fires == {rule["alert"] for rule in rules()}


@pytest.mark.skipif(PROMTOOL is None, reason="no promtool on the path: name the program of Prometheus 3 in PROMTOOL")
def test_alerts_fire_when_they_should_and_not_else() -> None:
    command = [str(PROMTOOL), "test", "rules", str(ALERTS.with_name("alerts.test.yml"))]
    run = subprocess.run(command, check=False, capture_output=True, text=True)
    assert run.returncode == 0, run.stdout + run.stderr


def test_every_metric_is_documented(told: dict[str, set[tuple[str, str]]]) -> None:
    documented = set(re.findall(r"`([a-z_0-9]+)(?:\{[a-z,]*\})?`", OPERATIONS.read_text(encoding="utf-8")))
    assert {re.sub(r"_(bucket|sum|count|created)$", "", name) for name in told} <= documented
