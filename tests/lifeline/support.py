"""A small town, and the journal of one alarm."""

import msgspec

from domain.alarm import Alarm, AlarmKind, StateLetter
from domain.asset import Assets, Device, DeviceKind, Site, Zone
from domain.handling import HandlingStep, StepKind
from domain.record import JournalEntry
from lifeline.canon import Canon, Limits
from lifeline.records import Crs
from lifeline.samples import sample

S = 1_000_000_000
START_NS = 1_768_449_600 * S
ASSETS = Assets(
    sites={"S1": Site("S1", "古城小厨", "Kitchen", "restaurant", "Z1", "城北街道", 100.2676, 25.6065)},
    zones={"Z1": Zone("Z1", "一区", "Zone 1")},
    devices={
        "G1": Device("G1", DeviceKind.GAS_DETECTOR, "S1", gas_low_pct_lel=15),
        "V1": Device("V1", DeviceKind.CUTOFF_VALVE, "S1"),
    },
)
ROW = Alarm("a1", AlarmKind.GAS_HIGH, "G1", "G1", "S1", "Z1")
LETTERS = {letter.value: letter for letter in StateLetter}


def canon(crs: Crs = "CGCS2000") -> Canon:
    return Canon("532901", "town", ASSETS, Limits(20, 50, 365), crs=crs, townships={"城北街道": "532901003"})


def body_of(kind: str, **fields: object) -> str:
    """A sample of a record, with other fields."""
    return msgspec.json.encode(msgspec.to_builtins(sample(kind, "CGCS2000")) | fields).decode()


def line(
    event: str, after: str, at_s: int, *, before: str = "A", seq: int = 0, occurrence: int = 1, alarm: str = "a1"
) -> JournalEntry:
    incident = "" if event == "pending" else "i1"
    return JournalEntry(
        alarm, occurrence, event, LETTERS[before], LETTERS[after], AlarmKind.GAS_HIGH, 2, 1, "G1", "S1", incident, 7,
        START_NS + at_s * S, 52.0, 50.0, seq=seq,
    )  # fmt: skip


def step(kind: StepKind, at_s: int, result: str = "", seq: int = 0) -> HandlingStep:
    return HandlingStep("i1", kind, "wang", START_NS + at_s * S, "关阀", result, seq)
