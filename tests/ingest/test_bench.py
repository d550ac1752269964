"""How fast a core decodes: `pytest tests/ingest/test_bench.py --benchmark-enable`; a round takes READINGS readings."""

from collections.abc import Sequence

import pytest
from pytest_benchmark.fixture import BenchmarkFixture

from domain.asset import Assets, Device, DeviceKind
from domain.batch import Batch
from domain.channels import Channels
from domain.frame import Frame
from domain.rulebook import Rulebook
from ingest.batching import BatchBuilder
from ingest.continuity import Continuity
from ingest.decoder import Decoder

READINGS = 10_000
DETECTORS = 1_000
RECEIVED_NS = 1_768_449_600_500_000_000
TIMES = {"milliseconds": "1768449600250", "text": '"2026-01-15T12:00:00.250+08:00"'}


@pytest.fixture(scope="module")
def town() -> Assets:
    detectors = [
        Device(f"DL-GD-{number:04d}", DeviceKind.GAS_DETECTOR, f"R{number:04d}") for number in range(DETECTORS)
    ]
    gateway = Device("DL-GW-0001", DeviceKind.GATEWAY, "R0001")
    return Assets(sites={}, zones={}, devices={device.id: device for device in (*detectors, gateway)})


def fields(number: int, time: str, extra: str = "") -> str:
    return f'"boot_id":"7f3a","seq":{number},"time":{time},"values":{{"gas_pct_lel":{number % 90 / 10}}}{extra}'


def singles(time: str, extra: str = "") -> list[Frame]:
    def topic(number: int) -> str:
        return f"gas/v1/R{number % DETECTORS:04d}/DL-GD-{number % DETECTORS:04d}/telemetry"

    return [Frame(n, RECEIVED_NS, topic(n), f"{{{fields(n, time, extra)}}}".encode()) for n in range(READINGS)]


def batches(time: str, odd: str = "") -> list[Frame]:
    def record(number: int) -> str:
        extra = odd if number % 100 == 0 else ""
        return f'{{"device":"DL-GD-{number % DETECTORS:04d}",{fields(number, time, extra)}}}'

    groups = (range(first, first + 100) for first in range(0, READINGS, 100))
    payloads = (f'{{"records":[{",".join(map(record, group))}]}}'.encode() for group in groups)
    return [Frame(n, RECEIVED_NS, "gas/v1/R0001/DL-GW-0001/batch", payload) for n, payload in enumerate(payloads)]


def stored(time_ms: int) -> list[Frame]:
    samples = ",".join(f'{{"time":{time_ms - back},"values":{{"gas_pct_lel":1.5}}}}' for back in range(500))
    payload = f'{{"boot_id":"7f3a","seq":1,"samples":[{samples}]}}'.encode()
    topic = "gas/v1/R0001/DL-GD-0001/telemetry"
    return [Frame(n, RECEIVED_NS, topic, payload) for n in range(READINGS // 500)]


WORSE = ',"quality":{"gas_pct_lel":"uncertain"}'


@pytest.mark.parametrize(
    "frames",
    [
        pytest.param(singles(TIMES["milliseconds"]), id="single, milliseconds"),
        pytest.param(singles(TIMES["text"]), id="single, text time"),
        pytest.param(singles(TIMES["milliseconds"], WORSE), id="single with a quality"),
        pytest.param(batches(TIMES["milliseconds"]), id="batch of 100, milliseconds"),
        pytest.param(batches(TIMES["text"]), id="batch of 100, text time"),
        pytest.param(batches(TIMES["milliseconds"], WORSE), id="batch of 100, one odd"),
        pytest.param(stored(1_768_449_600_250), id="500 stored samples"),
    ],
)
def test_decodes_into_columns(
    benchmark: BenchmarkFixture, town: Assets, rulebook: Rulebook, frames: Sequence[Frame]
) -> None:
    decoder, builder = Decoder(town, rulebook), BatchBuilder(Channels(town))

    def run() -> Batch:
        for frame in frames:
            for sample in decoder.decode(frame).samples:
                builder.add(frame.position, frame.received_ns, sample)
        return builder.take()

    assert len(benchmark(run)) == READINGS


def test_admits_messages(benchmark: BenchmarkFixture, town: Assets, rulebook: Rulebook) -> None:
    continuity, devices = Continuity(town, rulebook), list(town.devices)[:DETECTORS]
    rounds = iter(range(1, 10**9))

    def run() -> None:
        for _ in range(READINGS // DETECTORS):
            seq = next(rounds)
            for device in devices:
                continuity.admit(device, "7f3a", seq, seq, 0, seq)

    benchmark(run)
    assert continuity.state(devices[0]).frames * DETECTORS >= READINGS
