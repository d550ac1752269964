"""Limits of the rulebook as Grafana's thresholds: lines and colours, named in words and numbers beside them."""

from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import NamedTuple

from domain.asset import Tier
from domain.rulebook import Rulebook
from grafana.build import colours


class Limit(NamedTuple):
    """A limit of a panel.

    Attributes:
        number: its name in the rulebook.
        label: in Chinese, for the title.
        priority: name of the number of the priority beyond it.
        low: whether what lies below is abnormal.
    """

    number: str
    label: str
    priority: str
    low: bool = False


TIERS = {
    Tier.LOW_NATURAL: "低压天然气",
    Tier.LOW_LPG: "低压液化气",
    Tier.MEDIUM_B: "中压B",
    Tier.MEDIUM_A: "中压A",
}
"""Names of the pressure classes."""
GAS = (Limit("gas_low.limit", "低限", "gas_low.priority"), Limit("gas_high.limit", "高限", "gas_high.priority"))
BATTERY_V = (Limit("battery_low.limit_v", "低限", "battery_low.priority", low=True),)
BATTERY_PCT = (Limit("battery_low.limit_pct", "低限", "battery_low.priority", low=True),)

PRESSURE = {
    tier: (
        Limit(f"pressure_low.{tier}_ll", "低低", "pressure_low.priority_2", low=True),
        Limit(f"pressure_low.{tier}_l", "低", "pressure_low.priority", low=True),
        Limit(f"pressure_high.{tier}_h", "高", "pressure_high.priority"),
        Limit(f"pressure_high.{tier}_hh", "高高", "pressure_high.priority_2"),
    )
    for tier in TIERS
}
"""The four limits of each pressure class."""
KNOWN = {one.number: one for every in (GAS, BATTERY_V, BATTERY_PCT, *PRESSURE.values()) for one in every}
"""By the name of the number."""


def steps(limits: Iterable[Limit], rulebook: Rulebook, calm: str = colours.NORMAL) -> list[dict[str, object]]:
    """Give the thresholds: the first colour is of everything below all of them, `calm` that of what is as usual.

    Example:
        >>> from pathlib import Path
        >>> book = Rulebook.parse(Path("rulebook.toml").read_text(encoding="utf-8"))
        >>> [(step["value"], step["color"]) for step in steps(GAS, book)]
        [(None, '#55585a'), (20.0, '#e3b505'), (50.0, '#e07a1f')]
    """
    limits = sorted(limits, key=lambda limit: rulebook[limit.number])
    beyond = {limit: colours.PRIORITY[int(rulebook[limit.priority])] for limit in limits}
    lows, highs = [one for one in limits if one.low], [one for one in limits if not one.low]
    first = beyond[lows[0]] if lows else calm
    found = [(rulebook[one.number], beyond[following]) for one, following in pairwise(lows)]
    found += [(rulebook[one.number], calm) for one in lows[-1:]]
    found += [(rulebook[one.number], beyond[one]) for one in highs]
    return [{"color": first, "value": None}, *({"color": colour, "value": value} for value, colour in found)]


def in_sight(limits: Sequence[Limit], rulebook: Rulebook) -> dict[str, float]:
    """Give an axis that reaches beyond each limit: Grafana's own ends where the data do, so on a calm night before any.

    Example:
        >>> from pathlib import Path
        >>> book = Rulebook.parse(Path("rulebook.toml").read_text(encoding="utf-8"))
        >>> in_sight(GAS, book)
        {'axisSoftMin': 0.0, 'axisSoftMax': 55.0}
        >>> in_sight(BATTERY_PCT, book)
        {'axisSoftMin': 18.0, 'axisSoftMax': 22.0}
    """
    if not limits:
        return {}
    numbers = [rulebook[one.number] for one in limits]
    low, high = min(numbers) if any(one.low for one in limits) else 0.0, max(numbers)
    beyond = 0.1 * ((high - low) or high)
    return {"axisSoftMin": round(low - beyond, 3) if low else 0.0, "axisSoftMax": round(high + beyond, 3)}


def in_words(limits: Sequence[Limit], rulebook: Rulebook) -> str:
    """Name the limits for a title, such as ``（低限 20 · 高限 50）``."""
    return f"（{' · '.join(f'{one.label} {rulebook[one.number]:g}' for one in limits)}）" if limits else ""


def claimed(limits: Sequence[Limit], rulebook: Rulebook) -> str:
    """Say which numbers of the rulebook they are; `grafana.lint` holds the thresholds against this."""
    told = (f"{one.number} = {rulebook[one.number]:g} {rulebook.numbers[one.number].unit}" for one in limits)
    return f" Limits: {'; '.join(told)}." if limits else ""
