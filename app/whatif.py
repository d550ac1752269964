"""What a change of the rulebook would have done: alarms of a recorded past that appear, vanish or move."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from typing import NamedTuple

from simulator.timetext import S_NS, instant_ns

_RAISES = frozenset({"raise", "worsen"})
_SAME_S = 600.0
"""Two raises of one alarm within so long are the same, moved."""

Line = Mapping[str, object]
Key = tuple[str, str, int]


class Change(NamedTuple):
    """One difference.

    Attributes:
        what: ``appears``, ``vanishes`` or ``moves``.
        time: of the alarm, in the new past, or in the old one where it vanishes.
        by_s: how much later it comes, for one that moves.
        text: of the alarm, Chinese and English.
    """

    what: str
    time: str
    kind: str
    device: str
    level: int
    by_s: float
    text: str


def compare(old: Iterable[Line], new: Iterable[Line]) -> list[Change]:
    """Match the raises of each alarm and level in order of time; give what differs, in order of time.

    Example:
        >>> line = {"transition": "raise", "kind": "gas_low", "device": "G1", "level": 1, "text": {"en": "leak"}}
        >>> old = [{**line, "time": "2026-01-15T12:00:00+08:00"}]
        >>> [(c.what, c.by_s) for c in compare(old, [{**line, "time": "2026-01-15T12:00:30+08:00"}])]
        [('moves', 30.0)]
    """
    before, after = _raises(old), _raises(new)
    changes: list[Change] = []
    for key in before.keys() | after.keys():
        changes += _of_one(before.get(key, []), after.get(key, []))
    return sorted(changes, key=lambda change: (instant_ns(change.time), change.device, change.kind, change.level))


def _raises(lines: Iterable[Line]) -> dict[Key, list[Line]]:
    found: dict[Key, list[Line]] = defaultdict(list)
    for line in lines:
        if line["transition"] in _RAISES:
            found[str(line["device"]), str(line["kind"]), int(str(line["level"]))].append(line)
    return found


def _of_one(old: list[Line], new: list[Line]) -> Iterable[Change]:
    """Walk through both in order of time: what lies close enough together is one and the same."""
    left, right = 0, 0
    while left < len(old) or right < len(new):
        gap_s = _gap_s(old[left], new[right]) if left < len(old) and right < len(new) else None
        if gap_s is not None and abs(gap_s) <= _SAME_S:
            if gap_s:
                yield _change("moves", new[right], gap_s)
            left, right = left + 1, right + 1
        elif right == len(new) or (gap_s is not None and gap_s > 0):
            yield _change("vanishes", old[left])
            left += 1
        else:
            yield _change("appears", new[right])
            right += 1


def _gap_s(old: Line, new: Line) -> float:
    return (instant_ns(str(new["time"])) - instant_ns(str(old["time"]))) / S_NS


def _change(what: str, line: Line, by_s: float = 0.0) -> Change:
    words = line["text"]
    text = "  |  ".join(map(str, words.values())) if isinstance(words, Mapping) else str(words)
    level = int(str(line["level"]))
    return Change(what, str(line["time"]), str(line["kind"]), str(line["device"]), level, by_s, text)
