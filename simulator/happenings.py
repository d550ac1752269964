"""What events do to the town: doors, steam, water, mud, and people on site. Leaks and failures stand elsewhere."""

from collections.abc import Sequence

from domain.asset import DeviceKind
from simulator.devices import Unit
from simulator.events import Care, Event, Flood, Mud, Opening, Regulation, Steam, ValveWork, Vapour
from simulator.fleet import Fleet
from simulator.gases import Component
from simulator.manholes import Well
from simulator.premises import opened_m3_s
from simulator.schema import LinkEntry
from simulator.town import Town

_BY_HAND_S = 60.0
"""A valve in the street is turned by hand."""


def change_town(town: Town, links: Sequence[LinkEntry], key: str, event: Event, *, begins: bool) -> None:
    """Let an event begin or end in the physics; those of devices and of the way change nothing here."""
    match event:
        case Vapour():
            town.set_vapour(event.site, event.ppm if begins else 0.0, Component(event.what))
        case Steam():
            town.set_humidity(event.site, event.humidity_pct if begins else None)
        case Opening():
            _open(town, links, event, begins=begins)
        case Mud():
            town.premises.wells.stir(_well(town, event.site).space, event.factor if begins else 1 / event.factor)
        case Flood():
            _well(town, event.site).level = event.level if begins else 0.0
        case Care(site=str(site)):
            _well(town, site).cover_open = begins
        case ValveWork() if begins:
            _work(town, event)
        case Regulation() if town.grid is not None:
            if begins:
                town.failing.events[key] = event
            else:
                town.failing.end(key, town.grid.hydraulics.regulators)


def _work(town: Town, event: ValveWork) -> None:
    closes = event.action == "close"
    if event.valve in town.valve_of:
        (town.linkage.close if closes else town.linkage.open_by_hand)(town.valve_of[event.valve])
    elif town.grid is not None:
        valves = town.grid.hydraulics.valves
        (valves.close if closes else valves.open_by_hand)(event.valve, _BY_HAND_S)


def change_fleet(town: Town, fleet: Fleet, event: Event, time_ns: int, *, begins: bool) -> None:
    """Let devices know what people and water do to them."""
    match event:
        case Care(device=str(device)):
            unit = fleet.by_id[device]
            unit.quality = "calibration" if begins else ""
            if begins:
                fleet.tell(unit, "calibration")
            else:
                town.instruments.sensors.calibrate(town.instruments.reading_of[device], time_ns)
        case Care(site=str(site)):
            for unit in _manhole_units(fleet, site):
                unit.cover_open = begins
                fleet.tell(unit, "cover_open" if begins else "cover_closed")
        case Flood():
            immersed = _well(town, event.site).immersed
            for unit in _manhole_units(fleet, event.site):
                unit.quality = "immersed" if immersed else ""


def _open(town: Town, links: Sequence[LinkEntry], event: Opening, *, begins: bool) -> None:
    if event.space is not None:
        row = town.premises.row_of[event.space]
        flow = opened_m3_s(town.premises.places, row, event.air_changes_h or 0.0)
        town.premises.spaces.window_m3_s[row] += flow if begins else -flow
    for row, link in enumerate(links):
        if link.id == event.link:
            flow_m3h = (event.flow_m3h or 0.0) if begins else link.flow_m3h
            town.premises.spaces.link_m3_s[row] = flow_m3h / 3600


def _well(town: Town, site: str) -> Well:
    row = town.premises.row_of[site]
    return next(well for well in town.premises.wells.wells if well.space == row)


def _manhole_units(fleet: Fleet, site: str) -> list[Unit]:
    return [u for u in fleet.units if u.device.site == site and u.device.kind is DeviceKind.MANHOLE]
