"""What the time series refuse, counted and kept in the pulse of role `write`; the counts outlive the process."""

import threading
from collections.abc import Callable, Mapping

import msgspec

from app.pulse import PulseFile, WritePulse
from domain.errors import StoreUnavailable

_PERSON = frozenset({"settings", "request"})
"""Reasons that only a person can end."""


class Refusals:
    """Counts, and tells the other processes at each change; threads may share it.

    Args:
        file: of the pulse.
        clock_ns: wall clock.
    """

    def __init__(self, file: PulseFile[WritePulse], clock_ns: Callable[[], int]) -> None:
        self._file, self._clock_ns = file, clock_ns
        self._pulse = file.read()
        self._turn = threading.Lock()

    def lines(self, count: int) -> None:
        """Count lines that were proved to be refused."""
        with self._turn:
            self._tell(refused=_more(self._pulse.refused, {"line": count}))

    def attempt(self, error: StoreUnavailable) -> None:
        """Count an attempt that failed; what only a person can end is an alarm until something is stored again."""
        with self._turn:
            refusing = error.reason if error.reason in _PERSON else self._pulse.refusing
            self._tell(refused=_more(self._pulse.refused, {error.reason: 1}), refusing=refusing)

    def stored(self) -> None:
        """Note that an attempt succeeded."""
        with self._turn:
            if self._pulse.refusing:
                self._tell(refusing="")

    def forgot(self, counts: Mapping[str, int]) -> None:
        """Count refused parts that left the quarantine by age: its total never falls."""
        if counts:
            with self._turn:
                self._tell(forgotten=_more(self._pulse.forgotten, counts))

    def _tell(self, **changes: object) -> None:
        self._pulse = msgspec.structs.replace(self._pulse, time_ns=self._clock_ns(), **changes)
        self._file.write(self._pulse)


def _more(known: Mapping[str, int], counts: Mapping[str, int]) -> dict[str, int]:
    return {**known, **{reason: known.get(reason, 0) + count for reason, count in counts.items()}}
