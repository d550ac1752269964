"""Kinds of alarm, their definitions, and the row that lives for ever and changes state."""

import hashlib
from dataclasses import dataclass, field
from enum import StrEnum

from domain.location import Location
from domain.quality import Quality


class AlarmKind(StrEnum):
    """What is wrong. One alarm row exists for each (subject, kind)."""

    GAS_LOW = "gas_low"
    GAS_HIGH = "gas_high"
    GAS_RISING = "gas_rising"
    GAS_DECLARED = "gas_declared"
    """The device itself declares an alarm (quantity `device_alarm`)."""
    LINKAGE_FAILED = "linkage_failed"
    PRESSURE_LOW = "pressure_low"
    PRESSURE_HIGH = "pressure_high"
    DEVICE_SILENT = "device_silent"
    DEVICE_FAULT = "device_fault"
    SENSOR_STUCK = "sensor_stuck"
    PROTECTION_MISSING = "protection_missing"
    BATTERY_LOW = "battery_low"
    POWER_LOST = "power_lost"
    CLOCK_WRONG = "clock_wrong"
    UNKNOWN_QUANTITY = "unknown_quantity"
    UNKNOWN_DEVICE = "unknown_device"
    DATA_MISSING = "data_missing"
    """Messages of a device never came."""
    QUARANTINE_RATE = "quarantine_rate"
    """Many frames of a device cannot be understood."""
    LOG_SPACE = "log_space"
    LOG_CORRUPT = "log_corrupt"
    READER_LAG = "reader_lag"
    BROKER_DROPPED = "broker_dropped"
    """The broker dropped messages that it had acknowledged, or would."""
    SERIES_REFUSED = "series_refused"
    """The time series take nothing until somebody corrects a setting."""
    DETECTOR_FAILED = "detector_failed"
    """One of our own algorithms raised an exception: it starts anew, the others went on."""
    BREAK_GLASS = "break_glass"
    """Somebody logged in with an emergency account."""
    PIPE_RUPTURE = "pipe_rupture"
    """Pressures of one part of the network fall together."""
    PRESSURE_UNUSUAL = "pressure_unusual"
    """Pressure far from what its hour of the week and its neighbours have."""
    MANHOLE_GAS = "manhole_gas"
    """Gas in an underground space above its own background, of a source that is told."""
    GAS_EARLY = "gas_early"
    """Gas a little above what is usual here, below the set-points."""
    DEVICE_AGEING = "device_ageing"
    """The health score of a device is low."""
    VALVE_BYPASS = "valve_bypass"
    """Gas flows although all valves of the site are closed."""
    TIGHTNESS_LOST = "tightness_lost"
    """The pipes behind a closed valve leak."""
    UPKEEP_DUE = "upkeep_due"
    """A safety device is muted, unplugged while there is cooking, untested or never moved."""
    CYLINDER_LOSS = "cylinder_loss"
    """A cylinder loses weight while nobody cooks."""
    CUTOFF_UNPROVEN = "cutoff_unproven"
    """A valve reports closed after high gas, and the gas does not fall."""
    VALVE_CLOSE_FAILED = "valve_close_failed"
    """A valve did not close, refused or did not answer when a person asked it to close."""
    ONCALL_GAP = "oncall_gap"
    """For some time ahead the duty plan names nobody."""
    NOBODY_ON_CALL = "nobody_on_call"
    """A step of an escalation found nobody to call."""
    GAS_SEVERAL = "gas_several"
    """Several detectors of a site, or wells beside each other, have gas at the same time."""
    DEVICES_AWAY = "devices_away"
    """Many devices of a zone fell silent together: a carrier, a gateway or the power is gone."""
    POWER_CUT = "power_cut"
    """Several sites of a zone lost their supply together."""
    REGULATOR_FAULT = "regulator_fault"
    """A regulator does not hold its outlet."""
    NIGHT_FLOW = "night_flow"
    """More gas flows at night than usual."""
    MASS_BALANCE = "mass_balance"
    """More gas comes into a part of the network than leaves it."""
    ESCALATION_FAULT = "escalation_fault"
    CANARY_LATE = "canary_late"
    """The auditor finds that somebody who had to be told was not."""
    PRESSURE_WAVE = "pressure_wave"
    """A front of falling pressure ran through the pipes from one place."""
    SLOW_LEAK = "slow_leak"
    """Pressures lie a little below the usual for a day or a week, as a leak would have them."""
    HANDOVER_UNSIGNED = "handover_unsigned"
    """A duty went to somebody else, and nobody signed and counter-signed what stands."""
    ROLE_SILENT = "role_silent"
    """A role of ours that is configured does not run."""
    DEAD_MAN = "dead_man"
    """Somebody outside, such as Grafana, sees nothing new of us."""


GAS_KINDS = frozenset({AlarmKind.GAS_LOW, AlarmKind.GAS_HIGH, AlarmKind.GAS_RISING, AlarmKind.GAS_DECLARED})

CANARY = "_canary"
"""Site and device of the test alarms by which we watch ourselves; nobody's list shows them."""

SYSTEM = "system"
"""Subject, device and site of alarms about ourselves."""


class Condition(StrEnum):
    """Region 1 of the life cycle: is it there, and since when is that sure."""

    NORMAL = "N"
    PENDING_ON = "P"
    ACTIVE = "A"
    PENDING_OFF = "Q"


class StateLetter(StrEnum):
    """The state as operators know it (letters as Alerta and the DEIF PPM 300 handbook use them; ISA-18.2 states)."""

    NORMAL = "A"
    ACTIVE_UNACKNOWLEDGED = "B"
    ACTIVE_ACKNOWLEDGED = "C"
    RETURNED_UNACKNOWLEDGED = "D"
    LATCHED_UNACKNOWLEDGED = "E"
    LATCHED_ACKNOWLEDGED = "F"
    SHELVED = "G"
    SUPPRESSED_BY_DESIGN = "H"
    OUT_OF_SERVICE = "I"


@dataclass(frozen=True, slots=True)
class Definition:
    """How alarms of one kind behave; every number comes from the rulebook.

    Attributes:
        kind: of the alarms that it defines.
        priorities: priority 1 (worst) to 4 of level 1, 2, …
        on_delay_ns: confirmation of level 1, 2, …; 0 where the detector confirms.
        off_delay_ns: how long the condition must be gone.
        latching: stays until a person resets it.
        safety_critical: can be neither shelved, suppressed nor taken out of service.
        realarm_ns: an acknowledged, still active alarm asks again after this long; None never.
    """

    kind: AlarmKind
    priorities: tuple[int, ...]
    on_delay_ns: tuple[int, ...]
    off_delay_ns: int = 0
    latching: bool = False
    safety_critical: bool = False
    realarm_ns: int | None = None

    def priority(self, level: int) -> int:
        return self.priorities[min(max(level, 1), len(self.priorities)) - 1]


@dataclass(frozen=True, slots=True)
class Cause:
    """A cause that suppresses an alarm by design.

    Attributes:
        name: id of the alarm that is the cause.
        broken: since priority 1 broke through it.
        untold: the alarm was raised under it, so nobody was asked yet.
    """

    name: str
    broken: bool = False
    untold: bool = False


@dataclass(frozen=True, slots=True)
class Life:
    """The orthogonal regions of one alarm's life (times are log time, nanoseconds since 1970).

    Attributes:
        condition: normal, pending on, active, pending off.
        deadline_ns: when a pending condition becomes sure; None while there is none or it is suspended.
        remaining_ns: what is left of a pending-on timer that bad data suspended.
        candidate: level that is pending on; 0 for none.
        level: highest since the raise; 0 when normal.
        acknowledged: no person owes an answer.
        occurrence: +1 at each raise, worsening and re-alarm.
        latched: returned to normal, a person must still reset it.
        shelf_until_ns: end of a shelf, or None.
        oos_until_ns: end of a permit, or None.
        permit_no: of the work permit, or "".
        causes: suppressing causes in force.
        quality: of the last condition.
        realarm_ns: when an acknowledged active alarm asks again; None never.
    """

    condition: Condition = Condition.NORMAL
    deadline_ns: int | None = None
    remaining_ns: int | None = None
    candidate: int = 0
    level: int = 0
    acknowledged: bool = True
    occurrence: int = 0
    latched: bool = False
    shelf_until_ns: int | None = None
    oos_until_ns: int | None = None
    permit_no: str = ""
    causes: tuple[Cause, ...] = ()
    quality: Quality = Quality.GOOD
    realarm_ns: int | None = None

    @property
    def active(self) -> bool:
        return self.condition in {Condition.ACTIVE, Condition.PENDING_OFF}

    @property
    def suppressed(self) -> bool:
        return (
            self.oos_until_ns is not None
            or self.shelf_until_ns is not None
            or any(not cause.broken for cause in self.causes)
        )

    @property
    def annunciated(self) -> bool:
        """Shown as unacknowledged: sounds, and somebody owes an answer."""
        return not self.acknowledged and not self.suppressed

    @property
    def letter(self) -> StateLetter:
        """The ISA letter, first match."""
        if self.oos_until_ns is not None:
            return StateLetter.OUT_OF_SERVICE
        if any(not cause.broken for cause in self.causes):
            return StateLetter.SUPPRESSED_BY_DESIGN
        if self.shelf_until_ns is not None:
            return StateLetter.SHELVED
        if self.active:
            return StateLetter.ACTIVE_ACKNOWLEDGED if self.acknowledged else StateLetter.ACTIVE_UNACKNOWLEDGED
        if self.latched:
            return StateLetter.LATCHED_ACKNOWLEDGED if self.acknowledged else StateLetter.LATCHED_UNACKNOWLEDGED
        return StateLetter.NORMAL if self.acknowledged else StateLetter.RETURNED_UNACKNOWLEDGED


@dataclass(frozen=True, slots=True)
class Alarm:
    """One alarm row.

    Attributes:
        id: hash of (subject, kind): every run gives the same.
        subject: device id, or `SYSTEM`.
        value: that raised or worsened it; None where there is none.
        limit: that was crossed; None where there is none.
        reason: code of the reason, for the text.
        location: where the network may leak; None: at the site.
        finding: identity of the last finding that changed it.
        priority: of the highest level since the raise; 4 when it never raised.
        first_ns: sample time of this occurrence's onset.
        last_ns: log time of the last transition.
        raised_ns: log time of the raise of this occurrence.
        classification: what a detector takes the gas for (`domain.finding`), "" where none says.
        confidence: in that, 0 to 1; None where none says.
        position: in the log, of the last input that changed it.
        version: row version; every change adds one.
    """

    id: str
    kind: AlarmKind
    subject: str
    device: str
    site: str
    zone: str
    life: Life = field(default_factory=Life)
    priority: int = 4
    incident_id: str = ""
    value: float | None = None
    limit: float | None = None
    reason: str = ""
    location: Location | None = None
    finding: str = ""
    acknowledged_by: str = ""
    acknowledged_ns: int | None = None
    first_ns: int = 0
    last_ns: int = 0
    raised_ns: int = 0
    position: int = 0
    version: int = 0
    drill: bool = False
    classification: str = ""
    confidence: float | None = None


def alarm_id(subject: str, kind: AlarmKind) -> str:
    """Identity of the row for (subject, kind).

    Example:
        >>> alarm_id("DL-GD-0001", AlarmKind.GAS_HIGH)
        '9d22e3e5a875a8e6'
    """
    return hashlib.sha256(f"{subject}\n{kind}".encode()).hexdigest()[:16]
