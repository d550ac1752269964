"""The console's files: vendored bytes, texts, rules of the page, colours."""

import hashlib
import re
from collections.abc import Iterable
from pathlib import Path

import msgspec
import pytest
from hatchling.builders.wheel import WheelBuilder

from api.application import STATIC
from api.rights import Role
from domain.alarm import AlarmKind, StateLetter
from domain.asset import DeviceKind
from domain.quality import Quality
from domain.quantity import Quantity
from domain.sample import RefusalReason

OURS = sorted(file for file in STATIC.rglob("*.js") if "vendor" not in file.parts)
PAGES = sorted(STATIC.glob("*.html"))
SUMS = {
    "uplot-1.6.32/uPlot.iife.min.js": "19c8d4c6ad88929a79f4ae49d6f7161566dfd0ba3d15cc495e974f787eb78f1f",
    "uplot-1.6.32/uPlot.min.css": "df630c6a8d6f8eeaff264b50f73ce5b114f646ffd9a0bb74f049b0a00135fa04",
    "leaflet-1.9.4/leaflet.js": "db49d009c841f5ca34a888c96511ae936fd9f5533e90d8b2c4d57596f4e5641a",
    "leaflet-1.9.4/leaflet.css": "a7837102824184820dfa198d1ebcd109ff6d0ff9a2672a074b9a1b4d147d04c6",
}
FORBIDDEN = re.compile(r"innerHTML|outerHTML|insertAdjacentHTML|document\.write|\beval\(|new Function|\.style\b")


def texts(language: str) -> dict[str, str]:
    return msgspec.json.decode((STATIC / "i18n" / f"{language}.json").read_bytes(), type=dict[str, str])


def test_vendored_files_are_the_published_ones_with_their_licence() -> None:
    folder = STATIC / "vendor"
    found = {str(file.relative_to(folder)): file for file in folder.rglob("*") if file.suffix in {".js", ".css"}}
    assert {name: hashlib.sha256(file.read_bytes()).hexdigest() for name, file in found.items()} == SUMS
    assert "MIT" in (folder / "uplot-1.6.32" / "LICENSE").read_text(encoding="utf-8")
    assert "BSD 2-Clause" in (folder / "leaflet-1.9.4" / "LICENSE").read_text(encoding="utf-8")


def test_the_wheel_ships_every_page_and_licence() -> None:
    shipped = {file.distribution_path for file in WheelBuilder(str(STATIC.parents[1])).recurse_included_files()}
    ours = {f"api/static/{file.relative_to(STATIC)}" for file in STATIC.rglob("*") if file.is_file()}
    assert ours - shipped == set()
    assert len([file for file in ours if file.endswith("/LICENSE")]) == 2


def test_both_languages_have_the_same_keys_and_parameters() -> None:
    chinese, english = texts("zh-CN"), texts("en")
    assert chinese.keys() == english.keys()
    holes = re.compile(r"\{\w+\}")
    odd = [key for key in chinese if sorted(holes.findall(chinese[key])) != sorted(holes.findall(english[key]))]
    assert odd == []
    assert not [key for key, text in english.items() if re.search("[\u4e00-\u9fff]", text) and key != "language.other"]


@pytest.mark.parametrize("file", OURS, ids=lambda file: file.name)
def test_code_holds_no_words_for_people_and_no_way_for_markup(file: Path) -> None:
    source = file.read_text(encoding="utf-8")
    assert not re.search("[\u3400-\u9fff\uff00-\uffef]", source)
    assert not FORBIDDEN.search(source)
    assert len(source.splitlines()) <= 260


def test_every_text_that_the_code_names_exists_and_none_is_left_over() -> None:
    keys = texts("en").keys()
    source = "".join(file.read_text(encoding="utf-8") for file in (*OURS, *PAGES))
    named = set(re.findall(r"""\bt\("([\w.]+)"|data-i18n(?:-label)?="([\w.]+)\"""", source))
    assert {a or b for a, b in named} <= keys
    families = {match.rstrip(".") for match in re.findall(r"`([\w.]+\.)\$\{", source)}
    families |= set(re.findall(r"""\b(?:named|codes)\("([\w.]+)\"""", source))
    unused = [key for key in keys if f'"{key}"' not in source and not any(key.startswith(f"{f}.") for f in families)]
    assert unused == []


@pytest.mark.parametrize(
    ("family", "codes"),
    [
        ("kind", AlarmKind),
        ("quantity", Quantity),
        ("refusal", RefusalReason),
        ("device", DeviceKind),
        ("role", Role),
        ("state", StateLetter),
        ("history.state", StateLetter),
        ("quality", [quality.name.lower() for quality in Quality]),
        ("gap.reason", ["missing", "arrived_late", "quarantined", "device_lost"]),
    ],
)
def test_every_code_has_its_words(family: str, codes: Iterable[str]) -> None:
    assert {f"{family}.{code}" for code in codes} - texts("zh-CN").keys() == set()


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_pages_hold_no_script_style_or_host_of_their_own(page: Path) -> None:
    source = page.read_text(encoding="utf-8")
    assert not re.search(r"<style|\sstyle=|\son\w+=|<script(?![^>]*\ssrc=)", source)
    assert not re.search(r"(?:src|href)=\"(?!/)", source)
    assert source.count("<main") == 1
    assert source.count("<h1") == 1
    assert '<html lang="zh-CN">' in source


# ---------------------------------------------------------------- colours
def luminance(colour: str) -> float:
    channels = (int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5))
    red, green, blue = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


def contrast(one: str, other: str) -> float:
    light, dark = sorted((luminance(one), luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def themes() -> list[dict[str, str]]:
    css = (STATIC / "theme.css").read_text(encoding="utf-8")
    pairs = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\);", css)
    return [{name: day for name, day, _ in pairs}, {name: night for name, _, night in pairs}]


@pytest.mark.parametrize("theme", themes(), ids=["day", "night"])
def test_text_and_symbols_stand_out_from_what_is_behind_them(theme: dict[str, str]) -> None:
    text = [("ink", "page"), ("ink", "panel"), ("ink", "map"), ("ink-on-panel", "page"), ("ink-on-panel", "panel")]
    text += [("ink-on-panel", "map"), ("doubt-text", "doubt"), ("doubt", "panel"), ("doubt", "page")]
    text += [(f"p{n}-text", f"p{n}") for n in range(1, 5)]
    shapes = [("border", "panel"), ("border", "map"), ("focus", "panel"), ("focus", "page"), ("limit", "panel")]
    shapes += [("ink", "panel"), ("strong", "page")]
    faint = [(a, b) for a, b in text if contrast(theme[a], theme[b]) < 4.5]
    faint += [(a, b) for a, b in shapes if contrast(theme[a], theme[b]) < 3.0]
    assert faint == []
