"""Whether a scenario fits its registry: each problem with the path of what is wrong."""

from collections.abc import Iterator, Mapping, Sequence

from domain.asset import Assets, Device, DeviceKind, Power
from domain.network import Network
from simulator.events import (
    Care,
    Event,
    Fault,
    Flood,
    Leak,
    Mud,
    Opening,
    Regulation,
    Steam,
    Transport,
    ValveWork,
    Vapour,
)
from simulator.schema import GatewayEntry, LinkEntry, Room, SensorChoice, SpaceEntry

Problem = tuple[tuple[str | int, ...], str]

MEASURES = frozenset({DeviceKind.GAS_DETECTOR, DeviceKind.MANHOLE, DeviceKind.PRESSURE_SENSOR, DeviceKind.FLOW_METER})
SMELLS = frozenset({DeviceKind.GAS_DETECTOR, DeviceKind.MANHOLE})
_VALVE_FAULTS = ("jam", "feedback_wrong", "slow_valve", "leaking_seat")
_SENSOR_FAULTS = ("stuck", "drift", "dropout", "calibration_jump")
_GAS_FAULTS = ("poison", "unit_error", "expired", "immersed")
_MAINS_FAULTS = ("power_cut", "muted", "not_wired")


def problems(
    assets: Assets,
    *,
    sites: Mapping[str, Room],
    spaces: Sequence[SpaceEntry],
    links: Sequence[LinkEntry],
    sensors: Mapping[str, SensorChoice],
    events: Sequence[Event],
    gateway: GatewayEntry | None,
    grid: Network | None,
) -> Iterator[Problem]:
    """Find everything that does not fit."""
    if gateway is not None and (problem := _no_device(gateway.device, assets, DeviceKind.GATEWAY)):
        yield ("gateway", "device"), problem
    yield from ((("sites", site), problem) for site in sites if (problem := _no_room(site, assets)))
    yield from _space_problems(spaces, assets)
    names = {space.id for space in spaces} | {
        device.site for device in assets.devices.values() if device.kind in SMELLS
    }
    for index, link in enumerate(links):
        unknown = [name for name in link.between if name not in names]
        if unknown:
            yield ("links", index, "between"), f"{', '.join(unknown)} is no space of this scenario"
    for device, choice in sensors.items():
        if problem := _no_sensor(device, choice, names, assets):
            yield ("sensors", device), problem
    of_site = {space.id: space.site or space.id for space in spaces}
    yield from _event_problems(events, names, {link.id for link in links}, assets)
    yield from _grid_problems(events, assets, grid)
    for index, event in enumerate(events):
        if isinstance(event, Leak) and event.space is not None and of_site.get(event.space, event.site) != event.site:
            yield ("events", index, "space"), f"{event.space} is a space of site {of_site[event.space]}"


def _space_problems(spaces: Sequence[SpaceEntry], assets: Assets) -> Iterator[Problem]:
    seen: set[str] = set()
    for index, space in enumerate(spaces):
        site = space.site or space.id
        if space.id in seen:
            yield ("spaces", index, "id"), f"{space.id} stands there twice"
        seen.add(space.id)
        if not any(device.kind in SMELLS for device in assets.by_site.get(site, ())):
            yield ("spaces", index), f"site {site} has no gas detector and no manhole; expected one in the registry"
        elif space.biogas is not None and not assets.of_kind(site, DeviceKind.MANHOLE):
            yield ("spaces", index, "biogas"), f"site {site} is no manhole"


def _no_sensor(name: str, choice: SensorChoice, spaces: set[str], assets: Assets) -> str:
    device = assets.devices.get(name)
    if device is None or device.kind not in MEASURES:
        return f"{name} is not a gas detector or manhole, pressure sensor or flow meter of the registry"
    gas = device.kind in SMELLS
    if not gas and (choice.kind is not None or choice.at is not None or choice.filtered):
        return f"{name} measures no gas: kind, at and filtered are for those that do"
    if choice.at is not None and choice.at.removesuffix(".upper").removesuffix(".lower") not in spaces:
        return f"at is {choice.at}; expected a space, or its .upper or .lower layer"
    return ""


def _event_problems(events: Sequence[Event], spaces: set[str], links: set[str], assets: Assets) -> Iterator[Problem]:
    ids: set[str] = set()
    for index, event in enumerate(events):
        if event.id and event.id in ids:
            yield ("events", index, "id"), f"{event.id} stands there twice"
        ids.add(event.id)
        field, problem = _misfit(event, spaces, links, assets)
        if problem:
            yield ("events", index, field), problem


def _misfit(event: Event, spaces: set[str], links: set[str], assets: Assets) -> tuple[str, str]:  # noqa: PLR0911 - kinds
    match event:
        case Fault():
            return _fault_misfit(event, assets)
        case Vapour() | Steam():
            return "site", _no_room(event.site, assets)
        case Leak(site=str(site)):
            if event.space is not None and event.space not in spaces:
                return "space", f"{event.space} is no space of this scenario"
            return "site", _no_room(site, assets)
        case Opening(space=space, link=link):
            wrong = (space is not None and space not in spaces) or (link is not None and link not in links)
            return "link" if link else "space", f"{link or space} is not in this scenario" if wrong else ""
        case Mud(site=site) | Flood(site=site) | Care(site=str(site)):
            return "site", "" if assets.of_kind(site, DeviceKind.MANHOLE) else f"site {site} has no manhole"
        case Care(device=str(device)):
            return "device", _no_device(device, assets, *MEASURES)
        case Transport():
            unknown = [d for d in event.devices if d not in assets.devices]
            unknown += [s for s in event.sites if s not in assets.sites]
            return "devices", f"{', '.join(unknown)}: not in the registry" if unknown else ""
    return "kind", ""


def _grid_problems(events: Sequence[Event], assets: Assets, grid: Network | None) -> Iterator[Problem]:
    """Find events of pipes, regulators and valves that the network does not have."""
    pipes = {pipe.id for pipe in grid.pipes if pipe.in_service} if grid else set()
    regulators = {regulator.id for regulator in grid.regulators} if grid else set()
    valves = {valve.id for valve in grid.valves} if grid else set()
    for index, event in enumerate(events):
        match event:
            case Leak(pipe=str(pipe), tier=tier):
                if grid is None and tier is None:
                    yield ("events", index, "tier"), f"without a network, a leak in pipe {pipe} needs its tier"
                if grid is not None and pipe not in pipes:
                    yield ("events", index, "pipe"), f"{pipe} is no pipe in service of the network"
            case Regulation(regulator=regulator):
                if regulator not in regulators:
                    yield ("events", index, "regulator"), f"{regulator} is no regulator of the scenario's network"
            case ValveWork(valve=valve) if valve not in valves:
                if problem := _no_device(valve, assets, DeviceKind.CUTOFF_VALVE):
                    yield ("events", index, "valve"), f"{problem}, and no valve of the network"


def _no_device(name: str, assets: Assets, *kinds: DeviceKind) -> str:
    device = assets.devices.get(name)
    if device is None:
        return f"device {name} is not in the registry"
    return "" if device.kind in kinds else f"device {name} is a {device.kind}; expected {' or '.join(sorted(kinds))}"


def _no_room(site: str, assets: Assets) -> str:
    if site not in assets.sites:
        return f"site {site} is not in the registry"
    return "" if assets.of_kind(site, DeviceKind.GAS_DETECTOR) else f"site {site} has no room with a gas detector"


def _fault_misfit(fault: Fault, assets: Assets) -> tuple[str, str]:
    device = assets.devices.get(fault.device)
    if device is None:
        return "device", f"device {fault.device} is not in the registry"
    if fault.other is not None and (fault.other not in assets.devices or fault.other == fault.device):
        return "with", f"{fault.other} is no other device of the registry"
    fit, wanted = _needs(fault.what, device)
    return "device", "" if fit else f"{fault.what} needs {wanted}; {device.id} is a {device.kind} on {device.power}"


def _needs(what: str, device: Device) -> tuple[bool, str]:
    """Tell whether a device can have this fault, and what kind can."""
    if what in _VALVE_FAULTS:
        return device.kind is DeviceKind.CUTOFF_VALVE, "a cut-off valve"
    if what in _SENSOR_FAULTS:
        return device.kind in MEASURES, "a device that measures"
    if what in _GAS_FAULTS:
        return device.kind in SMELLS, "a device that measures gas"
    if what in {"battery_low", "battery_decay"}:
        return device.power is Power.BATTERY, "a device on battery"
    if what in _MAINS_FAULTS:
        wired = what == "power_cut" or device.kind is DeviceKind.GAS_DETECTOR
        return device.power is Power.MAINS and wired, "a device on mains" if wired else "a gas detector on mains"
    return True, ""
