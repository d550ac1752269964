"""Shapes of the events of the live stream."""

from api.models import AlarmOut, DeviceOut, Out, ReaderOut, SiteState, TransitionOut


class Snapshot(Out):
    """Everything that stands, and what was missed since the last event that the client saw.

    Attributes:
        as_of: journal entry up to which it holds.
        counts: standing alarms that are shown, by priority.
        truncated: more alarms stand than are listed.
        sites: those where something is offline, stale or closed.
        missed: at most 500 journal entries; more are only counted.
    """

    as_of: int
    server_time: str
    counts: dict[str, int]
    unacknowledged: int
    suppressed: int
    alarms: list[AlarmOut]
    truncated: bool
    sites: list[SiteState]
    totals: SiteState
    missed: list[TransitionOut]
    missed_count: int


class AlarmEvent(Out):
    """One transition, and the alarm as it stands now."""

    transition: TransitionOut
    alarm: AlarmOut | None


class DeviceEvent(Out):
    """A device that looks different now, its site and the town."""

    device: DeviceOut
    site: SiteState
    totals: SiteState


class Reading(Out):
    """New samples of one quantity, oldest first."""

    device: str
    quantity: str
    unit: str
    time: list[str]
    value: list[float | None]
    quality: list[str]


class Health(Out):
    """Sent every 5 s without fail.

    Attributes:
        age_s: how old what the screens show may be; None: nothing was read yet.
    """

    server_time: str
    age_s: float | None
    newest_reading_time: str | None
    newest_reading_age_s: float | None
    readers: dict[str, ReaderOut]
    totals: SiteState | None
