"""Fills records with two months of a made-up county and makes a report: how long that takes, and the page.

The figures of docs/reports.md: `--hazards 13000 --alarms 40000`; its picture: the defaults with `--picture`.
"""

import argparse
import random
import shutil
import tempfile
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from pathlib import Path

from PIL import Image
from playwright.sync_api import sync_playwright

from app.configuration import load_configuration
from domain.alarm import Alarm, AlarmKind, StateLetter
from domain.asset import Assets, Device
from domain.handling import HandlingStep, StepKind
from domain.hazard import Hazard, HazardScope, HazardStep, Inspection, PublicReport, ReportState
from domain.record import Incident, JournalEntry
from ledger import book
from ledger.draft import Draft, hazard_of
from ledger.flow import Act, Numbers
from ledger.reports.gather import made
from ledger.reports.page import page
from ledger.reports.span import Rhythm, midnight_ns
from ledger.rules import RULES
from store.records import Records
from store.unit import Unit

ROOT = Path(__file__).parents[1]
DAY_NS, S_NS = 86_400 * 10**9, 10**9
FIRST, MONTH, NOW = date(2025, 11, 15), date(2026, 1, 15), date(2026, 2, 1)
KINDS = (AlarmKind.GAS_LOW, AlarmKind.GAS_HIGH, AlarmKind.DEVICE_SILENT, AlarmKind.BATTERY_LOW, AlarmKind.UPKEEP_DUE)
PRIORITY = dict(zip(KINDS, (3, 2, 4, 4, 4), strict=True))
FATES = (HazardStep.DISPATCH, HazardStep.BEGIN, HazardStep.RECTIFY, HazardStep.PASS)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--hazards", type=int, default=420)
    options.add_argument("--alarms", type=int, default=900)
    options.add_argument("--out", type=Path, default=Path("report.html"))
    options.add_argument("--picture", type=Path)
    chosen = options.parse_args()
    configuration = load_configuration(ROOT / "examples/dali", ROOT / "rulebook.toml", "gas/v1")
    assets = aged(configuration.assets)
    with tempfile.TemporaryDirectory() as folder:
        records = Records(f"sqlite:///{folder}/records.db")
        records.upgrade()
        dice = random.Random(7)  # noqa: S311 - the same every time
        with records.unit() as unit:
            for nth in range(chosen.hazards):
                live(unit, nth, assets, Numbers.of(configuration.rulebook), dice)
            beside(unit, assets, dice, chosen.hazards)
            for nth in range(chosen.alarms):
                alarm(unit, nth, list(assets.devices.values()), dice)
        begin = time.perf_counter()
        found = made(records, assets, HazardScope(), Rhythm.MONTHLY, day=MONTH, now_ns=midnight_ns(NOW))
        read = time.perf_counter()
        chosen.out.write_text(page(found), encoding="utf-8")
        print(f"read and counted {read - begin:.2f} s, written {time.perf_counter() - read:.2f} s")
        print(f"{found.total.now}, {sum(pair.now for pair in found.levels)} alarms")
    if chosen.picture:
        photograph(chosen.out, chosen.picture)


def aged(assets: Assets) -> Assets:
    """Let some devices be beyond their service life."""
    devices = dict(assets.devices)
    for name in list(devices)[::37]:
        devices[name] = replace(devices[name], expires_on=date(2025, 12, 20))
    return replace(assets, devices=devices)


def live(unit: Unit, nth: int, assets: Assets, numbers: Numbers, dice: random.Random) -> None:
    """Let a hazard go some of its way, quicker where its township is diligent."""
    site = dice.choice(list(assets.sites.values()))
    now_ns = midnight_ns(FIRST) + dice.randrange((midnight_ns(NOW) - midnight_ns(FIRST)) // 10**9) * 10**9
    rule = dice.choices(list(RULES), [9, 3, 6, 9, 7, 5, 14, 1, 4, 2, 3, 2, 3, 6, 2, 2, 1, 1, 1, 2, 1, 4])[0]
    draft = Draft(rule=rule, found_by="李检", found_ns=now_ns, evidence="现场检查", site=site.id, responsible="店主")
    row = book.enter(unit, hazard_of(draft, f"h{nth}", assets, now_ns), now_ns, "li")
    slow = 0.5 + sum(map(ord, site.district)) % 4 * 0.3
    for step in FATES:
        now_ns += int(dice.expovariate(1 / (slow * RULES[rule].deadline_ns / 3)))
        if now_ns >= midnight_ns(NOW):
            return
        user = "zhang" if step is HazardStep.PASS else "wang"
        row = take(unit, row, Act(step=step, user=user, now_ns=now_ns, text="拍照存档"), numbers, dice)


def take(unit: Unit, row: Hazard, act: Act, numbers: Numbers, dice: random.Random) -> Hazard:
    if row.overdue(act.now_ns) and dice.random() < 0.5:
        row = book.act(unit, row, replace(act, step=HazardStep.SUPERVISE), numbers)
    return book.act(unit, row, act, numbers)


def beside(unit: Unit, assets: Assets, dice: random.Random, number: int) -> None:
    """Inspections, two of three without a finding, and what the public told."""
    sites = list(assets.sites.values())
    for nth in range(number * 2):
        site, at = dice.choice(sites), midnight_ns(date(2025, 12, 1)) + dice.randrange(62 * DAY_NS)
        broken = ("R04",) if dice.random() < 0.3 else ()
        place = site.id, site.name, site.district, "li", "李检"
        unit.add_inspection(Inspection(f"i{nth}", *place, at, "{}", ("R04", "R05"), broken))
    for nth, state in enumerate([*ReportState] * 6):
        site, at = dice.choice(sites), midnight_ns(date(2025, 12, 1)) + dice.randrange(62 * DAY_NS)
        yuan = 500 if state is ReportState.VERIFIED else 0
        told = PublicReport(
            f"p{nth}", site.id, site.name, site.district, "有气味", "", "li", at, state, reward_yuan=yuan
        )
        unit.save_public_report(told)


def alarm(unit: Unit, nth: int, devices: list[Device], dice: random.Random) -> None:
    """Let an alarm be raised, answered, and return; some belong to an incident that was closed with a result."""
    device, kind = dice.choice(devices), dice.choices(KINDS, [5, 1, 4, 3, 2])[0]
    at = midnight_ns(date(2025, 12, 1)) + dice.randrange(62 * DAY_NS)
    name, incident = f"a{nth}", f"n{nth}" if PRIORITY[kind] < 4 else ""
    if incident:
        result = dice.choices(("leak", "false_alarm", "biogas", "device_fault"), (4, 2, 1, 2))[0]
        unit.save_incident(Incident(incident, device.site, "Z1", PRIORITY[kind], at, at + DAY_NS // 8, result=result))
        come = at + int(dice.lognormvariate(6.4, 0.4) * S_NS)
        unit.add_step(HandlingStep(incident, StepKind.ARRIVE, "li", come))
    unit.save(Alarm(name, kind, device.id, device.id, device.site, "Z1"))
    for event, time_ns in events(at, dice):
        unit.journal(line(name, event, kind, (device, incident), time_ns))


def events(at: int, dice: random.Random) -> Iterator[tuple[str, int]]:
    yield "raise", at
    yield "annunciate", at
    yield "acknowledge", at + int(dice.lognormvariate(3.2, 1.0) * S_NS)
    yield "return", at + int(dice.lognormvariate(7.0, 0.8) * S_NS)


def line(name: str, event: str, kind: AlarmKind, where: tuple[Device, str], at: int) -> JournalEntry:
    device, incident = where
    b, priority = StateLetter.ACTIVE_UNACKNOWLEDGED, PRIORITY[kind]
    return JournalEntry(name, 1, event, b, b, kind, priority, 1, device.id, device.site, incident, 1, at)


def photograph(file: Path, picture: Path) -> None:
    with sync_playwright() as play:
        chromium = play.chromium.launch(
            executable_path=shutil.which("chromium"), args=["--no-sandbox", "--disable-gpu"]
        )
        shown = chromium.new_page(viewport={"width": 840, "height": 1240}, color_scheme="light")
        shown.goto(file.resolve().as_uri())
        shown.screenshot(path=picture)
        chromium.close()
    with Image.open(picture) as taken:
        taken.convert("P", palette=Image.Palette.ADAPTIVE, colors=64).save(picture, optimize=True)


if __name__ == "__main__":
    main()
