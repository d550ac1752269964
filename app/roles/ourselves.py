"""Findings about ourselves that the engine makes."""

import dataclasses

from domain.alarm import SYSTEM, AlarmKind
from domain.finding import Finding, Transition


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
