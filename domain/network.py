"""The gas network as a file describes it: nodes, pipes, regulators, valves; read strictly, every problem one line."""

import math
from collections.abc import Iterator, Mapping
from dataclasses import MISSING, dataclass, fields
from enum import StrEnum
from typing import Any, TypeVar, cast

from domain.errors import ConfigurationError
from domain.strictjson import Read, Repeated, decode_object, line_numbers, number, shown, text, truth


class Friction(StrEnum):
    """Which friction law holds in every pipe."""

    GB50028 = "gb50028"
    COLEBROOK = "colebrook"
    NIKURADSE = "nikuradse"
    CONSTANT = "constant"


@dataclass(frozen=True, slots=True)
class Gas:
    """What flows; one for the whole network, isothermal."""

    molar_mass_kg_mol: float
    temperature_k: float
    z: float
    heat_capacity_ratio: float
    viscosity_pa_s: float


@dataclass(frozen=True, slots=True)
class Node:
    """A junction, a supply or a consumer.

    Attributes:
        elevation_m: above sea level; None: that of the others, on average.
        fixed_pressure_pa_abs: held whatever flows: a supply.
        demand_kg_s: taken out; a negative one feeds in.
    """

    id: str
    x_m: float | None = None
    y_m: float | None = None
    lon: float | None = None
    lat: float | None = None
    elevation_m: float | None = None
    fixed_pressure_pa_abs: float | None = None
    demand_kg_s: float = 0.0


@dataclass(frozen=True, slots=True)
class Pipe:
    """A pipe between two nodes; flow is positive from the first to the second.

    Attributes:
        loss_coefficient: of bends and fittings, in velocity heads.
        friction_factor: Darcy (four times Fanning); used by the friction law `constant` alone.
        tier: pressure class, for example ``medium_a``.
    """

    id: str
    from_node: str
    to_node: str
    length_m: float
    inner_diameter_m: float
    roughness_m: float = 0.0
    loss_coefficient: float = 0.0
    friction_factor: float | None = None
    tier: str | None = None
    material: str | None = None
    install_year: int | None = None
    in_service: bool = True


@dataclass(frozen=True, slots=True)
class Regulator:
    """Holds the pressure behind it: set point minus droop times flow; lets nothing back.

    Attributes:
        max_flow_kg_s: the most that it passes; None: no limit.
    """

    id: str
    from_node: str
    to_node: str
    set_pressure_pa_abs: float
    droop_pa_per_kg_s: float = 0.0
    max_flow_kg_s: float | None = None


@dataclass(frozen=True, slots=True)
class Valve:
    """Open or closed; of no length."""

    id: str
    from_node: str
    to_node: str
    inner_diameter_m: float
    open: bool = True
    loss_coefficient: float = 0.0


@dataclass(frozen=True, slots=True)
class Network:
    """A whole network. Identities are unique within their kind and every end is a node.

    Attributes:
        ambient_pressure_pa: at the mean elevation of the nodes.
    """

    gas: Gas
    ambient_pressure_pa: float
    friction: Friction
    nodes: tuple[Node, ...]
    pipes: tuple[Pipe, ...] = ()
    regulators: tuple[Regulator, ...] = ()
    valves: tuple[Valve, ...] = ()

    def mean_elevation_m(self) -> float:
        known = [node.elevation_m for node in self.nodes if node.elevation_m is not None]
        return math.fsum(known) / len(known) if known else 0.0


def parse_network(text: str, name: str) -> Network:
    r"""Read a ``network.json``.

    Args:
        text: of the file.
        name: of the file, for messages.

    Raises:
        ConfigurationError: every problem of the file, with file, line and path.

    Example:
        >>> parse_network('{"gas": 1, "nodes": [],\n "nodes": []}', "network.json")
        Traceback (most recent call last):
        ...
        domain.errors.ConfigurationError: network.json:1: nodes stands there twice; expected once; ...
    """
    return _Reader(text, name).network()


# ---------------------------------------------------------------- what each key may hold
Item = TypeVar("Item", Node, Pipe, Regulator, Valve)


def _year(value: object) -> int:
    if not isinstance(value, int) or isinstance(value, bool) or not 1800 <= value <= 2200:  # noqa: PLR2004 - sane years
        raise ValueError("a year")
    return value


def _law(value: object) -> Friction:
    try:
        return Friction(cast("str", value))
    except ValueError:
        raise ValueError(f"one of {', '.join(Friction)}") from None


_POSITIVE = number(above=0.0, bounds="above 0")
_NOT_NEGATIVE = number(least=0.0, bounds="0 or more")
_READ: Mapping[str, Read] = {
    **dict.fromkeys(("id", "from", "to", "tier", "material"), text),
    **dict.fromkeys(("in_service", "open"), truth),
    **dict.fromkeys(("x_m", "y_m", "demand_kg_s"), number()),
    **dict.fromkeys(("loss_coefficient", "roughness_m", "droop_pa_per_kg_s", "max_flow_kg_s"), _NOT_NEGATIVE),
    "elevation_m": number(least=-500.0, most=9_000.0, bounds="metres above the sea, -500 to 9000"),
    "lon": number(least=-180.0, most=180.0, bounds="degrees, -180 to 180"),
    "lat": number(least=-90.0, most=90.0, bounds="degrees, -90 to 90"),
    "heat_capacity_ratio": number(above=1.0, bounds="above 1"),
    "install_year": _year,
    "friction": _law,
}  # and what is not named here is a number above 0
_SECTIONS: Mapping[str, type] = {"nodes": Node, "pipes": Pipe, "regulators": Regulator, "valves": Valve}
_OPTIONAL_SECTIONS = ("regulators", "valves")


class _Reader:
    """Reads one file; gathers problems on the way."""

    def __init__(self, text: str, name: str) -> None:
        self._text, self._name = text.removeprefix("\ufeff"), name
        self._problems: list[tuple[str, str]] = []

    def network(self) -> Network:
        data = decode_object(self._text, self._name)
        unknown = [key for key in data if key not in {field.name for field in fields(Network)}]
        self._problems += [(key, "is no key of a network") for key in unknown]
        self._repeated("", data)
        gas = self._record(Gas, "gas", self._required(data, "gas"))
        ambient_pressure_pa = self._value("ambient_pressure_pa", self._required(data, "ambient_pressure_pa"))
        friction = self._value("friction", self._required(data, "friction"))
        nodes = self._items(Node, "nodes", data)
        parts = (self._items(Pipe, "pipes", data), self._items(Regulator, "regulators", data))
        network = Network(
            cast("Gas", gas), cast("float", ambient_pressure_pa), cast("Friction", friction), nodes, *parts,
            self._items(Valve, "valves", data),
        )  # fmt: skip
        self._problems += contradictions(network)
        if self._problems:
            raise ConfigurationError(*self._lines())
        return network

    def _required(self, data: Mapping[str, object], key: str) -> object:
        if key not in data:
            self._problems.append((key, "is missing"))
            return MISSING
        return data[key]

    def _repeated(self, path: str, data: object) -> None:
        if isinstance(data, Repeated):
            self._problems.append((_join(path, data.twice), "stands there twice; expected once"))

    def _items(self, kind: type[Item], section: str, data: Mapping[str, object]) -> tuple[Item, ...]:
        found = data.get(section, []) if section in _OPTIONAL_SECTIONS else self._required(data, section)
        if found is MISSING:
            return ()
        if not isinstance(found, list):
            self._problems.append((section, f"is {shown(found)}; expected a list"))
            return ()
        read = [self._record(kind, f"{section}[{index}]", item) for index, item in enumerate(found)]
        # a wrong one keeps its place: what refers to it, and the number of what follows, stay right
        return tuple(cast("Item", item) for item in read)

    def _record(self, kind: type, path: str, data: object) -> object:
        if data is MISSING:
            return None
        if not isinstance(data, dict):
            self._problems.append((path, f"is {shown(data)}; expected an object"))
            return None
        self._repeated(path, data)
        keys = {_key(field.name): field for field in fields(kind)}
        self._problems += [(_join(path, key), "is an unknown key") for key in data if key not in keys]
        values: dict[str, Any] = dict.fromkeys((field.name for field in keys.values()), MISSING)
        for key, field in keys.items():
            required = field.default is MISSING
            if key in data and (data[key] is not None or field.default is not None):
                values[field.name] = self._value(_join(path, key), data[key])
            elif required:
                self._problems.append((_join(path, key), "is missing"))
            else:
                values[field.name] = field.default
        return kind(**values)

    def _value(self, path: str, value: object) -> Any:  # noqa: ANN401 - of the type that the key demands
        if value is MISSING:
            return MISSING
        try:
            return _READ.get(path.rpartition(".")[2], _POSITIVE)(value)
        except ValueError as error:
            self._problems.append((path, f"is {shown(value)}; expected {error}"))
            return MISSING

    def _lines(self) -> Iterator[str]:
        line_of = line_numbers(self._text)
        for path, problem in self._problems:
            line = line_of.get(path.partition(".")[0])
            yield f"{self._name}{f':{line}' if line else ''}: {path if path.isprintable() else repr(path)} {problem}"


def _key(field: str) -> str:
    return field.removesuffix("_node")


def _join(path: str, key: str) -> str:
    return f"{path}.{key}" if path else key


# ---------------------------------------------------------------- what must fit together
def contradictions(network: Network) -> Iterator[tuple[str, str]]:
    """Tell what does not fit together: path and problem; whatever is MISSING or None was reported already."""
    if network.nodes == ():
        yield "nodes", "is empty or missing; expected at least one"
    items: dict[str, tuple[Any, ...]] = {section: getattr(network, section) for section in _SECTIONS}
    known = {node.id for node in items["nodes"] if node is not None}
    for section, found in items.items():
        for index, item in enumerate(found):
            if item is not None:
                path = f"{section}[{index}]"
                yield from _node_problems(path, item) if section == "nodes" else _link_problems(path, item, known)
                if section == "pipes":
                    yield from _pipe_problems(path, item, network.friction)
        yield from _repeated_ids(section, found)


def _repeated_ids(section: str, items: tuple[Any, ...]) -> Iterator[tuple[str, str]]:
    first: dict[str, int] = {}
    for index, item in enumerate(items):
        if item is not None and item.id is not MISSING and first.setdefault(item.id, index) != index:
            yield f"{section}[{index}].id", f"is {item.id!r}, as that of {section}[{first[item.id]}]; expected its own"


def _node_problems(path: str, node: Any) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - its wrong values are MISSING
    for one, other in (("x_m", "y_m"), ("lon", "lat")):
        if (getattr(node, one) is None) != (getattr(node, other) is None):
            yield path, f"has {one} or {other} alone; expected both or neither"


def _link_problems(path: str, link: Any, known: set[str]) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - its wrong values are MISSING
    for key, end in (("from", link.from_node), ("to", link.to_node)):
        if end is not MISSING and end not in known:
            yield f"{path}.{key}", f"is {end!r}; expected the id of a node"
    if link.from_node is not MISSING and link.from_node == link.to_node:
        yield f"{path}.to", f"is {link.to_node!r}, as from; expected another node"


def _pipe_problems(path: str, pipe: Any, friction: Friction) -> Iterator[tuple[str, str]]:  # noqa: ANN401 - its wrong values are MISSING
    if friction is Friction.CONSTANT and pipe.friction_factor is None:
        yield f"{path}.friction_factor", "is missing; the friction law constant needs it"
    if friction is Friction.NIKURADSE and pipe.roughness_m == 0:
        yield f"{path}.roughness_m", "is 0 or missing; expected above 0 for the friction law nikuradse"
    if MISSING not in {pipe.roughness_m, pipe.inner_diameter_m} and 2 * pipe.roughness_m >= pipe.inner_diameter_m:
        yield f"{path}.roughness_m", f"is {pipe.roughness_m:g}; expected below half of inner_diameter_m"
