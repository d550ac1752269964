"""A log in short: readings, ticks and notices in order, played into a detector in batches of any size."""

import dataclasses
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from detectors.base import Detector
from detectors.locate import locating
from domain.asset import Assets, Device, DeviceKind, Power, Tier, Uplink
from domain.batch import Batch
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.network import Friction, Gas, Network, Node, Pipe, Regulator
from domain.quality import Quality
from domain.quantity import Quantity
from domain.rulebook import Rulebook
from domain.sample import Decoded, Notice, Refusal, RefusalReason, Sample

S = 1_000_000_000
START_S = 1_700_000_000
RULES = Rulebook.parse((Path(__file__).parents[2] / "rulebook.toml").read_text(encoding="utf-8"))
LOCATING = locating(RULES)

DEVICES = (
    Device(id="GD-1", kind=DeviceKind.GAS_DETECTOR, site="S1", interval_s=5),
    Device(id="GD-2", kind=DeviceKind.GAS_DETECTOR, site="S1", interval_s=5),
    Device(id="V-1", kind=DeviceKind.CUTOFF_VALVE, site="S1", interval_s=5),
    Device(id="V-2", kind=DeviceKind.CUTOFF_VALVE, site="S1", interval_s=5, power=Power.BATTERY),
    Device(
        id="GD-3", kind=DeviceKind.GAS_DETECTOR, site="S2", interval_s=5, gas_low_pct_lel=10.0, gas_high_pct_lel=30.0
    ),
    Device(id="P-1", kind=DeviceKind.PRESSURE_SENSOR, site="S3", interval_s=5, tier=Tier.LOW_NATURAL),
    Device(id="P-2", kind=DeviceKind.PRESSURE_SENSOR, site="S3", interval_s=5),
    Device(id="FM-1", kind=DeviceKind.FLOW_METER, site="S3", interval_s=5, tier=Tier.MEDIUM_A),
    Device(
        id="M-1",
        kind=DeviceKind.MANHOLE,
        site="S4",
        interval_s=5,
        power=Power.BATTERY,
        uplink=Uplink.STORE_FORWARD,
    ),
    Device(id="P-3", kind=DeviceKind.PRESSURE_SENSOR, site="S5", interval_s=5, tier=Tier.LOW_NATURAL),
    Device(id="FM-2", kind=DeviceKind.FLOW_METER, site="S5", interval_s=5),
    Device(id="V-3", kind=DeviceKind.CUTOFF_VALVE, site="S5", interval_s=5),
    Device(id="C-1", kind=DeviceKind.GATEWAY, site="S5", interval_s=5),
)


NETWORK = Network(
    gas=Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5),
    ambient_pressure_pa=100_000,
    friction=Friction.GB50028,
    nodes=(Node("GATE", fixed_pressure_pa_abs=4e5), Node("S3"), Node("S5"), Node("END", demand_kg_s=0.01)),
    pipes=(Pipe("P-1", "S3", "S5", 1.0, 0.01),),
    regulators=(Regulator("R-1", "GATE", "S3", 102_200), Regulator("R-2", "S5", "END", 101_000)),
)
"""FM-1 measures what comes to P-1 and P-3, FM-2 what goes on."""


def town(devices: tuple[Device, ...] = DEVICES) -> Channels:
    return Channels(Assets(sites={}, zones={}, devices={device.id: device for device in devices}, network=NETWORK))


def rules(**numbers: float) -> Rulebook:
    """The rulebook with other values; names with ``__`` for the dot."""
    named = {name.replace("__", "."): value for name, value in numbers.items()}
    changed = {name: dataclasses.replace(RULES.numbers[name], value=value) for name, value in named.items()}
    return dataclasses.replace(RULES, numbers={**RULES.numbers, **changed})


@dataclass(frozen=True)
class Row:
    """One value of a frame."""

    position: int
    device: str
    quantity: Quantity
    time_ns: int
    received_ns: int
    value: float
    quality: Quality
    late: bool


@dataclass(frozen=True)
class Tick:
    """One second of the log's clock."""

    position: int
    log_ns: int


@dataclass(frozen=True)
class Said:
    """What a frame says besides its readings."""

    position: int
    received_ns: int
    decoded: Decoded


@dataclass
class Script:
    """Entries of a log; seconds count from `START_S`."""

    entries: list[Row | Tick | Said] = field(default_factory=list)

    def row(
        self,
        device: str,
        quantity: Quantity,
        second: float,
        value: float,
        quality: Quality = Quality.GOOD,
        *,
        delay_s: float = 0,
        live_s: float = 30,
    ) -> int:
        time_ns = START_S * S + round(second * S)
        received_ns = time_ns + round(delay_s * S)
        late = delay_s > live_s
        self.entries.append(Row(self._next(), device, quantity, time_ns, received_ns, value, quality, late))
        return len(self.entries)

    def tick(self, second: float) -> int:
        self.entries.append(Tick(self._next(), START_S * S + round(second * S)))
        return len(self.entries)

    def say(self, decoded: Decoded, second: float) -> int:
        self.entries.append(Said(self._next(), START_S * S + round(second * S), decoded))
        return len(self.entries)

    def notice(
        self,
        device: str,
        what: str,
        second: float,
        *,
        boot_id: str | None = None,
        retained: bool = False,
        interval_s: float | None = None,
    ) -> int:
        time_ns = START_S * S + round(second * S)
        notice = Notice(device, what, time_ns, boot_id, retained=retained, interval_s=interval_s)
        return self.say(Decoded(notices=(notice,)), second)

    def refuse(self, device: str, reason: RefusalReason, second: float) -> int:
        return self.say(Decoded(refusals=(Refusal(reason, "frame", "", device),)), second)

    def shift(self, device: str, shift_s: float, second: float) -> int:
        sample = Sample(device, START_S * S + round(second * S), None, None, {}, {}, late=False)
        return self.say(Decoded(samples=(sample,), shifts={device: round(shift_s * S)}), second)

    def play(
        self,
        detector: Detector,
        channels: Channels,
        *,
        step: int = 1_000_000,
        start: int = 0,
        stop: int | None = None,
        patient: bool = False,
    ) -> list[Finding]:
        """Play the entries from `start` to `stop`; rows in batches of at most `step`.

        Who is patient lets ticks come before the rows wherever the detector waits through them.
        """
        findings: list[Finding] = []
        rows: list[Row] = []
        for entry in self.entries[start:stop]:
            if isinstance(entry, Row):
                rows.append(entry)
                if len(rows) == step:
                    findings += detector.update(batch(rows, channels))
                    rows = []
                continue
            waits = patient and isinstance(entry, Tick) and detector.waits(entry.log_ns)
            if rows and not waits:
                findings += detector.update(batch(rows, channels))
                rows = []
            if isinstance(entry, Tick):
                findings += detector.advance(entry.log_ns, entry.position)
            else:
                findings += detector.hear(entry.decoded, entry.received_ns, entry.position)
        return findings + (detector.update(batch(rows, channels)) if rows else [])

    def _next(self) -> int:
        return len(self.entries) + 1


def batch(rows: list[Row], channels: Channels) -> Batch:
    """Build the columns; read-only, so that a detector that writes its input fails."""
    built = Batch(
        channel=np.array([channels.find(row.device, row.quantity) for row in rows], np.int32),
        time_ns=np.array([row.time_ns for row in rows], np.int64),
        received_ns=np.array([row.received_ns for row in rows], np.int64),
        value=np.array([row.value for row in rows], np.float64),
        quality=np.array([row.quality for row in rows], np.int8),
        late=np.array([row.late for row in rows], np.bool_),
        position=np.array([row.position for row in rows], np.int64),
    )
    for name in Batch.__dataclass_fields__:
        getattr(built, name).flags.writeable = False
    return built


def told(findings: list[Finding]) -> list[tuple[str, str, str, int, int]]:
    """What a test looks at: device, kind, transition, level, position."""
    return [(f.device, f.kind.value, f.transition.value, f.level, f.position) for f in findings]


def ended(findings: list[Finding]) -> bool:
    return any(finding.transition is Transition.END for finding in findings)
