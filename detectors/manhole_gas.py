"""Gas in an underground space: out of a pipe, or out of the mud."""

import math
from dataclasses import replace
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.binned import Binned, Now, follow, places
from detectors.bounds import ns, positive
from detectors.locate import Numbers, locator
from detectors.locate import Seen as Measured
from detectors.order import Bools, Floats, Ints
from detectors.state import NEVER, Array, Columns
from detectors.suspects import ranked
from detectors.watch import Watch
from detectors.wells import SETTLED_S, Around, Seen, Well, Wells, features, learn, rose_everywhere
from domain.alarm import AlarmKind
from domain.asset import DeviceKind
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.location import Location
from domain.quantity import Quantity

_KINDS = frozenset({DeviceKind.MANHOLE, DeviceKind.PRESSURE_SENSOR})
_BESIDE = (Quantity.ETHANE_PPM, Quantity.H2S_PPM, Quantity.TEMPERATURE_C, Quantity.IMMERSED)
_FALL_SPANS, _CLIMB_S = 6.0, 10 * 86_400.0
"""The background follows a fall within an hour and a rise hardly: a slow leak must not become normal."""
_CALM_SPANS = 6
_SEQUENCE_S = 12 * 3_600.0
_RISKS_PCT_LEL = (10.0, 25.0, 50.0)
_SURE = 1.0
"""Log-odds; a single weak feature decides nothing."""
_NATURAL, _BIOGAS, _UNCLEAR = 1, -1, 0
_WORDS = {_NATURAL: "natural", _BIOGAS: "biogas", _UNCLEAR: "unclear"}
_STEPS_PCT_LEL = {
    _NATURAL: (0.0, 5.0, 20.0, 50.0),
    _BIOGAS: (10.0, 20.0, 50.0, 100.0),
    _UNCLEAR: (0.0, 5.0, 50.0, 100.0),
}
"""From which level of gas on each level of alarm is reached (level table)."""
_TYPES = {"sewer": -1.0, "storm_drain": -1.0, "septic": -1.0, "power": 1.0, "telecom": 1.0, "valve_pit": 1.0}


class ManholeGas(Binned):
    r"""Tell gas that rises above a well's own background, and how likely it is natural gas.

    The background is a lower envelope of the means over spans. Once $x - b \ge r$ in two spans running, the features
    vote: $\operatorname{logit} p = \sum_i w_i$ with first weights that are opinions, since no labelled data are public:

    | feature | log-odds of natural gas |
    |---|---|
    | ethane at least 0.3 % of the methane; under 0.05 % from a live instrument | +4; -4 |
    | above its mean of an hour by more than 2 %LEL and than the background: faster than stirred mud | +1.5 |
    | above ten times the background: more than stirred mud | +1.5 |
    | its variation within an hour above 0.5; below 0.1 | +1; -1 |
    | correlation over a day with the warmth, now or by lags of 2 or 6 h, above 0.7 | -1.5 |
    | the same with the load of the nearest main (fall of its pressure) by a lag of 1 h above 0.5 | +1 |
    | mean of a day grows although it is not getting warmer, and without the rhythm of warmth | +1 |
    | power, telecom, valve pit; sewer, drain, septic | +1; -1 |
    | a neighbour rose before or after it, within 12 h | +1.5 |
    | so did many wells far from it: weather | -1.5 |
    | hydrogen sulphide above 1 ppm | -2 |

    It is natural gas from $\operatorname{logit} p > 1$, biogas from $< -1$, else unclear. Levels 1 to 4 by its gas:
    natural 0, 5, 20, 50 %LEL; biogas 10, 20, 50, 100; unclear 0, 5, 50, 100. It suppresses nothing: limits alarm beside
    it. The reason says source, probability of natural gas, explosion risk 0 to 3 (10, 25, 50 %LEL), features, those
    beside it that rose, and the pipes around by nearness, age and material, with the
    risen neighbours as further evidence (`detectors.locate`).

    Args:
        channels: the numbering; sites with coordinates and a network add neighbours and pipes.
        span_s: over which readings are averaged, seconds. Longer is quieter and later.
        rise_pct_lel: $r$, %LEL above the background. Above the daily swing of biogas.
        learn_s: how long a well is heard before it may raise, seconds.
        neighbour_m: wells within so many metres are neighbours, and pipes within as much may be the source.
        locating: numbers of `detectors.locate`.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device
        >>> device = Device(id="MH-1", kind=DeviceKind.MANHOLE, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> locating = Numbers(75, 0.05, 1.4e-4, 600, 0.05, 2e-5, 0.2, 0.05, 30)
        >>> detector = ManholeGas(
        ...     channels=channels, span_s=60, rise_pct_lel=3, learn_s=300, neighbour_m=300, locating=locating
        ... )
        >>> gas, ethane = channels.find("MH-1", Quantity.GAS_PCT_LEL), channels.find("MH-1", Quantity.ETHANE_PPM)
        >>> told = []
        >>> for minute in range(12):
        ...     level = 1.0 if minute < 8 else 6.0
        ...     told += detector.update(series(gas, [60 * minute], [level]))
        ...     told += detector.update(series(ethane, [60 * minute], [level * 500 * 0.04]))
        ...     told += detector.advance(60 * (minute + 1) * 10**9, minute)
        >>> [(f.transition.value, f.level, f.value, f.reason) for f in told]
        [('onset', 2, 6.0, 'natural 99% risk 0; ethane fast variable')]

    References:
        [1] Sustainability 15(24) 16637 (methane in sewer wells, laser survey).
        [2] Elementa 9(1) 00008 (advection and diffusion of natural gas from a buried leak).
    """

    NAME: ClassVar[str] = "manhole_gas"
    KIND: ClassVar[AlarmKind] = AlarmKind.MANHOLE_GAS

    def __init__(
        self,
        *,
        channels: Channels,
        span_s: float,
        rise_pct_lel: float,
        learn_s: float,
        neighbour_m: float,
        locating: Numbers,
    ) -> None:
        positive(rise_pct_lel=rise_pct_lel, learn_s=learn_s, neighbour_m=neighbour_m)
        self._rise, self._learn, self._neighbour_m = rise_pct_lel, math.ceil(learn_s / span_s), neighbour_m
        self._locator = locator(channels, locating)
        self._span_s, self._settled = span_s, math.ceil(SETTLED_S / span_s)
        watch = Watch(
            channels,
            (Quantity.GAS_PCT_LEL, Quantity.PRESSURE_KPA, *_BESIDE),
            only=lambda device: device.kind in _KINDS,
        )
        super().__init__(watch=watch, span_s=span_s, lives=Columns(Well, len(watch)))

    def _grown(self) -> None:
        """Find the gas channels, what is measured beside each, the nearest main, and the neighbours."""
        watch, channels = self._watch, self._watch.channels
        quantity = [watch.quantity_at(slot) for slot in range(len(watch))]
        self._wells = np.array([s for s, q in enumerate(quantity) if q is Quantity.GAS_PCT_LEL], np.intp)
        slot_of = {(watch.device.item(slot), q): slot for slot, q in enumerate(quantity)}
        devices = watch.device[self._wells]
        self._beside = {q: np.array([slot_of.get((d, q), -1) for d in devices.tolist()], np.intp) for q in _BESIDE}
        east, north = places(channels)
        apart = np.hypot(east[devices, None] - east[devices], north[devices, None] - north[devices])
        np.fill_diagonal(apart, np.inf)
        self._near: Bools = apart <= self._neighbour_m
        mains = np.array([s for s, q in enumerate(quantity) if q is Quantity.PRESSURE_KPA], np.intp)
        away = np.hypot(
            east[devices, None] - east[watch.device[mains]], north[devices, None] - north[watch.device[mains]]
        )
        away[np.isnan(away)] = np.inf
        found = len(mains) > 0 and len(devices) > 0
        self._main = mains[away.argmin(axis=1)] if found else np.full(len(devices), -1, np.intp)
        sites = [channels.assets.sites.get(channels.devices[d].site) for d in devices.tolist()]
        self._type = np.array([_TYPES.get(site.type, 0.0) if site else 0.0 for site in sites])

    def _judge(self, now: Now, mean: Floats) -> list[Finding]:
        ethane, sulphide, warmth, wet = (self._at(mean, self._beside[quantity]) for quantity in _BESIDE)
        seen = Seen(mean[self._wells], ethane, sulphide, warmth, -self._at(mean, self._main))
        wells = {name: array[self._wells] for name, array in self._lives.arrays.items()}
        there = np.isfinite(seen.gas)
        self._lower(wells, there, seen.gas)
        learn(wells, there, seen, self._span_s)
        wells["wet_ns"][wet > 0] = now.end_ns
        excess = seen.gas - wells["background"]
        high = there & (excess >= self._rise) & (wells["heard"] > self._learn)
        wells["rose_ns"][high & (wells["high"] == 0)] = now.end_ns
        _count(wells["high"], high, there)
        _count(wells["low"], excess < self._rise / 2, there)
        findings = self._turns(now, seen, wells, excess)
        for name, array in wells.items():
            self._lives[name][self._wells] = array
        return findings

    @staticmethod
    def _at(mean: Floats, slots: npt.NDArray[np.intp]) -> Floats:
        return np.append(mean, np.nan)[slots]

    def _lower(self, wells: Wells, there: Bools, gas: Floats) -> None:
        """Let the background follow, unless there is an alarm."""
        first = there & (wells["heard"] == 0)
        wells["background"][first] = gas[first]
        moved = (1.0 / _FALL_SPANS, 1.0 - math.exp(-self._span_s / _CLIMB_S))
        share = np.where(gas < wells["background"], *moved)
        follow(wells["background"], share, gas, there & (wells["level"] == 0))

    def _around(self, now: Now, wells: Wells, excess: Floats) -> Around:
        rose = wells["rose_ns"]
        recent = self._near & (now.end_ns - rose <= ns(_SEQUENCE_S))[None, :]
        sequence = (recent & (rose[:, None] != rose[None, :])).any(axis=1)
        everywhere = rose_everywhere(excess, self._rise, self._near)
        return Around(self._type, sequence, everywhere, wells["heard"] > self._settled)

    def _turns(self, now: Now, seen: Seen, wells: Wells, excess: Floats) -> list[Finding]:
        gas = seen.gas
        ended = (wells["level"] > 0) & (wells["low"] == _CALM_SPANS)
        standing = np.isfinite(gas) & (wells["high"] > 1)
        if not (ended | standing).any():
            return []
        known = features(wells, seen, self._around(now, wells, excess))
        logit = np.sum([feature.weight for feature in known], axis=0)
        source = np.where(logit > _SURE, _NATURAL, np.where(logit < -_SURE, _BIOGAS, _UNCLEAR))
        level = np.where(standing, _levels(source, gas), 0)
        findings: list[Finding] = []
        for well in np.flatnonzero(ended | (level > wells["level"])).tolist():
            end = bool(ended[well])
            why = " ".join(feature.name for feature in known if feature.weight[well])
            verdict = _Verdict(int(source[well]), _probability(logit.item(well)), "" if end else why)
            findings.append(self._turn(now, well, 0 if end else level.item(well), gas.item(well), wells, verdict))
        return findings

    def _turn(self, now: Now, well: int, level: int, gas: float, wells: Wells, verdict: "_Verdict") -> Finding:  # noqa: PLR0917 - all of them are told
        before = wells["level"].item(well)
        if not before:
            wells["onset_ns"][well] = now.end_ns
        wells["level"][well] = level
        risen = Transition.ESCALATE if before else Transition.ONSET
        where = self._location(well, wells) if level and verdict.source != _BIOGAS else None
        told = self._tell(
            self._wells.item(well),
            risen if level else Transition.END,
            now,
            onset_ns=wells["onset_ns"].item(well),
            level=level,
            value=round(gas, 2),
            limit=round(wells["background"].item(well) + self._rise, 2),
            reason=self._reason(well, verdict, gas, wells, where) if level else "",
            location=where,
        )
        return replace(told, classification=_WORDS[verdict.source], confidence=verdict.confidence) if level else told

    def _location(self, well: int, wells: Wells) -> Location | None:
        """Look for the pipe by this well and its risen neighbours; None where none is near."""
        risen = self._near[well] & (wells["rose_ns"] != NEVER)
        risen[well] = True
        channels, devices = self._watch.channels, self._watch.device[self._wells[risen]].tolist()
        sites = [channels.assets.sites.get(channels.devices[device].site) for device in devices]
        places = [(site.lon, site.lat) for site in sites if site]
        if self._locator is None or not places:
            return None
        near_m = min(float(self._locator.sections.from_m(*place).min()) for place in places)
        return self._locator.locate(Measured(wells=places)) if near_m <= self._neighbour_m else None

    def _reason(self, well: int, verdict: "_Verdict", gas: float, wells: Wells, where: Location | None) -> str:
        risk = np.searchsorted(_RISKS_PCT_LEL, gas, side="right")
        channels, devices = self._watch.channels, self._watch.device[self._wells].tolist()
        risen = np.flatnonzero(self._near[well] & (wells["rose_ns"] != NEVER)).tolist()
        water = " immersed" if wells["wet_ns"][well] != NEVER else ""
        parts = (
            f"{_WORDS[verdict.source]} {min(99, round(100 * verdict.natural))}% risk {risk}",
            (verdict.why + water).strip(),
            " ".join(channels.devices[devices[other]].id for other in risen),
            ranked(where),
        )
        return "; ".join(part for part in parts if part)


class _Verdict(NamedTuple):
    source: int
    natural: float
    why: str

    @property
    def confidence(self) -> float:
        """Probability of the source that is named; of the likelier one where neither is."""
        natural = self.natural if self.source == _NATURAL else 1.0 - self.natural
        return round(natural if self.source else max(natural, 1.0 - natural), 4)


def _probability(logit: float) -> float:
    return 1.0 / (1.0 + math.exp(-logit))


def _levels(source: Ints, gas: Floats) -> Ints:
    """Give the level of each well; 0 for little biogas, which is told of when there is more."""
    steps = np.array([_STEPS_PCT_LEL[int(one)] for one in source.tolist()], np.float64).reshape(-1, 4)
    levels: Ints = (gas[:, None] >= steps).sum(axis=1)
    return levels


def _count(running: Array, so: Bools, there: Bools) -> None:
    """Count spans running in which something was so; a span without readings changes nothing."""
    running[there] = np.where(so, np.minimum(running + 1, _CALM_SPANS), 0)[there]
