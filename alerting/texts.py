"""One line for a person, in Chinese and in English: where, what, and how far beyond which limit."""

import re
from typing import NamedTuple

from alerting.catalogue import UNIT_BY_REASON, UNITS, WITHOUT_VALUE
from alerting.phrase import Phrase
from alerting.phrases_en import EN
from alerting.phrases_zh import ZH
from alerting.reasons import REASONS_EN, REASONS_ZH
from domain.alarm import SYSTEM, Alarm, AlarmKind
from domain.asset import Assets


class Parts(NamedTuple):
    """Parts of a line; `numbers` begins with a space or is ""."""

    drill: str
    where: str
    what: str
    numbers: str

    def line(self) -> str:
        return f"{self.drill}{self.where} {self.what}{self.numbers}"


class _Style(NamedTuple):
    drill: str
    ourselves: str
    reason: str
    reasons: dict[str, str]


_CODE = re.compile(r"\b[a-z][a-z0-9_]*\b")
_ZH = _Style("【演练】", "系统", "（{}）", REASONS_ZH)
_EN = _Style("[DRILL] ", "System", " ({})", REASONS_EN)


def text(alarm: Alarm, assets: Assets) -> dict[str, str]:
    """Say an alarm in one line, keys ``zh`` and ``en``.

    Example:
        >>> kind, device = AlarmKind.GAS_LOW, "DL-GD-0001"
        >>> alarm = Alarm("9d22", kind, device, device, "S1", "Z1", value=31.0, limit=20.0)
        >>> print(text(alarm, Assets({}, {}, {}))["zh"])
        S1 DL-GD-0001 可燃气体 31 %LEL > 一级限 20 %LEL
    """
    return {language: said.line() for language, said in parts(alarm, assets).items()}


def parts(alarm: Alarm, assets: Assets) -> dict[str, Parts]:
    """Say the same in parts, for templates that have a variable for each."""
    place = assets.zones.get(alarm.subject) or assets.sites.get(alarm.site)
    return {
        "zh": _parts(alarm, ZH[alarm.kind], _ZH, place.name if place else alarm.site),
        "en": _parts(alarm, EN[alarm.kind], _EN, place.name_en if place else alarm.site),
    }


def what_to_do(kind: AlarmKind) -> dict[str, str]:
    """Give the first thing to do, keys ``zh`` and ``en``."""
    return {"zh": ZH[kind].todo, "en": EN[kind].todo}


def unit(alarm: Alarm) -> str:
    """Give the unit of an alarm's value and limit, "" where it has none."""
    return UNITS.get(alarm.kind) or UNIT_BY_REASON.get(alarm.reason, "")


def _parts(alarm: Alarm, phrase: Phrase, style: _Style, place: str) -> Parts:
    where = style.ourselves if alarm.subject == SYSTEM else f"{place} {alarm.device}".strip()
    reason = style.reason.format(_in_words(alarm.reason, style.reasons)) if alarm.reason else ""
    what = f"{_at(phrase.what, alarm.life.level)}{reason}"
    return Parts(style.drill if alarm.drill else "", where, what, _numbers(alarm, _at(phrase.limit, alarm.life.level)))


def _in_words(reason: str, words: dict[str, str]) -> str:
    """Translate a code, or each code of several: what else stands between them, such as pipes, stays as it is."""
    return _CODE.sub(lambda found: words.get(found[0], found[0]), reason)


def _numbers(alarm: Alarm, limit_name: str) -> str:
    if alarm.value is None or alarm.kind in WITHOUT_VALUE:
        return ""
    measured = f" {alarm.value:.4g} {unit(alarm)}".rstrip()
    if alarm.limit is None or not limit_name:
        return measured
    sign = ">" if alarm.value > alarm.limit else "<" if alarm.value < alarm.limit else "="
    return f"{measured} {sign} {limit_name} {alarm.limit:.4g} {unit(alarm)}".rstrip()


def _at(words: tuple[str, ...], level: int) -> str:
    return words[min(max(level, 1), len(words)) - 1]
