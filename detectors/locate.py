"""Where the network leaks: the sections of pipes ranked by what pressures, meters and wells say together."""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.grid import Grid, Working
from detectors.order import Floats
from detectors.parts import Parts
from detectors.sections import Place, cut
from domain.channels import Channels
from domain.location import Location, PipeShare
from domain.network import Network
from domain.rulebook import Rulebook

Column = Floats | Sequence[float]
Index = npt.NDArray[np.intp]
_LEAKS_KG_S = np.geomspace(2e-4, 2.0, 33)
"""From a pin-hole to a main torn off, as likely in each factor of its size."""
_LOADS = (0.05, 0.1, 0.2, 0.35, 0.5, 0.7, 0.85, 1.0, 1.2, 1.5)
_LOAD_STEPS = 2
"""Of Newton's method, from the nearest of these loads."""
_SHOWN, _LEAST, _WEIGHED, _REFINED = 5, 0.01, 300, 200
_PASSES = 4
"""The network is linearised anew around the best leak so far; a torn main needs so many."""
_SOIL_FLOOR = 1e-6
"""Gas may have come from farther than soil lets it: a well rules nothing out."""


class Numbers(NamedTuple):
    """Numbers of the rulebook that locating needs.

    Attributes:
        section_m: longest piece of a pipe.
        demand: share by which the whole town's draw may differ from what is usual.
        appliance_kg_s: what one appliance draws: a node's draw is a number of them, and as uncertain as a count.
        use_s: how long one is used, on average.
        elsewhere: probability, before anything is measured, that no pipe of the network is the cause.
        noise: smallest deviation that is believed of a pressure, as a share of it.
        tangent: share of a change by which the network's tangents may be wrong.
        secant: the same, of its secants.
        soil_m: within it gas in soil becomes e times less likely to be found.
        apart: share by which each part of the network may draw more or less than the town does.
    """

    section_m: float
    demand: float
    appliance_kg_s: float
    use_s: float
    elsewhere: float
    noise: float
    tangent: float
    secant: float
    soil_m: float
    apart: float = 0.0


@dataclass(frozen=True, slots=True)
class Seen:
    """What was measured, against what would be usual.

    Attributes:
        nodes: of pressures, by id.
        usual_pa: gauge pressure there without a leak.
        change_pa: measured minus usual.
        noise_pa: standard deviation of that without a leak.
        meters: nodes of flow meters, by id.
        more_kg_s: measured minus usual.
        meter_noise_kg_s: standard deviation of that.
        wells: longitude and latitude where natural gas was found in the ground.
        span_s: over which pressures and flows were averaged.
    """

    nodes: Sequence[str] = ()
    usual_pa: Column = ()
    change_pa: Column = ()
    noise_pa: Column = ()
    meters: Sequence[str] = ()
    more_kg_s: Column = ()
    meter_noise_kg_s: Column = ()
    wells: Sequence[Place] = ()
    span_s: float = 0.0


class _Sight(NamedTuple):
    """What was seen at one time, and what the network makes of it; covariances are inverted."""

    seen: Seen
    load: float
    working: Working
    residual: Floats
    answers: Floats
    rough: Floats
    fine: Floats


class Locator:
    r"""Bayes over sections of pipes.

    A leak of mass flow $m$ in section $j$ changes what is measured by $m s_j$, where $s_j$ is linear in the network's
    state: pressures fall and meters see more by `detectors.grid`, at the share of the demands that fits the usual
    pressures best. With residuals $r$ and their covariance $\Sigma$, $p(j \mid r) \propto p(j) \sum_m \exp(-\tfrac12
    (r - m s_j)^T \Sigma^{-1} (r - m s_j))$, $m$ from 0.2 g/s to 2 kg/s in equal ratios. $\Sigma$ holds the noise of
    each sensor, and what a town that draws more than usual does to all of them together, and each part of it and each
    node for itself: so a cold evening points at no pipe. $p(j)$ is length times weakness (`detectors.suspects`); a well
    with gas adds $e^{-d / l}$ of its distance. "Elsewhere" is a cause that moves each sensor for itself by as much as
    the largest residual, or one of them alone by what it shows. The place told is the section from which the expected
    distance to the leak is least. Of one leak that was seen at several times the logarithms add up, for each size.

    Args:
        network: as it is configured.
        numbers: of the rulebook.

    References:
        [1] Pudar, Liggett (1992), Leaks in pipe networks (location by sensitivities of pressures).
        [2] Kaipio, Somersalo (2005), Statistical and computational inverse problems (approximation error in $\Sigma$).
    """

    def __init__(self, network: Network, numbers: Numbers) -> None:
        self.grid, self._numbers = Grid(network), numbers
        self.sections = cut(self.grid, numbers.section_m)
        parts = Parts(network)
        of_node = np.array([parts.of(node.id) for node in network.nodes], np.intp)
        self._of_part = (of_node[:, None] == np.arange(len(parts))).astype(np.float64)

    def locate(self, seen: Seen) -> Location:
        """Rank the sections (see the class); the same data give the same answer."""
        weight, elsewhere = self.weigh(seen)
        return self._location(weight, elsewhere)

    def judge(self, *times: Seen) -> tuple[float, Location]:
        """Give how much likelier a leak somewhere is than none, as a logarithm, and where it is then.

        One leak, seen at several times by the same instruments: at night, by day and at the peak it shows differently.
        """
        log, log_elsewhere = self._logs(times)
        return _log_sum(log), self._location(*_shares(log, log_elsewhere))

    def weigh(self, seen: Seen) -> tuple[Floats, float]:
        """Give the probability of each section, and of elsewhere; together 1."""
        return _shares(*self._logs((seen,)))

    def _logs(self, times: Sequence[Seen]) -> tuple[Floats, float]:
        """Give the logarithms of prior and likelihood of each section and of elsewhere, against no leak."""
        log = np.log(self.sections.prior) + self._soil([well for seen in times for well in seen.wells])
        log -= np.log(np.exp(log).sum())  # a well says where in the network, not whether
        log_elsewhere = float(np.log(self._numbers.elsewhere / (1 - self._numbers.elsewhere)))
        sights = [self._sight(seen) for seen in times if len(seen.nodes) + len(seen.meters)]
        if sights:
            log, other = self._evidence(sights, log)
            log_elsewhere += other
        return log, log_elsewhere

    def _soil(self, wells: Sequence[Place]) -> Floats:
        log = np.zeros(len(self.sections.pipe))
        for lon, lat in wells:
            log += np.log(_SOIL_FLOOR + np.exp(-self.sections.from_m(lon, lat) / self._numbers.soil_m))
        return log

    def _sight(self, seen: Seen) -> _Sight:
        working, load = self.fitting(seen)
        answers = self._answers(working, seen)
        residual = np.array([*seen.change_pa, *seen.more_kg_s], np.float64)
        rough, fine = (
            self._noise(seen, residual, answers, load, wrong) for wrong in (self._numbers.tangent, self._numbers.secant)
        )
        return _Sight(seen, load, working, residual, answers, _inverse(rough), _inverse(fine))

    def _evidence(self, sights: Sequence[_Sight], log: Floats) -> tuple[Floats, float]:
        """Add the log-likelihood to that of each section, and give that of elsewhere.

        All sections are judged by the tangents of the network without a leak. Where these speak for one, the best
        sections are judged by the tangents of the network that has the likeliest leak so far: with several passes also
        where it moves more gas than all customers.
        """
        gain, leak_kg_s = _gains([_fit(of, self.sections.between(of.answers, self.grid), of.rough) for of in sights])
        if _log_sum(log + gain) < 0:
            return log + gain, _elsewhere([(of.residual, of.rough) for of in sights])
        best = np.argsort(-(log + gain), kind="stable")[:_REFINED]
        leak_kg_s = leak_kg_s[best]
        bases = [[(of.working, np.zeros((1, len(self.grid.demand_kg_s))))] for of in sights]
        top: list[int] = []
        for _ in range(_PASSES):
            out = self._outflows(best, leak_kg_s)
            shown = [self._shown(ways, out, of.seen) for ways, of in zip(bases, sights, strict=True)]
            gain, leak_kg_s = _gains(
                [_fit(of, (one / leak_kg_s[:, None]).T, of.fine) for one, of in zip(shown, sights, strict=True)]
            )
            before, top = top, [int((log[best] + gain).argmax())]
            if before == top:
                break
            out = self._outflows(best[top], leak_kg_s[top])
            for ways, of in zip(bases, sights, strict=True):
                ways[1:] = [(self.grid.settled(of.load * self.grid.demand_kg_s + out[0]), out)]
        refined = np.full(len(log), -np.inf)
        refined[best] = log[best] + gain
        return refined, _elsewhere([(of.residual, of.fine) for of in sights])

    def _shown(self, bases: Sequence[tuple[Working, Floats]], out_kg_s: Floats, seen: Seen) -> Floats:
        """Give what instruments see of each case, from that base from which the way to it is straightest."""
        found = [self.grid.answer(base, out_kg_s - out) for base, out in bases]
        nearest = np.array([one.bend_kg_s for one in found]).argmin(axis=0), np.arange(len(out_kg_s))
        usual, meters = bases[0][0], self._numbered(seen.meters)
        pressure_pa = np.stack([base.pressure_pa - one.fall_pa for one, (base, _) in zip(found, bases, strict=True)])
        flow_kg_s = np.stack([one.flow_kg_s for one in found])[nearest]
        change_pa = (pressure_pa[nearest] - usual.pressure_pa)[:, self._numbered(seen.nodes)]
        more = self.grid.metered(flow_kg_s, meters) - self.grid.metered(usual.flow_kg_s[None], meters)
        return np.concatenate([change_pa, more], axis=1)

    def information(self, seen: Seen, load: float) -> Floats:
        r"""Tell how well a leak in each section shows: $s^T \Sigma^{-1} s$, one over the variance of its mass flow.

        Args:
            seen: which instruments there are, with what is usual and their noise; what they measured does not matter.
            load: share of the demands.
        """
        answers = self._answers(self.grid.working(load), seen)
        shape = self.sections.between(answers, self.grid)
        weighing = _inverse(self._noise(seen, np.zeros(len(answers)), answers, load, 0.0))
        found: Floats = np.einsum("is,ij,js->s", shape, weighing, shape)
        return found

    def _outflows(self, sections: Index, leak_kg_s: Floats) -> Floats:
        """Give what a leak in each of these sections takes out of each node: of the two ends, by their nearness."""
        of, rows = self.sections, np.arange(len(sections))
        out = np.zeros((len(sections), len(self.grid.demand_kg_s)))
        out[rows, self.grid.tail[of.pipe[sections]]] = (1 - of.share[sections]) * leak_kg_s
        out[rows, self.grid.head[of.pipe[sections]]] = of.share[sections] * leak_kg_s
        return out

    def fitting(self, seen: Seen) -> tuple[Working, float]:
        """Find the share of the demands at which the network has the usual pressures."""
        load = self.load_near(seen)
        working = self.grid.working(load)
        if not len(seen.nodes):
            return working, load
        at, usual_pa, sure_pa = self._usual(seen)
        for _ in range(_LOAD_STEPS):
            slope = -self.grid.falls(working, at) @ self.grid.demand_kg_s / sure_pa
            step = float(slope @ ((usual_pa - working.pressure_pa[at]) / sure_pa)) / max(float(slope @ slope), 1e-12)
            load = min(max(load + step, load / 2), 2 * load)
            working = self.grid.settled(load * self.grid.demand_kg_s)
        return working, load

    def load_near(self, seen: Seen) -> float:
        """Give the nearest of a few shares of the demands."""
        at, usual_pa, sure_pa = self._usual(seen)
        workings = {load: self.grid.working(load) for load in _LOADS}
        misfit = {load: float((((w.pressure_pa[at] - usual_pa) / sure_pa) ** 2).sum()) for load, w in workings.items()}
        return min(_LOADS, key=lambda share: (misfit[share], share))

    def _usual(self, seen: Seen) -> tuple[Index, Floats, Floats]:
        """Give the nodes of the pressures, what is usual there (absolute), and how sure that is."""
        at = self._numbered(seen.nodes)
        usual_pa = np.array(seen.usual_pa, np.float64) + self.grid.ambient_pa[at]
        return at, usual_pa, np.maximum(seen.noise_pa, self._numbers.noise * usual_pa)

    def _answers(self, working: Working, seen: Seen) -> Floats:
        """Give what each instrument shows of 1 kg/s out of each node."""
        falls = self.grid.falls(working, self._numbered(seen.nodes))
        return np.concatenate([-falls, self.grid.through(working, self._numbered(seen.meters))])

    def _noise(self, seen: Seen, residual: Floats, answers: Floats, load: float, wrong: float) -> Floats:
        """Give the covariance of all that is no leak; `wrong` is the share of a change that the model misses."""
        numbers, drawn = self._numbers, load * np.maximum(self.grid.demand_kg_s, 0.0)
        floor_pa = numbers.noise * np.abs(np.array(seen.usual_pa, np.float64))
        own = np.concatenate([np.maximum(seen.noise_pa, floor_pa), seen.meter_noise_kg_s])
        together = answers @ drawn * numbers.demand
        count = drawn * numbers.appliance_kg_s * min(1.0, 2 * numbers.use_s / max(seen.span_s, 1.0))
        apart = np.diag(own**2 + (wrong * residual) ** 2)
        parts = answers @ (drawn[:, None] * self._of_part) * numbers.apart
        found: Floats = apart + np.outer(together, together) + parts @ parts.T + (answers * count) @ answers.T
        return found

    def _numbered(self, names: Sequence[str]) -> Index:
        return np.array([self.grid.node_of[name] for name in names], np.intp)

    def _location(self, weight: Floats, elsewhere: float) -> Location:
        of_pipe = np.bincount(self.sections.pipe, weight, len(self.grid.pipes))
        order = sorted(range(len(of_pipe)), key=lambda number: (-of_pipe[number], number))[:_SHOWN]
        pipes = [PipeShare(self.grid.pipes[n].id, round(float(of_pipe[n]), 3)) for n in order if of_pipe[n] >= _LEAST]
        lon, lat, within_m = self._place(weight)
        return Location(lon, lat, within_m, tuple(pipes), round(elsewhere, 3))

    def _place(self, weight: Floats) -> tuple[float | None, float | None, float | None]:
        sections = self.sections
        known = np.flatnonzero(np.isfinite(sections.east_m))
        chosen = known[np.argsort(-weight[known], kind="stable")[:_WEIGHED]]
        if not len(chosen) or not weight[chosen].sum() > 0:
            return None, None, None
        east, north, of = sections.east_m[chosen], sections.north_m[chosen], weight[chosen]
        apart = np.hypot(east[:, None] - east, north[:, None] - north)
        best = int((apart @ of).argmin())
        near = np.argsort(apart[best], kind="stable")
        half = near[np.searchsorted(np.cumsum(of[near]), of.sum() / 2)]
        return *self.degrees(chosen[best]), round(float(apart[best, half]), 0)

    def degrees(self, section: int) -> Place | tuple[None, None]:
        """Give longitude and latitude of the middle of a section."""
        if self.sections.origin is None:
            return None, None
        nodes, pipe = self.grid.network.nodes, self.sections.pipe[section]
        share, ends = self.sections.share.item(section), (nodes[self.grid.tail[pipe]], nodes[self.grid.head[pipe]])
        lon, lat = (
            round((1 - share) * getattr(ends[0], axis) + share * getattr(ends[1], axis), 6) for axis in ("lon", "lat")
        )
        return lon, lat


def locating(rules: Rulebook) -> Numbers:
    return Numbers(
        section_m=rules["locate.section"],
        demand=rules["locate.demand"],
        appliance_kg_s=rules["locate.appliance"] / 1000,
        use_s=rules["locate.use"],
        elsewhere=rules["locate.elsewhere"],
        noise=rules["locate.noise"],
        tangent=rules["locate.tangent"],
        secant=rules["locate.secant"],
        soil_m=rules["locate.soil"],
    )


@functools.lru_cache(maxsize=32)
def locator(channels: Channels, numbers: Numbers) -> Locator | None:
    """Give the one locator of a town; None where no file describes its network."""
    network = channels.assets.network
    return None if network is None else Locator(network, numbers)


def _shares(log: Floats, log_elsewhere: float) -> tuple[Floats, float]:
    weight = np.exp(log - log.max())
    log_all = float(log.max() + np.log(weight.sum()))
    return weight / weight.sum(), float(1 / (1 + np.exp(log_all - log_elsewhere)))


def _fit(of: _Sight, shape: Floats, weighing: Floats) -> tuple[Floats, Floats]:
    """Give how residuals point along each shape, and how well each shows."""
    weighed = weighing @ shape
    return of.residual @ weighed, (shape * weighed).sum(axis=0)


def _gains(fits: Sequence[tuple[Floats, Floats]]) -> tuple[Floats, Floats]:
    """Give the log-likelihood ratio of each shape against no leak, over all sizes, and the size that fits best."""
    along, square = (np.sum(part, axis=0) for part in zip(*fits, strict=True))
    fit = _LEAKS_KG_S[:, None] * along - 0.5 * _LEAKS_KG_S[:, None] ** 2 * square
    top = fit.max(axis=0)
    return top + np.log(np.exp(fit - top).mean(axis=0)), _LEAKS_KG_S[fit.argmax(axis=0)]


def _inverse(covariance: Floats) -> Floats:
    found: Floats = np.asarray(np.linalg.inv(covariance), np.float64)
    return found


def _log_sum(log: Floats) -> float:
    return float(log.max() + np.log(np.exp(log - log.max()).sum()))


def _elsewhere(seen: Sequence[tuple[Floats, Floats]]) -> float:
    """Log-likelihood ratio, against no leak, of residuals of which each is its own, or else one alone is.

    Args:
        seen: residuals and the inverse of their covariance, of each time; the instruments are the same.
    """
    apart = sum(_apart(residual, weighing) for residual, weighing in seen)
    alone = np.sum([_alone(residual, weighing) for residual, weighing in seen], axis=0)
    return float(np.logaddexp(apart, _log_sum(alone) - np.log(len(alone))) - np.log(2))


def _alone(residual: Floats, weighing: Floats) -> Floats:
    """Log-likelihood ratio of each residual alone being its own, and as large as it seems."""
    square = (weighing @ residual) ** 2 / np.diag(weighing)
    found: Floats = 0.5 * square**2 / (square + 1) - 0.5 * np.log1p(square)
    return found


def _apart(residual: Floats, weighing: Floats) -> float:
    """Log-likelihood ratio of residuals of which each is its own, against no leak."""
    covariance = _inverse(weighing)
    own = np.diag(covariance)
    wide = covariance + np.diag(own * np.max(residual**2 / own, initial=1.0))
    volumes = np.linalg.slogdet(covariance)[1] - np.linalg.slogdet(wide)[1]
    solved = weighing @ residual - np.linalg.solve(wide, residual)
    return float(0.5 * volumes + 0.5 * residual @ solved)
