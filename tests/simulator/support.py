"""Networks for tests, built without a file."""

import math
from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from domain.network import Friction, Gas, Network, Node, Pipe, Regulator, Valve
from simulator.hydraulics import Hydraulics
from simulator.steady import solve_steady

R_J_MOL_K = 8.314462618
DALI_PA = 79_700.0
GAS = Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5)


def gas_of(celerity_2: float, temperature_k: float = 288.15) -> Gas:
    """A gas whose c² (m²/s²) is this."""
    return replace(GAS, molar_mass_kg_mol=R_J_MOL_K * temperature_k / celerity_2, temperature_k=temperature_k)


def network(
    *parts: Node | Pipe | Regulator | Valve,
    gas: Gas = GAS,
    friction: Friction = Friction.GB50028,
    ambient_pa: float = DALI_PA,
) -> Network:
    def of(kind: type) -> tuple:  # type: ignore[type-arg]  # of that kind
        return tuple(part for part in parts if isinstance(part, kind))

    return Network(gas, ambient_pa, friction, of(Node), of(Pipe), of(Regulator), of(Valve))


def steady(net: Network, **options: object) -> Hydraulics:
    hydraulics = Hydraulics(net, **options)  # type: ignore[arg-type]  # the test's own
    solve_steady(hydraulics)
    return hydraulics


def two_tiers(*, demand_kg_s: float = 0.02, max_flow_kg_s: float | None = 0.1) -> Network:
    """A medium-pressure supply, a regulator, and a low-pressure line behind a valve."""
    return network(
        Node("M1", fixed_pressure_pa_abs=DALI_PA + 200_000),
        Node("M2"),
        Node("L1"),
        Node("L2"),
        Node("L3", demand_kg_s=demand_kg_s),
        Pipe("PM", "M1", "M2", 1_000.0, 0.1, 1e-5, tier="medium_b"),
        Regulator("R", "M2", "L1", DALI_PA + 2_500, max_flow_kg_s=max_flow_kg_s),
        Pipe("PL", "L1", "L2", 200.0, 0.2, 1e-5, tier="low_natural"),
        Valve("V", "L2", "L3", 0.2, loss_coefficient=0.2),
    )


@st.composite
def meshes(draw: st.DrawFn, *, most: int = 12, heights: bool = True) -> Network:
    """A connected medium-pressure network of random shape, with loops, that can carry its demand."""
    count = draw(st.integers(3, most))
    ends = [(draw(st.integers(0, node - 1)), node) for node in range(1, count)]
    two = st.tuples(st.integers(0, count - 1), st.integers(0, count - 1)).filter(lambda ends: ends[0] != ends[1])
    ends += draw(st.lists(two, max_size=4))
    elevation = st.floats(0.0, 100.0) if heights else st.just(0.0)
    nodes = [Node("N0", elevation_m=0.0, fixed_pressure_pa_abs=DALI_PA + draw(st.floats(150_000, 400_000)))]
    nodes += [
        Node(f"N{n}", elevation_m=draw(elevation), demand_kg_s=draw(st.sampled_from([0.0, 0.0, 0.005, 0.02])))
        for n in range(1, count)
    ]
    pipes = [
        Pipe(
            f"P{k}", f"N{a}", f"N{b}", draw(st.floats(20.0, 2_000.0)), draw(st.sampled_from([0.1, 0.15, 0.2, 0.3])),
            draw(st.sampled_from([1e-5, 2e-4])), friction_factor=0.02,
        )
        for k, (a, b) in enumerate(ends)
    ]  # fmt: skip
    return network(*nodes, *pipes, friction=draw(st.sampled_from(list(Friction))))


VESSEL_AREA_M2 = math.pi / 4 * 4.0


def vessel(volume_m3: float, gas: Gas = GAS, ambient_pa: float = DALI_PA) -> Network:
    """A sealed wide pipe; half of its volume at each of its nodes A and B."""
    pipe = Pipe("V", "A", "B", volume_m3 / VESSEL_AREA_M2, 2.0, friction_factor=0.01)
    return network(Node("A"), Node("B"), pipe, gas=gas, friction=Friction.CONSTANT, ambient_pa=ambient_pa)


def town(seed: int, nodes: int = 25) -> Network:
    """A random town of three tiers, with loops, valves, and one to four regulators into each lower tier."""
    rng = np.random.default_rng(seed)
    parts: list[Node | Pipe | Regulator | Valve] = []
    for tier, gauge_pa in enumerate((400_000.0, 160_000.0, 2_400.0)):
        for k in range(nodes):
            held = DALI_PA + gauge_pa if tier == k == 0 else None
            demand = float(rng.choice([0.0, 0.0, 1.0]) * rng.uniform(0, 0.004))
            parts.append(Node(f"{tier}-{k}", fixed_pressure_pa_abs=held, demand_kg_s=demand))
        ends = [(int(rng.integers(max(0, k - 8), k)), k) for k in range(1, nodes)]
        ends += [tuple(rng.choice(nodes, 2, replace=False).tolist()) for _ in range(nodes // 6)]
        for k, (a, b) in enumerate(ends):
            length_m, width_m = float(rng.uniform(5, 200)), float(rng.choice([0.2, 0.3]))
            parts.append(Pipe(f"p{tier}-{k}", f"{tier}-{a}", f"{tier}-{b}", length_m, width_m, 1e-5))
        a, b = rng.choice(nodes, 2, replace=False).tolist()
        parts.append(Valve(f"v{tier}", f"{tier}-{a}", f"{tier}-{b}", 0.2, open=bool(rng.random() < 0.6)))
        for k in range(int(rng.integers(1, 5)) if tier else 0):
            inlet, outlet = f"{tier - 1}-{rng.integers(0, nodes)}", f"{tier}-{rng.integers(0, nodes)}"
            droop, limit = float(rng.choice([0.0, 1e4])), float(rng.choice([0.5, 2.0]))
            set_pa = DALI_PA + gauge_pa * float(rng.choice([1.0, 0.98]))
            parts.append(Regulator(f"r{tier}-{k}", inlet, outlet, set_pa, droop, limit))
    return network(*parts)
