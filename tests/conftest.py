"""Property tests are the same on every machine and at any load: no dice, no clock."""

import os
from pathlib import Path

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("project", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if WORKER:
    # Coverage counts the tests' own process: traced, each role that they start would take half as long again.
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)
    if WORKER not in {"gw0", "gw1"}:
        os.nice(5)  # it computes while the first two wait, and must not keep them waiting


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Give the first worker what starts towns of processes, the second what opens the browser, the rest file by file.

    What has deadlines never meets its like.
    """
    order = {"end_to_end": 0, "browser": 1}
    for item in items:
        item.add_marker(pytest.mark.xdist_group(_group(item)))
    items.sort(key=lambda item: order.get(_group(item), 2))


def _group(item: pytest.Item) -> str:
    if Path(item.path).parent.name == "end_to_end":
        return "end_to_end"
    if item.get_closest_marker("browser"):
        return "browser"
    return str(item.path)
