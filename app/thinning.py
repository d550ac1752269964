"""Which frames may go when the log is nearly full, and how the ledger tells of them."""

import math
from collections.abc import Collection, Iterator, Mapping, Sequence

from app.configuration import Configuration
from domain.asset import Device
from domain.frame import CLOCK_TOPIC, CONFIGURATION_TOPIC, Frame
from domain.quantity import Quantity
from domain.record import Gap
from domain.rulebook import Rulebook
from domain.sample import Sample
from ingest.decoder import Decoder
from ingest.slow import read_offsets

THINNED = "thinned"
_MINUTE_NS = 60_000_000_000
_EVERYTHING = (-math.inf, math.inf)
_ANY = math.ulp(0.0)
"""The smallest number above 0."""


class Sieve:
    """Keeps one frame of readings for each device and minute, and everything that may matter to somebody.

    Kept is each frame that is our own, damaged, refused in part, or that says anything but readings; a reading whose
    quality is not good, or that is at or beyond a limit; and all of a device with a standing alarm. A frame of many
    devices goes only if it may go for each of them.

    Args:
        configuration: in force at the first frame.
        offsets: of slow clocks there.
        standing: devices with a standing alarm.
    """

    def __init__(self, configuration: Configuration, offsets: Mapping[str, int], standing: Collection[str]) -> None:
        self._offsets, self._standing = offsets, standing
        self._kept: dict[str, int] = {}  # newest minute with a kept frame, by device
        self.configure(configuration)

    def configure(self, configuration: Configuration) -> None:
        """Judge by another configuration from here on."""
        self._devices, self._rulebook = configuration.assets.devices, configuration.rulebook
        self._between: dict[str, dict[Quantity, tuple[float, float]]] = {}
        self._decoder = Decoder(configuration.assets, configuration.rulebook, configuration.root)
        self._decoder.correct(self._offsets)

    @staticmethod
    def is_configuration(frame: Frame) -> bool:
        return frame.topic == CONFIGURATION_TOPIC

    def keeps(self, frame: Frame) -> bool:
        """Tell whether a frame stays; frames come in log order."""
        if frame.topic.startswith("$log/") or not frame.intact:
            self._hear(frame)
            return True
        decoded = self._decoder.decode(frame)
        minute = frame.received_ns // _MINUTE_NS
        devices = {sample.device for sample in decoded.samples}
        plain = decoded.samples and not (decoded.notices or decoded.refusals or decoded.shifts)
        if plain and all(self._kept.get(device) == minute for device in devices):
            return any(map(self._matters, decoded.samples))
        self._kept |= dict.fromkeys(devices, minute)
        return True

    def samples(self, frame: Frame) -> Sequence[Sample]:
        return self._decoder.decode(frame).samples

    def _hear(self, frame: Frame) -> None:
        offsets = read_offsets(frame.payload) if frame.topic == CLOCK_TOPIC and frame.intact else None
        if offsets is not None:
            self._offsets = offsets
            self._decoder.correct(offsets)

    def _matters(self, sample: Sample) -> bool:
        if sample.device in self._standing or any(sample.quality.values()):
            return True
        between = self._harmless(sample.device)
        spans = ((value, *between.get(quantity, _EVERYTHING)) for quantity, value in sample.values.items())
        return not all(low < value < high for value, low, high in spans)

    def _harmless(self, device: str) -> dict[Quantity, tuple[float, float]]:
        if device not in self._between:
            self._between[device] = harmless(self._devices[device], self._rulebook)
        return self._between[device]


def harmless(device: Device, rules: Rulebook) -> dict[Quantity, tuple[float, float]]:
    """Give the values between which no alarm of a limit begins; a quantity without one is missing."""
    between = {
        Quantity.GAS_PCT_LEL: (-math.inf, device.gas_low_pct_lel or rules["gas_low.limit"]),
        Quantity.DEVICE_ALARM: (-math.inf, _ANY),
        Quantity.DEVICE_FAULT: (-math.inf, _ANY),
        Quantity.POWER_OK: (0.0, math.inf),
        Quantity.BATTERY_PCT: (rules["battery_low.limit_pct"], math.inf),
        Quantity.BATTERY_V: (rules["battery_low.limit_v"], math.inf),
    }
    if device.tier is not None:
        low_kpa, high_kpa = rules[f"pressure_low.{device.tier}_l"], rules[f"pressure_high.{device.tier}_h"]
        between[Quantity.PRESSURE_KPA] = (low_kpa, high_kpa)
    return between


class Stretches:
    """What the ledger says of a pass: for each start of a device, from the first to the last number that was dropped.

    Between the two stand the frames that were kept: one row for each would be thousands at the worst of times. A device
    that does not count is told by log positions, under an empty `boot_id`.
    """

    def __init__(self) -> None:
        self._spans: dict[tuple[str, str], tuple[int, int]] = {}
        self._touched: set[tuple[str, str]] = set()

    def add(self, position: int, samples: Sequence[Sample]) -> None:
        for sample in samples:
            key = (sample.device, sample.boot_id or "")
            number = position if sample.seq is None else sample.seq
            low, high = self._spans.get(key, (number, number))
            self._spans[key] = min(low, number), max(high, number)
            self._touched.add(key)

    def changed(self, now_ns: int) -> Iterator[Gap]:
        """Give the rows that grew since the last call."""
        for device, boot_id in sorted(self._touched):
            low, high = self._spans[device, boot_id]
            yield Gap(device, boot_id, low, high, opened_ns=now_ns, closed_ns=now_ns, reason=THINNED)
        self._touched.clear()
