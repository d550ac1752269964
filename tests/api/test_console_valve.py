"""The dialog that closes a valve."""

import re
from dataclasses import replace
from pathlib import Path

from playwright.sync_api import expect

from domain.alarm import AlarmKind
from domain.command import CommandState
from domain.quantity import Quantity
from tests.api.conftest import BROWSER, LIVE_MS, Opener, Plant

pytestmark = BROWSER


def test_a_valve_is_closed_in_two_steps_and_the_dialog_waits_for_the_valve(
    opened: Opener, live_plant: Plant, tmp_path: Path
) -> None:
    live_plant.hear("V1")
    live_plant.measure("V1", {Quantity.VALVE_OPEN: 1.0})
    alarm = live_plant.find(AlarmKind.GAS_HIGH, "G1", value=60, limit=50)
    page = opened(at=f"#alarm/{alarm.id}")
    page.locator("#detail .close-valve").click()
    page.fill("#act textarea", "现场闻到臭味")
    page.click("#act-yes")
    dialog = page.locator("#valve")
    expect(dialog).to_contain_text("古城小厨")
    expect(dialog).to_contain_text("燃气事件未结束")
    assert live_plant.sent == []
    expect(dialog.get_by_role("button", name="取消")).to_be_focused()
    page.screenshot(path=tmp_path / "valve.png")
    dialog.get_by_role("button", name=re.compile("确认关闭")).click()
    expect(dialog).to_contain_text("等待阀门应答")
    sent = live_plant.sent[0]
    assert sent.reason == "现场闻到臭味"
    with live_plant.records.unit() as unit:
        unit.follow_command(replace(sent, state=CommandState.CONFIRMED, position=9))
    expect(dialog).to_contain_text("阀门已关到位", timeout=LIVE_MS * 2)
    dialog.get_by_role("button", name="关闭").click()
    expect(dialog).to_have_count(0)


def test_who_may_not_close_a_valve_sees_no_button(opened: Opener, live_plant: Plant) -> None:
    live_plant.hear("V1")
    live_plant.measure("V1", {Quantity.VALVE_OPEN: 1.0})
    alarm = live_plant.find(AlarmKind.GAS_HIGH, "G1", value=60, limit=50)
    page = opened("read_only", at=f"#alarm/{alarm.id}")
    expect(page.locator("#detail h2")).to_have_text("古城小厨")
    expect(page.locator("#detail .close-valve")).to_have_count(0)
