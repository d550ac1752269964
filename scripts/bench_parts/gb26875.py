"""GB/T 26875.3: from a stream of bytes to typed objects and values, and from frames of the log to a batch."""

from bench_parts.pure import RULEBOOK, best
from bench_parts.table import Row

from domain.asset import Assets, Device, DeviceKind
from domain.channels import Channels
from domain.frame import Frame as Logged
from domain.rulebook import Rulebook
from ingest.batching import BatchBuilder
from ingest.decoder import Decoder
from ingest.gb26875.frame import Frame, encode_frame
from ingest.gb26875.objects import Analog, ComponentState
from ingest.gb26875.stream import Stream
from ingest.gb26875.times import time_tag
from ingest.gb26875.units import Unit, decode_unit, encode_unit

_FRAMES, _DETECTORS, _CHUNK = 20_000, 1_000, 4_096
_START_NS = 1_768_449_600_000_000_000


def gb26875() -> list[Row]:
    """Nine of ten frames hold one gas value, one a component's state; a hundred frames share a second."""
    raws = [_raw(number) for number in range(_FRAMES)]
    stream = b"".join(raws)
    rulebook = Rulebook.parse(RULEBOOK.read_text(encoding="utf-8"))
    known = [Device(f"G{n}", DeviceKind.GAS_DETECTOR, "S", gb26875=str(n)) for n in range(_DETECTORS)]
    assets = Assets({}, {}, {device.id: device for device in known})
    decoder, channels = Decoder(assets, rulebook), Channels(assets)
    logged = [Logged(n, _START_NS, f"gas/v1/S/G{n % _DETECTORS}/gb26875", raw) for n, raw in enumerate(raws, 1)]

    def to_values() -> int:
        cutter, frames = Stream(), 0
        for at in range(0, len(stream), _CHUNK):
            for _, frame in cutter.feed(stream[at : at + _CHUNK]):
                assert isinstance(frame, Frame)  # noqa: S101 - what was built is right
                unit = decode_unit(frame.command, frame.unit)
                assert isinstance(unit, Unit)  # noqa: S101
                frames += any(each.value is not None for each in unit.objects) if unit.kind == 3 else 1
        return frames

    def to_batch() -> int:
        builder = BatchBuilder(channels)
        for frame in logged:
            for sample in decoder.decode(frame).samples:
                builder.add(frame.position, frame.received_ns, sample)
        return len(builder.take()) and len(logged)

    values, batch = best(to_values), best(to_batch)
    return [
        Row("GB/T 26875.3, stream to objects and values", values, "frames/s", "100,000", values >= 100_000),
        Row("GB/T 26875.3, logged frames to batch", batch, "frames/s", "-", None),
    ]


def _raw(number: int) -> bytes:
    at_ns = _START_NS + number // 100 * 10**9
    if number % 10:
        unit = Unit(3, (Analog(1, 1, 12, 1, 1, 6, number % 900, at_ns),))
    else:
        unit = Unit(2, (ComponentState(1, 1, 12, 1, 1, 1, bytes(31), at_ns),))
    source = (number + 1) % _DETECTORS
    return encode_frame(Frame(number % 65_536, 1, 1, time_tag(at_ns), source, 1, 2, encode_unit(unit)))
