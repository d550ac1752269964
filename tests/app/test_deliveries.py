"""Deliveries from the log into the records, over the example that the documents name."""

from pathlib import Path

import msgspec

from app.configuration import load_configuration
from app.roles.engine import Engine
from domain.alarm import AlarmKind
from domain.delivery import Delivery
from domain.hazard import HazardQuery
from domain.sample import RefusalReason
from ledger.keeper import Keeper, Times
from tests.app.support import ROOT, START_NS, Plant, Tape, bites, catch_up
from tests.ledger.support import Seen, telemetry

EXAMPLE = ROOT / "examples" / "lpg"
TOWN = load_configuration(EXAMPLE, ROOT / "rulebook.toml", "gas/v1")
TOPIC = "gas/v1/LPG-DEPOT/DL-VT-0007/delivery"
SAID = (EXAMPLE / "delivery.json").read_bytes()


def said(**changes: object) -> bytes:
    return msgspec.json.encode(msgspec.json.decode(SAID) | changes)


def tape() -> Tape:
    """The example twice, a later one that takes a cylinder back, an incomplete one, an older one without a number."""
    made = Tape(START_NS)
    for payload in (SAID, SAID, said(seq=2, cylinder=[], returned=["5329-000001"]), said(seq=3, person=None)):
        made.put(TOPIC, payload)
        made.tick()
    old = msgspec.json.decode(said(time="2026-01-14T12:00:00+08:00", cylinder="5329-000004"))
    old = {key: value for key, value in old.items() if key not in {"boot_id", "seq"}}
    for _ in range(2):
        made.put(TOPIC, msgspec.json.encode(old))
        made.tick()
    return made


def found(size: int) -> list[Delivery]:
    engine = Engine(TOWN)
    return [delivery for bite in bites(tape().frames, size) for delivery in engine.feed(bite).deliveries]


def test_what_is_found_does_not_depend_on_the_size_of_the_bites() -> None:
    assert found(1) == found(1_000)
    assert found(1)[0].breaches == ("uninspected", "unpaired", "outside_area", "unknown_cylinder")
    assert found(1)[0].enterprise == "苍山燃气站"
    assert found(1)[-1].breaches == ("uninspected", "unpaired", "outside_area", "expired_cylinder")


def test_a_redelivery_and_a_second_reading_of_the_log_tell_nothing_twice(tmp_path: Path) -> None:
    plant = Plant(tmp_path)
    plant.log.append(tape().entries)
    catch_up(plant.watch(TOWN))
    told = plant.records.deliveries()
    assert [row.seq for row in told] == [3, 2, 1]
    assert [row.reason for row in plant.records.quarantine()] == [RefusalReason.WRONG_TYPE]
    for path in (tmp_path / "snapshots").glob("*"):
        path.unlink()
    with plant.records.unit() as unit:
        unit.set_cursor("watch", 0)
    catch_up(plant.watch(TOWN))
    assert plant.records.deliveries() == told
    assert not [alarm for alarm in plant.records.alarms() if alarm.kind is AlarmKind.DEVICE_SILENT]
    plant.close()


def test_the_example_breaks_the_rules_that_its_page_names(tmp_path: Path) -> None:
    plant = Plant(tmp_path)
    plant.log.append([(START_NS, TOPIC, SAID)])
    catch_up(plant.watch(TOWN))
    Keeper(plant.records, TOWN.assets, Times.of(TOWN.rulebook), telemetry(Seen(), TOWN.assets)).work(START_NS)
    rows = plant.records.hazards(HazardQuery(site="DL-R-0002", rule="R02"))
    assert [row.evidence[-57:] for row in rows] == ["[114.5 kg: 5329-000001 5329-000002 5329-000003 5329-999999]"[-57:]]
    broken = [row.rule for row in plant.records.hazards(HazardQuery()) if row.rule != "R07"]
    assert sorted(broken) == ["R02", "R13", "R15", "R15", "R15"]
    plant.close()
