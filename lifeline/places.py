"""Where a device stands in GB/T 26875.3 as a target sees it: component type, zone 区号 and position 位号."""

import re
from collections import defaultdict
from collections.abc import Mapping
from typing import NamedTuple

from domain.asset import Assets
from domain.errors import ConfigurationError
from ingest.gb26875.place import parse_place
from lifeline.canon import KINDS
from lifeline.framing import SITE

_PLACE = re.compile(r"(\d{1,5})/(\d{1,5})")
_LARGEST = (1 << 16) - 1


class Component(NamedTuple):
    """Address of a component.

    Attributes:
        kind: component type 部件类型.
        zone: 区号.
        position: 位号.
    """

    kind: int
    zone: int
    position: int


def components(assets: Assets, places: Mapping[str, str], types: Mapping[str, int], where: str) -> dict[str, Component]:
    """Give every device and site its address (ConfigurationError: every place that is none, or that two have).

    Args:
        assets: the registry, whose column `gb26875` gives zone and position of a component.
        places: ``zone/position`` by the ids of devices and sites; they go before the registry.
        types: component types by kind of device.
        where: key of the settings, for messages.
    """
    problems: list[str] = []
    found: dict[str, Component] = {}
    for name, text in places.items():
        if name not in assets.devices and name not in assets.sites:
            problems.append(f"{where}.{name}: expected the id of a device or of a site")
        elif (at := _read(text)) is None:
            problems.append(f"{where}.{name}: {text!r}; expected zone/position, numbers of 16 bits")
        else:
            found[name] = Component(types[_kind(assets, name)], *at)
    for device in assets.devices.values():
        registered = parse_place(device.gb26875).component if device.gb26875 else None
        if registered is not None and device.id not in found:
            found[device.id] = Component(types[_kind(assets, device.id)], *registered)
    problems += (f"{where}: {', '.join(names)} are at one place, {at}" for at, names in _doubled(found).items())
    if problems:
        raise ConfigurationError(*problems)
    return found


def _kind(assets: Assets, name: str) -> str:
    device = assets.devices.get(name)
    return SITE if device is None else KINDS[device.kind]


def _read(text: str) -> tuple[int, int] | None:
    found = _PLACE.fullmatch(text)
    at = (int(found[1]), int(found[2])) if found else (_LARGEST + 1, 0)
    return at if max(at) <= _LARGEST else None


def _doubled(found: Mapping[str, Component]) -> dict[str, list[str]]:
    """Give the places that several have: the centre could not tell them apart."""
    names = defaultdict(list)
    for name, at in found.items():
        names[f"{at.zone}/{at.position}"].append(name)
    return {place: sorted(several) for place, several in names.items() if len(several) > 1}
