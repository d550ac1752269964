"""What decoding must know of the registered devices, worked out once for each configuration."""

import math
import sys
from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from domain.asset import Assets, Device, DeviceKind, Gas, Uplink
from domain.product import Product
from domain.quantity import SPANS, Quantity
from domain.rulebook import Rulebook
from ingest.clock import ClockLimits
from ingest.gb26875.place import Place, parse_place

LEL_PCT_VOL = {Gas.NATURAL: 5.0, Gas.LPG: 1.5}
"""Lower explosive limits of Chinese practice (natural gas 5-15 %VOL, LPG 1.5-9.5 %VOL; IEC has 4.4 for methane)."""

_NEVER_PLAIN = (math.inf, -math.inf)
_LARGEST = sys.float_info.max


class Source(NamedTuple):
    """A registered device as its codec sees it.

    Attributes:
        device: id.
        site: id, from the registry.
        live_ns: a sample older than this at arrival is late.
        gas_range_pct_lel: at or above it a reading is over range.
        lel_pct_vol: lower explosive limit of its gas.
        plain: by quantity, the smallest and the largest value that need no second look.
        offset_ns: by which its clock is known to be slow.
        place: its address in GB/T 26875.3, where it has one.
        product: what the keys of its pushes mean.
        gateway: whether it may speak for others.
    """

    device: str
    site: str
    live_ns: int
    gas_range_pct_lel: float
    lel_pct_vol: float
    plain: Mapping[Quantity, tuple[float, float]]
    offset_ns: int = 0
    place: Place | None = None
    product: Product = MappingProxyType({})
    gateway: bool = False


class Fleet:
    """Every source by id, and the limits that hold for all of them.

    Attributes:
        components: device behind (transmitter, zone, position) of GB/T 26875.3.
        transmitters: of these components.
    """

    def __init__(self, assets: Assets, rulebook: Rulebook) -> None:
        self.clock = ClockLimits(rulebook.ns("clock.uncertain"), rulebook.ns("clock.shift"))
        live_ns = {
            Uplink.DIRECT: rulebook.ns("late.live"),
            Uplink.STORE_FORWARD: rulebook.ns("late.live_store_forward"),
        }
        plain: dict[float, dict[Quantity, tuple[float, float]]] = {}  # one table for each range, not for each device
        self.sources = {device.id: _source(device, live_ns[device.uplink], plain) for device in assets.devices.values()}
        for device in assets.devices.values():
            if device.push:
                product = assets.products[device.push.partition("/")[0]]
                self.sources[device.id] = self.sources[device.id]._replace(product=product)
        placed = [(source.place, device) for device, source in self.sources.items() if source.place is not None]
        self.components = {(p.transmitter, *p.component): device for p, device in placed if p.component is not None}
        self.transmitters = {transmitter for transmitter, _, _ in self.components}

    def correct(self, offsets: Mapping[str, int]) -> None:
        """Take the offsets of slow clocks, by device; every other clock is as it says."""
        for device, source in self.sources.items():
            if source.offset_ns != offsets.get(device, 0):
                self.sources[device] = source._replace(offset_ns=offsets.get(device, 0))


def _source(device: Device, live_ns: int, plain: dict[float, dict[Quantity, tuple[float, float]]]) -> Source:
    range_pct_lel = device.gas_range_pct_lel
    if range_pct_lel not in plain:
        plain[range_pct_lel] = {quantity: _plain(quantity, range_pct_lel) for quantity in Quantity}
    lel_pct_vol = LEL_PCT_VOL[device.gas]
    place = parse_place(device.gb26875) if device.gb26875 else None
    return Source(
        device.id,
        device.site,
        live_ns,
        range_pct_lel,
        lel_pct_vol,
        plain[range_pct_lel],
        place=place,
        gateway=device.kind is DeviceKind.GATEWAY,
    )


def _plain(quantity: Quantity, range_pct_lel: float) -> tuple[float, float]:
    if quantity is Quantity.GAS_PCT_VOL:
        return _NEVER_PLAIN  # it may have to be told in %LEL as well
    if quantity is Quantity.GAS_PCT_LEL:
        return (0.0, math.nextafter(range_pct_lel, -math.inf))
    span = SPANS[quantity]
    return (span.low, min(span.high, _LARGEST))
