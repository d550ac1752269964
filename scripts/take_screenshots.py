"""Takes the pictures of the documents from a running demo: each page after what makes it worth a look."""

import argparse
import io
import re
import shutil
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from PIL import Image
from playwright.sync_api import Page, expect, sync_playwright

from app.clock import now_ns

ROOT = Path(__file__).parents[1]
DOCS = ROOT / "docs"
WIDTH, HEIGHT = 1366, 768
MOST_BYTES = 200_000
ALARMS_S = 90
"""The demo's story takes so long until a valve is jammed and people were called."""
PASSWORD = "gas-lifeline-demo"  # noqa: S105 - the demo prints it
TRUSTED = "body:has(#counts):not(.untrusted)"


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("name", nargs="*", help=f"pictures to take, of {', '.join(PICTURES)}; none: all")
    options.add_argument("--out", type=Path, default=DOCS)
    chosen = options.parse_args()
    chosen.out.mkdir(parents=True, exist_ok=True)
    browser = shutil.which("chromium")
    if browser is None:
        sys.exit("Chromium is not installed: no pictures")
    with demo() as places, sync_playwright() as play:
        chromium = play.chromium.launch(executable_path=browser, args=["--no-sandbox", "--disable-gpu"])
        page = chromium.new_page(viewport={"width": WIDTH, "height": HEIGHT}, color_scheme="light")
        log_in(page, places["console"])
        expect(page.locator(".alarm.p1").first).to_be_visible(timeout=120_000)
        time.sleep(ALARMS_S)
        for name, take in PICTURES.items():
            if not chosen.name or name in chosen.name:
                take(page, places)
                save(page.screenshot(), chosen.out / f"{name}.png")
        chromium.close()
    return 0


@contextmanager
def demo() -> Iterator[Mapping[str, str]]:
    """Run the demo; give the addresses that it prints."""
    command = [ROOT / ".venv/bin/gas-lifeline", "demo"]
    with subprocess.Popen(command, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603 - our own
        try:
            places: dict[str, str] = {}
            for line in process.stdout or ():
                if found := re.match(r"(console|telephones).*?: (http\S+/)", line):
                    places[found[1]] = found[2]
                if len(places) == 2:
                    break
            else:
                sys.exit("the demo did not start")
            threading.Thread(target=(process.stdout or io.StringIO()).read, daemon=True).start()  # a full pipe stops it
            yield places
        finally:
            process.terminate()


def log_in(page: Page, url: str) -> None:
    page.goto(f"{url}login")
    expect(page.locator("#submit")).to_be_enabled()
    page.fill("#name", "demo")
    page.fill("#password", PASSWORD)
    page.keyboard.press("Enter")
    awaken(page)


def awaken(page: Page) -> None:
    """Wait for data; a click lets the browser sound its alarms."""
    page.wait_for_selector(TRUSTED)
    page.locator("#clock").click()


def save(picture: bytes, file: Path) -> None:
    """Write it with 256 colours, so that it stays small; the rarest are kept too: a red symbol is what matters."""
    with Image.open(io.BytesIO(picture)) as image:
        image.convert("RGB").quantize(256, Image.Quantize.MAXCOVERAGE, dither=Image.Dither.NONE).save(
            file, optimize=True
        )
    print(f"{file.name}: {file.stat().st_size / 1e3:.0f} kB")
    if file.stat().st_size > MOST_BYTES:
        sys.exit(f"{file.name} is larger than {MOST_BYTES / 1e3:.0f} kB")


# ---------------------------------------------------------------- what each shows
def go(page: Page, places: Mapping[str, str], at: str) -> None:
    if not page.url.startswith(places["console"]):
        page.goto(places["console"])
        awaken(page)
    page.evaluate("(at) => { location.hash = at; }", at)
    page.wait_for_timeout(2_500)


def overview(page: Page, places: Mapping[str, str]) -> None:
    go(page, places, "#overview")


def night(page: Page, places: Mapping[str, str]) -> None:
    page.emulate_media(color_scheme="dark")
    overview(page, places)


def plain(at: str) -> Callable[[Page, Mapping[str, str]], None]:
    def take(page: Page, places: Mapping[str, str]) -> None:
        page.emulate_media(color_scheme="light")
        go(page, places, at)

    return take


def alarm(page: Page, places: Mapping[str, str]) -> None:
    plain("#overview")(page, places)
    page.locator(".alarm.p1").first.click()
    go(page, places, "#alarm")


def valve_close(page: Page, places: Mapping[str, str]) -> None:
    alarm(page, places)
    page.locator("#detail .acts").get_by_role("button", name="关闭阀门").first.click()
    page.locator("dialog[open] textarea, dialog[open] input").first.fill("厨房燃气泄漏")
    page.locator("dialog[open] button[type=submit]").click()
    page.wait_for_timeout(1_000)


def silenced(page: Page, places: Mapping[str, str]) -> None:
    """Shelve something first."""
    alarms = page.request.get(f"{places['console']}api/v1/alarms?standing=true").json()["items"]
    csrf = page.request.get(f"{places['console']}api/v1/me").json()["csrf"]
    headers = {"X-CSRF-Token": csrf, "Content-Type": "application/json"}
    until = time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime(now_ns() // 10**9 + 3_600))
    for one in alarms:
        if not one["safety_critical"] and one["priority"] > 2:
            act, more = ("shelve", {}) if one["priority"] == 3 else ("out-of-service", {"permit_no": "ZY-2026-0117"})
            body = {"occurrence": one["occurrence"], "until": until, "comment": "检修，现场有人看守", **more}
            page.request.post(f"{places['console']}api/v1/alarms/{one['id']}/{act}", headers=headers, data=body)
    plain("#silenced")(page, places)


def handover(page: Page, places: Mapping[str, str]) -> None:
    plain("#handover")(page, places)
    page.locator("#handover-sign [name=note]").fill("抢修队在路上，到场后请复测。")
    page.locator("#handover-sign button").click()
    page.wait_for_timeout(1_500)


def hazards(page: Page, places: Mapping[str, str]) -> None:
    """Let inspections find something at three sites."""
    go(page, places, "#overview")
    sites = page.request.get(f"{places['console']}api/v1/sites?limit=3").json()["items"]
    for site, facts in zip(
        sites, ({"hose_m": 3.0}, {"tee": True}, {"spares_apart": False, "tee": False}), strict=False
    ):
        body = {"site": site["id"], "facts": facts, "evidence": "后厨现场检查", "responsible": "店主"}
        send(page, places, "inspections", body)
    plain("#hazards")(page, places)


def public(page: Page, places: Mapping[str, str]) -> None:
    """Let the public report something true, something untrue, and something that nobody has looked at yet."""
    go(page, places, "#overview")
    site = page.request.get(f"{places['console']}api/v1/sites?limit=1").json()["items"][0]["id"]
    told = [
        send(page, places, "public-reports", {"site": site, "text": t})
        for t in ("软管老化", "阀门漏气", "后厨有煤气味")
    ]
    true = {"founded": True, "text": "现场属实", "rule": "R04", "responsible": "店主"}
    for report, verdict in zip(told, (true, {"founded": False, "text": "未发现"}), strict=False):
        send(page, places, f"public-reports/{report['id']}/verify", verdict)
    plain("#hazards/reports")(page, places)


def send(page: Page, places: Mapping[str, str], path: str, body: Mapping[str, object]) -> dict[str, str]:
    csrf = page.request.get(f"{places['console']}api/v1/me").json()["csrf"]
    headers = {"X-CSRF-Token": csrf, "Content-Type": "application/json"}
    made: dict[str, str] = page.request.post(
        f"{places['console']}api/v1/{path}", headers=headers, data=dict(body)
    ).json()
    return made


def telephones(page: Page, places: Mapping[str, str]) -> None:
    page.goto(places["telephones"])


PICTURES: Mapping[str, Callable[[Page, Mapping[str, str]], None]] = {
    "console": plain("#overview"),
    "console-night": night,
    "alarm": alarm,
    "incident": plain("#incident"),
    "oncall": plain("#oncall"),
    "kpi": plain("#kpi"),
    "valve-close": valve_close,
    "telephones": telephones,
    "silenced": silenced,
    "handover": handover,
    "console-hazards": hazards,
    "console-public": public,
    "console-reports": plain("#reports"),
}

if __name__ == "__main__":
    sys.exit(main())
