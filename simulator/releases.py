"""Leaks into spaces: where they go, what their valve holds back, and how they grow."""

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from simulator.dice import FloatArray, RowArray
from simulator.events import Leak


class Outlet(NamedTuple):
    """Where gas of a leak comes out.

    Attributes:
        fuel: row of its kind.
        cell: into which it goes.
        site: row of the site whose valve holds it back.
        behind_valve: whether that valve does.
    """

    fuel: int
    cell: int
    site: int
    behind_valve: bool


@dataclass(slots=True)
class _Running:
    leak: Leak
    outlet: Outlet
    flow_m3_s: float


class Releases:
    """All leaks that run now."""

    def __init__(self) -> None:
        self._running: dict[str, _Running] = {}
        self._columns = _columns([])

    def begin(self, key: str, leak: Leak, outlet: Outlet, flow_m3_s: float) -> None:
        self._running[key] = _Running(leak, outlet, flow_m3_s)
        self._columns = _columns(list(self._running.values()))

    def end(self, key: str) -> None:
        del self._running[key]
        self._columns = _columns(list(self._running.values()))

    def growing(self) -> list[tuple[str, Leak]]:
        return [(key, run.leak) for key, run in self._running.items() if not isinstance(run.leak.hole_mm, float)]

    def change(self, key: str, flow_m3_s: float) -> None:
        self._running[key].flow_m3_s = flow_m3_s
        self._columns = _columns(list(self._running.values()))

    @property
    def sites(self) -> RowArray:
        """Rows of the sites with a leak."""
        return self._columns[2]

    def add_to(self, source_m3_s: FloatArray, supply: FloatArray) -> None:
        """Add what flows under this open share of each site's supply."""
        fuel, cell, site, behind, flow = self._columns
        if len(flow):
            np.add.at(source_m3_s, (fuel, cell), flow * np.where(behind, supply[site], 1.0))


def _columns(running: list[_Running]) -> tuple[RowArray, RowArray, RowArray, RowArray, FloatArray]:
    outlets = np.array([run.outlet for run in running], np.intp).reshape(-1, 4)
    flows = np.array([run.flow_m3_s for run in running], np.float64)
    return outlets[:, 0], outlets[:, 1], outlets[:, 2], outlets[:, 3], flows
