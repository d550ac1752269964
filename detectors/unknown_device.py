"""Frames of devices that nobody registered."""

from dataclasses import dataclass
from typing import ClassVar

import numpy as np

from detectors.base import Detector, Remap, in_log_order
from detectors.bounds import ns, positive
from detectors.state import NEVER, pack, unpack
from domain.alarm import SYSTEM, AlarmKind
from domain.batch import Batch
from domain.finding import Finding, Transition
from domain.sample import Decoded, RefusalReason

_LONGEST_ID = 64


@dataclass(slots=True)
class _Stranger:
    onset_ns: int
    heard_ns: int


class UnknownDevice(Detector):
    """Tell each unregistered id once; somebody installed it, or somebody pretends.

    Its frames are in quarantine and can be taken back once it is registered. Ends when none has come for `linger_s`.
    So that a flood of invented ids cannot fill memory or console [1], at most `most` ids have an alarm of their own;
    further ones, and ids that no device can have, share the one of the subject ``system``.

    Args:
        linger_s: time without a frame of the id that ends it, seconds of log time.
        most: ids with an alarm of their own.

    Example:
        >>> from domain.sample import Refusal
        >>> detector = UnknownDevice(linger_s=3600, most=1)
        >>> def frame(device):
        ...     return Decoded(refusals=(Refusal(RefusalReason.UNKNOWN_DEVICE, "frame", "", device),))
        >>> [f.device for name in ("A", "A", "B", "C") for f in detector.hear(frame(name), 0, 1)]
        ['A', 'system']

    References:
        [1] EEMUA 191, 3rd ed. (2013) (alarm floods).
    """

    NAME: ClassVar[str] = "unknown_device"

    def __init__(self, *, linger_s: float, most: int) -> None:
        positive(linger_s=linger_s, most=most)
        self._linger_ns, self._most = ns(linger_s), most
        self._strangers: dict[str, _Stranger] = {}
        self._tick_ns = NEVER

    def update(self, batch: Batch) -> list[Finding]:
        del batch
        return []

    def hear(self, decoded: Decoded, received_ns: int, position: int) -> list[Finding]:
        log_ns = max(received_ns, self._tick_ns)
        findings: list[Finding] = []
        for refusal in decoded.refusals:
            if refusal.reason is not RefusalReason.UNKNOWN_DEVICE:
                continue
            subject = self._subject(refusal.device)
            stranger = self._strangers.get(subject)
            if stranger is None:
                self._strangers[subject] = _Stranger(log_ns, log_ns)
                findings.append(self._finding(subject, Transition.ONSET, log_ns, position, log_ns))
            else:
                stranger.heard_ns = log_ns
        return in_log_order(findings)

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        self._tick_ns = max(self._tick_ns, log_ns)
        gone = [s for s, stranger in self._strangers.items() if log_ns - stranger.heard_ns >= self._linger_ns]
        return in_log_order(
            [self._finding(s, Transition.END, log_ns, position, self._strangers.pop(s).onset_ns) for s in gone]
        )

    def snapshot(self) -> bytes:
        strangers = self._strangers.values()
        arrays = {
            "tick_ns": np.array([self._tick_ns], "<i8"),
            "subject": np.array(list(self._strangers), f"<U{_LONGEST_ID}"),
            "onset_ns": np.array([stranger.onset_ns for stranger in strangers], "<i8"),
            "heard_ns": np.array([stranger.heard_ns for stranger in strangers], "<i8"),
        }
        return pack(f"{self.NAME}/1", arrays)

    def restore(self, blob: bytes, remap: Remap | None = None) -> None:
        del remap  # ids, not numbers
        arrays = unpack(f"{self.NAME}/1", blob)
        self._tick_ns = int(arrays["tick_ns"][0])
        columns = (arrays[name].tolist() for name in ("subject", "onset_ns", "heard_ns"))
        self._strangers = {subject: _Stranger(onset, heard) for subject, onset, heard in zip(*columns, strict=True)}

    def _subject(self, device: str) -> str:
        if device in self._strangers:
            return device
        own = len(self._strangers) - (SYSTEM in self._strangers) < self._most
        return device if own and 0 < len(device) <= _LONGEST_ID and "\0" not in device else SYSTEM

    def _finding(self, subject: str, transition: Transition, log_ns: int, position: int, onset_ns: int) -> Finding:
        return Finding(
            self.NAME,
            AlarmKind.UNKNOWN_DEVICE,
            subject,
            SYSTEM if subject == SYSTEM else "",
            transition,
            int(transition is Transition.ONSET),
            position,
            log_ns,
            onset_ns,
        )
