"""Momentum of the gas in pipes and open valves, linearised for Newton's method."""

import math
from dataclasses import dataclass, replace
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from domain.network import Friction
from simulator.friction import LAWS, Law
from simulator.topology import G_M_S2, Topology

Array = npt.NDArray[np.float64]

VALVE_FACTOR = 0.02
_VALVE_LENGTHS = 0.01
"""A valve counts as a pipe of so many diameters: hardly any loss, but defined at rest."""
_SMOOTH = 1e-4


class Change(NamedTuple):
    """How the flow of each edge has to change: ``δm = rest + by_tail·δp_tail + by_head·δp_head``.

    Attributes:
        rest: what is wrong with the edge's own equation, over `by_flow`.
        by_tail: how the flow follows the pressure at the tail.
        by_head: and at the head.
        by_flow: how the equation follows the flow; 1 where it gives the flow itself.
    """

    rest: Array
    by_tail: Array
    by_head: Array
    by_flow: Array


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Pipe cells and valves, as columns.

    With ``K = (λ·L/D + ζ)·c²/(2·A²)``, ``r = g·Δh/c²`` for the rise Δh, and p̄ the mean of both ends:

    ``p̄·(L/A)·dm/dt + ½·(p_head²·e^r - p_tail²·e^-r) + K·m·|m|·sinh(r)/r = 0``

    The steady form is the exact solution for an isothermal pipe of even slope, and for a level one the general flow
    equation ``p₁² - p₂² = 2·K·m·|m|``: cutting a pipe changes nothing, and neither does turning it round.

    Attributes:
        inertia: L/A in 1/m; 0 for valves.
        drag: c²·L/(2·A²·D), in front of λ·m·|m|.
        loss: c²/(2·A²), in front of ζ·m·|m|.
        zeta: loss coefficient when fully open.
        kappa: π·D·μ/4, flow per Reynolds number.
        rise: r.
        slope: e^-r, e^r and sinh(r)/r.
        roughness: K/D, or the friction factor for the law `constant`.
        law: of friction.
    """

    inertia: Array
    drag: Array
    loss: Array
    zeta: Array
    kappa: Array
    rise: Array
    slope: tuple[Array, Array, Array]
    roughness: Array
    law: Law

    def scaled(self, factor: Array) -> "Lines":
        """Give the same lines with another c² (compressibility follows pressure)."""
        rise = self.rise / factor
        return replace(self, drag=self.drag * factor, loss=self.loss * factor, rise=rise, slope=_slope(rise))

    def change(self, tail_pa: Array, head_pa: Array, flow: Array, before: Array, zeta: Array, *, rate: float) -> Change:
        """Linearise around pressures and flows.

        Args:
            tail_pa: pressure where the edge begins.
            head_pa: pressure where it ends.
            flow: in kg/s.
            before: flow one step earlier.
            zeta: loss coefficient, with what a part-closed valve adds.
            rate: 1/dt in 1/s; 0 for a steady state.
        """
        size, (lighter, heavier, bend) = np.abs(flow), self.slope
        drag = self.law(size / self.kappa, self.roughness)
        inert = 0.5 * rate * self.inertia
        push = inert * (flow - before)  # half of the pressure that changes the flow
        tail, head = lighter * tail_pa, heavier * head_pa
        loss, friction = bend * self.loss * zeta, bend * self.drag * self.kappa
        wrong = (
            push * (tail_pa + head_pa)
            + 0.5 * (head * head_pa - tail * tail_pa)
            + (friction * drag.lambda_re + loss * size) * flow
        )
        by_flow = inert * (tail_pa + head_pa) + friction * drag.slope + 2 * loss * size
        # never the wrong way round, however fast the flow changes: the matrix stays an M-matrix
        by_tail, by_head = np.maximum(tail - push, 0.0), np.maximum(head + push, 0.0)
        return Change(-wrong / by_flow, by_tail / by_flow, -by_head / by_flow, by_flow)


def _slope(rise: Array) -> tuple[Array, Array, Array]:
    bend = np.divide(np.sinh(rise), rise, out=np.ones(len(rise)), where=rise != 0)
    return np.exp(-rise), np.exp(rise), bend


def build_lines(topology: Topology) -> Lines:
    network = topology.network
    diameter = [cell.pipe.inner_diameter_m for cell in topology.cells] + [v.inner_diameter_m for v in network.valves]
    length = [cell.length_m for cell in topology.cells] + [_VALVE_LENGTHS * v.inner_diameter_m for v in network.valves]
    zeta = [cell.pipe.loss_coefficient * cell.share for cell in topology.cells]
    zeta += [valve.loss_coefficient for valve in network.valves]
    diameter_m, length_m = np.array(diameter), np.array(length)
    area_m2 = math.pi / 4 * diameter_m**2
    celerity_2 = network.gas.z * topology.specific_j_kg()
    ends = slice(0, topology.lines)
    rise_m = topology.elevation_m[topology.head[ends]] - topology.elevation_m[topology.tail[ends]]
    loss = celerity_2 / (2 * area_m2**2)
    return Lines(
        inertia=np.where(np.arange(topology.lines) < len(topology.cells), length_m / area_m2, 0.0),
        drag=loss * length_m / diameter_m,
        loss=loss,
        zeta=np.array(zeta),
        kappa=math.pi / 4 * diameter_m * network.gas.viscosity_pa_s,
        rise=G_M_S2 * rise_m / celerity_2,
        slope=_slope(G_M_S2 * rise_m / celerity_2),
        roughness=_roughness(topology),
        law=LAWS[network.friction],
    )


def _roughness(topology: Topology) -> Array:
    valves = len(topology.network.valves)
    pipes = [cell.pipe for cell in topology.cells]
    if topology.network.friction is Friction.CONSTANT:
        return np.array([pipe.friction_factor or 0.0 for pipe in pipes] + [VALVE_FACTOR] * valves)
    return np.array([pipe.roughness_m / pipe.inner_diameter_m for pipe in pipes] + [_SMOOTH] * valves)
