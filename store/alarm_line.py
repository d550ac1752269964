"""Alarms as InfluxDB's line protocol: a mirror for charts; what counts is in the records.

A series is one subject (a device, or ``SYSTEM``), kind and place, of a transition also what happened and the state
after it: there are a few for each row of alarms, and whatever names a single one or tells of it is a field.
"""

from collections.abc import Iterable, Mapping
from math import isfinite
from typing import NamedTuple

from domain.alarm import Alarm
from domain.asset import Device, Site
from domain.record import JournalEntry
from store.line import tagged, text_field

EVENT = "alarm_event"
"""One point for each line of the journal."""
ACTIVE = "alarm_active"
"""Every standing alarm, every few seconds: who has none any more is not standing."""
COUNT = "alarm_count"
"""How many are unacknowledged, acknowledged and hidden, of each priority; noughts too."""
SITE = "site"
"""Where each site is."""
OUTBOX = "outbox"
"""What waits to be sent: notices by channel, records by a city's platform; noughts too."""
CALIBRATION = "calibration"
"""When each device was calibrated, and when its service life ends."""
PRIORITIES = (1, 2, 3, 4)
_DAY_MS, _DAY_NS = 86_400_000, 86_400_000_000_000


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
        'alarm_event,device=G1,event=raise,kind=power_lost,priority=3,site=S1,state=B'
        >>> event_line(entry, "G1", None, "no mains").split(" ", 1)[1]
        'alarm_id="9d22",text="no mains" 5002'
    """
    what = {"event": entry.event, "kind": entry.kind.value}
    own = {**what, "priority": str(entry.priority), "state": entry.after.value}
    start = _start(EVENT, subject, entry.site, site, own)
    fields = {"alarm_id": entry.alarm_id, "text": text}
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
    return f"{tagged('pipeline', {'reader': reader})} {_numbers(numbers)} {time_ns}"


def outbox_line(kind: str, target: str, numbers: Mapping[str, float], time_ns: int) -> str:
    """Give a point of an outbox."""
    return f"{tagged(OUTBOX, {'kind': kind, 'target': target})} {_numbers(numbers)} {time_ns}"


def calibration_lines(devices: Iterable[Device], sites: Mapping[str, Site], time_ns: int) -> list[str]:
    """Give the dates of devices that have any, in ms as Grafana shows dates, and the days from and to them.

    Example:
        >>> from datetime import date
        >>> from domain.asset import DeviceKind
        >>> device = Device("G1", DeviceKind.GAS_DETECTOR, "S1", expires_on=date(1970, 1, 31))
        >>> calibration_lines([device], {}, 86_400_000_000_000)
        ['calibration,device=G1,site=S1 dates=1i,expires_on=2592000000i,left_d=29.0 86400000000000']
    """
    found = []
    for device in devices:
        days = [day for day in (device.calibrated_day, device.expires_day) if isfinite(day)]
        if days:
            start = _start(CALIBRATION, device.id, device.site, sites.get(device.site), {})
            found.append(f"{start} dates={len(days)}i{_dates(device, time_ns / _DAY_NS)} {time_ns}")
    return found


def _dates(device: Device, today: float) -> str:
    text = ""
    if isfinite(device.calibrated_day):
        text += f",calibrated_on={int(device.calibrated_day) * _DAY_MS}i,age_d={today - device.calibrated_day}"
    if isfinite(device.expires_day):
        text += f",expires_on={int(device.expires_day) * _DAY_MS}i,left_d={device.expires_day - today}"
    return text


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
    quoted = [f"{name}={text_field(text)}" for name, text in words.items()]
    return ",".join(quoted + [f"{k}={float(v)}" for k, v in numbers.items() if v is not None and isfinite(v)])


def _numbers(numbers: Mapping[str, float]) -> str:
    return ",".join(f"{name}={number}" for name, number in numbers.items())


def _whole(numbers: Mapping[str, int]) -> str:
    return ",".join(f"{name}={number}i" for name, number in numbers.items())
