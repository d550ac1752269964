"""From frames of GB/T 26875.3 in the log to what the detectors tell of them."""

import pytest

from app.roles.engine import Engine
from domain.alarm import AlarmKind
from domain.finding import Transition
from domain.record import Quarantined
from domain.sample import RefusalReason
from ingest.gb26875.frame import Frame, encode_frame
from ingest.gb26875.objects import Analog, ComponentState
from ingest.gb26875.times import time_tag
from ingest.gb26875.units import EMPTY, Unit, encode_unit
from tests.app.support import Tape, bites, configuration

DEVICES = """\
id,kind,site,interval_s,gb26875
GW,gateway,S1,10,889
G1,gas_detector,S1,600,889/1/1
"""
TOPIC = "gas/v1/S1/GW/gb26875"
Told = tuple[list[tuple[AlarmKind, str, Transition]], list[Quarantined]]


def put(tape: Tape, serial: int, unit: Unit = EMPTY) -> bytes:
    raw = encode_frame(Frame(serial, 1, 1, time_tag(tape.now_ns), 889, 1, 2, encode_unit(unit)))
    tape.put(TOPIC, raw)
    return raw


def state(tape: Tape, bits: int) -> Unit:
    return Unit(2, (ComponentState(1, 1, 10, 1, 1, bits, bytes(31), tape.now_ns),))


def gas(tape: Tape, pct_lel: float) -> Unit:
    return Unit(3, (Analog(1, 1, 10, 1, 1, 6, round(pct_lel * 10), tape.now_ns),))


@pytest.fixture(scope="module")
def tape() -> Tape:
    """Gas that the detector declares and measures, every frame twice, heartbeats, and at the end nothing."""
    made, repeated = Tape(), list[bytes]()
    for second in range(15):
        leaks = 5 <= second < 10
        repeated = [put(made, 2 * second, state(made, 0x0002 if leaks else 0x0001))]
        repeated.append(put(made, 2 * second + 1, gas(made, 60.0 if leaks else 1.0)))
        for raw in repeated:
            made.put(TOPIC, raw)
        made.tick()
    for second in range(15, 50):
        put(made, 2 * second)
        made.tick()
    made.put(TOPIC, repeated[0][:-1])
    made.tick(40)
    return made


def run(tape: Tape, size: int) -> Told:
    engine, told, quarantined = Engine(configuration(DEVICES)), [], list[Quarantined]()
    for bite in bites(tape.frames, size):
        outcome = engine.feed(bite)
        told += [(f.kind, f.device, f.transition) for step in outcome.steps for f in step.findings]
        quarantined += outcome.quarantined
    return told, quarantined


def test_a_declared_and_a_measured_leak_and_the_silence_of_a_transmitter_are_told_once(tape: Tape) -> None:
    told, quarantined = run(tape, 1_000)
    for kind in (AlarmKind.GAS_DECLARED, AlarmKind.GAS_HIGH):
        assert [(device, what) for found, device, what in told if found is kind and what is Transition.ONSET] == [
            ("G1", Transition.ONSET)
        ]
    assert (AlarmKind.GAS_DECLARED, "G1", Transition.END) in told
    silent = [(device, what) for found, device, what in told if found is AlarmKind.DEVICE_SILENT]
    assert silent == [("GW", Transition.ONSET)]
    assert [(entry.reason, entry.device) for entry in quarantined] == [(RefusalReason.BAD_FRAME, "GW")]


def test_the_same_is_told_whatever_the_size_of_the_bites(tape: Tape) -> None:
    assert run(tape, 3) == run(tape, 1_000)
