"""Answers about hand-overs of a shift."""

from collections.abc import Sequence

from api.handovers import Line, Picture, Signed, digest
from api.models import Out, Text
from api.times import rfc3339, rfc3339_or_none


class LineOut(Out):
    """One thing that stands; `priority` is 0 for a device."""

    id: str
    text: Text
    priority: int
    until: str | None


class SectionOut(Out):
    """Things of one sort: `count` of all, the first ones in `lines`."""

    name: str
    count: int
    lines: list[LineOut]


class SignedOut(Out):
    """A hand-over; `waits` for its counter-signature."""

    id: str
    outgoing: str
    time: str
    note: str
    sections: list[SectionOut]
    incoming: str | None
    taken_time: str | None
    comment: str | None
    waits: bool


class HandoverOut(Out):
    """What stands now, and the latest hand-overs; `seen` names what stands."""

    seen: str
    sections: list[SectionOut]
    signed: list[SignedOut]


def handover(picture: Picture, found: Sequence[Signed]) -> HandoverOut:
    return HandoverOut(seen=digest(picture), sections=_sections(picture), signed=[_signed(one) for one in found])


def _signed(one: Signed) -> SignedOut:
    return SignedOut(
        id=one.id,
        outgoing=one.outgoing,
        time=rfc3339(one.time_ns),
        note=one.words.note,
        sections=_sections(one.words.picture),
        incoming=one.incoming or None,
        taken_time=rfc3339_or_none(one.taken_ns),
        comment=one.comment or None,
        waits=one.waits,
    )


def _sections(picture: Picture) -> list[SectionOut]:
    return [
        SectionOut(name=name, count=section.count, lines=[_line(line) for line in section.lines])
        for name, section in picture.items()
    ]


def _line(line: Line) -> LineOut:
    text = Text(zh=line.zh, en=line.en)
    return LineOut(id=line.id, text=text, priority=line.priority, until=rfc3339_or_none(line.until_ns))
