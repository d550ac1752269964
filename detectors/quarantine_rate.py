"""A registered device of whose frames many cannot be understood."""

from typing import ClassVar

import numpy as np

from detectors.base import Detector, Remap, in_log_order
from detectors.bounds import ns, positive
from detectors.state import NEVER, pack, unpack
from domain.alarm import AlarmKind
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.sample import Decoded

_LONGEST_ID = 64


class QuarantineRate(Detector):
    """Tell a device with more than `frames` frames within `window_s` that were refused, wholly or in part [1].

    The last `frames` + 1 of them decide: it begins when the oldest of these is younger than the window, and ends at a
    tick when it is not any more. The value is their number. Only devices with refusals take memory.

    Args:
        channels: the numbering.
        frames: so many in a window are still borne.
        window_s: seconds of log time.

    Example:
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> from domain.sample import Refusal, RefusalReason
        >>> device = Device(id="GD-1", kind=DeviceKind.GAS_DETECTOR, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> detector = QuarantineRate(channels=channels, frames=1, window_s=3600)
        >>> odd = Decoded(refusals=(Refusal(RefusalReason.BAD_JSON, "frame", "", "GD-1", "S1"),))
        >>> [f.transition.value for second in (0, 1, 2) for f in detector.hear(odd, second * 10**9, 1)]
        ['onset']
        >>> [f.transition.value for f in detector.advance(3_601 * 10**9, 2)]
        ['end']

    References:
        [1] EEMUA 191, 3rd ed. (2013) (one alarm for a cause, not one for each of its signs).
    """

    NAME: ClassVar[str] = "quarantine_rate"

    def __init__(self, *, channels: Channels, frames: int, window_s: float) -> None:
        positive(frames=frames, window_s=window_s)
        self._channels = channels
        self._frames, self._window_ns = frames, ns(window_s)
        self._refused: dict[str, list[int]] = {}  # log times of the last `frames` + 1, by device
        self._onset_ns: dict[str, int] = {}
        self._tick_ns = NEVER

    def update(self, batch: Batch) -> list[Finding]:
        del batch
        return []

    def hear(self, decoded: Decoded, received_ns: int, position: int) -> list[Finding]:
        log_ns = max(received_ns, self._tick_ns)
        findings: list[Finding] = []
        for device in {refusal.device for refusal in decoded.refusals} & self._channels.device_index.keys():
            times = self._refused.setdefault(device, [])
            times.append(log_ns)
            del times[: -(self._frames + 1)]
            if self._too_many(times, log_ns) and device not in self._onset_ns:
                self._onset_ns[device] = log_ns
                findings.append(self._finding(device, Transition.ONSET, log_ns, position))
        return in_log_order(findings)

    def advance(self, log_ns: int, position: int) -> list[Finding]:
        self._tick_ns = max(self._tick_ns, log_ns)
        over = [device for device in self._onset_ns if not self._too_many(self._refused[device], log_ns)]
        findings = [self._finding(device, Transition.END, log_ns, position) for device in over]
        for device in over:
            del self._onset_ns[device]
        return in_log_order(findings)

    def snapshot(self) -> bytes:
        devices = sorted(self._refused)
        arrays = {
            "tick_ns": np.array([self._tick_ns], "<i8"),
            "device": np.array(devices, f"<U{_LONGEST_ID}"),
            "onset_ns": np.array([self._onset_ns.get(device, NEVER) for device in devices], "<i8"),
            "count": np.array([len(self._refused[device]) for device in devices], "<i8"),
            "refused_ns": np.array([at for device in devices for at in self._refused[device]], "<i8"),
        }
        return pack(f"{self.NAME}/1", arrays)

    def restore(self, blob: bytes, remap: Remap | None = None) -> None:
        del remap  # ids, not numbers
        arrays = unpack(f"{self.NAME}/1", blob)
        self._tick_ns = int(arrays["tick_ns"][0])
        ends = np.cumsum(arrays["count"])[:-1]
        rows = zip(arrays["device"].tolist(), np.split(arrays["refused_ns"], ends), strict=False)
        known = {device: at.tolist() for device, at in rows if device in self._channels.device_index}
        onsets = zip(arrays["device"].tolist(), arrays["onset_ns"].tolist(), strict=True)
        self._refused = {device: at[-(self._frames + 1) :] for device, at in known.items()}
        self._onset_ns = {device: at for device, at in onsets if at != NEVER and device in known}

    def _too_many(self, times: list[int], log_ns: int) -> bool:
        return len(times) > self._frames and log_ns - times[0] < self._window_ns

    def _finding(self, device_id: str, transition: Transition, log_ns: int, position: int) -> Finding:
        device = self._channels.devices[self._channels.device_index[device_id]]
        begins = transition is Transition.ONSET
        return Finding(
            self.NAME,
            AlarmKind.QUARANTINE_RATE,
            device.id,
            device.site,
            transition,
            int(begins),
            position,
            log_ns,
            self._onset_ns[device_id],
            float(self._frames + 1) if begins else None,
            float(self._frames) if begins else None,
        )
