"""The page On-call, and who was told on the page of an alarm, in a real browser."""

import re

import pytest
from playwright.sync_api import expect

from alerting.desk import Desk
from api.times import rfc3339
from domain.duty import StoredPlan
from tests.alerting.plans import CHANNELS, TEXT
from tests.api.conftest import BROWSER, Opener, Plant

pytestmark = BROWSER


@pytest.fixture
def live_plant(live_plant: Plant) -> Plant:
    """With a duty plan and channels."""
    live_plant.desk = Desk(
        definitions=live_plant.rulebook.definitions(),
        assets=live_plant.assets,
        configuration="test",
        channels=CHANNELS,
    )
    with live_plant.records.unit() as unit:
        unit.add_plan(StoredPlan(TEXT.replace('people = ["zhao"]', 'people = ["zhao"]\nends = 2000-01-01'), "li", 0))
    return live_plant


def test_tells_who_is_on_duty_and_where_nobody_is(opened: Opener) -> None:
    page = opened(at="#oncall")
    expect(page.locator("#now-duties tbody tr")).to_have_count(3)
    expect(page.locator("#now-duties tr.bad")).to_contain_text("无人")
    expect(page.locator("#gaps-duties tbody tr")).to_have_count(1)
    expect(page.locator("#unreached-people tbody tr")).to_have_count(4)
    expect(page.locator("#oncall-overrides form")).to_have_count(0)  # an operator may not


def test_an_override_is_made_and_taken_back(opened: Opener, live_plant: Plant) -> None:
    page = opened("supervisor", at="#oncall", language="en")
    form = page.locator("#oncall-overrides form")
    form.locator("[name=duty]").select_option(index=2)
    form.locator("[name=person]").select_option("wang")
    form.locator("[name=from]").fill("tomorrow")
    form.locator("[name=to]").fill("2026-01-01")
    form.get_by_role("button").click()
    expect(page.locator("#oncall-problem")).to_contain_text("Times read like")
    form.locator("[name=from]").fill("2020-01-01 08:00")
    form.locator("[name=to]").fill("2020-01-02 08:00")
    form.get_by_role("button").click()
    expect(page.locator("#oncall-problem")).to_be_hidden()
    now_ns = live_plant.clock_ns()
    form.locator("[name=from]").fill(_text(now_ns - 3_600 * 10**9))
    form.locator("[name=to]").fill(_text(now_ns + 86_400 * 10**9))
    form.locator("[name=duty]").select_option(index=2)
    form.locator("[name=person]").select_option("wang")
    form.get_by_role("button").click()
    expect(page.locator("#now-duties")).to_contain_text("override")
    expect(page.locator("#now-duties")).not_to_contain_text("Nobody")
    page.locator("#overrides-duties").get_by_role("button", name="Take back").click()
    expect(page.locator("#now-duties")).to_contain_text("Nobody")


def _text(time_ns: int) -> str:

    return rfc3339(time_ns)[:16].replace("T", " ")


def test_an_alarm_tells_who_was_told_and_what_comes_next(opened: Opener, live_plant: Plant) -> None:
    alarm = live_plant.leak("G1")
    page = opened(at=f"#alarm/{alarm.id}")
    expect(page.locator("#detail .told li")).to_have_count(3)
    expect(page.locator("#detail .told")).to_contain_text("王")
    expect(page.locator("#detail")).to_contain_text(re.compile("第 2 步将于 .* 开始"))
    page.locator("#detail .acts").get_by_role("button", name="确认", exact=True).click()
    expect(page.locator("#detail")).to_contain_text("升级已于")
    expect(page.locator("#detail .told")).to_contain_text("已撤回")
