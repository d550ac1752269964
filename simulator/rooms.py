"""Well-mixed rooms and manholes, all at once as columns."""

import math
from dataclasses import dataclass

import numpy as np

from simulator.dice import FloatArray

_VAPOUR_MIXING_S = 30.0
_FAN_SPIN_UP_S = 5.0


def mixed(
    share: FloatArray, gas_m3_s: FloatArray, air_m3_s: FloatArray, volume_m3: FloatArray, dt_s: float
) -> FloatArray:
    """Gas share of well-mixed rooms after `dt_s`, exact for any step.

    ``V·dC/dt = Qg − (Qa + Qg)·C`` with constant flows goes exponentially to ``Qg/(Qa + Qg)``; two half steps give what
    one whole step gives. A sealed room without a leak keeps its share.

    Args:
        share: volume share of gas now, 0 to 1.
        gas_m3_s: gas flowing in, at the room's pressure and temperature; raises the final share.
        air_m3_s: fresh air flowing in; lowers it.
        volume_m3: of the room; the larger, the slower.
        dt_s: step.

    Example:
        >>> import numpy as np
        >>> kitchen = [np.array([x]) for x in (0.0, 1 / 3600, 15 / 3600, 30.0)]
        >>> f"{100 * mixed(*kitchen, dt_s=1e6)[0]:.2f} %VOL"
        '6.25 %VOL'
    """
    total = gas_m3_s + air_m3_s
    final = np.divide(gas_m3_s, total, out=share.copy(), where=total > 0)
    result: FloatArray = share - (final - share) * np.expm1(-total * dt_s / volume_m3)
    return result


def biogas_m3_s(at_20_c_m3_s: FloatArray, temperature_c: float, q10: float = 2.2) -> FloatArray:
    """Methane that a sewer's mud gives off: `q10` times as much for each 10 K more."""
    return at_20_c_m3_s * math.pow(q10, (temperature_c - 20.0) / 10.0)


@dataclass(slots=True)
class Rooms:
    """State and parameters of every enclosed space (shape of each array: rooms).

    Attributes:
        volume_m3: of air.
        air_m3_s: infiltration.
        fan_m3_s: of the exhaust fan at full speed.
        lel_share: lower explosive limit of the gas that may leak there.
        share: volume share of gas.
        leak_m3_s: of all its leaks with the cut-off valve open.
        biogas_m3_s: from the ground.
        vapour_ppm: of alcohol.
        vapour_source_ppm: what the alcohol vapour tends to.
        fan_speed: 0 to 1.
    """

    volume_m3: FloatArray
    air_m3_s: FloatArray
    fan_m3_s: FloatArray
    lel_share: FloatArray
    share: FloatArray
    leak_m3_s: FloatArray
    biogas_m3_s: FloatArray
    vapour_ppm: FloatArray
    vapour_source_ppm: FloatArray
    fan_speed: FloatArray

    def advance(self, dt_s: float, supply: FloatArray, fan_on: FloatArray) -> None:
        """Go on by `dt_s` with `supply` (open share of the cut-off valve) and `fan_on` held."""
        spin = dt_s / _FAN_SPIN_UP_S
        self.fan_speed += np.clip(fan_on - self.fan_speed, -spin, spin)
        air = self.air_m3_s + self.fan_m3_s * self.fan_speed
        gas = self.leak_m3_s * supply + self.biogas_m3_s
        self.share = mixed(self.share, gas, air, self.volume_m3, dt_s)
        self.vapour_ppm += (1 - np.exp(-dt_s / _VAPOUR_MIXING_S)) * (self.vapour_source_ppm - self.vapour_ppm)

    def pct_lel(self) -> FloatArray:
        return 100.0 * self.share / self.lel_share
