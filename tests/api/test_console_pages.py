"""The pages of the console: how they are reached, and what each of them tells and does."""

import re
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from api import live
from domain.alarm import AlarmKind
from domain.location import Location, PipeShare
from domain.quality import Quality
from domain.quantity import Quantity
from domain.record import Gap, Quarantined
from domain.sample import RefusalReason
from tests.api.conftest import BROWSER, LIVE_MS, PASSWORD, Opener, Plant, S, Server

pytestmark = BROWSER
H = 3_600 * S


def here(page: Page) -> str:
    return page.locator("#pages [aria-current]").inner_text().replace("\n", " ")


def act(page: Page, name: str) -> None:
    page.locator("#detail .acts").get_by_role("button", name=name, exact=True).click()


def test_pages_are_reached_by_key_and_link_and_the_address_brings_them_back(opened: Opener, live_plant: Plant) -> None:
    live_plant.leak("G1")
    page = opened()
    names = ["1 总览", "2 告警", "3 站点", "4 历史", "5 系统", "6 值班", "7 事件"]
    for key, name in zip("1234567", names, strict=True):
        page.keyboard.press(key)
        expect(page.locator("#pages [aria-current] kbd")).to_have_text(key)
        assert here(page) == name
    page.keyboard.press("4")
    page.keyboard.press("5")
    page.go_back()
    expect(page.locator("#page-history h2")).to_be_visible()
    page.locator("#pages a", has_text="站点").click()
    page.reload()
    expect(page.locator("#site h2")).to_have_text("古城小厨")
    assert here(page) == "3 站点"
    page.evaluate("() => { location.hash = '#nowhere/%E0%A4%A' }")
    expect(page.locator("#map")).to_be_visible()


def test_a_link_survives_the_login_that_it_asks_for(opened: Opener, live_plant: Plant, server: Server) -> None:
    alarm = live_plant.leak("G2")
    page = opened()
    page.context.clear_cookies()
    page.goto(f"{server.url}/#alarm/{alarm.id}")
    page.reload()
    page.wait_for_url("**/login?reason=expired")
    page.locator("#submit:enabled").wait_for()
    page.fill("#name", "operator")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#detail h2")).to_have_text("下关第一餐厅")


def test_keys_are_letters_while_a_text_field_has_the_focus(opened: Opener) -> None:
    page = opened(at="#site")
    page.locator("#town-find").fill("")
    page.locator("#town-find").press_sequentially("m2?")
    assert page.locator("#town-find").input_value() == "m2?"
    expect(page.locator("#sites button")).to_have_count(0)
    page.locator("#town-find").fill("shop 2")
    expect(page.locator("#sites button")).to_have_text(re.compile("下关第一餐厅"))
    assert here(page) == "3 站点"


def test_a_further_page_is_one_line_and_shows_only_with_its_right(opened: Opener) -> None:
    page = opened()
    page.evaluate(
        """async () => {
          const { PAGES } = await import("/static/pages.js");
          const mount = (section) => { section.textContent = "mounted"; };
          const show = (argument) => { document.title = argument; };
          const page = { title: "page.site", module: { mount, show } };
          PAGES.push({ ...page, id: "later", key: "x", right: "ack" });
          PAGES.push({ ...page, id: "other", key: "y", right: "none" });
          location.hash = "#later/a%20b";
        }"""
    )
    expect(page.locator("#page-later")).to_have_text("mounted")
    expect(page).to_have_title("a b")
    expect(page.locator("#pages li")).to_have_count(14)
    page.evaluate("() => { location.hash = '#other' }")
    expect(page.locator("#map")).to_be_visible()
    expect(page.locator("#page-later")).to_be_hidden()


def test_help_lists_every_page_and_key(opened: Opener) -> None:
    page = opened()
    page.keyboard.press("?")
    keys = page.locator("#help dt").all_inner_texts()
    assert keys == ["1", "2", "3", "4", "5", "6", "7", "8", "9", "0", "h", "r", "c", "↑ ↓", "Enter", "空格", "m", "?"]


def test_an_alarm_is_shelved_with_a_reason_and_an_end_and_comes_back(opened: Opener, live_plant: Plant) -> None:
    alarm = live_plant.leak("G1")
    page = opened(at=f"#alarm/{alarm.id}")
    act(page, "搁置")
    page.keyboard.press("Tab")
    page.locator("#act-yes").click()
    expect(page.locator("#act-problem")).to_have_text("缺少：理由")
    assert not live_plant.alarm("G1", AlarmKind.GAS_LOW).life.suppressed
    page.locator("#act textarea").fill("井内检修")
    page.locator("#act select").select_option("120")
    page.locator("#act-yes").click()
    expect(page.locator("#facts")).to_contain_text("已抑制1", timeout=LIVE_MS)
    expect(page.locator("#detail .pairs").first).to_contain_text("已搁置至")
    expect(page.locator("#detail .journal")).to_contain_text("搁置 · operator · 井内检修 →")
    until_ns = live_plant.alarm("G1", AlarmKind.GAS_LOW).life.shelf_until_ns
    assert until_ns is not None
    assert 1.9 * H < until_ns - live_plant.clock_ns() < 2.1 * H
    page.keyboard.press("9")
    expect(page.locator("#silenced-shelved-table")).to_contain_text("井内检修")
    with live_plant.records.unit() as unit:
        live_plant.desk.advance(unit, until_ns, 10**6)
    expect(page.locator("#facts")).to_contain_text("已抑制0", timeout=LIVE_MS)


def test_a_shelf_can_be_taken_back(opened: Opener, live_plant: Plant) -> None:
    alarm = live_plant.leak("G1")
    with live_plant.records.unit() as unit:
        now = live_plant.clock_ns()
        live_plant.desk.shelve(unit, alarm.id, 1, "operator", "x", now, now + H)
    page = opened(at=f"#alarm/{alarm.id}")
    act(page, "取消搁置")
    expect(page.locator(".alarm .state-word")).to_have_text("未确认")


def test_what_the_server_refuses_is_said_and_the_form_stays(opened: Opener, live_plant: Plant) -> None:
    alarm = live_plant.leak("G1")
    page = opened("supervisor", at=f"#alarm/{alarm.id}")
    act(page, "搁置")
    page.locator("#act select").select_option("1440")
    page.locator("#act textarea").fill("too long")
    page.locator("#act-yes").click()
    expect(page.locator("#act-problem")).to_contain_text("未成功：")
    expect(page.locator("#act")).to_be_visible()


def test_what_is_safety_critical_offers_no_way_to_hide_it(opened: Opener, live_plant: Plant) -> None:
    alarm = live_plant.find(AlarmKind.GAS_HIGH, "G1", value=60.0, limit=50.0)
    page = opened("supervisor", at=f"#alarm/{alarm.id}")
    expect(page.locator("#detail .acts button")).to_have_text(["确认", "备注", "关闭阀门 V1"])


def test_a_supervisor_takes_an_alarm_out_of_service_under_a_permit_and_back(opened: Opener, live_plant: Plant) -> None:
    alarm = live_plant.leak("G1")
    page = opened("operator", at=f"#alarm/{alarm.id}")
    expect(page.locator("#detail .acts button")).to_have_text(["确认", "搁置", "备注", "关闭阀门 V1"])
    page = opened("supervisor", at=f"#alarm/{alarm.id}")
    act(page, "停用")
    page.locator("#act input").fill("WP-17")
    page.locator("#act textarea").fill("便携仪监护")
    page.locator("#act-yes").click()
    expect(page.locator("#detail .pairs").first).to_contain_text(re.compile(r"停用至 .*（许可证 WP-17）"))
    act(page, "恢复使用")
    expect(page.locator(".alarm .state-word")).to_have_text("未确认")


def test_a_comment_becomes_part_of_the_story(opened: Opener, live_plant: Plant) -> None:
    alarm = live_plant.leak("G1")
    page = opened(at=f"#alarm/{alarm.id}")
    act(page, "备注")
    page.locator("#act textarea").fill("已电话联系店主")
    page.locator("#act-yes").click()
    expect(page.locator("#detail .journal li").first).to_contain_text("备注 · operator · 已电话联系店主")


def test_a_site_tells_values_with_quality_and_completeness_and_a_trend(opened: Opener, live_plant: Plant) -> None:
    live_plant.hear("G1", counted=True, frames=99, missing=1)
    live_plant.hear("V1")
    live_plant.measure("G1", {Quantity.GAS_PCT_LEL: 3.5, Quantity.TEMPERATURE_C: 21.0}, gas_pct_lel=Quality.WARMUP)
    live_plant.measure("V1", {Quantity.VALVE_OPEN: 0.0})
    page = opened(at="#site/S1")
    gas = page.locator("#devices tbody tr", has_text="G1")
    expect(gas).to_contain_text("99 %", timeout=LIVE_MS * 3)
    expect(gas.locator(".reading.bad")).to_have_text(re.compile("可燃气体 %LEL3.5预热"))
    expect(page.locator("#devices tbody tr", has_text="V1")).to_contain_text("已关")
    expect(page.locator("#trend-title")).to_contain_text("古城小厨 G1 · 可燃气体 %LEL")
    gas.get_by_role("button", name="温度 °C").click()
    expect(page.locator("#trend-title")).to_contain_text("温度 °C")
    expect(page.locator("#trend-value")).to_contain_text("21 °C")


def test_a_supervisor_puts_a_detector_under_a_permit_and_back_and_may_a_valve(
    opened: Opener, live_plant: Plant
) -> None:
    live_plant.hear("G1")
    live_plant.hear("V1")
    page = opened("supervisor", at="#site/S1")
    gas = page.locator("#devices tbody tr", has_text="G1")
    gas.get_by_role("button", name="置检修").click()
    page.locator("#act input").fill("WP-17")
    page.locator("#act textarea").fill("便携仪监护")
    page.locator("#act-yes").click()
    expect(gas).to_contain_text("检修中（证号 WP-17，supervisor 签发）")
    expect(page.locator("#devices tbody tr", has_text="V1").get_by_role("button", name="置检修")).to_be_visible()
    gas.get_by_role("button", name="结束检修").click()
    page.locator("#act textarea").fill("已标定")
    page.locator("#act-yes").click()
    expect(gas).not_to_contain_text("WP-17")


def test_a_silent_device_is_hatched_in_words_too_and_others_are_not(opened: Opener, live_plant: Plant) -> None:
    live_plant.hear("G1", newest_ns=live_plant.clock_ns() - 60 * S)
    live_plant.hear("V1", newest_ns=live_plant.clock_ns() + 60 * S)
    for device in ("G1", "V1"):
        live_plant.measure(device, {Quantity.POWER_OK: 1.0})
    page = opened(at="#site/S1")
    gas, valve = (page.locator("#devices tbody tr", has_text=name) for name in ("G1", "V1"))
    expect(gas).to_contain_text("数据过期", timeout=LIVE_MS * 4)
    expect(valve).to_contain_text("正常")
    looks = "row => getComputedStyle(row).backgroundImage"
    assert "repeating-linear-gradient" in gas.evaluate(looks)
    assert valve.evaluate(looks) == "none"


def test_the_history_is_searched_paged_and_taken_along(opened: Opener, live_plant: Plant, tmp_path: Path) -> None:
    for device in (*(f"G{n}" for n in range(1, 8)), "V1"):
        live_plant.find(AlarmKind.DEVICE_SILENT, device, value=99.0, limit=30.0)
    live_plant.leak("G2")
    live_plant.end(AlarmKind.GAS_LOW, "G2")
    page = opened(at="#history")
    rows = page.locator("#history tbody tr")
    expect(rows).to_have_count(10)  # the eighth, too: many devices are away
    page.get_by_label("种类").select_option("gas_low")
    page.get_by_role("button", name="查询").click()
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("可燃气体 31 %LEL > 一级限 20 %LEL")
    expect(rows).to_contain_text("已恢复·未确认")
    page.reload()
    expect(rows).to_have_count(1)
    page.get_by_label("从").fill("yesterday")
    page.get_by_role("button", name="查询").click()
    expect(page.get_by_role("alert").filter(has_text="yesterday")).to_be_visible()
    page.get_by_label("从").fill("2020-01-01")
    page.get_by_label("到", exact=True).fill("2020-01-02 08:00")
    page.get_by_role("button", name="查询").click()
    expect(page.locator("#found")).to_contain_text("没有找到告警")
    page.evaluate("() => { location.hash = '#history' }")
    expect(rows).to_have_count(10)  # the eighth, too: many devices are away
    expect(page.get_by_label("从")).to_have_value("")
    with page.expect_download() as download:
        page.get_by_role("button", name="下载 CSV").click()
    file = tmp_path / "alarms.csv"
    download.value.save_as(file)
    lines = file.read_text(encoding="utf-8-sig").splitlines()
    assert len(lines) == 11
    assert "一级限 20 %LEL" in lines[1]
    rows.first.get_by_role("link").click()
    expect(page.locator("#detail h2")).to_have_text("下关第一餐厅")


def test_a_long_history_goes_on_by_its_cursor(opened: Opener, live_plant: Plant) -> None:
    kinds = [kind for kind in AlarmKind if kind not in {AlarmKind.GAS_HIGH, AlarmKind.LINKAGE_FAILED}][:7]
    for device in live_plant.assets.devices:
        for kind in kinds:
            live_plant.find(kind, device, value=99.0, limit=30.0)
    page = opened(at="#history")
    rows = page.locator("#history tbody tr")
    expect(rows).to_have_count(100)
    page.get_by_role("button", name="更多").click()
    expect(rows).to_have_count(17 * 7 + 1)  # gas at several points is an alarm of its own
    expect(page.get_by_role("button", name="更多")).to_have_count(0)


def test_an_alarm_that_is_over_can_still_be_read(opened: Opener, live_plant: Plant) -> None:
    alarm = live_plant.leak("G1")
    live_plant.end(AlarmKind.GAS_LOW, "G1")
    with live_plant.records.unit() as unit:
        live_plant.desk.acknowledge(unit, alarm.id, 1, "operator", "", live_plant.clock_ns())
    page = opened(at=f"#alarm/{alarm.id}")
    expect(page.locator("#detail")).to_contain_text("已恢复正常")
    expect(page.locator("#trend-title")).to_contain_text("G1")
    page = opened(at="#alarm/none")
    expect(page.locator("#detail .hint")).to_contain_text("no alarm")


def test_an_alarm_shows_what_its_gas_is_taken_for_and_what_stands_together(opened: Opener, live_plant: Plant) -> None:
    live_plant.leak("G1")
    early = live_plant.find(AlarmKind.GAS_EARLY, "G1", value=9.0, reason="cooking", taken=("vapour", 0.8))
    page = opened(at=f"#alarm/{early.id}")
    expect(page.locator("#detail")).to_contain_text("炊事酒精或蒸汽 80 %")
    expect(page.locator("#detail")).to_contain_text("室内燃气泄漏")
    expect(page.locator("#detail .members li")).to_have_count(2)


def test_an_alarm_tells_where_the_network_may_leak(opened: Opener, live_plant: Plant) -> None:
    place = Location(100.26, 25.61, 120.0, (PipeShare("P-B-003", 0.625), PipeShare("P-B-004", 0.25)), 0.1)
    alarm = live_plant.find(AlarmKind.PIPE_RUPTURE, "G1", location=place)
    page = opened(at=f"#alarm/{alarm.id}")
    expect(page.locator("#detail .pairs").first).to_contain_text(
        "可能位置P-B-003 63 % · P-B-004 25 % · 不在管网 10 % · 从 25.61000, 100.26000 查起；一半可能在 120 米内"
    )


def refuse(plant: Plant, payload: bytes, position: int) -> None:
    topic = "gas/v1/S1/G1/telemetry"
    entry = Quarantined(
        position, "values.x", RefusalReason.OUT_OF_RANGE, "too hot", "G1", "S1", topic, payload, plant.clock_ns()
    )
    with plant.records.unit() as unit:
        unit.quarantine([entry])


def test_the_system_page_shows_lags_gaps_quarantine_and_silent_devices(opened: Opener, live_plant: Plant) -> None:
    live_plant.hear("G1", counted=True, frames=3, missing=1)
    with live_plant.records.unit() as unit:
        unit.gap(Gap("G1", "7f3a", 5, 9, live_plant.clock_ns()))
        unit.gap(Gap("G1", "7f3a", 1, 1, live_plant.clock_ns(), live_plant.clock_ns(), "arrived_late"))
    refuse(live_plant, b"\xff\x00", 1)
    refuse(live_plant, b'{"x":1e999}', 2)
    page = opened("supervisor")
    expect(page.locator("#facts")).to_contain_text("失联16/17", timeout=LIVE_MS * 3)  # the board has seen G1
    page.keyboard.press("5")
    expect(page.locator("#reader-table")).to_contain_text("判警00.4 秒")
    expect(page.locator("#silent-table")).to_contain_text("从未上报")
    gaps = page.locator("#gaps-table tbody tr")
    expect(gaps).to_have_text(re.compile(r"G15–9 \(5\) · 7f3a.*未补齐未到达75 %"))
    page.get_by_label("只看未补齐").uncheck()
    expect(gaps).to_have_count(2)
    expect(gaps.filter(has_text="迟到补齐")).to_have_count(1)
    refused = page.locator("#quarantine-table tbody tr")
    expect(refused.first).to_contain_text("超出物理范围")
    for summary in page.locator("#quarantine-table summary").all():
        summary.click()
    expect(refused.first.locator("pre")).to_have_text('{"x":1e999}')
    expect(refused.last.locator("pre")).to_have_text("ff 00")
    refused.first.get_by_role("button", name="重试").click()
    expect(refused.first).to_contain_text("已重试，位置 77")
    assert [user for _, user in live_plant.retried] == ["supervisor"]


def test_an_operator_cannot_retry_and_a_ledger_goes_on(opened: Opener, live_plant: Plant) -> None:
    for position in range(60):
        refuse(live_plant, b"x", position)
    page = opened(at="#system")
    rows = page.locator("#quarantine-table tbody tr")
    expect(rows).to_have_count(50)
    expect(page.locator("#quarantine-table button")).to_have_count(0)
    page.locator("#ledger-quarantine").get_by_role("button", name="更多").click()
    expect(rows).to_have_count(60)


def test_a_list_that_is_cut_short_says_so(opened: Opener, live_plant: Plant, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(live, "_STANDING", 2)
    for device in ("G1", "G2", "G3"):
        live_plant.leak(device)
    page = opened()
    expect(page.locator("#truncated")).to_have_text("告警过多，仅列出 2 条")
