"""The map of a large town: 5,000 sites and their pipes."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import expect

from app.clock import now_ns
from domain.alarm import AlarmKind
from domain.asset import Assets, Device, DeviceKind, Site, Zone
from domain.network import Friction, Gas, Network, Node, Pipe
from domain.record import DeviceState
from tests.api.conftest import BROWSER, LIVE_MS, Opener, Plant

pytestmark = BROWSER
SITES = 5_000


def assets() -> Assets:
    sites, devices = {}, {}
    for n in range(SITES):
        name, district = f"S{n:04}", f"D{n % 7}"
        place = (100.2 + n % 71 / 300, 25.5 + n // 71 / 300)
        sites[name] = Site(name, f"{n} 号", f"No. {n}", "restaurant", "Z1", district, *place)
        device = Device(f"G{n:04}", DeviceKind.GAS_DETECTOR, name, interval_s=10_000.0)
        devices[device.id] = device
    return Assets(sites, {"Z1": Zone("Z1", "一区", "Zone 1")}, devices)


def network() -> Network:
    nodes = tuple(Node(f"N{n}", lon=100.2 + n / 300, lat=25.6) for n in range(71))
    pipes = tuple(
        Pipe(f"P{n}", f"N{n}", f"N{n + 1}", 300.0, 0.1 + n / 500, in_service=n != 3) for n in range(len(nodes) - 1)
    )
    return Network(Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5), 79_700.0, Friction.GB50028, nodes, pipes)


@pytest.fixture
def live_plant(tmp_path: Path) -> Iterator[Plant]:
    made = Plant(tmp_path, now_ns, assets())
    made.network = network()
    with made.records.unit() as unit:
        unit.devices([DeviceState(name, newest_ns=now_ns(), interval_s=10_000.0) for name in made.assets.devices])
    yield made
    made.close()


def test_5000_sites_are_drawn_and_the_alarmed_one_answers_a_click(opened: Opener, live_plant: Plant) -> None:
    for name in ("G0003", "G2500"):
        live_plant.leak(name)
    page = opened()
    expect(page.locator("#map-note")).to_have_text("共 5000 处，异常 2 处", timeout=LIVE_MS * 5)
    expect(page.locator("#map .district")).to_have_count(7)  # the whole town: normal sites by district
    assert {text.split()[0] for text in page.locator("#map .district").all_inner_texts()} == {f"D{n}" for n in range(7)}
    expect(page.locator("#map .sign.need")).to_have_count(2)
    pipes = page.locator("#map .leaflet-pipes-pane path")
    widths = pipes.evaluate_all("all => all.map((pipe) => +pipe.getAttribute('stroke-width'))")
    assert len(widths) == 70
    assert widths == sorted(widths)
    expect(page.locator("#map .leaflet-pipes-pane path[stroke-dasharray]")).to_have_count(1)
    page.locator("#map .zoom button").first.click()
    page.locator("#map .zoom button").first.click()
    expect(page.locator("#map .district")).to_have_count(0)
    expect(page.locator("#map canvas")).to_be_visible()
    live_plant.find(AlarmKind.GAS_HIGH, "G2500", value=60.0, limit=50.0)
    expect(page.locator("#map .sign .symbol.p2")).to_be_visible(timeout=LIVE_MS)
    page.locator("#map .sign.need:has(.p2)").click()
    expect(page.locator(".alarm.selected")).to_contain_text("2500 号")
    expect(page.locator("#map .sign.selected")).to_have_count(1)


def test_a_symbol_is_never_hidden_by_a_name(opened: Opener, live_plant: Plant) -> None:
    for name in ("G2500", "G2501", "G2571"):  # neighbours
        live_plant.leak(name)
    page = opened()
    signs = page.locator("#map .sign.need")
    expect(signs).to_have_count(3)
    on_top = """sign => {
      const { left, top, width, height } = sign.getBoundingClientRect();
      return !document.elementFromPoint(left + width / 2, top + height / 2).closest(".map-name");
    }"""
    assert all(sign.evaluate(on_top) for sign in signs.all())
    boxes = [name.bounding_box() for name in page.locator("#map .map-name").all()]
    assert len(boxes) == 2  # the third has no room: nor does a name hide a name


def test_a_large_town_is_found_by_name(opened: Opener) -> None:
    page = opened(at="#site")
    expect(page.locator("#sites button")).to_have_count(200, timeout=LIVE_MS * 2)
    expect(page.locator("#town-note")).to_contain_text("另有 4800 处")
    page.locator("#town-find").fill("no. 4321")
    expect(page.locator("#sites button")).to_have_count(1)
    page.locator("#sites button").click()
    expect(page.locator("#site h2")).to_have_text("4321 号")
