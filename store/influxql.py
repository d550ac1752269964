"""InfluxQL: what is asked, and the tables that come back."""

from collections.abc import Iterable
from typing import Any

import msgspec

from domain.asset import DeviceKind

KINDS = f"/^({'|'.join(DeviceKind)})$/"
"""The measurements of points."""
UNTOLD = "not executed"
"""All that 2.x answers to several questions of which the first has no bucket."""


class Table(msgspec.Struct, frozen=True):
    """Rows of one measurement, and of one set of tags where it was asked for."""

    columns: list[str]
    values: list[list[Any]] = []
    name: str = ""
    tags: dict[str, str] = {}


class _Result(msgspec.Struct, frozen=True):
    series: list[Table] = []
    error: str = ""


class _Answer(msgspec.Struct, frozen=True):
    results: list[_Result]


def read_answer(text: str) -> tuple[list[Table], set[str]]:
    """Give the tables of an answer, and its errors (msgspec.MsgspecError: it is none)."""
    results = msgspec.json.decode(text, type=_Answer).results
    return [table for result in results for table in result.series], {result.error for result in results} - {""}


def quoted(value: str) -> str:
    r"""Quote a string.

    Example:
        >>> print(quoted("it's"))
        'it\'s'
    """
    escaped = value.replace("\\", r"\\").replace("'", r"\'").replace("\n", r"\n")
    return f"'{escaped}'"


def within(devices: Iterable[str], from_ns: int, to_ns: int) -> str:
    """Give the condition for the points of some devices within a time."""
    named = " OR ".join(f'"device" = {quoted(device)}' for device in devices)
    return f"({named}) AND time >= {from_ns} AND time < {to_ns}"
