"""Findings about ourselves: what roles put into the log, and what the engine makes of it."""

import dataclasses
import logging

import msgspec

from domain.alarm import CANARY, SYSTEM, AlarmKind
from domain.finding import Finding, Transition
from domain.frame import Frame
from ingest.topics import ECHO

_LOGGER = logging.getLogger(__name__)


class Health(msgspec.Struct, frozen=True):
    """Payload of a health frame: a finding about ourselves that was measured outside the log."""

    kind: str
    level: int
    value: float
    limit: float
    reason: str = ""

    def finding(self, detector: str, time_ns: int, position: int = 0) -> Finding:
        """Give what the alarm desk takes; level 0 ends it. Position 0: it did not come through the log."""
        return Finding(
            detector=detector,
            kind=AlarmKind(self.kind),
            device=SYSTEM,
            site="",
            transition=Transition.ONSET if self.level else Transition.END,
            level=self.level,
            position=position,
            time_ns=time_ns,
            onset_ns=time_ns,
            value=self.value,
            limit=self.limit,
            reason=self.reason,
        )


class _Song(msgspec.Struct, frozen=True):
    sent_ns: int


def over(kind: AlarmKind, reason: str, position: int, log_ns: int) -> list[Finding]:
    """Build a fault of our own that began and is over: its alarm latches, so that somebody looks."""
    onset = Finding(
        detector="engine",
        kind=kind,
        device=SYSTEM,
        site="",
        transition=Transition.ONSET,
        level=1,
        position=position,
        time_ns=log_ns,
        onset_ns=log_ns,
        reason=reason,
    )
    return [onset, dataclasses.replace(onset, transition=Transition.END, level=0)]


def sung(frame: Frame, log_ns: int) -> list[Finding]:
    """Take a canary for what it is: a test alarm, told apart from every other by when it was sent."""
    if frame.payload == ECHO:  # `gas-lifeline check` tried the topic
        return []
    try:
        sent_ns = msgspec.json.decode(frame.payload, type=_Song).sent_ns
    except msgspec.MsgspecError as error:
        _LOGGER.warning("a canary is not taken: %s", error)
        return []
    song = Finding(
        detector="canary",
        kind=AlarmKind.CANARY_LATE,
        device=CANARY,
        site="",
        transition=Transition.ONSET,
        level=1,
        position=frame.position,
        time_ns=log_ns,
        onset_ns=sent_ns,
    )
    return [song]
