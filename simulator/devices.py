"""One device as a talker: what it counts, what it has stored, what is wrong with it, and how its battery stands."""

from collections import OrderedDict, deque
from dataclasses import dataclass, field

import numpy as np

from domain.asset import Device

STORED_SAMPLES = 600
"""A terminal keeps so many samples while it cannot send; then it loses the oldest."""
BATTERY_STEPS = 6_000
"""What a battery loses in any case counts every ten minutes."""
_REMEMBERED_COMMANDS = 100
_DAY_STEPS = 864_000
_HOUR_STEPS = 36_000
_BATTERY_PCT_DAY = 0.05
_KNEE_PCT = 20.0
_LOW_BATTERY_PCT = 12.0
_STRETCH = 4


@dataclass(slots=True)
class Unit:
    """One device.

    Attributes:
        row: in the fleet.
        topic: up to and with its id.
        period: of its samples, in steps.
        phase: of its samples, in steps after the start of the run.
        battery_pct: at the start of the run.
        upload: between its messages, in steps; 0 sends each sample at once.
        boots: so far.
        on_air: has booted, and nothing silences it.
        dead: destroyed.
        powered: mains are there.
        skew_ns: how far its clock goes ahead.
        drift: of its clock, seconds for each second since `drift_from_ns`.
        late: stores samples and sends none.
        dropout: share of readings that are missing.
        factor: on its gas reading, when it tells another unit than it says.
        quality: that it gives all its readings; "" for none.
        warm_until: step at which its warm-up ends.
        device_fault: code that it tells; 0 for none.
        cover_open: of its manhole.
        decay_pct_h: what its battery loses besides the usual, since `decay_from`.
        stored: samples that wait.
        answers: result and detail by command, the last ones.
    """

    device: Device
    row: int
    topic: str
    period: int
    phase: int
    battery_pct: float
    upload: int = 0
    boots: int = 0
    boot_id: str = ""
    on_air: bool = False
    dead: bool = False
    powered: bool = True
    battery_low: bool = False
    skew_ns: int = 0
    drift: float = 0.0
    drift_from_ns: int = 0
    late: bool = False
    dropout: float = 0.0
    dice: np.random.Generator | None = None
    factor: float = 1.0
    quality: str = ""
    warm_until: int = -1
    device_fault: int = 0
    cover_open: bool = False
    decay_pct_h: float = 0.0
    decay_from: int = 0
    stored: deque[str] = field(default_factory=lambda: deque(maxlen=STORED_SAMPLES))
    answers: "OrderedDict[str, tuple[str, str]]" = field(default_factory=OrderedDict)

    def remember(self, command_id: str, result: str, detail: str) -> None:
        self.answers[command_id] = (result, detail)
        if len(self.answers) > _REMEMBERED_COMMANDS:
            self.answers.popitem(last=False)

    def ahead_ns(self, time_ns: int) -> int:
        """How far its clock goes ahead at this time."""
        return self.skew_ns + round(self.drift * (time_ns - self.drift_from_ns)) if self.drift else self.skew_ns

    def stores(self) -> bool:
        return self.late or self.upload > 0

    def charge_pct(self, step: int) -> float:
        """State of charge at a step."""
        if self.battery_low:
            return _LOW_BATTERY_PCT
        lost = self.decay_pct_h * (step - self.decay_from) / _HOUR_STEPS
        return max(0.0, self.battery_pct - _BATTERY_PCT_DAY * (step - step % BATTERY_STEPS) / _DAY_STEPS - lost)

    def pace(self, step: int) -> int:
        """Steps until the next sample: an emptying battery makes a terminal save."""
        return self.period * _STRETCH if self.decay_pct_h and self.charge_pct(step) < _KNEE_PCT else self.period


def battery_v(charge_pct: float) -> float:
    """Voltage of a lithium cell: flat for most of its life, then a knee.

    Args:
        charge_pct: state of charge.

    Example:
        >>> [round(battery_v(pct), 2) for pct in (100, 50, 20, 12, 0)]
        [3.6, 3.55, 3.52, 3.05, 2.35]
    """
    if charge_pct >= _KNEE_PCT:
        return 3.5 + charge_pct / 1000
    return 3.52 - 0.05875 * (_KNEE_PCT - charge_pct)
