"""How well alarms tell what really happened: recall, delay, false alarms, place, danger, and what fooled them.

An alarm belongs to an event when it rises at one of the event's sites, or in its zone where the event has no site,
between its onset and half an hour behind its end. Only fresh rises count. An alarm that belongs to nothing is false;
one that belongs to a confounder alone is counted there. A real leak that no alarm is expected for is neither missed nor
a confounder: it has a line of its own.
"""

import math
import statistics
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np

from simulator.dice import generator
from simulator.score_files import OUR_KINDS, AlarmLine, Place, Truth, TruthLine
from simulator.timetext import S_NS, instant_ns

_GRACE_NS = 1_800 * S_NS
_MONTH_S = 30 * 86_400
_EARTH_M = 6_371_000.0
_FALLS = frozenset({"return", "reset", "close"})
_LINKAGE = "linkage_failed"
_SAID = {"alcohol": "vapour", "biogas": "biogas", "weather": "vapour"}
"""How an alarm names a confounder that it has seen through."""
_Z = 1.959964
_RESAMPLES = 2_000


class Rise(NamedTuple):
    """An alarm's rise, and how long it stood."""

    alarm: AlarmLine
    time_ns: int
    stood_s: float


@dataclass(slots=True)
class Tally:
    """What one run gives; sums and lists, so that several runs add up.

    Attributes:
        expected: events that deserve an alarm.
        found: of these, those that got one of their class.
        exact: of these, those that got the very kind that was expected.
        from_observable_s: delay of each found event since a sensor could first see it.
        from_onset_s: delay of each found event since it began.
        alarms: that belong to events.
        right_class: of the found events, those whose first alarm names the right class.
        false: alarms that belong to nothing.
        false_s: time that these stood.
        sensor_months: of the run.
        location_m: error of each alarm that has a place.
        dangerous_s: above 25 %LEL before a valve ended it, of each leak.
        linkage_expected: failures of the cut-off.
        linkage_found: of these, those that got their alarm.
        confounders: events of each kind of confounder, and how many of them raised an alarm of gas.
        unasked: real leaks that no alarm is expected for: too small, or where nothing watches.
        unasked_told: of these, those that an alarm told of all the same; that is no mistake.
    """

    expected: int = 0
    found: int = 0
    exact: int = 0
    from_observable_s: list[float] = field(default_factory=list)
    from_onset_s: list[float] = field(default_factory=list)
    alarms: int = 0
    right_class: int = 0
    false: int = 0
    false_s: float = 0.0
    sensor_months: float = 0.0
    location_m: list[float] = field(default_factory=list)
    dangerous_s: list[float] = field(default_factory=list)
    linkage_expected: int = 0
    linkage_found: int = 0
    confounders: "Counter[str]" = field(default_factory=Counter)
    fooled: "Counter[str]" = field(default_factory=Counter)
    unasked: int = 0
    unasked_told: int = 0


# ---------------------------------------------------------------- matching
def tally(truth: Truth, alarms: Sequence[AlarmLine]) -> Tally:
    """Hold the alarms of one run against its truth."""
    end_ns = instant_ns(truth.run.end or truth.run.start)
    rises = _rises(alarms, end_ns)
    found = Tally()
    real = [event for event in truth.events if event.expected_kind is not None]
    taken: set[int] = set()
    for event in real:
        own = [number for number, rise in enumerate(rises) if _belongs(rise, event)]
        taken.update(own)
        _count_event(found, event, [rises[number] for number in own])
    rest = [rise for number, rise in enumerate(rises) if number not in taken]
    _count_rest(found, truth, rest)
    run_s = (end_ns - instant_ns(truth.run.start)) / S_NS
    found.sensor_months = truth.run.sensors * run_s / _MONTH_S
    return found


def _rises(alarms: Sequence[AlarmLine], end_ns: int) -> list[Rise]:
    """Fresh rises in order of time, each with how long it stood."""
    rises: list[Rise] = []
    ordered = sorted((line for line in alarms if line.kind not in OUR_KINDS), key=lambda line: line.time_ns)
    falls = [(line.id, line.time_ns) for line in ordered if line.transition in _FALLS]
    for line in ordered:
        if line.transition == "raise":
            begin_ns = line.time_ns
            fallen = next((t for name, t in falls if name == line.id and t >= begin_ns), end_ns)
            rises.append(Rise(line, begin_ns, max(0, fallen - begin_ns) / S_NS))
    return rises


def _belongs(rise: Rise, event: TruthLine) -> bool:
    sites = [site for site in (event.site, *event.sites) if site]
    if sites:
        near = rise.alarm.site in sites
    elif event.zone:
        near = rise.alarm.zone == event.zone
    else:
        near = True
    last_ns = None if event.t_off is None else instant_ns(event.t_off) + _GRACE_NS
    return near and instant_ns(event.t_on) <= rise.time_ns and (last_ns is None or rise.time_ns <= last_ns)


def _count_event(found: Tally, event: TruthLine, own: Sequence[Rise]) -> None:
    found.expected += 1
    found.alarms += len(own)
    kinds = {rise.alarm.kind for rise in own}
    found.exact += event.expected_kind in kinds
    if event.expected_kind == _LINKAGE:
        found.linkage_expected += 1
        found.linkage_found += _LINKAGE in kinds
    if event.above_25_pct_lel_s is not None:
        found.dangerous_s.append(event.above_25_pct_lel_s)
    found.location_m += [error for rise in own if (error := _error_m(rise.alarm.location, event)) is not None]
    hits = [rise for rise in own if (rise.alarm.about == "device") == (event.about == "device")]
    if hits:
        found.found += 1
        found.right_class += own[0].alarm.about == event.about
        found.from_onset_s.append((hits[0].time_ns - instant_ns(event.t_on)) / S_NS)
        seen = [instant_ns(text) for text in event.t_first_observable.values()]
        if seen:
            found.from_observable_s.append((hits[0].time_ns - min(seen)) / S_NS)


def _count_rest(found: Tally, truth: Truth, rest: Sequence[Rise]) -> None:
    """Sort alarms without a real event into those that a confounder explains and those that nothing does."""
    confounders = [event for event in truth.events if event.expected_kind is None]
    explained: set[int] = set()
    for event in confounders:
        own = [n for n, rise in enumerate(rest) if _belongs(rise, event) and _plausible(rise, event)]
        explained.update(own)
        if _is_unasked(event):
            found.unasked += 1
            found.unasked_told += bool(own)
            continue
        name = event.confounder if event.confounder != "none" else event.kind
        found.confounders[name] += 1
        found.fooled[name] += any(rest[n].alarm.about not in {"device", _SAID.get(name)} for n in own)
    false = [rise for number, rise in enumerate(rest) if number not in explained]
    found.false, found.false_s = len(false), sum(rise.stood_s for rise in false)


def _is_unasked(event: TruthLine) -> bool:
    return event.expected_kind is None and event.kind == "leak"


def _plausible(rise: Rise, event: TruthLine) -> bool:
    """Tell whether an event that is everywhere can be behind an alarm: weather moves gas, transport hides devices."""
    everywhere = not event.site and not event.sites
    if _is_unasked(event):
        return rise.alarm.about != "device"
    return not everywhere or (rise.alarm.about == "device") == (event.confounder == "transport")


def _error_m(place: Place | str | None, event: TruthLine) -> float | None:
    """Distance between where the alarm says that it is and where it is."""
    if not isinstance(place, Place):
        return None
    if None not in {place.x_m, place.y_m, event.x_m, event.y_m}:
        return math.hypot(float(place.x_m or 0) - float(event.x_m or 0), float(place.y_m or 0) - float(event.y_m or 0))
    if place.lon is None or place.lat is None or event.lon is None or event.lat is None:
        return None
    east = math.radians(place.lon - event.lon) * math.cos(math.radians((place.lat + event.lat) / 2))
    return _EARTH_M * math.hypot(east, math.radians(place.lat - event.lat))


# ---------------------------------------------------------------- figures
def figures(runs: Sequence[Tally]) -> dict[str, object]:
    """Add runs up; with several, each mean over runs has an interval of 95 %.

    Shares have Wilson's interval; the rest a bootstrap over runs, whose dice are always the same. Where no alarm was
    false there is nothing to draw from: the rate has the upper bound of `rule_of_three`, called `below`, instead.
    """
    expected, found = sum(r.expected for r in runs), sum(r.found for r in runs)
    return {
        "runs": len(runs),
        "events": expected,
        "recall": _share(found, expected),
        "exact_kind": _share(sum(r.exact for r in runs), expected),
        "right_class": _share(sum(r.right_class for r in runs), found),
        "delay_from_observable_s": _spread([d for r in runs for d in r.from_observable_s]),
        "delay_from_onset_s": _spread([d for r in runs for d in r.from_onset_s]),
        "false_alarms": sum(r.false for r in runs),
        "sensor_months": round(sum(r.sensor_months for r in runs), 2),
        "false_alarms_per_sensor_month": _false_rate(runs),
        "false_alarm_s": round(sum(r.false_s for r in runs), 1),
        "location_error_m": _spread([e for r in runs for e in r.location_m]),
        "above_25_pct_lel_s": _spread([s for r in runs for s in r.dangerous_s]),
        "alarms_per_event": _ratio([r.alarms for r in runs], [r.expected for r in runs]),
        "linkage_failures": {
            "found": sum(r.linkage_found for r in runs),
            "missed": sum(r.linkage_expected - r.linkage_found for r in runs),
        },
        "unexpected_leaks_told": _share(sum(r.unasked_told for r in runs), sum(r.unasked for r in runs)),
        "confounders": {
            name: _share(sum(r.fooled[name] for r in runs), sum(r.confounders[name] for r in runs))
            for name in sorted({name for r in runs for name in r.confounders})
        },
    }


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Interval of 95 % of a share, fit for few events and for shares of 0 and 1.

    Example:
        >>> [round(edge, 3) for edge in wilson(9, 10)]
        [0.596, 0.982]

    References:
        Wilson, Probable inference, the law of succession, and statistical inference, JASA 22, 1927.
    """
    share, square = hits / of, _Z * _Z / of
    middle = (share + square / 2) / (1 + square)
    half = _Z / (1 + square) * math.sqrt(share * (1 - share) / of + square / (4 * of))
    return max(0.0, middle - half), min(1.0, middle + half)


def rule_of_three(exposure: float) -> float:
    r"""Rate that is not exceeded with 95 % where nothing was seen: of a Poisson process, $e^{-3} \approx 0.05$.

    Args:
        exposure: for which nothing was seen, in any unit.

    Example:
        >>> rule_of_three(300)
        0.01

    References:
        Hanley and Lippman-Hand, If nothing goes wrong, is everything all right?, JAMA 249, 1983.
    """
    return 3.0 / exposure


def _false_rate(runs: Sequence[Tally]) -> dict[str, float] | None:
    found = _ratio([r.false for r in runs], [r.sensor_months for r in runs])
    if found is None or found["mean"]:
        return found
    return {"mean": 0.0, "below": round(rule_of_three(sum(r.sensor_months for r in runs)), 4)}


def _share(hits: int, of: int) -> dict[str, object] | None:
    if not of:
        return None
    low, high = wilson(hits, of)
    return {"share": round(hits / of, 4), "hits": hits, "of": of, "low": round(low, 4), "high": round(high, 4)}


def _spread(values: Sequence[float]) -> dict[str, float] | None:
    if not values:
        return None
    p90 = float(np.quantile(values, 0.9))
    return {"median": round(statistics.median(values), 1), "p90": round(p90, 1), "max": round(max(values), 1)}


def _ratio(counts: Sequence[float], of: Sequence[float]) -> dict[str, float] | None:
    """Sum over sum; with several runs, the middle 95 % of what runs drawn with replacement would have given."""
    if not sum(of):
        return None
    found = {"mean": round(sum(counts) / sum(of), 4)}
    if len(counts) > 1:
        draws = generator("score").integers(0, len(counts), (_RESAMPLES, len(counts)))
        over = np.array(of, np.float64)[draws].sum(axis=1)
        ratios = np.array(counts, np.float64)[draws].sum(axis=1)[over > 0] / over[over > 0]
        low, high = np.quantile(ratios, (0.025, 0.975))
        found |= {"low": round(float(low), 4), "high": round(float(high), 4)}
    return found
