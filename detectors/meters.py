"""Which flow meters measure all that comes into a part of the network, and all that leaves it."""

from collections.abc import Iterable, Mapping

import numpy as np
import numpy.typing as npt

from detectors.order import Floats
from detectors.parts import Parts
from detectors.watch import Watch
from domain.network import Node, Regulator
from domain.quantity import Quantity

Slots = npt.NDArray[np.intp]
_NOTHING = np.empty(0, np.intp)


class Meters:
    """Finds the meters of each part.

    A meter measures a regulator where it stands at either end of it and nothing else goes through there to another
    part; a supply or a customer where it stands on its node. A sum counts only when no member of it is missing.

    Args:
        parts: of the network.
        slot_of: slot of the meter at each site that has one.
    """

    def __init__(self, parts: Parts, slot_of: Mapping[str, int]) -> None:
        self._parts, self._slot_of = parts, slot_of
        self.regulators: dict[str, int] = {}
        """Slot of the meter of each regulator that has one of its own."""
        self._into: dict[int, list[int | None]] = {}
        self._out: dict[int, list[int | None]] = {}
        for regulator in parts.network.regulators:
            slot = self._of_regulator(regulator)
            self._into.setdefault(parts.of(regulator.to_node), []).append(slot)
            self._out.setdefault(parts.of(regulator.from_node), []).append(slot)
        for node in parts.network.nodes:
            if _feeds(node):
                self._into.setdefault(parts.of(node.id), []).append(slot_of.get(node.id))
            elif node.demand_kg_s > 0:
                self._out.setdefault(parts.of(node.id), []).append(slot_of.get(node.id))

    def inlets(self, part: int) -> Slots:
        """Give the meters that measure all that comes in; none: not everything is measured."""
        return _all(self._into.get(part, []))

    def outlets(self, part: int) -> Slots:
        """Give the meters that measure all that is drawn or goes on; none: not everything is measured."""
        return _all(self._out.get(part, []))

    def _of_regulator(self, regulator: Regulator) -> int | None:
        for end in ("to_node", "from_node"):
            node = getattr(regulator, end)
            mates = [other for other in self._parts.network.regulators if getattr(other, end) == node]
            if node in self._slot_of and len({self._joins(mate) for mate in mates}) == 1:
                if len(mates) == 1:
                    self.regulators[regulator.id] = self._slot_of[node]
                return self._slot_of[node]
        return None

    def _joins(self, regulator: Regulator) -> tuple[int, int]:
        return self._parts.of(regulator.from_node), self._parts.of(regulator.to_node)


def _feeds(node: Node) -> bool:
    return node.fixed_pressure_pa_abs is not None or node.demand_kg_s < 0


def _all(slots: Iterable[int | None]) -> Slots:
    found = list(slots)
    if not found or None in found:
        return _NOTHING
    return np.array(sorted({slot for slot in found if slot is not None}), np.intp)


def meters(watch: Watch) -> dict[str, int]:
    """Give the slot of the flow meter at each site that has one; of several, the first."""
    found: dict[str, int] = {}
    for slot in range(len(watch)):
        if watch.quantity_at(slot) is Quantity.FLOW_M3H:
            found.setdefault(watch.device_at(slot).site, slot)
    return found


def total(mean: Floats, slots: Slots) -> float:
    """Add up the meters of a sum; NaN where one is missing, or there is none."""
    return float(mean[slots].sum()) if len(slots) else float("nan")
