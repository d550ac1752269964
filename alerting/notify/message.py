"""The words of a notice, within what a channel can carry.

A notice's body is JSON of both languages (`alerting.notices`). It says what, where, value against limit, since when,
what to do and how to acknowledge; a drill says so first. What does not fit is cut from the least important end: first
the advice, then the further lines of a bundle, then the alarm's line. Time and the way to acknowledge always stay.
"""

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta, timezone
from typing import Literal, NamedTuple

import msgspec

from domain.record import Notice

Language = Literal["zh", "en"]
Variable = Literal["place", "what", "level", "since", "todo", "code"]
ZONE = timezone(timedelta(hours=8))  # China has one, and no summer time
_MORE = "…"
_NOTHING = "-"  # providers refuse an empty variable
_UNSENDABLE = re.compile(r"https?://\S+|www\.\S+|[【】\[\]]")
"""Addresses are refused in variables (`isv.PARAM_NOT_SUPPORT_URL`), and brackets are for signatures."""


class Parts(msgspec.Struct, frozen=True):
    """One line of text, taken apart: a template has a variable for each."""

    drill: str = ""
    where: str = ""
    what: str = ""
    numbers: str = ""


class Answer(msgspec.Struct, frozen=True):
    """How a person acknowledges."""

    code: str = ""
    url: str = ""


class Line(msgspec.Struct, frozen=True):
    """What a text says of one alarm of a bundle."""

    priority: int
    text: dict[str, str]
    answer: Answer = Answer()


class Message(msgspec.Struct, frozen=True):
    """What a channel needs of a body."""

    text: dict[str, str]
    what_to_do: dict[str, str]
    raised_ns: int
    priority: int = 4
    parts: dict[str, Parts] = {}
    answer: Answer = Answer()
    bundle: tuple[Line, ...] = ()


class _Words(NamedTuple):
    levels: tuple[str, str, str, str]
    since: str
    todo: str
    code: str
    link: str
    own: str
    spoken: Mapping[str, str]


_WORDS: dict[str, _Words] = {
    "zh": _Words(
        levels=("一级", "二级", "三级", "四级"),
        since="{level}燃气告警，自 {at} 起",
        todo="处置：{}",
        code="确认：回复 {}",
        link="确认：打开 {} 并按“确认”",
        own="（确认：{}）",
        spoken={"%LEL": "%爆炸下限", " > ": "，高于", " < ": "，低于", " = ": "，等于"},
    ),
    "en": _Words(
        levels=("P1", "P2", "P3", "P4"),
        since="{level} gas alarm since {at}",
        todo="Do: {}",
        code="Acknowledge: reply {}",
        link='Acknowledge: open {} and press "Acknowledge"',
        own=" (acknowledge: {})",
        spoken={"%LEL": "percent LEL", " > ": ", above ", " < ": ", below ", " = ": ", at "},
    ),
}


def read(notice: Notice) -> Message:
    return msgspec.json.decode(notice.body, type=Message)


def clock(time_ns: int, form: str = "%m-%d %H:%M:%S") -> str:
    """Say a time as people in China read it.

    Example:
        >>> clock(1_700_000_000_000_000_000)
        '11-15 06:13:20'
    """
    return datetime.fromtimestamp(time_ns // 1_000_000_000, UTC).astimezone(ZONE).strftime(form)


def cut(text: str, limit: int, size: Callable[[str], int] = len) -> str:
    """Cut a text to a size, between characters.

    Args:
        text: to be cut.
        limit: of the size; "" where not even the mark of the cut fits.
        size: of a text, such as its characters or its bytes; a longer one is never smaller.

    Example:
        >>> cut("老街小厨", 3), cut("老街小厨", 4)
        ('老街…', '老街小厨')
    """
    if size(text) <= limit:
        return text
    fits = bisect_right(range(len(text)), limit, key=lambda kept: size(text[:kept] + _MORE)) - 1
    return text[:fits] + _MORE if fits > 0 else ""


def utf8(text: str) -> int:
    return len(text.encode())


def in_json(text: str) -> int:
    return len(msgspec.json.encode(text))


def write(message: Message, language: Language, limit: int, size: Callable[[str], int] = utf8) -> str:
    """Write the text for people who read; `limit` and `size` as in `cut`."""
    words = _WORDS[language]
    since = words.since.format(level=words.levels[message.priority - 1], at=clock(message.raised_ns))
    ways = ((words.code, message.answer.code), (words.link, message.answer.url))
    answers = [form.format(it) for form, it in ways if it]
    fixed = "\n".join(["", since, *answers])
    line = cut(message.text[language], limit - size(fixed), size)
    others = cut(_others(message, language), limit - size(fixed) - size(line), size)
    left = limit - size(fixed) - size(line) - size(others)
    todo = cut("\n" + words.todo.format(message.what_to_do[language]), left, size)
    return "\n".join([f"{line}\n{since}{others}{todo}", *answers])


def _others(message: Message, language: Language) -> str:
    """Write a line for each further alarm of a bundle, with the code that answers for it alone."""
    words = _WORDS[language]
    return "".join(
        f"\n· {words.levels[line.priority - 1]} {line.text[language]}"
        + (words.own.format(line.answer.code) if line.answer.code else "")
        for line in message.bundle[1:]
    )


def subject(message: Message, language: Language) -> str:
    return cut(message.text[language], 120)


class Template(NamedTuple):
    """A text that a provider approved, and the variables in it.

    Attributes:
        code: its name at the provider.
        variables: of it, in their order there.
        most: characters of each.
        language: of their values.
    """

    code: str
    variables: tuple[Variable, ...]
    most: int
    language: Language = "zh"

    def fill(self, notice: Notice) -> dict[Variable, str]:
        """Give the value of each variable, without addresses and never empty."""
        values = _values(read(notice), self.language)
        return {
            name: cut(" ".join(_UNSENDABLE.sub(" ", values[name]).split()), self.most) or _NOTHING
            for name in self.variables
        }

    def speak(self, notice: Notice) -> dict[Variable, str]:
        """Give them for a voice: signs become words."""
        values = self.fill(notice)
        for sign, word in _WORDS[self.language].spoken.items():
            values = {name: value.replace(sign, word) for name, value in values.items()}
        return values


def _values(message: Message, language: Language) -> dict[Variable, str]:
    words, parts = _WORDS[language], message.parts.get(language, Parts(what=message.text[language]))
    return {
        "place": parts.where,
        "what": f"{parts.drill}{parts.what}{parts.numbers}",
        "level": words.levels[message.priority - 1],
        "since": clock(message.raised_ns, "%H:%M"),
        "todo": message.what_to_do[language],
        "code": message.answer.code,
    }
