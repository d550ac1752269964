"""The journal of a time, sorted by alarm: how often each asked for a person, how long it stood, who answered."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from alerting.rates import CHATTER, CHATTER_NS, most
from domain.alarm import Alarm, AlarmKind
from domain.period import LOOKBACK_NS, Line, Period

_S_NS = 1_000_000_000
_DAY_NS = 86_400 * _S_NS
_FLEETING_NS = 10 * _S_NS
_OCCURS = frozenset({"raise", "worsen", "realarm"})


class Asked(NamedTuple):
    """An occurrence that asked for an answer; `answered_ns` is None where nobody gave one in time."""

    occurrence: int
    priority: int
    asked_ns: int
    answered_ns: int | None


@dataclass(slots=True)
class History:
    """What one alarm did.

    Attributes:
        annunciated_ns: every time that it asked for a person, in order; before the period too, as is the next.
        occurred_ns: raises, worsenings and re-alarms, in order.
        stood_ns: longest time in which it was active without a break, up to the end of the period.
        away_ns: how long of the period it was active.
        fleeting: times that it was over within ten seconds, and nobody did anything.
        asked: occurrences of the period.
        incidents: that it was part of.
    """

    alarm_id: str
    kind: AlarmKind
    device: str
    site: str
    annunciated_ns: list[int] = field(default_factory=list)
    occurred_ns: list[int] = field(default_factory=list)
    stood_ns: int = 0
    away_ns: int = 0
    fleeting: int = 0
    asked: list[Asked] = field(default_factory=list)
    incidents: set[str] = field(default_factory=set)

    def annunciations(self, period: Period) -> int:
        return sum(time_ns >= period.from_ns for time_ns in self.annunciated_ns)

    def chatters(self, period: Period) -> bool:
        """Tell whether it occurred three times within a minute (Hexagon's definition)."""
        return most([at for at in self.occurred_ns if at >= period.from_ns], CHATTER_NS) >= CHATTER

    @property
    def standing(self) -> bool:
        return self.stood_ns > _DAY_NS


def histories(period: Period) -> list[History]:
    """Sort a journal by alarm, by id; an alarm that stands and wrote no line is there too."""
    lines: dict[str, list[Line]] = {}
    for line in period.lines:
        lines.setdefault(line.alarm_id, []).append(line)
    rows = {alarm.id: alarm for alarm in period.standing}
    return [
        _history(period, History(name, known.kind, known.device, known.site), lines.get(name, ()), rows.get(name))
        for name, known in sorted((rows | {name: own[0] for name, own in lines.items()}).items())
    ]


def _history(period: Period, found: History, lines: Sequence[Line], row: Alarm | None) -> History:
    found.annunciated_ns = [line.time_ns for line in lines if line.event == "annunciate"]
    found.occurred_ns = [line.time_ns for line in lines if line.event in _OCCURS]
    found.incidents = {line.incident_id for line in lines if line.incident_id and line.time_ns >= period.from_ns}
    found.asked = _asked(period, lines)
    for begin_ns, end_ns, touched in _stretches(period, lines, row):
        found.away_ns += max(0, end_ns - max(begin_ns, period.from_ns))
        if end_ns >= period.from_ns:
            found.stood_ns = max(found.stood_ns, end_ns - begin_ns)
            found.fleeting += end_ns < period.to_ns and end_ns - begin_ns <= _FLEETING_NS and not touched
    return found


def _asked(period: Period, lines: Iterable[Line]) -> list[Asked]:
    asked: dict[int, Asked] = {}
    for line in lines:
        if line.event == "annunciate":
            asked.setdefault(line.occurrence, Asked(line.occurrence, line.priority, line.time_ns, None))
        elif line.event == "acknowledge" and line.occurrence in asked:
            asked[line.occurrence] = asked[line.occurrence]._replace(answered_ns=line.time_ns)
    return [one for one in asked.values() if one.asked_ns >= period.from_ns]


def _stretches(period: Period, lines: Iterable[Line], row: Alarm | None) -> Iterator[tuple[int, int, bool]]:
    """Give (begin, end, whether a person did anything) of each time that it was active."""
    begin_ns, touched = 0, False
    for line in lines:
        touched = touched or bool(line.user)
        if line.event == "raise":
            begin_ns, touched = line.time_ns, False
        elif line.event == "return":
            # raised before the lines begin: it stood at least since then
            yield begin_ns or period.from_ns - LOOKBACK_NS, line.time_ns, touched
            begin_ns = 0
    began_ns = row.first_ns if row is not None and row.life.active else 0
    open_ns = [at for at in (begin_ns, began_ns) if 0 < at < period.to_ns]
    if open_ns:
        yield min(open_ns), period.to_ns, touched
