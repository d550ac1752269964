"""Which numbers a rulebook must hold, in which unit, and between which bounds."""

from dataclasses import dataclass
from types import MappingProxyType

from domain.alarm import AlarmKind


@dataclass(frozen=True, slots=True)
class Rule:
    """Bounds of one number.

    Attributes:
        unit: the only unit in which it is accepted.
        low: smallest accepted value.
        high: largest accepted value.
        why: the end of the sentence "… is above 25 %LEL, …".
    """

    unit: str
    low: float
    high: float
    why: str


_CEILING = "the ceiling of GB/T 50493-2019 5.5.2"
_SANE = "the bounds within which this number makes sense"
_NEVER = "and a delay at the second level of gas is never allowed"
_TIERS = ("low_natural", "low_lpg", "medium_b", "medium_a")
_CRITICAL = frozenset(
    {
        AlarmKind.GAS_HIGH,
        AlarmKind.GAS_DECLARED,
        AlarmKind.LINKAGE_FAILED,
        AlarmKind.VALVE_CLOSE_FAILED,
        AlarmKind.BREAK_GLASS,
        AlarmKind.GAS_SEVERAL,
    }
)
"""Always safety-critical: the rulebook cannot say otherwise (alarm notes 1.2). Nobody hides that he broke the glass."""


def _seconds(low: float, high: float) -> Rule:
    return Rule("s", low, high, _SANE)


def _priorities() -> dict[str, Rule]:
    rules: dict[str, Rule] = {}
    for kind in AlarmKind:
        rules[f"{kind}.priority"] = Rule("priority", 1, 4, _SANE)
        critical = float(kind in _CRITICAL)
        rules[f"{kind}.safety_critical"] = Rule("yes/no", critical, critical, "which is fixed for this kind")
        rules[f"{kind}.latching"] = Rule("yes/no", 0, 1, _SANE)
    two = (
        AlarmKind.GAS_DECLARED,
        AlarmKind.DEVICE_SILENT,
        AlarmKind.PROTECTION_MISSING,
        AlarmKind.PRESSURE_LOW,
        AlarmKind.PRESSURE_HIGH,
        AlarmKind.MANHOLE_GAS,
    )
    for kind in (
        *two,
        AlarmKind.POWER_LOST,
        AlarmKind.CLOCK_WRONG,
        AlarmKind.DATA_MISSING,
        AlarmKind.LOG_SPACE,
        AlarmKind.READER_LAG,
        AlarmKind.GAS_EARLY,
        AlarmKind.VALVE_CLOSE_FAILED,
        AlarmKind.ONCALL_GAP,
        AlarmKind.REGULATOR_FAULT,
        AlarmKind.CANARY_LATE,
        AlarmKind.SLOW_LEAK,
        AlarmKind.ESCALATION_FAULT,
        AlarmKind.ROLE_SILENT,
    ):
        rules[f"{kind}.priority_2"] = Rule("priority", 1, 4, _SANE)
    for name in ("reader_lag.priority_3", "manhole_gas.priority_3", "manhole_gas.priority_4"):
        rules[name] = Rule("priority", 1, 4, _SANE)
    return rules


def _pressure() -> dict[str, Rule]:
    bounds = Rule("kPa", -101.325, 12_000, _SANE)
    rules = {f"pressure_low.{tier}_{mark}": bounds for tier in _TIERS for mark in ("l", "ll")}
    rules |= {f"pressure_high.{tier}_{mark}": bounds for tier in _TIERS for mark in ("h", "hh")}
    for kind in ("pressure_low", "pressure_high"):
        rules[f"{kind}.lifecycle_on_delay"] = _seconds(0, 600)
        rules[f"{kind}.lifecycle_off_delay"] = _seconds(0, 3_600)
        rules[f"{kind}.reset_band"] = Rule("share", 0, 0.2, _SANE)
    return rules


RULES = MappingProxyType(
    {
        "alarm.realarm_1": _seconds(60, 86_400),
        "alarm.realarm_2": _seconds(60, 86_400),
        "gas_low.limit": Rule("%LEL", 1, 25, _CEILING),
        "gas_low.on_delay": _seconds(0, 60),
        "gas_low.on_samples": Rule("samples", 1, 10, _SANE),
        "gas_low.clear_share": Rule("share", 0.1, 0.95, _SANE),
        "gas_low.off_delay": _seconds(0, 3_600),
        "gas_high.limit": Rule("%LEL", 1, 50, _CEILING),
        "gas_high.on_delay": Rule("s", 0, 0, _NEVER),
        "gas_high.off_delay": _seconds(0, 3_600),
        "gas_rising.slope": Rule("%LEL/min", 0.5, 100, _SANE),
        "gas_rising.floor": Rule("%LEL", 1, 25, _SANE),
        "gas_rising.window": _seconds(10, 600),
        "gas_rising.off_delay": _seconds(0, 3_600),
        "linkage_failed.mains": Rule("s", 1, 60, _SANE),
        "linkage_failed.battery": Rule("s", 1, 600, _SANE),
        "device_silent.intervals": Rule("intervals", 2, 20, _SANE),
        "sensor_stuck.samples": Rule("samples", 5, 100_000, _SANE),
        "sensor_stuck.duration": _seconds(60, 30 * 86_400),
        "protection_missing.after": _seconds(0, 86_400),
        "protection_missing.worse_after": _seconds(60, 86_400),
        "battery_low.limit_pct": Rule("%", 1, 90, _SANE),
        "battery_low.limit_v": Rule("V", 0.5, 60, _SANE),
        "battery_low.reset_band": Rule("share", 0, 0.5, _SANE),
        "clock.uncertain": _seconds(1, 60),
        "clock.shift": _seconds(10, 3_600),
        "clock.slow_frames": Rule("frames", 5, 1_000, _SANE),
        "clock.slow_spread": _seconds(1, 60),
        "clock.slow_pace": Rule("ratio", 1.05, 2, _SANE),
        "late.live": _seconds(1, 600),
        "late.live_store_forward": _seconds(1, 3_600),
        "late.page": _seconds(60, 86_400),
        "gap.open_after": _seconds(1, 3_600),
        "data_missing.after": _seconds(60, 86_400),
        "data_missing.window": _seconds(600, 86_400),
        "data_missing.share": Rule("share", 0.001, 1, _SANE),
        "quarantine_rate.frames": Rule("frames", 1, 10_000, _SANE),
        "quarantine_rate.window": _seconds(60, 86_400),
        "log_space.warn": Rule("share", 0.1, 0.99, _SANE),
        "log_space.full": Rule("share", 0.1, 1.0, _SANE),
        "log_space.disk_free": Rule("share", 0.01, 0.5, _SANE),
        "broker_dropped.over_after": _seconds(60, 86_400),
        "reader_lag.watch": _seconds(1, 600),
        "reader_lag.warn": _seconds(1, 3_600),
        "reader_lag.bad": _seconds(1, 86_400),
        "manhole_gas.span": _seconds(1, 3_600),
        "manhole_gas.rise": Rule("%LEL", 0.5, 20, _SANE),
        "manhole_gas.learn": _seconds(1, 30 * 86_400),
        "manhole_gas.neighbour": Rule("m", 1, 5_000, _SANE),
        "devices_away.devices": Rule("devices", 2, 10_000, _SANE),
        "devices_away.share": Rule("share", 0, 1, _SANE),
        "devices_away.window": _seconds(1, 86_400),
        "power_cut.sites": Rule("sites", 2, 10_000, _SANE),
        "power_cut.window": _seconds(1, 86_400),
        "gas_several.reach": Rule("m", 1, 5_000, _SANE),
        "gas_several.sure": Rule("share", 0.5, 1, _SANE),
        "gas_early.width": _seconds(1, 600),
        "gas_early.floor": Rule("%LEL", 0.01, 10, _SANE),
        "gas_early.slack": Rule("scales", 0.1, 5, _SANE),
        "gas_early.limit": Rule("scales", 1, 100, _SANE),
        "gas_early.run": Rule("scales", 2, 6, _SANE),
        "gas_early.weight": Rule("share", 0.01, 0.9, _SANE),
        "gas_early.ewma_limit": Rule("scales", 2, 50, _SANE),
        "gas_early.rise": _seconds(60, 365 * 86_400),
        "gas_early.fall": _seconds(60, 365 * 86_400),
        "gas_early.learn": _seconds(1, 30 * 86_400),
        "gas_early.base_most": Rule("%LEL", 0.1, 20, _SANE),
        "gas_early.gap": _seconds(1, 86_400),
        "gas_early.steep": _seconds(1, 3_600),
        "gas_early.hold": _seconds(1, 86_400),
        "gas_early.humid": Rule("%", 50, 100, _SANE),
        "gas_early.relearn": _seconds(60, 365 * 86_400),
        "trading.open": Rule("h", 0, 24, _SANE),
        "trading.close": Rule("h", 0, 24, _SANE),
        "trading.utc_offset": Rule("h", -12, 14, _SANE),
        "device_ageing.period": _seconds(1, 86_400),
        "device_ageing.periods": Rule("periods", 1, 10_000, _SANE),
        "device_ageing.least": Rule("readings", 2, 100_000, _SANE),
        "device_ageing.limit": Rule("points", 1, 100, _SANE),
        "device_ageing.reset": Rule("points", 1, 100, _SANE),
        "device_ageing.noise": Rule("ratio", 1.5, 100, _SANE),
        "device_ageing.spikes": Rule("spikes", 0.01, 10_000, _SANE),
        "device_ageing.drift": Rule("%LEL", 0.1, 50, _SANE),
        "device_ageing.calibration": Rule("d", 1, 3_650, _SANE),
        "device_ageing.light": Rule("points", 1, 100, _SANE),
        "device_ageing.heavy": Rule("points", 1, 100, _SANE),
        "valve_bypass.flow": Rule("m³/h", 0.001, 1_000, _SANE),
        "valve_bypass.rise": Rule("kPa", 0.05, 100, _SANE),
        "valve_bypass.settle": _seconds(0, 3_600),
        "valve_bypass.confirm": _seconds(0, 3_600),
        "tightness_lost.volume": Rule("dm³", 0.1, 100_000, _SANE),
        "tightness_lost.ambient": Rule("kPa", 50, 110, _SANE),
        "tightness_lost.limit": Rule("dm³/h", 0.01, 1_000, _SANE),
        "tightness_lost.settle": _seconds(0, 7_200),
        "tightness_lost.window": _seconds(1, 86_400),
        "tightness_lost.kelvin": Rule("K", 0, 10, _SANE),
        "tightness_lost.samples": Rule("readings", 3, 100_000, _SANE),
        "tightness_lost.least": Rule("kPa", 0.01, 400, _SANE),
        "pipe_rupture.span": _seconds(1, 600),
        "pipe_rupture.fall": Rule("share", 0.01, 0.9, _SANE),
        "pipe_rupture.surge": Rule("share", 0.01, 10, _SANE),
        "pipe_rupture.surge_alone": Rule("share", 0.1, 100, _SANE),
        "pipe_rupture.surge_flow": Rule("m³/h", 0.1, 100_000, _SANE),
        "pressure_unusual.span": _seconds(1, 3_600),
        "pressure_unusual.learn": Rule("means", 2, 500, _SANE),
        "pressure_unusual.limit": Rule("spreads", 1, 100, _SANE),
        "pressure_unusual.spans": Rule("means", 1, 100, _SANE),
        "upkeep_due.off": _seconds(60, 86_400),
        "upkeep_due.test": Rule("d", 0.01, 3_650, _SANE),
        "upkeep_due.idle": Rule("d", 0.01, 3_650, _SANE),
        "cylinder_loss.rate": Rule("kg/h", 0.001, 100, _SANE),
        "cylinder_loss.loss": Rule("kg", 0.01, 100, _SANE),
        "cylinder_loss.least": _seconds(1, 86_400),
        "cutoff_unproven.settle": _seconds(0, 600),
        "cutoff_unproven.proof": _seconds(1, 7_200),
        "standdown.window": _seconds(60, 86_400),
        "standdown.intervals": Rule("intervals", 1, 20, _SANE),
        "valve_command.confirm": _seconds(3, 60),
        "valve_command.answer": _seconds(1, 120),
        "valve_command.tries": Rule("commands", 1, 20, _SANE),
        "valve_command.window": _seconds(10, 3_600),
        "valve_command.intervals": Rule("intervals", 1, 20, _SANE),
        "cutoff_unproven.fall": Rule("%LEL", 0.1, 50, _SANE),
        "oncall_gap.ahead": _seconds(3_600, 62 * 86_400),
        "oncall_gap.soon": _seconds(60, 14 * 86_400),
        "handover_unsigned.after": _seconds(60, 4 * 3_600),
        "handover_unsigned.before": _seconds(0, 4 * 3_600),
        "regulator_fault.creep": Rule("share", 0.01, 1, _SANE),
        "regulator_fault.droop": Rule("share", 0.01, 0.9, _SANE),
        "regulator_fault.shut": Rule("share", 0.01, 0.9, _SANE),
        "regulator_fault.wave": Rule("share", 0.0001, 0.5, _SANE),
        "regulator_fault.times": Rule("ratio", 1, 100, _SANE),
        "regulator_fault.spans": Rule("means", 1, 5, _SANE),
        "slow_leak.span": _seconds(1, 7_200),
        "slow_leak.learn": Rule("weeks", 1, 8, _SANE),
        "slow_leak.odds": Rule("times", 10, 1e12, _SANE),
        "slow_leak.drift": Rule("kPa", 0.0001, 10, _SANE),
        "slow_leak.meter": Rule("share", 0.0001, 1, _SANE),
        "slow_leak.demand": Rule("share", 0.01, 1, _SANE),
        "slow_leak.apart": Rule("share", 0.001, 1, _SANE),
        "night_flow.span": _seconds(1, 7_200),
        "night_flow.from": Rule("h", 0, 24, _SANE),
        "night_flow.to": Rule("h", 0, 24, _SANE),
        "night_flow.learn": Rule("nights", 2, 14, _SANE),
        "night_flow.limit": Rule("scales", 1, 100, _SANE),
        "night_flow.at_once": Rule("scales", 1, 100, _SANE),
        "night_flow.floor": Rule("m³/h", 0.01, 10_000, _SANE),
        "night_flow.floor_share": Rule("share", 0.001, 1, _SANE),
        "mass_balance.span": _seconds(1, 86_400),
        "mass_balance.learn": _seconds(1, 60 * 86_400),
        "mass_balance.leak": Rule("m³/h", 0.01, 100_000, _SANE),
        "mass_balance.leak_share": Rule("share", 0.0001, 1, _SANE),
        "mass_balance.false_alarm": Rule("probability", 1e-12, 0.1, _SANE),
        "mass_balance.miss": Rule("probability", 1e-6, 0.5, _SANE),
        "escalation_fault.after": _seconds(10, 600),
        "escalation_fault.queue": _seconds(30, 3_600),
        "pressure_wave.speed": Rule("m/s", 100, 1_500, _SANE),
        "pressure_wave.fall": Rule("kPa", 0.001, 100, _SANE),
        "pressure_wave.sigmas": Rule("deviations", 1, 50, _SANE),
        "pressure_wave.clock": _seconds(0.0001, 10),
        "pressure_wave.hold": _seconds(1, 86_400),
        "coverage.noise": Rule("share", 1e-6, 0.1, _SANE),
        "coverage.span": _seconds(1, 86_400),
        "coverage.memory": _seconds(0, 3_600),
        "coverage.meter": Rule("share", 1e-4, 0.5, _SANE),
        "coverage.sure": Rule("deviations", 1, 20, _SANE),
        "coverage.day": Rule("share", 0.01, 2, _SANE),
        "coverage.night": Rule("share", 0.01, 2, _SANE),
        "coverage.air": Rule("dm³/h", 0.1, 1e6, _SANE),
        "coverage.blind": Rule("mm", 0.1, 1_000, _SANE),
        "locate.section": Rule("m", 10, 1_000, _SANE),
        "locate.demand": Rule("share", 0, 1, _SANE),
        "locate.appliance": Rule("g/s", 0.001, 100, _SANE),
        "locate.use": _seconds(1, 86_400),
        "locate.elsewhere": Rule("share", 0.001, 0.9, _SANE),
        "locate.noise": Rule("share", 1e-6, 0.1, _SANE),
        "locate.tangent": Rule("share", 0, 1, _SANE),
        "locate.secant": Rule("share", 0, 1, _SANE),
        "locate.soil": Rule("m", 1, 300, _SANE),
        "maintenance.longest": _seconds(60, 28_800),
        "canary.every": _seconds(10, 600),
        "canary.late": _seconds(1, 60),
        "role_silent.after": _seconds(10, 3_600),
        "deadman.stale": _seconds(15, 60),
        "deadman.silence": _seconds(60, 600),
        "hazard.at_once": _seconds(0, 259_200),
        "hazard.supervise": _seconds(0, 2_592_000),
        "hazard.interview": _seconds(0, 7_776_000),
        "hazard.list": _seconds(0, 15_552_000),
        "hazard.offline": _seconds(3_600, 2_592_000),
        "hazard.medium_pressure": _seconds(3_600, 86_400),
        "hazard.low_closes": Rule("yes/no", 0, 1, _SANE),
        "hazard.relapse": _seconds(3_600, 2_592_000),
        "delivery.away": Rule("m", 50, 10_000, _SANE),
        **_pressure(),
        **_priorities(),
    }
)
"""Every number by name. A rulebook holds all of them and no other."""
