"""A cylinder of LPG that loses weight while nobody cooks."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.bounds import ns, positive
from detectors.machine import Life, Machine
from detectors.order import Bools, Reading
from detectors.state import NEVER
from detectors.trading import Hours
from detectors.watch import Slots, shared
from domain.alarm import AlarmKind
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity

_H_NS = 3_600_000_000_000


@dataclass(slots=True)
class _Cylinder(Life):
    """A stretch without cooking; NEVER as its start while there is none."""

    start_ns: int = NEVER
    start_kg: float = 0.0
    onset_ns: int = NEVER


class CylinderLoss(Machine[_Cylinder]):
    """Tell a cylinder whose weight falls outside of trading hours.

    From the first good reading after closing on: told when it has lost `loss_kg` over at least `least_s`, at
    `rate_kg_h` or more. A cylinder that grew heavier was changed or filled [1], and the stretch begins anew. Ends after
    another `least_s` below half of that rate.

    Args:
        channels: the numbering.
        hours: of trading.
        rate_kg_h: loss that is told, kg/h. Smaller is more sensitive to a scale that drifts.
        loss_kg: least loss, kg; some steps of the scale.
        least_s: least time, seconds.
        page_s: oldest late reading that may still raise, seconds.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> device = Device(id="C-1", kind=DeviceKind.GATEWAY, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> detector = CylinderLoss(
        ...     channels=channels, hours=Hours(9, 22, 8), rate_kg_h=0.1, loss_kg=0.5, least_s=7200, page_s=900
        ... )
        >>> night = range(15 * 3600, 19 * 3600, 1800)  # from 23:00 on in Dali
        >>> weight = series(channels.find("C-1", Quantity.CYLINDER_KG), night, [40 - 0.2 * n for n in range(8)])
        >>> [(f.transition.value, f.position, f"{f.value:.1f} kg/h") for f in detector.update(weight)]
        [('onset', 5, '0.4 kg/h')]

    References:
        [1] GB 5842-2023 (LPG cylinders: fillings of 5 to 50 kg).
    """

    NAME: ClassVar[str] = "cylinder"

    def __init__(
        self,
        *,
        channels: Channels,
        hours: Hours,
        rate_kg_h: float,
        loss_kg: float,
        least_s: float,
        page_s: float,
    ) -> None:
        positive(rate_kg_h=rate_kg_h, loss_kg=loss_kg, least_s=least_s)
        super().__init__(watch=shared(channels, (Quantity.CYLINDER_KG,)), life=_Cylinder, page_s=page_s)
        self._hours, self._rate, self._loss, self._least_ns = hours, rate_kg_h, loss_kg, ns(least_s)

    def _hot(self, slot: Slots, part: Batch) -> Bools:
        del part
        return np.ones(len(slot), np.bool_)  # one reading a minute of a few

    def _is_busy(self, life: _Cylinder) -> bool:
        del life
        return False

    def _step(self, slot: int, life: _Cylinder, reading: Reading) -> list[Finding]:
        if reading.quality != Quality.GOOD or reading.late:
            return []
        if self._hours.open_at(reading.time_ns):
            life.start_ns = NEVER
            return []
        lost_kg = life.start_kg - reading.value
        if life.start_ns == NEVER or lost_kg < -self._loss:
            life.start_ns, life.start_kg = reading.time_ns, reading.value
            return []
        passed_ns = reading.time_ns - life.start_ns
        return [] if passed_ns < self._least_ns else self._judge(slot, life, reading, lost_kg, passed_ns)

    def _judge(self, slot: int, life: _Cylinder, reading: Reading, lost_kg: float, passed_ns: int) -> list[Finding]:
        rate, stands = lost_kg * _H_NS / passed_ns, life.onset_ns != NEVER
        if not stands and (rate < self._rate or lost_kg < self._loss):
            return []
        start_ns, life.start_ns, life.start_kg = life.start_ns, reading.time_ns, reading.value
        if stands and rate >= self._rate / 2:
            return []
        onset_ns = life.onset_ns if stands else start_ns
        life.onset_ns = NEVER if stands else onset_ns
        return [
            self._finding(
                slot,
                AlarmKind.CYLINDER_LOSS,
                Transition.END if stands else Transition.ONSET,
                reading,
                level=int(not stands),
                onset_ns=onset_ns,
                value=rate,
                limit=self._rate,
            )
        ]
