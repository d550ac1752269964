"""More gas comes into a part of the network than leaves it: a leak that no pressure shows."""

import math
from dataclasses import dataclass
from typing import ClassVar, NamedTuple

import numpy as np

from detectors.binned import Binned, Now
from detectors.bounds import positive
from detectors.meters import Meters, Slots, meters
from detectors.order import Floats
from detectors.parts import Parts, by_part
from detectors.state import NEVER, Columns
from detectors.watch import lines
from domain.alarm import AlarmKind
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.network import Network

_NORMAL_KPA, _NORMAL_K = 101.325, 273.15
_HOUR_S, _MEMORY_S = 3_600.0, 14 * 86_400.0
_STEADY = 0.05
"""Share of the usual flow by which it must vary before its slope is believed."""
_QUIET = 8.0
"""The scale is never below this part of the leak that is sought."""
_PAIRS_LEAST = 3
"""So many pairs at least decide."""
_SUSPICIOUS, _FAR = 0.5, 4.0
"""Share of the evidence, and scales, from which on a pair teaches nothing."""


@dataclass(slots=True)
class _Balance:
    """State of a meter or a sensor (its last mean), and of a part, kept under the first of its inlets by name.

    Attributes:
        last: mean of the span before, and its number.
        last_number: NEVER before the first.
        learnt: pairs of spans that taught it.
        flow: mean of what comes in, with the second moments that a regression needs.
        lost: mean imbalance.
        variance: of the corrected imbalance.
        evidence: log-likelihood ratio of a leak against none.
        excess: sum of the corrected imbalance after the first pair that spoke for a leak, and of how many pairs.
    """

    last: float = 0.0
    last_number: int = NEVER
    learnt: int = 0
    flow: float = 0.0
    flow_square: float = 0.0
    lost: float = 0.0
    flow_lost: float = 0.0
    variance: float = 0.0
    evidence: float = 0.0
    excess: float = 0.0
    since: int = 0
    level: int = 0
    onset_ns: int = NEVER


class BalanceNumbers(NamedTuple):
    """What is sought, and how sure it must be.

    Attributes:
        learn_s: how long a part is watched before it is judged, seconds; a day at least, for its loads.
        leak_m3h: smallest leak worth finding.
        leak_share: or this share of what usually comes in, if that is more: meters are no better.
        false_alarm: probability of one for each decision.
        miss: probability of missing a leak of that size.
    """

    learn_s: float
    leak_m3h: float
    leak_share: float
    false_alarm: float
    miss: float


class _Section(NamedTuple):
    keeper: int
    inlets: Slots
    outlets: Slots
    sensors: Slots
    m3h_per_kpa: float
    """What fills its pipes while their pressure rises by 1 kPa within a span."""


class MassBalance(Binned):
    r"""Tell a part of the network into which more flows than out of it, line pack and meters' errors taken away.

    Over two spans $y = Q_{in} - Q_{out} - \dot L$ with the line pack $L = V \bar p / p_n \cdot T_n / (T Z)$ of all its
    pipes, from the mean change of its pressure sensors. Meters err by a share of the flow: $e = y - \bar y - b (Q_{in}
    - \bar Q_{in})$ with a regression over fourteen days. Between no leak, $e \sim N(0, \sigma^2)$, and one of $\delta$,
    Wald's sequential test decides: $S \leftarrow S + \delta / \sigma^2 (e - \delta / 2)$, a leak at $S \ge
    \ln((1 - \beta) / \alpha)$, none at $S \le \ln(\beta / (1 - \alpha))$, where it starts anew. A leak stands until the
    same test has given all its evidence back. Suspicious pairs teach nothing.

    Parts are judged where meters stand at everything that feeds them, at every regulator that leads on and at every
    customer, and a pressure sensor stands in them. Without a network there are none.

    Args:
        channels: the numbering, with the network.
        span_s: over which flows and pressures are averaged, seconds. Longer is quieter and later.
        numbers: see `BalanceNumbers`.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind, Tier
        >>> from domain.network import Friction, Gas, Node, Pipe, Regulator
        >>> from domain.quantity import Quantity
        >>> nodes = (Node("IN", fixed_pressure_pa_abs=4e5), Node("A"), Node("B"), Node("OUT", demand_kg_s=1.0))
        >>> pipe = Pipe("P", "A", "B", 900.0, 0.1)
        >>> regulators = (Regulator("R-1", "IN", "A", 2.6e5), Regulator("R-2", "B", "OUT", 1.02e5))
        >>> gas = Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5)
        >>> network = Network(gas, 1e5, Friction.GB50028, nodes, (pipe,), regulators)
        >>> meters = [Device(id=f"F-{at}", kind=DeviceKind.FLOW_METER, site=at) for at in ("A", "B")]
        >>> sensor = Device(id="P-1", kind=DeviceKind.PRESSURE_SENSOR, site="B", tier=Tier.MEDIUM_B)
        >>> assets = Assets({}, {}, {device.id: device for device in (*meters, sensor)}, network)
        >>> channels, told = Channels(assets), []
        >>> numbers = BalanceNumbers(learn_s=6_000, leak_m3h=10, leak_share=0.01, false_alarm=1e-6, miss=0.01)
        >>> detector = MassBalance(channels=channels, span_s=300, numbers=numbers)
        >>> flow, pressure = Quantity.FLOW_M3H, Quantity.PRESSURE_KPA
        >>> for span in range(60):
        ...     at = {("F-A", flow): 130.0 if span > 40 else 102.0, ("F-B", flow): 100.0, ("P-1", pressure): 160.0}
        ...     for key, value in at.items():
        ...         told += detector.update(series(channels.find(*key), [300 * span], [value]))
        ...     told += detector.advance(300 * (span + 1) * 10**9, span)
        >>> [(f.device, f.transition.value, f.value, f.limit) for f in told]
        [('F-A', 'onset', 28.0, 10)]

    References:
        [1] Wald, A. (1945). Sequential tests of statistical hypotheses. Ann. Math. Statist. 16, 117-186.
        [2] API RP 1149 (pipeline variable uncertainties and leak detectability).
    """

    NAME: ClassVar[str] = "mass_balance"
    KIND: ClassVar[AlarmKind] = AlarmKind.MASS_BALANCE

    def __init__(self, *, channels: Channels, span_s: float, numbers: BalanceNumbers) -> None:
        positive(**numbers._asdict())
        self._numbers, self._span_s = numbers, span_s
        self._pairs = math.ceil(numbers.learn_s / (2 * span_s))
        self._most_pairs = _MEMORY_S / (2 * span_s)
        self._leak = math.log((1 - numbers.miss) / numbers.false_alarm)
        self._tight = math.log(numbers.miss / (1 - numbers.false_alarm))
        network = channels.assets.network
        self._drawn = None if network is None else Parts(network)
        watch = lines(channels)
        super().__init__(watch=watch, span_s=span_s, lives=Columns(_Balance, len(watch)))

    def _grown(self) -> None:
        self._sections: list[_Section] = []
        if self._drawn is None:
            return
        sensors, found = by_part(self._watch, self._drawn), Meters(self._drawn, meters(self._watch))
        for part in range(len(self._drawn)):
            inlets, outlets = found.inlets(part), found.outlets(part)
            if len(inlets) and len(outlets) and part in sensors:
                keeper = min(inlets.tolist(), key=lambda slot: self._watch.device_at(slot).id)
                filling = filling_m3_kpa(self._drawn.network, self._drawn, part) * _HOUR_S / self._span_s
                self._sections.append(_Section(keeper, inlets, outlets, sensors[part], filling))

    def _judge(self, now: Now, mean: Floats) -> list[Finding]:
        balance = self._lives
        goes_on = balance["last_number"] == now.number - 1
        change = np.where(goes_on, mean - balance["last"], np.nan)
        level = np.where(goes_on, (mean + balance["last"]) / 2, np.nan)
        there = np.isfinite(mean)
        balance["last"][there], balance["last_number"][there] = mean[there], now.number
        if now.number % 2:  # pairs of spans that share none are independent
            return []
        found = [self._pair(now, section, level, change) for section in self._sections]
        return [finding for findings in found for finding in findings]

    def _pair(self, now: Now, section: _Section, level: Floats, change: Floats) -> list[Finding]:
        flow = float(level[section.inlets].sum())
        rising = change[section.sensors]
        rising = rising[np.isfinite(rising)]
        lost = flow - float(level[section.outlets].sum())
        if not math.isfinite(lost) or not len(rising):
            return []
        lost -= section.m3h_per_kpa * float(rising.mean())
        life: _Balance = self._lives.read(section.keeper)
        excess = lost - life.lost - _slope(life) * (flow - life.flow)
        sought = max(self._numbers.leak_m3h, self._numbers.leak_share * life.flow)
        if life.learnt >= self._pairs:
            self._weigh(life, excess, sought)
        if not self._is_suspicious(life, excess, sought):
            self._learn(life, flow, lost, excess)
        findings = self._turn(now, section.keeper, life, sought)
        self._lives.write(section.keeper, life)
        return findings

    def _is_suspicious(self, life: _Balance, excess: float, sought: float) -> bool:
        if life.learnt < self._pairs:
            return False
        far = abs(excess) > max(sought / 2, _FAR * math.sqrt(life.variance))
        return far or life.level > 0 or life.evidence >= _SUSPICIOUS * self._leak

    def _weigh(self, life: _Balance, excess: float, sought: float) -> None:
        variance = max(life.variance, (sought / _QUIET) ** 2)
        most = self._leak / (_PAIRS_LEAST - 0.5)
        goes_on = life.evidence > 0.0  # its first pair may have seen half of the leak alone
        life.evidence += max(-most, min(most, sought / variance * (excess - sought / 2)))
        life.evidence = min(life.evidence, self._leak)
        life.excess, life.since = (life.excess + excess, life.since + 1) if goes_on else (0.0, 0)
        if life.evidence <= (0.0 if life.level else self._tight):
            life.evidence = 0.0

    def _learn(self, life: _Balance, flow: float, lost: float, excess: float) -> None:
        share = 1 / min(life.learnt + 1.0, self._most_pairs)
        life.flow += share * (flow - life.flow)
        life.flow_square += share * (flow * flow - life.flow_square)
        life.lost += share * (lost - life.lost)
        life.flow_lost += share * (flow * lost - life.flow_lost)
        if life.learnt:
            life.variance += share * (excess * excess - life.variance)
        life.learnt = min(life.learnt + 1, 1_000_000)

    def _turn(self, now: Now, slot: int, life: _Balance, sought: float) -> list[Finding]:
        begins = not life.level and life.evidence >= self._leak
        ends = life.level > 0 and life.evidence == 0.0
        if not begins and not ends:
            return []
        life.level = int(begins)
        transition = Transition.ONSET if begins else Transition.END
        value = round(life.excess / life.since, 1) if begins else None
        limit = round(sought, 1) if begins else None
        if begins:
            life.onset_ns = now.end_ns
        return [self._tell(slot, transition, now, onset_ns=life.onset_ns, level=life.level, value=value, limit=limit)]


def _slope(life: _Balance) -> float:
    """Give the meters' error as a share of the flow; nothing while the flow hardly varied."""
    variance = life.flow_square - life.flow**2
    return (life.flow_lost - life.flow * life.lost) / (max(variance, 0.0) + (_STEADY * life.flow) ** 2 + 1e-9)


def filling_m3_kpa(network: Network, parts: Parts, part: int) -> float:
    """Give how much gas fills the pipes of a part for each kPa, normal cubic metres."""
    pipes = (pipe for pipe in network.pipes if pipe.in_service and parts.of(pipe.from_node) == part)
    volume_m3 = math.fsum(math.pi / 4 * pipe.inner_diameter_m**2 * pipe.length_m for pipe in pipes)
    return volume_m3 / _NORMAL_KPA * _NORMAL_K / (network.gas.temperature_k * network.gas.z)
