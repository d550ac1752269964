"""What needs no server: decoding and detectors."""

import time
from collections.abc import Callable
from dataclasses import replace

import numpy as np
from bench_parts.load import batched, single
from bench_parts.table import ROOT, Row

from app.configuration import load_configuration
from app.roles.engine import ROWS
from detectors.catalogue import CATALOGUE
from domain.asset import Assets, Device, DeviceKind, Site, Zone
from domain.batch import Batch
from domain.channels import Channels
from domain.frame import Frame
from domain.quantity import Quantity
from domain.rulebook import Rulebook
from ingest.batching import BatchBuilder
from ingest.decoder import Decoder

ASSETS = ROOT / "examples" / "dali"
RULEBOOK = ROOT / "rulebook.toml"


def best(work: Callable[[], int], rounds: int = 9) -> float:
    rates = []
    work()  # the first round pays for what is loaded late
    for _ in range(rounds):
        start = time.process_time()
        done = work()
        rates.append(done / (time.process_time() - start))
    return float(np.median(rates))


def decode() -> list[Row]:
    configuration = load_configuration(ASSETS, RULEBOOK, "gas/v1")
    gateway = Device("DL-GW-0001", DeviceKind.GATEWAY, "DL-R-0001")
    assets = replace(configuration.assets, devices={**configuration.assets.devices, gateway.id: gateway})
    decoder, channels = Decoder(assets, configuration.rulebook, "gas/v1"), Channels(assets)
    received = 1_768_449_601_000_000_000
    batches = [Frame(n + 1, received + n * 10**9, *batched(n, 100)) for n in range(400)]
    singles = [
        Frame(n + 1, received + n * 10**6, topic, payload.replace(b',"temperature_c":21.4', b""))
        for n in range(30_000)
        for topic, payload in [single(n)]
    ]

    def run(frames: list[Frame]) -> int:
        builder, rows = BatchBuilder(channels), 0
        for frame in frames:
            for sample in decoder.decode(frame).samples:
                builder.add(frame.position, frame.received_ns, sample)
            if len(builder) >= ROWS:
                rows += len(builder.take())
        return rows + len(builder.take())

    many, one = best(lambda: run(batches)), best(lambda: run(singles))
    return [
        Row("decode to batch, from batch frames", many, "readings/s", "400,000", many >= 400_000),
        Row("decode to batch, from single frames", one, "readings/s", "150,000", one >= 150_000),
    ]


def town(devices: int) -> Channels:
    known = {f"G{n}": Device(f"G{n}", DeviceKind.GAS_DETECTOR, f"S{n}") for n in range(devices)}
    sites = {d.site: Site(d.site, d.site, d.site, "restaurant", "Z", "D", 100.0, 25.0) for d in known.values()}
    return Channels(Assets(sites=sites, zones={"Z": Zone("Z", "Z", "Z")}, devices=known))


def _stream(channel: "np.ndarray[tuple[int], np.dtype[np.int32]]", step: int) -> Batch:
    rows = len(channel)
    dice = np.random.default_rng(step)
    time_ns = np.int64(1_768_449_600_000_000_000) + step * np.int64(10**9) + np.arange(rows) * 1_000_000
    return Batch(
        channel=channel,
        time_ns=time_ns,
        received_ns=time_ns + 50_000_000,
        value=np.round(dice.normal(1.5, 0.3, rows), 1),
        quality=np.zeros(rows, np.int8),
        late=np.zeros(rows, np.bool_),
        position=np.arange(rows, dtype=np.int64) + step * rows,
    )


def detectors() -> list[Row]:
    channels, rulebook = town(100_000), Rulebook.parse(RULEBOOK.read_text(encoding="utf-8"))
    gas = np.array([c for c, (_, q) in enumerate(channels.keys) if q is Quantity.GAS_PCT_LEL], np.int32)
    built = [build(channels, rulebook) for build in CATALOGUE.values()]
    dice = np.random.default_rng(1)
    uniform = [_stream(dice.choice(gas, ROWS).astype(np.int32), step) for step in range(40)]
    uploads = [_stream(_hard(dice, gas), step) for step in range(40, 60)]

    def run(batches: list[Batch]) -> int:
        for batch in batches:
            for detector in built:
                detector.update(batch)
        return sum(len(batch) for batch in batches)

    run(uniform)
    even, hard = best(lambda: run(uniform)), best(lambda: run(uploads))
    size = sum(len(detector.snapshot()) for detector in built) / len(channels)
    return [
        Row("all detectors, uniform over 100,000 channels", even, "readings/s", "1,000,000", even >= 1_000_000),
        Row("all detectors, uploads of 600 and one hot channel", hard, "readings/s", "200,000", hard >= 200_000),
        Row("their state", size, "bytes/channel", "at most 500", size <= 500),
    ]


def _hard(
    dice: np.random.Generator, gas: "np.ndarray[tuple[int], np.dtype[np.int32]]"
) -> "np.ndarray[tuple[int], np.dtype[np.int32]]":
    uploads = np.repeat(dice.choice(gas, 4, replace=False), 600)
    rest = np.where(np.arange(ROWS - len(uploads)) % 2, dice.choice(gas, ROWS - len(uploads)), gas[0])
    return np.concatenate([uploads, rest]).astype(np.int32)
