"""Momentum of the gas in pipes and open valves, linearised for Newton's method."""

import math
from dataclasses import dataclass
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
    """How the flow of each edge has to change: ``δm = rest + by_tail·δp_tail + by_head·δp_head``."""

    rest: Array
    by_tail: Array
    by_head: Array


@dataclass(frozen=True, slots=True, eq=False)
class Lines:
    """Pipe cells and valves, as columns.

    With ``p̄`` the mean of both ends, ``K = (λ·L/D + ζ)·c²/(2·A²)`` and ``Δh`` the rise:

    ``(L/A)·dm/dt + p_head - p_tail + K·m·|m|/p̄ + g·Δh/c²·p_m²/p̄ = 0``

    whose steady form is exactly the general flow equation ``p₁² - p₂² = 2·K·m·|m| + 2·g·Δh·p_m²/c²``, with
    ``p_m = ⅔·(p₁ + p₂ - p₁·p₂/(p₁ + p₂))``. All is multiplied by p̄, which makes it linear in the squared pressures.

    Attributes:
        inertia: L/A in 1/m; 0 for valves.
        drag: c²·L/(2·A²·D), in front of λ·m·|m|.
        loss: c²/(2·A²), in front of ζ·m·|m|.
        zeta: loss coefficient when fully open.
        kappa: π·D·μ/4, flow per Reynolds number.
        rise: g·Δh/c².
        roughness: K/D, or the friction factor for the law `constant`.
        law: of friction.
    """

    inertia: Array
    drag: Array
    loss: Array
    zeta: Array
    kappa: Array
    rise: Array
    roughness: Array
    law: Law

    def scaled(self, factor: Array) -> "Lines":
        """Give the same lines with another c² (compressibility follows pressure)."""
        drag, loss, rise = self.drag * factor, self.loss * factor, self.rise / factor
        return Lines(self.inertia, drag, loss, self.zeta, self.kappa, rise, self.roughness, self.law)

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
        mean = 0.5 * (tail_pa + head_pa)
        size = np.abs(flow)
        drag = self.law(size / self.kappa, self.roughness)
        push = (rate * self.inertia) * (flow - before)
        loss = self.loss * zeta
        friction = self.drag * self.kappa
        middle = (2 / 3) * (2 * mean - tail_pa * head_pa / (2 * mean))
        wrong = (
            mean * (push + head_pa - tail_pa)
            + (friction * drag.lambda_re + loss * size) * flow
            + self.rise * middle * middle
        )
        by_flow = mean * (rate * self.inertia) + friction * drag.slope + 2 * loss * size
        lean = 0.5 * push + self.rise * mean
        # never the wrong way round, however fast the flow changes: the matrix stays an M-matrix
        return Change(
            -wrong / by_flow, np.maximum(tail_pa - lean, 0.0) / by_flow, -np.maximum(head_pa + lean, 0.0) / by_flow
        )


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
        roughness=_roughness(topology),
        law=LAWS[network.friction],
    )


def _roughness(topology: Topology) -> Array:
    valves = len(topology.network.valves)
    pipes = [cell.pipe for cell in topology.cells]
    if topology.network.friction is Friction.CONSTANT:
        return np.array([pipe.friction_factor or 0.0 for pipe in pipes] + [VALVE_FACTOR] * valves)
    return np.array([pipe.roughness_m / pipe.inner_diameter_m for pipe in pipes] + [_SMOOTH] * valves)
