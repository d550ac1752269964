"""Gas that flows although the valve is closed."""

from dataclasses import dataclass
from typing import ClassVar

from detectors.behind import Behind, Line
from detectors.bounds import not_negative, ns, positive
from detectors.order import Reading
from detectors.state import NEVER
from domain.alarm import AlarmKind
from domain.channels import Channels
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity


@dataclass(slots=True)
class _Flow(Line):
    flow_ns: int = NEVER
    """Since when it flows."""
    lowest_kpa: float = 0.0
    """Lowest pressure since the valves closed."""
    lowest_ns: int = NEVER
    """Of the closing that it belongs to."""
    by_flow: bool = False


class ValveBypass(Behind[_Flow]):
    """Tell a line whose valves all report closed, and that has gas: a by-pass around them, or a seat that leaks.

    Flow above the meter's start-up for `confirm_s`, `settle_s` after the last valve closed; or a pressure that
    recovered by `rise_kpa` above its lowest since then: a valve that seals lets it only fall [1]. Warm pipes raise it
    by 0.28 kPa for each kelvin: `rise_kpa` must be well above a warm afternoon. Ends with a good flow below the
    start-up, or when a valve opens.

    Args:
        channels: the numbering.
        flow_m3h: start-up flow of the meters, m³/h. Larger is quieter.
        rise_kpa: recovery of the pressure, kPa. Larger is quieter.
        settle_s: after closing, seconds.
        confirm_s: how long it must flow, seconds.
        page_s: oldest late reading that may still raise, seconds.

    Example:
        >>> from detectors.series import series
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> valve = Device(id="V-1", kind=DeviceKind.CUTOFF_VALVE, site="S1")
        >>> meter = Device(id="F-1", kind=DeviceKind.FLOW_METER, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={"V-1": valve, "F-1": meter}))
        >>> detector = ValveBypass(
        ...     channels=channels, flow_m3h=0.1, rise_kpa=1, settle_s=60, confirm_s=120, page_s=900
        ... )
        >>> detector.update(series(channels.find("V-1", Quantity.VALVE_OPEN), [0], [0.0]))
        []
        >>> flow = series(channels.find("F-1", Quantity.FLOW_M3H), range(30, 330, 60), [0.4] * 5, position=2)
        >>> [(f.device, f.position, f.reason) for f in detector.update(flow)]
        [('V-1', 5, 'flow_m3h')]

    References:
        [1] CJ/T 394-2018 (cut-off valves: closing and inner tightness).
    """

    NAME: ClassVar[str] = "valve_bypass"

    def __init__(
        self,
        *,
        channels: Channels,
        flow_m3h: float,
        rise_kpa: float,
        settle_s: float,
        confirm_s: float,
        page_s: float,
    ) -> None:
        positive(flow_m3h=flow_m3h, rise_kpa=rise_kpa)
        not_negative(settle_s=settle_s, confirm_s=confirm_s)
        super().__init__(channels=channels, line=_Flow, page_s=page_s)
        self._flow_m3h, self._rise_kpa = flow_m3h, rise_kpa
        self._settle_ns, self._confirm_ns = ns(settle_s), ns(confirm_s)

    def _closed_step(
        self, first: int, line: _Flow, since_ns: int, quantity: Quantity, reading: Reading
    ) -> list[Finding]:
        if reading.time_ns - since_ns < self._settle_ns:
            return []
        if quantity is Quantity.FLOW_M3H:
            return self._flow(first, line, reading)
        return self._pressure(first, line, since_ns, reading) if quantity is Quantity.PRESSURE_KPA else []

    def _flow(self, first: int, line: _Flow, reading: Reading) -> list[Finding]:
        if reading.value > self._flow_m3h:
            line.flow_ns = reading.time_ns if line.flow_ns == NEVER else line.flow_ns
            if line.onset_ns != NEVER or reading.time_ns - line.flow_ns < self._confirm_ns:
                return []
            line.onset_ns, line.by_flow = line.flow_ns, True
            return [self._tell(first, line, reading, self._flow_m3h, Quantity.FLOW_M3H)]
        if not reading.clears:
            return []
        line.flow_ns = NEVER
        return self._over(first, line, reading, self._flow_m3h) if line.by_flow else []

    def _pressure(self, first: int, line: _Flow, since_ns: int, reading: Reading) -> list[Finding]:
        if line.lowest_ns != since_ns or reading.value < line.lowest_kpa:
            line.lowest_ns, line.lowest_kpa = since_ns, reading.value
        limit = line.lowest_kpa + self._rise_kpa
        if line.onset_ns != NEVER or reading.value < limit or reading.quality != Quality.GOOD:
            return []
        line.onset_ns = reading.time_ns
        return [self._tell(first, line, reading, limit, Quantity.PRESSURE_KPA)]

    def _opened(self, first: int, line: _Flow, reading: Reading) -> list[Finding]:
        line.flow_ns = NEVER
        return self._over(first, line, reading, None)

    def _over(self, first: int, line: _Flow, reading: Reading, limit: float | None) -> list[Finding]:
        if line.onset_ns == NEVER:
            return []
        onset_ns, line.onset_ns, line.by_flow = line.onset_ns, NEVER, False
        return [
            self._finding(
                first,
                AlarmKind.VALVE_BYPASS,
                Transition.END,
                reading,
                onset_ns=onset_ns,
                value=None if limit is None else reading.value,
                limit=limit,
                reason="opened" if limit is None else Quantity.FLOW_M3H.value,
            )
        ]

    def _tell(self, first: int, line: _Flow, reading: Reading, limit: float, by: Quantity) -> Finding:
        return self._finding(
            first,
            AlarmKind.VALVE_BYPASS,
            Transition.ONSET,
            reading,
            level=1,
            onset_ns=line.onset_ns,
            value=reading.value,
            limit=limit,
            reason=by.value,
        )
