"""Cursors: the last key of a page is the `after` of the next one."""

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Annotated, TypeVar

import msgspec
from fastapi import Query

from api.models import Out, Page
from api.problems import Problem

T = TypeVar("T")
Shown = TypeVar("Shown", bound=Out)
Key = TypeVar("Key", bound=tuple[int | str, ...])
After = Annotated[str, Query(max_length=512, description="`next` of the page before")]
MOST = 2**63 - 1
"""The largest number that the records can hold."""
Limit = Annotated[int, Query(ge=1, le=500)]


def page(rows: Sequence[T], limit: int, key: Callable[[T], object], show: Callable[[T], Shown]) -> Page[Shown]:
    """Make a page of `limit` rows out of up to one more: the extra row says that there is a next page."""
    more = len(rows) > limit
    shown = rows[:limit]
    return Page(items=[show(row) for row in shown], next=str(key(shown[-1])) if more else None)


def cursor(*parts: int | str) -> str:
    """Write a key of several parts as one text that is safe in an address.

    Example:
        >>> cursor(17, "G1")
        'WzE3LCJHMSJd'
    """
    return base64.urlsafe_b64encode(msgspec.json.encode(parts)).decode()


def key_of(text: str, shape: type[Key]) -> Key | None:
    """Read such a key again; None for none (Problem 422: it is none of ours).

    Example:
        >>> key_of(cursor(17, "G1"), tuple[int, str])
        (17, 'G1')
    """
    if not text:
        return None
    try:
        key = msgspec.json.decode(base64.urlsafe_b64decode(text), type=shape)
    except (binascii.Error, msgspec.MsgspecError, ValueError):
        key = None
    if key is None or not all(map(_storable, key)):
        raise Problem(422, "invalid", "after: expected the `next` of the page before")
    return key


def _storable(part: int | str) -> bool:
    return "\0" not in part if isinstance(part, str) else abs(part) < 2**63
