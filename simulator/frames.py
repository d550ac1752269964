"""What devices put on the wire. Written by hand, digits and order of keys fixed: the same run gives the same bytes."""

from collections.abc import Iterable

import msgspec


class Outgoing(msgspec.Struct, frozen=True, gc=False):
    """One message of a device, or of the broker on behalf of a lost one; made by the million.

    Attributes:
        time_ns: true time of sending, nanoseconds since 1970, UTC.
        topic: with the root.
        payload: JSON, UTF-8.
        retain: whether the broker keeps it.
        spoilt: whether the payload is JSON no more.
    """

    time_ns: int
    topic: str
    payload: bytes
    retain: bool = False
    spoilt: bool = False


def birth(boot_id: str, time: str, interval_s: float) -> bytes:
    head = f'{{"online":true,"boot_id":"{boot_id}","seq":0,"time":"{time}"'
    return f'{head},"firmware":"1.0","interval_s":{interval_s:g}}}'.encode()


def will(boot_id: str) -> bytes:
    return f'{{"online":false,"boot_id":"{boot_id}"}}'.encode()


def telemetry(boot_id: str, seq: int, time: str, values: str, quality: str = "") -> bytes:
    """Write readings; `values` and `quality` are the inside of their JSON objects.

    Example:
        >>> telemetry("7f3a", 5, "2026-01-15T12:00:00.000+08:00", '"gas_pct_lel":3.2')
        b'{"boot_id":"7f3a","seq":5,"time":"2026-01-15T12:00:00.000+08:00","values":{"gas_pct_lel":3.2}}'
    """
    tail = f',"quality":{{{quality}}}' if quality else ""
    return f'{{"boot_id":"{boot_id}","seq":{seq},"time":"{time}","values":{{{values}}}{tail}}}'.encode()


def sample(time: str, values: str, quality: str = "") -> str:
    """Write one sample of a message that holds several."""
    tail = f',"quality":{{{quality}}}' if quality else ""
    return f'{{"time":"{time}","values":{{{values}}}{tail}}}'


def samples(boot_id: str, seq: int, of: Iterable[str]) -> bytes:
    """Write a message of stored samples.

    Example:
        >>> samples("7f3a", 6, [sample("2026-01-15T12:00:00.000+08:00", '"pressure_kpa":2.03')])
        b'{"boot_id":"7f3a","seq":6,"samples":[{"time":"2026-01-15T12:00:00.000+08:00","values":{"pressure_kpa":2.03}}]}'
    """
    return f'{{"boot_id":"{boot_id}","seq":{seq},"samples":[{",".join(of)}]}}'.encode()


def event(boot_id: str, seq: int, time: str, name: str) -> bytes:
    return f'{{"boot_id":"{boot_id}","seq":{seq},"time":"{time}","event":"{name}"}}'.encode()


def command_result(boot_id: str, seq: int, time: str, *, command_id: str, result: str, detail: str) -> bytes:
    """Answer a command; identity and detail may hold what a stranger sent, so they are escaped."""
    shown_id, shown_detail = (msgspec.json.encode(text).decode() for text in (command_id, detail))
    head = f'{{"boot_id":"{boot_id}","seq":{seq},"command_id":{shown_id},"result":"{result}"'
    return f'{head},"time":"{time}","detail":{shown_detail}}}'.encode()
