"""What must have been sent, told from the journal by code that the escalation does not share, against what was."""

import tomllib
from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

from domain.record import JournalEntry

ROOT = Path(__file__).parents[2]
S = 1_000_000_000
GRACE_S = 120
"""So long a call may take through failures on the way before it counts as lost."""
EDGE_S = 6
"""Ticks and answers of the same moments may come in either order."""
NEXT_WAY_S = 15 + EDGE_S
_ENDS = frozenset({"acknowledge"})
_BEGINS = frozenset({"raise", "worsen", "realarm"})


class Attempt(NamedTuple):
    """A line of a provider's own record."""

    time_s: int
    key: str
    accepted: bool

    @property
    def call(self) -> tuple[str, int, int, str]:
        alarm, occurrence, step, person, _ = self.key.split("/")
        return alarm, int(occurrence), int(step), person


class Call(NamedTuple):
    """A person who had to be called."""

    alarm: str
    occurrence: int
    step: int
    person: str
    due_s: int
    end_s: int
    priority: int
    returned: bool


class Ledger(NamedTuple):
    """How a run ended.

    Attributes:
        raised: occurrences that asked for an answer.
        must: calls that had to be made.
        reached: of them, accepted by a provider.
        answered: of them, ended by an answer or a return before a provider accepted.
        escalating: occurrences that nobody had answered at the end.
        duplicated: the same notice accepted twice.
        lost: neither reached nor ended in time.
        late: of priority 1, neither accepted nor on a second way after 15 s.
        unexpected: accepted for nobody who had to be called, or after the end.
    """

    raised: int
    must: int
    reached: int
    answered: int
    escalating: int
    duplicated: int
    lost: list[Call]
    late: list[Call]
    unexpected: list[Attempt]

    def __str__(self) -> str:
        names = ("raised", "must", "reached", "answered", "escalating", "duplicated")
        counts = ", ".join(f"{name} {getattr(self, name)}" for name in names)
        return f"{counts}, lost {len(self.lost)}, late {len(self.late)}, unexpected {len(self.unexpected)}"


def settle(
    journal: Sequence[JournalEntry],
    attempts: Sequence[Attempt],
    roles: Mapping[str, str],
    types: Mapping[str, str],
    until_s: int,
) -> Ledger:
    """Compare.

    Args:
        journal: of the run.
        attempts: of all providers.
        roles: person of each role; nobody has another.
        types: of the sites.
        until_s: when the run ended.
    """
    lives = list(_lives(journal, until_s))
    calls = [call for life in lives for call in _calls(life, roles, types)]
    accepted: dict[tuple[str, int, int, str], list[Attempt]] = defaultdict(list)
    channels: dict[tuple[str, int, int, str], set[str]] = defaultdict(set)
    for attempt in attempts:
        if attempt.accepted:
            accepted[attempt.call].append(attempt)
        if attempt.time_s:
            channels[attempt.call].add(attempt.key)
    known = {call[:4]: call for call in calls}
    due = [call for call in calls if call.due_s < call.end_s - EDGE_S]
    reached = [call for call in due if accepted[call[:4]]]
    missed = [call for call in due if not accepted[call[:4]]]
    lost = [call for call in missed if call.due_s + GRACE_S < min(call.end_s, until_s)]
    return Ledger(
        raised=len(lives),
        must=len(due),
        reached=len(reached),
        answered=len(missed) - len(lost),
        escalating=sum(life.end_s >= until_s for life in lives),
        duplicated=sum(count - 1 for count in Counter(a.key for a in attempts if a.accepted).values()),
        lost=lost,
        late=[call for call in due if call.priority == 1 and _late(call, accepted[call[:4]], attempts, until_s)],
        unexpected=[a for found in accepted.values() for a in found if a.call[3] and _unexpected(a, known.get(a.call))],
    )


def _late(call: Call, accepted: Sequence[Attempt], attempts: Sequence[Attempt], until_s: int) -> bool:
    by_s = call.due_s + NEXT_WAY_S
    if by_s >= min(call.end_s, until_s) or any(attempt.time_s <= by_s for attempt in accepted):
        return False
    ways = {a.key for a in attempts if a.call == call[:4] and a.time_s <= by_s}
    return len(ways) < 2


def _unexpected(attempt: Attempt, call: Call | None) -> bool:
    """Tell whether nobody had to be called, or no more; what began before a return may still arrive after it."""
    return call is None or (attempt.time_s > call.end_s + EDGE_S and not call.returned)


# ---------------------------------------------------------------- from the journal


class Life(NamedTuple):
    """One occurrence, from its annunciation to its end; `returned` where that was no answer."""

    entry: JournalEntry
    end_s: int
    returned: bool


def _lives(journal: Sequence[JournalEntry], until_s: int) -> Iterator[Life]:
    rulebook = tomllib.loads((ROOT / "rulebook.toml").read_text(encoding="utf-8"))
    for number, entry in enumerate(journal):
        if entry.event == "annunciate":
            later = (e for e in journal[number + 1 :] if e.alarm_id == entry.alarm_id)
            end = next((e for e in later if _over(rulebook, entry, e)), None)
            end_s = end.time_ns // S if end else until_s + GRACE_S
            yield Life(entry, end_s, returned=end is not None and end.event == "return")


def _over(rulebook: dict[str, Any], entry: JournalEntry, later: JournalEntry) -> bool:
    insists = entry.priority == 1 or any(
        rulebook[entry.kind][name]["value"] for name in ("latching", "safety_critical")
    )
    if later.event in _BEGINS:
        return later.occurrence > entry.occurrence
    same = later.occurrence == entry.occurrence
    return same and (later.event in _ENDS or (later.event == "return" and not insists))


def _calls(life: Life, roles: Mapping[str, str], types: Mapping[str, str]) -> Iterator[Call]:
    entry = life.entry
    table = _table(entry, types)
    steps, again_s = table.get("step", []), table.get("again_s", 0)
    start_s = entry.time_ns // S
    times = [(start_s + step["after_s"], step["to"]) for step in steps]
    while times and again_s and times[-1][0] + again_s < life.end_s + EDGE_S:
        times.append((times[-1][0] + again_s, times[-1][1]))
    for number, (due_s, to) in enumerate(times):
        if due_s <= life.end_s + EDGE_S:
            for person in {roles[role] for role in to if role in roles}:
                yield Call(
                    entry.alarm_id, entry.occurrence, number, person, due_s, life.end_s, entry.priority, life.returned
                )


def _table(entry: JournalEntry, types: Mapping[str, str]) -> dict[str, Any]:
    shipped = tomllib.loads((ROOT / "alerting" / "tables.toml").read_text(encoding="utf-8"))
    for table in shipped["table"]:
        fits = entry.priority in table["priorities"] and entry.kind in table.get("kinds", [entry.kind])
        if fits and types.get(entry.site, "") in table.get("types", [types.get(entry.site, "")]):
            found: dict[str, Any] = table
            return found
    raise AssertionError(f"no table for {entry}")
