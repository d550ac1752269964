"""The console in a real browser against a real server: only loopback, only our own host."""

import re
import time

from playwright.sync_api import Browser, Response, expect

from domain.alarm import AlarmKind
from domain.finding import Transition
from domain.quantity import Quantity
from tests.api.conftest import BROWSER, LIVE_MS, PASSWORD, TRUSTED, XSS, Opener, Plant, S, Server

pytestmark = BROWSER


def test_a_leak_appears_within_two_seconds_with_its_limit(opened: Opener, live_plant: Plant) -> None:
    page = opened()
    live_plant.hear("G1")
    for n in range(30, 0, -1):
        live_plant.measure("G1", {Quantity.GAS_PCT_LEL: 31.0 - n}, at_ns=live_plant.clock_ns() - n * 10 * S)
    live_plant.leak("G1", 31.0)
    alarm = page.locator(".alarm")
    expect(alarm).to_contain_text("可燃气体 31 %LEL > 一级限 20 %LEL", timeout=LIVE_MS)
    expect(alarm).to_contain_text("未确认")
    expect(alarm).to_have_class(re.compile("need"))
    expect(alarm.get_by_role("img", name="三级")).to_be_visible()
    expect(page.locator(".count.p3 b")).to_have_text("1")
    expect(page.locator("#map .sign.need .symbol.p3")).to_be_visible()
    expect(page.locator("#map .map-name", has_text="古城小厨")).to_be_visible()
    expect(page.locator("#brief")).to_contain_text("处置要点")
    expect(page.locator("#trend-title")).to_contain_text("古城小厨 G1")
    expect(page.locator("#trend-value")).to_contain_text("30 %LEL")
    page.wait_for_timeout(600)
    live_plant.measure("G1", {Quantity.GAS_PCT_LEL: 47.5})
    expect(page.locator("#trend-value")).to_contain_text("47.5 %LEL", timeout=LIVE_MS)


def test_a_person_logs_in_and_out(opened: Opener, server: Server) -> None:
    page = opened()
    page.locator("#logout").click()
    page.wait_for_url("**/login")
    page.goto(f"{server.url}/")
    page.wait_for_url("**/login?reason=expired")
    expect(page.locator("#submit")).to_be_enabled()
    page.fill("#name", "operator")
    page.fill("#password", "guess")
    page.keyboard.press("Enter")
    expect(page.locator("#reason")).to_have_text("用户名或密码错误")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    page.wait_for_selector(TRUSTED)
    expect(page.locator("#person")).to_have_text("operator Wang · 值班员")


def test_a_password_never_leaves_before_the_program_of_the_page_is_there(chromium: Browser, server: Server) -> None:
    context = chromium.new_context(java_script_enabled=False)
    asked: list[str] = []
    page = context.new_page()
    page.on("request", lambda request: asked.append(request.url))
    page.goto(f"{server.url}/login")
    page.fill("#name", "operator")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    expect(page.locator("#submit")).to_be_disabled()
    context.close()
    assert not [url for url in asked if "password" in url]


def test_the_clock_is_that_of_the_control_room_in_24_hours(opened: Opener) -> None:
    page = opened()
    shown = page.locator("#clock").text_content() or ""
    hour = (time.gmtime().tm_hour + 8) % 24
    assert re.fullmatch(r"\d\d:\d\d:\d\d", shown)
    assert int(shown[:2]) in {hour, (hour + 1) % 24, (hour - 1) % 24}


def test_an_answer_by_button_survives_a_reload_and_others_see_who_gave_it(opened: Opener, live_plant: Plant) -> None:
    live_plant.leak()
    page, other = opened(), opened("supervisor")
    page.locator(".alarm .ack").click()
    expect(page.locator(".alarm .state-word")).to_have_text(re.compile(r"^已确认 operator \d\d:\d\d$"), timeout=500)
    expect(other.locator(".alarm .state-word")).to_contain_text("已确认 operator", timeout=LIVE_MS)
    page.reload()
    expect(page.locator(".alarm .state-word")).to_contain_text("已确认 operator")
    assert live_plant.alarm("G1", AlarmKind.GAS_LOW).acknowledged_by == "operator"


def test_a_whole_answer_by_keyboard_and_one_question_for_priority_1(opened: Opener, live_plant: Plant) -> None:
    live_plant.find(AlarmKind.LINKAGE_FAILED, "V1", value=12.0, limit=10.0, reason="no_feedback")
    live_plant.leak("G2")
    page = opened()
    expect(page.locator(".alarm")).to_have_count(2)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    expect(page.locator("#confirm")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#confirm")).to_be_hidden()
    assert not live_plant.alarm("V1", AlarmKind.LINKAGE_FAILED).life.acknowledged
    page.keyboard.press("Enter")
    page.keyboard.press("Enter")
    expect(page.locator(".alarm", has_text="联动失败").locator(".state-word")).to_contain_text("已确认 operator")
    page.keyboard.press("ArrowDown")  # while somebody works in the list, no row changes its place
    page.keyboard.press("Enter")
    expect(page.locator(".alarm", has_text="可燃气体").locator(".state-word")).to_contain_text("已确认 operator")


def test_an_answer_to_what_has_changed_meanwhile_is_refused(opened: Opener, live_plant: Plant) -> None:
    live_plant.find(AlarmKind.LINKAGE_FAILED, "V1", value=12.0, limit=10.0, reason="no_feedback")
    page = opened()
    page.locator(".alarm .ack").click()
    expect(page.locator("#confirm")).to_be_visible()
    live_plant.end(AlarmKind.LINKAGE_FAILED, "V1")
    again = live_plant.find(AlarmKind.LINKAGE_FAILED, "V1", value=12.0, limit=10.0, reason="not_closed")
    assert again.life.occurrence == 2
    page.locator("#confirm-yes").click()
    expect(page.locator(".alarm .row-note")).to_have_text("告警已变化")
    expect(page.locator(".alarm .state-word")).to_have_text("未确认")
    assert not live_plant.alarm("V1", AlarmKind.LINKAGE_FAILED).life.acknowledged


def test_what_returned_unanswered_stays_and_a_latch_waits_for_a_reset(opened: Opener, live_plant: Plant) -> None:
    page = opened()
    live_plant.leak("G1")
    live_plant.find(AlarmKind.GAS_HIGH, "G2", value=60.0, limit=50.0)
    live_plant.end(AlarmKind.GAS_LOW, "G1")
    live_plant.end(AlarmKind.GAS_HIGH, "G2")
    low, high = page.locator(".alarm", has_text="一级限"), page.locator(".alarm", has_text="二级限")
    expect(low.locator(".state-word")).to_have_text("已恢复·未确认")
    expect(low.locator(".symbol.hollow")).to_have_count(1)
    high.locator(".ack").click()
    expect(high.locator(".state-word")).to_have_text("待复位·锁存")
    high.get_by_role("button", name="复位").click()
    expect(high).to_have_count(0)
    low.locator(".ack").click()
    expect(page.locator(".alarm")).to_have_count(0)


def test_a_cut_line_is_shown_at_once_and_what_was_missed_afterwards(
    opened: Opener, server: Server, live_plant: Plant
) -> None:
    live_plant.leak("G1")
    page = opened()
    banner = page.locator("#banner")
    expect(banner).to_be_hidden()
    server.stop()
    expect(banner).to_have_text("数据中断 – 画面不可信", timeout=LIVE_MS)
    hatched = page.evaluate("() => getComputedStyle(document.querySelector('.alarm .value')).backgroundImage")
    assert "repeating-linear-gradient" in hatched
    live_plant.leak("G2")
    server.start()
    expect(banner).to_be_hidden(timeout=15_000)
    expect(page.locator(".alarm")).to_have_count(2)
    expect(page.locator("#missed")).to_contain_text("断线期间有 2 条告警变化")
    page.locator("#missed summary").click()
    expect(page.locator("#missed li").first).to_contain_text("下关第一餐厅")


def test_a_silent_line_is_a_cut_line(opened: Opener, live_plant: Plant) -> None:
    live_plant.leak("G1")
    page = opened()
    page.clock.install()
    with page.expect_response(re.compile(r"/stream\?device=G1")):
        page.reload()
    page.wait_for_timeout(500)  # now the stream of the selected device has taken over
    page.route("**/api/v1/stream*", lambda route: route.abort())  # no new one heals what the silence shows
    expect(page.locator("#banner")).to_be_hidden()
    page.clock.fast_forward(16_000)
    expect(page.locator("#banner")).to_be_visible(timeout=LIVE_MS)
    page.unroute("**/api/v1/stream*")
    expect(page.locator("#banner")).to_be_hidden(timeout=10_000)


def test_old_data_behind_a_living_line_is_not_trusted(opened: Opener, live_plant: Plant) -> None:
    page = opened()
    live_plant.readers = {"watch": live_plant.readers["watch"]._replace(lag_s=40.0)}
    expect(page.locator("#banner")).to_have_text("数据滞后 – 画面不可信", timeout=7_000)
    live_plant.readers = {"watch": live_plant.readers["watch"]._replace(lag_s=0.2)}
    expect(page.locator("#banner")).to_be_hidden(timeout=7_000)


def test_an_http_error_on_reconnect_does_not_end_the_watch(opened: Opener, server: Server, live_plant: Plant) -> None:
    page = opened()
    page.route("**/api/v1/stream*", lambda route: route.fulfill(status=502, body="bad gateway"))
    server.stop()
    server.start()
    expect(page.locator("#banner")).to_be_visible()
    page.wait_for_timeout(2_500)  # the browser has given up by itself: readyState 2
    expect(page.locator("#banner")).to_be_visible()
    page.unroute("**/api/v1/stream*")
    expect(page.locator("#banner")).to_be_hidden(timeout=15_000)
    live_plant.leak()
    expect(page.locator(".alarm")).to_have_count(1, timeout=LIVE_MS)


def test_an_ended_login_leads_to_the_login_page_with_its_reason(opened: Opener, live_plant: Plant) -> None:
    page = opened()
    with live_plant.records.unit() as unit:
        unit.drop_expired_sessions(live_plant.clock_ns() + 86_400 * S)
    page.wait_for_url("**/login?reason=expired", timeout=20_000)
    expect(page.locator("#reason")).to_have_text("登录已失效，请重新登录")


def test_the_language_changes_and_is_remembered(opened: Opener, live_plant: Plant) -> None:
    live_plant.leak()
    page = opened()
    expect(page.locator("h1")).to_have_text("燃气安全值班台")
    page.locator("#language").click()
    expect(page.locator("h1")).to_have_text("Gas safety desk")
    expect(page.locator(".alarm")).to_contain_text("Shop 1")
    expect(page.locator(".alarm .state-word")).to_have_text("Unacknowledged")
    page.reload()
    expect(page.locator("h1")).to_have_text("Gas safety desk")
    assert page.evaluate("() => document.documentElement.lang") == "en"
    text = page.locator("body").inner_text().replace("中文", "")
    assert not re.search("[\u4e00-\u9fff]", text)
    assert not re.search(r"\b(?:state|kind|fact|list|detail|trend|event)\.\w", text)  # a key without its text


def test_markup_in_a_name_or_note_is_text(opened: Opener, live_plant: Plant) -> None:
    alarm = live_plant.leak("G8")
    with live_plant.records.unit() as unit:
        live_plant.desk.comment(unit, alarm.id, 1, "operator", XSS, live_plant.clock_ns())
    page = opened()
    expect(page.locator(".alarm .place")).to_have_text(XSS)
    expect(page.locator("#map .map-name", has_text="onerror")).to_have_text(XSS)
    page.locator("#map .sign.need").hover()
    expect(page.locator(".leaflet-tooltip")).to_contain_text(XSS)
    page.keyboard.press("2")
    expect(page.locator("#detail h2")).to_have_text(XSS)
    expect(page.locator("#detail .journal")).to_contain_text(XSS)
    page.keyboard.press("3")
    expect(page.locator("#site h2")).to_have_text(XSS)
    page.keyboard.press("4")
    expect(page.locator("#history")).to_contain_text(XSS)
    assert page.locator("img").count() == 0
    assert page.evaluate("() => window.hacked") is None


def test_a_reader_sees_everything_and_can_change_nothing(opened: Opener, live_plant: Plant) -> None:
    live_plant.leak()
    page = opened("read_only")
    expect(page.locator(".alarm")).to_have_count(1)
    expect(page.locator(".ack")).to_have_count(0)
    page.keyboard.press("ArrowUp")
    page.keyboard.press("Enter")
    assert not live_plant.alarm("G1", AlarmKind.GAS_LOW).life.acknowledged


def test_muting_is_visible_and_answers_nothing(opened: Opener, live_plant: Plant) -> None:
    live_plant.leak()
    page = opened()
    page.keyboard.press("m")
    expect(page.locator("#sound")).to_contain_text("已静音")
    assert not live_plant.alarm("G1", AlarmKind.GAS_LOW).life.acknowledged
    page.keyboard.press("m")
    expect(page.locator("#sound")).to_have_text("声音开")
    page.keyboard.press("?")
    expect(page.locator("#help")).to_be_visible()
    page.keyboard.press("Escape")
    expect(page.locator("#help")).to_be_hidden()
    page.keyboard.press(" ")
    expect(page.locator("#detail")).to_contain_text("处置要点")
    page.keyboard.press(" ")
    expect(page.locator("#detail")).to_be_hidden()


def test_the_list_does_not_jump_under_the_pointer(opened: Opener, live_plant: Plant) -> None:
    live_plant.leak("G1")
    page = opened()
    expect(page.locator(".alarm")).to_have_count(1)
    page.locator(".alarm .place").hover()
    live_plant.find(AlarmKind.GAS_HIGH, "G2", value=60.0, limit=50.0)
    expect(page.locator("#waiting")).to_have_text("1 条新告警，点击排入", timeout=LIVE_MS)
    expect(page.locator(".alarm")).to_have_count(1)
    live_plant.find(AlarmKind.LINKAGE_FAILED, "V3", value=12.0, limit=10.0, reason="not_closed")
    expect(page.locator(".alarm").last).to_contain_text("联动失败", timeout=LIVE_MS)  # the worst never waits
    page.locator("#waiting").click()
    expect(page.locator(".alarm").nth(1)).to_contain_text("二级限")
    live_plant.find(AlarmKind.GAS_HIGH, "G4", value=60.0, limit=50.0)
    expect(page.locator(".alarm")).to_have_count(4, timeout=9_000)  # the pointer rests


def test_an_offline_device_is_hatched_and_others_are_not(opened: Opener, live_plant: Plant) -> None:
    for name in live_plant.assets.devices:
        live_plant.hear(name)
    page = opened(at="#site")
    expect(page.locator(".tile.doubtful")).to_have_count(0, timeout=LIVE_MS)
    live_plant.hear("G3", online=False)
    expect(page.locator(".tile.doubtful")).to_have_text(re.compile("苍山脚下.*离线 1/2"), timeout=LIVE_MS)
    expect(page.locator("#facts")).to_contain_text("失联1/17")


def test_a_worse_level_shows_its_new_priority(opened: Opener, live_plant: Plant) -> None:
    page = opened()
    live_plant.find(AlarmKind.GAS_DECLARED, "G3", level=1, value=1.0)
    expect(page.locator(".alarm .symbol")).to_have_class(re.compile("p3"), timeout=LIVE_MS)
    live_plant.find(AlarmKind.GAS_DECLARED, "G3", Transition.ESCALATE, level=2, value=2.0)
    expect(page.locator(".alarm .symbol")).to_have_class(re.compile("p2"), timeout=LIVE_MS)


def test_there_is_no_control_that_opens_a_valve(opened: Opener, live_plant: Plant) -> None:
    live_plant.hear("V1")
    live_plant.measure("V1", {Quantity.VALVE_OPEN: 1.0})
    live_plant.leak("G1")
    page = opened("supervisor")
    expect(page.locator("#brief")).to_contain_text("V1 开", timeout=5_000)
    for key in "123456":
        page.keyboard.press(key)
        expect(page.locator(f"#pages li:nth-child({key}) a")).to_have_attribute("aria-current", "page")
        expect(page.locator("main")).not_to_contain_text("读取中")
        labels = page.locator("button, a, input, select, [role=button]").all_text_contents()
        assert not [label for label in labels if re.search("开(?!始)|open", label) and "声音" not in label]


def test_the_files_of_the_page_are_there(opened: Opener, server: Server) -> None:
    page = opened()
    answers: list[Response] = []
    page.on("response", lambda answer: answers.append(answer))  # noqa: PLW0108 - playwright marks its handlers
    page.goto(f"{server.url}/")
    page.wait_for_selector(TRUSTED)
    assert [answer.url for answer in answers if answer.status >= 400] == []
    assert len(answers) > 20


def test_the_login_page_says_why_the_provider_let_nobody_in_and_offers_another_try(
    opened: Opener, server: Server
) -> None:
    page = opened()
    expect(page.locator("#person")).to_have_text("operator Wang · 值班员")
    page.goto(f"{server.url}/login?reason=oidc-role")
    expect(page.locator("#reason")).to_have_text("您的账户在本系统没有角色，请联系管理员")
    expect(page.locator("#submit")).to_be_enabled()
    expect(page.locator("#oidc")).to_be_hidden()
    page.route("**/api/v1/login", lambda route: route.fulfill(json={"oidc": True}))
    page.goto(f"{server.url}/login?reason=oidc-constructor")
    expect(page.locator("#oidc")).to_have_attribute("href", "/login/oidc")
    expect(page.locator("#oidc")).to_be_visible()
    expect(page.locator("#reason")).to_be_hidden()
