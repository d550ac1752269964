"""The numbering of what is watched: a channel is one quantity of one device."""

from collections.abc import Iterable

from domain.asset import Assets, Device, DeviceKind
from domain.quantity import Quantity

_COMMON = (
    Quantity.POWER_OK,
    Quantity.BATTERY_V,
    Quantity.BATTERY_PCT,
    Quantity.DEVICE_ALARM,
    Quantity.DEVICE_FAULT,
)
QUANTITIES: dict[DeviceKind, tuple[Quantity, ...]] = {
    DeviceKind.GAS_DETECTOR: (Quantity.GAS_PCT_LEL, Quantity.TEMPERATURE_C, *_COMMON),
    DeviceKind.PRESSURE_SENSOR: (Quantity.PRESSURE_KPA, Quantity.TEMPERATURE_C, *_COMMON),
    DeviceKind.FLOW_METER: (Quantity.FLOW_M3H, Quantity.PRESSURE_KPA, Quantity.TEMPERATURE_C, *_COMMON),
    DeviceKind.CUTOFF_VALVE: (Quantity.VALVE_OPEN, *_COMMON),
    DeviceKind.MANHOLE: (Quantity.GAS_PCT_LEL, Quantity.GAS_PCT_VOL, Quantity.IMMERSED, Quantity.COVER_OPEN, *_COMMON),
    DeviceKind.GATEWAY: _COMMON,
    DeviceKind.FAN: (Quantity.FAN_ON, *_COMMON),
}
"""What a kind usually measures. Any other quantity gets its channel when its first reading comes."""


class Channels:
    """Every (device, quantity) that is watched, in a fixed order that only grows.

    Example:
        >>> from domain.asset import Device, DeviceKind
        >>> device = Device(id="FAN-1", kind=DeviceKind.FAN, site="S1")
        >>> channels = Channels(Assets(sites={}, zones={}, devices={device.id: device}))
        >>> len(channels), channels.find("FAN-1", Quantity.FAN_ON), channels.find("FAN-1", Quantity.CO_PPM)
        (6, 0, 6)
    """

    def __init__(self, assets: Assets, also: Iterable[tuple[str, Quantity]] = ()) -> None:
        self.assets = assets
        self.devices: tuple[Device, ...] = tuple(assets.devices.values())
        self.device_index: dict[str, int] = {device.id: index for index, device in enumerate(self.devices)}
        self.sites: tuple[str, ...] = tuple(dict.fromkeys(device.site for device in self.devices))
        self.keys: list[tuple[str, Quantity]] = []
        self._index: dict[str, dict[Quantity, int]] = {device.id: {} for device in self.devices}
        for device in self.devices:
            for quantity in QUANTITIES[device.kind]:
                self.find(device.id, quantity)
        for device_id, quantity in also:
            if device_id in self._index:
                self.find(device_id, quantity)

    def __len__(self) -> int:
        return len(self.keys)

    def find(self, device: str, quantity: Quantity) -> int:
        """Give the channel of a registered device's quantity; a new one where there was none (KeyError: no device)."""
        of_device = self._index[device]
        channel = of_device.get(quantity)
        if channel is None:
            channel = of_device[quantity] = len(self.keys)
            self.keys.append((device, quantity))
        return channel

    def device_of(self, channel: int) -> Device:
        return self.devices[self.device_index[self.keys[channel][0]]]
