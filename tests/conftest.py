"""Property tests are the same on every machine and at any load: no dice, no clock."""

import os
from itertools import groupby

import pytest
from hypothesis import HealthCheck, settings

settings.register_profile("project", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

if "PYTEST_XDIST_WORKER" in os.environ:
    # Coverage counts the tests' own process: traced, each role that they start would take half as long again.
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Spread the files that wait (whole towns of processes) among those that compute, so that no core stands idle."""
    files = [list(tests) for _, tests in groupby(items, lambda item: item.path)]
    waiting = [file for file in files if file[0].path.parent.name == "end_to_end"]
    computing = [file for file in files if file not in waiting]
    each = max(1, len(computing) // max(1, len(waiting)))
    for place, file in enumerate(waiting):
        computing.insert(place * (each + 1), file)
    items[:] = [test for file in computing for test in file]
