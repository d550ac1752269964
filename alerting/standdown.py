"""Standing down needs proof: what is missing before an incident with gas may be closed.

In Shiyan on 13 June 2021 the crew said that it was finished; the explosion that killed 26 came four minutes later.
"""

from collections.abc import Sequence
from enum import StrEnum
from typing import NamedTuple

from domain.alarm import Alarm, AlarmKind, StateLetter
from domain.handling import HandlingStep, StepKind
from domain.record import Incident

URGENT = 2
"""Worst priorities whose incidents need proof."""
_GAS = frozenset(
    {
        AlarmKind.GAS_LOW,
        AlarmKind.GAS_HIGH,
        AlarmKind.GAS_RISING,
        AlarmKind.GAS_DECLARED,
        AlarmKind.GAS_SEVERAL,
        AlarmKind.MANHOLE_GAS,
        AlarmKind.CUTOFF_UNPROVEN,
        AlarmKind.LINKAGE_FAILED,
        AlarmKind.PIPE_RUPTURE,
    }
)
_WELLS = frozenset({"well_gas", "well_several"})


class Lack(StrEnum):
    """What is missing."""

    STANDING = "standing"
    """An alarm of it has not returned to normal, or waits for an answer or a reset."""
    NOT_ISOLATED = "not_isolated"
    """No valve reports closed, and nobody has said how the gas was cut off."""
    STILL_GAS = "still_gas"
    """A point was at or above the clear level within the time."""
    NO_DATA = "no_data"
    """A point did not send good readings over the whole time."""
    NO_RECHECK = "no_recheck"
    """No second person has re-checked since the last alarm."""


WORDS: dict[Lack, tuple[str, str]] = {
    Lack.STANDING: ("告警未恢复或未确认复位", "alarms that are not normal yet"),
    Lack.NOT_ISOLATED: ("未证实已切断气源", "no proof that the gas is cut off"),
    Lack.STILL_GAS: ("浓度未持续低于解除限", "not below the clear level for long enough"),
    Lack.NO_DATA: ("没有持续的合格读数", "no good readings over the whole time"),
    Lack.NO_RECHECK: ("缺第二人复测确认", "the re-check of a second person"),
}
"""Chinese and English."""


class Missing(NamedTuple):
    """One thing that is missing, and where: devices or alarms."""

    lack: Lack
    where: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """Say it in both languages.

        Example:
            >>> Missing(Lack.NO_DATA, ("G1", "G2")).text
            '没有持续的合格读数 / no good readings over the whole time: G1, G2'
        """
        places = f": {', '.join(self.where)}" if self.where else ""
        return " / ".join(WORDS[self.lack]) + places


class Point(NamedTuple):
    """A gas point that is linked to the incident, as it was over the proving time.

    Attributes:
        device: id.
        highest_pct_lel: None where there was no good reading.
        clear_pct_lel: below this it is clear.
        whole: good readings, and nothing else, over all of the time.
    """

    device: str
    highest_pct_lel: float | None
    clear_pct_lel: float
    whole: bool


class Valve(NamedTuple):
    """A cut-off valve of the incident's sites; closed only by a good, fresh report of its own."""

    device: str
    closed: bool


def needs_proof(incident: Incident) -> bool:
    """Tell whether an incident may be closed by people with proof alone."""
    kinds = {sort.partition("/")[0] for sort, _ in incident.votes}
    return incident.priority <= URGENT and bool(kinds & (_GAS | _WELLS))


def missing(
    members: Sequence[Alarm],
    valves: Sequence[Valve],
    points: Sequence[Point],
    steps: Sequence[HandlingStep],
    closer: str,
) -> list[Missing]:
    """Name everything that is missing, nothing where the incident may be closed.

    Args:
        members: alarms of the incident.
        valves: of its sites.
        points: gas points of its sites.
        steps: that people have taken.
        closer: who asks; somebody else must have re-checked.
    """
    begun_ns = max((alarm.raised_ns for alarm in members), default=0)
    since = [step for step in steps if step.time_ns >= begun_ns]
    isolated = any(step.kind is StepKind.ISOLATE for step in steps) or (valves and all(v.closed for v in valves))
    rechecked = any(step.kind is StepKind.RECHECK and step.user != closer for step in since)
    gas = tuple(p.device for p in points if p.highest_pct_lel is not None and p.highest_pct_lel >= p.clear_pct_lel)
    blind = tuple(point.device for point in points if not point.whole)
    found = [
        Missing(Lack.STANDING, _standing(members)),
        Missing(Lack.NOT_ISOLATED, tuple(valve.device for valve in valves if not valve.closed)),
        Missing(Lack.STILL_GAS, gas),
        Missing(Lack.NO_DATA, blind),
        Missing(Lack.NO_RECHECK),
    ]
    lacks = (bool(_standing(members)), not isolated, bool(gas), bool(blind), not rechecked)
    return [one for one, lack in zip(found, lacks, strict=True) if lack]


def _standing(members: Sequence[Alarm]) -> tuple[str, ...]:
    return tuple(alarm.id for alarm in members if alarm.life.letter is not StateLetter.NORMAL)
