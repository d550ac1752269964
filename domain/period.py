"""What the records tell of some days: the raw material of the alarm KPIs. Drills are left out."""

from collections.abc import Sequence
from typing import NamedTuple

from domain.alarm import Alarm, AlarmKind
from domain.record import NoticeState

LOOKBACK_NS = 86_400_000_000_000
"""Lines begin so long before the period: what has stood for a day by its beginning is seen as such."""
KPI_EVENTS = ("annunciate", "raise", "worsen", "realarm", "return", "acknowledge", "reset", "shelve", "out_of_service")


class Line(NamedTuple):
    """One transition of the journal."""

    alarm_id: str
    occurrence: int
    event: str
    kind: AlarmKind
    priority: int
    device: str
    site: str
    incident_id: str
    user: str
    time_ns: int


class Sent(NamedTuple):
    """One notice of the outbox; what it says is left out."""

    alarm_id: str
    occurrence: int
    step: int
    person: str
    channel: str
    state: NoticeState
    priority: int
    accepted_ns: int


class Handled(NamedTuple):
    """One incident that was opened or closed in the period.

    Attributes:
        arrived_ns: when somebody was first on site; None while nobody has said so.
    """

    id: str
    priority: int
    opened_ns: int
    closed_ns: int | None
    result: str
    arrived_ns: int | None = None


class Period(NamedTuple):
    """The records of a time.

    Attributes:
        from_ns: first moment.
        to_ns: end, not in it.
        lines: of the events `KPI_EVENTS`, in order of time, since `LOOKBACK_NS` before the period.
        notices: first tried or due within it.
        incidents: opened or closed within it.
        standing: alarms that are not normal at the moment of reading.
    """

    from_ns: int
    to_ns: int
    lines: Sequence[Line] = ()
    notices: Sequence[Sent] = ()
    incidents: Sequence[Handled] = ()
    standing: Sequence[Alarm] = ()
