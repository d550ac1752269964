"""Every enclosed space of the town as columns: rooms of one or two layers, connected rooms, manholes."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import IntEnum
from typing import NamedTuple

import numpy as np

from simulator.dice import FloatArray, RowArray
from simulator.exchange import Layers, exchange_matrix, layered, mixing, propagator, settled, stepped

_FAN_SPIN_UP_S = 5.0
_LOWER, _UPPER = 0, 1


class Fuel(IntEnum):
    """Kind of gas in a space; the number is its row."""

    NATURAL = 0
    LPG = 1
    BIOGAS = 2


@dataclass(frozen=True, slots=True)
class Space:
    """One room or manhole.

    Attributes:
        id: of the space.
        volume_m3: the larger, the slower gas gathers.
        air_m3_s: infiltration, into each layer by its volume.
        fan_m3_s: of the exhaust fan at full speed; its fresh air enters the other layer.
        layers: 1 well mixed, 2 with gas gathering under the ceiling or on the floor.
        upper_share: of the volume, that the upper of two layers has.
        exchange_m3_s: between two layers; the larger, the more they are one room.
        fan_upper: whether the fan draws from the upper layer, as a hood does.
    """

    id: str
    volume_m3: float
    air_m3_s: float
    fan_m3_s: float = 0.0
    layers: int = 1
    upper_share: float = 0.3
    exchange_m3_s: float = 0.0
    fan_upper: bool = True


class Link(NamedTuple):
    """An opening between two spaces, through which as much air goes one way as the other."""

    first: int
    second: int
    flow_m3_s: float


class _Mixing(NamedTuple):
    """How far single rooms go in a step; kept while nothing changes."""

    dt_s: float | FloatArray
    gas_m3_s: FloatArray
    air_m3_s: FloatArray
    volume_m3: FloatArray
    final: FloatArray
    gone: FloatArray

    @classmethod
    def of(cls, dt_s: float | FloatArray, gas: FloatArray, air: FloatArray, volume_m3: FloatArray) -> "_Mixing":
        others = gas.sum(axis=0) - gas
        return cls(dt_s, gas.copy(), air, volume_m3.copy(), *mixing(gas, others + air, volume_m3, dt_s))

    def holds(self, dt_s: float | FloatArray, gas: FloatArray, air: FloatArray, volume_m3: FloatArray) -> bool:
        alike = isinstance(dt_s, float) and isinstance(self.dt_s, float) and dt_s == self.dt_s
        pairs = ((gas, self.gas_m3_s), (air, self.air_m3_s), (volume_m3, self.volume_m3))
        return alike and all(np.array_equal(now, then) for now, then in pairs)


class Spaces:
    """State of all spaces. A space has one cell, or a lower and an upper one.

    Args:
        spaces: in the order of their rows.
        links: between spaces; all spaces that links join are stepped together.

    Attributes:
        lower: cell of each space's lower layer, which is its only one in a well-mixed space.
        upper: cell of each space's upper layer.
        space_of: space of each cell.
        share: volume share of each fuel; shape (fuels, cells).
        source_m3_s: of each fuel into each cell; held during a step.
        infiltration_m3_s: of fresh air into each cell.
        volume_m3: of air in each cell.
        window_m3_s: fresh air through doors and windows into each space, besides infiltration.
        link_m3_s: each way through each link.
        fan_speed: of each space, 0 to 1.

    Example:
        >>> shop = Spaces([Space("shop", 60.0, 60 * 3 / 3600)])
        >>> shop.source_m3_s[Fuel.NATURAL, 0] = 4 / 3600
        >>> shop.advance(5.113658 * 60, np.zeros(1))
        >>> f"{shop.total()[0] / 0.05:.4f}"
        '0.1000'
    """

    def __init__(self, spaces: Sequence[Space], links: Sequence[Link] = ()) -> None:
        self.ids = tuple(space.id for space in spaces)
        double = [space.layers > 1 for space in spaces]
        count = len(spaces)
        self.lower: RowArray = np.arange(count, dtype=np.intp)
        self.upper: RowArray = self.lower.copy()
        self.upper[double] = count + np.arange(sum(double), dtype=np.intp)
        self.space_of = np.concatenate([self.lower, np.flatnonzero(double)]).astype(np.intp)
        cells = len(self.space_of)
        part = _parts(spaces, double)
        self.volume_m3 = np.array([space.volume_m3 for space in spaces])[self.space_of] * part
        self.infiltration_m3_s = np.array([space.air_m3_s for space in spaces])[self.space_of] * part
        self._part = part
        self._fan_m3_s = np.array([space.fan_m3_s for space in spaces])
        hood = np.array([space.fan_upper for space in spaces], np.bool_)
        self._drawn = np.where(hood, self.upper, self.lower)
        self._replaced = np.where(hood, self.lower, self.upper)
        self._exchange_m3_s = np.array([space.exchange_m3_s for space in spaces])
        self.window_m3_s, self.fan_speed = np.zeros(count), np.zeros(count)
        self._links = links
        self.link_m3_s = np.array([link.flow_m3_s for link in links], np.float64)
        self.share, self.source_m3_s = np.zeros((len(Fuel), cells)), np.zeros((len(Fuel), cells))
        self._grown: dict[int, tuple[tuple[object, ...], FloatArray]] = {}
        self._mixing: _Mixing | None = None
        self._group(double)

    def _group(self, double: Sequence[bool]) -> None:
        """Sort spaces by how they are stepped: alone, as two layers, or in a block of linked ones."""
        blocks = joined(len(double), self._links)
        linked = {space for block in blocks for space in block}
        alone = [space for space in range(len(double)) if space not in linked]
        single = np.array([s for s in alone if not double[s]], np.intp)
        self._single: RowArray | slice = slice(None) if len(single) == len(self.space_of) else single
        self._double: RowArray = np.array([s for s in alone if double[s]], np.intp)
        self._blocks = [np.flatnonzero(np.isin(self.space_of, block)) for block in blocks]

    def cell(self, space: int, *, upper: bool) -> int:
        return int((self.upper if upper else self.lower)[space])

    def total(self) -> FloatArray:
        """All fuels of each cell together."""
        found: FloatArray = self.share.sum(axis=0)
        return found

    def advance(self, dt_s: float | FloatArray, fan_on: FloatArray) -> None:
        """Go on by `dt_s` with sources, openings and `fan_on` (0 or 1 for each space) held.

        Args:
            dt_s: step of all spaces or of each; linked spaces go together.
            fan_on: of each space.
        """
        spin = dt_s / _FAN_SPIN_UP_S
        self.fan_speed += np.clip(fan_on - self.fan_speed, -spin, spin)
        fan = self._fan_m3_s * self.fan_speed
        air = self._air(fan)
        self._advance_single(air, _of(dt_s, self._single))
        if len(self._double):
            self._advance_double(air, fan, _of(dt_s, self._double))
        for number, cells in enumerate(self._blocks):
            step_s = dt_s if isinstance(dt_s, float) else float(dt_s[self.space_of[cells[0]]])
            self._advance_block(number, cells, air, fan, step_s)

    def settle(self) -> None:
        """Jump to the steady state of today's sources and flows; every space needs fresh air."""
        fan = self._fan_m3_s * self.fan_speed
        cells = np.arange(len(self.space_of))
        flow, into = self._flows(cells, fan), self._air(fan) + self.source_m3_s.sum(axis=0)
        for fuel in Fuel:
            self.share[fuel] = settled(self.source_m3_s[fuel], flow, into)

    def _air(self, fan: FloatArray) -> FloatArray:
        """Fresh air straight into each cell: a fan's enters the layer from which it does not draw."""
        air: FloatArray = self.infiltration_m3_s + self.window_m3_s[self.space_of] * self._part
        air[self._replaced] += fan
        return air

    def _advance_single(self, air: FloatArray, dt_s: float | FloatArray) -> None:
        cells = self._single
        gas, fresh, volume = self.source_m3_s[:, cells], air[cells], self.volume_m3[cells]
        if self._mixing is None or not self._mixing.holds(dt_s, gas, fresh, volume):
            self._mixing = _Mixing.of(dt_s, gas, fresh, volume)
        self.share[:, cells] += self._mixing.gone * (self._mixing.final - self.share[:, cells])

    def _advance_double(self, air: FloatArray, fan: FloatArray, dt_s: float | FloatArray) -> None:
        cells = np.stack([self.lower[self._double], self.upper[self._double]])
        through, exchange = fan[self._double], self._exchange_m3_s[self._double]
        draws_up = self._drawn[self._double] == cells[_UPPER]
        flows = Layers(
            self.source_m3_s[:, cells].sum(axis=0),
            air[cells],
            exchange + through * draws_up,
            exchange + through * ~draws_up,
            self.volume_m3[cells],
        )
        for fuel in Fuel:
            self.share[fuel, cells] = layered(self.share[fuel, cells], self.source_m3_s[fuel, cells], flows, dt_s)

    def _advance_block(self, number: int, cells: RowArray, air: FloatArray, fan: FloatArray, dt_s: float) -> None:
        volume, source = self.volume_m3[cells], self.source_m3_s[:, cells]
        parts = (volume, source, air[cells], fan[self.space_of[cells]], self.link_m3_s)
        key = (dt_s, *(part.tobytes() for part in parts))
        known = self._grown.get(number)
        if known is None or known[0] != key:
            matrix = exchange_matrix(self._flows(cells, fan), air[cells] + source.sum(axis=0), volume)
            self._grown[number] = known = (key, propagator((source / volume).T, matrix, dt_s))
        self.share[:, cells] = stepped(self.share[:, cells].T, known[1]).T

    def _flows(self, cells: RowArray, fan: FloatArray) -> FloatArray:
        """Flow from each of these cells into each other, between layers and through links."""
        at = np.full(len(self.space_of), -1, np.intp)
        at[cells] = np.arange(len(cells))
        flow = np.zeros((len(cells), len(cells)))
        for space in dict.fromkeys(self.space_of[cells].tolist()):
            lower, upper = at[self.lower[space]], at[self.upper[space]]
            if lower != upper:
                flow[lower, upper] += self._exchange_m3_s[space]
                flow[upper, lower] += self._exchange_m3_s[space]
                flow[at[self._replaced[space]], at[self._drawn[space]]] += fan[space]
        for link, through in zip(self._links, self.link_m3_s.tolist(), strict=True):
            if at[self.lower[link.first]] >= 0:
                self._open(flow, at, link, through)
        return flow

    def _open(self, flow: FloatArray, at: RowArray, link: Link, through: float) -> None:
        """Let a link join lower layers with lower ones and upper with upper ones, half the flow each."""
        for layer in (self.lower, self.upper):
            first, second = at[layer[link.first]], at[layer[link.second]]
            flow[first, second] += through / 2
            flow[second, first] += through / 2


def _of(dt_s: float | FloatArray, spaces: RowArray | slice) -> float | FloatArray:
    return dt_s if isinstance(dt_s, float) else dt_s[spaces]


def _parts(spaces: Sequence[Space], double: Sequence[bool]) -> FloatArray:
    """Share of its space's volume that each cell has."""
    lower = [1.0 - space.upper_share if two else 1.0 for space, two in zip(spaces, double, strict=True)]
    return np.array([*lower, *(space.upper_share for space, two in zip(spaces, double, strict=True) if two)])


def joined(count: int, links: Iterable[tuple[int, int, float]]) -> list[list[int]]:
    """Spaces that links join, directly or over others."""
    groups = {space: [space] for space in range(count)}
    for first, second, _ in links:
        one, other = groups[first], groups[second]
        if one is not other:
            one += other
            groups |= dict.fromkeys(other, one)
    return [sorted(group) for space, group in groups.items() if len(group) > 1 and space == min(group)]
