"""The page KPI in a real browser."""

from playwright.sync_api import expect

from tests.api.conftest import BROWSER, Opener, Plant

pytestmark = BROWSER


def test_shows_each_number_with_formula_target_and_verdict(opened: Opener, live_plant: Plant) -> None:
    live_plant.leak("G1")
    page = opened(at="#kpi")
    mix = page.locator("#measures tr[data-name=mix_medium]")
    expect(mix).to_contain_text("三级 ÷ 全部需确认次数")
    expect(mix).to_contain_text("100 %")
    expect(mix).to_contain_text("≤ 15 %")
    expect(mix).to_contain_text("未达标")
    expect(page.locator("#measures tr[data-name=rate]")).to_contain_text("✓ 达标")
    expect(page.locator("#devices-loads tbody tr")).to_contain_text(["G1"])
    expect(page.locator("#sites-loads tbody tr")).to_contain_text(["古城小厨"])


def test_a_bad_actor_comes_with_its_remedy_for_the_chosen_time(opened: Opener, live_plant: Plant) -> None:
    for _ in range(3):
        live_plant.leak("G1")
        live_plant.end(live_plant.leak("G1").kind, "G1")
    page = opened(at="#kpi", language="en")
    expect(page.locator("#bad-actors tbody tr")).to_contain_text(["chattering: a wider reset band"])
    page.locator("#kpi-days").select_option("31")
    expect(page.locator("#measures tr[data-name=chattering]")).to_contain_text("missed")
    page.locator("#bad-actors a").click()
    expect(page.locator("#detail")).to_contain_text("G1")
