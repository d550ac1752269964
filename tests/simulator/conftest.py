from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.assets import FILES, parse_assets
from domain.asset import Assets, Device, DeviceKind, Gas, Power, Site, Tier, Zone
from simulator.frames import Outgoing
from simulator.scenario import Scenario

EXAMPLES = Path(__file__).parents[2] / "examples"
HEAD = """
version: 1
name: {zh: 试, en: trial}
start: "2026-01-15T12:00:00+08:00"
"""
START_NS = 1_768_449_600 * 1_000_000_000


@pytest.fixture(scope="session")
def dali() -> Assets:
    return parse_assets({name: (EXAMPLES / "dali" / name).read_text(encoding="utf-8") for name in FILES})


@pytest.fixture
def hamlet() -> Assets:
    """Two kitchens, a manhole and a pressure point."""
    sites = [Site(f"R{n}", f"店{n}", f"Inn {n}", "restaurant", "Z1", "D", 100.2, 25.6, gas) for n, gas in KITCHENS]
    sites += [Site("M1", "井", "well", "manhole", "Z1", "D", 100.2, 25.6)]
    sites += [Site("P1", "点", "point", "pressure_point", "Z1", "D", 100.2, 25.6)]
    devices = [kitchen for n, gas in KITCHENS for kitchen in kitchen_devices(n, gas)]
    devices += [Device("MH1", DeviceKind.MANHOLE, "M1", power=Power.BATTERY)]
    devices += [Device("PR1", DeviceKind.PRESSURE_SENSOR, "P1", tier=Tier.MEDIUM_B, interval_s=15)]
    return assets_of(sites, devices)


KITCHENS = ((1, Gas.NATURAL), (2, Gas.LPG))


def kitchen_devices(number: int, gas: Gas) -> list[Device]:
    return [
        Device(f"GD{number}", DeviceKind.GAS_DETECTOR, f"R{number}", gas=gas, interval_s=5),
        Device(f"CV{number}", DeviceKind.CUTOFF_VALVE, f"R{number}", gas=gas, interval_s=10),
        Device(f"FN{number}", DeviceKind.FAN, f"R{number}", gas=gas, interval_s=10),
    ]


def assets_of(sites: list[Site], devices: list[Device]) -> Assets:
    zones = {"Z1": Zone("Z1", "片", "quarter")}
    return Assets({s.id: s for s in sites}, zones, {d.id: d for d in devices})


@pytest.fixture
def scenario() -> Callable[[str], Scenario]:
    return lambda text: Scenario.parse(HEAD + text, "trial.yaml")


@pytest.fixture
def payloads() -> Callable[[list[Outgoing], str, str], list[dict[str, Any]]]:
    """What a device said on one kind of topic, decoded by a reader that refuses NaN."""

    def of(messages: list[Outgoing], device: str, kind: str) -> list[dict[str, Any]]:
        return [msgspec.json.decode(m.payload) for m in messages if m.topic.endswith(f"/{device}/{kind}")]

    return of


@pytest.fixture
def values() -> Callable[[list[Outgoing], str, str], dict[float, float]]:
    """Readings of one quantity of a device, by seconds after the start of HEAD."""

    def of(messages: list[Outgoing], device: str, quantity: str) -> dict[float, float]:
        told = (
            (m.time_ns, msgspec.json.decode(m.payload)) for m in messages if m.topic.endswith(f"/{device}/telemetry")
        )
        return {(t - START_NS) / 1e9: p["values"][quantity] for t, p in told if quantity in p["values"]}

    return of
