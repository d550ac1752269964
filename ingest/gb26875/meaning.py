"""What information objects say in our quantities."""

from typing import NamedTuple

from domain.quality import Quality
from domain.quantity import Quantity
from ingest.gb26875.objects import Analog, ComponentState, SystemState, TransmitterState
from ingest.gb26875.place import Place
from ingest.gb26875.tables import (
    ALARM,
    ANALOG_TYPES,
    BUS_FAULT,
    FANS,
    FAULT,
    LINE_FAULT,
    LINK_FAULT,
    MAINS_FAULT,
    OPERATIONS,
    POWER_FAULT,
    SHIELDED,
    STANDBY_FAULT,
    STANDBY_POWER_FAULT,
    STARTED,
    VALVES,
)

_COMPONENT_FAULTS = FAULT | SHIELDED | POWER_FAULT
_SYSTEM_FAULTS = FAULT | SHIELDED | POWER_FAULT | STANDBY_FAULT | BUS_FAULT
_TRANSMITTER_FAULTS = FAULT | MAINS_FAULT | STANDBY_POWER_FAULT | LINK_FAULT | LINE_FAULT
_CONFIRM = OPERATIONS.index("confirm")


class Meaning(NamedTuple):
    """A quantity, the factor from the unit of the standard to ours, and how far it can be trusted."""

    quantity: Quantity
    factor: float = 1.0
    quality: Quality = Quality.GOOD


_ANALOGS: dict[int, Meaning] = {
    3: Meaning(Quantity.TEMPERATURE_C),
    4: Meaning(Quantity.PRESSURE_KPA, 1_000.0, Quality.UNCERTAIN),  # steps of 100 kPa: a limit may be passed unseen
    5: Meaning(Quantity.PRESSURE_KPA),
    6: Meaning(Quantity.GAS_PCT_LEL),
}
"""By analog type; the others have no quantity here."""


def analog(each: Analog) -> tuple[Quantity, float, Quality] | str:
    """Give quantity, value and quality, or why there is none.

    Example:
        >>> analog(Analog(1, 1, 12, 1, 1, 6, 63, 0))[:2]
        (<Quantity.GAS_PCT_LEL: 'gas_pct_lel'>, 6.3)
        >>> analog(Analog(1, 1, 12, 1, 1, 9, 63, 0))
        'analog type 9 (current in A) is no quantity of this system'
    """
    meaning, value = _ANALOGS.get(each.analog), each.value
    if meaning is not None and value is not None:
        return meaning.quantity, value * meaning.factor, meaning.quality
    known = ANALOG_TYPES.get(each.analog)
    named = f"{known.name} in {known.unit or 'pieces'}" if known else "a vendor's own"
    return f"analog type {each.analog} ({named}) is no quantity of this system"


def component(each: ComponentState, place: Place | None) -> dict[Quantity, float]:
    """Give what a component declares of itself.

    Bit 0 clear says "test", and published alarms have it clear: it takes nothing away. Shielded 屏蔽 counts as a
    fault: such a detector protects nobody. Whether a started valve is open or closed is its vendor's secret.
    """
    state = each.state
    values = {
        Quantity.DEVICE_ALARM: float(state & ALARM != 0),
        Quantity.DEVICE_FAULT: float(state & _COMPONENT_FAULTS),
    }
    started = state & STARTED != 0
    if each.component in VALVES and place is not None and place.started:
        values[Quantity.VALVE_OPEN] = float(started is (place.started == "open"))
    elif each.component in FANS:
        values[Quantity.FAN_ON] = float(started)
    return values


def system(each: SystemState) -> dict[Quantity, float]:
    return _declared(each.state, _SYSTEM_FAULTS, POWER_FAULT)


def transmitter(each: TransmitterState) -> dict[Quantity, float]:
    return _declared(each.state, _TRANSMITTER_FAULTS, MAINS_FAULT)


def _declared(state: int, faults: int, mains: int) -> dict[Quantity, float]:
    return {
        Quantity.DEVICE_ALARM: float(state & ALARM != 0),
        Quantity.DEVICE_FAULT: float(state & faults),
        Quantity.POWER_OK: float(state & mains == 0),
    }


def operations(bits: int, *, of_transmitter: bool) -> list[str]:
    """Name what was done; bit 5 of the transmitter is its answer to a post check 查岗.

    Example:
        >>> operations(0x21, of_transmitter=True)
        ['reset', 'post_check']
    """
    names = [name for bit, name in enumerate(OPERATIONS) if bits >> bit & 1]
    return ["post_check" if of_transmitter and name == OPERATIONS[_CONFIRM] else name for name in names]
