"""Rules that hold on every page: floods, sound, two people at once, themes, languages, access for everybody."""

import re
from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe  # type: ignore[import-untyped]  # ships none
from playwright.sync_api import Page, expect

from alerting.fusion import is_explainable
from domain.alarm import GAS_KINDS, AlarmKind
from domain.duty import Override, StoredPlan
from domain.finding import Transition
from domain.quality import Quality
from domain.quantity import Quantity
from domain.record import Gap
from tests.alerting.plans import TEXT
from tests.api.conftest import BROWSER, LIVE_MS, TOWNSHIP, TRUSTED, Opener, Plant, Server
from tests.api.test_console_hazards import found
from tests.api.test_console_pages import refuse
from tests.api.test_static import contrast

pytestmark = BROWSER
THEMES = ("day", "night")
# One of each at any device: the others come at once as well, or wait first.
KINDS = [
    kind
    for kind in AlarmKind
    if kind not in {AlarmKind.LINKAGE_FAILED, AlarmKind.PRESSURE_LOW, AlarmKind.PRESSURE_HIGH}
]
UNRELATED = [kind for kind in KINDS if kind not in GAS_KINDS | {AlarmKind.POWER_LOST} and not is_explainable(kind)]
"""Kinds that neither add up to another alarm nor hide behind one."""


def fill(plant: Plant) -> None:
    """Something of everything: priorities, states, gaps, refusals, a valve, an old device."""
    plant.find(AlarmKind.LINKAGE_FAILED, "V1", value=12.0, limit=10.0, reason="not_closed")
    plant.find(AlarmKind.GAS_HIGH, "G2", value=60.0, limit=50.0)
    plant.leak("G1")
    plant.find(AlarmKind.DEVICE_SILENT, "G3", value=99.0, limit=30.0)
    shelved, ended = plant.leak("G4"), plant.leak("G5")
    plant.end(AlarmKind.GAS_LOW, ended.device)
    for device in ("G1", "V1", "G2", "V2"):
        plant.hear(device, counted=True, frames=99, missing=1)
    plant.measure("G1", {Quantity.GAS_PCT_LEL: 31.0, Quantity.TEMPERATURE_C: 21.0}, gas_pct_lel=Quality.UNCERTAIN)
    plant.measure("V1", {Quantity.VALVE_OPEN: 1.0})
    now = plant.clock_ns()
    with plant.records.unit() as unit:
        plant.desk.shelve(unit, shelved.id, 1, "operator", "x", now, now + 3_600 * 10**9)
        unit.gap(Gap("G1", "7f3a", 5, 9, now))
        unit.add_plan(StoredPlan(TEXT, "li", now))
        found(plant, unit, "Main pipe")
        unit.add_override(Override("duty", "first", "zhao", now, now + 3_600 * 10**9, "li", now))
    refuse(plant, b"\xff\x00", 1)


def pages_of(page: Page) -> Iterator[str]:
    """Go from page to page, each when it has its data."""
    for place, key in enumerate("1234567890hrc", 1):
        page.keyboard.press(key)
        expect(page.locator(f"#pages li:nth-child({place}) a")).to_have_attribute("aria-current", "page")
        expect(page.locator("main .hint", has_text=re.compile("读取中|Loading"))).to_have_count(0)
        yield key


# ---------------------------------------------------------------- who is first
def test_of_two_people_one_answers_and_the_other_is_told(opened: Opener, live_plant: Plant) -> None:
    live_plant.find(AlarmKind.LINKAGE_FAILED, "V1", value=12.0, limit=10.0, reason="not_closed")
    first, second = opened(), opened("supervisor")
    first.locator(".alarm .ack").click()
    second.locator(".alarm .ack").click()
    second.locator("#confirm-yes").click()
    expect(second.locator(".alarm .state-word")).to_contain_text("已确认 supervisor")
    first.locator("#confirm-yes").click()
    expect(first.locator(".alarm .row-note")).to_have_text("告警已变化")
    assert live_plant.alarm("V1", AlarmKind.LINKAGE_FAILED).acknowledged_by == "supervisor"


def test_an_alarm_that_worsens_under_an_open_question_is_not_answered(opened: Opener, live_plant: Plant) -> None:
    alarm = live_plant.find(AlarmKind.GAS_DECLARED, "G3", level=1, value=1.0)
    page = opened(at=f"#alarm/{alarm.id}")
    page.locator("#detail .acts").get_by_role("button", name="备注").click()
    live_plant.find(AlarmKind.GAS_DECLARED, "G3", Transition.ESCALATE, level=2, value=2.0)
    page.locator("#act textarea").fill("x")
    page.locator("#act-yes").click()
    expect(page.locator("#act-problem")).to_have_text("告警已变化")
    expect(page.locator(".alarm .symbol")).to_have_class(re.compile("p2"))
    expect(page.locator(".alarm .state-word")).to_have_text("未确认")


def test_a_reader_has_no_buttons_and_a_post_of_his_own_is_refused(opened: Opener, live_plant: Plant) -> None:
    alarm = live_plant.leak("G1")
    page = opened("read_only", at=f"#alarm/{alarm.id}")
    expect(page.locator("#detail .journal")).to_contain_text("报警")
    expect(page.locator("#detail .acts button")).to_have_count(0)
    status = page.evaluate(
        """async (id) => {
          const { csrf } = await (await fetch("/api/v1/me")).json();
          const headers = { "Content-Type": "application/json", "X-CSRF-Token": csrf };
          const body = JSON.stringify({ occurrence: 1 });
          return (await fetch(`/api/v1/alarms/${id}/ack`, { method: "POST", headers, body })).status;
        }""",
        alarm.id,
    )
    assert status == 403


# ---------------------------------------------------------------- flood
def test_a_flood_stands_in_groups_and_priority_1_alone_on_top(opened: Opener, live_plant: Plant) -> None:
    page = opened()
    for kind in UNRELATED[:12]:
        for device in live_plant.assets.devices:
            live_plant.find(kind, device, value=99.0, limit=30.0)
    live_plant.find(AlarmKind.LINKAGE_FAILED, "V3", value=12.0, limit=10.0, reason="not_closed")
    expect(page.locator("#flood")).to_be_visible(timeout=LIVE_MS * 4)
    group = page.locator(".group", has_text="D1")
    expect(group).to_have_text(re.compile(r"D1180 条"), timeout=LIVE_MS * 4)
    # one of the 24 of the other district is selected and stands alone
    expect(page.locator(".group", has_text=TOWNSHIP)).to_have_text(re.compile(rf"{TOWNSHIP}23 条"))
    expect(page.locator("#alarms > li").first).to_contain_text("联动失败")
    expect(page.locator(".alarm")).to_have_count(2)
    group.get_by_role("button", name="展开").click()
    expect(page.locator(".alarm")).to_have_count(182)
    group.get_by_role("button", name="收起").click()
    expect(page.locator(".alarm")).to_have_count(2)


def test_the_selected_row_stays_where_it_is_while_a_flood_comes(opened: Opener, live_plant: Plant) -> None:
    for device in ("G1", "G2", "G3"):
        live_plant.leak(device)
    page = opened()
    page.keyboard.press("ArrowDown")
    row = page.locator(".alarm.selected")
    expect(row).to_contain_text("下关第一餐厅")
    place = row.bounding_box()
    for kind in (AlarmKind.DEVICE_FAULT, AlarmKind.GAS_HIGH):
        for device in live_plant.assets.devices:
            live_plant.find(kind, device, value=60.0, limit=50.0)
    expect(page.locator("#waiting")).to_have_text("34 条新告警，点击排入", timeout=LIVE_MS * 2)
    assert row.bounding_box() == place
    millis = page.evaluate(
        """async () => {
          const began = performance.now();
          document.querySelector("#waiting").click();
          await new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)));
          return performance.now() - began;
        }"""
    )
    assert millis < 300
    expect(page.locator(".group")).to_have_count(2)


def test_a_flood_ends_by_time_alone(opened: Opener) -> None:
    page = opened()
    told = page.evaluate(
        """async () => {
          const { hear, flooding } = await import("/static/flood.js");
          const { now } = await import("/static/time.js");
          const told = [];
          const at = (n, age_s) => hear("a", n, new Date(now() - age_s * 1000).toISOString());
          for (let n = 0; n < 9; n += 1) at(n, 0);
          told.push(flooding());
          at(8, 0); // the same once more
          told.push(flooding());
          at(9, 0);
          told.push(flooding());
          for (let n = 0; n < 5; n += 1) at(n, 700);
          told.push(flooding());
          at(5, 700);
          told.push(flooding());
          return told;
        }"""
    )
    assert told == [False, False, True, True, False]


# ---------------------------------------------------------------- sound, time
def test_a_mute_ends_by_itself(opened: Opener, live_plant: Plant) -> None:
    live_plant.leak()
    page = opened()
    page.clock.install()
    page.reload()
    page.wait_for_selector(TRUSTED)
    page.keyboard.press("m")
    expect(page.locator("#sound")).to_have_text(re.compile(r"已静音 [45]:\d\d"))
    page.clock.fast_forward(301_000)
    expect(page.locator("#sound")).to_have_text("声音开")


def test_a_mute_is_of_the_position_and_answers_nothing(opened: Opener, live_plant: Plant) -> None:
    live_plant.leak()
    page = opened()
    page.keyboard.press("m")
    window = page.context.new_page()
    window.goto(page.url)
    window.wait_for_selector(TRUSTED)
    for one in (page, window):
        one.bring_to_front()
        one.mouse.click(700, 20)
        expect(one.locator("#sound")).to_have_text(re.compile(r"已静音 [45]:\d\d"))
    window.keyboard.press("m")
    expect(page.locator("#sound")).to_have_text("声音开")
    page.evaluate("localStorage.setItem('muted-until', Date.now() + 900000)")  # a clock that was set back
    expect(page.locator("#sound")).to_have_text("声音开")
    assert [alarm.life.letter for alarm in live_plant.records.alarms(standing=True)] == ["B"]
    assert [entry.user for entry in live_plant.records.journal() if entry.user] == []


def test_a_page_without_a_click_says_that_it_cannot_sound(opened: Opener) -> None:
    page = opened()
    expect(page.locator("#sound")).to_have_text("声音未启用")
    page.mouse.click(700, 20)
    expect(page.locator("#sound")).to_have_text("声音开")


def test_midnight_is_0_and_the_zone_is_that_of_the_control_room(opened: Opener) -> None:
    page = opened()
    said = page.evaluate(
        """async () => {
          const { clock, dated, parse } = await import("/static/time.js");
          const at = "2026-01-14T16:00:00Z";
          return [clock(at), dated(at), parse("2026-01-15 08:30"), parse("2026-02-30x"), parse("15.1.2026")];
        }"""
    )
    assert said == ["00:00:00", "2026-01-15 00:00:00", "2026-01-15T08:30:00+08:00", "", ""]


# ---------------------------------------------------------------- for every eye and hand
@pytest.mark.parametrize("theme", THEMES)
def test_no_page_has_a_serious_barrier(opened: Opener, live_plant: Plant, theme: str) -> None:
    fill(live_plant)
    page = opened("supervisor", theme=theme)
    barriers = []
    for key in pages_of(page):
        found = Axe().run(page).response["violations"]
        barriers += [
            (key, rule["id"], [node["target"] for node in rule["nodes"]][:3])
            for rule in found
            if rule["impact"] in {"serious", "critical"}
        ]
    assert barriers == []


@pytest.mark.parametrize("theme", THEMES)
def test_colours_on_the_screen_keep_their_contrast(opened: Opener, theme: str) -> None:
    page = opened(theme=theme)
    colours = page.evaluate(
        """(names) => Object.fromEntries(names.map((name) => {
          const probe = document.createElement("i");
          document.body.append(probe);
          probe.style.color = `var(--${name})`;
          const [r, g, b] = getComputedStyle(probe).color.match(/\\d+/g).map(Number);
          probe.remove();
          return [name, `#${[r, g, b].map((part) => part.toString(16).padStart(2, "0")).join("")}`];
        }))""",
        ["page", "panel", "map", "ink", "border", "doubt", "doubt-text"]
        + [f"p{n}{part}" for n in range(1, 5) for part in ("", "-text")],
    )
    assert colours["page"] == {"day": "#c9cbcc", "night": "#1b1d1f"}[theme]
    for text, ground, least in [
        *(("ink", ground, 4.5) for ground in ("page", "panel", "map")),
        *((f"p{n}-text", f"p{n}", 4.5) for n in range(1, 5)),
        ("doubt-text", "doubt", 4.5), ("border", "map", 3.0), ("ink", "map", 3.0),
    ]:  # fmt: skip
        assert contrast(colours[text], colours[ground]) >= least, (text, ground)


def test_the_theme_is_chosen_by_a_button_and_remembered(opened: Opener) -> None:
    page = opened()
    ground = "() => getComputedStyle(document.body.parentElement).backgroundColor"
    assert page.evaluate(ground) == "rgb(201, 203, 204)"
    page.emulate_media(color_scheme="dark")
    assert page.evaluate(ground) == "rgb(27, 29, 31)"
    page.locator("#theme").click()
    expect(page.locator("#theme")).to_have_text("白天")
    assert page.evaluate(ground) == "rgb(201, 203, 204)"
    page.reload()
    expect(page.locator("#theme")).to_have_text("白天")
    assert page.evaluate(ground) == "rgb(201, 203, 204)"


CUT_OFF = """() => [...document.querySelectorAll("body *")].filter((node) => {
  if (!node.checkVisibility() || node.closest(".unseen, svg, #map, option") || node.scrollWidth === 0) return false;
  const { right, bottom } = node.getBoundingClientRect();
  const scrolled = node.parentElement.closest(".scrolls, .panel, .sites, .standing, .story, .brief");
  const look = getComputedStyle(node);
  const clipped = look.overflowX !== "visible" && look.overflowX !== "auto" && node.scrollWidth > node.clientWidth + 1;
  return clipped || right > innerWidth + 1 || (bottom > innerHeight + 1 && !scrolled);
}).map((node) => `${node.tagName} ${node.id} ${node.className} ${node.textContent.slice(0, 40)}`)"""


@pytest.mark.parametrize("language", ["zh-CN", "en"])
def test_nothing_is_cut_off_and_no_text_is_missing(opened: Opener, live_plant: Plant, language: str) -> None:
    fill(live_plant)
    page = opened("supervisor", language=language)
    for key in pages_of(page):
        assert page.evaluate(CUT_OFF) == [], key
        text = page.locator("body").inner_text()
        assert not re.search(r"\b(?:state|kind|fact|list|detail|trend|event|page|column|system|field)\.\w", text)
        if language == "en":
            names = ("中文", "\u4e00\u533a", TOWNSHIP)  # of the other language, of a zone, of a district
            assert not re.search("[\u4e00-\u9fff]", re.sub("|".join(names), "", text)), key


def test_priorities_differ_by_shape_and_number_too(opened: Opener, live_plant: Plant) -> None:
    fill(live_plant)
    page = opened()
    seen = {}
    for priority in "1234":
        mark = page.locator(f".alarm .symbol.p{priority}").first
        seen[priority] = mark.evaluate(
            "svg => svg.firstChild.tagName + (svg.firstChild.getAttribute('d') ?? '') + svg.textContent"
        )
        assert seen[priority].endswith(priority)
    assert len({shape.rstrip("1234") for shape in seen.values()}) == 4


def tab_to(page: Page, label: str) -> None:
    for _ in range(80):
        page.keyboard.press("Tab")
        if page.evaluate("() => document.activeElement.textContent") == label:
            return
    pytest.fail(f"Tab never came to {label}")


def test_a_whole_shift_needs_no_mouse(opened: Opener, live_plant: Plant, server: Server) -> None:
    live_plant.leak("G1")
    page = opened()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("Enter")
    expect(page.locator(".alarm .state-word")).to_contain_text("已确认 operator")
    page.keyboard.press("Space")
    expect(page.locator("#detail .acts")).to_be_visible()
    tab_to(page, "搁置")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("检修")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.locator("#facts")).to_contain_text("已抑制1", timeout=LIVE_MS)
    width = page.evaluate("() => getComputedStyle(document.activeElement).outlineWidth")
    assert width == "3px"
    page.keyboard.press("4")
    expect(page.locator("#history tbody tr")).to_have_count(1)
    tab_to(page, "退出")
    page.keyboard.press("Enter")
    page.wait_for_url(f"{server.url}/login")
