from detectors.parts import Parts
from domain.network import Friction, Gas, Network, Node, Pipe, Regulator, Valve

NETWORK = Network(
    gas=Gas(0.0166, 288.15, 1.0, 1.31, 1.1e-5),
    ambient_pressure_pa=79_700,
    friction=Friction.GB50028,
    nodes=(Node("GATE", fixed_pressure_pa_abs=4e5), *(Node(name) for name in ("IN", "OUT", "S1", "S2", "S3", "LONE"))),
    pipes=(
        Pipe("P-IN", "GATE", "IN", 500, 0.2),
        Pipe("P-1", "OUT", "S1", 500, 0.1),
        Pipe("P-2", "S1", "S2", 500, 0.1),
        Pipe("P-3", "S1", "S3", 500, 0.1),
        Pipe("P-OFF", "S3", "LONE", 500, 0.1, in_service=False),
    ),
    regulators=(Regulator("R-1", "IN", "OUT", 2e5),),
    valves=(Valve("V-1", "S3", "LONE", 0.1, open=False), Valve("V-2", "S1", "S2", 0.1)),
)
PARTS = Parts(NETWORK)


def test_regulators_closed_valves_and_pipes_out_of_service_part_the_network() -> None:
    assert len({PARTS.of(name) for name in ("OUT", "S1", "S2", "S3")}) == 1
    assert len({PARTS.of(name) for name in ("GATE", "OUT", "LONE")}) == 3
    assert PARTS.of("NOWHERE") == -1


def test_a_part_knows_what_feeds_it() -> None:
    assert PARTS.above(PARTS.of("S3")) == {PARTS.of("GATE")}
    assert PARTS.above(PARTS.of("GATE")) == set()
