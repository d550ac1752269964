"""The reports by the API."""

import io

import openpyxl
import pytest
from fastapi.testclient import TestClient

from domain.record import User
from ledger import workbook
from ledger.reports.schedule import issue_of
from ledger.reports.shelf import Shelf
from tests.api.conftest import HASH, Clock, Plant, login
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
    book = login(client, "local").get("/api/v1/reports/daily/workbook")
    assert book.headers["content-type"] == workbook.MEDIA
    assert "古城" in str(book_rows(book.content, "乡镇"))


def book_rows(content: bytes, name: str) -> list[tuple[object, ...]]:
    return list(openpyxl.load_workbook(io.BytesIO(content))[name].values)


def test_what_was_made_by_itself_is_listed_the_latest_first_and_given_to_whoever_sees_everything(
    plant: Plant, client: TestClient
) -> None:
    shelf = Shelf(plant.folder / "reports")
    for name in ("daily-2026-01-31", "daily-2026-02-01", "monthly-2026-01-01", "monthly-2026-02-01"):
        issue = issue_of(name)
        assert issue is not None
        shelf.put(issue, {"html": b"<p>", "json": b"{}\n"})
    login(client, "read_only")
    first = client.get("/api/v1/reports?limit=3").json()
    rest = client.get(f"/api/v1/reports?after={first['next']}").json()
    told = first["items"] + rest["items"]
    names = ["monthly-2026-02-01", "daily-2026-02-01", "daily-2026-01-31", "monthly-2026-01-01"]
    assert ([row["name"] for row in told], rest["next"]) == (names, None)
    january = {"rhythm": "monthly", "from": "2026-01-01", "to": "2026-01-31", "name": "monthly-2026-01-01"}
    assert told[-1] == january | {"bytes": 6, "formats": ["html", "json"]}
    assert len(client.get("/api/v1/reports?rhythm=daily").json()["items"]) == 2
    assert client.get("/api/v1/reports?after=x").status_code == 422
    file = client.get("/api/v1/reports/files/monthly-2026-01-01.json")
    assert (file.json(), file.headers["content-type"]) == ({}, "application/json")
    assert file.headers["content-disposition"] == 'attachment; filename="monthly-2026-01-01.json"'
    for name in ("monthly-2026-01-01.xlsx", "monthly-2025-01-01.html", "..%2f..%2frecords.db"):
        assert client.get(f"/api/v1/reports/files/{name}").status_code == 404
    with plant.records.unit() as unit:
        unit.add_user(User("police", "公安", "regulator", HASH, departments=("公安",)))
    for name in ("local", "police"):
        login(client, name)
        for path in ("reports", "reports/files/monthly-2026-01-01.json"):
            assert client.get(f"/api/v1/{path}").json()["code"] == "scope"


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
