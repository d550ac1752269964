"""Which sensors the devices have, what truth each of them meets, and what disturbs it."""

from collections.abc import Iterable, Sequence
from dataclasses import replace

import numpy as np

from domain.asset import Assets, Device, DeviceKind, Gas, Tier
from domain.errors import ConfigurationError
from simulator.dice import FloatArray, RowArray, generator
from simulator.gas_sensors import (
    BLINDING_HUMIDITY_PCT,
    CALIBRATED_ON,
    GAS_SENSORS,
    USUAL_HUMIDITY_PCT,
    GasSensor,
    Principle,
    burnt,
    relative_response,
)
from simulator.gases import PROPERTIES, Component, Mixture
from simulator.mains import PROFILES, Mains
from simulator.premises import FUEL_OF, SMELLS, Premises
from simulator.scenario import Scenario
from simulator.schema import SensorChoice
from simulator.sensors import Sensor, Sensors
from simulator.spaces import Fuel

INDOORS_C = 20.0
_FILTERED = 0.05
_ALWAYS_BURNS = 0.03
"""Below it there is oxygen enough for any gas that we know."""
_BIOGAS = Mixture({Component.METHANE: 1.0})
_METERS = {DeviceKind.PRESSURE_SENSOR, DeviceKind.FLOW_METER}


class Instruments:
    """All sensors of the town.

    Args:
        scenario: what differs from the usual.
        assets: the devices.
        seed: of the run.
        premises: in which gas sensors hang.
        mains: that pressure sensors and meters watch.
        ground_c: temperature outdoors at the beginning.

    Attributes:
        sensors: one row for each measured quantity.
        reading_of: row of each device's main quantity.
        temperature_of: row of each device's thermometer.
        gas_devices: that smell, in the order of the gas columns.
        gas_row_of: column of each of them.
        gas_rows: row in `sensors` of each of them.
        gas_sites: row of the site of each of them.
        gas_cells: cell in which each of them hangs.
        humidity_pct: around each of them.
        outdoors_c: around those in manholes.
    """

    def __init__(
        self,
        scenario: Scenario,
        assets: Assets,
        seed: int,
        *,
        premises: Premises,
        mains: Mains,
        ground_c: float,
    ) -> None:
        self._scenario, self._seed, self._premises, self._mains = scenario, seed, premises, mains
        self._mixtures = _mixtures(scenario)
        devices = tuple(assets.devices.values())
        self.gas_devices = [d for d in devices if d.kind in SMELLS]
        self._meters = [d for d in devices if d.kind in _METERS]
        self._see(self.gas_devices)
        self.outdoors_c = ground_c
        self._poisons: dict[int, float] = {}
        self._build(devices, ground_c)

    def _choice(self, device: Device) -> SensorChoice:
        return self._scenario.sensors.get(device.id, SensorChoice())

    def principle(self, device: Device) -> Principle:
        usual = Principle.LASER if device.kind is DeviceKind.MANHOLE else Principle.CATALYTIC
        return self._choice(device).kind or usual

    # ------------------------------------------------------------ building
    def _see(self, gas: Sequence[Device]) -> None:
        """Note where each gas sensor hangs and what each fuel means to it."""
        principles = [self.principle(d) for d in gas]
        for device, principle in zip(gas, principles, strict=True):
            if device.gas not in GAS_SENSORS[principle].gases:
                raise ConfigurationError(f"sensors.{device.id}: a {principle} sensor does not see {device.gas}")
        kinds = [GAS_SENSORS[p] for p in principles]
        self.gas_row_of = {d.id: row for row, d in enumerate(gas)}
        self.gas_sites = _index(self._premises.row_of[d.site] for d in gas)
        self.gas_cells = _index(self._premises.cell_of(self._choice(d).at or d.site, d.gas) for d in gas)
        ratio = [self._ratios(p, d.gas) for d, p in zip(gas, principles, strict=True)]
        lel_share = np.array([PROPERTIES[d.gas].lel_share for d in gas])
        self._per_share = 100.0 / lel_share * np.array(ratio, np.float64).reshape(-1, len(Fuel)).T
        self._alcohol = np.array([self._alcohol_of(d, k) for d, k in zip(gas, kinds, strict=True)])
        self._burns = np.array([k.burns for k in kinds], np.bool_)
        self._oxygen = np.array([CALIBRATED_ON[d.gas].oxygen_per_mole for d in gas])
        self._per_k, self._humid = (np.array([getattr(k, name) for k in kinds]) for name in ("per_k", "humid_pct_lel"))
        self._blinded = np.array([k.blinded for k in kinds], np.bool_)
        self._indoors = np.array([d.kind is DeviceKind.GAS_DETECTOR for d in gas], np.bool_)
        self.humidity_pct = np.full(len(gas), USUAL_HUMIDITY_PCT)

    def _ratios(self, principle: Principle, gas: Gas) -> list[float]:
        return [relative_response(principle, gas, self._mixtures[fuel]) for fuel in Fuel]

    def _alcohol_of(self, device: Device, kind: GasSensor) -> float:
        return kind.alcohol * (_FILTERED if self._choice(device).filtered else 1.0)

    def _build(self, devices: Iterable[Device], ground_c: float) -> None:
        self.reading_of: dict[str, int] = {}
        self.temperature_of: dict[str, int] = {}
        sensors: list[Sensor] = []
        start = self._smelling = self._smelt(np.zeros(len(self._premises.spaces.lower)))
        for device in devices:
            if device.kind in SMELLS or device.kind in _METERS:
                self.reading_of[device.id] = len(sensors)
                smells = device.kind in SMELLS
                of = (
                    self._gas_sensor(device, float(start[self.gas_row_of[device.id]]))
                    if smells
                    else self._meter(device)
                )
                sensors.append(of)
            if device.kind in {DeviceKind.GAS_DETECTOR, DeviceKind.PRESSURE_SENSOR}:
                self.temperature_of[device.id] = len(sensors)
                sensors.append(_thermometer(device, INDOORS_C if device.kind is DeviceKind.GAS_DETECTOR else ground_c))
        self.sensors = Sensors(sensors, self._seed)
        self._truth = self.sensors.signal.copy()
        self.gas_rows = _index(self.reading_of[d.id] for d in self.gas_devices)
        of_kind = {kind: [d.id for d in self._meters if d.kind is kind] for kind in sorted(_METERS)}
        self._meters_of = {k: (tuple(ids), _index(self.reading_of[d] for d in ids)) for k, ids in of_kind.items()}
        self._outdoor_rows = _index(self.temperature_of[d.id] for d in self._meters if d.id in self.temperature_of)

    def _gas_sensor(self, device: Device, start: float) -> Sensor:
        choice, of = self._choice(device), GAS_SENSORS[self.principle(device)]
        manhole = device.kind is DeviceKind.MANHOLE
        offset = 0.0 if manhole else generator(self._seed, device.id, "offset").uniform(1.0, 2.0)
        return Sensor(
            name=f"{device.id}:gas",
            t90_s=choice.t90_s or of.t90_s * (of.heavy if device.gas is Gas.LPG else 1.0),
            noise=of.noise_pct_lel if choice.noise is None else choice.noise,
            resolution=0.1,
            low=-5.0,
            high=device.gas_range_pct_lel,
            offset=offset if choice.offset is None else choice.offset,
            wander=0.03 if manhole else 0.1,
            walk=choice.walk_per_day,
            freedom=choice.freedom,
            delay_s=choice.delay_s,
            latches=choice.latches,
            drop_share=choice.drop_share,
            start=start,
        )

    def _meter(self, device: Device) -> Sensor:
        profile = PROFILES[device.tier or Tier.LOW_NATURAL]
        if device.kind is DeviceKind.PRESSURE_SENSOR:
            start = self._mains.pressure_kpa(device.id)
            usual = Sensor(
                f"{device.id}:pressure",
                0.5,
                profile.noise,
                profile.resolution,
                0.0,
                1000.0,
                wander=profile.wander,
                wander_s=90.0,
                start=start,
            )
        else:
            usual = _flow_meter(device, profile.peak_m3h, self._mains.flow_m3h(device.id), self._seed)
        choice = self._choice(device)
        return replace(
            usual,
            t90_s=choice.t90_s or usual.t90_s,
            noise=usual.noise if choice.noise is None else choice.noise,
            offset=choice.offset or 0.0,
            walk=choice.walk_per_day,
            freedom=choice.freedom,
            delay_s=choice.delay_s,
            drop_share=choice.drop_share,
        )

    # ------------------------------------------------------------ running
    def look_around(self, outdoors_c: float, passed_s: float) -> None:
        """Take in what moves slowly: weather, and poison that has acted for `passed_s`."""
        self.outdoors_c = outdoors_c
        for row, rate_per_s in self._poisons.items():
            self.sensors.gain[row] *= np.exp(-rate_per_s * passed_s)
        self._truth[self._outdoor_rows] = outdoors_c
        self.disturb()

    def meter(self) -> None:
        """Take in pressures and flows of the mains."""
        ways = {DeviceKind.PRESSURE_SENSOR: self._mains.pressures_kpa, DeviceKind.FLOW_METER: self._mains.flows_m3h}
        for kind, see in ways.items():
            devices, rows = self._meters_of[kind]
            if devices:
                self._truth[rows] = see(devices)

    def poison(self, row: int, rate_per_s: float) -> None:
        """Let a row lose its response at this rate from now on; at 0 it gets a new bead."""
        if rate_per_s > 0:
            self._poisons[row] = rate_per_s
        else:
            del self._poisons[row]
            self.sensors.gain[row] = 1.0

    def disturb(self) -> None:
        """Let temperature and humidity act on the gas sensors."""
        warm = self._per_k * (np.where(self._indoors, INDOORS_C, self.outdoors_c) - INDOORS_C)
        damp = np.maximum(0.0, self.humidity_pct - USUAL_HUMIDITY_PCT) / (100.0 - USUAL_HUMIDITY_PCT)
        self.sensors.disturbance[self.gas_rows] = warm + self._humid * damp
        self.sensors.blind[self.gas_rows] = self._blinded & (self.humidity_pct >= BLINDING_HUMIDITY_PCT)

    def advance(self, vapour_pct_lel: FloatArray, dt_s: float | FloatArray, still_s: float) -> None:
        """Go on with the gas and the vapour that are in each space now; on the way there they were half-way.

        Args:
            vapour_pct_lel: around the detectors of each site.
            dt_s: step of all spaces or of each.
            still_s: step of what is in no space.
        """
        before, self._smelling = self._smelling, self._smelt(vapour_pct_lel)
        self._truth[self.gas_rows] = (before + self._smelling) / 2
        if not isinstance(dt_s, float):
            of_space, dt_s = dt_s, np.full(len(self._truth), still_s)
            dt_s[self.gas_rows] = of_space[self.gas_sites]
        self.sensors.advance(self._truth, dt_s)

    def pace_pct_lel_s(self) -> FloatArray:
        """How fast the signal of each gas sensor changes now."""
        rows = self.gas_rows
        found: FloatArray = (self._smelling - self.sensors.signal[rows]) / self.sensors.tau_s[rows]
        return found

    def _smelt(self, vapour_pct_lel: FloatArray) -> FloatArray:
        everywhere = self._premises.spaces.share
        share = everywhere[:, self.gas_cells]
        if everywhere.max(initial=0.0) > _ALWAYS_BURNS / len(Fuel):
            share = share * self._burning(share.sum(axis=0))
        found: FloatArray = (share * self._per_share).sum(axis=0)
        if vapour_pct_lel.any():
            found += self._alcohol * vapour_pct_lel[self.gas_sites]
        return found

    def _burning(self, total: FloatArray) -> FloatArray:
        """Share of its gas that each sensor burns; others than beads need no oxygen."""
        lacking = self._burns & (burnt(total, self._oxygen) < total)
        return np.where(lacking, burnt(total, self._oxygen) / np.where(total > 0, total, 1.0), 1.0)

    def shown(self, alive: FloatArray) -> FloatArray:
        """What each detector shows its controller: without noise, and nothing where it is dead."""
        sensors, rows = self.sensors, self.gas_rows
        return (sensors.signal[rows] * sensors.gain[rows] + sensors.offset[rows]) * alive


def _mixtures(scenario: Scenario) -> dict[Fuel, Mixture]:
    return {FUEL_OF[gas]: mixture for gas, mixture in scenario.gas.mixtures().items()} | {Fuel.BIOGAS: _BIOGAS}


def _index(rows: Iterable[int]) -> RowArray:
    return np.array(list(rows), np.intp)


def _flow_meter(device: Device, full_m3h: float, start_m3h: float, seed: int) -> Sensor:
    """A meter of class 1 that stands still below 0.5 % of its flow and counts pulses."""
    gain = float(generator(seed, device.id, "gain").normal(1.0, 0.01))
    return Sensor(
        f"{device.id}:flow",
        3.0,
        2e-3 * full_m3h,
        1e-3 * full_m3h,
        0.0,
        10 * full_m3h,
        gain=gain,
        start_up=5e-3 * full_m3h,
        start=start_m3h,
    )


def _thermometer(device: Device, start: float) -> Sensor:
    offset = float(generator(0, device.id, "thermometer").uniform(-1.5, 1.5))
    return Sensor(
        f"{device.id}:temperature", 60.0, 0.05, 0.1, -40.0, 85.0, offset=offset, wander=0.3, wander_s=900.0, start=start
    )
