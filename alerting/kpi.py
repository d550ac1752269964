"""The KPIs of a time: pure functions of the records.

Targets are those of EEMUA 191 as summarised by others (B) and our own defaults (D); docs/kpi.md tells which is which.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import NamedTuple

from alerting.histories import Asked, History, histories
from alerting.kpi_texts import Pattern
from alerting.rates import flood_ns, most
from domain.alarm import Alarm, AlarmKind, StateLetter
from domain.asset import Assets, DeviceKind
from domain.handling import Result
from domain.period import Handled, Period, Sent
from domain.record import NoticeState

_S_NS = 1_000_000_000
_HOUR_NS, _DAY_NS = 3_600 * _S_NS, 86_400 * _S_NS
_TEN_MIN_NS, _LINKAGE_NS = 600 * _S_NS, 120 * _S_NS
ACK_S = {1: 60.0, 2: 180.0, 3: 600.0, 4: 86_400.0}
"""Within which an alarm of each priority should be answered; priority 4 on the next working day."""
_SITE_S = {1: 900.0, 2: 1_800.0}
_SHARE = 0.95
"""Of the answers that should come within their target."""
_FALSE = frozenset({Result.FALSE_ALARM, Result.BIOGAS})
_ARRIVED = frozenset({NoticeState.ACCEPTED, NoticeState.DELIVERED})
_LOADS, _BAD_ACTORS = 20, 100
"""How many are listed."""
_FREQUENT_H = 20
"""Occurrences of one alarm in an hour that call for a remedy."""


class Measure(NamedTuple):
    """One number.

    Attributes:
        name: key of `alerting.kpi_texts.TEXTS`.
        value: None where there was nothing to measure.
        unit: ``""`` for a number of things, ``share`` of 1, ``s``.
        target: None where it is only shown.
        at_most: whether the target is the largest good value; else the smallest.
    """

    name: str
    value: float | None
    unit: str = ""
    target: float | None = None
    at_most: bool = True

    @property
    def met(self) -> bool | None:
        """Tell whether the target is met; None where there is no value or no target.

        Example:
            >>> Measure("mix_low", 0.9, "share", 0.8, at_most=False).met
            True
        """
        if self.value is None or self.target is None:
            return None
        return self.value <= self.target if self.at_most else self.value >= self.target


class Load(NamedTuple):
    """How much one site or device asked for."""

    name: str
    annunciations: int
    share: float
    false: int


class BadActor(NamedTuple):
    """An alarm that asks too often or says too little.

    Attributes:
        false: incidents with it that turned out to be no gas release.
    """

    alarm_id: str
    kind: AlarmKind
    device: str
    site: str
    annunciations: int
    share: float
    stood_s: float
    false: int
    patterns: tuple[Pattern, ...]


class Town(NamedTuple):
    """What the records do not tell.

    Attributes:
        devices: number of them in scope.
        linked: sites with a cut-off valve.
    """

    devices: int
    linked: Collection[str]


def town_of(assets: Assets, sites: Collection[str] | None) -> Town:
    """Look up what stands at some sites; None: at all."""
    here = [device for device in assets.devices.values() if sites is None or device.site in sites]
    return Town(len(here), frozenset(device.site for device in here if device.kind is DeviceKind.CUTOFF_VALVE))


class Report(NamedTuple):
    """The KPIs of all positions together: the records do not tell seats apart yet."""

    measures: Sequence[Measure]
    sites: Sequence[Load]
    devices: Sequence[Load]
    bad_actors: Sequence[BadActor]


def report(period: Period, town: Town) -> Report:
    """Compute everything of a time."""
    found = histories(period)
    false = _false_by_alarm(period, found)
    stale = {alarm.id for alarm in period.standing if _is_stale(alarm, period)}
    measures = [
        *_rates(period, found),
        *_mix(found),
        *_patterns(period, found, stale),
        *_hidden(period),
        *_answers(period, [asked for history in found for asked in history.asked]),
        *_handling(period.incidents),
        *_notices(period, found),
        _false(period.incidents),
        _linkage(found, period, town.linked),
        _online(found, period, town.devices),
    ]
    return Report(
        measures,
        _loads(period, [(h.site, h) for h in found], false),
        _loads(period, [(h.device, h) for h in found], false),
        _bad_actors(period, found, false, stale),
    )


# ---------------------------------------------------------------- how many


def _rates(period: Period, found: Sequence[History]) -> Iterator[Measure]:
    all_ns = sorted(time_ns for history in found for time_ns in history.annunciated_ns)
    times_ns = [time_ns for time_ns in all_ns if time_ns >= period.from_ns]
    span_ns = period.to_ns - period.from_ns
    yield Measure("rate", len(times_ns) * _TEN_MIN_NS / span_ns, "", 1)
    yield Measure("upset", most(times_ns, _TEN_MIN_NS), "", 10)
    yield Measure("peak", most(times_ns, _HOUR_NS), "", 15)
    yield Measure("flood", flood_ns(all_ns, period.from_ns, period.to_ns) / span_ns, "share", 0.01)
    counts = sorted((history.annunciations(period) for history in found), reverse=True)
    many = any(counts[10:])  # of ten or fewer the ten worst are always all
    yield Measure("top10", _share(sum(counts[:10]), sum(counts)) if many else None, "share", 0.05)


def _mix(found: Sequence[History]) -> Iterator[Measure]:
    counts = Counter(asked.priority for history in found for asked in history.asked)
    total = counts.total()
    yield Measure("mix_high", _share(counts[1] + counts[2], total), "share", 0.05)
    yield Measure("mix_medium", _share(counts[3], total), "share", 0.15)
    yield Measure("mix_low", _share(counts[4], total), "share", 0.8, at_most=False)


def _patterns(period: Period, found: Sequence[History], stale: Collection[str]) -> Iterator[Measure]:
    yield Measure("chattering", sum(history.chatters(period) for history in found), "", 0)
    yield Measure("fleeting", sum(history.fleeting for history in found))
    yield Measure("standing", sum(history.standing for history in found), "", 0)
    yield Measure("stale", len(stale), "", 0)


def _is_stale(alarm: Alarm, period: Period) -> bool:
    return alarm.life.annunciated and 0 < alarm.raised_ns < period.to_ns - _DAY_NS


def _hidden(period: Period) -> Iterator[Measure]:
    letters = Counter(alarm.life.letter for alarm in period.standing)
    yield Measure("shelved", letters[StateLetter.SHELVED])
    yield Measure("suppressed", letters[StateLetter.SUPPRESSED_BY_DESIGN])
    yield Measure("out_of_service", letters[StateLetter.OUT_OF_SERVICE])
    hidden = [alarm for alarm in period.standing if alarm.life.suppressed]
    ages_ns = [period.to_ns - alarm.raised_ns for alarm in hidden if 0 < alarm.raised_ns <= period.to_ns]
    yield Measure("longest_hidden", _seconds(max(ages_ns, default=None)), "s")
    ends_ns = (alarm.life.oos_until_ns or alarm.life.shelf_until_ns for alarm in hidden)
    yield Measure("expiring", sum(end_ns is not None and end_ns < period.to_ns + _DAY_NS for end_ns in ends_ns))


# ---------------------------------------------------------------- how fast


def _answers(period: Period, asked: Sequence[Asked]) -> Iterator[Measure]:
    for priority, target_s in ACK_S.items():
        own = [one for one in asked if one.priority == priority]
        delays_s = [(one.answered_ns - one.asked_ns) / _S_NS for one in own if one.answered_ns is not None]
        overdue = sum(one.answered_ns is None and period.to_ns - one.asked_ns > target_s * _S_NS for one in own)
        yield Measure(f"ack_p50_{priority}", _quantile(delays_s, 0.5), "s")
        yield Measure(f"ack_p95_{priority}", _quantile(delays_s, 0.95), "s", target_s)
        within = _share(sum(delay <= target_s for delay in delays_s), len(delays_s) + overdue)
        yield Measure(f"ack_share_{priority}", within, "share", _SHARE, at_most=False)


def _handling(incidents: Sequence[Handled]) -> Iterator[Measure]:
    for priority, target_s in _SITE_S.items():
        own = [one for one in incidents if one.priority == priority]
        on_site_s = [(one.arrived_ns - one.opened_ns) / _S_NS for one in own if one.arrived_ns is not None]
        closed_s = [(one.closed_ns - one.opened_ns) / _S_NS for one in own if one.closed_ns is not None]
        yield Measure(f"site_{priority}", _quantile(on_site_s, 0.95), "s", target_s)
        yield Measure(f"stand_down_{priority}", _quantile(closed_s, 0.5), "s")


def _notices(period: Period, found: Sequence[History]) -> Iterator[Measure]:
    reached: dict[tuple[str, int, int, str], list[Sent]] = {}
    for sent in period.notices:
        reached.setdefault((sent.alarm_id, sent.occurrence, sent.step, sent.person), []).append(sent)
    lost = Counter(
        ways[0].priority == 1 for ways in reached.values() if {w.state for w in ways} == {NoticeState.FAILED}
    )
    yield Measure("undelivered_1", lost[True], "", 0)
    yield Measure("undelivered", lost[False])
    yield Measure("accepted", _quantile(_accepted_s(period, found), 0.95), "s", 2)
    arrived = [sent for sent in period.notices if sent.state in _ARRIVED]
    yield Measure("voice", _share(sum("voice" in sent.channel for sent in arrived), len(arrived)), "share")


def _accepted_s(period: Period, found: Sequence[History]) -> list[float]:
    """Give from the annunciation to the first acceptance of each occurrence."""
    asked = {(h.alarm_id, one.occurrence): one.asked_ns for h in found for one in h.asked}
    first: dict[tuple[str, int], int] = {}
    for sent in period.notices:
        name = sent.alarm_id, sent.occurrence
        if sent.step == 0 and sent.accepted_ns and name in asked:
            first[name] = min(first.get(name, sent.accepted_ns), sent.accepted_ns)
    return [max(0, accepted_ns - asked[name]) / _S_NS for name, accepted_ns in first.items()]


# ---------------------------------------------------------------- how true


def _false(incidents: Sequence[Handled]) -> Measure:
    results = [one.result for one in incidents if one.result]
    return Measure("false", _share(sum(result in _FALSE for result in results), len(results)), "share")


def _false_by_alarm(period: Period, found: Sequence[History]) -> dict[str, int]:
    false = {one.id for one in period.incidents if one.result in _FALSE}
    return {history.alarm_id: len(history.incidents & false) for history in found}


def _linkage(found: Sequence[History], period: Period, linked: Collection[str]) -> Measure:
    """Count the high alarms after which the valves of their site did what they must."""
    failed: dict[str, list[int]] = {}
    for history in found:
        if history.kind is AlarmKind.LINKAGE_FAILED:
            failed.setdefault(history.site, []).extend(history.occurred_ns)
    high = [
        (history.site, at)
        for history in found
        if history.kind is AlarmKind.GAS_HIGH and history.site in linked
        for at in history.occurred_ns
        if at >= period.from_ns
    ]
    closed = sum(not any(0 <= other - at <= _LINKAGE_NS for other in failed.get(site, ())) for site, at in high)
    return Measure("linkage", _share(closed, len(high)), "share", 1, at_most=False)


def _online(found: Sequence[History], period: Period, devices: int) -> Measure:
    away_ns = sum(history.away_ns for history in found if history.kind is AlarmKind.DEVICE_SILENT)
    away = _share(away_ns, devices * (period.to_ns - period.from_ns))
    return Measure("online", None if away is None else max(0.0, 1 - away), "share", 0.98, at_most=False)


# ---------------------------------------------------------------- whose


def _loads(period: Period, named: Sequence[tuple[str, History]], false: Mapping[str, int]) -> list[Load]:
    counts: Counter[str] = Counter()
    wrong: Counter[str] = Counter()
    for name, history in named:
        counts[name] += history.annunciations(period)
        wrong[name] += false[history.alarm_id]
    ranked = sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:_LOADS]
    return [Load(name, n, n / counts.total(), wrong[name]) for name, n in ranked if n]


def _bad_actors(
    period: Period, found: Sequence[History], false: Mapping[str, int], stale: Collection[str]
) -> list[BadActor]:
    total = sum(history.annunciations(period) for history in found)
    actors = []
    for history in found:
        name, count, wrong = history.alarm_id, history.annunciations(period), false[history.alarm_id]
        patterns = (*_patterns_of(period, history, wrong), *([Pattern.STALE] if name in stale else []))
        if patterns:
            share, stood_s = _share(count, total) or 0.0, history.stood_ns / _S_NS
            place = history.kind, history.device, history.site
            actors.append(BadActor(name, *place, count, share, stood_s, wrong, patterns))
    return sorted(actors, key=lambda actor: (-actor.annunciations, actor.alarm_id))[:_BAD_ACTORS]


def _patterns_of(period: Period, history: History, false: int) -> Iterator[Pattern]:
    if history.chatters(period):
        yield Pattern.CHATTERING
    if history.standing:
        yield Pattern.STANDING
    if history.fleeting:
        yield Pattern.FLEETING
    if false:
        yield Pattern.FALSE
    if most([at for at in history.occurred_ns if at >= period.from_ns], _HOUR_NS) > _FREQUENT_H:
        yield Pattern.FREQUENT


# ---------------------------------------------------------------- numbers


def _share(part: float, whole: float) -> float | None:
    return part / whole if whole else None


def _seconds(time_ns: int | None) -> float | None:
    return None if time_ns is None else time_ns / _S_NS


def _quantile(values: Sequence[float], share: float) -> float | None:
    """Give the smallest value that so large a share does not exceed; None of nothing.

    Example:
        >>> _quantile([3.0, 1.0, 2.0], 0.5), _quantile([], 0.5)
        (2.0, None)
    """
    ranked = sorted(values)
    return ranked[max(0, -int(-share * len(ranked) // 1) - 1)] if ranked else None
