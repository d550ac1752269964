"""JSON that a person wrote: no key twice, no NaN, and the line on which everything stands."""

import json
import math
import sys
from collections.abc import Callable, Iterator
from typing import cast

from domain.errors import ConfigurationError

Read = Callable[[object], object]
"""Takes a value of the file and gives that of the program (ValueError: what was expected)."""


class Repeated(dict[str, object]):
    """An object of the file that has a key twice.

    Attributes:
        twice: that key.
    """

    twice = ""


def decode_object(text: str, name: str) -> dict[str, object]:
    """Decode a file that holds one object (ConfigurationError: it does not)."""
    try:
        data = json.JSONDecoder(object_pairs_hook=_pairs).decode(text)
    except json.JSONDecodeError as error:
        raise ConfigurationError(f"{name}:{error.lineno}: not JSON: {error.msg}") from None
    except (ValueError, RecursionError) as error:  # a number of thousands of digits, or endless brackets
        raise ConfigurationError(f"{name}: not JSON: {error}") from None
    if not isinstance(data, dict):
        raise ConfigurationError(f"{name}:1: is {shown(data)}; expected an object")
    return data


def _pairs(pairs: list[tuple[str, object]]) -> dict[str, object]:
    found = dict(pairs)
    if len(found) == len(pairs):
        return found
    repeated = Repeated(found)
    keys = [key for key, _ in pairs]
    repeated.twice = next(key for key in keys if keys.count(key) > 1)
    return repeated


def number(
    *, above: float = -math.inf, least: float = -math.inf, most: float = math.inf, bounds: str = "a number"
) -> Read:
    def read(value: object) -> float:
        good = isinstance(value, int | float) and not isinstance(value, bool)
        # as one comparison: refuses NaN, infinity, and whole numbers that no float holds
        if not good or not -sys.float_info.max <= cast("float", value) <= sys.float_info.max:
            raise ValueError("a number")
        found = float(cast("float", value))
        if not (found > above and least <= found <= most):
            raise ValueError(bounds)
        return found

    return read


def text(value: object) -> str:
    if not isinstance(value, str) or not value.strip() or not value.isprintable():
        raise ValueError("text")
    return value


def truth(value: object) -> bool:
    if not isinstance(value, bool):
        raise ValueError("true or false")  # noqa: TRY004 - one kind of error: what was expected
    return value


def shown(value: object) -> str:
    if isinstance(value, dict | list):
        return "an object" if isinstance(value, dict) else "a list"
    return {"True": "true", "False": "false", "None": "null"}.get(f"{value!r:.60}", f"{value!r:.60}")


_BLANK = " \t\r\n"


def line_numbers(text: str) -> dict[str, int]:
    """Find the line of each key of the file and of each item of its lists; the text is known to be an object."""
    decoder, line_of, line, counted = json.JSONDecoder(), dict[str, int](), 1, 0
    for path, at in _places(text, decoder):
        line, counted = line + text.count("\n", counted, at), at
        line_of.setdefault(path, line)
    return line_of


def _places(text: str, decoder: json.JSONDecoder) -> Iterator[tuple[str, int]]:
    at = _skip(text, 0, _BLANK + "{")
    while text[at] != "}":
        key, end = decoder.raw_decode(text, at)
        yield key, at
        at, index = _skip(text, end, _BLANK + ":"), 0
        if text[at] == "[":
            at = _skip(text, at + 1, _BLANK)
            while text[at] != "]":
                yield f"{key}[{index}]", at
                at, index = _skip(text, decoder.raw_decode(text, at)[1], _BLANK + ","), index + 1
            at += 1
        else:
            at = decoder.raw_decode(text, at)[1]
        at = _skip(text, at, _BLANK + ",")


def _skip(text: str, at: int, over: str) -> int:
    while text[at] in over:
        at += 1
    return at
