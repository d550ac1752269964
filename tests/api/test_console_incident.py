"""The page of incidents: what is behind one, what was done, and the stand-down that asks for proof."""

from pathlib import Path

from playwright.sync_api import expect

from domain.alarm import AlarmKind
from tests.api.conftest import BROWSER, Opener, Plant

pytestmark = BROWSER


def test_an_incident_is_handled_and_not_stood_down_without_proof(
    opened: Opener, live_plant: Plant, tmp_path: Path
) -> None:
    alarm = live_plant.find(AlarmKind.GAS_HIGH, "G1", value=60, limit=50)
    live_plant.find(AlarmKind.GAS_LOW, "G1", value=60, limit=20)
    page = opened("supervisor", at=f"#alarm/{alarm.id}")
    page.get_by_role("link", name="查看事件").click()
    story = page.locator("#incident-story")
    expect(story.locator("h3").first).to_contain_text("古城小厨")
    expect(story.locator("#incident-alarms tbody tr")).to_have_count(2)
    page.select_option("#incident-step select", "dispatch")
    page.fill("#incident-step input", "抢修二队")
    page.click("#incident-step button")
    expect(story.locator("ol.told")).to_contain_text("派发 · supervisor · 抢修二队")
    expect(story.locator(".todo")).to_contain_text("缺第二人复测确认")
    page.screenshot(path=tmp_path / "incident.png")
    page.fill("#incident-close input", "完毕")
    page.click("#incident-close button")
    expect(page.locator("#incident-problem")).to_contain_text("未证实已切断气源")
    incident = live_plant.records.incident(alarm.incident_id)
    assert incident is not None
    assert incident.closed_ns is None


def test_who_may_only_read_takes_no_steps(opened: Opener, live_plant: Plant) -> None:
    alarm = live_plant.find(AlarmKind.GAS_HIGH, "G1", value=60, limit=50)
    page = opened("read_only", at=f"#incident/{alarm.incident_id}")
    expect(page.locator("#incident-story h3").first).to_contain_text("古城小厨")
    expect(page.locator("#incident-story form")).to_have_count(0)
