from dataclasses import replace
from datetime import date

import pytest

from domain.asset import Gas, SiteLevel, Supply
from domain.handling import StepKind
from domain.location import Location
from domain.quality import Quality
from domain.quantity import Quantity
from lifeline.story import Story
from tests.lifeline.support import ASSETS, ROW, START_NS, S, canon, line, step

STORY = Story("a1-1", line("raise", "B", 0), START_NS, START_NS)
NOW = replace(ROW, life=replace(ROW.life, occurrence=1), classification="natural", confidence=0.9)


def test_an_alarm_says_where_it_is_in_the_system_of_the_target() -> None:
    made = canon("GCJ02").alarm(STORY, NOW)
    assert (made.lat, made.lng, made.crs) == (25.603466, 100.268698, "GCJ02")
    assert (made.township_code, made.monitored_class, made.unit) == ("532901003", "adjacent_closed_space", "%LEL")
    assert (made.classification, made.p_leak) == ("natural_gas", 0.9)
    assert made.first_time == "2026-01-15T12:00:00.000+08:00"


def test_the_place_of_the_leak_goes_before_that_of_the_site() -> None:
    located = replace(NOW, location=Location(100.3, 25.7, 50.0, ()))
    assert (canon().alarm(STORY, located).lng, canon().alarm(STORY, located).lat) == (100.3, 25.7)


def test_what_belongs_to_a_later_occurrence_is_not_told_of_this_one() -> None:
    later = replace(NOW, life=replace(NOW.life, occurrence=4))
    assert (canon().alarm(STORY, later).classification, canon().alarm(STORY, None).p_leak) == ("unknown", None)


def test_a_step_becomes_a_disposal_in_outward_words() -> None:
    made = canon().disposal(STORY, step(StepKind.CLOSE, 60, "leak"))
    assert (made.alarm_id, made.step, made.result, made.person) == ("a1-1", "close", "true_leak", "wang")
    assert canon().disposal(STORY, step(StepKind.ACKNOWLEDGE, 1)).step == "ack"


@pytest.mark.parametrize(
    ("quality", "late", "said"),
    [
        (Quality.GOOD, False, ("good", "")),
        (Quality.GOOD, True, ("late", "")),
        (Quality.UNCERTAIN, False, ("invalid", "uncertain")),
        (Quality.STALE, False, ("invalid", "stale")),
        (Quality.BAD, True, ("invalid", "bad")),
        (Quality.OVER_RANGE, False, ("overrange", "")),
        (Quality.CALIBRATION, False, ("calib", "")),
    ],
)
def test_what_is_half_believed_never_goes_out_as_good(quality: Quality, late: bool, said: tuple[str, str]) -> None:  # noqa: FBT001
    made = canon().reading(
        "G1", Quantity.GAS_PCT_LEL, 3.2, quality, sample_ns=START_NS, received_ns=START_NS + S, late=late
    )
    assert (made.quality, made.quality_reason) == said


def test_a_device_says_its_set_points_and_what_closes_with_it() -> None:
    detector = canon().device(ASSETS.devices["G1"], START_NS)
    assert (detector.l1, detector.l2, detector.lel_basis_vol_pct, detector.linked_valve) == (15, 50, 5.0, "V1")
    valve = canon().device(ASSETS.devices["V1"], START_NS)
    assert (valve.kind, valve.l1, valve.linked_valve) == ("valve", None, "")


def test_a_device_and_a_site_say_what_the_registry_knows_and_nothing_else() -> None:
    known = replace(ASSETS.devices["G1"], serial="8601", installed_on=date(2025, 1, 2), calibrated_on=date(2025, 3, 1))
    made = canon().device(known, START_NS, silent=True)
    assert (made.serial, made.install_date, made.next_calibration) == ("8601", "2025-01-02", "2026-03-01")
    assert (made.status, canon().device(ASSETS.devices["G1"], START_NS).next_calibration) == ("offline", "")
    site = canon().site(replace(ASSETS.sites["S1"], level=SiteLevel.SEMI, phone="0872"), START_NS)
    assert (site.level, site.phone, canon().site(ASSETS.sites["S1"], START_NS).level) == ("semi", "0872", "")


@pytest.mark.parametrize(
    ("gas", "supply", "cylinders", "said"),
    [
        (Gas.NATURAL, None, (), "NG"),
        (Gas.NATURAL, Supply.NONE, (), "none"),
        (Gas.LPG, Supply.PIPE, (), "LPG_pipe"),
        (Gas.LPG, Supply.CYLINDER, (), "LPG_cylinder"),
        (Gas.LPG, None, ("c1",), "LPG_cylinder"),
        (Gas.LPG, None, (), ""),
    ],
)
def test_where_gas_comes_from_is_told_and_never_guessed(
    gas: Gas, supply: Supply | None, cylinders: tuple[str, ...], said: str
) -> None:
    place = replace(ASSETS.sites["S1"], gas=gas, supply=supply)
    assert canon().site(place, START_NS, cylinders).gas_source == said
