"""What is behind an incident: its alarms vote for origins, and the votes give a probability."""

import math
from collections.abc import Mapping, Sequence
from enum import StrEnum
from typing import NamedTuple

from domain.alarm import GAS_KINDS, Alarm, AlarmKind
from domain.asset import Assets, DeviceKind


class Origin(StrEnum):
    """What may be behind an incident."""

    GAS_LEAK = "gas_leak"
    """Gas in a room."""
    PIPE_LEAK = "pipe_leak"
    """Gas out of a pipe in the ground."""
    PIPE_RUPTURE = "pipe_rupture"
    REGULATOR_FAULT = "regulator_fault"
    BIOGAS = "biogas"
    VAPOUR = "vapour"
    """Alcohol, steam: looks like gas and is none."""
    CARRIER_OUTAGE = "carrier_outage"
    POWER_CUT = "power_cut"
    DEVICE_FAULT = "device_fault"
    OURSELVES = "ourselves"
    UNCLEAR = "unclear"


AREA = frozenset(
    {Origin.PIPE_LEAK, Origin.PIPE_RUPTURE, Origin.REGULATOR_FAULT, Origin.CARRIER_OUTAGE, Origin.POWER_CUT}
)
"""Origins that reach beyond one site."""

Votes = tuple[tuple[str, int], ...]
"""How many alarms of each sort have joined."""

_DEVICE = {Origin.DEVICE_FAULT: 2.0}
_OURS = {Origin.OURSELVES: 4.0}
_ROOM = {Origin.GAS_LEAK: 2.0, Origin.VAPOUR: -1.0}
WEIGHTS: Mapping[str, Mapping[Origin, float]] = {
    "gas_early": {Origin.GAS_LEAK: 1.0, Origin.VAPOUR: 0.5, Origin.DEVICE_FAULT: 0.5},
    "gas_early/vapour": {Origin.VAPOUR: 2.0, Origin.GAS_LEAK: 0.5},
    "gas_low": {Origin.GAS_LEAK: 2.0, Origin.VAPOUR: 0.5},
    "gas_rising": {Origin.GAS_LEAK: 1.5, Origin.VAPOUR: 0.5},
    "gas_high": {Origin.GAS_LEAK: 3.0, Origin.VAPOUR: -2.0},
    "gas_declared": {Origin.GAS_LEAK: 2.0, Origin.VAPOUR: 0.5},
    "gas_several": {Origin.GAS_LEAK: 3.0, Origin.PIPE_LEAK: 1.0, Origin.VAPOUR: -2.0, Origin.DEVICE_FAULT: -2.0},
    "linkage_failed": {Origin.GAS_LEAK: 1.0, Origin.DEVICE_FAULT: 0.5},
    "cutoff_unproven": {Origin.GAS_LEAK: 2.0, Origin.PIPE_LEAK: 0.5},
    "valve_bypass": _ROOM,
    "tightness_lost": _ROOM,
    "cylinder_loss": _ROOM,
    "well_gas": {Origin.PIPE_LEAK: 1.0, Origin.BIOGAS: 0.5},
    "well_several": {Origin.PIPE_LEAK: 3.0, Origin.BIOGAS: -1.0},
    "manhole_gas/natural": {Origin.PIPE_LEAK: 3.0, Origin.BIOGAS: -2.0},
    "manhole_gas/biogas": {Origin.BIOGAS: 3.0, Origin.PIPE_LEAK: -2.0},
    "manhole_gas/unclear": {Origin.PIPE_LEAK: 1.0, Origin.BIOGAS: 1.0},
    "slow_leak": {Origin.PIPE_LEAK: 2.0, Origin.REGULATOR_FAULT: 0.5},
    "night_flow": {Origin.PIPE_LEAK: 2.0},
    "mass_balance": {Origin.PIPE_LEAK: 2.0, Origin.PIPE_RUPTURE: 0.5},
    "pipe_rupture": {Origin.PIPE_RUPTURE: 3.0, Origin.REGULATOR_FAULT: 1.0},
    "pressure_low": {Origin.PIPE_RUPTURE: 1.0, Origin.REGULATOR_FAULT: 1.5},
    "pressure_high": {Origin.REGULATOR_FAULT: 3.0, Origin.PIPE_RUPTURE: -2.0},
    "pressure_unusual": {Origin.REGULATOR_FAULT: 1.0, Origin.PIPE_RUPTURE: 0.5, Origin.PIPE_LEAK: 0.5},
    "pressure_wave": {Origin.PIPE_RUPTURE: 3.0, Origin.REGULATOR_FAULT: 0.5},
    "valve_close_failed": {Origin.GAS_LEAK: 0.5, Origin.DEVICE_FAULT: 1.0},
    "regulator_fault": {Origin.REGULATOR_FAULT: 4.0, Origin.PIPE_RUPTURE: -1.0},
    "device_silent": {Origin.DEVICE_FAULT: 1.5, Origin.CARRIER_OUTAGE: 1.0, Origin.POWER_CUT: 0.5},
    "devices_away": {Origin.CARRIER_OUTAGE: 4.0, Origin.DEVICE_FAULT: -2.0},
    "power_lost": {Origin.POWER_CUT: 1.5, Origin.DEVICE_FAULT: 0.5},
    "power_cut": {Origin.POWER_CUT: 4.0, Origin.CARRIER_OUTAGE: -1.0, Origin.DEVICE_FAULT: -2.0},
    "data_missing": {Origin.CARRIER_OUTAGE: 1.0, Origin.DEVICE_FAULT: 0.5},
    **dict.fromkeys(("device_fault", "sensor_stuck", "battery_low", "clock_wrong", "device_ageing"), _DEVICE),
    **dict.fromkeys(("protection_missing", "upkeep_due", "unknown_device", "unknown_quantity"), _DEVICE),
    "quarantine_rate": _DEVICE,
    **dict.fromkeys(("log_space", "log_corrupt", "reader_lag", "broker_dropped", "series_refused"), _OURS),
    **dict.fromkeys(("detector_failed", "break_glass", "escalation_fault", "nobody_on_call", "oncall_gap"), _OURS),
    "canary_late": _OURS,
    "handover_unsigned": _OURS,
    "role_silent": _OURS,
    "dead_man": _OURS,
}
"""Log-odds that one alarm of a sort adds to an origin: own opinions, for no labelled incidents are public."""

_PER_DOUBLING = {
    ("device_silent", Origin.CARRIER_OUTAGE): 1.5,
    ("power_lost", Origin.POWER_CUT): 1.5,
    ("pressure_low", Origin.PIPE_RUPTURE): 0.5,
    ("pressure_low", Origin.REGULATOR_FAULT): 0.5,
}
"""What falls together has one origin."""
_MOST_DOUBLINGS = 4.0


class Verdict(NamedTuple):
    """The likeliest origin.

    Attributes:
        origin: `Origin.UNCLEAR` where nothing outweighs ignorance.
        confidence: its probability.
    """

    origin: Origin
    confidence: float


def vote(alarm: Alarm, assets: Assets) -> str:
    """Give the sort of an alarm, a key of `WEIGHTS`; one that is missing there speaks for nothing."""
    device = assets.devices.get(alarm.device)
    if alarm.kind in GAS_KINDS and device is not None and device.kind is DeviceKind.MANHOLE:
        return "well_gas"
    if alarm.kind is AlarmKind.GAS_SEVERAL and alarm.subject in assets.zones:
        return "well_several"
    sort = f"{alarm.kind}/{alarm.classification}"
    return sort if sort in WEIGHTS else alarm.kind


def weight(sort: str, origin: Origin) -> float:
    return WEIGHTS.get(sort, {}).get(origin, 0.0)


def add(votes: Votes, sort: str) -> Votes:
    """Count one more alarm of a sort."""
    found = dict(votes)
    found[sort] = found.get(sort, 0) + 1
    return tuple(sorted(found.items()))


def judge(votes: Votes) -> Verdict:
    r"""Weigh the votes.

    $p_o = e^{s_o} / (1 + \sum_k e^{s_k})$ over the origins that any vote speaks for, with
    $s_o = \sum_v w_{v,o} + d_{v,o} \min(4, \log_2 n_v)$; the 1 stands for what nobody thought of. Alarms of one sort
    count once, as they have one source, but for those whose number speaks: devices that fall silent together.

    Example:
        >>> judge((("gas_high", 1), ("gas_low", 1)))
        Verdict(origin=<Origin.GAS_LEAK: 'gas_leak'>, confidence=0.991...)
        >>> judge((("device_silent", 1),)).origin, judge((("device_silent", 8),)).origin
        (<Origin.DEVICE_FAULT: 'device_fault'>, <Origin.CARRIER_OUTAGE: 'carrier_outage'>)
    """
    origins = sorted({origin for sort, _ in votes for origin, w in WEIGHTS.get(sort, {}).items() if w > 0})
    scores = {origin: math.exp(sum(_score(sort, count, origin) for sort, count in votes)) for origin in origins}
    total = 1.0 + math.fsum(scores.values())
    best = max(origins, key=lambda origin: scores[origin], default=Origin.UNCLEAR)
    if scores.get(best, 0.0) <= 1.0:
        return Verdict(Origin.UNCLEAR, 1.0 / total)
    return Verdict(best, scores[best] / total)


def _score(sort: str, count: int, origin: Origin) -> float:
    return weight(sort, origin) + _PER_DOUBLING.get((sort, origin), 0.0) * min(_MOST_DOUBLINGS, math.log2(count))


def reaches_area(sort: str) -> bool:
    """Tell whether an origin beyond a single site may be behind an alarm."""
    return any(weight(sort, origin) > 0 for origin in AREA)


def share_area(sort: str, votes: Votes) -> bool:
    """Tell whether one origin beyond a single site may be behind an alarm and behind those that voted."""
    return any(weight(sort, origin) > 0 and any(weight(v, origin) > 0 for v, _ in votes) for origin in AREA)


def share_any(sort: str, votes: Votes) -> bool:
    """Tell whether any origin may be behind both."""
    return any(w > 0 and any(weight(v, origin) > 0 for v, _ in votes) for origin, w in WEIGHTS.get(sort, {}).items())


def sides(sorts: Sequence[str], origin: Origin) -> tuple[list[int], list[int]]:
    """Give the numbers of those that speak for an origin, and of those that speak against it."""
    speaks = [weight(sort, origin) for sort in sorts]
    return [n for n, w in enumerate(speaks) if w > 0], [n for n, w in enumerate(speaks) if w < 0]
