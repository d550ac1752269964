"""More notices than a person can take in: when a flood begins and ends, and which notices then share a message.

In a flood a notice below priority 1 joins the bundle of its incident and waits for the end of its stretch of time; the
first of each site does not wait, and goes ahead of all that is not of priority 1. An alarm that chatters has a bundle
of its own, flood or not. Priority 1 is neither bundled nor delayed. Later steps of an escalation share a message with
what is due for the same person, and wait for nothing: gas reaches a second person as early as its table says.

All of it follows from the journal at log time: a replay, and a start after a crash, give the same.
"""

from collections.abc import Sequence
from dataclasses import replace
from typing import NamedTuple

from alerting.ports import Unit
from alerting.rates import CHATTER, CHATTER_NS, FLOOD
from domain.alarm import Alarm
from domain.record import JournalEntry

HOLD_NS = 20_000_000_000
"""Stretch of time whose notices share a message: three a minute for each incident and channel; own default."""
BEGINS, ENDS = "flood_begins", "flood_ends"
_ANNUNCIATED = "annunciate"
_LINES = 50  # of an alarm: enough for those of some occurrences within a minute


class Handing(NamedTuple):
    """How a notice goes out.

    Attributes:
        due_ns: when it is sent.
        bundle: as of `domain.record.Notice`, like `ahead`.
        times: the alarm called within a minute, where it chatters; else 0.
    """

    due_ns: int
    bundle: str = ""
    ahead: bool = False
    times: int = 0


def follow(unit: Unit, alarm: Alarm, now_ns: int) -> None:
    """Take in an annunciation that the journal has already: it may begin a flood."""
    on = _pass(unit, now_ns, alarm.position, newest=1)  # that line comes after an end that no tick has told of
    if not on and _count(unit, FLOOD.begins, now_ns) >= FLOOD.begins:
        letter = alarm.life.letter
        unit.journal(
            JournalEntry(
                alarm.id,
                alarm.life.occurrence,
                BEGINS,
                before=letter,
                after=letter,
                kind=alarm.kind,
                priority=alarm.priority,
                level=alarm.life.level,
                device=alarm.device,
                site=alarm.site,
                incident_id="",  # it is about all of them
                position=alarm.position,
                time_ns=now_ns,
            )
        )


def advance(unit: Unit, now_ns: int, position: int) -> None:
    """Let a flood end by time alone."""
    _pass(unit, now_ns, position)


def flooding(unit: Unit) -> bool:
    return _begun(unit) is not None


def hand_out(unit: Unit, alarm: Alarm, now_ns: int, *, first: bool) -> Handing:
    """Tell how the notices of a step go out.

    Args:
        unit: transaction; its journal has the annunciation.
        alarm: that people are told of.
        now_ns: log time.
        first: whether it is the first step of an occurrence.
    """
    if alarm.priority == 1:
        return Handing(now_ns)
    flood = flooding(unit)
    times = _times(unit, alarm, now_ns)
    chatters = times >= CHATTER
    if not flood and not chatters:
        return Handing(now_ns)
    bundle = f"incident/{alarm.incident_id}" if flood and alarm.incident_id else f"alarm/{alarm.id}"
    ahead = first and not chatters and _is_first(unit, alarm, now_ns)
    held_ns = now_ns if ahead or not first else (now_ns // HOLD_NS + 1) * HOLD_NS
    return Handing(held_ns, bundle, ahead, times if chatters else 0)


def _times(unit: Unit, alarm: Alarm, now_ns: int) -> int:
    if alarm.life.occurrence < CHATTER:
        return 0
    own = [line for line in unit.newest(_LINES, alarm_id=alarm.id) if line.event == _ANNUNCIATED]
    return _within(own, now_ns, CHATTER_NS)


def _is_first(unit: Unit, alarm: Alarm, now_ns: int) -> bool:
    return _within(unit.newest(2, event=_ANNUNCIATED, site=alarm.site), now_ns, FLOOD.window_ns) <= 1


def _pass(unit: Unit, now_ns: int, position: int, newest: int = 0) -> bool:
    """End the flood where it was over before the newest lines; tell whether there is one."""
    begun = _begun(unit)
    if begun is None:
        return False
    if _count(unit, FLOOD.ends + newest, now_ns) - newest >= FLOOD.ends:
        return True
    unit.journal(replace(begun, event=ENDS, time_ns=now_ns, position=position, seq=0))
    return False


def _begun(unit: Unit) -> JournalEntry | None:
    """Give the line that began the flood of now, if there is one."""
    begun = unit.newest(1, event=BEGINS)
    ended = unit.newest(1, event=ENDS) if begun else []
    return begun[0] if begun and (not ended or ended[0].seq < begun[0].seq) else None


def _count(unit: Unit, limit: int, now_ns: int) -> int:
    return _within(unit.newest(limit, event=_ANNUNCIATED), now_ns, FLOOD.window_ns)


def _within(lines: Sequence[JournalEntry], now_ns: int, window_ns: int) -> int:
    return sum(line.time_ns > now_ns - window_ns for line in lines)
