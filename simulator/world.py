"""The running town: virtual clock, timeline of what goes wrong, and everything that is said."""

import queue
from collections import defaultdict
from collections.abc import Callable
from functools import partial

import numpy as np

from domain.asset import Assets, DeviceKind
from domain.errors import ConfigurationError
from simulator.commands import Obedience
from simulator.faults import FAULTS, Scene
from simulator.fleet import STEP_NS, Fleet
from simulator.frames import Outgoing
from simulator.scenario import Event, Fault, Leak, Scenario, Vapour
from simulator.timetext import MS_NS, S_NS, zone
from simulator.town import Town
from simulator.truth import Course, Truth

_DT_S = STEP_NS / S_NS
_INBOX = 1_000


class World:
    """A town that lives by its own clock, in steps of 0.1 s.

    What comes out depends on scenario, registry, seed, start and the commands that it hears, and on nothing else.
    Events that begin before the start are lived through first, without a word.

    Args:
        scenario: what happens.
        assets: where.
        start_ns: time of the start; only for a scenario that gives none.
        seed: instead of the scenario's.

    Attributes:
        start_ns: of the run, nanoseconds since 1970.
        truth: what really happened so far.

    Raises:
        ConfigurationError: scenario and registry do not fit, or no start is known.
    """

    def __init__(
        self, scenario: Scenario, assets: Assets, *, start_ns: int | None = None, seed: int | None = None
    ) -> None:
        scenario.check(assets)
        start = scenario.start if scenario.start is not None else start_ns
        if start is None:
            raise ConfigurationError("scenario: start is missing; expected it there or from the caller")
        self.start_ns = start // MS_NS * MS_NS
        self.scenario, self.seed = scenario, scenario.seed if seed is None else seed
        at = zone(scenario.ambient.utc_offset_h)
        early = min((event.at for event in scenario.events), default=0)
        self._step = min(0, early // STEP_NS) - 1  # of the last step done; 0 is the start
        devices = tuple(assets.devices.values())
        self._town = Town(scenario, assets, self.seed, self.start_ns + (self._step + 1) * STEP_NS)
        self._fleet = Fleet(devices, self._town, seed=self.seed, start_ns=self.start_ns, root=scenario.root, at=at)
        self.truth = Truth(scenario, assets, self.seed, self.start_ns, at)
        self._obedience = Obedience(self._town, self._fleet)
        self._assets, self._sites = assets, tuple(self._town.room_of)
        self._inbox: queue.Queue[tuple[str, bytes]] = queue.Queue(_INBOX)
        self._leaking: dict[str, tuple[str, Course]] = {}
        self._valves = tuple(assets.devices[device] for device in self._town.valve_of)
        self._positions = self._town.linkage.positions()
        self._timeline = self._planned()

    def hear(self, topic: str, payload: bytes) -> None:
        """Take a command in, from any thread (queue.Full: a thousand are waiting)."""
        self._inbox.put_nowait((topic, payload))

    def step_to(self, time_ns: int) -> list[Outgoing]:
        """Go on to this time, and give what was said meanwhile, in order of time."""
        said: list[Outgoing] = []
        while self.start_ns + (self._step + 1) * STEP_NS <= time_ns:
            said += self._next()
        return said

    def _next(self) -> list[Outgoing]:
        self._step += 1
        time_ns = self.start_ns + self._step * STEP_NS
        self._town.advance(time_ns, _DT_S)
        self._fleet.at(self._step, time_ns)
        for act in self._timeline.pop(self._step, ()):
            act(time_ns)
        self._link(time_ns)
        self._observe(time_ns)
        if self._step < 0:
            return []
        while not self._inbox.empty():
            self._obedience.hear(*self._inbox.get_nowait(), time_ns)
        self._obedience.settle(time_ns)
        return self._fleet.speak(self._step, time_ns)

    # ------------------------------------------------------------ what is planned
    def _planned(self) -> dict[int, list[Callable[[int], None]]]:
        timeline: dict[int, list[Callable[[int], None]]] = defaultdict(list)
        for event_id, event in zip(self.truth.ids, self.scenario.events, strict=True):
            timeline[event.at // STEP_NS].append(partial(self._change, event_id, event, begins=True))
            if event.end_ns is not None:
                timeline[event.end_ns // STEP_NS].append(partial(self._change, event_id, event, begins=False))
        return dict(timeline)

    def _change(self, event_id: str, event: Event, time_ns: int, *, begins: bool) -> None:
        if isinstance(event, Fault):
            scene = Scene(self._town, self._fleet, self._fleet.by_id[event.device], event, time_ns)
            FAULTS[event.what](scene, begins=begins)
        elif isinstance(event, Vapour):
            self._town.rooms.vapour_source_ppm[self._town.room_of[event.site]] = event.ppm if begins else 0.0
        elif begins:
            self._begin_leak(event_id, event)
        else:
            self._town.end_leak(event, event_id)
            del self._leaking[event_id]

    def _begin_leak(self, event_id: str, leak: Leak) -> None:
        course = Course(self._town.set_leak(leak, event_id))
        self.truth.begin(event_id, course)
        self._leaking[event_id] = (leak.site, course)

    # ------------------------------------------------------------ what follows
    def _link(self, time_ns: int) -> None:
        """Let controllers act, and note each step of the linkage."""
        linkage = self._town.linkage
        for room in self._town.watch(_DT_S).tolist():
            self.truth.linkage(time_ns, self._sites[room], "threshold_crossed")
            for fan in self._assets.of_kind(self._sites[room], DeviceKind.FAN):
                self.truth.linkage(time_ns, self._sites[room], "fan_on", fan.id)
        positions = linkage.positions()
        for valve in np.flatnonzero(positions != self._positions).tolist():
            device = self._valves[valve]
            what = "closed" if positions[valve] == 0.0 else "moving"
            self.truth.linkage(time_ns, device.site, what, device.id)
        self._positions = positions

    def _observe(self, time_ns: int) -> None:
        for site, course in self._leaking.values():
            course.observe(time_ns, float(self._town.rooms.pct_lel()[self._town.room_of[site]]))
            for detector in self._assets.of_kind(site, DeviceKind.GAS_DETECTOR):
                row, sensors = self._town.reading_of[detector.id], self._town.sensors
                course.observe_sensor(time_ns, detector.id, float(sensors.signal[row]), float(sensors.noise[row]))
