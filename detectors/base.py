"""What every detector is, and what it gives and takes."""

from abc import ABC, abstractmethod
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.memory import Memory
from domain.batch import Batch
from domain.finding import Finding
from domain.sample import Decoded


class Remap(NamedTuple):
    """Where the state of the new numbering stands in the old one.

    Attributes:
        channel: for each new channel the old one, -1 where it is new.
        device: for each new device the old one, -1 where it is new.
        site: for each new site the old one, -1 where it is new.
    """

    channel: npt.NDArray[np.intp]
    device: npt.NDArray[np.intp]
    site: npt.NDArray[np.intp]


class Detector(ABC):
    """A pure function of the log: it reads no clock and gives the same findings whatever the size of the batches.

    The calls come in the order of the log: rows that stand before a tick, a notice or a refusal are updated first. Only
    ticks that a detector waits through may come before them.
    """

    _memory: Memory

    @abstractmethod
    def update(self, batch: Batch) -> list[Finding]:
        """Judge readings in log order."""

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        """Judge deadlines at a tick of the log."""
        self._memory.tick(log_ns)
        del position
        return []

    def waits(self, log_ns: int) -> bool:
        """Tell whether a tick at this time would do no more than tell the time, whatever rows came before it.

        Then these rows may come after the tick, many at once; `update` of a detector that ever waits reads no log time.
        """
        del log_ns
        return type(self).advance is Detector.advance

    def hear(self, decoded: Decoded, received_ns: int, position: int) -> list[Finding]:
        """Judge what a frame says besides its readings: notices, refusals, a shifted clock."""
        del decoded, received_ns, position
        return []

    def snapshot(self) -> bytes:
        """Give the whole state; the same state gives the same bytes."""
        return self._memory.snapshot()

    def restore(self, blob: bytes, remap: Remap | None = None) -> None:
        """Go on from a snapshot as if never stopped; new channels and devices start cold.

        Args:
            blob: of a detector of the same name and schema (ValueError: any other).
            remap: from our numbering to that of the snapshot; None: they are the same.
        """
        if remap is None:
            self._memory.restore(blob)
        else:
            self._memory.restore(blob, remap.channel, remap.device)


def in_log_order(findings: list[Finding]) -> list[Finding]:
    """Sort by position, then device and kind; several changes of one alarm in one frame keep their order."""
    return sorted(findings, key=lambda finding: (finding.position, finding.device, finding.kind))
