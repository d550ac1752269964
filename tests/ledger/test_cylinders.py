"""What cylinders and deliveries prove enters the ledger, each once."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from domain.asset import Assets
from domain.cylinder import Carrier, Cylinder, CylinderRoom
from domain.delivery import Delivery
from domain.errors import StoreUnavailable
from domain.hazard import HazardQuery, HazardState, HazardStep, Origin
from ledger.keeper import DELIVERIES, Keeper
from ledger.monitoring import hazard_id
from store.records import Records
from tests.blank import blank_records
from tests.ledger.support import DAY_NS, Seen, telemetry
from tests.ledger.test_keeper import ASSETS, NOW_NS, TIMES, put_right

ONE = Delivery("1", "T1", "V1", "苍山燃气站", "李", "S1", NOW_NS, NOW_NS, ("a",), (), inspected=True)
CARRIERS = {"V1": Carrier("V1", "苍山燃气站", "李", "古城镇", responsible="赵六")}


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    made = blank_records(tmp_path / "records.db")
    yield made
    made.close()


def town(*weights_kg: float, **changes: object) -> Assets:
    """Three sites, and cylinders of these nominal fills at the first."""
    cylinders = {str(n): Cylinder(str(n), kg, 20.0, "S1") for n, kg in enumerate(weights_kg)}
    sites = dict(ASSETS.sites) | {"S1": replace(ASSETS.sites["S1"], **changes)}  # type: ignore[arg-type]
    return Assets(sites, ASSETS.zones, ASSETS.devices, cylinders=cylinders, carriers=CARRIERS)


def deliver(records: Records, *deliveries: Delivery) -> None:
    with records.unit() as unit:
        unit.add_deliveries(deliveries)


def keep(records: Records, assets: Assets, now_ns: int = NOW_NS, *, gross: bool = False) -> set[tuple[str, str]]:
    Keeper(records, assets, TIMES, telemetry(Seen(), assets), gross=gross).work(now_ns)
    return {(row.rule, row.finding) for row in records.hazards(HazardQuery())}


@pytest.mark.parametrize(
    ("assets", "gross", "found"),
    [
        (town(50.0, 50.0), False, False),
        (town(50.0, 50.1), False, True),
        (town(50.0, 50.1, cylinder_room=CylinderRoom.YES), False, False),
        (town(50.0, 50.1, type="station"), False, False),
        (town(30.0, 30.0), True, False),
        (town(30.0, 30.1), True, True),
    ],
)
def test_more_than_100_kg_without_a_room_is_a_hazard_and_100_kg_are_none(
    assets: Assets,
    gross: bool,  # noqa: FBT001 - a row of a table
    found: bool,  # noqa: FBT001
    records: Records,
) -> None:
    assert keep(records, assets, gross=gross) == ({("R02", "storage")} if found else set())


def test_what_stands_at_a_site_is_the_registry_and_what_came_and_went_since(records: Records) -> None:
    assets = town(50.0, 50.0)
    more = replace(assets, cylinders=dict(assets.cylinders) | {"a": Cylinder("a", 14.5, 16.5)})
    keeper = Keeper(records, more, TIMES, telemetry(Seen(), more))
    keeper.work(NOW_NS)
    deliver(records, ONE)
    keeper.work(NOW_NS + 1)
    (row,) = records.hazards(HazardQuery())
    assert (row.rule, row.site, row.object, row.responsible, row.lead) == ("R02", "S1", "小厨", "张三", "消防")
    assert (row.origin, row.deadline_ns) == (Origin.TELEMETRY, NOW_NS + 1 + 7 * DAY_NS)
    assert row.evidence.endswith("[114.5 kg: 0 1 a]")
    put_right(records, row.id, NOW_NS + 2)
    keeper.work(NOW_NS + 3 + DAY_NS)  # nothing was taken back
    assert records.hazards(HazardQuery())[0].state is HazardState.REGISTERED
    put_right(records, row.id, NOW_NS + 2 * DAY_NS)
    deliver(records, replace(ONE, id="2", time_ns=NOW_NS + 1, delivered=(), returned=("0",)))
    keeper.work(NOW_NS + 9 * DAY_NS)
    assert records.hazards(HazardQuery())[0].state is HazardState.CLOSED


def test_a_breach_is_a_hazard_of_the_enterprise_in_the_township_where_it_was(records: Records) -> None:
    breaches = ("uninspected", "unpaired", "outside_area", "elsewhere", "unknown_cylinder", "expired_cylinder")
    deliver(records, replace(ONE, breaches=breaches), replace(ONE, id="2", site="S2", breaches=("uninspected",)))
    assert keep(records, town()) == {("R13", "uninspected"), *(("R15", breach) for breach in breaches[1:5])}
    rows = {(row.finding, row.township): row for row in records.hazards(HazardQuery())}
    assert len(rows) == 6
    row = rows["uninspected", "古城镇"]
    assert (row.site, row.object, row.responsible, row.lead) == ("", "苍山燃气站", "赵六", "住建")
    assert (row.origin, row.found_ns) == (Origin.ENTERPRISE_SELF, NOW_NS)
    assert row.evidence == "送气时未随瓶安检 / LPG was delivered without a check of the place [V1 李 → 小厨 1]"
    assert rows["uninspected", "下关"].id == hazard_id("苍山燃气站/下关", "uninspected")


@pytest.mark.parametrize(("device", "township"), [("W1", "下关"), ("T1", "未知")])
def test_a_vehicle_that_nobody_registered_answers_where_its_terminal_is(
    device: str, township: str, records: Records
) -> None:
    bad = replace(ONE, device=device, vehicle="V9", enterprise="", site="S9", breaches=("unpaired", "unknown_site"))
    deliver(records, bad)
    assert keep(records, town()) == {("R15", "unpaired")}
    (row,) = records.hazards(HazardQuery())
    assert (row.object, row.township, row.responsible) == ("V9", township, "V9负责人")


def test_each_is_entered_once_whatever_is_told_or_killed(records: Records, monkeypatch: pytest.MonkeyPatch) -> None:
    bad = replace(ONE, breaches=("uninspected",))
    deliver(records, bad)

    def killed(*_: object) -> None:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr("store.unit.Unit.set_cursor", killed)
        with pytest.raises(StoreUnavailable):
            keep(records, town())
    assert (records.hazards(HazardQuery()), records.cursor(DELIVERIES)) == ([], 0)
    for delivery in (bad, replace(bad, id="2", time_ns=NOW_NS + 1)):  # the first is one that came again
        deliver(records, delivery)
        keep(records, town())
    (row,) = records.hazards(HazardQuery())
    assert [event.step for event in records.hazard_events(row.id)] == [HazardStep.REGISTER]
    put_right(records, row.id, NOW_NS + 5)
    deliver(records, replace(bad, id="3", time_ns=NOW_NS + 6))
    keep(records, town(), NOW_NS + 7)
    assert records.hazards(HazardQuery())[0].reopened == 1
