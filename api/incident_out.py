"""Shapes of incidents, of what people do about them, and of close commands."""

from typing import Literal

from api.models import AlarmOut, Out, Text, TransitionOut


class IncidentOut(Out):
    """Alarms that belong together.

    Attributes:
        cause: what is probably behind them.
        confidence: in that, 0 to 1.
        place: pipes that it may be, with their probabilities; None where no alarm names any.
    """

    id: str
    site: str
    site_name: Text | None
    zone: str
    priority: int
    opened_time: str | None
    closed_time: str | None
    closed_by: str | None
    result: str | None
    needs_proof: bool
    cause: str
    cause_text: Text
    confidence: float
    place: str | None


class StepOut(Out):
    """One step of a person; `result` at the close alone."""

    step: str
    user: str
    time: str | None
    text: str
    result: str | None


class LackOut(Out):
    """What a stand-down still lacks, and at which devices or alarms."""

    code: str
    text: Text
    where: list[str]


class IncidentDetail(IncidentOut):
    """An incident with its alarms and its journal, what people did, and what a stand-down still lacks.

    `evidence_for` and `evidence_against` are ids of the alarms that speak for its cause, and against it.
    """

    evidence_for: list[str]
    evidence_against: list[str]
    alarms: list[AlarmOut]
    journal: list[TransitionOut]
    steps: list[StepOut]
    missing: list[LackOut]


class SeenValve(Out):
    """What the person was shown when he asked: position 1 open, 0 closed, None unknown; who has no gas afterwards."""

    online: bool
    position: float | None
    position_time: str | None
    feeds: str
    incident: bool


class CommandOut(Out):
    """A request to close a valve, and what became of it."""

    id: str
    command: Literal["close"] = "close"
    device: str
    site: str
    state: str
    user: str
    reason: str
    seen: SeenValve
    requested_time: str | None
    confirm_by: str | None
    sent_time: str | None
    answer_by: str | None
    closed_by: str | None
    detail: str
