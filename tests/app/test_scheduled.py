"""Reports are made beside role `audit`, again after a failure, and the auditor tells when they stay away."""

import threading
from pathlib import Path

import pytest

from app.roles.reports import run_reports, run_scheduled
from app.settings import load_settings
from app.wiring import Wiring
from domain.errors import StoreUnavailable
from tests.app.support import wait_for
from tests.app.test_ledger import config

__all__ = ["config"]


class Maker:
    """Fails some times, then works, then is told to stop."""

    def __init__(self, failures: int, lame: list[str]) -> None:
        self.failures, self.lame, self.told, self.stop = failures, lame, list[bool](), threading.Event()

    def work(self, now_ns: int, over: object) -> None:
        assert now_ns == 7
        assert callable(over)
        self.told.append(bool(self.lame))
        if len(self.told) <= self.failures:
            raise StoreUnavailable("away") if len(self.told) % 2 else ZeroDivisionError
        if len(self.told) > self.failures + 1:
            self.stop.set()


@pytest.mark.parametrize(("failures", "told"), [(2, [False] * 4), (3, [False, False, False, True, False])])
def test_a_third_failure_in_a_row_is_told_until_they_are_made_again(
    failures: int, told: list[bool], caplog: pytest.LogCaptureFixture
) -> None:
    lame = list[str]()
    maker = Maker(failures, lame)
    run_reports(maker, lambda: 7, lame, maker.stop, idle_s=0.001)
    assert (maker.told, lame) == (told, [])
    assert [(one.getMessage(), bool(one.exc_info)) for one in caplog.records[:2]] == [
        ("reports not made: away; trying again", False),
        ("reports not made; trying again", True),
    ]


def test_the_last_of_each_rhythm_lies_in_the_folder_of_the_settings(config: str, tmp_path: Path) -> None:
    with Path(config).open("a", encoding="utf-8") as file:
        file.write('[reports]\nfolder = "of the town"\n')
    wiring, stop, lame = Wiring(load_settings(Path(config))), threading.Event(), list[str]()
    thread = threading.Thread(target=run_scheduled, args=(wiring, lame, stop, 0.01))
    thread.start()
    try:
        wait_for(lambda: len(wiring.shelf().issues()) == 4)
    finally:
        stop.set()
        thread.join()
    assert {path.name.partition("-")[0] for path in (tmp_path / "of the town").iterdir()} == {
        *("daily", "weekly", "monthly", "quarterly"),
    }
    assert lame == []
