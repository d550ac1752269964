"""The running town: virtual clock, timeline of what goes wrong, and everything that is said."""

import queue
from collections import defaultdict, deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

import numpy as np

from domain.asset import Assets, DeviceKind
from domain.errors import ConfigurationError
from simulator.commands import Obedience
from simulator.events import Event, Fault, Leak, Opening, Steam, Transport, Vapour
from simulator.faults import FAULTS, Scene
from simulator.fleet import STEP_NS, Fleet
from simulator.frames import Outgoing
from simulator.happenings import change_fleet, change_town
from simulator.premises import SMELLS
from simulator.scenario import Scenario
from simulator.timetext import MS_NS, S_NS, zone
from simulator.town import Town
from simulator.truth import Course, Truth
from simulator.way import DEVICE_TROUBLES, FLAP_NS, Trouble, Way

_INBOX = 1_000
_STEP_RECORD_STEPS = 600
_GROWTH_STEPS = 100


@dataclass(slots=True)
class _Running:
    """A leak that is watched: its sites, and what has come of it."""

    leak: Leak
    sites: tuple[str, ...]
    course: Course


class World:
    """A town that lives by its own clock, in turns of 0.1 s; turns in which nothing can happen are left out.

    Turns in which a room, the network or a device is due, an event begins or ends, or a command waits never are. What
    comes out depends on scenario, registry, seed, start and the commands that it hears, and on nothing else. Events
    that begin before the start are lived through first, without a word.

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
        self._step = self._asked = min(0, early // STEP_NS) - 1  # of the last turn done; 0 is the start
        devices = tuple(assets.devices.values())
        first_ns = self.start_ns + (self._step + 1) * STEP_NS
        self._town = Town(scenario, assets, self.seed, first_ns, self.start_ns)
        self._twin = Town(scenario, assets, self.seed, first_ns, self.start_ns) if _needs_twin(scenario) else None
        self._towns = [self._town] if self._twin is None else [self._town, self._twin]
        self._fleet = Fleet(
            devices,
            self._town,
            seed=self.seed,
            start_ns=self.start_ns,
            root=scenario.root,
            at=at,
            choices=scenario.sensors,
            ethane_share=scenario.gas.ethane_share,
        )
        self._way = Way(self.seed)
        self.truth = Truth(scenario, assets, self.seed, self.start_ns, at)
        self._obedience = Obedience(self._town, self._fleet)
        self._assets, self._sites = assets, self._town.premises.sites
        self._inbox: queue.Queue[tuple[str, bytes]] = queue.Queue(_INBOX)
        self._leaking: dict[str, _Running] = {}
        self._meters = tuple(d.id for d in devices if d.kind in {DeviceKind.PRESSURE_SENSOR, DeviceKind.FLOW_METER})
        self._valves = tuple(assets.devices[device] for device in self._town.valve_of)
        self._positions = self._town.linkage.positions()
        self._timeline = self._planned()
        self._agenda = deque(sorted(self._timeline))

    @property
    def town(self) -> Town:
        """What is physically there; for those who look on."""
        return self._town

    def hear(self, topic: str, payload: bytes) -> None:
        """Take a command in, from any thread (queue.Full: a thousand are waiting)."""
        self._inbox.put_nowait((topic, payload))

    def step_to(self, time_ns: int) -> list[Outgoing]:
        """Go on to this time, and give what was said meanwhile, in order of time."""
        said: list[Outgoing] = []
        asked = (time_ns - self.start_ns) // STEP_NS
        while (step := self._following()) <= asked:
            said += self._turn(step)
        self._asked = max(asked, self._step)
        self.truth.until_ns = self.start_ns + self._asked * STEP_NS
        return said

    def _following(self) -> int:
        """Find the next turn in which anything can happen; those up to the one last asked for are over."""
        pace = min(town.pace_ns for town in self._towns) // STEP_NS
        if self._obedience.busy or not pace:
            return self._step + 1
        if not self._inbox.empty() and self._asked >= 0:
            return max(self._step, self._asked) + 1
        late = -((self.start_ns - self._way.next_ns) // STEP_NS)
        planned = self._agenda[0] if self._agenda else late
        paced = (self._step // pace + 1) * pace
        return max(self._step + 1, min(paced, planned, late, self._fleet.next_step))

    def _turn(self, step: int) -> list[Outgoing]:
        passed_s, self._step = (step - self._step) * STEP_NS / S_NS, step
        time_ns = self.start_ns + step * STEP_NS
        for town in self._towns:
            town.advance(time_ns)
        self._fleet.at(step, time_ns)
        if self._agenda and self._agenda[0] == step:
            for act in self._timeline[self._agenda.popleft()]:
                act(time_ns)
        self._link(time_ns)
        self._observe(time_ns, passed_s)
        if step < 0:
            return []
        while not self._inbox.empty():
            self._obedience.hear(*self._inbox.get_nowait(), time_ns)
        self._obedience.settle(time_ns)
        return self._way.carry(self._fleet.speak(step, time_ns), time_ns)

    # ------------------------------------------------------------ what is planned
    def _planned(self) -> dict[int, list[Callable[[int], None]]]:
        timeline: dict[int, list[Callable[[int], None]]] = defaultdict(list)
        for event_id, event in zip(self.truth.ids, self.scenario.events, strict=True):
            timeline[event.at // STEP_NS].append(partial(self._change, event_id, event, begins=True))
            if event.end_ns is not None:
                timeline[event.end_ns // STEP_NS].append(partial(self._change, event_id, event, begins=False))
            if isinstance(event, Transport) and event.fault == "flap":
                self._plan_flaps(timeline, event)
        return dict(timeline)

    def _plan_flaps(self, timeline: dict[int, list[Callable[[int], None]]], event: Transport) -> None:
        """At each end of a connection the broker tells a will, at each beginning the device a birth."""
        end_ns = event.end_ns if event.end_ns is not None else self.scenario.duration or event.at
        cuts = range(event.at, end_ns, FLAP_NS)
        for number, at_ns in enumerate([*cuts, end_ns] if len(cuts) % 2 else cuts):
            timeline[at_ns // STEP_NS].append(partial(self._reconnect, event, lost=number % 2 == 0))

    def _reconnect(self, event: Transport, _time_ns: int, *, lost: bool) -> None:
        hit = self._hit(event)
        for unit in self._fleet.units:
            if not hit or unit.device.id in hit:
                (self._fleet.will if lost else self._fleet.birth)(unit)

    def _change(self, event_id: str, event: Event, time_ns: int, *, begins: bool) -> None:
        for town in self._towns:
            town.wake(self._touched(event), time_ns)
        self._fleet.reconsider()
        if isinstance(event, Fault):
            self._fail(event_id, event, time_ns, begins=begins)
        elif isinstance(event, Transport):
            self._trouble(event_id, Trouble(event.fault, self._hit(event), time_ns, event.share, event.every), begins)
        elif isinstance(event, Leak):
            self._leak(event_id, event, begins=begins)
        else:
            for town in self._towns:
                change_town(town, self.scenario.links, event_id, event, begins=begins)
            change_fleet(self._town, self._fleet, event, time_ns, begins=begins)

    def _touched(self, event: Event) -> tuple[str, ...]:
        """Sites whose rooms an event changes."""
        if isinstance(event, Transport):
            return ()
        if isinstance(event, Opening) and event.link is not None:
            return tuple(next(link.between for link in self.scenario.links if link.id == event.link))
        return self.truth.sites_of(event)

    def _fail(self, event_id: str, fault: Fault, time_ns: int, *, begins: bool) -> None:
        if fault.what in DEVICE_TROUBLES:
            share = 0.0 if fault.share is None else fault.share
            self._trouble(
                event_id, Trouble(DEVICE_TROUBLES[fault.what], frozenset({fault.device}), time_ns, share), begins
            )
        else:
            unit = self._fleet.by_id[fault.device]
            FAULTS[fault.what](Scene(self._town, self._fleet, unit, fault, time_ns, self.seed), begins=begins)

    def _trouble(self, event_id: str, trouble: Trouble, begins: bool) -> None:  # noqa: FBT001 - private, two callers
        if begins:
            self._way.begin(event_id, trouble)
        else:
            self._way.end(event_id, self.start_ns + self._step * STEP_NS)

    def _hit(self, event: Transport) -> frozenset[str]:
        """Devices that a trouble of the way hits; empty for all."""
        of_sites = (d.id for d in self._assets.devices.values() if d.site in event.sites)
        return frozenset(event.devices) | frozenset(of_sites)

    def _leak(self, event_id: str, leak: Leak, *, begins: bool) -> None:
        if not begins:
            self._town.end_leak(leak, event_id)
            del self._leaking[event_id]
            return
        course = Course(self._town.begin_leak(leak, event_id))
        self.truth.begin(event_id, course)
        self._leaking[event_id] = _Running(leak, self.truth.sites_of(leak), course)

    # ------------------------------------------------------------ what follows
    def _link(self, time_ns: int) -> None:
        """Let controllers act, and note each step of the linkage."""
        linkage = self._town.linkage
        if self._twin is not None:
            self._twin.watch()
        for room in self._town.watch().tolist():
            self.truth.linkage(time_ns, self._sites[room], "threshold_crossed")
            for fan in self._assets.of_kind(self._sites[room], DeviceKind.FAN):
                self.truth.linkage(time_ns, self._sites[room], "fan_on", fan.id)
        positions = linkage.positions()
        for valve in np.flatnonzero(positions != self._positions).tolist():
            device = self._valves[valve]
            what = "closed" if positions[valve] == 0.0 else "moving"
            self.truth.linkage(time_ns, device.site, what, device.id)
        self._positions = positions

    def _observe(self, time_ns: int, passed_s: float) -> None:
        for key, run in self._leaking.items():
            isolated = self._town.isolated(run.leak)
            for site in run.sites:
                run.course.observe(time_ns, self._town.worst_pct_lel(site), isolated=isolated, dt_s=passed_s)
                self._observe_sensors(time_ns, site, run.course)
            if run.leak.pipe is not None and self._step % _GROWTH_STEPS == 0:
                self._observe_network(time_ns, run.course)
            if not isinstance(run.leak.hole_mm, float) and self._step % _GROWTH_STEPS == 0:
                run.course.note_hole(time_ns, *self._town.hole(run.leak, key, time_ns))
        if self._step % _STEP_RECORD_STEPS == 0 and self._step >= 0:
            self._note_sources(time_ns)

    def _note_sources(self, time_ns: int) -> None:
        town, wells = self._town, self._town.premises.wells
        if town.premises.soil_pipes or town.grid is not None:
            names = [town.premises.places[space].entry.id for space in wells.spaces.tolist()]
            sources = dict(zip(names, zip(wells.biogas.tolist(), wells.soil.tolist(), strict=True), strict=True))
            self.truth.step(time_ns, sources, None if town.grid is None else town.grid.balance())

    def _observe_sensors(self, time_ns: int, site: str, course: Course) -> None:
        for device in self._assets.by_site.get(site, ()):
            if device.kind in SMELLS:
                row, sensors = self._town.instruments.reading_of[device.id], self._town.instruments.sensors
                base = 0.0 if self._twin is None else float(self._twin.instruments.sensors.signal[row])
                course.observe_sensor(time_ns, device.id, float(sensors.signal[row]) - base, float(sensors.noise[row]))

    def _observe_network(self, time_ns: int, course: Course) -> None:
        """See whether a leak in the street shows at the meters of the network."""
        if self._twin is None:
            return
        sensors, twin = self._town.instruments.sensors, self._twin.instruments.sensors
        for device in self._meters:
            row = self._town.instruments.reading_of[device]
            change = abs(float(sensors.signal[row]) - float(twin.signal[row]))
            course.observe_sensor(time_ns, device, change, float(sensors.noise[row]))


def _needs_twin(scenario: Scenario) -> bool:
    """Without other gas where a leak is, the run without the leak is nothing but zero."""
    leaks = [event for event in scenario.events if isinstance(event, Leak)]
    sites = {leak.site for leak in leaks}
    other = any(isinstance(e, Vapour | Steam) and e.site in sites for e in scenario.events)
    filled = any(scenario.sites[s].initial_pct_lel > 0 for s in sites if s is not None and s in scenario.sites)
    entries = any(space.initial_pct_lel > 0 or space.biogas or space.soil for space in scenario.spaces)
    return bool(leaks) and (other or filled or entries or any(leak.pipe for leak in leaks))
