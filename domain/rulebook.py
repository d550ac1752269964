"""Every limit, delay and level, with its unit, source and confidence. Checked before anything runs."""

import functools
import hashlib
import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from domain.alarm import AlarmKind, Definition
from domain.errors import ConfigurationError
from domain.rules import RULES, Rule

_S = 1_000_000_000
_KEYS = frozenset({"value", "unit", "source", "confidence"})


@dataclass(frozen=True, slots=True)
class Number:
    """One number of the rulebook.

    Attributes:
        value: in `unit`.
        unit: as `RULES` demands it.
        source: standard clause, page, or "own default".
        confidence: A read or measured, B secondary, C from memory, D our default.
    """

    value: float
    unit: str
    source: str
    confidence: str


@dataclass(frozen=True, slots=True)
class Rulebook:
    r"""All numbers by name, such as ``gas_low.limit``.

    Example:
        >>> Rulebook.parse('[gas_low.limit]\nvalue = 30\nunit = "%LEL"\nsource = "me"\nconfidence = "D"')
        Traceback (most recent call last):
        ...
        domain.errors.ConfigurationError: gas_low.limit: 30 %LEL is above 25 %LEL, the ceiling of GB/T 50493-2019...
    """

    numbers: Mapping[str, Number]
    version: str

    def __getitem__(self, name: str) -> float:
        return self.numbers[name].value

    def ns(self, name: str) -> int:
        """Give a duration of the rulebook in nanoseconds (KeyError, ValueError: no such duration)."""
        number = self.numbers[name]
        if number.unit != "s":
            raise ValueError(f"{name} is in {number.unit!r}, not in seconds")
        return round(number.value * _S)

    @classmethod
    def parse(cls, text: str) -> "Rulebook":
        """Read and check a rulebook (ConfigurationError: every problem, one line each)."""
        return _parse(text)

    def definition(self, kind: AlarmKind) -> Definition:
        """Build the alarm definition of a kind from its numbers."""
        worse = (name for level in (2, 3, 4) if (name := f"{kind}.priority_{level}") in self.numbers)
        priorities = [self[f"{kind}.priority"], *(self[name] for name in worse)]
        delay_ns = round(self._or_zero(f"{kind}.lifecycle_on_delay") * _S)
        realarm = {1: "alarm.realarm_1", 2: "alarm.realarm_2"}.get(round(min(priorities)))
        return Definition(
            kind=kind,
            priorities=tuple(round(p) for p in priorities),
            on_delay_ns=(delay_ns,) * len(priorities),
            off_delay_ns=round(self._or_zero(f"{kind}.lifecycle_off_delay") * _S),
            latching=bool(self._or_zero(f"{kind}.latching")),
            safety_critical=bool(self._or_zero(f"{kind}.safety_critical")),
            realarm_ns=None if realarm is None else self.ns(realarm),
        )

    def definitions(self) -> dict[AlarmKind, Definition]:
        return {kind: self.definition(kind) for kind in AlarmKind}

    def _or_zero(self, name: str) -> float:
        return self[name] if name in self.numbers else 0.0


@functools.lru_cache(maxsize=4)  # roles of one process read the same text, and what it says never changes
def _parse(text: str) -> Rulebook:
    try:
        tables = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"not TOML: {error}") from None
    found = {
        f"{section}.{name}": entry
        for section, entries in tables.items()
        for name, entry in (entries.items() if isinstance(entries, dict) else [("", entries)])
    }
    problems = [problem for name, entry in found.items() for problem in _problems(name, entry)]
    if not problems:
        problems = _relations({name: float(entry["value"]) for name, entry in found.items()})
    problems += [
        f"{name}: missing; expected a number in {rule.unit!r}" for name, rule in RULES.items() if name not in found
    ]
    if problems:
        raise ConfigurationError(*problems)
    numbers = {
        name: Number(float(entry["value"]), entry["unit"], entry["source"], entry["confidence"])
        for name, entry in sorted(found.items())
    }
    version = hashlib.sha256(repr([(n, x.value) for n, x in numbers.items()]).encode()).hexdigest()[:12]
    return Rulebook(MappingProxyType(numbers), version)


def _problems(name: str, entry: object) -> list[str]:
    rule = RULES.get(name)
    if rule is None:
        return [f"{name}: no such number; see docs/rulebook.md for the names"]
    if not isinstance(entry, dict) or set(entry) != _KEYS:
        return [f"{name}: expected a table with exactly value, unit, source and confidence"]
    return _number_problems(name, entry, rule)


def _number_problems(name: str, entry: dict[str, object], rule: Rule) -> list[str]:
    value = entry["value"]
    if isinstance(value, bool) or not isinstance(value, (int, float)) or not math.isfinite(value):
        return [f"{name}: value is {value!r}; expected a finite number"]
    if entry["unit"] != rule.unit:
        return [f"{name}: unit is {entry['unit']!r}; expected {rule.unit!r}"]
    if not isinstance(entry["source"], str) or not entry["source"].strip():
        return [f"{name}: source is missing; say which clause or page, or 'own default'"]
    if entry["confidence"] not in {"A", "B", "C", "D"}:
        return [f"{name}: confidence is {entry['confidence']!r}; expected A, B, C or D"]
    return _out_of_bounds(name, float(value), rule)


def _out_of_bounds(name: str, value: float, rule: Rule) -> list[str]:
    if value > rule.high:
        return [f"{name}: {value:g} {rule.unit} is above {rule.high:g} {rule.unit}, {rule.why}"]
    if value < rule.low:
        return [f"{name}: {value:g} {rule.unit} is below {rule.low:g} {rule.unit}, {rule.why}"]
    return []


_RISING = (
    ("gas_low.limit", "gas_high.limit"),
    ("protection_missing.after", "protection_missing.worse_after"),
    *(
        (f"pressure_{a}.{tier}_{x}", f"pressure_{b}.{tier}_{y}")
        for tier in ("low_natural", "low_lpg", "medium_b", "medium_a")
        for a, x, b, y in (("low", "ll", "low", "l"), ("low", "l", "high", "h"), ("high", "h", "high", "hh"))
    ),
)


def _relations(value: Mapping[str, float]) -> list[str]:
    return [
        f"{lower}: {value[lower]:g} must be below {upper} = {value[upper]:g}"
        for lower, upper in _RISING
        if lower in value and upper in value and not value[lower] < value[upper]
    ]
