"""The reports by the API."""

import pytest
from fastapi.testclient import TestClient

from tests.api.conftest import Clock, Plant, login
from tests.api.test_scope import enter_hazards

DAY_NS = 86_400 * 10**9


def test_a_report_counts_what_lies_within_scope_alone(plant: Plant, client: TestClient, clock: Clock) -> None:
    for n, side in ((1, "inside"), (2, "outside")):
        enter_hazards(plant, f"S{n}", side)
        plant.leak(f"G{n}")
    clock.now_ns += DAY_NS
    for name, number in (("local", 1), ("root", 2)):
        told = login(client, name).get("/api/v1/reports/daily").json()
        assert (told["total"]["now"]["found"], told["public"][0]["now"]) == (number, number)
        assert sum(pair["now"] for pair in told["levels"]) == number
        assert sum(row["visits"] for row in told["inspections"]) == number
    text = login(client, "local").get("/api/v1/reports/daily/page")
    assert text.headers["content-disposition"].startswith('attachment; filename="daily-20')
    assert "日调度" in text.text


def test_a_page_within_the_console_can_run_nothing(client: TestClient) -> None:
    path = "/api/v1/reports/daily"
    saved, shown, none = (login(client).get(f"{path}/{rest}") for rest in ("page", "shown", "shown?of=2199-01-01"))
    assert saved.headers["content-disposition"].startswith("attachment")
    assert "frame-ancestors 'none'" in saved.headers["content-security-policy"]
    assert (shown.headers["content-disposition"], shown.text[-60:]) == ("inline", saved.text[-60:])
    rules = shown.headers["content-security-policy"]
    assert rules.startswith("default-src 'none'; style-src 'unsafe-inline'; ")
    assert "script" not in rules
    assert rules.endswith("frame-ancestors 'self'; sandbox allow-same-origin allow-modals")
    assert (none.status_code, none.headers["content-security-policy"]) == (422, rules)


@pytest.mark.parametrize("path", ["daily?of=2199-01-01", "daily?of=1999-01-01", "yearly", "daily/page?of=2199-01-01"])
def test_there_is_no_report_of_a_time_that_has_not_begun(client: TestClient, path: str) -> None:
    assert login(client).get(f"/api/v1/reports/{path}").status_code == 422
