from datetime import date

import pytest

from app.assets import parse_assets
from domain.asset import DeviceKind, Gas, Power, SiteLevel, Supply, Tier
from domain.errors import ConfigurationError
from ingest.gb26875.place import PLACE
from tests.app.support import SITES, ZONES, texts

HEAD = "id,kind,site,gas,power,tier,interval_s,gas_low_pct_lel,gas_high_pct_lel\n"


def problems(**files: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        parse_assets(texts(**files))
    return caught.value.problems


def test_reads_a_town_and_leaves_empty_cells_to_the_defaults() -> None:
    assets = parse_assets(
        texts(devices=HEAD + "G1,gas_detector,S1,lpg,battery,,30,15,\nP1,pressure_sensor,S2,,,medium_a,,,\n")
    )
    gas, pressure = assets.devices["G1"], assets.devices["P1"]
    assert (gas.kind, gas.gas, gas.power, gas.interval_s) == (DeviceKind.GAS_DETECTOR, Gas.LPG, Power.BATTERY, 30.0)
    assert (gas.gas_low_pct_lel, gas.gas_high_pct_lel) == (15.0, None)
    assert (pressure.tier, pressure.gas, pressure.interval_s) == (Tier.MEDIUM_A, Gas.NATURAL, 60.0)
    assert assets.sites["S1"].name == "古城小厨"
    assert assets.zones["Z1"].name_en == "Zone 1"


def test_takes_a_file_that_a_spreadsheet_marked_as_unicode() -> None:
    assert "Z1" in parse_assets(texts(zones="\ufeff" + ZONES)).zones


@pytest.mark.parametrize(
    ("row", "problem"),
    [
        (
            "G1,gas_dtector,S1,,,,,,",
            "kind is 'gas_dtector'; expected one of gas_detector, pressure_sensor, flow_meter,",
        ),
        ("G1,gas_detector,S1,town,,,,,", "gas is 'town'; expected one of natural, lpg"),
        ("G1,gas_detector,S1,,,low,,,", "tier is 'low'; expected one of low_natural, low_lpg, medium_b, medium_a"),
        ("G1,gas_detector,S1,,,,often,,", "interval_s is 'often'; expected a number"),
        ("G1,gas_detector,S1,,,,0,,", "interval_s is 0; expected above 0 and at most 86400 s"),
        ("G1,gas_detector,S1,,,,,26,", "gas_low_pct_lel is 26; expected above 0 and at most 25 %LEL"),
        ("G1,gas_detector,S1,,,,,,51", "gas_high_pct_lel is 51; expected above 0 and at most 50 %LEL"),
        ("G1,gas_detector,S1,,,,,nan,", "gas_low_pct_lel is nan; expected above 0 and at most 25 %LEL"),
        ("G1,gas_detector,S1,,,,,20,15", "gas_low_pct_lel is 20; expected below gas_high_pct_lel, 15"),
        ("G1,gas_detector,S9,,,,,,", "site 'S9' is not in sites.csv"),
        ("G 1,gas_detector,S1,,,,,,", "id is 'G 1'; expected 1 to 64 of A-Z a-z 0-9 _ -"),
        (",gas_detector,S1,,,,,,", "id is missing"),
        ("G1,gas_detector", "site is missing"),
        ("G1,gas_detector,S1,,,,,,,extra", "more cells than columns"),
    ],
)
def test_names_file_and_line_of_what_is_wrong(row: str, problem: str) -> None:
    found = problems(devices=f"{HEAD}V9,cutoff_valve,S2,,,,,,\n{row}\n")
    assert len(found) == 1
    assert found[0].startswith(f"devices.csv:3: {problem}")


def test_tells_every_problem_at_once_and_no_problem_that_only_follows_from_another() -> None:
    sites = SITES.replace("100.26", "north").replace("restaurant,Z1,D1,100.27", "restaurant,Z7,D1,100.27")
    devices = HEAD + "G1,gas_detector,S1,,,,,99,\nG1,gas_detector,S2,town,,,never,,\nG1,gas_detector,S2,,,,,,\n"
    assert problems(sites=sites, devices=devices) == (
        "sites.csv:2: lon is 'north'; expected a number",
        "sites.csv:3: zone 'Z7' is not in zones.csv",
        "devices.csv:2: gas_low_pct_lel is 99; expected above 0 and at most 25 %LEL",
        "devices.csv:3: gas is 'town'; expected one of natural, lpg",
        "devices.csv:3: interval_s is 'never'; expected a number",
        "devices.csv:4: id G1 stands there twice",
    )


def test_latitude_in_the_place_of_longitude_is_found() -> None:
    assert problems(sites=SITES.replace("100.26,25.6", "25.6,100.26")) == (
        "sites.csv:2: lat is 100.26; expected above -90 and at most 90 degrees",
    )


def test_an_unknown_and_a_missing_column_stop_before_thousands_of_lines_repeat_them() -> None:
    unknown, missing = problems(devices="id,kind,place\n" + "G1,gas_detector,S1\n" * 9)
    assert unknown.startswith("devices.csv:1: unknown column 'place'; expected id, kind, site, gas, power, uplink,")
    assert missing == "devices.csv:1: column site is missing"


def test_a_quotation_mark_that_never_ends_swallows_no_devices_in_silence() -> None:
    found = problems(devices=HEAD + 'G1,gas_detector,"S1,,,,,,\nG2,gas_detector,S1,,,,,,\n')
    assert found == ("devices.csv:1: unexpected end of data; is a quotation mark missing?",)


def test_an_empty_file_lacks_its_columns() -> None:
    assert problems(zones="") == tuple(f"zones.csv:1: column {name} is missing" for name in ("id", "name", "name_en"))


def test_reads_the_days_of_a_device_and_says_how_to_write_them() -> None:
    table = (
        "id,kind,site,serial,installed_on,calibrated_on,expires_on\nG1,gas_detector,S1,8601,2024-12-31,2025-03-01,\n"
    )
    device = parse_assets(texts(devices=table)).devices["G1"]
    assert (device.serial, device.vendor, device.installed_on) == ("8601", "", date(2024, 12, 31))
    assert (device.calibrated_on, device.expires_on) == (date(2025, 3, 1), None)
    with pytest.raises(ConfigurationError, match="expires_on is 'soon'; expected a day such as 2026-01-31"):
        parse_assets(texts(devices=table.replace("01,\n", "01,soon\n")))


def test_a_site_may_say_how_it_lies_and_how_its_gas_comes() -> None:
    head, first, second = SITES.splitlines()
    table = f"{head},supply,level,phone\n{first},cylinder,semi,0872-1\n{second},,,\n"
    sites = parse_assets(texts(sites=table)).sites
    assert (sites["S1"].supply, sites["S1"].level, sites["S1"].phone) == (Supply.CYLINDER, SiteLevel.SEMI, "0872-1")
    assert (sites["S2"].supply, sites["S2"].level) == (None, None)
    assert problems(sites=table.replace("semi", "cellar")) == (
        "sites.csv:2: level is 'cellar'; expected one of ground, semi, underground",
    )


def test_a_device_may_have_its_place_in_gb_t_26875() -> None:
    head = "id,kind,site,gb26875\n"
    rows = head + "GW,gateway,S1,889\nG1,gas_detector,S1,889/1/1;checksum=xor\nG2,gas_detector,S1,\n"
    devices = parse_assets(texts(devices=rows)).devices
    assert [device.gb26875 for device in devices.values()] == ["889", "889/1/1;checksum=xor", ""]
    assert problems(devices=rows + "G3,gas_detector,S1,889/1\nG4,gas_detector,S1,889/1/1\n") == (
        f"devices.csv:5: gb26875 is '889/1'; expected {PLACE}",
        "devices.csv:6: gb26875 889/1/1 is the place of G1 already",
    )


def test_a_component_needs_the_row_of_its_transmitter() -> None:
    rows = "id,kind,site,gb26875\nG1,gas_detector,S1,889/1/1\nGW,gateway,S1,890\n"
    assert problems(devices=rows) == (
        "devices.csv: G1 is a component of transmitter 889; expected a row with that alone",
    )


def test_a_device_may_be_one_that_its_carrier_pushes() -> None:
    head, products = "id,kind,site,push\n", '[lian]\ngas_value = "gas_pct_lel"\n'
    town = parse_assets(texts(devices=head + "G1,gas_detector,S1,lian/0a1b\n") | {"products.toml": products})
    assert (town.devices["G1"].push, list(town.products["lian"])) == ("lian/0a1b", ["gas_value"])
    rows = "G1,gas_detector,S1,lian/1\nG2,gas_detector,S1,lian/1\nG3,gas_detector,S1,lian\nG4,gas_detector,S1,x/1\n"
    with pytest.raises(ConfigurationError) as caught:
        parse_assets(texts(devices=head + rows) | {"products.toml": products})
    assert caught.value.problems == (
        "devices.csv: push lian/1 of G2 is that of G1 already",
        "devices.csv: push of G3 is 'lian'; expected product/name, a product of products.toml",
        "devices.csv: push of G4 is 'x/1'; expected product/name, a product of products.toml",
    )


TOWN = texts(sites=SITES.replace("lat\n", "lat,cylinder_room\n").replace("25.6\nS2", "25.6,yes\nS2"))
CYLINDERS = "id,net_kg,tare_kg,site,valid_until\nhttp://tag.example/5301-1,14.5,16.5,S1,2027-01-31\nb,49.5,47,,\n"
CARRIERS = "id,enterprise,people,townships\n云L·12345,苍山燃气站,李强;王芳,D1\n"


def test_a_town_may_have_cylinders_and_vehicles_that_carry_them() -> None:
    assert parse_assets(texts()).cylinders == {}
    assets = parse_assets(TOWN | {"cylinders.csv": CYLINDERS, "carriers.csv": CARRIERS})
    assert assets.cylinders["http://tag.example/5301-1"].valid_until == date(2027, 1, 31)
    assert (assets.cylinders["b"].site, assets.cylinders["b"].tare_kg) == ("", 47.0)
    assert assets.carriers["云L·12345"].crew == {"李强", "王芳"}
    assert [site.cylinder_room for site in assets.sites.values()] == ["yes", "no"]


@pytest.mark.parametrize(
    ("name", "row", "problem"),
    [
        ("cylinders.csv", "b,14.5,16.5,,", "cylinders.csv:4: id b stands there twice"),
        ("cylinders.csv", "a b,14.5,16.5,,", "cylinders.csv:4: id is 'a b'; expected 1 to 64 characters without"),
        ("cylinders.csv", "c,0,16.5,,", "cylinders.csv:4: net_kg is 0; expected above 0 and at most 1000 kg"),
        ("cylinders.csv", "c,14.5,16.5,S9,", "cylinders.csv:4: site 'S9' is not in sites.csv"),
        ("cylinders.csv", "c,14.5,16.5,,soon", "cylinders.csv:4: valid_until is 'soon'; expected a day such as"),
        ("carriers.csv", "V2,站,,D9", "carriers.csv:3: township 'D9' is no district of sites.csv"),
    ],
)
def test_names_file_and_line_of_a_wrong_cylinder_or_vehicle(name: str, row: str, problem: str) -> None:
    files = {"cylinders.csv": CYLINDERS, "carriers.csv": CARRIERS}
    with pytest.raises(ConfigurationError) as caught:
        parse_assets(TOWN | files | {name: f"{files[name]}{row}\n"})
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(problem)
