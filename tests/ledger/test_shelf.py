"""Reports that were made by themselves lie there whole, each once, and one that cannot be made holds up no other."""

from datetime import date
from pathlib import Path

import pytest

from domain.asset import Assets
from domain.errors import StoreUnavailable
from domain.hazard import HazardScope
from domain.period import Period
from ledger import workbook
from ledger.reports.maker import Bounds, Maker
from ledger.reports.schedule import DELAY_NS, Issue, due
from ledger.reports.shelf import Held, Shelf
from ledger.reports.span import Rhythm, midnight_ns

NOW_NS = midnight_ns(date(2026, 1, 15)) + DELAY_NS
MONTH, DAY = Issue(Rhythm.MONTHLY, date(2025, 12, 1)), Issue(Rhythm.DAILY, date(2026, 1, 14))


class Nothing:
    """Records without a row; `broken` is a day whose alarms cannot be read."""

    def __init__(self, broken: date | None = None, error: Exception | None = None) -> None:
        self.broken, self.error = broken, error

    def hazard_moves(self, scope: HazardScope, to_ns: int) -> list[object]:
        assert (scope, to_ns <= NOW_NS) == (HazardScope(), True)
        return []

    def hazards(self, *_: object, **__: object) -> list[object]:
        return []

    inspections = public_reports = hazards

    def period(self, from_ns: int, to_ns: int, _sites: object) -> Period:
        if self.broken and self.error and from_ns == midnight_ns(self.broken):
            raise self.error
        return Period(from_ns, to_ns)


def maker(records: Nothing, shelf: Shelf, keep_y: float = 3) -> Maker:
    return Maker(records, Assets({}, {}, {}), shelf, Bounds(missed_d=31, keep_y=keep_y))  # type: ignore[arg-type]


def test_what_is_due_is_made_in_all_forms_and_never_twice(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path / "reports")
    assert (shelf.issues(), shelf.held(MONTH)) == (set(), Held(MONTH, {}))
    maker(Nothing(), shelf).work(NOW_NS)
    assert {str(issue) for issue in shelf.issues()} == {
        "daily-2026-01-14", "weekly-2026-01-05", "monthly-2025-12-01", "quarterly-2025-10-01",
    }  # fmt: skip
    page, book = shelf.read("monthly-2025-12-01.html"), shelf.read("monthly-2025-12-01.xlsx")
    assert page is not None
    assert book is not None
    assert "月督导" in page.decode()
    assert workbook.read(book).name == "总览"
    assert shelf.held(MONTH).sizes["html"] == len(page)
    assert list(shelf.held(MONTH).sizes) == ["html", "json", "xlsx"]
    maker(Nothing(date(2026, 1, 14), ZeroDivisionError()), shelf).work(NOW_NS)
    for name in ("monthly-2025-12-01", "monthly-2025-12-01.txt", "monthly-2025-11-01.html", "../x.html", "x.html"):
        assert shelf.read(name) is None
    with pytest.raises(StoreUnavailable):
        shelf.put(MONTH, {"html": b"another"})
    assert shelf.read("monthly-2025-12-01.html") == page


def test_what_was_cut_off_does_not_count_and_is_made_anew(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    (tmp_path / ".new").mkdir()
    (tmp_path / ".new" / "daily-2026-01-14.html").write_bytes(b"ha")
    assert shelf.issues() == set()
    shelf.put(DAY, {"html": b"whole"})
    assert [path.name for path in tmp_path.iterdir()] == ["daily-2026-01-14"]


def test_one_that_fails_is_told_after_the_others_are_made_and_records_that_are_away_at_once(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    with pytest.raises(StoreUnavailable):
        maker(Nothing(date(2026, 1, 14), StoreUnavailable("away")), shelf).work(NOW_NS)
    assert shelf.issues() == set()
    with pytest.raises(ZeroDivisionError):
        maker(Nothing(date(2026, 1, 14), ZeroDivisionError()), shelf).work(NOW_NS)
    assert len(shelf.issues()) == 3
    maker(Nothing(), shelf).work(NOW_NS, lambda: True)
    assert DAY not in shelf.issues()


def test_what_is_older_than_is_kept_leaves(tmp_path: Path) -> None:
    shelf = Shelf(tmp_path)
    for issue in [*due(set(), NOW_NS, 31), *(Issue(Rhythm.QUARTERLY, date(year, 1, 1)) for year in range(2001, 2007))]:
        shelf.put(issue, {})
    maker(Nothing(), shelf, keep_y=1).work(NOW_NS)
    kept = sorted(issue.first.year for issue in shelf.issues() if issue.rhythm is Rhythm.QUARTERLY)
    assert kept == [2004, 2005, 2006, 2025]


def test_a_folder_that_cannot_be_used_is_a_store_that_is_away(tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    shelf = Shelf(tmp_path / "file")
    for act in (shelf.issues, lambda: shelf.put(DAY, {}), lambda: shelf.drop(DAY)):
        with pytest.raises(StoreUnavailable, match="reports"):
            act()
