"""The gas of a pandapipes file: properties as constants, lines, tables or polynomials."""

from collections.abc import Mapping
from typing import cast

import numpy as np

from domain.errors import ConfigurationError
from domain.network import Gas
from domain.strictjson import decode_object
from simulator.gases import NORMAL_K, NORMAL_PA, R_J_MOL_K
from simulator.loaders.loaded import BAR_PA

Cells = Mapping[str, object]
_RATIO = 1.31


def unpacked(value: object, where: str) -> object:
    """Give what a pandapipes object holds: it is packed as text inside of text."""
    if isinstance(value, dict) and "_object" in value:
        value = value["_object"]
    if isinstance(value, str) and value.lstrip().startswith("{"):
        return decode_object(value, where)
    return value


def gas_of(fluid: object, temperature_k: float, where: str) -> tuple[Gas, float]:
    """Read the gas at a temperature, and how its compressibility factor follows the pressure (1/Pa).

    ``ρ = ρ_n·(p/p_n)·(T_n/T)/Z``, with ρ_n the file's density at 273.15 K: molar mass follows from it.
    """
    held = unpacked(fluid, where)
    if not isinstance(held, dict) or not isinstance(held.get("all_properties"), dict):
        raise ConfigurationError(f"{where}: expected a fluid with its properties")
    if held.get("is_gas") is False or held.get("fluid_type") == "liquid":
        raise ConfigurationError(f"{where}: is the liquid {held.get('name')!r}; expected a gas")
    properties = held["all_properties"]

    def at(name: str, x: float, default: float | None = None) -> float:
        if name not in properties and default is not None:
            return default
        return _value(unpacked(properties.get(name), f"{where}.{name}"), x, f"{where}.{name}")

    density = at("density", NORMAL_K)
    intercept, at_one_bar = at("compressibility", 0.0, 1.0), at("compressibility", 1.0, 1.0)
    molar_mass = density * R_J_MOL_K * NORMAL_K / NORMAL_PA
    gas = Gas(molar_mass, temperature_k, intercept, _RATIO, at("viscosity", temperature_k))
    return gas, (at_one_bar - intercept) / BAR_PA


def _value(held: object, x: float, where: str) -> float:
    """Evaluate a property at a temperature in K, or a compressibility at a pressure in bar."""
    cells = cast("Cells", held) if isinstance(held, dict) else {}
    try:
        if "value" in cells:
            return float(cast("float", cells["value"]))
        if "slope" in cells:
            return float(cast("float", cells["offset"])) + float(cast("float", cells["slope"])) * x
        return _interpolated(_array(cells, "x", where), _array(cells, "y", where), x)
    except (KeyError, TypeError, ValueError):
        raise ConfigurationError(f"{where}: expected a value, slope and offset, or a table of x and y") from None


def _array(cells: Cells, name: str, where: str) -> "np.ndarray[tuple[int], np.dtype[np.float64]]":
    found = unpacked(cells.get(name, cells.get(f"{name}_values")), where)
    return np.array(found, np.float64).reshape(-1)


def _interpolated(
    x: "np.ndarray[tuple[int], np.dtype[np.float64]]", y: "np.ndarray[tuple[int], np.dtype[np.float64]]", at: float
) -> float:
    """Follow the table's lines, and the first or last of them beyond its ends."""
    if len(x) < 2 or len(x) != len(y):  # noqa: PLR2004 - two points make a line
        raise ValueError
    left = int(np.clip(np.searchsorted(x, at) - 1, 0, len(x) - 2))
    return float(y[left] + (at - x[left]) * (y[left + 1] - y[left]) / (x[left + 1] - x[left]))
