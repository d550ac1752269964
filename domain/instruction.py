"""What a city's platform told us to do, and what a person answered."""

from dataclasses import dataclass

INQUIRY = "inquiry"
"""Kind of an instruction that asks whether the desk is manned 查岗."""


@dataclass(frozen=True, slots=True)
class Instruction:
    """One instruction that was carried out; its id is remembered for years, so that a repeat does nothing.

    Attributes:
        target: whose platform.
        id: that the platform gave it.
        subject: alarm or hazard; "" for an inquiry.
        person: who gave it there, in the platform's words.
        digest: of its whole content: the same id with another one is refused.
        answer_by_ns: until when an inquiry is to be answered; 0 for others.
        seq: order; 0 until it is written.
    """

    target: str
    id: str
    kind: str
    subject: str
    person: str
    text: str
    digest: str
    received_ns: int
    answer_by_ns: int = 0
    seq: int = 0


@dataclass(frozen=True, slots=True)
class Reply:
    """What a person answered to an inquiry.

    Attributes:
        instruction_id: of the inquiry.
        user: who answered.
        asked_ns: when the inquiry came.
        seq: order; 0 until it is written.
    """

    target: str
    instruction_id: str
    user: str
    text: str
    asked_ns: int
    answer_by_ns: int
    time_ns: int
    seq: int = 0
