"""What became of hazards: counted from their history, so that a time that is long over is told as it was.

Idea: every step of every hazard is walked once, in order; at each mark the open ones are looked at. The balance closes
by construction: open before + found + reopened - closed = open.

A deadline that was extended is known as it is now alone: what was overdue at a mark and was given a later deadline
since does not count as overdue there. The number of extensions is told for that reason.
"""

from collections import Counter
from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from domain.hazard import OPEN_STATES, UNFIXED, Hazard, HazardMove, HazardState, HazardStep


@dataclass(frozen=True, slots=True)
class Tally:
    """Hazards of a time.

    Attributes:
        found: registered.
        reopened: that came back.
        fixed: said to be put right.
        closed: by a re-check.
        open: at its end.
        overdue: of those, unfixed behind their deadline.
    """

    found: int = 0
    reopened: int = 0
    fixed: int = 0
    closed: int = 0
    open: int = 0
    overdue: int = 0


class Slice(NamedTuple):
    """The time up to a mark.

    Attributes:
        at_ns: the mark.
        moves: since the mark before.
        standing: open ones at the mark, and whether each is overdue.
    """

    at_ns: int
    moves: Sequence[HazardMove]
    standing: Mapping[str, bool]


_COUNTED = {
    HazardStep.REGISTER: "found",
    HazardStep.REOPEN: "reopened",
    HazardStep.RECTIFY: "fixed",
    HazardStep.PASS: "closed",
}


def sliced(hazards: Mapping[str, Hazard], moves: Sequence[HazardMove], marks_ns: Sequence[int]) -> list[Slice]:
    """Cut the history of hazards at some times; the first slice is all that was before the first mark.

    Args:
        hazards: by id.
        moves: in order of time; what follows the last mark is left out.
        marks_ns: in order.
    """
    states: dict[str, HazardState] = {}
    found, at = [], 0
    for mark_ns in marks_ns:
        begin = at
        while at < len(moves) and moves[at].time_ns < mark_ns:
            states[moves[at].hazard_id] = moves[at].after
            at += 1
        standing = {
            name: state in UNFIXED and hazards[name].deadline_ns < mark_ns
            for name, state in states.items()
            if state in OPEN_STATES
        }
        found.append(Slice(mark_ns, moves[begin:at], standing))
    return found


def tally(part: Slice) -> Tally:
    steps = Counter(move.step for move in part.moves)
    counts = {name: steps[step] for step, name in _COUNTED.items()}
    return Tally(**counts, open=len(part.standing), overdue=sum(part.standing.values()))


def tally_by(part: Slice, names: Callable[[str], Collection[str]]) -> dict[str, Tally]:
    """Count a slice by township, rule, or all that `names` gives for the hazard of an id; only where there is any."""
    moves: dict[str, list[HazardMove]] = {}
    for move in part.moves:
        for key in names(move.hazard_id):
            moves.setdefault(key, []).append(move)
    standing: dict[str, dict[str, bool]] = {}
    for one, late in part.standing.items():
        for key in names(one):
            standing.setdefault(key, {})[one] = late
    return {key: tally(Slice(part.at_ns, moves.get(key, ()), standing.get(key, {}))) for key in {*moves, *standing}}
