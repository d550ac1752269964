"""Throw random and mutated frames at the GB/T 26875.3 codec: it never raises, and accepts nothing that breaks a rule.

The rules are written down here a second time, in another way, so that one mistake does not stand in both places.
"""

import argparse
import random
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parents[1]))

from ingest.gb26875.frame import Frame, decode_frame, encode_frame
from ingest.gb26875.stream import Stream
from ingest.gb26875.units import Unit, decode_unit, encode_unit
from tests.ingest.gb26875.vectors import VECTORS, X1

# type: (bytes of an object without its time, has a time, largest count, commands)
_UP, _READ, _CONTROL = {2, 5}, {4}, {1}
_RULES = {
    1: (4, True, 102, _UP), 2: (40, True, 22, _UP), 3: (10, True, 63, _UP), 4: (4, True, 102, _UP),
    5: (4, False, 1, _UP), 7: (38, False, 26, _UP), 8: (2, True, 1, _UP), 21: (1, True, 1, _UP),
    24: (2, True, 127, _UP), 25: (2, False, 1, _UP), 28: (0, True, 1, _UP),
    61: (2, False, 102, _READ), 62: (6, False, 22, _READ), 63: (6, False, 63, _READ), 64: (3, True, 1, _READ),
    65: (2, False, 1, _READ), 66: (2, False, 3, _READ), 67: (6, False, 26, _READ), 68: (2, False, 1, _READ),
    81: (1, False, 1, _READ), 84: (1, True, 1, _READ), 85: (1, False, 1, _READ), 86: (1, False, 1, _READ),
    88: (1, False, 1, _READ), 89: (1, False, 1, _CONTROL), 90: (0, True, 1, _CONTROL), 91: (1, False, 1, _CONTROL),
}  # fmt: skip
# which numbers up to 127 a table has, a bit for each in groups of ten; the rest is reserved
_SYSTEMS = int("1100000000_1111111111_11111", 2) << 103
_COMPONENTS = int(
    "1100000000 1111001110 0111110000 1111111100 1111100000 1111000000 0110000001 "
    "0000100011 0111111110 0110011111 0111111000 0101111110 01000000".replace(" ", ""),
    2,
)
_ANALOGS = int("0111111111_111", 2) << 115
_PLACES = {"system": 0, "component": 2, "analog": 7}  # of the byte in an object
_TABLES = {"system": _SYSTEMS, "component": _COMPONENTS, "analog": _ANALOGS}
_TYPED = {
    **dict.fromkeys((1, 4, 5, 6, 8, *range(61, 69)), ("system",)),
    **dict.fromkeys((2, 7), ("system", "component")),
    3: ("system", "component", "analog"),
}
_KNOWN = [number for number in range(128) if _COMPONENTS >> 127 - number & 1]
_DAYS = (31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31)


def frame_holds(raw: bytes) -> bool:
    body = raw[27:-3]
    return (
        30 <= len(raw) <= 1_054
        and raw[:2] == b"\x40\x40"
        and raw[-2:] == b"\x23\x23"
        and int.from_bytes(raw[24:26], "little") == len(body)
        and raw[26] in {1, 2, 3, 4, 5, 6, *range(128, 256)}
        and raw[4] == 1
        and (not any(raw[6:12]) or date_holds(raw[6:12]))
        and (sum(raw[2:27]) + sum(body)) % 256 == raw[-3]
    )


def date_holds(tag: bytes) -> bool:
    second, minute, hour, day, month, year = tag
    in_range = second < 60 and minute < 60 and hour < 24 and 1 <= month <= 12 and year < 100
    return in_range and 1 <= day <= _DAYS[month - 1] and not (month == 2 and day == 29 and year % 4)


def types_hold(kind: int, each: bytes) -> bool:
    numbers = {name: each[_PLACES[name]] for name in _TYPED.get(kind, ())}
    return all(number >= 128 or _TABLES[name] >> 127 - number & 1 for name, number in numbers.items())


def unit_holds(command: int, unit: bytes) -> bool:
    if not unit:
        return command in {2, 3, 6}
    if command not in {1, 2, 4, 5} or len(unit) < 2:
        return False
    kind, count, body = unit[0], unit[1], unit[2:]
    if 128 <= kind <= 254:
        return True
    if kind in {6, 26}:
        return command in _UP and 1 <= count <= {6: 3, 26: 1}[kind] and texts_hold(kind, count, body)
    if kind not in _RULES:
        return False
    size, timed, most, commands = _RULES[kind]
    step = size + 6 * timed
    objects = [body[at : at + step] for at in range(0, len(body), step)]
    holds = command in commands and 1 <= count <= most and len(body) == count * step
    holds = holds and all(date_holds(each[-6:]) for each in objects if timed)
    holds = holds and all(types_hold(kind, each) for each in objects)
    if kind in {64, 84}:
        holds = holds and 1 <= objects[0][size - 1] <= 102
    return holds and (kind not in {81, 85, 86, 88, 89} or body == b"\0")


def texts_hold(kind: int, count: int, body: bytes) -> bool:
    ahead = 2 if kind == 6 else 0
    for _ in range(count):
        if len(body) <= ahead or not types_hold(kind, body):
            return False
        body = body[ahead:]
        if len(body) < 1 + body[0]:
            return False
        body = body[1 + body[0] :]
    return not body


def mutated(dice: random.Random, seeds: list[bytes]) -> bytes:
    raw = bytearray(dice.choice(seeds))
    for _ in range(dice.choice((0, 1, 1, 2, 5))):
        at = dice.randrange(len(raw) + 1)
        what = dice.randrange(5)
        if what == 0:
            raw[at:at] = dice.randbytes(dice.randrange(1, 9))
        elif what == 1:
            del raw[at : at + dice.randrange(1, 9)]
        elif what == 2:
            raw[at : at + 1] = bytes((dice.choice((0, 1, 2, 7, 63, 64, 102, 103, 127, 128, 255)),))
        elif raw and at < len(raw):
            raw[at] ^= 1 << dice.randrange(8)
    if len(raw) >= 30 and dice.random() < 0.8:  # most mistakes would end at the checksum; let them go further
        raw[24:26] = (len(raw) - 30).to_bytes(2, "little")
        raw[:2], raw[-2:] = b"@@", b"##"
        raw[-3] = sum(raw[2:-3]) % 256
    return bytes(raw)


def typed(dice: random.Random, kind: int, each: bytes) -> bytes:
    """Write numbers that exist into most objects: chance alone would leave hardly a large unit that holds."""
    made = bytearray(each)
    for name in _TYPED.get(kind, ()):
        if len(made) > _PLACES[name] and dice.random() < 0.99:
            made[_PLACES[name]] = dice.choice(
                {"system": (0, 1, 10, 24, 128), "analog": (1, 6, 12, 255)}.get(name, _KNOWN)
            )
    return bytes(made)


def built(dice: random.Random) -> bytes:
    kind = dice.choice([*_RULES, 6, 26, dice.randrange(256)])
    size, timed, most, commands = _RULES.get(kind, (dice.randrange(9), False, 3, _UP))
    count = dice.choice((1, 1, 2, most, most + 1, 0)) % 256
    tag = (
        dice.choice((bytes(6), dice.randbytes(6)))
        if dice.random() < 0.1
        else bytes(
            (
                dice.randrange(60),
                dice.randrange(60),
                dice.randrange(24),
                dice.randrange(1, 32),
                dice.randrange(1, 13),
                23,
            )
        )
    )
    body = b"".join(typed(dice, kind, dice.randbytes(size)) + (tag if timed else b"") for _ in range(count))
    if size == 1 and not timed and dice.random() < 0.5:
        body = b"\0"
    command = dice.choice([*commands, dice.randrange(256)])
    unit = (bytes((kind, count)) + body)[:1_024]
    main = dice.choice((0, 2, 255)) if dice.random() < 0.05 else 1
    return encode_frame(Frame(dice.randrange(65_536), main, 1, tag, dice.getrandbits(48), 1, command, unit))


def _demand(holds: bool, broken: str) -> None:  # noqa: FBT001 - the one switch that there is
    if not holds:
        sys.exit(broken)


def judge(raw: bytes) -> tuple[bool, bool]:
    """Tell whether frame and unit were accepted (SystemExit: one of them wrongly)."""
    frame = decode_frame(raw)
    _demand(isinstance(frame, Frame) is frame_holds(raw), f"frame {frame}: {raw.hex()}")
    if not isinstance(frame, Frame):
        return False, False
    _demand(encode_frame(frame) == raw, f"frame is not written as it was read: {raw.hex()}")
    unit = decode_unit(frame.command, frame.unit)
    _demand(isinstance(unit, Unit) is unit_holds(frame.command, frame.unit), f"unit {unit}: {raw.hex()}")
    if isinstance(unit, Unit):
        _demand(encode_unit(unit) == frame.unit, f"unit is not written as it was read: {raw.hex()}")
    return True, isinstance(unit, Unit)


def main() -> None:
    """Run so many frames; one line at the end."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--frames", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    dice = random.Random(options.seed)  # noqa: S311 - the same frames at every run
    seeds, stream = [*VECTORS.values(), X1], Stream()
    counts, sent, taken, since_s = [0, 0], 0, 0, time.monotonic()
    for number in range(options.frames):
        raw = dice.randbytes(dice.randrange(60))
        if number % 10:
            raw = built(dice) if number % 2 else mutated(dice, seeds)
        accepted = judge(raw)
        counts = [have + more for have, more in zip(counts, accepted, strict=True)]
        sent += len(raw)
        taken += sum(len(each.raw) for each in stream.feed(raw))
    taken += sum(len(each.raw) for each in stream.give_up())
    _demand(taken == sent, f"the stream took {taken} of {sent} bytes")
    seconds = time.monotonic() - since_s
    print(f"{options.frames} frames in {seconds:.0f} s, {counts[0]} whole, {counts[1]} with a unit that holds:")
    print("no exception, none accepted that breaks a rule, none refused that holds, no byte of the stream lost")


if __name__ == "__main__":
    main()
