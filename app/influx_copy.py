"""What InfluxDB holds of a time as one file of line protocol, and back: `gas-lifeline influx export` and `import`."""

import gzip
import zlib
from collections import Counter
from collections.abc import Iterator, Sequence
from itertools import groupby, islice
from pathlib import Path
from typing import Protocol

from domain.errors import ConfigurationError
from domain.rollup import NAMES
from store.influx import LINES
from store.influx_copy import Asked, exported, step_of
from store.series import RefusedLine

Counts = Counter[str]
"""Lines by what they are: points, 1m, 1h."""


class Stored(Protocol):
    """Where lines go back to; those of one step at a time."""

    def put(self, lines: Sequence[str], step_ns: int = 0) -> Sequence[RefusedLine]: ...


def export(server: Asked, from_ns: int, to_ns: int, file: Path) -> Counts:
    """Write all of a time into a new file, which has its name once it is whole (ConfigurationError: it cannot)."""
    if file.exists():
        raise ConfigurationError(f"influx export: {file} is there; expected the name of a new file")
    counts: Counts = Counter()
    draft = file.with_name(f"{file.name}.part")
    try:
        with gzip.open(draft, "wt", encoding="utf-8", newline="\n", compresslevel=6) as out:
            for step_ns, lines in exported(server, from_ns, to_ns):
                if lines:
                    counts[_name(step_ns)] += len(lines)
                out.writelines(f"{line}\n" for line in lines)
        draft.rename(file)
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}; expected a name that can be written") from None
    return counts


def put_back(server: Stored, file: Path) -> tuple[Counts, list[str]]:
    """Store all of a file once more, which replaces what is the same; give what the server refuses.

    A file is read to its end before anything of it is stored: one that is torn stores nothing.
    """
    counts: Counts = Counter()
    refused: list[str] = []
    for _ in _lines(file):
        pass
    for step_ns, lines in groupby(_lines(file), step_of):
        while some := list(islice(lines, LINES)):
            counts[_name(step_ns)] += len(some)
            refused += [one.text for one in server.put(some, step_ns)]
    return counts, refused


def _lines(file: Path) -> Iterator[str]:
    try:
        if not file.stat().st_size:
            raise _torn(file)
        with gzip.open(file, "rt", encoding="utf-8", newline="\n") as found:  # a text may hold other ends of lines
            yield from (line.rstrip("\n") for line in found if line.strip())
    except (EOFError, UnicodeDecodeError, zlib.error, gzip.BadGzipFile):
        raise _torn(file) from None
    except OSError as error:
        raise ConfigurationError(f"{file}: {error.strerror}; expected a file of `influx export`") from None


def _torn(file: Path) -> ConfigurationError:
    return ConfigurationError(f"{file}: torn, or no gzip; expected a file of `influx export`")


def _name(step_ns: int) -> str:
    return NAMES[step_ns] if step_ns else "points"
