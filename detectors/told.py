"""Base of the detectors that judge what frames say besides their readings, device by device."""

from typing import ClassVar

import numpy as np
import numpy.typing as npt

from detectors.base import Detector, in_log_order
from detectors.bounds import ns, positive
from detectors.lingering import Lingering, expired, hear
from detectors.memory import Memory
from detectors.state import Columns
from domain.alarm import AlarmKind
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition


class Told(Detector):
    """An alarm of a registered device that begins with an event and ends when none has come for `linger_s`.

    Args:
        channels: the numbering.
        linger_s: seconds of log time.
    """

    NAME: ClassVar[str]
    KIND: ClassVar[AlarmKind]
    STATE: ClassVar[type[Lingering]] = Lingering

    def __init__(self, *, channels: Channels, linger_s: float) -> None:
        positive(linger_s=linger_s)
        self._channels = channels
        self._linger_ns: int | npt.NDArray[np.int64] = ns(linger_s)
        self._devices = Columns(self.STATE, len(channels.devices))
        self._memory = Memory(f"{self.NAME}/1", devices=self._devices)

    def update(self, batch: Batch) -> list[Finding]:
        del batch
        return []

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        self._memory.tick(log_ns)
        ended = expired(self._devices, log_ns, self._linger_ns)
        return in_log_order([self._finding(device, Transition.END, (log_ns, position)) for device in ended])

    def _told(
        self, device_id: str, log_ns: int, position: int, *, value: float | None = None, reason: str = ""
    ) -> list[Finding]:
        device = self._channels.device_index.get(device_id)
        if device is None or not hear(self._devices, device, log_ns):
            return []
        return [self._finding(device, Transition.ONSET, (log_ns, position), value, reason)]

    def _finding(
        self,
        device: int,
        transition: Transition,
        at: tuple[int, int],
        value: float | None = None,
        reason: str = "",
        *,
        level: int = 1,
    ) -> Finding:
        log_ns, position = at
        registered = self._channels.devices[device]
        return Finding(
            self.NAME,
            self.KIND,
            registered.id,
            registered.site,
            transition,
            0 if transition is Transition.END else level,
            position,
            log_ns,
            self._devices["onset_ns"].item(device),
            value,
            None,
            reason,
        )
