"""Builders of the detectors that judge the network, for the catalogue."""

from detectors.base import Detector
from detectors.locate import locating
from detectors.manhole_gas import ManholeGas
from detectors.mass_balance import BalanceNumbers, MassBalance
from detectors.night_flow import NightFlow, NightNumbers
from detectors.pipe_rupture import PipeRupture, SurgeNumbers
from detectors.pressure_unusual import PressureUnusual
from detectors.pressure_wave import PressureWave, WaveNumbers
from detectors.regulator_fault import OutletNumbers, RegulatorFault
from detectors.slow_leak import SlowLeak, SlowNumbers
from domain.channels import Channels
from domain.rulebook import Rulebook


def manhole_gas(channels: Channels, rules: Rulebook) -> Detector:
    return ManholeGas(
        channels=channels,
        span_s=rules["manhole_gas.span"],
        rise_pct_lel=rules["manhole_gas.rise"],
        learn_s=rules["manhole_gas.learn"],
        neighbour_m=rules["manhole_gas.neighbour"],
        locating=locating(rules),
    )


def pipe_rupture(channels: Channels, rules: Rulebook) -> Detector:
    return PipeRupture(
        channels=channels,
        span_s=rules["pipe_rupture.span"],
        fall=rules["pipe_rupture.fall"],
        surge=SurgeNumbers(
            rules["pipe_rupture.surge"], rules["pipe_rupture.surge_alone"], rules["pipe_rupture.surge_flow"]
        ),
        locating=locating(rules),
    )


def pressure_unusual(channels: Channels, rules: Rulebook) -> Detector:
    return PressureUnusual(
        channels=channels,
        span_s=rules["pressure_unusual.span"],
        learn=round(rules["pressure_unusual.learn"]),
        limit=rules["pressure_unusual.limit"],
        spans=round(rules["pressure_unusual.spans"]),
        locating=locating(rules),
    )


def pressure_wave(channels: Channels, rules: Rulebook) -> Detector:
    numbers = WaveNumbers(
        speed_m_s=rules["pressure_wave.speed"],
        fall_kpa=rules["pressure_wave.fall"],
        sigmas=rules["pressure_wave.sigmas"],
        clock_s=rules["pressure_wave.clock"],
        hold_s=rules["pressure_wave.hold"],
    )
    return PressureWave(channels=channels, numbers=numbers)


def regulator_fault(channels: Channels, rules: Rulebook) -> Detector:
    numbers = OutletNumbers(
        creep=rules["regulator_fault.creep"],
        droop=rules["regulator_fault.droop"],
        shut=rules["regulator_fault.shut"],
        wave=rules["regulator_fault.wave"],
        times=rules["regulator_fault.times"],
        spans=round(rules["regulator_fault.spans"]),
    )
    return RegulatorFault(
        channels=channels,
        span_s=rules["pipe_rupture.span"],
        fall=rules["pipe_rupture.fall"],
        surge=rules["pipe_rupture.surge"],
        numbers=numbers,
    )


def night_flow(channels: Channels, rules: Rulebook) -> Detector:
    numbers = NightNumbers(
        from_h=rules["night_flow.from"],
        to_h=rules["night_flow.to"],
        utc_offset_h=rules["trading.utc_offset"],
        learn=round(rules["night_flow.learn"]),
        limit=rules["night_flow.limit"],
        at_once=rules["night_flow.at_once"],
        floor_m3h=rules["night_flow.floor"],
        floor_share=rules["night_flow.floor_share"],
    )
    return NightFlow(channels=channels, span_s=rules["night_flow.span"], numbers=numbers)


def mass_balance(channels: Channels, rules: Rulebook) -> Detector:
    numbers = BalanceNumbers(
        learn_s=rules["mass_balance.learn"],
        leak_m3h=rules["mass_balance.leak"],
        leak_share=rules["mass_balance.leak_share"],
        false_alarm=rules["mass_balance.false_alarm"],
        miss=rules["mass_balance.miss"],
    )
    return MassBalance(channels=channels, span_s=rules["mass_balance.span"], numbers=numbers)


def slow_leak(channels: Channels, rules: Rulebook) -> Detector:
    numbers = SlowNumbers(
        learn=round(rules["slow_leak.learn"]),
        odds=rules["slow_leak.odds"],
        drift_kpa=rules["slow_leak.drift"],
        meter=rules["slow_leak.meter"],
        demand=rules["slow_leak.demand"],
        apart=rules["slow_leak.apart"],
    )
    return SlowLeak(channels=channels, span_s=rules["slow_leak.span"], numbers=numbers, locating=locating(rules))
