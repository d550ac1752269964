"""The simulator: how many times real time a town on a network runs, and how fast its frames reach a broker."""

import tempfile
import time
from collections.abc import Sequence
from pathlib import Path
from typing import BinaryIO, NamedTuple

import msgspec
from bench_parts.load import broker
from bench_parts.table import Row

from domain.asset import Assets, Device, DeviceKind, Power, Site, Tier, Zone
from ingest.mqtt import Publisher
from simulator.frames import Outgoing
from simulator.run import simulate
from simulator.scenario import Scenario, read
from simulator.timetext import zone
from simulator.transport import BatchSink, FileSink, MqttSink
from simulator.world import World

START = "2026-01-15T08:00:00+08:00"
KINDS = (DeviceKind.GAS_DETECTOR, DeviceKind.PRESSURE_SENSOR, DeviceKind.MANHOLE, DeviceKind.GAS_DETECTOR)
FRAMES = 30_000


class Case(NamedTuple):
    """A town of a size, how long it is run, and how many times real time it should run."""

    pipes: int
    sensors: int
    hours: float
    bar: float


CASES = (Case(1_000, 1_000, 2.0, 1_000), Case(10_000, 10_000, 0.25, 60))


def network(pipes: int) -> dict[str, object]:
    """A low-pressure grid of streets, fed in its middle: a comb whose teeth are joined at every fifth node."""
    side = max(2, round((pipes / 1.2) ** 0.5))
    middle = side // 2 * side + side // 2
    nodes = [
        {"id": f"N{n}", "lon": 100 + n % side / 1e3, "lat": 25 + n // side / 1e3}
        | ({"fixed_pressure_pa_abs": 82_200.0} if n == middle else {"demand_kg_s": 1.0 / side**2})
        for n in range(side * side)
    ]
    rungs = {*range(0, side, 5), side // 2}
    along = [(n, n + 1) for n in range(side * side - 1) if (n + 1) % side and n // side in rungs]
    across = [(n, n + side) for n in range(side * (side - 1))]
    tubes = [
        {"id": f"P{k}", "from": f"N{a}", "to": f"N{b}", "length_m": 80.0, "inner_diameter_m": 0.4, "roughness_m": 1e-5}
        for k, (a, b) in enumerate(along + across)
    ]
    gas = {"molar_mass_kg_mol": 0.0166, "temperature_k": 288.15, "z": 1.0, "heat_capacity_ratio": 1.31}
    return {
        "gas": gas | {"viscosity_pa_s": 1.1e-5},
        "ambient_pressure_pa": 79_700.0,
        "friction": "gb50028",
        "nodes": nodes,
        "pipes": [tube | {"tier": "low_natural"} for tube in tubes],
    }


def assets(sensors: int, nodes: int) -> Assets:
    """A site at each node: half of the sensors in kitchens, a quarter in manholes, a quarter at pipes.

    One kitchen of ten has a valve and a fan.
    """
    sites, devices = {}, {}
    for number in range(sensors):
        name, kind = f"N{number % nodes}", KINDS[number % 4]
        site = name if number < nodes else f"S{number}"
        sites[site] = Site(site, "点", "place", "place", "Z", "D", 100 + number / 1e4, 25.0)
        power = Power.BATTERY if kind is DeviceKind.MANHOLE else Power.MAINS
        device = Device(f"D{number}", kind, site, power=power, interval_s=10.0, tier=Tier.LOW_NATURAL)
        devices[device.id] = device
        if kind is DeviceKind.GAS_DETECTOR and number % 10 == 0:
            for name, actor in (("V", DeviceKind.CUTOFF_VALVE), ("F", DeviceKind.FAN)):
                devices[f"{name}{number}"] = Device(f"{name}{number}", actor, site, interval_s=60.0)
    return Assets(sites, {"Z": Zone("Z", "片", "quarter")}, devices)


def town(pipes: int, sensors: int, folder: Path) -> tuple[Scenario, Assets]:
    net = network(pipes)
    (folder / "network.json").write_bytes(msgspec.json.encode(net))
    text = f'version: 1\nname: {{zh: 试, en: bench}}\nstart: "{START}"\nnetwork: {{file: network.json}}\n'
    (folder / "town.yaml").write_text(text, encoding="utf-8")
    return read(folder / "town.yaml"), assets(sensors, len(net["nodes"]))  # type: ignore[arg-type]  # of a dict


class Counted:
    """A file that counts its lines."""

    def __init__(self, file: BinaryIO) -> None:
        self._sink, self.frames = FileSink(file, zone(8)), 0

    def send(self, messages: Sequence[Outgoing]) -> None:
        self.frames += len(messages)
        self._sink.send(messages)


def _run(case: Case) -> list[Row]:
    with tempfile.TemporaryDirectory() as folder, Path(folder, "out.ndjson").open("wb") as file:
        world = World(*town(case.pipes, case.sensors, Path(folder)))
        sink, begun_s = Counted(file), time.process_time()
        simulate(world, sink, speed=None, duration_ns=round(case.hours * 3600e9))
        spent_s = time.process_time() - begun_s
    name, times = f"{case.pipes:,} pipes + {case.sensors:,} sensors, {case.hours:g} h", case.hours * 3600 / spent_s
    return [
        Row(f"simulator: {name} to a file", spent_s, "CPU s", "", None),
        Row("simulator: times real time", times, "", f"at least {case.bar:g}", times >= case.bar),
        Row("simulator: readings", sink.frames / spent_s, "readings/CPU s", "", None),
    ]


def _said() -> list[Outgoing]:
    """Frames of an hour, to be published."""
    with tempfile.TemporaryDirectory() as folder:
        world = World(*town(1_000, 1_000, Path(folder)))
    return world.step_to(world.start_ns + round(FRAMES / 100 * 1e9))[:FRAMES]


def _published(said: list[Outgoing], batch: int) -> float:
    """Readings in a second of wall time, until the broker has acknowledged all."""
    with broker() as port:
        publisher = Publisher("127.0.0.1", port, "bench")
        publisher.start()
        sink = MqttSink(publisher)
        begun_s = time.perf_counter()
        (BatchSink(sink, "gas/v1/S/GW/batch", batch) if batch > 1 else sink).send(said)
        publisher.drain(60.0)
        spent_s = time.perf_counter() - begun_s
        publisher.stop()
    return len(said) / spent_s


def simulator() -> list[Row]:
    rows = [row for case in CASES for row in _run(case)]
    said = _said()
    single, batch = _published(said, 1), _published(said, 50)
    return [
        *rows,
        Row("simulator: published at QoS 1", single, "frames/s", "at least 5,000", single >= 5_000),
        Row("simulator: published in batches of 50", batch, "readings/s", "", None),
    ]
