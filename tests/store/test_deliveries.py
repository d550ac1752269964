"""Deliveries in the records, over SQLite and PostgreSQL."""

import itertools
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from domain.cylinder import Move
from domain.delivery import Delivery
from store.records import Records
from tests.blank import blank_records
from tests.store.conftest import DATABASES

TOLD = Delivery("1", "T1", "V1", "站", "李", "S1", 10, 11, ("a", "b"), ("z",), inspected=True)
ROWS = [
    TOLD,
    replace(TOLD, id="2", site="S2", time_ns=30, delivered=("b", 'o"d%'), returned=(), breaches=("outside_area",)),
    replace(TOLD, id="3", vehicle="V2", time_ns=20, delivered=(), returned=("b", "a"), lon=100.25, lat=25.5),
]
MOVES = {("a", ""), ("b", "S2"), ('o"d%', "S2"), ("z", "")}


@pytest.fixture(params=DATABASES)
def records(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Records]:
    if request.param == "sqlite":
        made = blank_records(tmp_path / "records.db")
    else:
        made = Records(request.getfixturevalue("postgres").new_database())
        made.upgrade()
    yield made
    made.close()


def add(records: Records, *deliveries: Delivery) -> None:
    with records.unit() as unit:
        unit.add_deliveries(deliveries)


def ids(records: Records, **wanted: object) -> str:
    return " ".join(row.id for row in records.deliveries(**wanted))  # type: ignore[arg-type]


def test_deliveries_are_found_by_place_vehicle_cylinder_and_breach(records: Records) -> None:
    add(records, *ROWS)
    assert ids(records) == "3 2 1"
    assert records.deliveries(limit=1) == [replace(ROWS[2], seq=3)]
    assert (ids(records, below=3), ids(records, limit=2), ids(records, sites=["S2"])) == ("2 1", "3 2", "2")
    assert (ids(records, site="S1"), ids(records, vehicle="V2"), ids(records, sites=[])) == ("3 1", "3", "")
    assert (ids(records, cylinder="b"), ids(records, cylinder="z"), ids(records, cylinder="%")) == ("3 2 1", "1", "")
    assert (ids(records, cylinder='o"d%'), ids(records, breach="outside_area")) == ("2", "2")
    assert [row.id for row in records.deliveries_after(1, 5)] == ["2", "3"]
    assert records.last_delivery() == 3
    assert {move.code for move in records.cylinder_moves(["S2"], ["a", "b"])} == {"a", "b", 'o"d%'}


def test_each_is_told_once_and_a_name_that_is_taken_moves_nothing(records: Records) -> None:
    add(records, TOLD, replace(TOLD, delivered=("x",)))
    add(records, TOLD, replace(TOLD, site="S2", time_ns=99))
    assert records.deliveries() == [replace(TOLD, seq=1)]
    assert set(records.cylinder_moves()) == {
        *(Move(code, "S1", 10, "1") for code in "ab"),
        Move("z", "", 10, "1"),
    }


def test_where_a_cylinder_is_does_not_depend_on_the_order_in_which_we_hear_of_it(tmp_path: Path) -> None:
    for n, order in enumerate(itertools.permutations(ROWS)):
        records = blank_records(tmp_path / f"{n}.db")
        add(records, order[0])
        add(records, *order[1:])
        assert {(move.code, move.site) for move in records.cylinder_moves()} == MOVES
        records.close()
    assert n == 5
