"""A street behind a regulator, from the solver of the simulator: what its sensors and its meter say."""

from detectors.base import Detector
from domain.asset import Assets, Device, DeviceKind, Tier
from domain.channels import Channels
from domain.finding import Finding
from domain.quantity import Quantity
from simulator.gases import NORMAL_K, NORMAL_PA, R_J_MOL_K
from simulator.hydraulics import Hydraulics
from simulator.regulators import Fault
from simulator.steady import solve_steady
from tests.detectors.script import Script
from tests.simulator.support import GAS, two_tiers

HOLE = ("PL", 0.5)
_STEP_S = 5
M3H_S_KG = 3_600 * R_J_MOL_K * NORMAL_K / (GAS.molar_mass_kg_mol * NORMAL_PA)
"""Normal cubic metres an hour of a kilogram a second."""


class Street:
    """`two_tiers` with pressure sensors at M2, L1 and L2, and a flow meter at M2, the regulator's inlet.

    Args:
        devices: that there are.
        demand_kg_s: of the street.
    """

    def __init__(
        self, devices: tuple[str, ...] = ("P-M2", "P-L1", "P-L2", "F-M2"), *, demand_kg_s: float = 0.02
    ) -> None:
        network = two_tiers(demand_kg_s=demand_kg_s)
        self.grid = Hydraulics(network, places=[HOLE])
        solve_steady(self.grid)
        self.devices = [_device(name) for name in devices]
        self.channels = Channels(Assets({}, {}, {device.id: device for device in self.devices}, network))
        self.script, self.second = Script(), 0

    @property
    def fault(self) -> Fault:
        return self.grid.regulators.fault["R"]

    def minutes(self, count: int) -> "Street":
        for _ in range(count * 60 // _STEP_S):
            self.grid.step(_STEP_S)
            self.second += _STEP_S
            if self.second % 15 == 0:
                self._say()
            if self.second % 60 == 0:
                self.script.tick(self.second)
        return self

    def _say(self) -> None:
        flow_m3h = M3H_S_KG * self.grid.regulator_flow_kg_s("R")
        for device in self.devices:
            is_meter = device.kind is DeviceKind.FLOW_METER
            quantity = Quantity.FLOW_M3H if is_meter else Quantity.PRESSURE_KPA
            value = flow_m3h if is_meter else self.grid.gauge_pa(device.site) / 1000
            self.script.row(device.id, quantity, self.second - 1, value)

    def play(self, detector: Detector) -> list[Finding]:
        return self.script.play(detector, self.channels)


def _device(name: str) -> Device:
    kind, _, at = name.partition("-")
    if kind == "F":
        return Device(name, DeviceKind.FLOW_METER, at)
    return Device(name, DeviceKind.PRESSURE_SENSOR, at, tier=Tier.MEDIUM_B if at == "M2" else Tier.LOW_NATURAL)
