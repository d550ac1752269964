"""Gas in an underground space: out of a pipe, or out of the mud."""

import math
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.binned import Binned, Now, follow, places
from detectors.bounds import ns, positive
from detectors.locate import Numbers, Seen, locator
from detectors.order import Bools, Floats
from detectors.state import NEVER, Array, Columns
from detectors.suspects import ranked
from detectors.watch import Watch
from domain.alarm import AlarmKind
from domain.asset import DeviceKind
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.location import Location
from domain.quantity import Quantity

_KINDS = frozenset({DeviceKind.MANHOLE, DeviceKind.PRESSURE_SENSOR})
_BESIDE = (Quantity.ETHANE_PPM, Quantity.H2S_PPM, Quantity.TEMPERATURE_C, Quantity.IMMERSED)
_HOUR_S, _DAY_S = 3_600.0, 86_400.0
_PPM_PER_PCT_LEL = 500.0
"""Methane, lower limit 5 %VOL."""
_FALL_SPANS, _CLIMB_S = 6.0, 10 * _DAY_S
"""The background follows a fall within an hour and a rise hardly: a slow leak must not become normal."""
_SETTLED_S = _DAY_S
"""Correlations mean nothing before they have seen a whole day."""
_CALM_SPANS = 6
_RISKS_PCT_LEL = (10.0, 25.0, 50.0)
_SURE = 1.0
"""Log-odds; a single weak feature decides nothing."""
_TYPES = {"sewer": -1.0, "storm_drain": -1.0, "septic": -1.0, "power": 1.0, "telecom": 1.0, "valve_pit": 1.0}

Wells = dict[str, Array]


@dataclass(slots=True)
class _Well:
    """Of the gas channel of a well; means over a day unless said."""

    heard: int = 0
    background: float = 0.0
    quick: float = 0.0
    """Over an hour, as is its square."""
    quick_square: float = 0.0
    gas: float = 0.0
    gas_square: float = 0.0
    warmth: float = 0.0
    warmth_square: float = 0.0
    warmth_gas: float = 0.0
    load: float = 0.0
    load_square: float = 0.0
    load_gas: float = 0.0
    lagged_load: float = 0.0
    high: int = 0
    low: int = 0
    rose_ns: int = NEVER
    wet_ns: int = NEVER
    level: int = 0
    onset_ns: int = NEVER


class Feature(NamedTuple):
    """What speaks for or against natural gas.

    Attributes:
        name: word for the reason.
        weight: log-odds, one for each well, 0 where it says nothing.
    """

    name: str
    weight: Array


class ManholeGas(Binned):
    r"""Tell gas that rises above a well's own background, and how likely it is natural gas.

    The background is a lower envelope of the means over spans. Once $x - b \ge r$ in two spans running, the features
    vote: $\operatorname{logit} p = \sum_i w_i$ with first weights that are opinions, since no labelled data are public:
    ethane over methane $\ge$ 0.3 % +4, $<$ 0.05 % with a live ethane channel -4; variation within an hour $> 0.5$ +1,
    $< 0.1$ -1; correlation with temperature $> 0.7$ over a day -1.5, with the load of the nearest main (fall of its
    pressure, an hour before) $> 0.5$ +1; kind of space $\pm 1$; a neighbour that rose within 12 h +1.5; hydrogen
    sulphide $> 1$ ppm -2. Level 1: a rise, of whatever source; level 2: natural gas with
    $\operatorname{logit} p > 1$, or 25 %LEL. The reason says source, probability, explosion risk 0 to 3 (10, 25,
    50 %LEL), the features, neighbours,
    and the pipes around by nearness, age and material, with the risen neighbours as further evidence
    (`detectors.locate`). It is a classification and suppresses nothing: limits alarm
    beside it.

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
        [('onset', 2, 6.0, 'natural 99% risk 0; ethane variable')]

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
        self._span_s, self._settled = span_s, math.ceil(_SETTLED_S / span_s)
        watch = Watch(
            channels,
            (Quantity.GAS_PCT_LEL, Quantity.PRESSURE_KPA, *_BESIDE),
            only=lambda device: device.kind in _KINDS,
        )
        super().__init__(watch=watch, span_s=span_s, lives=Columns(_Well, len(watch)))

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
        beside = {quantity: self._at(mean, slots) for quantity, slots in self._beside.items()}
        gas, load = mean[self._wells], -self._at(mean, self._main)
        wells = {name: array[self._wells] for name, array in self._lives.arrays.items()}
        there = np.isfinite(gas)
        self._learn_from(wells, there, gas, load, beside[Quantity.TEMPERATURE_C])
        wells["wet_ns"][beside[Quantity.IMMERSED] > 0] = now.end_ns
        excess = gas - wells["background"]
        high = there & (excess >= self._rise) & (wells["heard"] > self._learn)
        wells["rose_ns"][high & (wells["high"] == 0)] = now.end_ns
        _count(wells["high"], high, there)
        _count(wells["low"], excess < self._rise / 2, there)
        findings = self._turns(now, gas, wells, beside)
        for name, array in wells.items():
            self._lives[name][self._wells] = array
        return findings

    @staticmethod
    def _at(mean: Floats, slots: npt.NDArray[np.intp]) -> Floats:
        return np.append(mean, np.nan)[slots]

    def _learn_from(self, wells: Wells, there: Bools, gas: Floats, load: Floats, warmth: Floats) -> None:
        first = there & (wells["heard"] == 0)
        for name, value in {"background": gas, "quick": gas, "quick_square": gas * gas}.items():
            wells[name][first] = value[first]
        share = np.maximum(1.0 / (wells["heard"] + 1.0), self._span_s / _DAY_S)
        moved = (1.0 / _FALL_SPANS, 1.0 - math.exp(-self._span_s / _CLIMB_S))
        calm = there & (wells["level"] == 0)
        follow(wells["background"], np.where(gas < wells["background"], *moved), gas, calm)
        hour = 1.0 - math.exp(-self._span_s / _HOUR_S)
        for name, value in {"quick": gas, "quick_square": gas * gas}.items():
            follow(wells[name], hour, value, there)
        for name, value in {"gas": gas, "gas_square": gas * gas}.items():
            follow(wells[name], share, value, there)
        follow(wells["lagged_load"], np.where(wells["heard"] == 0, 1.0, hour), load, there & np.isfinite(load))
        lagged = wells["lagged_load"]
        for name, other in {"warmth": warmth, "load": lagged}.items():
            both = there & np.isfinite(other)
            for moment, value in {name: other, f"{name}_square": other * other, f"{name}_gas": other * gas}.items():
                follow(wells[moment], share, value, both)
        wells["heard"] += there

    def _features(self, now: Now, gas: Floats, wells: Wells, beside: dict[Quantity, Floats]) -> tuple[Feature, ...]:
        ratio = beside[Quantity.ETHANE_PPM] / (_PPM_PER_PCT_LEL * np.maximum(gas, 0.1))
        spread = np.sqrt(np.maximum(wells["quick_square"] - wells["quick"] ** 2, 0.0)) / np.maximum(wells["quick"], 0.1)
        settled = wells["heard"] > self._settled
        warm = settled & (self._correlation(wells, "warmth") > 0.7)  # noqa: PLR2004 - the note's table
        loaded = settled & (self._correlation(wells, "load") > 0.5)  # noqa: PLR2004
        recent = now.end_ns - wells["rose_ns"] <= ns(12 * _HOUR_S)
        return (
            Feature("ethane", 4.0 * (ratio >= 0.003) - 4.0 * (ratio < 0.0005)),  # noqa: PLR2004
            Feature("variable", 1.0 * (spread > 0.5)),  # noqa: PLR2004
            Feature("steady", -1.0 * (spread < 0.1)),  # noqa: PLR2004
            Feature("temperature", -1.5 * warm),
            Feature("load", 1.0 * loaded),
            Feature("space", self._type),
            Feature("neighbours", np.where((self._near & recent).any(axis=1), 1.5, 0.0)),
            Feature("h2s_ppm", -2.0 * (beside[Quantity.H2S_PPM] > 1.0)),
        )

    @staticmethod
    def _correlation(wells: Wells, other: str) -> Floats:
        gas = wells["gas_square"] - wells["gas"] ** 2
        that = wells[f"{other}_square"] - wells[other] ** 2
        both = wells[f"{other}_gas"] - wells[other] * wells["gas"]
        found: Floats = both / np.sqrt(np.maximum(gas * that, 1e-12))
        return found

    def _turns(self, now: Now, gas: Floats, wells: Wells, beside: dict[Quantity, Floats]) -> list[Finding]:
        ended = (wells["level"] > 0) & (wells["low"] == _CALM_SPANS)
        standing = np.isfinite(gas) & (wells["high"] > 1)
        if not (ended | standing).any():
            return []
        features = self._features(now, gas, wells, beside)
        logit = np.sum([feature.weight for feature in features], axis=0)
        level = np.where(standing, 1 + ((logit > _SURE) | (gas >= _RISKS_PCT_LEL[1])), 0)
        findings: list[Finding] = []
        for well in np.flatnonzero(ended | (level > wells["level"])).tolist():
            why = " ".join(feature.name for feature in features if feature.weight[well])
            where = None if ended[well] or logit[well] < -_SURE else self._location(well, wells)
            reason = "" if ended[well] else self._reason(well, logit.item(well), gas.item(well), why, wells, where)
            findings.append(self._turn(now, well, level.item(well), gas.item(well), wells, reason, where))
        return findings

    def _turn(  # noqa: PLR0917 - all of them are told
        self, now: Now, well: int, level: int, gas: float, wells: Wells, reason: str, where: Location | None
    ) -> Finding:
        before = wells["level"].item(well)
        if not before:
            wells["onset_ns"][well] = now.end_ns
        wells["level"][well] = level
        risen = Transition.ESCALATE if before else Transition.ONSET
        return self._tell(
            self._wells.item(well),
            risen if level else Transition.END,
            now,
            onset_ns=wells["onset_ns"].item(well),
            level=level,
            value=round(gas, 2),
            limit=round(wells["background"].item(well) + self._rise, 2),
            reason=reason,
            location=where,
        )

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
        return self._locator.locate(Seen(wells=places)) if near_m <= self._neighbour_m else None

    def _reason(  # noqa: PLR0917 - all of them are told
        self, well: int, logit: float, gas: float, why: str, wells: Wells, where: Location | None
    ) -> str:
        source = "natural" if logit > _SURE else "biogas" if logit < -_SURE else "unclear"
        chance = min(99, round(100 / (1 + math.exp(-logit))))
        risk = np.searchsorted(_RISKS_PCT_LEL, gas, side="right")
        channels, devices = self._watch.channels, self._watch.device[self._wells].tolist()
        risen = np.flatnonzero(self._near[well] & (wells["rose_ns"] != NEVER)).tolist()
        water = " immersed" if wells["wet_ns"][well] != NEVER else ""
        parts = (
            f"{source} {chance}% risk {risk}",
            (why + water).strip(),
            " ".join(channels.devices[devices[other]].id for other in risen),
            ranked(where),
        )
        return "; ".join(part for part in parts if part)


def _count(running: Array, so: Bools, there: Bools) -> None:
    """Count spans running in which something was so; a span without readings changes nothing."""
    running[there] = np.where(so, np.minimum(running + 1, _CALM_SPANS), 0)[there]
