"""Holes in the network: where, how large, and what flows out of each."""

from dataclasses import dataclass, field

import numpy as np
import numpy.typing as npt

from simulator.leaks import SHARP

Array = npt.NDArray[np.float64]
Index = npt.NDArray[np.intp]


@dataclass(slots=True)
class Holes:
    """Open holes by name; several may share a node.

    Attributes:
        area_m2: of each hole, times its discharge coefficient.
        node: number of the node of each hole.
    """

    area_m2: dict[str, float] = field(default_factory=dict)
    node: dict[str, int] = field(default_factory=dict)

    def open(self, name: str, node: int, hole_mm: float, discharge: float = SHARP) -> None:
        """Make a hole, or give it another size: it grows."""
        self.node[name], self.area_m2[name] = node, discharge * np.pi / 4 * (hole_mm / 1000) ** 2

    def repair(self, name: str) -> None:
        del self.node[name], self.area_m2[name]

    def gathered(self) -> tuple[Index, Array]:
        """Tell which nodes leak, and the area at each."""
        if not self.node:
            return np.zeros(0, np.intp), np.zeros(0)
        nodes, slot = np.unique(np.array(list(self.node.values()), np.intp), return_inverse=True)
        area_m2 = np.zeros(len(nodes))
        np.add.at(area_m2, slot, list(self.area_m2.values()))
        return nodes, area_m2

    def share(self, name: str) -> float:
        """Tell which share of what its node loses flows out of this hole."""
        there = sum(area for other, area in self.area_m2.items() if self.node[other] == self.node[name])
        return self.area_m2[name] / there

    def copy(self) -> "Holes":
        return Holes(dict(self.area_m2), dict(self.node))
