"""The scenario file: which town, which weather, and what goes wrong when."""

import hashlib
from pathlib import Path
from typing import Literal

from pydantic import Field, PrivateAttr, ValidationError

from domain.asset import Assets
from domain.errors import ConfigurationError
from domain.network import Network
from simulator.events import Event
from simulator.fitting import problems
from simulator.loaders.load import load_network
from simulator.schema import (
    Ambient,
    DemandEntry,
    GatewayEntry,
    Instant,
    Lasting,
    LinkEntry,
    Name,
    NetworkEntry,
    Room,
    SensorChoice,
    SpaceEntry,
    Strict,
    Supply,
)
from simulator.yaml_lines import Document

_ROOT = r"^(sim/)?[A-Za-z0-9_-]+(/[A-Za-z0-9_-]+)*$"
_TAGS = frozenset({"number", "growth"})


class Scenario(Strict):
    """One run of the town.

    Attributes:
        seed: of all random numbers.
        start: time of the run's beginning; None: the caller gives it.
        duration: None: until it is stopped.
        root: of the topics.
        assets: folder of the registry, relative to the scenario's own folder.
        gas: that flows in the pipes and stands in the cylinders.
        network: that feeds the town; None: its pressures follow the hour of the day alone.
        demand: of the network's customers.
        sites: rooms that differ from the usual one.
        spaces: rooms and manholes in detail.
        links: between spaces.
        sensors: sensors that differ from the usual one.
        gateway: through which all readings go; None: each device speaks for itself.
    """

    version: Literal[1]
    name: Name
    seed: int = Field(default=1, ge=0)
    start: Instant | None = None
    duration: Lasting | None = None
    root: str = Field(default="gas/v1", pattern=_ROOT)
    assets: str | None = None
    ambient: Ambient = Ambient()
    gas: Supply = Supply()
    network: NetworkEntry | None = None
    demand: DemandEntry = DemandEntry()
    sites: dict[str, Room] = Field(default_factory=dict)
    spaces: list[SpaceEntry] = Field(default_factory=list)
    links: list[LinkEntry] = Field(default_factory=list)
    sensors: dict[str, SensorChoice] = Field(default_factory=dict)
    gateway: GatewayEntry | None = None
    events: list[Event] = Field(default_factory=list)
    _document: Document = PrivateAttr()
    _digest: str = PrivateAttr()
    _grid: Network | None = PrivateAttr(default=None)

    @property
    def grid(self) -> Network | None:
        """The network of its file; None where it names none."""
        return self._grid

    @property
    def digest(self) -> str:
        """SHA-256 of the file's text."""
        return self._digest

    @classmethod
    def parse(cls, text: str, name: str = "scenario") -> "Scenario":
        """Read a scenario (ConfigurationError: every problem, one line each, with line number and path)."""
        document = Document(text, name)
        try:
            scenario = cls.model_validate(document.data)
        except ValidationError as error:
            found = [f"{document.where(_path(e['loc']))}: {_said(e['msg'])}{_got(e['input'])}" for e in error.errors()]
            raise ConfigurationError(*found) from None
        scenario._document = document  # noqa: SLF001 - its own
        scenario._digest = hashlib.sha256(text.encode()).hexdigest()  # noqa: SLF001
        return scenario

    def check(self, assets: Assets) -> None:
        """Hold it against a registry (ConfigurationError: every problem, one line each)."""
        misfits = problems(
            assets,
            sites=self.sites,
            spaces=self.spaces,
            links=self.links,
            sensors=self.sensors,
            events=self.events,
            gateway=self.gateway,
            grid=self.grid,
        )
        found = [f"{self._document.where(path)}: {problem}" for path, problem in misfits]
        if found:
            raise ConfigurationError(*found)


def read(path: Path) -> Scenario:
    """Read a scenario file (ConfigurationError: what is wrong with it)."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        why = getattr(error, "strerror", None) or "not UTF-8"
        raise ConfigurationError(f"{path}: cannot be read: {why}; expected a scenario (YAML)") from None
    scenario = Scenario.parse(text, str(path))
    if scenario.network is not None:
        scenario._grid = load_network(path.parent / scenario.network.file).network  # noqa: SLF001 - its own
    return scenario


def _path(location: tuple[str | int, ...]) -> tuple[str | int, ...]:
    """Give the path in the file: the unions' tags in pydantic's path are not part of it."""
    tagged = len(location) > 2 and location[0] == "events"  # noqa: PLR2004 - events, index, tag
    plain = (*location[:2], *location[3:]) if tagged else location
    return tuple(part for part in plain if part not in _TAGS)


def _said(message: str) -> str:
    return message.removeprefix("Value error, ")


def _got(value: object) -> str:
    if isinstance(value, bool):
        return f", got {value} (YAML reads an unquoted on, off, yes or no as a Boolean: quote it)"
    return f", got {value!r}" if isinstance(value, str | int | float) else ""
