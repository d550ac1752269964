"""All detectors by name: a reader finds every one here, and a wrong entry is a type error."""

from collections.abc import Callable

from detectors import of_network
from detectors.base import Detector
from detectors.battery_low import BatteryLow
from detectors.clock_wrong import ClockWrong
from detectors.cylinder import CylinderLoss
from detectors.device_fault import DeviceFault
from detectors.device_health import DeviceHealth, HealthNumbers
from detectors.device_silent import DeviceSilent
from detectors.gas_declared import GasDeclared
from detectors.gas_early import EarlyNumbers, GasEarly
from detectors.gas_rising import GasRising
from detectors.gas_threshold import GasThreshold
from detectors.late_evidence import LateEvidence
from detectors.linkage import Linkage
from detectors.power_lost import PowerLost
from detectors.pressure import Pressure, PressureLimits
from detectors.protection_missing import ProtectionMissing
from detectors.quarantine_rate import QuarantineRate
from detectors.sensor_stuck import SensorStuck
from detectors.tightness import TightnessTest
from detectors.trading import Hours
from detectors.unknown_device import UnknownDevice
from detectors.unknown_quantity import UnknownQuantity
from detectors.upkeep import Upkeep
from detectors.valve_bypass import ValveBypass
from domain.asset import Tier
from domain.channels import Channels
from domain.rulebook import Rulebook

_LINGER_S = {
    "device_fault": 600.0,
    "clock_wrong": 600.0,
    "unknown_device": 3_600.0,
    "unknown_quantity": 86_400.0,
    "late_evidence": 600.0,
}
"""How long after the last event a condition stands that only its events tell; our own defaults."""
_STRANGERS = 100
"""Unregistered ids with an alarm of their own."""
_GAS_ZERO_PCT_LEL = 1.0
"""Readings this near to 0 are clean air: the resolution of a catalytic detector."""


def _gas_threshold(channels: Channels, rules: Rulebook) -> Detector:
    return GasThreshold(
        channels=channels,
        low_pct_lel=rules["gas_low.limit"],
        high_pct_lel=rules["gas_high.limit"],
        clear_share=rules["gas_low.clear_share"],
        on_samples=round(rules["gas_low.on_samples"]),
        on_delay_s=rules["gas_low.on_delay"],
        low_off_delay_s=rules["gas_low.off_delay"],
        high_off_delay_s=rules["gas_high.off_delay"],
        page_s=rules["late.page"],
    )


def _gas_rising(channels: Channels, rules: Rulebook) -> Detector:
    return GasRising(
        channels=channels,
        slope_pct_lel_min=rules["gas_rising.slope"],
        floor_pct_lel=rules["gas_rising.floor"],
        window_s=rules["gas_rising.window"],
        off_delay_s=rules["gas_rising.off_delay"],
        page_s=rules["late.page"],
    )


def _gas_declared(channels: Channels, rules: Rulebook) -> Detector:
    return GasDeclared(channels=channels, page_s=rules["late.page"])


def _linkage(channels: Channels, rules: Rulebook) -> Detector:
    return Linkage(
        channels=channels,
        low_pct_lel=rules["gas_low.limit"],
        high_pct_lel=rules["gas_high.limit"],
        clear_share=rules["gas_low.clear_share"],
        mains_s=rules["linkage_failed.mains"],
        battery_s=rules["linkage_failed.battery"],
        intervals=rules["device_silent.intervals"],
        settle_s=rules["cutoff_unproven.settle"],
        proof_s=rules["cutoff_unproven.proof"],
        fall_pct_lel=rules["cutoff_unproven.fall"],
        page_s=rules["late.page"],
    )


def _pressure_limits(rules: Rulebook) -> dict[Tier, PressureLimits]:
    return {
        tier: PressureLimits(
            low_low_kpa=rules[f"pressure_low.{tier}_ll"],
            low_kpa=rules[f"pressure_low.{tier}_l"],
            high_kpa=rules[f"pressure_high.{tier}_h"],
            high_high_kpa=rules[f"pressure_high.{tier}_hh"],
        )
        for tier in Tier
    }


def _pressure(channels: Channels, rules: Rulebook) -> Detector:
    return Pressure(
        channels=channels,
        limits=_pressure_limits(rules),
        low_reset_band=rules["pressure_low.reset_band"],
        high_reset_band=rules["pressure_high.reset_band"],
        page_s=rules["late.page"],
    )


def _device_silent(channels: Channels, rules: Rulebook) -> Detector:
    return DeviceSilent(
        channels=channels,
        intervals=rules["device_silent.intervals"],
        store_forward_s=rules["late.live_store_forward"],
        gas_low_pct_lel=rules["gas_low.limit"],
        page_s=rules["late.page"],
    )


def _device_fault(channels: Channels, rules: Rulebook) -> Detector:
    return DeviceFault(channels=channels, linger_s=_LINGER_S["device_fault"], page_s=rules["late.page"])


def _sensor_stuck(channels: Channels, rules: Rulebook) -> Detector:
    return SensorStuck(
        channels=channels,
        samples=round(rules["sensor_stuck.samples"]),
        duration_s=rules["sensor_stuck.duration"],
        gas_zero_pct_lel=_GAS_ZERO_PCT_LEL,
        page_s=rules["late.page"],
    )


def _protection_missing(channels: Channels, rules: Rulebook) -> Detector:
    return ProtectionMissing(
        channels=channels,
        after_s=rules["protection_missing.after"],
        worse_after_s=rules["protection_missing.worse_after"],
        page_s=rules["late.page"],
    )


def _battery_low(channels: Channels, rules: Rulebook) -> Detector:
    return BatteryLow(
        channels=channels,
        limit_pct=rules["battery_low.limit_pct"],
        limit_v=rules["battery_low.limit_v"],
        reset_band=rules["battery_low.reset_band"],
        page_s=rules["late.page"],
    )


def _power_lost(channels: Channels, rules: Rulebook) -> Detector:
    return PowerLost(
        channels=channels,
        mains_s=rules["linkage_failed.mains"],
        battery_s=rules["linkage_failed.battery"],
        page_s=rules["late.page"],
    )


def _clock_wrong(channels: Channels, rules: Rulebook) -> Detector:
    return ClockWrong(channels=channels, linger_s=_LINGER_S["clock_wrong"], far_s=rules["clock.shift"])


def _unknown_device(channels: Channels, rules: Rulebook) -> Detector:
    del channels, rules
    return UnknownDevice(linger_s=_LINGER_S["unknown_device"], most=_STRANGERS)


def _unknown_quantity(channels: Channels, rules: Rulebook) -> Detector:
    del rules
    return UnknownQuantity(channels=channels, linger_s=_LINGER_S["unknown_quantity"])


def _quarantine_rate(channels: Channels, rules: Rulebook) -> Detector:
    return QuarantineRate(
        channels=channels, frames=round(rules["quarantine_rate.frames"]), window_s=rules["quarantine_rate.window"]
    )


def _late_evidence(channels: Channels, rules: Rulebook) -> Detector:
    return LateEvidence(
        channels=channels,
        low_pct_lel=rules["gas_low.limit"],
        high_pct_lel=rules["gas_high.limit"],
        limits=_pressure_limits(rules),
        page_s=rules["late.page"],
        linger_s=_LINGER_S["late_evidence"],
    )


def _hours(rules: Rulebook) -> Hours:
    return Hours(rules["trading.open"], rules["trading.close"], rules["trading.utc_offset"])


def _gas_early(channels: Channels, rules: Rulebook) -> Detector:
    numbers = EarlyNumbers(
        width_s=rules["gas_early.width"],
        floor_pct_lel=rules["gas_early.floor"],
        slack=rules["gas_early.slack"],
        limit=rules["gas_early.limit"],
        run=rules["gas_early.run"],
        weight=rules["gas_early.weight"],
        ewma_limit=rules["gas_early.ewma_limit"],
        rise_s=rules["gas_early.rise"],
        fall_s=rules["gas_early.fall"],
        learn_s=rules["gas_early.learn"],
        most_pct_lel=rules["gas_early.base_most"],
        gap_s=rules["gas_early.gap"],
        steep_s=rules["gas_early.steep"],
        hold_s=rules["gas_early.hold"],
        humid_pct=rules["gas_early.humid"],
        relearn_s=rules["gas_early.relearn"],
    )
    return GasEarly(channels=channels, numbers=numbers, low_pct_lel=rules["gas_low.limit"], hours=_hours(rules))


def _device_health(channels: Channels, rules: Rulebook) -> Detector:
    numbers = HealthNumbers(
        period_s=rules["device_ageing.period"],
        periods=rules["device_ageing.periods"],
        least=rules["device_ageing.least"],
        limit=rules["device_ageing.limit"],
        reset=rules["device_ageing.reset"],
        noise=rules["device_ageing.noise"],
        spikes=rules["device_ageing.spikes"],
        drift_pct_lel=rules["device_ageing.drift"],
        calibration_d=rules["device_ageing.calibration"],
        light=rules["device_ageing.light"],
        heavy=rules["device_ageing.heavy"],
    )
    return DeviceHealth(channels=channels, numbers=numbers)


def _valve_bypass(channels: Channels, rules: Rulebook) -> Detector:
    return ValveBypass(
        channels=channels,
        flow_m3h=rules["valve_bypass.flow"],
        rise_kpa=rules["valve_bypass.rise"],
        settle_s=rules["valve_bypass.settle"],
        confirm_s=rules["valve_bypass.confirm"],
        page_s=rules["late.page"],
    )


def _tightness(channels: Channels, rules: Rulebook) -> Detector:
    return TightnessTest(
        channels=channels,
        volume_dm3=rules["tightness_lost.volume"],
        ambient_kpa=rules["tightness_lost.ambient"],
        limit_dm3h=rules["tightness_lost.limit"],
        settle_s=rules["tightness_lost.settle"],
        window_s=rules["tightness_lost.window"],
        kelvin_sd=rules["tightness_lost.kelvin"],
        least_kpa=rules["tightness_lost.least"],
        samples=round(rules["tightness_lost.samples"]),
        page_s=rules["late.page"],
    )


def _upkeep(channels: Channels, rules: Rulebook) -> Detector:
    return Upkeep(
        channels=channels,
        hours=_hours(rules),
        off_s=rules["upkeep_due.off"],
        test_d=rules["upkeep_due.test"],
        idle_d=rules["upkeep_due.idle"],
    )


def _cylinder(channels: Channels, rules: Rulebook) -> Detector:
    return CylinderLoss(
        channels=channels,
        hours=_hours(rules),
        rate_kg_h=rules["cylinder_loss.rate"],
        loss_kg=rules["cylinder_loss.loss"],
        least_s=rules["cylinder_loss.least"],
        page_s=rules["late.page"],
    )


CATALOGUE: dict[str, Callable[[Channels, Rulebook], Detector]] = {
    "gas_threshold": _gas_threshold,
    "gas_rising": _gas_rising,
    "gas_declared": _gas_declared,
    "linkage": _linkage,
    "pressure": _pressure,
    "device_silent": _device_silent,
    "device_fault": _device_fault,
    "sensor_stuck": _sensor_stuck,
    "protection_missing": _protection_missing,
    "battery_low": _battery_low,
    "power_lost": _power_lost,
    "clock_wrong": _clock_wrong,
    "unknown_device": _unknown_device,
    "unknown_quantity": _unknown_quantity,
    "quarantine_rate": _quarantine_rate,
    "late_evidence": _late_evidence,
    "manhole_gas": of_network.manhole_gas,
    "gas_early": _gas_early,
    "device_health": _device_health,
    "valve_bypass": _valve_bypass,
    "tightness": _tightness,
    "pipe_rupture": of_network.pipe_rupture,
    "pressure_unusual": of_network.pressure_unusual,
    "upkeep": _upkeep,
    "cylinder": _cylinder,
    "regulator_fault": of_network.regulator_fault,
    "slow_leak": of_network.slow_leak,
    "night_flow": of_network.night_flow,
    "mass_balance": of_network.mass_balance,
    "pressure_wave": of_network.pressure_wave,
}
"""Name to builder."""
