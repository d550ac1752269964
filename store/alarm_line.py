"""Alarms as InfluxDB's line protocol: a mirror for charts; what counts is in the records.

A series is one subject (a device, or ``SYSTEM``), kind and place: there are as many as there are rows of alarms, and
whatever names a single one or tells of it is a field.
"""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import NamedTuple

from domain.alarm import Alarm
from domain.asset import Site
from domain.record import JournalEntry
from store.line import tagged

EVENT = "alarm_event"
"""One point for each line of the journal."""
ACTIVE = "alarm_active"
"""Every standing alarm, every few seconds: who has none any more is not standing."""
COUNT = "alarm_count"
"""How many are unacknowledged, acknowledged and hidden, of each priority; noughts too."""
SITE = "site"
"""Where each site is."""
PRIORITIES = (1, 2, 3, 4)
_QUOTED = str.maketrans({'"': r"\"", "\\": r"\\", "\n": " "})


class Counted(NamedTuple):
    """Standing alarms of one priority; their names are the fields."""

    unacknowledged: int = 0
    acknowledged: int = 0
    shelved: int = 0


def event_line(entry: JournalEntry, subject: str, site: Site | None, text: str) -> str:
    """Give the point of one transition; its number in the journal tells apart what happened at one time.

    Example:
        >>> from domain.alarm import AlarmKind, StateLetter
        >>> what = StateLetter.NORMAL, StateLetter.ACTIVE_UNACKNOWLEDGED, AlarmKind.POWER_LOST
        >>> entry = JournalEntry("9d22", 1, "raise", *what, 3, 1, "G1", "S1", "", 7, 5_000, seq=2)
        >>> event_line(entry, "G1", None, "no mains").split(" ", 1)[0]
        'alarm_event,device=G1,event=raise,kind=power_lost,priority=3,site=S1'
        >>> event_line(entry, "G1", None, "no mains").split(" ", 1)[1]
        'alarm_id="9d22",state="B",text="no mains" 5002'
    """
    own = {"event": entry.event, "kind": entry.kind.value, "priority": str(entry.priority)}
    start = _start(EVENT, subject, entry.site, site, own)
    fields = {"alarm_id": entry.alarm_id, "state": entry.after.value, "text": text}
    return f"{start} {_fields(fields, entry.value, entry.limit)} {entry.time_ns + entry.seq % 1_000}"


def active_line(alarm: Alarm, site: Site | None, text: str, time_ns: int) -> str:
    """Give the point of a standing alarm, with its place on the map where it is known."""
    start = _start(ACTIVE, alarm.subject, alarm.site, site, {"kind": alarm.kind.value})
    words = {"alarm_id": alarm.id, "state": alarm.life.letter.value, "text": text}
    fields = _fields(words, alarm.value, alarm.limit)
    place = f",lat={site.lat},lon={site.lon}" if site else ""
    told = "true" if alarm.life.acknowledged else "false"
    since = f",first_time={alarm.raised_ns // 1_000_000}i"
    return f"{start} {fields},acknowledged={told},priority={alarm.priority}i{since}{place} {time_ns}"


def count_lines(alarms: Iterable[Alarm], time_ns: int) -> list[str]:
    """Give how many stand, a point for each priority: a missing one must never look like a quiet night.

    Example:
        >>> count_lines([], 5)[0]
        'alarm_count,priority=1 unacknowledged=0i,acknowledged=0i,shelved=0i 5'
    """
    found = dict.fromkeys(PRIORITIES, Counted())
    for alarm in alarms:
        field = _counted_as(alarm)
        found[alarm.priority] = found[alarm.priority]._replace(**{field: getattr(found[alarm.priority], field) + 1})
    return [f"{COUNT},priority={priority} {_whole(counted._asdict())} {time_ns}" for priority, counted in found.items()]


def site_line(site: Site, time_ns: int) -> str:
    start = tagged(SITE, {"district": site.district, "site": site.id, "zone": site.zone})
    return f"{start} lat={site.lat},lon={site.lon} {time_ns}"


def pipeline_line(reader: str, numbers: Mapping[str, float], time_ns: int) -> str:
    """Give a point of our own health."""
    return f"{tagged('pipeline', {'reader': reader})} {','.join(f'{k}={v}' for k, v in numbers.items())} {time_ns}"


def _counted_as(alarm: Alarm) -> str:
    if alarm.life.suppressed:
        return "shelved"
    return "acknowledged" if alarm.life.acknowledged else "unacknowledged"


def _start(measurement: str, subject: str, site_id: str, site: Site | None, own: Mapping[str, str]) -> str:
    place = {"district": site.district, "zone": site.zone} if site else {}
    tags = {"device": subject, "site": site_id, **place, **own}
    return tagged(measurement, dict(sorted(tags.items())))


def _fields(words: Mapping[str, str], value: float | None, limit: float | None) -> str:
    numbers = {"value": value, "limit": limit}
    quoted = [f'{name}="{text.translate(_QUOTED)}"' for name, text in words.items()]
    return ",".join(quoted + [f"{k}={float(v)}" for k, v in numbers.items() if v is not None and isfinite(v)])


def _whole(numbers: Mapping[str, int]) -> str:
    return ",".join(f"{name}={number}i" for name, number in numbers.items())
