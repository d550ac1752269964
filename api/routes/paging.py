"""Cursors: the last key of a page is the `after` of the next one."""

from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

from fastapi import Query

from api.models import Out, Page

T = TypeVar("T")
Shown = TypeVar("Shown", bound=Out)
After = Annotated[str, Query(max_length=128, description="`next` of the page before")]
MOST = 2**63 - 1
"""The largest number that the records can hold."""
Limit = Annotated[int, Query(ge=1, le=500)]


def page(rows: Sequence[T], limit: int, key: Callable[[T], object], show: Callable[[T], Shown]) -> Page[Shown]:
    """Make a page of `limit` rows out of up to one more: the extra row says that there is a next page."""
    more = len(rows) > limit
    shown = rows[:limit]
    return Page(items=[show(row) for row in shown], next=str(key(shown[-1])) if more else None)
