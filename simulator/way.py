"""The way from device to broker: what is lost there, comes twice, comes late, or comes spoilt."""

import heapq
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from msgspec.structs import replace

from simulator.devices import STORED_SAMPLES
from simulator.dice import generator
from simulator.frames import Outgoing
from simulator.timetext import MS_NS, S_NS

_FLAP_NS = 45 * S_NS
_AGAIN_NS = S_NS
_LONGEST_DETOUR_S = 30.0
_BACKFILL_NS = 50 * MS_NS
_MEAN_BURST = 10.0
_OVERSIZE = 70_000
_NEVER_NS = 1 << 62


class Trouble(NamedTuple):
    """One fault of the way.

    Attributes:
        what: its kind, as in the scenario.
        devices: that it hits; empty: all.
        begin_ns: time of its beginning.
        share: of the messages that it hits.
        every: message that is dropped.
    """

    what: str
    devices: frozenset[str]
    begin_ns: int
    share: float = 0.2
    every: int = 10


@dataclass(slots=True)
class _Active:
    trouble: Trouble
    dice: np.random.Generator
    count: int = 0
    lost_run: bool = False

    def hits(self) -> bool:
        return bool(self.dice.random() < self.trouble.share)


class Way:
    """Carries messages from devices to the broker, through whatever is wrong at the time.

    While nothing is wrong, messages pass as they are. What an outage holds back comes in order when it ends, paced, and
    only the newest 600 messages of each device: a terminal has no more memory.

    Args:
        seed: of the run.
    """

    def __init__(self, seed: int) -> None:
        self._seed = seed
        self._troubles: dict[str, _Active] = {}
        self._held: dict[str, list[Outgoing]] = {}
        self._filling_ns: dict[str, int] = {}
        self._late: list[tuple[int, int, Outgoing]] = []
        self._number = 0
        self.lost = 0

    @property
    def next_ns(self) -> int:
        """When the next message that is on its way arrives."""
        return self._late[0][0] if self._late else _NEVER_NS

    def begin(self, key: str, trouble: Trouble) -> None:
        self._troubles[key] = _Active(trouble, generator(self._seed, key, "way"))

    def end(self, key: str, time_ns: int) -> None:
        del self._troubles[key]
        self._release(time_ns)

    def delay(self, message: Outgoing, until_ns: int) -> None:
        """Let a message arrive at a later time."""
        self._number += 1
        heapq.heappush(self._late, (until_ns, self._number, replace(message, time_ns=until_ns)))

    def carry(self, messages: Sequence[Outgoing], time_ns: int) -> list[Outgoing]:
        """Take what was said in this step, and give what arrives in it."""
        if not self._troubles and not self._late:
            return list(messages)
        self._release(time_ns)
        arrived = [came for message in messages for came in self._through(message, time_ns)]
        while self._late and self._late[0][0] <= time_ns:
            arrived.append(heapq.heappop(self._late)[2])
        return sorted(arrived, key=lambda message: message.time_ns)

    def _through(self, message: Outgoing, time_ns: int) -> list[Outgoing]:
        device = message.topic.split("/")[-2]
        if self._filling_ns.get(device, 0) > time_ns:  # nobody overtakes what waited before
            self._fill_in(device, message, time_ns)
            return []
        came = [message]
        for active in self._troubles.values():
            if not active.trouble.devices or device in active.trouble.devices:
                came = [m for one in came for m in _ACTS[active.trouble.what](self, active, one, time_ns)]
        return came

    # ------------------------------------------------------------ holding back
    def down(self, device: str, time_ns: int) -> bool:
        """Tell whether a device has no connection."""
        return any(
            (not active.trouble.devices or device in active.trouble.devices) and _cut(active.trouble, time_ns)
            for active in self._troubles.values()
        )

    def hold(self, _active: _Active, message: Outgoing, time_ns: int) -> list[Outgoing]:
        device = message.topic.split("/")[-2]
        if not self.down(device, time_ns):
            return [message]
        if message.retain and b'"online":false' in message.payload:  # the broker's own word
            return [message]
        kept = self._held.setdefault(device, [])
        kept.append(message)
        if len(kept) > STORED_SAMPLES:
            self.lost += 1
            del kept[0]
        return []

    def _release(self, time_ns: int) -> None:
        for device in [d for d in self._held if not self.down(d, time_ns)]:
            for message in self._held.pop(device):
                self._fill_in(device, message, time_ns)

    def _fill_in(self, device: str, message: Outgoing, time_ns: int) -> None:
        next_ns = max(time_ns, self._filling_ns.get(device, 0))
        self.delay(message, next_ns)
        self._filling_ns[device] = next_ns + _BACKFILL_NS

    # ------------------------------------------------------------ losing and doubling
    def drop(self, active: _Active, message: Outgoing, _time_ns: int) -> list[Outgoing]:
        active.count += 1
        return self._lose(message, lost=active.count % active.trouble.every == 0)

    def burst(self, active: _Active, message: Outgoing, _time_ns: int) -> list[Outgoing]:
        """Lose runs of ten on average, and the wanted share in all (Gilbert's two states)."""
        share, draw = active.trouble.share, active.dice.random()
        leave = 1 / _MEAN_BURST
        enter = 1.0 if share >= 1 else min(1.0, leave * share / (1 - share))
        active.lost_run = draw >= leave if active.lost_run and share < 1 else draw < enter
        return self._lose(message, lost=active.lost_run)

    def _lose(self, message: Outgoing, *, lost: bool) -> list[Outgoing]:
        self.lost += lost
        return [] if lost else [message]

    def duplicate(self, active: _Active, message: Outgoing, time_ns: int) -> list[Outgoing]:
        if active.hits():
            self.delay(message, time_ns + _AGAIN_NS)
        return [message]

    def reorder(self, active: _Active, message: Outgoing, time_ns: int) -> list[Outgoing]:
        if not active.hits():
            return [message]
        self.delay(message, time_ns + round(active.dice.uniform(1.0, _LONGEST_DETOUR_S) * 10) * S_NS // 10)
        return []

    def will_late(self, active: _Active, message: Outgoing, time_ns: int) -> list[Outgoing]:
        """Let a will arrive two seconds behind what it should have come before."""
        if not (message.retain and b'"online":false' in message.payload):
            return [message]
        active.count += 1
        self.delay(message, time_ns + 2 * S_NS)
        return []

    # ------------------------------------------------------------ spoiling
    def malformed(self, active: _Active, message: Outgoing, _time_ns: int) -> list[Outgoing]:
        if not active.hits():
            return [message]
        cut = int(active.dice.integers(1, len(message.payload)))
        return [replace(message, payload=message.payload[:cut] + b"\xff", spoilt=True)]

    def wrong_topic(self, active: _Active, message: Outgoing, _time_ns: int) -> list[Outgoing]:
        """Leave the device out of the topic, as a wrongly configured one does."""
        if not active.hits():
            return [message]
        *head, _device, kind = message.topic.split("/")
        return [replace(message, topic="/".join([*head, kind]))]

    def oversize(self, active: _Active, message: Outgoing, _time_ns: int) -> list[Outgoing]:
        if not active.hits():
            return [message]
        return [replace(message, payload=message.payload[:-1] + b',"log":"' + b"x" * _OVERSIZE + b'"}')]


def _cut(trouble: Trouble, time_ns: int) -> bool:
    if trouble.what == "flap":
        return (time_ns - trouble.begin_ns) // _FLAP_NS % 2 == 0
    return trouble.what == "outage"


_Act = Callable[[Way, _Active, Outgoing, int], list[Outgoing]]

_ACTS: dict[str, _Act] = {
    "outage": Way.hold,
    "flap": Way.hold,
    "drop": Way.drop,
    "burst": Way.burst,
    "duplicate": Way.duplicate,
    "reorder": Way.reorder,
    "will_late": Way.will_late,
    "malformed": Way.malformed,
    "wrong_topic": Way.wrong_topic,
    "oversize": Way.oversize,
}

DEVICE_TROUBLES = {"burst_loss": "burst", "duplicate": "duplicate", "reorder": "reorder"}
"""Faults of one device that are troubles of its own way."""
FLAP_NS = _FLAP_NS
