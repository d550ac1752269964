"""Reports are made beside role `audit`, again after a failure, and the auditor tells when they stay away."""

import threading

import pytest

from app.roles.reports import run_reports
from domain.errors import StoreUnavailable


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
def test_a_third_failure_in_a_row_is_told_until_they_are_made_again(failures: int, told: list[bool]) -> None:
    lame = list[str]()
    maker = Maker(failures, lame)
    run_reports(maker, lambda: 7, lame, maker.stop, idle_s=0.001)
    assert (maker.told, lame) == (told, [])
