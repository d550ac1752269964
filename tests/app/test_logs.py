import logging
import os
import sys
from pathlib import Path

import pytest

from app.cli import main
from app.logs import ForJournal, in_journal


def record(level: int, text: str, error: BaseException | None = None) -> logging.LogRecord:
    info = (type(error), error, error.__traceback__) if error else None
    return logging.LogRecord("app.x", level, "", 0, text, (), info)


def test_the_journal_gets_the_level_and_no_second_time() -> None:
    form = ForJournal("%(name)s: %(message)s")
    assert form.format(record(logging.WARNING, "no broker")) == "<4>app.x: no broker"
    assert form.format(record(logging.INFO, "started")) == "<6>app.x: started"
    assert form.format(record(logging.ERROR + 1, "odd")).startswith("<6>")


def test_each_line_of_a_traceback_has_the_level() -> None:
    lines = ForJournal("%(message)s").format(record(logging.ERROR, "failed", ValueError("no"))).splitlines()
    assert len(lines) > 1
    assert all(line.startswith("<3>") for line in lines)


def test_only_what_leads_into_the_journal_is_marked(tmp_path: Path) -> None:
    with (tmp_path / "journal").open("w") as journal, (tmp_path / "file").open("w") as file:
        found = os.fstat(journal.fileno())
        environment = {"JOURNAL_STREAM": f"{found.st_dev}:{found.st_ino}"}
        assert in_journal(journal, environment)
        assert not in_journal(file, environment)
        assert not in_journal(journal, {})
    assert not in_journal(journal, environment)


def test_a_command_under_systemd_marks_its_mistake(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    with (tmp_path / "journal").open("w+") as journal:
        found = os.fstat(journal.fileno())
        monkeypatch.setenv("JOURNAL_STREAM", f"{found.st_dev}:{found.st_ino}")
        monkeypatch.setattr(sys, "stderr", journal)
        assert main(["serve", "--config", "none"]) == 1
        journal.seek(0)
        assert journal.read().startswith("<3>gas-lifeline: ")
