"""What a loader gives, and how it reads a row of somebody else's table."""

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from domain.errors import ConfigurationError
from domain.network import Network, contradictions
from domain.strictjson import shown
from simulator.topology import ambient_pa

SEA_PA = 101_325.0
BAR_PA = 1e5


class Loaded(NamedTuple):
    """A network from a file.

    Attributes:
        z_per_pa: how the compressibility factor follows the absolute pressure.
        notes: what the file leaves open or this solver does not have, and how it was taken.
    """

    network: Network
    z_per_pa: float = 0.0
    notes: Sequence[str] = ()


def checked(loaded: Loaded, name: str) -> Loaded:
    """Hold a network against the rules of our own file format (ConfigurationError)."""
    problems = [f"{name}: {path} {problem}" for path, problem in contradictions(loaded.network)]
    if problems:
        raise ConfigurationError(*problems)
    return loaded


def absolute_pa(gauge_bar: float, height_m: float) -> float:
    """Absolute pressure of a gauge one, over the standard atmosphere at its height."""
    return gauge_bar * BAR_PA + ambient_pa(SEA_PA, height_m)


@dataclass(frozen=True, slots=True)
class Row:
    """A row of a foreign table; whatever is asked for and wrong there is one clear error.

    Attributes:
        where: file and place, for messages.
        cells: by name of their column.
    """

    where: str
    cells: Mapping[str, object]

    def has(self, name: str) -> bool:
        return self.cells.get(name) not in {None, ""}

    def number(self, name: str, default: float | None = None, *, above: float = -math.inf) -> float:
        value = self.cells.get(name)
        if value in {None, ""} and default is not None:
            return default
        try:
            found = math.nan if isinstance(value, bool) else float(value)  # type: ignore[arg-type]  # or TypeError
        except (TypeError, ValueError, OverflowError):
            found = math.nan
        if not math.isfinite(found) or found <= above:
            expected = f"a number above {above:g}" if above > -math.inf else "a number"
            raise ConfigurationError(f"{self.where}: {name} is {self._shown(name)}; expected {expected}")
        return found

    def text(self, name: str, default: str | None = None) -> str:
        value = self.cells.get(name)
        if value in {None, ""}:
            if default is None:
                raise ConfigurationError(f"{self.where}: {name} is missing")
            return default
        # numbers name things too; pandas writes some of them as 3.0
        return str(int(value)) if isinstance(value, float) and value.is_integer() else str(value)

    def truth(self, name: str, *, default: bool = True) -> bool:
        value = self.cells.get(name)
        if value in {None, ""}:
            return default
        word = str(value).lower()
        if word not in {"true", "false", "1", "0", "1.0", "0.0"}:
            raise ConfigurationError(f"{self.where}: {name} is {self._shown(name)}; expected true or false")
        return word in {"true", "1", "1.0"}

    def _shown(self, name: str) -> str:
        return shown(self.cells[name]) if name in self.cells else "missing"
