"""What people do about an incident, step by step, until it is stood down."""

from dataclasses import dataclass
from enum import StrEnum


class StepKind(StrEnum):
    """The steps of handling, in the order in which they usually come."""

    ACKNOWLEDGE = "acknowledge"
    DISPATCH = "dispatch"
    ARRIVE = "arrive"
    ISOLATE = "isolate"
    """Somebody names how the gas was cut off; stands for a valve that reports no position."""
    EVACUATE = "evacuate"
    MEASURE = "measure"
    REPAIR = "repair"
    RECHECK = "recheck"
    """The second person's word that it is over."""
    CLOSE = "close"


class Result(StrEnum):
    """What it turned out to be."""

    LEAK = "leak"
    BIOGAS = "biogas"
    FALSE_ALARM = "false_alarm"
    TEST = "test"
    DEVICE_FAULT = "device_fault"


@dataclass(frozen=True, slots=True)
class HandlingStep:
    """One step of one person.

    Attributes:
        result: at the close alone, else "".
        seq: order; 0 until it is written.
    """

    incident_id: str
    kind: StepKind
    user: str
    time_ns: int
    text: str = ""
    result: str = ""
    seq: int = 0
