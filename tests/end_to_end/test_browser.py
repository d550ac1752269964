"""The demo as a newcomer sees it: leak, acknowledge, reload, and a service that is killed."""

import shutil
import subprocess

import pytest
from playwright.sync_api import expect, sync_playwright

from tests.end_to_end.support import COMMAND, free_port

CHROMIUM = shutil.which("chromium")
ARGUMENTS = [
    *("--no-sandbox", "--disable-gpu", "--disable-background-networking"),
    *("--disable-component-update", "--disable-sync", "--no-first-run"),
]
START_MS, ALARM_MS, CUT_MS = 30_000, 45_000, 5_000


@pytest.mark.browser
@pytest.mark.server
@pytest.mark.timeout(150)
@pytest.mark.skipif(CHROMIUM is None, reason="Chromium is not installed: the demo's console is not tested")
def test_a_leak_of_the_demo_is_answered_and_a_killed_service_cannot_be_trusted() -> None:
    command = [*COMMAND, "demo", "--port", str(free_port())]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as demo, sync_playwright() as playwright:
        try:
            assert demo.stdout is not None
            address = demo.stdout.readline().split()[1]
            browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
            page = browser.new_page(viewport={"width": 1366, "height": 768}, locale="zh-CN")
            page.goto(address, timeout=START_MS)
            page.fill("input[name=name]", "demo")
            page.fill("input[type=password]", "gas-lifeline-demo")
            page.get_by_role("button", name="登录").click()
            leak = page.locator("#alarms > li", has_text="二级限 50 %LEL").first
            expect(leak).to_contain_text("未确认", timeout=ALARM_MS)
            leak.get_by_role("button", name="确认").click()
            expect(page.locator("#alarms > li", has_text="已确认").first).to_contain_text("50 %LEL", timeout=CUT_MS)
            page.reload()
            expect(page.locator("#alarms > li", has_text="已确认").first).to_contain_text("50 %LEL", timeout=START_MS)
            expect(page.locator("#banner")).to_be_hidden()
            demo.kill()
            expect(page.locator("#banner")).to_contain_text("画面不可信", timeout=CUT_MS)
            browser.close()
        finally:
            demo.kill()
