"""Lays out the fictional gas network of `examples/dali`: `python scripts/dali_network.py` writes its network.json.

Three tiers at 1,975 m: a ring of medium A around the town, a regulator station in each quarter, medium B along main
streets, and low pressure in all streets, behind two or three regulators for each quarter. Each site has a node of its
own name at the end of a service line. Demands are those of the evening peak; pipes are as wide as that needs.
"""

import csv
import json
import math
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from domain.network import Network, parse_network
from simulator.hydraulics import Hydraulics
from simulator.steady import solve_steady
from simulator.topology import ambient_pa

TOWN = Path(__file__).parents[1] / "examples" / "dali"
CENTRE_LON, CENTRE_LAT, DEGREE_M = 100.2676, 25.6065, 111_320.0
ELEVATION_M, AMBIENT_PA = 1_975.0, 79_700.0
FALL = 0.008  # from the mountain in the west to the lake in the east
STREET_M = 190.0
_SEED = 20260115
KG_NM3 = 0.0166 * 101_325 / (8.314462618 * 273.15)
SUPPLY_KPA, MEDIUM_B_KPA, LOW_KPA = 350.0, 160.0, 2.4
WIDTHS_MM = {  # inner diameters: steel mains, PE 100 SDR 17 and SDR 11
    "medium_a": [158.0, 207.0, 261.0, 311.0],
    "medium_b": [73.6, 96.8, 141.0, 176.2, 220.4],
    "low_natural": [51.4, 73.6, 96.8, 141.0, 176.2, 220.4, 277.6],
    "service": [26.2, 32.6, 40.8, 51.4, 73.6],
}
STEEPEST_PA_M = {"medium_a": 8.0, "medium_b": 12.0, "low_natural": 0.45, "service": 1.0}
MARKS = {"medium_a": "A", "medium_b": "B", "low_natural": "L"}
YEARS = {"steel": (1998, 2012), "PE": (2006, 2024)}


@dataclass
class Plan:
    """The network as it grows."""

    rng: np.random.Generator
    nodes: dict[str, dict] = field(default_factory=dict)
    pipes: list[dict] = field(default_factory=list)
    regulators: list[dict] = field(default_factory=list)
    valves: list[dict] = field(default_factory=list)

    def node(self, name: str, x: float, y: float, normal_m3_h: float = 0.0) -> str:
        demand_kg_s = normal_m3_h * KG_NM3 / 3600
        self.nodes[name] = {"id": name, "x_m": round(x, 1), "y_m": round(y, 1), "demand_kg_s": demand_kg_s}
        return name

    def pipe(self, one: str, other: str, tier: str, *, service: bool = False) -> None:
        (x1, y1), (x2, y2) = (self.place(name) for name in (one, other))
        material = "steel" if tier == "medium_a" else "PE"
        number = sum(pipe["tier"] == tier for pipe in self.pipes) + 1
        self.pipes.append({
            "id": f"P-{MARKS[tier]}-{number:03}", "from": one, "to": other,
            "length_m": round(1.15 * math.hypot(x2 - x1, y2 - y1) + 5, 1), "width": 1,
            "kind": "service" if service else tier, "tier": tier, "material": material,
            "install_year": int(self.rng.integers(*YEARS[material])),
        })  # fmt: skip

    def valve(self, name: str, at: str, width_mm: float) -> str:
        """Set a valve beside a node; give the node behind it."""
        x, y = self.place(at)
        behind = self.node(f"{name}-out", x + 2, y + 2)
        self.valves.append({"id": name, "from": at, "to": behind, "open": True, "inner_diameter_m": width_mm / 1000,
                            "loss_coefficient": 0.3})  # fmt: skip
        return behind

    def place(self, name: str) -> tuple[float, float]:
        return self.nodes[name]["x_m"], self.nodes[name]["y_m"]


def metres(lon: float, lat: float) -> tuple[float, float]:
    return (lon - CENTRE_LON) * DEGREE_M * math.cos(math.radians(CENTRE_LAT)), (lat - CENTRE_LAT) * DEGREE_M


def nearest(plan: Plan, names: Iterable[str], x: float, y: float) -> str:
    return min(names, key=lambda name: (math.hypot(plan.place(name)[0] - x, plan.place(name)[1] - y), name))


def joined(plan: Plan, names: list[str], streets: list[tuple[str, str]]) -> list[tuple[str, str]]:
    """Add the shortest ways between what is not yet connected."""
    group = {name: name for name in names}

    def root(name: str) -> str:
        while group[name] != name:
            name = group[name]
        return name

    for one, other in streets:
        group[root(one)] = root(other)
    extra = []
    while len({root(name) for name in names}) > 1:
        first = root(names[0])
        inside, outside = ([n for n in names if (root(n) == first) is want] for want in (True, False))
        pairs = ((math.dist(plan.place(a), plan.place(b)), a, b) for a in inside for b in outside)
        _, one, other = min(pairs)
        extra.append((one, other))
        group[root(one)] = root(other)
    return [*streets, *extra]


def lay_low(plan: Plan, zone: str, sites: list[tuple[str, float, float]]) -> list[str]:
    """Streets of a quarter: a grid where its sites are."""
    cells = {(round(x / STREET_M), round(y / STREET_M)) for _, x, y in sites}
    cells |= {(i + di, j + dj) for i, j in cells for di, dj in ((1, 0), (0, 1))}
    names = {}
    for i, j in sorted(cells):
        x, y = (STREET_M * k + float(plan.rng.uniform(-30, 30)) for k in (i, j))
        names[i, j] = plan.node(f"L-{zone}-{len(names) + 1:02}", x, y, float(plan.rng.uniform(4, 16)))
    ways = ((name, cell) for (i, j), name in names.items() for cell in ((i + 1, j), (i, j + 1)))
    streets = [(name, names[cell]) for name, cell in ways if cell in names]
    for one, other in joined(plan, list(names.values()), streets):
        plan.pipe(one, other, "low_natural")
    return list(names.values())


def lay_medium_b(plan: Plan, zone: str, low: list[str]) -> list[str]:
    """A ring of main streets in a quarter, and the regulators that feed its low pressure."""
    xs, ys = np.array([plan.place(name) for name in low]).T
    middle = (float(xs.mean()), float(ys.mean()))
    ring = []
    for k in range(6):
        angle = math.pi / 3 * k + 0.3
        wide = 0.62 * max(float(np.ptp(xs)), 400.0), 0.62 * max(float(np.ptp(ys)), 400.0)
        x, y = middle[0] + wide[0] * math.cos(angle) / 1.3, middle[1] + wide[1] * math.sin(angle) / 1.3
        ring.append(plan.node(f"B-{zone}-{k + 1}", x, y))
    for one, other in zip(ring, [*ring[1:], ring[0]], strict=True):
        plan.pipe(one, other, "medium_b")
    used: set[str] = set()
    for k, main in enumerate(ring[::2], 1):
        outlet = nearest(plan, [name for name in low if name not in used], *plan.place(main))
        used.add(outlet)
        inlet = plan.node(f"B-{zone}-R{k}", *(v + 3 for v in plan.place(outlet)))
        plan.pipe(main, inlet, "medium_b")
        plan.regulators.append({"id": f"R-{zone}-{k}", "from": inlet, "to": outlet,
                                "set_kpa": LOW_KPA, "droop_pa_per_kg_s": 2_000,
                                "max_flow_kg_s": 0.12})  # fmt: skip
    return ring


def lay_medium_a(plan: Plan, zones: dict[str, list[str]]) -> None:
    """A ring around the town past every quarter, with valves, the gate station and a regulator station each."""
    order = sorted(zones, key=lambda zone: math.atan2(*reversed(plan.place(zones[zone][0]))))
    stations = []
    for zone in order:
        x, y = (1.18 * v for v in plan.place(zones[zone][1]))
        station = plan.node(f"A-{zone}", x, y)
        stations.append(station)
        inlet, outlet = plan.node(f"A-{zone}-in", x + 20, y), plan.node(f"B-{zone}-0", x + 26, y)
        plan.pipe(station, inlet, "medium_a")
        plan.regulators.append({"id": f"RS-{zone}", "from": inlet, "to": outlet,
                                "set_kpa": MEDIUM_B_KPA, "droop_pa_per_kg_s": 10_000,
                                "max_flow_kg_s": 0.8})  # fmt: skip
        plan.pipe(outlet, nearest(plan, zones[zone], x, y), "medium_b")
    for number, (one, other) in enumerate(zip(stations, [*stations[1:], stations[0]], strict=True), 1):
        (x1, y1), (x2, y2) = plan.place(one), plan.place(other)
        middle = plan.node(f"A-M{number}", 0.54 * (x1 + x2), 0.54 * (y1 + y2))
        plan.pipe(plan.valve(f"V-A-{number}", one, 207.0), middle, "medium_a")
        plan.pipe(middle, other, "medium_a")
    gate = plan.node("GATE", *(1.3 * v for v in plan.place(stations[0])))
    plan.nodes[gate]["fixed_pressure_pa_abs"] = AMBIENT_PA + 1000 * SUPPLY_KPA
    for station in (stations[0], stations[1]):
        plan.pipe(gate, station, "medium_a")


def link_quarters(plan: Plan, zones: dict[str, list[str]]) -> None:
    """Medium B of neighbouring quarters helps out, through a valve."""
    order = sorted(zones, key=lambda zone: math.atan2(*reversed(plan.place(zones[zone][0]))))
    for number, (one, other) in enumerate(zip(order, [*order[1:], order[0]], strict=True), 1):
        _, near, far = min((math.dist(plan.place(a), plan.place(b)), a, b) for a in zones[one] for b in zones[other])
        plan.pipe(plan.valve(f"V-B-{number}", near, 96.8), far, "medium_b")


def connect_sites(plan: Plan, sites: list[dict], tiers: dict[str, str]) -> None:
    for site in sites:
        x, y = metres(float(site["lon"]), float(site["lat"]))
        tier = tiers.get(site["id"], "low_natural")
        marks = {"medium_a": "A-", "medium_b": f"B-{site['zone']}-", "low_natural": f"L-{site['zone']}-"}
        no_main = ("in", "R1", "R2", "R3")
        mains = [name for name in plan.nodes if name.startswith(marks[tier]) and not name.endswith(no_main)]
        cooks = site["type"] == "restaurant" and site["gas"] == "natural"
        main = nearest(plan, mains, x, y)
        plan.node(site["id"], x, y, float(plan.rng.uniform(2, 8)) if cooks else 0.0)
        plan.pipe(main, site["id"], tier, service=tier == "low_natural")


def network_json(plan: Plan) -> dict:
    """Give the file's form: elevations, longitudes, widths."""
    mean = sum(FALL * node["x_m"] for node in plan.nodes.values()) / len(plan.nodes)
    nodes = []
    for node in plan.nodes.values():
        lon = CENTRE_LON + node["x_m"] / (DEGREE_M * math.cos(math.radians(CENTRE_LAT)))
        place = {"lon": round(lon, 6), "lat": round(CENTRE_LAT + node["y_m"] / DEGREE_M, 6)}
        height = {"elevation_m": round(ELEVATION_M - FALL * node["x_m"] + mean, 1)}
        rest = {key: node[key] for key in ("fixed_pressure_pa_abs",) if key in node}
        demand = {"demand_kg_s": round(node["demand_kg_s"], 7)} if node["demand_kg_s"] else {}
        nodes.append({key: node[key] for key in ("id", "x_m", "y_m")} | place | height | rest | demand)
    pipes = []
    for pipe in plan.pipes:
        width_m = WIDTHS_MM[pipe["kind"]][pipe["width"]] / 1000
        sizes = {"inner_diameter_m": width_m, "roughness_m": 2e-4 if pipe["material"] == "steel" else 1e-5}
        keys = ("tier", "material", "install_year")
        head = {key: pipe[key] for key in ("id", "from", "to", "length_m")}
        pipes.append(head | {key: round(value, 6) for key, value in sizes.items()} | {key: pipe[key] for key in keys})
    gas = {"molar_mass_kg_mol": 0.0166, "temperature_k": 288.15, "z": 1.0, "heat_capacity_ratio": 1.31,
           "viscosity_pa_s": 1.1e-5}  # fmt: skip
    return {"gas": gas, "ambient_pressure_pa": AMBIENT_PA, "friction": "gb50028", "nodes": nodes, "pipes": pipes,
            "regulators": [set_at(one, nodes) for one in plan.regulators], "valves": plan.valves}  # fmt: skip


def set_at(regulator: dict, nodes: list[dict]) -> dict:
    """Set points are gauge pressures on site: the air is thinner where it lies higher."""
    height_m = next(node["elevation_m"] for node in nodes if node["id"] == regulator["to"])
    air_pa = AMBIENT_PA * ambient_pa(1.0, height_m) / ambient_pa(1.0, ELEVATION_M)
    set_pa = {"set_pressure_pa_abs": round(air_pa + 1000 * regulator["set_kpa"], 1)}
    rest = {key: regulator[key] for key in ("droop_pa_per_kg_s", "max_flow_kg_s")}
    return {key: regulator[key] for key in ("id", "from", "to")} | set_pa | rest


def text_of(data: dict) -> str:
    """One item on a line."""

    def shown(value: object) -> str:
        if isinstance(value, list):
            return "[\n" + ",\n".join("  " + json.dumps(item) for item in value) + "\n]"
        return json.dumps(value)

    return "{\n" + ",\n".join(f"{json.dumps(key)}: {shown(value)}" for key, value in data.items()) + "\n}\n"


def solved(plan: Plan) -> Hydraulics:
    network: Network = parse_network(text_of(network_json(plan)), "network.json")
    hydraulics = Hydraulics(network)
    solve_steady(hydraulics)
    return hydraulics


def widen(plan: Plan) -> Hydraulics:
    """Widen what loses too much, until nothing does."""
    while True:
        hydraulics, changed = solved(plan), False
        for pipe in plan.pipes:
            drop_pa = abs(hydraulics.pressure_pa(pipe["from"]) - hydraulics.pressure_pa(pipe["to"]))
            steep = drop_pa / pipe["length_m"] > STEEPEST_PA_M[pipe["kind"]] + 0.06
            if steep and pipe["width"] + 1 < len(WIDTHS_MM[pipe["kind"]]):
                pipe["width"] += 1
                changed = True
        if not changed:
            return hydraulics


def planned(seed: int = _SEED) -> Plan:
    with (TOWN / "sites.csv").open(encoding="utf-8-sig", newline="") as file:
        sites = [row for row in csv.DictReader(file) if row["type"] != "station"]  # these stand on nodes laid below
    with (TOWN / "devices.csv").open(encoding="utf-8-sig", newline="") as file:
        tiers = {row["site"]: row["tier"] for row in csv.DictReader(file) if row["tier"].startswith("medium")}
    by_zone: dict[str, list[tuple[str, float, float]]] = defaultdict(list)
    for site in sites:
        by_zone[site["zone"]].append((site["id"], *metres(float(site["lon"]), float(site["lat"]))))
    plan = Plan(np.random.default_rng(seed))
    low = {zone: lay_low(plan, zone, by_zone[zone]) for zone in sorted(by_zone)}
    rings = {zone: lay_medium_b(plan, zone, names) for zone, names in low.items()}
    lay_medium_a(plan, rings)
    link_quarters(plan, rings)
    connect_sites(plan, sites, tiers)
    return plan


def main() -> None:
    plan = planned()
    hydraulics = widen(plan)
    (TOWN / "network.json").write_text(text_of(network_json(plan)), encoding="utf-8")
    print(f"{len(plan.nodes)} nodes, {len(plan.pipes)} pipes, supply {hydraulics.balance().supply_kg_s:.3f} kg/s")


if __name__ == "__main__":
    main()
