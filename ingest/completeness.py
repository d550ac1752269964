"""Whether too much of what a device sent is missing: from the ledger of gaps, minute by minute of log time."""

from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from domain.alarm import AlarmKind
from domain.asset import Assets, Power
from domain.finding import Finding, Transition
from domain.rulebook import Rulebook

_MINUTE_NS = 60_000_000_000


class Missing(NamedTuple):
    """The open gaps of a device.

    Attributes:
        device: id.
        interval_s: declared period of its messages.
        gaps: (when it was opened, number of messages) of each.
    """

    device: str
    interval_s: float
    gaps: list[tuple[int, int]]


class _Standing(msgspec.Struct, frozen=True):
    level: int
    onset_ns: int


class _State(msgspec.Struct, frozen=True):
    minute: int = 0
    standing: dict[str, _Standing] = {}


class Completeness:
    """Tells the devices that lost messages within the last hour (`data_missing.window`).

    Level 1: a gap of a device on mains that is older than `data_missing.after`: it is hardly still on its way. Level 2:
    of the messages that an hour holds at the declared interval, more than `data_missing.share` are missing; one alone
    is no share. Ends when the gaps are filled, or the hour has passed. Judged at the first tick of each minute.

    Args:
        assets: power of the devices.
        rulebook: its `data_missing` numbers.
    """

    def __init__(self, assets: Assets, rulebook: Rulebook) -> None:
        self._state = _State()
        self.configure(assets, rulebook)

    def configure(self, assets: Assets, rulebook: Rulebook) -> None:
        """Take other assets and rules; what stands goes on standing until the next minute."""
        self._devices = assets.devices
        self._after_ns, self._window_ns = rulebook.ns("data_missing.after"), rulebook.ns("data_missing.window")
        self._share = rulebook["data_missing.share"]

    def due(self, log_ns: int) -> bool:
        """Tell whether a new minute has begun."""
        return log_ns // _MINUTE_NS > self._state.minute

    def since_ns(self, log_ns: int) -> int:
        """Give the time before which gaps do not matter any more."""
        return log_ns - self._window_ns

    def judge(self, missing: Iterable[Missing], log_ns: int, position: int) -> list[Finding]:
        """Compare what is missing now with what stood.

        Args:
            missing: devices with gaps that were opened after `since_ns`.
            log_ns: log time of the tick.
            position: of the tick.
        """
        standing: dict[str, _Standing] = {}
        findings: list[Finding] = []
        for found in missing:
            before = self._state.standing.get(found.device, _Standing(0, log_ns))
            level = self._level(found, log_ns)
            if level > before.level:
                transition = Transition.ESCALATE if before.level else Transition.ONSET
                findings.append(self._finding(found, transition, _Standing(level, before.onset_ns), log_ns, position))
            if level:
                standing[found.device] = _Standing(max(level, before.level), before.onset_ns)
        for device in self._state.standing.keys() - standing.keys():
            over = Missing(device, 0.0, [])
            onset_ns = self._state.standing[device].onset_ns
            findings.append(self._finding(over, Transition.END, _Standing(0, onset_ns), log_ns, position))
        self._state = _State(log_ns // _MINUTE_NS, standing)
        return sorted(findings, key=lambda finding: finding.device)

    def _level(self, found: Missing, log_ns: int) -> int:
        device = self._devices.get(found.device)
        if device is None:
            return 0
        if sum(count for _, count in found.gaps) > 1 and self._missing(found) > self._share:
            return 2
        old = any(log_ns - opened_ns >= self._after_ns for opened_ns, _ in found.gaps)
        return int(old and device.power is Power.MAINS)

    def _missing(self, found: Missing) -> float:
        """Give the share of the window's messages that is missing."""
        expected = self._window_ns / 1e9 / found.interval_s
        return min(1.0, sum(count for _, count in found.gaps) / expected)

    def _finding(
        self, found: Missing, transition: Transition, standing: _Standing, log_ns: int, position: int
    ) -> Finding:
        device = self._devices.get(found.device)
        return Finding(
            detector="completeness",
            kind=AlarmKind.DATA_MISSING,
            device=found.device,
            site=device.site if device else "",
            transition=transition,
            level=standing.level,
            position=position,
            time_ns=log_ns,
            onset_ns=standing.onset_ns,
            value=100 * self._missing(found) if found.gaps else None,
            limit=100 * self._share if standing.level > 1 else None,
        )

    def snapshot(self) -> bytes:
        return msgspec.msgpack.encode(self._state)

    def restore(self, blob: bytes) -> None:
        """Go on from a snapshot (ValueError: of another schema)."""
        try:
            self._state = msgspec.msgpack.decode(blob, type=_State)
        except msgspec.MsgspecError as error:
            raise ValueError(f"no snapshot of the completeness: {error}") from None
