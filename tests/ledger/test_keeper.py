"""Monitoring enters what it proves into the ledger, once, whatever happens to the process that does it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from domain.alarm import Alarm, AlarmKind, Condition, Life, StateLetter, alarm_id
from domain.asset import Assets, Device, DeviceKind, LinksAt, Site, Tier, Zone
from domain.command import Command, CommandState
from domain.errors import StoreUnavailable
from domain.hazard import HazardQuery, HazardState, HazardStep, Origin, Supervision
from domain.record import JournalEntry
from ledger.book import act
from ledger.flow import Act
from ledger.keeper import READER, Keeper, Times
from ledger.monitoring import hazard_id
from store.records import Records
from tests.blank import blank_records
from tests.ledger.support import DAY_NS, NUMBERS, S, Seen, telemetry

HOUR_NS = DAY_NS // 24
NOW_NS = 20_000 * DAY_NS
TIMES = Times(NUMBERS, offline_ns=DAY_NS, relapse_ns=DAY_NS)
SITES = {
    "S1": Site("S1", "小厨", "Shop", "restaurant", "Z1", "古城镇", 100.0, 25.0, address="1 号", responsible="张三"),
    "S2": Site("S2", "学校", "School", "school", "Z1", "下关", 100.0, 25.0),
    "M1": Site("M1", "井", "Manhole", "manhole", "Z1", "下关", 100.0, 25.0),
}
DEVICES = {
    "G1": Device("G1", DeviceKind.GAS_DETECTOR, "S1"),
    "V1": Device("V1", DeviceKind.CUTOFF_VALVE, "S1"),
    "F1": Device("F1", DeviceKind.FLOW_METER, "S1", expires_on=date(1990, 1, 1)),
    "G2": Device("G2", DeviceKind.GAS_DETECTOR, "S2"),
    "V2": Device("V2", DeviceKind.CUTOFF_VALVE, "S2"),
    "W1": Device("W1", DeviceKind.MANHOLE, "M1"),
    "P1": Device("P1", DeviceKind.PRESSURE_SENSOR, "S1", tier=Tier.LOW_LPG),
}
ASSETS = Assets(SITES, {"Z1": Zone("Z1", "一区", "Zone 1")}, DEVICES)


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    made = blank_records(tmp_path / "records.db")
    yield made
    made.close()


def tell(
    records: Records,
    device: str,
    kind: AlarmKind,
    at_ns: int = NOW_NS,
    event: str = "raise",
    *,
    reason: str = "",
    drill: bool = False,
) -> None:
    """Write an alarm and a line of its journal, as the watch does."""
    site = DEVICES[device].site
    condition = Condition.NORMAL if event == "return" else Condition.ACTIVE
    a, b = StateLetter.NORMAL, StateLetter.ACTIVE_UNACKNOWLEDGED
    with records.unit() as unit:
        row = unit.alarm(alarm_id(device, kind)) or Alarm(alarm_id(device, kind), kind, device, device, site, "Z1")
        life = Life(condition=condition, level=1, acknowledged=False, occurrence=1)
        raised_ns = at_ns if event == "raise" else row.raised_ns
        unit.save(replace(row, life=life, raised_ns=raised_ns, reason=reason, drill=drill))
        unit.journal(JournalEntry(row.id, 1, event, a, b, kind, 3, 1, device, site, "", 1, at_ns))


def keeper(records: Records, assets: Assets = ASSETS, *, seen: Seen | None = None, low_closes: bool = False) -> Keeper:
    return Keeper(records, assets, TIMES, telemetry(seen or Seen(), assets, low_closes=low_closes))


def told(records: Records) -> dict[tuple[str, str], HazardState]:
    return {(row.site, row.finding): row.state for row in records.hazards(HazardQuery())}


def put_right(records: Records, hazard: str, at_ns: int, *, until: HazardStep = HazardStep.PASS) -> None:
    for step in (HazardStep.DISPATCH, HazardStep.BEGIN, HazardStep.RECTIFY, HazardStep.PASS):
        with records.unit() as unit:
            row = unit.hazard(hazard)
            assert row is not None
            user = "zhao" if step is HazardStep.PASS else "wang"
            act(unit, row, Act(step=step, user=user, now_ns=at_ns, text="x"), NUMBERS)
        if step is until:
            return


@pytest.mark.parametrize(
    ("device", "kind", "reason", "finding"),
    [
        ("V1", AlarmKind.LINKAGE_FAILED, "not_closed", "not_closed"),
        ("V1", AlarmKind.VALVE_BYPASS, "", "bypassed"),
        ("G1", AlarmKind.UPKEEP_DUE, "muted", "muted"),
        ("G1", AlarmKind.UPKEEP_DUE, "unplugged", "unplugged"),
        ("G1", AlarmKind.DEVICE_AGEING, "expired", "expired"),
    ],
)
def test_an_alarm_of_a_missing_protection_becomes_a_hazard(
    records: Records, device: str, kind: AlarmKind, reason: str, finding: str
) -> None:
    tell(records, device, kind, reason=reason)
    keeper(records).work(NOW_NS + 5)
    (row,) = records.hazards(HazardQuery())
    assert (row.id, row.finding, row.rule, row.origin) == (hazard_id("S1", finding), finding, "R07", Origin.TELEMETRY)
    assert (row.responsible, row.address, row.lead, row.found_ns) == ("张三", "1 号", "消防", NOW_NS)
    assert (row.deadline_ns, row.alarm_id) == (NOW_NS + 5 + 7 * DAY_NS, alarm_id(device, kind))
    (entry,) = records.audit()
    assert (entry.user, entry.action, entry.target) == ("ledger", "hazard_register", row.id)


def test_a_site_without_a_named_person_answers_by_its_name_and_its_own_department_helps(records: Records) -> None:
    tell(records, "V2", AlarmKind.LINKAGE_FAILED)
    keeper(records).work(NOW_NS)
    (row,) = records.hazards(HazardQuery())
    assert (row.responsible, row.co) == ("学校负责人", ("商务", "教体"))


@pytest.mark.parametrize(
    ("device", "kind", "reason", "drill"),
    [
        ("G1", AlarmKind.GAS_HIGH, "", False),
        ("G1", AlarmKind.UPKEEP_DUE, "untested", False),
        ("W1", AlarmKind.DEVICE_AGEING, "expired", False),
        ("V1", AlarmKind.LINKAGE_FAILED, "", True),
    ],
)
def test_gas_upkeep_wells_and_drills_are_no_hazard_of_this_rule(
    records: Records,
    device: str,
    kind: AlarmKind,
    reason: str,
    drill: bool,  # noqa: FBT001 - a row of a table
) -> None:
    tell(records, device, kind, reason=reason, drill=drill)
    keeper(records).work(NOW_NS)
    assert told(records) == {}
    assert records.cursor(READER) == 1


def test_what_is_not_installed_or_beyond_its_life_is_found_in_the_registry(records: Records) -> None:
    old = replace(DEVICES["G1"], expires_on=date(2024, 10, 3))  # day 19,999
    midnight_ns = NOW_NS - 8 * HOUR_NS  # of day 20,000 in China
    devices = {name: device for name, device in DEVICES.items() if name not in {"V1", "G2"}}
    assets = Assets(SITES, ASSETS.zones, devices | {"G1": old})
    keeper(records, assets).work(midnight_ns - 1)
    assert told(records).keys() == {("S1", "no_valve"), ("S2", "no_detector")}
    keeper(records, assets).work(midnight_ns)
    assert told(records).keys() == {("S1", "no_valve"), ("S2", "no_detector"), ("S1", "expired")}


def test_silence_is_a_hazard_after_its_time_also_where_nobody_looked_meanwhile(records: Records) -> None:
    tell(records, "G1", AlarmKind.DEVICE_SILENT)
    tell(records, "F1", AlarmKind.DEVICE_SILENT)
    keeper(records).work(NOW_NS + DAY_NS - 1)
    assert told(records) == {}
    keeper(records).work(NOW_NS + DAY_NS)
    assert told(records) == {("S1", "offline"): HazardState.REGISTERED}
    tell(records, "V2", AlarmKind.DEVICE_SILENT, NOW_NS)
    tell(records, "V2", AlarmKind.DEVICE_SILENT, NOW_NS + DAY_NS, "return")
    tell(records, "G2", AlarmKind.DEVICE_SILENT, NOW_NS + 1)
    tell(records, "G2", AlarmKind.DEVICE_SILENT, NOW_NS + DAY_NS, "return")
    keeper(records).work(NOW_NS + DAY_NS)
    assert told(records).keys() == {("S1", "offline"), ("S2", "offline")}
    assert (found := records.hazard(hazard_id("S2", "offline"))) is not None
    assert found.alarm_id == alarm_id("V2", AlarmKind.DEVICE_SILENT)


def test_one_hazard_stands_for_a_finding_however_often_it_flutters(records: Records) -> None:
    for hour in (0, 1, 30):
        tell(records, "V1", AlarmKind.LINKAGE_FAILED, NOW_NS + hour * HOUR_NS)
        keeper(records).work(NOW_NS + hour * HOUR_NS)
    steps = [event.step for event in records.hazard_events(hazard_id("S1", "not_closed"))]
    assert steps == [HazardStep.REGISTER, HazardStep.SEEN]


def test_what_comes_back_opens_its_record_anew_and_an_old_alarm_read_late_does_not(records: Records) -> None:
    name = hazard_id("S1", "not_closed")
    tell(records, "V1", AlarmKind.LINKAGE_FAILED)
    keeper(records).work(NOW_NS)
    put_right(records, name, NOW_NS + HOUR_NS)
    tell(records, "V1", AlarmKind.LINKAGE_FAILED, NOW_NS + 1)
    keeper(records).work(NOW_NS + 2 * HOUR_NS)
    assert told(records)["S1", "not_closed"] is HazardState.CLOSED
    tell(records, "V1", AlarmKind.LINKAGE_FAILED, NOW_NS + 3 * HOUR_NS)
    keeper(records).work(NOW_NS + 4 * HOUR_NS)
    assert (row := records.hazard(name)) is not None
    assert (row.state, row.reopened, row.deadline_ns) == (HazardState.REGISTERED, 1, NOW_NS + 4 * HOUR_NS + 7 * DAY_NS)


def test_what_is_seen_while_it_waits_for_its_re_check_goes_back_to_the_work(records: Records) -> None:
    name = hazard_id("S1", "not_closed")
    tell(records, "V1", AlarmKind.LINKAGE_FAILED)
    keeper(records).work(NOW_NS)
    put_right(records, name, NOW_NS + HOUR_NS, until=HazardStep.RECTIFY)
    tell(records, "V1", AlarmKind.LINKAGE_FAILED, NOW_NS + 2 * HOUR_NS)
    keeper(records).work(NOW_NS + 2 * HOUR_NS)
    assert told(records)["S1", "not_closed"] is HazardState.FIXING


def test_what_still_stands_a_day_after_it_was_closed_has_come_back(records: Records) -> None:
    tell(records, "G1", AlarmKind.DEVICE_SILENT, NOW_NS - DAY_NS)
    keeper(records).work(NOW_NS)
    put_right(records, hazard_id("S1", "offline"), NOW_NS)
    keeper(records).work(NOW_NS + DAY_NS)
    assert told(records)["S1", "offline"] is HazardState.CLOSED
    keeper(records).work(NOW_NS + DAY_NS + 1)
    assert told(records)["S1", "offline"] is HazardState.REGISTERED


def test_what_is_overdue_is_escalated_by_degrees_and_each_is_written_down(records: Records) -> None:
    tell(records, "V1", AlarmKind.LINKAGE_FAILED)
    keeper(records).work(NOW_NS)
    late_ns = NOW_NS + 7 * DAY_NS
    degrees = []
    for day in (0, 0.01, 1, 7.01, 15.01, 30):
        keeper(records).work(round(late_ns + day * DAY_NS))
        degrees.append(records.hazards(HazardQuery())[0].supervision)
    assert degrees == [Supervision(n) for n in (0, 1, 1, 2, 3, 3)]
    events = records.hazard_events(hazard_id("S1", "not_closed"))
    assert [event.step for event in events[1:]] == [HazardStep.SUPERVISE] * 3
    assert records.broken_audit() is None


@pytest.mark.parametrize(
    ("reason", "sent_s", "state", "linked"),
    [
        ("not_closed", 40, CommandState.CONFIRMED, False),
        ("not_closed", 40, CommandState.FAILED, True),  # it does not close at all
        ("not_closed", -1, CommandState.CONFIRMED, True),  # before
        ("not_closed", 61, CommandState.CONFIRMED, True),  # it was closed already
        ("no_feedback", 40, CommandState.CONFIRMED, True),  # perhaps it closed and could not say so
    ],
)
def test_a_valve_that_closes_at_a_command_and_not_at_an_alarm_is_not_linked(
    records: Records,
    reason: str,
    sent_s: int,
    state: CommandState,
    linked: bool,  # noqa: FBT001 - a row of a table
) -> None:
    sent_ns = NOW_NS + sent_s * S
    with records.unit() as unit:
        unit.save_command(
            Command("c1", "V1", "S1", "wang", "", "", urgent=True, requested_ns=sent_ns - S, confirm_by_ns=0,
                    state=state, sent_ns=sent_ns)
        )  # fmt: skip
    tell(records, "V1", AlarmKind.LINKAGE_FAILED, reason=reason)
    tell(records, "V1", AlarmKind.LINKAGE_FAILED, NOW_NS + 60 * S, "latch", reason=reason)
    keeper(records).work(NOW_NS + 90 * S)
    assert (("S1", "not_linked") not in told(records)) == linked
    assert ("S1", "not_closed") in told(records)


@pytest.mark.parametrize("by_site", [True, False])
def test_a_valve_that_stays_open_at_the_first_level_is_a_hazard_where_sites_link_there(
    records: Records,
    by_site: bool,  # noqa: FBT001 - a row of a table
) -> None:
    seen = Seen({"V1": [(NOW_NS - 60 * S, 1), (NOW_NS + 20 * S, 1)]})
    tell(records, "G1", AlarmKind.GAS_LOW)
    tell(records, "G1", AlarmKind.GAS_LOW, NOW_NS + 60 * S, "return")
    tell(records, "G2", AlarmKind.GAS_LOW)
    tell(records, "G2", AlarmKind.GAS_LOW, NOW_NS + 60 * S, "return", drill=True)
    keeper(records, seen=seen).work(NOW_NS)
    assert told(records) == {}
    with records.unit() as unit:
        unit.set_cursor(READER, 0)
    linked = {name: replace(site, links_at=LinksAt.LOW) for name, site in SITES.items()} if by_site else SITES
    keeper(records, replace(ASSETS, sites=linked), seen=seen, low_closes=not by_site).work(NOW_NS)
    assert told(records).keys() == {("S1", "not_closed")}


def test_burners_on_medium_pressure_are_handed_to_market_supervision_and_series_that_are_away_are_asked_again(
    records: Records,
) -> None:
    seen = Seen({"P1": [(NOW_NS + hour * HOUR_NS, 30.0) for hour in range(25)]}, away=True)
    tell(records, "P1", AlarmKind.PRESSURE_HIGH)
    keeper(records, seen=seen).work(NOW_NS + DAY_NS)
    assert told(records) == {}
    seen.away = False
    keeper(records, seen=seen).work(NOW_NS + DAY_NS)
    (row,) = records.hazards(HazardQuery())
    assert (row.rule, row.finding, row.lead) == ("R10", "medium_pressure", "市监")
    assert row.deadline_ns == NOW_NS + (1 + 3) * DAY_NS


def test_a_pass_that_is_cut_off_is_done_again_and_nothing_stands_twice(
    records: Records, monkeypatch: pytest.MonkeyPatch
) -> None:
    for device in ("V1", "V2"):
        tell(records, device, AlarmKind.LINKAGE_FAILED)

    def killed(*_: object) -> None:
        raise StoreUnavailable("gone")

    with monkeypatch.context() as patched:
        patched.setattr("store.unit.Unit.set_cursor", killed)
        with pytest.raises(StoreUnavailable):
            keeper(records).work(NOW_NS)
    assert (told(records), records.cursor(READER)) == ({}, 0)
    for _ in range(2):
        keeper(records).work(NOW_NS)
    assert told(records).keys() == {("S1", "not_closed"), ("S2", "not_closed")}
    assert [len(records.hazard_events(row.id)) for row in records.hazards(HazardQuery())] == [1, 1]


def test_a_pass_that_is_over_leaves_the_rest_to_the_next_one(records: Records) -> None:
    tell(records, "V1", AlarmKind.LINKAGE_FAILED)
    bare = Assets(SITES, ASSETS.zones, {"V1": DEVICES["V1"]})
    keeper(records, bare).work(NOW_NS, lambda: True)
    assert told(records).keys() == {("S1", "not_closed")}
    keeper(records).work(NOW_NS + 9 * DAY_NS, lambda: True)
    assert records.hazards(HazardQuery())[0].supervision is Supervision.NONE
