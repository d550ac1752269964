"""Alarms that follow from others, and alarms that others explain, through the desk and its rows in memory."""

from dataclasses import replace

import pytest

from alerting.desk import Desk
from alerting.fusion import Numbers, Places
from alerting.memory import MemoryUnit
from domain.alarm import Alarm, AlarmKind, alarm_id
from domain.asset import Assets, Device, DeviceKind, Site, Zone
from domain.finding import Finding, Transition
from domain.record import Incident
from tests.alerting.conftest import DEFINITIONS, S

AWAY, CUT, SEVERAL = AlarmKind.DEVICES_AWAY, AlarmKind.POWER_CUT, AlarmKind.GAS_SEVERAL
SILENT, POWER, GAS, WELL = AlarmKind.DEVICE_SILENT, AlarmKind.POWER_LOST, AlarmKind.GAS_LOW, AlarmKind.MANHOLE_GAS
PRESSURE = AlarmKind.PRESSURE_LOW


def site(name: str, zone: str, lon: float) -> Site:
    return Site(name, name, name, "restaurant", zone, "D", lon, 25.0)


def town() -> Assets:
    """Ten kitchens of two detectors and a valve in zone Z1, wells 100 m apart, and zone Z2 far away."""
    sites = {f"K{n}": site(f"K{n}", "Z1", 100.0 + 0.001 * n) for n in range(10)}
    sites |= {f"W{n}": site(f"W{n}", "Z1" if n < 2 else "Z3", 101.0 + 0.001 * n) for n in range(3)}
    sites |= {"FAR": site("FAR", "Z2", 110.0)}
    devices: dict[str, Device] = {}
    for n in range(10):
        for name, kind in (
            ("GD", DeviceKind.GAS_DETECTOR),
            ("GE", DeviceKind.GAS_DETECTOR),
            ("CV", DeviceKind.CUTOFF_VALVE),
        ):
            devices[f"{name}{n}"] = Device(f"{name}{n}", kind, f"K{n}")
    devices |= {f"MH{n}": Device(f"MH{n}", DeviceKind.MANHOLE, f"W{n}") for n in range(3)}
    devices |= {"FAR": Device("FAR", DeviceKind.GAS_DETECTOR, "FAR")}
    devices |= {"PS": Device("PS", DeviceKind.PRESSURE_SENSOR, "K9")}
    zones = {name: Zone(name, name, name) for name in ("Z1", "Z2", "Z3")}
    return Assets(sites=sites, zones=zones, devices=devices)


class Town:
    """A desk over rows in memory; each finding is a position, and a minute by itself."""

    def __init__(self) -> None:
        self.assets, self.unit, self.now = town(), MemoryUnit(), 0
        numbers = Numbers(away_devices=4, away_share=0.0, cut_sites=3)
        self.desk = Desk(
            definitions=DEFINITIONS, assets=self.assets, configuration="v1", channels=("c",), numbers=numbers
        )

    def say(self, kind: AlarmKind, device: str, level: int = 1, after_s: int = 60, **more: object) -> Alarm:
        self.now += after_s
        known = self.row(kind, device)
        transition = Transition.END if level == 0 else Transition.ESCALATE if known.life.active else Transition.ONSET
        at = self.assets.devices[device].site
        finding = Finding("t", kind, device, at, transition, level, self.now, self.now * S, self.now * S)
        self.desk.apply(self.unit, [replace(finding, **more)], self.now * S)  # type: ignore[arg-type]
        return self.row(kind, device)

    def row(self, kind: AlarmKind, subject: str) -> Alarm:
        found = self.unit.alarm(alarm_id(subject, kind))
        return found or Alarm("", kind, subject, subject, "", "")

    def letter(self, kind: AlarmKind, subject: str) -> str:
        return self.row(kind, subject).life.letter

    def incident(self, kind: AlarmKind, subject: str) -> Incident:
        found = self.unit.incident(self.row(kind, subject).incident_id)
        assert found is not None
        return found


@pytest.fixture
def there() -> Town:
    return Town()


# ---------------------------------------------------------------- several detectors


def test_two_detectors_of_a_site_are_an_alarm_of_priority_one_that_ends_with_the_first(there: Town) -> None:
    there.say(GAS, "GD1")
    assert there.letter(SEVERAL, "K1") == "A"
    there.say(GAS, "GE1")
    assert (there.letter(SEVERAL, "K1"), there.row(SEVERAL, "K1").priority) == ("B", 1)
    there.say(GAS, "GD1", 0)
    assert there.letter(SEVERAL, "K1") == "E"


def test_two_alarms_of_one_detector_or_detectors_of_two_sites_are_not_several(there: Town) -> None:
    there.say(GAS, "GD1")
    there.say(AlarmKind.GAS_HIGH, "GD1")
    there.say(GAS, "GD2")
    assert {there.letter(SEVERAL, name) for name in ("K1", "K2")} == {"A"}


def test_wells_beside_each_other_with_natural_gas_are_several_when_one_is_sure(there: Town) -> None:
    there.say(WELL, "MH0", level=2, classification="natural", confidence=0.8)
    there.say(WELL, "MH1", level=2, classification="natural", confidence=0.8)
    assert there.letter(SEVERAL, "Z1") == "A"
    there.say(WELL, "MH2", level=2, classification="natural", confidence=0.99)  # of the next zone, 100 m on
    assert there.letter(SEVERAL, "Z3") == "B"
    there.say(WELL, "MH1", level=3, classification="natural", confidence=0.97)
    assert there.letter(SEVERAL, "Z1") == "B"


def test_wells_with_biogas_are_no_leak_that_spreads(there: Town) -> None:
    for name in ("MH0", "MH1"):
        there.say(WELL, name, classification="biogas", confidence=0.99)
    assert there.letter(SEVERAL, "Z1") == "A"


# ---------------------------------------------------------------- a carrier away


def test_many_silent_devices_of_a_zone_are_one_alarm_that_hides_them(there: Town) -> None:
    for number in range(3):
        there.say(SILENT, f"GD{number}")
    assert there.letter(AWAY, "Z1") == "A"
    there.say(SILENT, "GD3")
    assert there.letter(AWAY, "Z1") == "B"
    assert [there.letter(SILENT, f"GD{n}") for n in range(4)] == ["H"] * 4
    before = len(there.unit.entries)
    there.say(SILENT, "GD4")
    told = [entry.event for entry in there.unit.entries[before:]]
    assert told == ["suppress", "raise"]  # nobody is called first


def test_what_fell_silent_long_before_or_after_gas_is_not_explained(there: Town) -> None:
    there.say(SILENT, "GD9")
    there.say(SILENT, "GD8", level=2, after_s=3_600, reason="after_gas")
    for number in range(4):
        there.say(SILENT, f"GD{number}")
    assert there.letter(AWAY, "Z1") == "B"
    assert (there.letter(SILENT, "GD9"), there.letter(SILENT, "GD8")) == ("B", "B")


def test_when_the_cause_ends_what_still_stands_asks_and_what_returned_does_not(there: Town) -> None:
    for number in range(7):
        there.say(SILENT, f"GD{number}")
    for number in (4, 5, 0, 1, 2):
        there.say(SILENT, f"GD{number}", 0)
    assert there.letter(AWAY, "Z1") == "B"
    there.say(SILENT, "GD3", 0)
    assert there.letter(AWAY, "Z1") == "D"
    assert there.letter(SILENT, "GD6") == "B"
    assert {there.letter(SILENT, f"GD{n}") for n in (4, 5)} == {"A"}  # nobody was ever asked
    assert {there.letter(SILENT, f"GD{n}") for n in (0, 1, 2)} == {"D"}  # somebody was, before the cause was known


def test_a_hidden_cause_hides_nothing(there: Town) -> None:
    for number in range(5):
        there.say(SILENT, f"GD{number}")
    cause = there.row(AWAY, "Z1")
    until = (there.now + 3_600) * S
    there.desk.shelve(there.unit, cause.id, 1, "li", "known", there.now * S, until)
    assert there.letter(SILENT, "GD4") == "B"
    there.desk.unshelve(there.unit, cause.id, 1, "li", "", there.now * S)
    assert there.letter(SILENT, "GD4") == "H"


def test_gas_is_never_hidden_by_an_outage(there: Town) -> None:
    for number in range(5):
        there.say(SILENT, f"GD{number}")
    assert there.say(GAS, "GE1").life.letter == "B"


def test_a_large_outage_stands_while_many_are_away(there: Town) -> None:
    for number in range(10):
        there.say(SILENT, f"GD{number}", after_s=5)
    there.say(SILENT, "GD0", 0)
    assert there.letter(AWAY, "Z1") == "B"


# ---------------------------------------------------------------- a power cut


def test_sites_without_power_are_one_cut_that_hides_them_and_their_silence(there: Town) -> None:
    for number in range(3):
        there.say(POWER, f"CV{number}")
    assert there.letter(CUT, "Z1") == "B"
    assert there.say(SILENT, "GD1").life.letter == "H"
    assert there.say(SILENT, "GD7").life.letter == "B"  # its site has power
    assert [there.letter(POWER, f"CV{n}") for n in range(3)] == ["H"] * 3


def test_a_valve_that_stays_open_without_power_is_not_hidden(there: Town) -> None:
    for number in range(3):
        there.say(POWER, f"CV{number}")
    assert there.say(POWER, "CV1", level=2).life.letter == "B"


def test_a_site_without_power_explains_its_silent_devices_and_no_others(there: Town) -> None:
    there.say(SILENT, "GD1")
    there.say(POWER, "CV1")
    assert there.say(SILENT, "GD2").life.letter == "B"
    assert there.letter(SILENT, "GD1") == "H"
    there.say(POWER, "CV1", 0)
    assert there.letter(SILENT, "GD1") == "B"


# ---------------------------------------------------------------- a closed valve


def test_low_pressure_behind_a_valve_that_gas_closed_is_explained(there: Town) -> None:
    there.say(GAS, "GD9")
    low = there.say(PRESSURE, "PS", reason="valve_closed CV9")
    assert low.life.letter == "H"
    there.desk.advance(there.unit, (there.now + 20) * S, there.now + 20)
    assert (there.letter(PRESSURE, "PS"), there.row(PRESSURE, "PS").life.occurrence) == ("H", 1)
    there.now += 20
    there.say(GAS, "GD9", 0)
    assert there.letter(PRESSURE, "PS") == "B"


def test_low_pressure_that_names_no_valve_or_passes_by_is_not(there: Town) -> None:
    there.say(GAS, "GD9")
    assert there.say(PRESSURE, "PS").life.letter != "H"
    there.say(PRESSURE, "PS", 0)
    there.say(PRESSURE, "PS", reason="valve_closed CV9")
    there.say(PRESSURE, "PS", 0, after_s=2)  # gone before it was sure
    assert there.row(PRESSURE, "PS").life.causes == ()


# ---------------------------------------------------------------- incidents


def test_silent_devices_of_a_zone_are_one_incident_and_kitchens_with_gas_are_two(there: Town) -> None:
    for number in range(5):
        there.say(SILENT, f"GD{number}")
    one = there.incident(SILENT, "GD0")
    assert there.incident(SILENT, "GD4").id == there.incident(AWAY, "Z1").id == one.id
    assert (there.incident(SILENT, "GD4").cause, one.priority) == ("carrier_outage", 3)
    there.say(GAS, "GD5")
    there.say(GAS, "GD6")
    assert there.incident(GAS, "GD5").id != there.incident(GAS, "GD6").id


def test_what_comes_much_later_or_from_afar_is_another_incident(there: Town) -> None:
    there.say(SILENT, "GD0")
    assert there.say(SILENT, "FAR").incident_id != there.row(SILENT, "GD0").incident_id
    assert there.say(SILENT, "GD1", after_s=4_000).incident_id != there.row(SILENT, "GD0").incident_id


def test_a_leak_joins_from_the_next_zone_within_ten_minutes(there: Town) -> None:
    there.say(WELL, "MH1", classification="natural", confidence=0.9, level=2, reason="natural 90% risk 0; P-1 98%")
    near = there.say(WELL, "MH2", classification="natural", confidence=0.9, level=2)
    assert near.incident_id == there.row(WELL, "MH1").incident_id
    assert there.incident(WELL, "MH2").place == "P-1 98%"
    there.say(WELL, "MH2", 0)
    there.say(WELL, "MH1", 0)


def test_a_new_verdict_of_a_member_weighs_the_incident_anew(there: Town) -> None:
    there.say(WELL, "MH0", classification="biogas", confidence=0.9)
    assert there.incident(WELL, "MH0").cause == "biogas"
    there.say(WELL, "MH0", level=3, classification="natural", confidence=0.99)
    there.say(GAS, "MH0")
    assert there.incident(WELL, "MH0").cause == "pipe_leak"


def test_neighbouring_zones_are_those_with_sites_within_reach() -> None:
    places = Places(town(), 300.0)
    assert places.zones("Z1") == places.zones("Z1") == {"Z1", "Z3"}
    assert places.zones("Z2") == {"Z2"}
    assert places.near("W0", "W1")
    assert not places.near("W0", "nowhere")


def test_one_tick_on_which_two_that_touch_each_other_fire_is_no_conflict(there: Town) -> None:
    there.say(GAS, "GD9")
    there.say(PRESSURE, "PS", reason="valve_closed CV9", after_s=0)
    there.desk.advance(there.unit, (there.now + 4_000) * S, there.now + 1)
    assert there.row(PRESSURE, "PS").life.occurrence == 1
