"""The hazard ledger on the console: what is overdue, what each person does next, what an inspection found."""

import re
from pathlib import Path

from playwright.sync_api import Page, expect

from domain.hazard import Hazard, HazardQuery
from ledger.desk import By, Desk, Unit
from ledger.draft import Draft
from ledger.flow import Duty, Numbers
from tests.api.conftest import BROWSER, TOWNSHIP, Opener, Plant, S

pytestmark = BROWSER
DAY = 86_400 * S


def found(
    plant: Plant, unit: Unit, name: str, *, site: str = "", late_d: float = 2.5, responsible: str = "li"
) -> Hazard:
    """Register something built on a pipe, so many days after its deadline."""
    now = plant.clock_ns()
    times = {"found_ns": now - 10 * DAY, "deadline_ns": now - int(late_d * DAY)}
    place = {"site": site, "object": name, "township": TOWNSHIP}
    draft = Draft(rule="N02", found_by="li", evidence="a hut", responsible=responsible, **place, **times)  # type: ignore[arg-type]  # by name
    return Desk(plant.assets, Numbers.of(plant.rulebook)).register(unit, draft, name, By("li", now, frozenset(Duty)))


def tally(page: Page, state: str) -> str:
    return page.locator(f"[data-state={state}] b").inner_text()


def act(page: Page, step: str, text: str = "") -> None:
    page.locator("#hazards-story .acts").get_by_role("button", name=step, exact=True).click()
    if text:
        page.locator("#act textarea").fill(text)
    page.locator("#act-yes").click()


def test_an_overdue_hazard_is_told_in_words_and_goes_through_the_hands_of_two(
    opened: Opener, live_plant: Plant
) -> None:
    with live_plant.records.unit() as unit:
        found(live_plant, unit, "late")
        found(live_plant, unit, "mine", late_d=-2.0, responsible="supervisor")
    page, other = opened("supervisor", at="#hazards/late"), opened(at="#hazards/late", language="en")
    row = page.locator("#hazard-table tbody tr", has_text="late")
    expect(row).to_have_text(re.compile(r"N02late古城镇违规占压li\d{4}-\d\d-\d\d▲ 逾期 3 天登记"))
    assert [tally(page, state) for state in ("overdue", "open", "registered")] == ["1", "2", "2"]
    page.get_by_label("我负责的").check()
    expect(page.locator("#hazard-table tbody tr")).to_have_count(1)
    expect(page.locator("#hazard-table tbody tr")).to_contain_text("mine")
    page.get_by_label("我负责的").uncheck()
    page.locator("[data-state=overdue]").click()
    expect(row).to_have_class(re.compile("selected"))
    expect(page.locator("#hazards-story h3").first).to_have_text("N02 违规占压")
    act(page, "派发")
    act(page, "开始整改")
    expect(page.locator("#act-problem")).to_contain_text("不能立即整改的须有管控措施")
    page.locator("#act textarea").fill("围挡")
    page.locator("#act-yes").click()
    act(page, "整改完成", "已拆除")
    expect(page.locator("#hazards-story .acts")).to_contain_text("复查须由另一人进行")
    expect(page.locator("[data-state=overdue] b")).to_have_text("0")
    other.reload()
    act(other, "Pass", "gone")
    expect(other.locator("[data-state=closed] b")).to_have_text("1")
    expect(other.locator("#hazards-story .told")).to_contain_text(
        re.compile("Pass · operator · gone.*Put right · supervisor")
    )
    expect(other.locator("#hazards-story .acts button")).to_have_text(["Reopen", "Comment"])


def test_an_inspection_is_recorded_whatever_it_finds_and_a_file_is_attached(opened: Opener, tmp_path: Path) -> None:
    page = opened(at="#hazards/new")
    page.get_by_label("站点编号").fill("S1")
    page.get_by_label("最长软管").fill("1.5")
    page.get_by_role("group", name="软管穿越").get_by_label("无", exact=True).check()
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("#inspection-told")).to_have_text("已登记：判定 2 条规则，无隐患")
    page.get_by_label("站点编号").fill("S1")
    page.get_by_label("私接三通").select_option("yes")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("#hazards-problem")).to_contain_text("evidence is missing")
    page.get_by_label("发现情况").fill("后厨")
    page.get_by_label("整治责任人").fill("店主")
    page.get_by_role("button", name="登记", exact=True).click()
    expect(page.locator("#hazards-story h3").first).to_have_text("R05 私接“三通”")
    file = tmp_path / "现场.pdf"
    file.write_bytes(b"%PDF-1.7 x")
    page.get_by_label("添加附件").set_input_files(file)
    link = page.locator("#hazards-story .members a")
    expect(link).to_have_text("现场.pdf")
    with page.expect_download() as download:
        link.click()
    assert Path(download.value.path()).read_bytes() == b"%PDF-1.7 x"


def test_a_long_ledger_goes_on_by_its_cursor_and_is_narrowed_by_township_and_rule(
    opened: Opener, live_plant: Plant
) -> None:
    with live_plant.records.unit() as unit:
        for n in range(101):
            found(live_plant, unit, f"hut {n}", site="S2" if n == 7 else "")
    page = opened(at="#hazards")
    rows = page.locator("#hazard-table tbody tr")
    expect(rows).to_have_count(100)
    page.get_by_role("button", name="更多").click()
    expect(rows).to_have_count(101)
    page.get_by_label("乡镇").select_option("D1")
    expect(rows).to_have_count(1)
    expect(rows).to_contain_text("hut 7D1")
    page.get_by_label("规则").select_option("R01")
    expect(page.locator("#hazards-list")).to_contain_text("没有符合条件的隐患")


def test_a_hazard_is_registered_a_report_verified_and_a_table_read_or_refused_row_by_row(
    opened: Opener, live_plant: Plant, tmp_path: Path
) -> None:
    page = opened("supervisor", at="#hazards/register")
    page.locator("#register [name=rule]").select_option("R05")
    expect(page.locator("#register-rule")).to_contain_text("默认时限 3 天，至")
    page.locator("#register").get_by_role("button", name="登记").click()
    expect(page.locator("#register-told")).to_have_text("缺少：站点编号或名称")
    page.get_by_label("站点编号或名称").fill("古城小厨")  # by its name
    page.get_by_label("情况").fill("后厨私接")
    page.get_by_label("整治责任人").fill("店主")
    page.locator("#register").get_by_role("button", name="登记").click()
    expect(page.locator("#hazards-story h3").first).to_have_text("R05 私接“三通”")
    assert [(row.site, row.responsible) for row in live_plant.records.hazards(HazardQuery())] == [("S1", "店主")]

    page.get_by_role("link", name="公众举报").click()
    expect(page.locator("#hazards-story")).to_contain_text("没有举报")
    page.get_by_role("button", name="记录举报").click()
    page.locator("#act").get_by_label("站点").fill("S2")
    page.locator("#act").get_by_label("举报内容").fill("软管很长")
    page.locator("#act-yes").click()
    told = page.locator(".tips li")
    expect(told).to_contain_text("待核实")
    told.get_by_role("button", name="核实").click()
    page.locator("#act").get_by_label("结论").select_option("R04")
    page.locator("#act").get_by_label("核实情况").fill("3 米")
    page.locator("#act-yes").click()
    told.get_by_role("button", name="奖励").click()
    page.locator("#act").get_by_label("奖励金额").fill("500")
    page.locator("#act-yes").click()
    expect(told).to_contain_text(re.compile("查实.*软管很长.*3 米.*已奖励 500 元.*查看隐患"))

    page.get_by_role("link", name="导入表格").click()
    file = tmp_path / "t.csv"
    good = "rule,site,found_by,found,evidence,responsible\nR01,S3,li,2026-01-01,地下室,店主\n"
    for text, encoding in ((good + "R99,S1,li,2026-01-01,x,y\n", "utf-8"), (good, "gb18030")):
        file.write_text(text, encoding=encoding)
        page.get_by_label("文件").set_input_files(file)
        page.get_by_role("button", name="导入", exact=True).click()
        expect(page.locator("#import-found")).to_contain_text(re.compile("1 处有误|已登记 1 条，0 条此前已有"))
        if encoding == "utf-8":
            expect(page.locator("#import-problems tbody tr")).to_have_text(re.compile("^3.*没有该规则"))
    expect(page.locator("#import-found")).to_contain_text("已登记 1 条")
    assert {row.evidence for row in live_plant.records.hazards(HazardQuery())} == {"后厨私接", "3 米", "地下室"}
    with page.expect_download() as download:
        page.get_by_role("button", name="下载 CSV").click()
    assert download.value.suggested_filename == "hazards.csv"


def test_a_report_is_read_printed_and_taken_away_or_it_is_said_why_not(opened: Opener) -> None:
    page = opened("supervisor")
    made = {"rhythm": "weekly", "from": "2026-01-05", "name": "weekly-2026-01-05", "bytes": 99, "formats": ["html"]}
    page.route("**/api/v1/reports", lambda route: route.fulfill(json={"items": [made], "next": None}))
    page.keyboard.press("r")
    expect(page.frame_locator("#report-frame").locator("h1")).to_contain_text("日调度")
    page.evaluate("document.querySelector('#report-frame').contentWindow.print = () => { window.printed = true; }")
    page.get_by_role("button", name="打印").click()
    assert page.evaluate("window.printed")
    with page.expect_download() as download:
        page.get_by_role("button", name="JSON").click()
    assert re.fullmatch(r"daily-20\d\d-\d\d-\d\d\.json", download.value.suggested_filename)
    page.get_by_label("报告").first.select_option("monthly")
    expect(page.frame_locator("#report-frame").locator("h1")).to_contain_text("月督导")
    page.get_by_label("其中任一天").fill("2199-01-01")
    expect(page.locator("#report-told")).to_contain_text("2199-01-01")
    expect(page.get_by_role("button", name="打印")).to_be_disabled()
    assert page.url.endswith("#reports/rhythm%3Dmonthly%26of%3D2199-01-01")
    page.get_by_role("button", name="周通报 2026-01-05 HTML").click()  # of which there is no file
    expect(page.locator("#reports-problem")).to_contain_text("未成功")
