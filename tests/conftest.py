"""Property tests are the same on every machine and at any load: no dice, no clock."""

import gc
import importlib
import os
import sys
import threading
from collections.abc import Generator, Iterator
from contextlib import contextmanager, nullcontext
from pathlib import Path
from pkgutil import walk_packages

import pytest
from hypothesis import HealthCheck, settings
from xdist.scheduler import LoadScopeScheduling  # type: ignore[import-untyped]

settings.register_profile("project", derandomize=True, deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("project")

ROOT = Path(__file__).parents[1]
WORKER = os.environ.get("PYTEST_XDIST_WORKER", "")
if WORKER:
    # Coverage counts the tests' own process: traced, each role that they start would take half as long again.
    os.environ.pop("COVERAGE_PROCESS_CONFIG", None)
    if WORKER not in {"gw0", "gw1"}:
        os.nice(5)  # it computes while the first two wait, and must not keep them waiting

TOWNS, BROWSER = "tests/end_to_end/", "tests/api/test_console"


def group(nodeid: str) -> str:
    """Give what runs on one worker: all that starts towns of processes, all that opens the browser, else a file.

    So what has deadlines never meets its like.
    """
    return next((place for place in (TOWNS, BROWSER) if nodeid.startswith(place)), nodeid.partition("::")[0])


class Scheduling(LoadScopeScheduling):  # type: ignore[misc]  # its package tells no types
    """Hands out groups in order."""

    def _split_scope(self, nodeid: str) -> str:
        return group(nodeid)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: object) -> Scheduling:
    return Scheduling(config, log)


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Begin with what waits: the first worker gets the towns, the second the browser, and others compute meanwhile."""
    first = {TOWNS: 0, BROWSER: 1}
    items.sort(key=lambda item: first.get(group(item.nodeid), 2))


def pytest_collection_finish() -> None:
    """Modules and tests stay: looking through them again and again for garbage takes long."""
    gc.collect()
    gc.freeze()


@contextmanager
def untraced() -> Iterator[None]:
    """Let coverage pause."""
    ours, of_threads = sys.gettrace(), threading.gettrace()
    sys.settrace(None)
    threading.settrace(None)
    try:
        yield
    finally:
        threading.settrace(of_threads)
        sys.settrace(ours)


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """Let coverage count what the import of a module takes, and pause while pytest reads and rewrites the tests."""
    if not WORKER or sys.gettrace() is None:
        return (yield)
    for package in sorted(file.parent.name for file in ROOT.glob("*/__init__.py")):
        for module in walk_packages([str(ROOT / package)], f"{package}."):
            if not module.name.startswith("store.migrations"):
                importlib.import_module(module.name)
    with untraced():
        return (yield)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, object, object]:
    """Let coverage pause where a test takes the same lines many times, as others that it counts take once.

    Counting costs two thirds of the time of such a test; the gate at 100 % says whether the others do take them.
    """
    with nullcontext() if item.get_closest_marker("untraced") is None else untraced():
        return (yield)
