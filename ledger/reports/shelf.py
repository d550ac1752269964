"""The reports that were made by themselves: a folder for each, with a file for each form.

A report is whole or not there: its folder is written under another name, flushed, and renamed, and no second one can be
renamed over it.
"""

import os
import shutil
from collections.abc import Mapping
from pathlib import Path
from typing import NamedTuple

from domain.errors import StoreUnavailable
from ledger.reports.schedule import Issue, issue_of

_DRAFT = ".new"


class Held(NamedTuple):
    """A report that is there: bytes of its file by form."""

    issue: Issue
    sizes: Mapping[str, int]


class Shelf:
    """Keeps reports.

    Args:
        folder: made where it is missing; one process writes it, any may read it.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def issues(self) -> set[Issue]:
        """Give what is there (StoreUnavailable)."""
        try:
            names = [path.name for path in self._folder.iterdir()] if self._folder.exists() else []
        except OSError as error:
            raise StoreUnavailable(f"reports {self._folder}: {error}") from error
        return {issue for issue in map(issue_of, names) if issue is not None}

    def held(self, issue: Issue) -> Held:
        """Say how large the files of a report are; one that left meanwhile has none."""
        try:
            files = sorted((self._folder / str(issue)).iterdir())
            return Held(issue, {file.suffix[1:]: file.stat().st_size for file in files})
        except OSError:
            return Held(issue, {})

    def read(self, name: str) -> bytes | None:
        """Give a file by its name, such as monthly-2026-01-01.html; None where there is none."""
        stem, _, form = name.partition(".")
        issue = issue_of(stem)
        if issue is None or not form.isalnum():
            return None
        try:
            return (self._folder / str(issue) / f"{issue}.{form}").read_bytes()
        except FileNotFoundError:
            return None

    def put(self, issue: Issue, forms: Mapping[str, bytes]) -> None:
        """Keep a report in all its forms (StoreUnavailable: the disk refuses, or it is there already)."""
        draft = self._folder / _DRAFT
        try:
            if draft.exists():
                shutil.rmtree(draft)
            draft.mkdir(parents=True)
            for form, content in forms.items():
                with (draft / f"{issue}.{form}").open("wb") as file:
                    file.write(content)
                    file.flush()
                    os.fsync(file.fileno())
            _sync(draft)
            draft.rename(self._folder / str(issue))
            _sync(self._folder)
        except OSError as error:
            raise StoreUnavailable(f"reports {self._folder}: {error}") from error

    def drop(self, issue: Issue) -> None:
        """Let a report go (StoreUnavailable)."""
        try:
            shutil.rmtree(self._folder / str(issue))
        except OSError as error:
            raise StoreUnavailable(f"reports {self._folder}: {error}") from error


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
