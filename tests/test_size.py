"""Files and functions stay short: the numbers are those of the code that we admire."""

import ast
import statistics
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PACKAGES = sorted(p.parent for p in ROOT.glob("*/__init__.py"))
LONG_FILES: dict[str, str] = {}  # path: why it may be longer than 400 lines


def lengths(package: Path) -> list[int]:
    nodes = (node for file in package.rglob("*.py") for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))))
    functions = (n for n in nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
    return sorted((f.end_lineno or f.lineno) - f.lineno + 1 for f in functions)


@pytest.mark.parametrize("package", PACKAGES, ids=lambda p: p.name)
def test_functions_are_short(package: Path) -> None:
    found = lengths(package) or [0]
    assert statistics.median(found) <= 15
    assert found[int(0.9 * (len(found) - 1))] <= 30


def test_a_long_file_has_a_reason() -> None:
    files = (f for p in PACKAGES for f in p.rglob("*.py"))
    long = {str(f.relative_to(ROOT)) for f in files if len(f.read_text(encoding="utf-8").splitlines()) > 400}
    assert long == set(LONG_FILES)
