"""pandapipes networks exported as one JSON file (fluid, supplies, sinks) with CSV tables beside it."""

import csv
import io
from collections.abc import Mapping
from pathlib import Path
from typing import cast

from domain.errors import ConfigurationError
from domain.network import Gas
from simulator.gases import NORMAL_K, NORMAL_PA, R_J_MOL_K
from simulator.loaders.loaded import BAR_PA, Loaded, Row
from simulator.loaders.pandapipes import TABLES, Rows, TableReader

_RATIO = 1.31
_NEEDED = ("junction", "pipe")


def is_export(data: Mapping[str, object]) -> bool:
    fluid = data.get("fluid")
    return isinstance(fluid, dict) and "rho_n_kg_m3" in fluid


def load_export(path: Path, data: Mapping[str, object]) -> Loaded:
    """Read an export: each table is a list in it, or a file ``<name>.<table>s.csv`` whose first column is the index."""
    fluid = Row(f"{path.name}: fluid", cast("Mapping[str, object]", data["fluid"]))
    reader = TableReader(path.name, {table: _table(path, data, table) for table in TABLES}, {})
    return reader.loaded(str(data.get("friction_model", "nikuradse")), lambda temperature_k: _gas(fluid, temperature_k))


def _gas(fluid: Row, temperature_k: float) -> tuple[Gas, float]:
    one, ten = fluid.number("Z_1bar", 1.0, above=0), fluid.number("Z_10bar", 1.0, above=0)
    slope = (ten - one) / (9 * BAR_PA)
    molar_mass = fluid.number("rho_n_kg_m3", above=0) * R_J_MOL_K * NORMAL_K / NORMAL_PA
    return Gas(molar_mass, temperature_k, one - slope * BAR_PA, _RATIO, fluid.number("eta_Pas", above=0)), slope


def _table(path: Path, data: Mapping[str, object], table: str) -> Rows:
    beside = path.with_suffix(f".{table}s.csv")
    if table in _NEEDED or beside.exists():
        return _csv(beside)
    found = data.get(table)
    if not isinstance(found, list):  # the key `source` is the provenance, as text, where nothing feeds in
        return {}
    rows = enumerate(cells for cells in found if isinstance(cells, dict))
    return {str(index): Row(f"{path.name}: {table}[{index}]", cells) for index, cells in rows}


def _csv(path: Path) -> Rows:
    try:
        text = path.read_text(encoding="utf-8-sig")
    except OSError as error:
        raise ConfigurationError(f"{path}: {error.strerror}; this table belongs to the network") from None
    reader = csv.DictReader(io.StringIO(text), strict=True)
    rows = (Row(f"{path.name}:{reader.line_num}", cells) for cells in reader)
    return {next(iter(cast("Mapping[str, str]", row.cells).values())): row for row in rows}
