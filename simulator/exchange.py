"""Exact steps of linear gas exchange: one zone, two layers, and any number of connected zones.

Every zone obeys ``V·dC/dt = g + Σ F·C_from − (g + a + ΣF)·C``: gas `g` and fresh air `a` flow in, air comes from other
zones through the flows `F`, and what flows in pushes as much out. While the flows stand still this is a linear system
``dC/dt = M·C + b``; its solution is written down here, not integrated, so any splitting of a step gives the same.
"""

from typing import NamedTuple

import numpy as np
from scipy.linalg import expm

from simulator.dice import FloatArray


def mixing(
    gas_m3_s: FloatArray, air_m3_s: FloatArray, volume_m3: FloatArray, dt_s: float | FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Where the gas share of well-mixed rooms goes, and what part of the way it goes in `dt_s`, exact for any step.

    ``V·dC/dt = Qg − (Qa + Qg)·C`` with constant flows goes exponentially to ``Qg/(Qa + Qg)``; two half steps give what
    one whole step gives. A sealed room without a leak keeps its share.

    Args:
        gas_m3_s: gas flowing in, at the room's pressure and temperature; raises the final share.
        air_m3_s: fresh air flowing in; lowers it.
        volume_m3: of the room; the larger, the slower.
        dt_s: step, of all rooms or of each.

    Example:
        >>> import numpy as np
        >>> kitchen = [np.array([x]) for x in (1 / 3600, 15 / 3600, 30.0)]
        >>> final, gone = mixing(*kitchen, dt_s=1e6)
        >>> f"{100 * final[0]:.2f} %VOL, and {gone[0]:.0%} of the way"
        '6.25 %VOL, and 100% of the way'
    """
    total = gas_m3_s + air_m3_s
    final = np.divide(gas_m3_s, total, out=np.zeros(total.shape), where=total > 0)
    return final, -np.expm1(-total * dt_s / volume_m3)


class Layers(NamedTuple):
    """What flows in rooms of two layers; shape (rooms,), the exchange between layers apart.

    Attributes:
        gas_m3_s: all gas into each layer, whatever its kind; shape (2, rooms), lower layer first.
        air_m3_s: fresh air into each layer; shape (2, rooms).
        up_m3_s: from the lower into the upper layer.
        down_m3_s: from the upper into the lower layer.
        volume_m3: of each layer; shape (2, rooms).
    """

    gas_m3_s: FloatArray
    air_m3_s: FloatArray
    up_m3_s: FloatArray
    down_m3_s: FloatArray
    volume_m3: FloatArray


def layered(share: FloatArray, source_m3_s: FloatArray, flows: Layers, dt_s: float | FloatArray) -> FloatArray:
    """Shares of two-layer rooms after `dt_s`, in closed form.

    The matrix has real eigenvalues ``s ± q``; with ``E = e^{(s+q)t}`` its exponential is ``E·[(1 + e^{−2qt})/2·I +
    (1 − e^{−2qt})/(2q)·(M − s·I)]``. The slow eigenvalue is ``det/(s − q)``, whose determinant is a sum of positive
    terms: nothing cancels, however slowly the room is aired.

    Args:
        share: of each layer now; shape (2, rooms), lower layer first.
        source_m3_s: of this kind of gas into each layer; shape (2, rooms).
        flows: of the rooms.
        dt_s: step, of all rooms or of each.

    Example:
        A source under the ceiling of a still room stays there; the more the layers exchange, the more it is one room.

        >>> import numpy as np
        >>> def ceiling(exchange_m3_s: float) -> list[str]:
        ...     two, one = np.full((2, 1), 15.0), np.full(1, exchange_m3_s)
        ...     gas = np.array([[0.0], [0.0005]])
        ...     flows = Layers(gas, np.full((2, 1), 0.002), one, one, two)
        ...     return [f"{100 * x:.2f}" for x in layered(np.zeros((2, 1)), gas, flows, 1e7)[:, 0]]
        >>> ceiling(1e-4), ceiling(10.0)
        (['0.92', '19.27'], ['11.11', '11.11'])
    """
    into = flows.gas_m3_s + flows.air_m3_s
    across = np.stack([flows.down_m3_s, flows.up_m3_s])
    rate = (into + across) / flows.volume_m3
    gain = across / flows.volume_m3
    middle = -(rate[0] + rate[1]) / 2
    spread = np.sqrt(((rate[0] - rate[1]) / 2) ** 2 + gain[0] * gain[1])
    final = _settled_layers(share, source_m3_s, into, across)
    off = share - final
    decay, mean, slope = _spectrum(into, across, flows.volume_m3, (middle, spread), dt_s)
    moved = -(rate + middle) * off + gain * off[::-1]  # (M − s·I)·off
    result: FloatArray = np.clip(final + decay * (mean * off + slope * moved), 0.0, 1.0)
    return result


def _spectrum(
    into: FloatArray,
    across: FloatArray,
    volume_m3: FloatArray,
    center: tuple[FloatArray, FloatArray],
    dt_s: float | FloatArray,
) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Give e^{λt} of the slow eigenvalue, and the two factors of the closed form."""
    middle, spread = center
    determinant = _determinant(into, across) / (volume_m3[0] * volume_m3[1])
    fast = middle - spread
    slow = np.divide(determinant, fast, out=np.zeros_like(fast), where=fast < 0)
    fade = np.expm1(-2 * spread * dt_s)
    slope = np.divide(-fade, 2 * spread, out=np.zeros_like(fade) + dt_s, where=spread > 0)
    return np.exp(slow * dt_s), 1 + fade / 2, slope


def _determinant(into: FloatArray, across: FloatArray) -> FloatArray:
    found: FloatArray = into[0] * into[1] + into[0] * across[1] + into[1] * across[0]
    return found


def _settled_layers(share: FloatArray, source: FloatArray, into: FloatArray, across: FloatArray) -> FloatArray:
    """Steady state, or where nothing fixes one, a state from which the rest decays.

    A layer into which nothing flows keeps its share and feeds the other; without any gas and air, zero will do.
    """
    determinant = _determinant(into, across)
    fed = np.divide(source + across * share[::-1], into + across, out=share.copy(), where=into > 0)
    fed = np.where(into.sum(axis=0) > 0, fed, 0.0)
    both = (source * (into + across)[::-1] + across * source[::-1]) / np.where(determinant > 0, determinant, 1.0)
    return np.where(determinant > 0, both, fed)


def zones(share: FloatArray, source_m3_s: FloatArray, matrix: FloatArray, dt_s: float) -> FloatArray:
    """Shares of connected zones after `dt_s`, by the exponential of the matrix that holds the sources too.

    ``exp([[M, b], [0, 0]]·t)`` gives both the decay of what is there and the growth of what comes, sealed or not.

    Args:
        share: of each zone and kind of gas; shape (zones, kinds).
        source_m3_s: into each zone over its volume, 1/s; shape (zones, kinds).
        matrix: `M` of the zones, 1/s, from `exchange_matrix`.
        dt_s: step.

    References:
        Van Loan, Computing integrals involving the matrix exponential, IEEE TAC 23(3), 1978.
    """
    return stepped(share, propagator(source_m3_s, matrix, dt_s))


def propagator(source_m3_s: FloatArray, matrix: FloatArray, dt_s: float) -> FloatArray:
    """What a step does; worth keeping while sources and flows stand still."""
    count, kinds = source_m3_s.shape
    block = np.zeros((count + kinds, count + kinds))
    block[:count, :count], block[:count, count:] = matrix, source_m3_s
    found: FloatArray = expm(block * dt_s)
    return found


def stepped(share: FloatArray, grown: FloatArray) -> FloatArray:
    count = len(share)
    result: FloatArray = np.clip(grown[:count, :count] @ share + grown[:count, count:], 0.0, 1.0)
    return result


def exchange_matrix(flow_m3_s: FloatArray, into_m3_s: FloatArray, volume_m3: FloatArray) -> FloatArray:
    """Matrix `M` of connected zones, 1/s.

    Args:
        flow_m3_s: from each zone (row) into each other (column).
        into_m3_s: gas and fresh air into each zone.
        volume_m3: of each zone.
    """
    into = into_m3_s + flow_m3_s.sum(axis=0)
    matrix: FloatArray = (flow_m3_s.T - np.diag(into)) / volume_m3[:, None]
    return matrix


def settled(source_m3_s: FloatArray, flow_m3_s: FloatArray, into_m3_s: FloatArray) -> FloatArray:
    """Steady shares of connected zones, by one linear solve; every zone must be reached by fresh air or gas.

    Args:
        source_m3_s: of one kind of gas into each zone.
        flow_m3_s: from each zone (row) into each other (column).
        into_m3_s: all gas and fresh air into each zone.

    Example:
        >>> import numpy as np
        >>> door = np.array([[0.0, 0.1], [0.1, 0.0]])
        >>> settled(np.array([0.002, 0.0]), door, np.array([0.012, 0.05])).round(4).tolist()
        [0.0441, 0.0294]
    """
    balance = np.diag(into_m3_s + flow_m3_s.sum(axis=0)) - flow_m3_s.T
    return np.linalg.solve(balance, source_m3_s).astype(np.float64)
