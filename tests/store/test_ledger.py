"""The ledger in the records, over SQLite and PostgreSQL."""

from collections.abc import Iterator
from dataclasses import replace

import pytest

from domain.errors import Conflict
from domain.hazard import (
    Attachment,
    HazardEvent,
    HazardQuery,
    HazardScope,
    HazardState,
    HazardStep,
    Inspection,
    Origin,
    PublicReport,
    ReportState,
    Supervision,
)
from store.records import Records
from tests.blank import blank_records
from tests.ledger.support import DAY_NS, hazard
from tests.store.conftest import DATABASES

ROWS = [
    hazard(id="a", found_ns=1),
    hazard(id="b", found_ns=2, site="S2", township="下关", rule="R08", lead="市监", co=("商务", "公安")),
    hazard(id="c", found_ns=2, site="", township="古城镇", rule="N01", lead="住建", co=(), origin=Origin.PUBLIC_REPORT),
    hazard(id="d", found_ns=3, state=HazardState.CLOSED, closed_ns=9, supervision=Supervision.LISTED),
]


@pytest.fixture(scope="module", params=DATABASES)
def records(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Records]:
    """One for all tests: what they write does not meet."""
    if request.param == "sqlite":
        made = blank_records(tmp_path_factory.mktemp("ledger") / "records.db")
    else:
        made = Records(request.getfixturevalue("postgres").new_database())
        made.upgrade()
    with made.unit() as unit:
        for row in ROWS:
            unit.save_hazard(row)
    yield made
    made.close()


def ids(records: Records, **wanted: object) -> str:
    return "".join(row.id for row in records.hazards(HazardQuery(**wanted)))  # type: ignore[arg-type]


def test_a_hazard_reads_as_it_was_written_and_nobody_overwrites_what_he_has_not_seen(records: Records) -> None:
    first = records.hazard("d")
    assert first == replace(ROWS[3], version=1)
    with records.unit() as unit:
        unit.save_hazard(replace(first, interim="停用"))
    with pytest.raises(Conflict), records.unit() as unit:
        unit.save_hazard(first)
    with pytest.raises(Conflict), records.unit() as unit:
        unit.save_hazard(ROWS[3])
    known = records.hazards_named(["d", "x"])
    assert {name: row.interim for name, row in known.items()} == {"d": "停用"}


def test_hazards_are_listed_newest_first_page_by_page_and_by_what_is_asked(records: Records) -> None:
    assert ids(records) == "dcba"
    assert [row.id for row in records.hazards(HazardQuery(), below=(2, "c"), limit=1)] == ["b"]
    assert ids(records, states=frozenset({HazardState.CLOSED})) == "d"
    assert ids(records, overdue_ns=4 * DAY_NS) == ""
    assert ids(records, overdue_ns=4 * DAY_NS + 1) == "cba"
    assert (ids(records, rule="R08"), ids(records, site="S2"), ids(records, township="下关")) == ("b", "b", "b")
    assert (ids(records, origin=Origin.PUBLIC_REPORT), ids(records, responsible=frozenset({"店主"}))) == ("c", "dcba")
    assert (ids(records, department="商务"), ids(records, department="市监")) == ("dba", "b")


def test_a_scope_shows_its_sites_its_townships_and_its_departments(records: Records) -> None:
    there = HazardScope(frozenset({"S1"}), frozenset({"古城镇"}))
    assert ids(records, scope=there) == "dca"
    assert ids(records, scope=replace(there, departments=frozenset({"消防", "公安"}))) == "da"
    assert ids(records, scope=HazardScope(departments=frozenset({"公安", "住建"}))) == "cb"
    shown = [row.id for row in ROWS if replace(there, departments=frozenset({"住建"})).sees_hazard(row)]
    assert shown == ["c"]


def test_hazards_are_counted_by_state_and_delay(records: Records) -> None:
    counts = records.hazard_counts(HazardQuery(), 4 * DAY_NS + 1)
    assert sum(row.count for row in counts) == 4
    assert {(row.rule, row.state, row.overdue) for row in counts} == {
        ("R04", HazardState.REGISTERED, True),
        ("R04", HazardState.CLOSED, False),
        ("R08", HazardState.REGISTERED, True),
        ("N01", HazardState.REGISTERED, True),
    }


def test_events_inspections_reports_and_attachments_are_kept(records: Records) -> None:
    state = HazardState.REGISTERED
    event = HazardEvent("a", HazardStep.COMMENT, state, state, "li", 5, "看过")
    visit = Inspection("v", "S1", "后厨", "古城镇", "li", "李检", 5, "{}", ("R04", "R05"), ("R04",))
    report = PublicReport("r", "", "路边", "古城镇", "煤气味", "139", "li", 5)
    paper = Attachment("x", "a", "软管.png", "image/png", 3, "00", "li", 5)
    with records.unit() as unit:
        unit.add_hazard_event(event)
        unit.add_inspection(visit)
        unit.save_public_report(report)
        unit.save_public_report(replace(report, state=ReportState.VERIFIED, hazard_id="a"))
        unit.add_attachment(paper, b"\x00\xff1")
        assert unit.count_attachments("a") == 1
        assert unit.last_hazard_event("a") == replace(event, seq=1)
        assert unit.last_hazard_event("b") is None
    assert records.hazard_events("a") == [replace(event, seq=1)]
    assert [ids(records, within_ns=within) for within in ((5, 6), (0, 5), (6, 7))] == ["a", "", ""]
    assert records.inspections(HazardScope()) == [visit]
    assert records.inspections(HazardScope(frozenset({"S2"}))) == []
    assert records.public_reports(HazardScope(), state=ReportState.NEW) == []
    assert records.public_report("r") == replace(report, state=ReportState.VERIFIED, hazard_id="a")
    assert (records.attachments("a"), records.attachment_content("x")) == ([paper], b"\x00\xff1")
    assert records.attachment_content("y") is None


def test_steps_and_visits_are_read_by_time_and_scope(records: Records) -> None:
    steps = [("b", HazardStep.BEGIN, 30), ("a", HazardStep.REGISTER, 10), ("b", HazardStep.REGISTER, 20)]
    s = HazardState.FIXING
    with records.unit() as unit:
        for name, step, time_ns in steps:
            unit.add_hazard_event(HazardEvent(name, step, s, s, "li", 10**15 + time_ns))
        for n in (1, 2, 3):
            unit.add_inspection(Inspection(f"v{n}", "S2", "", "", "", "", 10**15 + n, "{}", ()))
            unit.save_public_report(PublicReport(f"w{n}", "S2", "", "", "", "", "", 10**15 + n))
    everywhere, there = HazardScope(), HazardScope(frozenset({"S2"}))
    known = [move for move in records.hazard_moves(everywhere, 10**15 + 30) if move.time_ns >= 10**15]
    assert [(move.hazard_id, move.step) for move in known] == [("a", HazardStep.REGISTER), ("b", HazardStep.REGISTER)]
    assert {move.hazard_id for move in records.hazard_moves(there, 10**18)} == {"b"}
    within = 10**15 + 1, 10**15 + 3
    assert [row.id for row in records.inspections(everywhere, within_ns=within)] == ["v2", "v1"]
    assert [row.id for row in records.public_reports(there, within_ns=within)] == ["w2", "w1"]
