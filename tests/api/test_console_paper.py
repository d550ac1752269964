"""The monthly report on paper: pages of A4 on which nothing is cut and none is empty."""

import re
import zlib
from dataclasses import replace
from datetime import date

from playwright.sync_api import Browser

from domain.asset import Assets, Device, DeviceKind, Site, Zone
from domain.period import Period
from ledger.reports.page import page as written
from ledger.reports.report import Rows, report
from ledger.reports.span import Rhythm
from tests.api.conftest import BROWSER
from tests.ledger.test_reports import DECEMBER, HAZARDS, JANUARY, MOVES, SPAN

pytestmark = BROWSER

LONG = "大理经济技术开发区满江街道办事处"
PAPER_PX = round((210 - 2 * 14) / 25.4 * 96)
"""Between the margins of the style sheet."""
OUTSIDE = """wide => [...document.querySelectorAll("body *")]
    .filter(e => { const r = e.getBoundingClientRect(); return r.left < -0.5 || r.right > wide + 0.5 })
    .map(e => `${e.tagName} ${e.textContent.slice(0, 40)}`)"""


def month() -> str:
    """Write a month with long names and more expired devices than a page has lines."""
    expired = {
        f"G{n}": Device(f"DETECTOR-OF-A-LONG-NAME-{n:04}", DeviceKind.GAS_DETECTOR, "S1", expires_on=date(2026, 1, 2))
        for n in range(50)
    }
    place = Site("S1", LONG * 3, "s", "restaurant", "Z1", LONG, 100, 25)
    town = Assets(zones={"Z1": Zone("Z1", "区", "z")}, sites={"S1": place}, devices=expired)
    hazards = [replace(row, township=LONG) for row in HAZARDS]
    periods = Period(JANUARY, SPAN.to_ns), Period(DECEMBER, JANUARY)
    rows = Rows(
        hazards=hazards, moves=sorted(MOVES, key=lambda one: one.time_ns), inspections=(), public=(),
        period=periods[0], period_before=periods[1],
    )  # fmt: skip
    return written(report(Rhythm.MONTHLY, SPAN, SPAN.to_ns, rows, town))


def pages(pdf: bytes) -> list[tuple[float, int]]:
    """Give the height of each page, and how often text is shown on it."""
    found = re.findall(rb"/Type /Page\n.*?/MediaBox \[0 0 [\d.]+ ([\d.]+)\].*?/Contents (\d+) 0 R", pdf, re.DOTALL)
    streams = (re.search(rb"\n%b 0 obj\n<<.*?>> ?stream\n(.*?)\nendstream" % name, pdf, re.DOTALL) for _, name in found)
    drawn = [zlib.decompress(stream[1]) if stream else b"" for stream in streams]
    return [(float(height), text.count(b"Tj")) for (height, _), text in zip(found, drawn, strict=True)]


def test_the_monthly_report_is_printed_on_a4_whole_with_its_charts_and_no_empty_page(chromium: Browser) -> None:
    shown = chromium.new_page(viewport={"width": PAPER_PX, "height": 1000})
    shown.emulate_media(media="print")
    shown.set_content(month())
    assert shown.evaluate("document.documentElement.scrollWidth") == PAPER_PX
    assert shown.evaluate(OUTSIDE, PAPER_PX) == []
    sizes = shown.evaluate("[...document.querySelectorAll('svg')].map(e => e.getBoundingClientRect().height > 20)")
    assert sizes == [True] * 3
    printed = pages(shown.pdf(format="A4", prefer_css_page_size=True, print_background=True))
    shown.close()
    assert 3 <= len(printed) <= 6
    assert {round(height) for height, _ in printed} == {842}
    assert min(texts for _, texts in printed) > 20
