"""The sparse system of node pressures: ordered once for each network, filled and solved at every step."""

from typing import Literal, NamedTuple, cast

import numpy as np
import numpy.typing as npt
from scipy.sparse import csc_matrix
from scipy.sparse.linalg import SuperLU, splu

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


def summed(place: Index, values: Array, size: int) -> Array:
    """Add values up by their place."""
    return cast("Array", np.bincount(place, values, size))  # the stubs forget the weights


class Matrix:
    """System ``A·δp = b`` of the free nodes; A is structurally symmetric and an M-matrix, so nothing is pivoted.

    Args:
        nodes: number of nodes.
        tail: node where each edge begins.
        head: node where each edge ends.
        fixed: nodes of held pressure, which are left out.
    """

    def __init__(self, nodes: int, tail: Index, head: Index, fixed: Index) -> None:
        free = np.ones(nodes, np.bool_)
        free[fixed] = False
        self.nodes = nodes
        self.free = np.flatnonzero(free)
        every = np.arange(nodes)
        row = np.concatenate([every, tail, tail, head, head])
        column = np.concatenate([every, tail, head, tail, head])
        self._used = np.flatnonzero(free[row] & free[column])
        number = np.full(nodes, -1)
        number[self.free] = np.arange(len(self.free))
        row, column = number[row[self._used]], number[column[self._used]]
        order = _order(row, column, len(self.free))
        self.free = self.free[order]
        place = np.argsort(order)
        key = place[column] * len(order) + place[row]
        entries, self._slot = np.unique(key, return_inverse=True)
        rows = (entries % max(1, len(order))).astype(np.int32)
        starts = np.searchsorted(entries, np.arange(len(order) + 1) * len(order)).astype(np.int32)
        self._filled = csc_matrix((np.zeros(len(rows)), rows, starts), (len(order), len(order)))

    def factors(self, diagonal: Array, by_tail: Array, by_head: Array) -> "Factors":
        """Fill in and factorise.

        Args:
            diagonal: of each node: storage, and how what leaves it follows its pressure.
            by_tail: how each edge's flow follows the pressure of its tail.
            by_head: and of its head.
        """
        if len(self.free) == 0:
            return Factors(self.free, None)
        weights = np.concatenate([diagonal, by_tail, by_head, -by_tail, -by_head])[self._used]
        self._filled.data = summed(self._slot, weights, self._filled.nnz)
        return Factors(self.free, _splu(self._filled, "NATURAL"))


class Factors(NamedTuple):
    """A system that is ready to be solved for any right-hand side."""

    free: Index
    triangles: SuperLU | None

    def solve(self, right: Array) -> Array:
        """Give what belongs to the right-hand side of each node; held nodes get 0."""
        found = np.zeros(len(right))
        if self.triangles is not None:
            found[self.free] = self.triangles.solve(right[self.free])
        return found


def _order(row: Index, column: Index, size: int) -> Index:
    """Elimination order of little fill-in, by minimum degree."""
    if size == 0:
        return np.arange(0)
    values = np.where(row == column, float(len(row)), -1.0)
    factors = _splu(csc_matrix((values, (row, column)), (size, size)), "MMD_AT_PLUS_A")
    return np.argsort(factors.perm_c)


def _splu(matrix: "csc_matrix[np.float64]", order: Literal["NATURAL", "MMD_AT_PLUS_A"]) -> SuperLU:
    # pipe networks hardly fill in: supernodes and panels, made for dense parts, only cost time (two to three fold)
    return splu(
        matrix, permc_spec=order, diag_pivot_thresh=0.0, relax=1, panel_size=1,
        options={"SymmetricMode": True, "Equil": False},
    )  # fmt: skip
