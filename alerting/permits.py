"""Work permits of devices: a gap in protection that has a number, a measure and an end.

Gas alarms are safety-critical and never hidden; whoever works on a detector takes the *device* out of the reckoning
instead, and `protection_missing` stands for it meanwhile. At a valve a permit hides nothing: it keeps the control room
from closing it under somebody's hands.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import NamedTuple

from domain.asset import Device, DeviceKind
from domain.errors import GasLifelineError
from domain.permit import Permit
from domain.rulebook import Rulebook

_KINDS = frozenset({DeviceKind.GAS_DETECTOR, DeviceKind.MANHOLE, DeviceKind.CUTOFF_VALVE})
_KEEP_NS = 86_400_000_000_000
"""So long a permit that is over still explains readings that come late."""


class No(StrEnum):
    """Why a permit was not taken."""

    KIND = "kind"
    PAST = "past"
    TOO_LONG = "too_long"
    ALREADY = "already"
    NONE = "none"


WORDS: Mapping[No, tuple[str, str]] = {
    No.KIND: (
        "只有燃气探测设备与切断阀可置检修",
        "only a valve or a device that measures gas can be put under a work permit",
    ),
    No.PAST: ("结束时间已过", "the end lies in the past"),
    No.TOO_LONG: ("检修时间过长", "the end is further away than a permit may last"),
    No.ALREADY: ("该设备已在检修中：请先结束", "the device is under a permit already: end that one first"),
    No.NONE: ("该设备不在检修中", "the device is under no permit"),
}


class NotPermitted(GasLifelineError):  # noqa: N818 - the answer to a person, not a fault
    """The permit was not taken, and nothing changed.

    Attributes:
        why: code of it.
    """

    def __init__(self, why: No) -> None:
        self.why = why
        super().__init__(" / ".join(WORDS[why]))


class Wish(NamedTuple):
    """What a person asks for."""

    number: str
    user: str
    measure: str
    until_ns: int


@dataclass(frozen=True, slots=True)
class PermitDesk:
    """Decides; gives all permits that hold from then on, the new or ended one last.

    Args:
        rulebook: how long a permit may last.
    """

    rulebook: Rulebook

    def begin(self, known: Sequence[Permit], device: Device, wish: Wish, now_ns: int) -> list[Permit]:
        """Put a device under work (NotPermitted)."""
        if device.kind not in _KINDS:
            raise NotPermitted(No.KIND)
        if wish.until_ns <= now_ns:
            raise NotPermitted(No.PAST)
        if wish.until_ns - now_ns > self.rulebook.ns("maintenance.longest"):
            raise NotPermitted(No.TOO_LONG)
        if in_force(known, now_ns, device.id):
            raise NotPermitted(No.ALREADY)
        permit = Permit(device.id, wish.number, wish.user, wish.measure, now_ns, wish.until_ns)
        return [*_kept(known, now_ns), permit]

    def end(self, known: Sequence[Permit], device: str, now_ns: int) -> list[Permit]:
        """Bring the end of a permit forward to now (NotPermitted: there is none)."""
        found = in_force(known, now_ns, device)
        if not found:
            raise NotPermitted(No.NONE)
        return [*(one for one in _kept(known, now_ns) if one not in found), replace(found[0], until_ns=now_ns)]


def in_force(known: Sequence[Permit], now_ns: int, device: str | None = None) -> list[Permit]:
    return [one for one in known if one.covers(now_ns) and device in {None, one.device}]


def _kept(known: Sequence[Permit], now_ns: int) -> list[Permit]:
    return [one for one in known if one.until_ns > now_ns - _KEEP_NS]
