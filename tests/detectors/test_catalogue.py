import ast
import tracemalloc
from pathlib import Path

import pytest

import detectors
from detectors.catalogue import CATALOGUE
from domain.asset import Device, DeviceKind
from domain.channels import Channels
from domain.quantity import Quantity
from tests.detectors.script import RULES, town

ROOT = Path(detectors.__file__).parents[1]
KINDS = (
    DeviceKind.GAS_DETECTOR,
    DeviceKind.GAS_DETECTOR,
    DeviceKind.CUTOFF_VALVE,
    DeviceKind.PRESSURE_SENSOR,
    DeviceKind.FLOW_METER,
    DeviceKind.MANHOLE,
)


def bytes_of_all(channels: Channels) -> int:
    tracemalloc.start()
    built = [build(channels, RULES) for build in CATALOGUE.values()]
    used, _ = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert len(built) == len(CATALOGUE)
    return used


@pytest.mark.untraced
def test_all_detectors_together_need_at_most_500_bytes_for_a_channel() -> None:
    devices = tuple(Device(id=f"D-{n}", kind=KINDS[n % 6], site=f"S{n // 6}") for n in range(1800))
    channels = town(devices)
    assert bytes_of_all(channels) / len(channels) <= 500


@pytest.mark.untraced
def test_and_at_most_2200_bytes_for_a_gas_detector_with_all_its_channels() -> None:
    devices = tuple(Device(id=f"D-{n}", kind=DeviceKind.GAS_DETECTOR, site=f"S{n // 2}") for n in range(1000))
    assert bytes_of_all(town(devices)) / len(devices) <= 2200


def test_every_name_is_a_file_and_a_heading_of_the_document() -> None:
    document = (ROOT / "docs" / "detectors.md").read_text(encoding="utf-8")
    headings = [line.removeprefix("## ").strip("`") for line in document.splitlines() if line.startswith("## `")]
    assert headings == list(CATALOGUE)
    assert all((ROOT / "detectors" / f"{name}.py").exists() for name in CATALOGUE)


@pytest.mark.parametrize("path", sorted((ROOT / "detectors").glob("*.py")), ids=lambda path: path.stem)
def test_no_detector_reads_a_clock_or_throws_dice(path: Path) -> None:
    imports = {
        name
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Import | ast.ImportFrom)
        for name in ([alias.name for alias in node.names] if isinstance(node, ast.Import) else [node.module or ""])
    }
    assert {name.split(".")[0] for name in imports} <= {
        "abc", "collections", "dataclasses", "detectors", "domain", "functools", "hashlib", "heapq", "itertools",
        "math", "numpy", "scipy", "statistics", "struct", "typing",
    }  # fmt: skip


def test_quantities_are_the_whole_list() -> None:
    assert len(Quantity) < 256  # codes fit a byte
