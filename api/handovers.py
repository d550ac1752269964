"""Hand-over of a shift 交接班: what stands is signed by whoever leaves and counter-signed by whoever comes.

A signature is an entry of the audit: nobody changes it afterwards, and its chain of hashes covers what was signed.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

import msgspec

from alerting.reasons import ORIGINS_EN, ORIGINS_ZH
from alerting.texts import text
from api.board import Status
from api.people import Desks
from api.scope import WHOLE
from domain.alarm import Alarm, StateLetter
from domain.duty import HANDOVER_TAKE
from domain.record import AuditEntry

SIGN, TAKE = "handover", HANDOVER_TAKE
ACTIONS = (SIGN, TAKE)
SIGNED_MOST = 200
"""Lines of a section that are written into the signature; the rest is counted."""
_MOST = 2_000
_UNSEEN = frozenset({StateLetter.SHELVED, StateLetter.SUPPRESSED_BY_DESIGN, StateLetter.OUT_OF_SERVICE})


class Line(msgspec.Struct, frozen=True):
    """One thing that stands.

    Attributes:
        id: of the alarm, device or incident.
        zh: what it is.
        en: what it is.
        priority: of an alarm or incident; 0 for a device.
        until_ns: when it ends by itself; None: it does not.
    """

    id: str
    zh: str
    en: str
    priority: int = 0
    until_ns: int | None = None


class Section(msgspec.Struct, frozen=True):
    """Things of one sort: all are counted, the first ones listed."""

    count: int
    lines: tuple[Line, ...]


Picture = dict[str, Section]
"""What stands, by section: alarms, shelved, permits, valves, faults, incidents."""


class Words(msgspec.Struct, frozen=True):
    """What the audit keeps of a signature."""

    picture: Picture
    note: str = ""


@dataclass(frozen=True, slots=True)
class Signed:
    """A hand-over.

    Attributes:
        id: its name.
        outgoing: who signed.
        incoming: who counter-signed; "" nobody yet.
        taken_ns: when; 0 before.
        covered: a later one was counter-signed, so that this one waits for nobody.
    """

    id: str
    outgoing: str
    time_ns: int
    words: Words
    incoming: str = ""
    taken_ns: int = 0
    comment: str = ""
    covered: bool = False

    @property
    def waits(self) -> bool:
        return not self.incoming and not self.covered


def read(entries: Iterable[AuditEntry]) -> list[Signed]:
    """Give the hand-overs of a piece of the audit, the newest first.

    Args:
        entries: of the actions `SIGN` and `TAKE`, the newest first.
    """
    taken: dict[str, AuditEntry] = {}
    found: list[Signed] = []
    for entry in entries:
        if entry.action == TAKE:
            taken[entry.target] = entry
            continue
        words = msgspec.json.decode(entry.detail, type=Words)
        covered = any(later.incoming for later in found)
        signed = Signed(entry.target, entry.user, entry.time_ns, words, covered=covered)
        by = taken.get(entry.target)
        found.append(replace(signed, incoming=by.user, taken_ns=by.time_ns, comment=by.detail) if by else signed)
    return found


def look(here: Desks) -> Picture:
    """Give what stands now."""
    records, statuses = here.services.records, here.board.seen(WHOLE)
    standing = records.alarms(standing=True, limit=_MOST)
    by_state = {letter: [alarm for alarm in standing if alarm.life.letter is letter] for letter in _UNSEEN}
    faults = [status for status in statuses if not status.online or status.stale]
    alarms = [alarm for alarm in standing if alarm.life.letter not in _UNSEEN]
    return {
        "alarms": _section([_alarm(here, alarm) for alarm in alarms]),
        "incidents": _section(_incidents(here)),
        "shelved": _section([_alarm(here, alarm) for alarm in by_state[StateLetter.SHELVED]]),
        "permits": _section([_alarm(here, alarm) for alarm in by_state[StateLetter.OUT_OF_SERVICE]]),
        "valves": _section([_device(here, status) for status in statuses if status.closed]),
        "faults": _section([_device(here, status) for status in faults]),
    }


def digest(picture: Picture) -> str:
    """Name what was on the screen: the same things give the same name."""
    names = {name: (section.count, [line.id for line in section.lines]) for name, section in picture.items()}
    return hashlib.sha256(msgspec.json.encode(names)).hexdigest()[:16]


def _section(lines: Sequence[Line]) -> Section:
    return Section(len(lines), tuple(lines[:SIGNED_MOST]))


def _alarm(here: Desks, alarm: Alarm) -> Line:
    said, life = text(alarm, here.services.assets), alarm.life
    permit = f" ({life.permit_no})" if life.permit_no else ""
    until_ns = life.oos_until_ns if life.letter is StateLetter.OUT_OF_SERVICE else life.shelf_until_ns
    return Line(alarm.id, said["zh"] + permit, said["en"] + permit, alarm.priority, until_ns)


def _incidents(here: Desks) -> list[Line]:
    found = []
    open_ones = here.services.records.incidents(open_only=True, limit=_MOST)
    for one in sorted(open_ones, key=lambda incident: incident.priority):
        site = here.services.assets.sites.get(one.site)
        zh, en = (site.name, site.name_en) if site else (one.zone, one.zone)
        found.append(Line(one.id, f"{zh} {ORIGINS_ZH[one.cause]}", f"{en} {ORIGINS_EN[one.cause]}", one.priority))
    return found


def _device(here: Desks, status: Status) -> Line:
    device = status.device
    site = here.services.assets.sites[device.site]
    return Line(device.id, f"{site.name} {device.id}", f"{site.name_en} {device.id}")
