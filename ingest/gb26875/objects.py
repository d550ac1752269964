"""Information objects: what application units are made of. Numbers are as sent, times are nanoseconds since 1970."""

from typing import NamedTuple

from ingest.gb26875.tables import ANALOG_TYPES


def plain_text(raw: bytes) -> str:
    """Read a text of the standard, GB 18030; a cut-off character costs itself alone.

    Example:
        >>> plain_text(bytes.fromhex("baf3b3f831bac500000000"))
        '后厨1号'
    """
    return raw.strip(b"\0 ").decode("gb18030", errors="replace")


class SystemState(NamedTuple):
    """State of a building's system."""

    system: int
    address: int
    state: int
    time_ns: int


class ComponentState(NamedTuple):
    """State of one component; its address is zone 区号 and position 位号."""

    system: int
    address: int
    component: int
    zone: int
    position: int
    state: int
    raw_text: bytes
    time_ns: int

    @property
    def text(self) -> str:
        return plain_text(self.raw_text)


class Analog(NamedTuple):
    """A measured value of one component, signed."""

    system: int
    address: int
    component: int
    zone: int
    position: int
    analog: int
    counts: int
    time_ns: int

    @property
    def value(self) -> float | None:
        """The value in the unit of its type; None for a vendor's own type."""
        known = ANALOG_TYPES.get(self.analog)
        return None if known is None else self.counts / known.divisor


class Operation(NamedTuple):
    """What somebody did at a system."""

    system: int
    address: int
    operations: int
    operator: int
    time_ns: int


class SystemVersion(NamedTuple):
    """Software of a system."""

    system: int
    address: int
    main: int
    minor: int


class SystemConfiguration(NamedTuple):
    """What a system is, in words."""

    system: int
    address: int
    raw_text: bytes

    @property
    def text(self) -> str:
        return plain_text(self.raw_text)


class ComponentConfiguration(NamedTuple):
    """What a component is, in words."""

    system: int
    address: int
    component: int
    zone: int
    position: int
    raw_text: bytes

    @property
    def text(self) -> str:
        return plain_text(self.raw_text)


class SystemTime(NamedTuple):
    """A system's clock."""

    system: int
    address: int
    time_ns: int


class TransmitterState(NamedTuple):
    """State of the transmitter itself."""

    state: int
    time_ns: int


class TransmitterOperation(NamedTuple):
    """What somebody did at the transmitter."""

    operations: int
    operator: int
    time_ns: int


class TransmitterVersion(NamedTuple):
    """Software of the transmitter."""

    main: int
    minor: int


class TransmitterConfiguration(NamedTuple):
    """What the transmitter is, in words."""

    raw_text: bytes

    @property
    def text(self) -> str:
        return plain_text(self.raw_text)


class Clock(NamedTuple):
    """The transmitter's clock, or what it is to be set to."""

    time_ns: int


class ReadSystem(NamedTuple):
    """Asks for something of a system."""

    system: int
    address: int


class ReadComponent(NamedTuple):
    """Asks for something of a component."""

    system: int
    address: int
    zone: int
    position: int


class ReadOperations(NamedTuple):
    """Asks for the newest operation records of a system."""

    system: int
    address: int
    records: int
    time_ns: int


class ReadTransmitterOperations(NamedTuple):
    """Asks for the newest operation records of the transmitter."""

    records: int
    time_ns: int


class Blank(NamedTuple):
    """A byte that must be there and be 0."""

    zero: int


class PostCheck(NamedTuple):
    """Asks whether somebody is there 查岗; 10 minutes to answer in the published example."""

    minutes: int


class UserData(NamedTuple):
    """A vendor's own unit."""

    objects: int
    raw: bytes
