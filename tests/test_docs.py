"""Documents are complete and their links lead somewhere; what lags fails here."""

import argparse
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from pydantic import BaseModel

from alerting.notify.channel import BY_PLAN_ALONE
from app.channels import configured
from app.cli import _parser
from app.settings import ROLES, Settings, load_settings
from detectors.catalogue import CATALOGUE as DETECTORS
from detectors.screening import SCREENERS
from domain.alarm import AlarmKind
from domain.rulebook import Rulebook
from domain.rules import RULES
from domain.sample import RefusalReason
from ingest.codecs.catalogue import CATALOGUE as CODECS
from tests.alerting.notify.adapters import CODES as CHANNEL_CODES

ROOT = Path(__file__).parents[1]
PAGES = [ROOT / "README.md", ROOT / "CHANGELOG.md", *sorted((ROOT / "docs").rglob("*.md"))]


def headings(page: str) -> set[str]:
    text = (ROOT / "docs" / page).read_text(encoding="utf-8")
    return set(re.findall(r"^#+ `?([^`\n]+)`?$", text, re.MULTILINE))


def settings_of(model: type[BaseModel], prefix: str) -> Iterator[str]:
    for name, field in model.model_fields.items():
        if isinstance(field.annotation, type) and issubclass(field.annotation, BaseModel):
            yield from settings_of(field.annotation, f"{prefix}{name}.")
        else:
            yield prefix + name


def commands() -> set[str]:
    action = next(a for a in _parser("")._actions if isinstance(a, argparse._SubParsersAction))  # noqa: SLF001 - no public way
    return set(action.choices)


@pytest.mark.parametrize(
    ("page", "names"),
    [
        pytest.param("settings.md", set(settings_of(Settings, "")), id="settings"),
        pytest.param("detectors.md", set(DETECTORS), id="detectors"),
        pytest.param("detection.md", set(SCREENERS), id="screeners"),
        pytest.param("codecs.md", set(CODECS), id="codecs"),
        pytest.param("quarantine.md", {str(reason) for reason in RefusalReason}, id="reasons of quarantine"),
        pytest.param("alarms.md", {str(kind) for kind in AlarmKind}, id="alarms"),
        pytest.param("commands.md", {f"gas-lifeline {name}" for name in commands()}, id="commands"),
        pytest.param("operations.md", set(ROLES), id="roles"),
        pytest.param("channels.md", {*CHANNEL_CODES, *BY_PLAN_ALONE}, id="channels"),
    ],
)
def test_everything_has_its_heading(page: str, names: set[str]) -> None:
    assert names - headings(page) == set()


def test_the_example_of_the_channels_is_a_configuration(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
    (example,) = re.findall(r"^```toml\n(.*?)^```", text, re.MULTILINE | re.DOTALL)
    (tmp_path / "config.toml").write_text(example, encoding="utf-8")
    assert configured(load_settings(tmp_path / "config.toml")) == ["dingtalk", "aliyun_sms", "tencent_voice"]


def test_every_error_code_of_a_provider_is_explained() -> None:
    text = (ROOT / "docs" / "channels.md").read_text(encoding="utf-8")
    known = {code for codes in CHANNEL_CODES.values() for group in codes for code in group}
    assert {code for code in known if f"`{code}`" not in text} == set()


def test_every_number_of_the_rulebook_is_explained() -> None:
    text = (ROOT / "docs" / "rulebook.md").read_text(encoding="utf-8")
    explained = set(re.findall(r"^\| `([a-z_0-9.*<>]+)` \|", text, re.MULTILINE))
    patterns = [
        re.compile(re.escape(e).replace(r"\*", "[a-z_]+").replace("<tier>", "[a-z]+_[a-z]+")) for e in explained
    ]
    assert [name for name in RULES if not any(pattern.fullmatch(name) for pattern in patterns)] == []


def test_the_priorities_of_gas_in_wells_are_those_of_its_page() -> None:
    table = (ROOT / "docs" / "alarms.md").read_text(encoding="utf-8").split("### `manhole_gas`")[1]
    told = [int(number) for number in re.findall(r"^\| (\d) \|", table.split("\n### ")[0], re.MULTILINE)]
    rulebook = Rulebook.parse((ROOT / "rulebook.toml").read_text(encoding="utf-8"))
    assert list(rulebook.definition(AlarmKind.MANHOLE_GAS).priorities) == told


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_relative_links_lead_to_a_file(page: Path) -> None:
    prose = re.sub(r"^```.*?^```", "", page.read_text(encoding="utf-8"), flags=re.MULTILINE | re.DOTALL)
    links = re.findall(r"\]\((?!https?:|#|mailto:)([^)#]+)", prose)
    assert [link for link in links if not (page.parent / link).exists()] == []


@pytest.mark.parametrize("note", sorted((ROOT / "docs" / "decisions").glob("*.md")), ids=lambda note: note.stem)
def test_a_decision_says_why_its_price_and_what_would_change_it(note: Path) -> None:
    text = note.read_text(encoding="utf-8")
    assert re.findall(r"^## (.*)$", text, re.MULTILINE) == ["Decision", "Why", "Price", "Would change our mind"]
    assert len(text.splitlines()) <= 60


def test_the_changelog_has_its_place_for_the_next_change() -> None:
    assert "## Unreleased" in (ROOT / "CHANGELOG.md").read_text(encoding="utf-8")
