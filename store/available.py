"""What every store says when it cannot be used now."""

import sqlite3
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from domain.errors import StoreUnavailable


@contextmanager
def available(what: str, let_go: Callable[[], None]) -> Iterator[None]:
    """Turn a full, locked, absent or broken file into `StoreUnavailable`, one line that begins with `what`.

    `let_go` drops the handles, which may be in any state by now: the next call opens them afresh.
    """
    try:
        yield
    except (sqlite3.ProgrammingError, sqlite3.IntegrityError):
        raise  # a mistake of ours: waiting would not help
    except (sqlite3.DatabaseError, OSError) as error:
        let_go()
        raise StoreUnavailable(f"{what}: {error}") from error
