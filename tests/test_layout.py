"""Guards of the repository's shape. Each stands for a failure that was seen and that no other tool reports."""

import importlib
import importlib.metadata
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
TOOL = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["tool"]
PACKAGES = sorted(p.parent.name for p in ROOT.glob("*/__init__.py"))
TEST_FOLDERS = {"end_to_end"}  # besides one per package


@pytest.mark.parametrize("name", PACKAGES)
def test_package_shadows_no_module_of_the_standard_library(name: str) -> None:
    assert name not in {*sys.stdlib_module_names, "test"}  # the list leaves "test" out


@pytest.mark.parametrize("name", PACKAGES)
def test_package_is_ours_and_not_a_namesake_from_an_index(name: str) -> None:
    module = importlib.import_module(name)
    assert module.__file__ == str(ROOT / name / "__init__.py")
    owners = importlib.metadata.packages_distributions().get(name, [])  # an editable install lists none
    assert set(owners) <= {"gas-lifeline"}


def layered() -> list[str]:
    layers = next(c["layers"] for c in TOOL["importlinter"]["contracts"] if c["type"] == "layers")
    return sorted(name.strip() for layer in layers for name in layer.split("|"))


@pytest.mark.parametrize(
    "listed",
    [
        pytest.param(TOOL["hatch"]["build"]["targets"]["wheel"]["packages"], id="built"),
        pytest.param(TOOL["importlinter"]["root_packages"], id="watched by import-linter"),
        pytest.param(layered(), id="layered"),
        pytest.param(TOOL["coverage"]["run"]["source"], id="measured"),
        pytest.param([f for f in TOOL["mypy"]["files"] if f != "tests"], id="typed by mypy"),
    ],
)
def test_every_package_is_listed(listed: list[str]) -> None:
    assert sorted(listed) == PACKAGES


def test_tests_hold_no_package() -> None:
    assert not list((ROOT / "tests").rglob("__init__.py"))


def test_tests_mirror_the_packages() -> None:
    folders = {p.name for p in (ROOT / "tests").iterdir() if p.is_dir() and p.name != "__pycache__"}
    assert folders <= {*PACKAGES, *TEST_FOLDERS}
