"""`gas-lifeline simulate`: a scenario to a broker or a file."""

import logging
import queue
import sys
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urlsplit

from app.broker import reach
from app.clock import now_ns
from app.configuration import read_assets
from app.observer import Observer
from app.progress import progress_bar
from domain.asset import Assets
from domain.errors import ConfigurationError
from ingest.mqtt import Publisher
from simulator.fleet import STEP_NS
from simulator.frames import Outgoing
from simulator.run import simulate
from simulator.scenario import Scenario, read
from simulator.timetext import S_NS, zone
from simulator.transport import BatchSink, FileSink, MqttSink, Sink
from simulator.world import World

_LOGGER = logging.getLogger(__name__)
_DRAIN_S = 60.0
_USUAL_MIN = 10


class _Nowhere:
    """Counts nothing and keeps nothing: the run alone is of interest."""

    def send(self, messages: Sequence[Outgoing]) -> None:
        """Let them go."""


def hear_commands(world: World) -> Callable[[str, bytes], None]:
    """Pass commands on to the town; a flood of them is dropped aloud, as a busy device would."""

    def hear(topic: str, payload: bytes) -> None:
        try:
            world.hear(topic, payload)
        except queue.Full:
            _LOGGER.warning("a thousand commands are waiting; dropped one to %s", topic)

    return hear


def load_scenario(path: Path) -> tuple[Scenario, Assets]:
    """Read a scenario and its town, and hold one against the other (ConfigurationError)."""
    scenario = read(path)
    if scenario.assets is None:
        raise ConfigurationError(f"{path}: assets is missing; expected the folder of the town, relative to this file")
    assets = read_assets(path.parent / scenario.assets)
    scenario.check(assets)
    return scenario, assets


def run_simulate(
    path: Path,
    to: str | None,
    truth: Path | None,
    speed: str,
    seed: int | None,
    *,
    duration_s: float | None = None,
    plot: Path | None = None,
) -> int:
    """Run a scenario to its end."""
    scenario, assets = load_scenario(path)
    duration_ns = _duration_ns(scenario, duration_s)
    scenario = scenario.model_copy(update={"duration": duration_ns})
    if to and to.startswith("mqtt://") and (root := urlsplit(to).path.strip("/")):
        scenario = scenario.model_copy(update={"root": root})
    pace = _speed(speed)
    if truth is not None:
        create(truth).close()  # better known before an hour's run than behind it
    world = World(scenario, assets, start_ns=now_ns(), seed=seed)
    observer = None if plot is None else Observer(world, assets, _folder(plot))
    print(f"seed {world.seed}", file=sys.stderr)  # noqa: T201 - to repeat the run
    with ExitStack() as stack:
        sink = through_gateway(_sink(to, world, stack), scenario, assets)
        watchers = [stack.enter_context(progress_bar(duration_ns))]
        watchers += [observer.look] if observer is not None else []
        sent = simulate(world, sink, speed=pace, duration_ns=duration_ns, progress=_telling(watchers))
    if truth is not None:
        world.truth.write(truth)
    print(f"{sent} frames", file=sys.stderr)  # noqa: T201 - the command's answer
    if observer is not None:
        _draw(observer)
    return 0


def _duration_ns(scenario: Scenario, duration_s: float | None) -> int:
    if duration_s is not None:
        if not 0 < duration_s < float("inf"):
            raise ConfigurationError(f"--duration is {duration_s:g}; expected seconds above 0")
        return max(1, round(duration_s * 10)) * STEP_NS
    if scenario.duration is None:
        print(f"the scenario never ends by itself: runs {_USUAL_MIN} min; --duration S changes it", file=sys.stderr)  # noqa: T201 - the user shall know
        return _USUAL_MIN * 60 * S_NS
    return scenario.duration


def _folder(path: Path) -> Path:
    try:
        path.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None
    return path


def _telling(watchers: Sequence[Callable[[int], None]]) -> Callable[[int], None]:
    def tell(passed_ns: int) -> None:
        for watcher in watchers:
            watcher(passed_ns)

    return tell


def _draw(observer: Observer) -> None:
    from app.pictures.all import draw_all  # noqa: PLC0415 - matplotlib takes half a second to import

    for path in draw_all(observer):
        print(path, file=sys.stderr)  # noqa: T201 - the command's answer


def through_gateway(sink: Sink, scenario: Scenario, assets: Assets) -> Sink:
    """Put the scenario's gateway before a sink, where it has one."""
    if scenario.gateway is None:
        return sink
    device = assets.devices[scenario.gateway.device]
    return BatchSink(sink, f"{scenario.root}/{device.site}/{device.id}/batch", scenario.gateway.batch)


def _sink(to: str | None, world: World, stack: ExitStack) -> Sink:
    if to is None:
        return _Nowhere()
    if to.startswith("mqtt://"):
        host, port = _address(to)
        reach(host, port)
        publisher = Publisher(host=host, port=port, client_id="gas-lifeline-simulator")
        publisher.start()
        stack.callback(publisher.stop)
        stack.callback(publisher.drain, _DRAIN_S)
        publisher.subscribe(f"{world.scenario.root}/+/+/command", hear_commands(world))
        return MqttSink(publisher)
    return FileSink(stack.enter_context(create(Path(to))), zone(world.scenario.ambient.utc_offset_h))


def create(path: Path) -> BinaryIO:
    """Open a file for writing (ConfigurationError)."""
    try:
        return path.open("wb")
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}") from None


def _address(url: str) -> tuple[str, int]:
    parts = urlsplit(url)
    try:
        return parts.hostname or "127.0.0.1", parts.port or 1883
    except ValueError as error:
        raise ConfigurationError(f"--to is {url}: {error}") from None


def _speed(text: str) -> float | None:
    try:
        speed = None if text == "max" else float(text)
    except ValueError:
        speed = -1.0
    if speed is not None and not 0 < speed < float("inf"):
        raise ConfigurationError(f"--speed is {text!r}; expected a number above 0, or max")
    return speed
