"""New samples of the devices whose trend is open on some screen."""

from collections.abc import Collection

from api import stream_out, views
from api.events import Event
from api.services import Services
from api.times import rfc3339
from domain.quantity import SPANS, Quantity

_POINTS = 500
_OVERLAP_NS = 10_000_000_000
"""Told again at first sight: what came between the answer with the trend and the opening of the stream."""


class Readings:
    """Remembers up to where each open device was told, and tells what came since.

    Args:
        services: series and registry.
    """

    def __init__(self, services: Services) -> None:
        self._services = services
        self._told: dict[str, dict[Quantity, int]] = {}

    def new(self, devices: Collection[str]) -> list[Event]:
        """Give one event for each quantity that has new samples (blocks)."""
        self._told = {device: told for device, told in self._told.items() if device in devices}
        known = (device for device in devices if device in self._services.assets.devices)
        return [event for device in known for event in self._of(device)]

    def _of(self, device: str) -> list[Event]:
        newest = {quantity: latest.time_ns for quantity, latest in self._services.series.latest(device).items()}
        fresh_ns = self._services.clock_ns() - _OVERLAP_NS
        told = self._told.setdefault(device, {})
        behind = {q: (told.get(q, fresh_ns), to_ns) for q, to_ns in newest.items() if to_ns > told.get(q, fresh_ns)}
        told.update(newest)
        return [self._event(device, q, from_ns + 1, to_ns + 1) for q, (from_ns, to_ns) in behind.items()]

    def _event(self, device: str, quantity: Quantity, from_ns: int, to_ns: int) -> Event:
        trend = self._services.series.series(device, quantity, from_ns, to_ns, _POINTS)
        reading = stream_out.Reading(
            device=device,
            quantity=quantity,
            unit=SPANS[quantity].unit,
            time=[rfc3339(time_ns) for time_ns in trend.time_ns],
            value=[views.finite(value) for value in trend.value],
            quality=[views.quality_name(quality) for quality in trend.quality],
        )
        return Event("reading", 0, reading.model_dump_json(), device)
