"""The pages that a shift needs: silenced, hand-over; and how every fetched page fails and grows old."""

import re

from playwright.sync_api import Page, Route, expect

from domain.alarm import AlarmKind
from domain.instruction import INQUIRY, Instruction
from domain.parcel import Parcel, ParcelState
from tests.api.conftest import BROWSER, LIVE_MS, Opener, Plant, S

pytestmark = BROWSER
FETCHED = {
    "kpi": "kpi*",
    "oncall": "oncall",
    "incident": "incidents*",
    "system": "gaps*",
    "silenced": "silenced",
    "handover": "handovers*",
    "hazards": "hazards*",
    "reports": "reports*",
    "city": "lifeline/status",
}


def test_the_silenced_list_says_who_why_and_until_when_and_takes_back(opened: Opener, live_plant: Plant) -> None:
    alarm, now_ns = live_plant.find(AlarmKind.BATTERY_LOW, "V1"), live_plant.clock_ns()
    with live_plant.records.unit() as unit:
        live_plant.desk.shelve(unit, alarm.id, 1, "li", "new battery", now_ns, now_ns + 3_600 * 10**9)
    page = opened(at="#silenced", language="en")
    row = page.locator("#silenced-shelved-table tbody tr")
    expect(row).to_contain_text(re.compile(r"Shop 1.*li.*new battery.*\d\d:\d\d:\d\d"))
    expect(page.locator("#silenced-permit")).to_contain_text("None")
    row.get_by_role("button", name="Unshelve").click()
    expect(row).to_have_count(0, timeout=LIVE_MS)
    assert not live_plant.alarm("V1", AlarmKind.BATTERY_LOW).life.suppressed


def test_a_shift_is_handed_over_by_two_people(opened: Opener, live_plant: Plant) -> None:
    live_plant.leak("G1")
    page, other = opened(at="#handover"), opened("supervisor", at="#handover")
    expect(page.locator("#handover-now")).to_contain_text("未结束的告警 1")
    page.locator("#handover-sign [name=note]").fill("等抢修")
    page.locator("#handover-sign").get_by_role("button").click()
    expect(page.locator(".signed")).to_contain_text("接班须由另一人签字")
    other.reload()
    other.locator(".signed").get_by_role("button", name="接班签字").click()
    expect(other.locator(".signed")).to_contain_text("supervisor 接班")
    expect(other.locator(".signed")).to_contain_text("等抢修")


def test_an_inquiry_of_the_city_is_seen_from_every_page_and_answered_once(opened: Opener, live_plant: Plant) -> None:
    now_ns = live_plant.clock_ns()
    with live_plant.records.unit() as unit:
        unit.add_instruction(
            Instruction("province", "q", INQUIRY, "", "周", "请答复在岗人员", "", now_ns, now_ns + 540 * S)
        )
    due = {"made_ns": now_ns - 900 * S, "answer": "503 busy"}
    dead = {"state": ParcelState.DEAD, "answer": "422 township", "settled_ns": now_ns}
    live_plant.records.enqueue([Parcel("province", "alarm", "a", "j1", "{}", **due)], {})  # type: ignore[arg-type]
    live_plant.records.enqueue([Parcel("province", "alarm", "b", "j2", "{}", **dead)], {})  # type: ignore[arg-type]
    page = opened()
    expect(page.locator("#asked")).to_have_text("查岗 1 · 剩 9 分钟", timeout=LIVE_MS * 4)
    expect(page.locator("#say-now")).to_have_text("province 查岗：请答复在岗人员")
    page.locator("#asked").press("Enter")
    expect(page.locator("#city-inquiries li")).to_contain_text(re.compile("待答复.*province · 周.*还剩 9 分钟"))
    row = page.locator("#city-table tbody tr")
    expect(row).to_contain_text(
        re.compile("▲ 未送达：503 busy▲ 1 条被平台拒收原因（1 条）422 townshipalarm/b/j2.*15 分钟前")
    )
    page.get_by_role("button", name="答复").press("Enter")
    page.keyboard.type("在岗：王")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#city-inquiries li")).to_contain_text(re.compile("已答复.*operator 于 .* 答复在岗：王"))
    expect(page.locator("#asked")).to_be_hidden()
    assert live_plant.records.inquiries()[0][1]


def test_every_fetched_page_says_that_it_failed_and_how_old_it_is(opened: Opener) -> None:
    page = opened("root")

    def refuse(route: Route) -> None:
        route.fulfill(status=503, json={"detail": "no records"})

    for name, path in FETCHED.items():
        problem, old = page.locator(f"#{name}-problem"), page.locator(f"#{name}-old")
        page.route(f"**/api/v1/{path}", refuse)
        go(page, name)
        expect(problem).to_contain_text("no records")
        expect(page.locator(f"#page-{name} .hint").last).to_have_text("没有读到数据")
        expect(old).to_be_hidden()
        page.unroute(f"**/api/v1/{path}")
        go(page, name)
        expect(problem).to_be_hidden()
        page.route(f"**/api/v1/{path}", refuse)
        go(page, name)
        expect(problem).to_contain_text("no records")
        expect(old).to_contain_text("旧数据，截至")


def go(page: Page, name: str) -> None:
    page.evaluate("() => { location.hash = '#overview'; }")
    expect(page.locator("#map-pane")).to_be_visible()
    page.evaluate(f"() => {{ location.hash = '#{name}'; }}")
