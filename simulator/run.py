"""Run a world into a sink, at a pace or as fast as it can."""

import threading
import time
from collections.abc import Callable

from simulator.fleet import STEP_NS
from simulator.timetext import S_NS
from simulator.transport import Pace, Sink
from simulator.world import World

_WAKE_S = 0.1
"""A paced run wakes up so often."""


def simulate(
    world: World,
    sink: Sink,
    *,
    speed: float | None = 1.0,
    duration_ns: int | None = None,
    stop: threading.Event | None = None,
    monotonic: Callable[[], float] = time.monotonic,
    progress: Callable[[int], None] = lambda _: None,
) -> int:
    """Run until the scenario's duration is over or somebody stops it.

    Args:
        world: that is run.
        sink: gets every frame.
        speed: virtual seconds for each real one; None: as fast as it can.
        duration_ns: instead of the scenario's.
        stop: ends the run at the next step when it is set.
        monotonic: the clock of the pace.
        progress: is told the virtual time that has passed.

    Returns:
        Number of frames sent.

    Raises:
        ValueError: neither scenario nor caller gives a duration, and nothing can stop the run.
    """
    end_ns = duration_ns if duration_ns is not None else world.scenario.duration
    if end_ns is None and stop is None:
        raise ValueError("a run without a duration needs something that stops it")
    stop = stop or threading.Event()
    pace = None if speed is None else Pace(speed, monotonic, stop.wait)
    chunk_ns = S_NS if speed is None else max(STEP_NS, round(_WAKE_S * speed * S_NS))
    passed_ns, sent = 0, 0
    while not stop.is_set():
        if pace is not None:
            pace.until(passed_ns)
        messages = world.step_to(world.start_ns + passed_ns)
        sink.send(messages)
        sent += len(messages)
        progress(passed_ns)
        if passed_ns == end_ns:
            break
        passed_ns = passed_ns + chunk_ns if end_ns is None else min(passed_ns + chunk_ns, end_ns)
    return sent
