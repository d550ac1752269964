"""How a target wants its frames of GB/T 26875.3: the section `[frame]` of a mapping file."""

from collections.abc import Iterator, Mapping

import msgspec

from ingest.gb26875.checksum import CHECKSUMS
from ingest.gb26875.tables import COMPONENTS, SYSTEMS

SAID = ("alarm", "reading", "heartbeat")
"""What the protocol has words for: states, analog values and a sign of life."""
SITE = "site"
"""Component type of an alarm that belongs to no device."""
KINDS = ("gas_detector", "pressure", "flow", "valve", "manhole", "gateway", "fan", SITE)
_BYTE = 255
_LONGEST_S, _MOST_REPEATS = 10.0, 9


class Framing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The numbers of a frame that the standard leaves to both sides.

    Attributes:
        system: system type 系统类型: the standard has none for gas.
        components: component type 部件类型 by kind of device, and of a `site` for alarms without a device.
        address: system address 系统地址.
        user_version: of the user's own protocol, in the header.
        checksum: of `ingest.gb26875.checksum`.
        timeout_s: how long an answer may take; the standard wants 10 s at most.
        repeats: of a frame that is not acknowledged; the standard wants 3.
    """

    system: int
    components: Mapping[str, int]
    address: int = 1
    user_version: int = 1
    checksum: str = "sum"
    timeout_s: float = 5.0
    repeats: int = 3


def patience_s(framing: Framing) -> float:
    """Give how long one frame may take until it is given up: all its attempts, each after a connection."""
    return 2 * framing.timeout_s * (1 + framing.repeats)


def framing_problems(framing: Framing) -> Iterator[str]:
    """Tell what of a section cannot be, with its key."""
    for name, number in {"address": framing.address, "user_version": framing.user_version}.items():
        if not 0 <= number <= _BYTE:
            yield f"frame.{name}: {number}; expected 0 to {_BYTE}"
    if framing.system not in SYSTEMS:
        yield f"frame.system: {framing.system} is reserved; expected one of the standard, or 128 to {_BYTE}"
    for kind, number in framing.components.items():
        if number not in COMPONENTS:
            yield f"frame.components.{kind}: {number} is reserved; expected one of the standard, or 128 to {_BYTE}"
    if set(framing.components) != set(KINDS):
        yield f"frame.components: {', '.join(framing.components) or 'none'}; expected all of {', '.join(KINDS)}"
    if framing.checksum not in CHECKSUMS:
        yield f"frame.checksum: {framing.checksum!r}; expected one of {', '.join(CHECKSUMS)}"
    if not 0 < framing.timeout_s <= _LONGEST_S:
        yield f"frame.timeout_s: {framing.timeout_s:g}; expected more than 0 and at most {_LONGEST_S:g}"
    if not 0 <= framing.repeats <= _MOST_REPEATS:
        yield f"frame.repeats: {framing.repeats}; expected 0 to {_MOST_REPEATS}"
