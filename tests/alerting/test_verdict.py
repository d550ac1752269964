"""What is behind alarms that stand together."""

from hypothesis import given
from hypothesis import strategies as st

from alerting.reasons import ORIGINS_EN, ORIGINS_ZH
from alerting.verdict import AREA, WEIGHTS, Origin, Votes, add, judge, share_any, share_area, sides, vote
from domain.alarm import Alarm, AlarmKind
from domain.asset import Assets, Device, DeviceKind, Zone

WELL = Device("MH", DeviceKind.MANHOLE, "S")
TOWN = Assets(sites={}, zones={"Z": Zone("Z", "", "")}, devices={"MH": WELL})


def alarm(kind: AlarmKind, device: str = "D", classification: str = "") -> Alarm:
    return Alarm("a", kind, device, device, "S", "Z", classification=classification)


def origin(*votes: tuple[str, int]) -> str:
    return judge(votes).origin


def test_gas_in_a_room_is_a_leak_and_surer_with_each_sign() -> None:
    one, two = judge((("gas_low", 1),)), judge((("gas_high", 1), ("gas_low", 1)))
    assert one.origin == two.origin == "gas_leak"
    assert 0.5 < one.confidence < two.confidence


def test_each_origin_is_found_by_its_own_signs() -> None:
    assert origin(("manhole_gas/natural", 1), ("well_gas", 1)) == "pipe_leak"
    assert origin(("manhole_gas/biogas", 1)) == "biogas"
    assert origin(("pipe_rupture", 1), ("pressure_low", 4)) == "pipe_rupture"
    assert origin(("pressure_high", 1)) == "regulator_fault"
    assert origin(("gas_early/vapour", 1)) == "vapour"
    assert origin(("device_silent", 6), ("devices_away", 1)) == "carrier_outage"
    assert origin(("power_lost", 6)) == "power_cut"
    assert origin(("battery_low", 1)) == "device_fault"
    assert origin(("log_space", 1)) == "ourselves"


def test_nothing_known_is_unclear() -> None:
    assert judge(()) == (Origin.UNCLEAR, 1.0)
    assert origin(("a kind of tomorrow", 3)) == "unclear"


def test_one_silent_device_is_broken_and_many_lost_their_carrier() -> None:
    assert origin(("device_silent", 1)) == "device_fault"
    assert origin(("device_silent", 5)) == "carrier_outage"


def test_gas_in_a_well_and_what_it_is_taken_for_are_sorts_of_their_own() -> None:
    assert vote(alarm(AlarmKind.GAS_LOW), TOWN) == "gas_low"
    assert vote(alarm(AlarmKind.GAS_LOW, "MH"), TOWN) == "well_gas"
    assert vote(alarm(AlarmKind.MANHOLE_GAS, "MH", "biogas"), TOWN) == "manhole_gas/biogas"
    assert vote(alarm(AlarmKind.GAS_EARLY, classification="unheard of"), TOWN) == "gas_early"
    assert vote(alarm(AlarmKind.GAS_SEVERAL, "S"), TOWN) == "gas_several"
    assert vote(alarm(AlarmKind.GAS_SEVERAL, "Z"), TOWN) == "well_several"


def test_only_what_reaches_beyond_a_site_joins_from_afar() -> None:
    assert share_area("device_silent", (("power_lost", 1),))
    assert not share_area("gas_low", (("gas_high", 2),))
    assert share_any("gas_low", (("gas_high", 2),))
    assert not share_any("gas_low", (("battery_low", 1),))


def test_members_speak_for_or_against_an_origin() -> None:
    assert sides(["gas_high", "gas_early/vapour", "battery_low"], Origin.VAPOUR) == ([1], [0])


@given(st.lists(st.sampled_from(sorted(WEIGHTS)), max_size=12))
def test_a_verdict_is_a_probability_that_no_order_changes(sorts: list[str]) -> None:
    votes: Votes = ()
    back: Votes = ()
    for sort in sorts:
        votes = add(votes, sort)
    for sort in reversed(sorts):
        back = add(back, sort)
    assert votes == back
    assert 0.0 < judge(votes).confidence <= 1.0


def test_every_kind_has_a_vote_and_every_origin_its_words() -> None:
    assert {kind for kind in AlarmKind if kind not in WEIGHTS} == {AlarmKind.MANHOLE_GAS}
    assert set(Origin) == set(ORIGINS_ZH) == set(ORIGINS_EN)
    assert set(Origin) > AREA
