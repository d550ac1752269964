"""What a score reads: the truth of a run, and the alarms that were raised in it."""

from collections.abc import Iterable
from typing import NamedTuple, TypeVar

import msgspec

from domain.alarm import AlarmKind
from domain.errors import ConfigurationError
from simulator.timetext import instant_ns

T = TypeVar("T")
DEVICE_KINDS = frozenset(
    {
        AlarmKind.DEVICE_SILENT,
        AlarmKind.DEVICE_FAULT,
        AlarmKind.SENSOR_STUCK,
        AlarmKind.PROTECTION_MISSING,
        AlarmKind.BATTERY_LOW,
        AlarmKind.POWER_LOST,
        AlarmKind.CLOCK_WRONG,
        AlarmKind.UNKNOWN_QUANTITY,
        AlarmKind.UNKNOWN_DEVICE,
        AlarmKind.DEVICES_AWAY,
        AlarmKind.POWER_CUT,
        AlarmKind.DATA_MISSING,
        AlarmKind.QUARANTINE_RATE,
        AlarmKind.DEVICE_AGEING,
        AlarmKind.UPKEEP_DUE,
    }
)
OUR_KINDS = frozenset({AlarmKind.LOG_SPACE, AlarmKind.LOG_CORRUPT, AlarmKind.READER_LAG, AlarmKind.DETECTOR_FAILED})
"""About ourselves: neither true nor false here."""


class Place(msgspec.Struct):
    """Where an alarm says that it is, in one of two systems."""

    lon: float | None = None
    lat: float | None = None
    x_m: float | None = None
    y_m: float | None = None


class AlarmLine(msgspec.Struct):
    """One transition of one alarm."""

    transition: str
    time: str
    kind: str
    id: str = ""
    site: str = ""
    zone: str = ""
    occurrence: int = 0
    classification: str | None = None
    location: Place | str | None = None

    def __post_init__(self) -> None:
        instant_ns(self.time)

    @property
    def time_ns(self) -> int:
        return instant_ns(self.time)

    @property
    def about(self) -> str:
        """Class of the alarm: what it holds to be wrong."""
        if self.kind in DEVICE_KINDS:
            return "device"
        return self.classification if self.classification in {"biogas", "vapour"} else "leak"


class TruthLine(msgspec.Struct):
    """One record of the truth; each kind of record uses some of these."""

    record: str
    id: str = ""
    kind: str = ""
    what: str | float = ""
    site: str = ""
    sites: list[str] = []
    zone: str = ""
    t_on: str = ""
    t_off: str | None = None
    expected_kind: str | None = None
    confounder: str = "none"
    lon: float | None = None
    lat: float | None = None
    x_m: float | None = None
    y_m: float | None = None
    t_first_observable: dict[str, str] = {}
    above_25_pct_lel_s: float | None = None
    start: str = ""
    end: str = ""
    sensors: int = 0
    seed: int = 0

    def __post_init__(self) -> None:
        for text in (self.t_on, self.t_off, self.start, self.end, *self.t_first_observable.values()):
            if text:
                instant_ns(text)

    @property
    def about(self) -> str:
        """Class of the alarm that it deserves: a fault that reads as gas deserves one of gas."""
        return "device" if self.expected_kind in DEVICE_KINDS else "leak"


class Truth(NamedTuple):
    """A run, and what happened in it."""

    run: TruthLine
    events: list[TruthLine]


def read_truth(lines: Iterable[bytes], name: str) -> Truth:
    """Read a truth file (ConfigurationError: the line that is no record, or no run)."""
    records = _read(lines, name, TruthLine)
    run = next((record for record in records if record.record == "run"), None)
    if run is None or not run.start:
        raise ConfigurationError(f"{name}: no run in it; expected the truth that gas-lifeline simulate writes")
    return Truth(run, [record for record in records if record.record in {"event", "fault"}])


def read_alarms(lines: Iterable[bytes], name: str) -> list[AlarmLine]:
    """Read transitions of alarms (ConfigurationError: the line that is none)."""
    return _read(lines, name, AlarmLine)


def _read(lines: Iterable[bytes], name: str, kind: type[T]) -> list[T]:
    decoder, found = msgspec.json.Decoder(kind), []
    for number, line in enumerate(lines, 1):
        if line.strip():
            try:
                found.append(decoder.decode(line))
            except (msgspec.MsgspecError, RecursionError, UnicodeDecodeError) as error:
                raise ConfigurationError(f"{name}:{number}: {error}") from None
    return found
