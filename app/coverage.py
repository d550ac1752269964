"""`gas-lifeline coverage`: the smallest leak that the sensors of a town could see, section by section."""

import csv
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path

import numpy as np
import numpy.typing as npt

from app.configuration import read_assets, read_rulebook
from app.reach import WAYS, Reach, check, on_network, reach
from domain.asset import Assets, DeviceKind
from domain.errors import ConfigurationError
from simulator.loaders.load import load_network

Floats = npt.NDArray[np.float64]
_COLUMNS = (
    "zone", "tier", "km", "blind", "middle g/s", "middle Nm3/h", "middle mm", "worst mm", "pressure mm", "flow mm",
    "manhole mm",
)  # fmt: skip
_FILE = (
    "pipe", "from_m", "to_m", "tier", "zone", "lon", "lat", "gauge_kpa", "pressure_g_s", "flow_g_s", "manhole_g_s",
    "smallest_g_s", "smallest_nm3_h", "smallest_hole_mm", "by", "blind",
)  # fmt: skip

_INSTRUMENTS = (DeviceKind.PRESSURE_SENSOR, DeviceKind.FLOW_METER)


def run_coverage(path: Path, assets: Path | None, rulebook: Path, out: Path | None, *, plot: bool) -> int:
    """Compute, print what holds in each zone and tier, and write the files asked for."""
    loaded = load_network(path)
    check(loaded.network, str(path))
    town, rules = _town(assets or path.parent), read_rulebook(rulebook)
    for note in loaded.notes:
        print(f"note: {note}", file=sys.stderr)  # noqa: T201 - the command speaks to its user
    found = reach(loaded.network, town, rules)
    zones, blind = _zones(found, town), found.hole_mm(found.best_kg_s) > rules["coverage.blind"]
    instruments = [str(len(on_network(found.locator, town, kind))) for kind in _INSTRUMENTS]
    print(f"{instruments[0]} pressure sensors and {instruments[1]} flow meters on the network")  # noqa: T201
    print(_table([_COLUMNS, *_rows(found, zones, blind)]))  # noqa: T201
    _print_blind(found, blind, rules["coverage.blind"])
    if out is not None:
        _write(out / "coverage.csv", [_FILE, *_lines(found, zones, blind)])
    if plot:
        from app.pictures.coverage import draw_coverage  # noqa: PLC0415 - matplotlib takes half a second to import

        draw_coverage((out or Path()) / "coverage.png", found, town, rules["coverage.blind"])
    return 0


def _town(folder: Path) -> Assets:
    if not (folder / "devices.csv").exists():
        raise ConfigurationError(f"{folder}: no devices.csv there; name the folder of the town's registry by --assets")
    return read_assets(folder)


def _zones(found: Reach, town: Assets) -> list[str]:
    """Give the zone of each section: that of the nearest site, "" where nobody knows."""
    sites = list(town.sites.values())
    sections = found.locator.sections
    if not sites or sections.origin is None:
        return [""] * len(sections.pipe)
    away_m = np.array([sections.from_m(site.lon, site.lat) for site in sites])
    return [
        sites[number].zone if np.isfinite(metre) else ""
        for number, metre in zip(away_m.argmin(axis=0).tolist(), away_m.min(axis=0).tolist(), strict=True)
    ]


def _tier(found: Reach, section: int) -> str:
    return found.locator.grid.pipes[found.locator.sections.pipe[section]].tier or ""


def _rows(found: Reach, zones: Sequence[str], blind: npt.NDArray[np.bool_]) -> Iterator[Sequence[str]]:
    """Sum up each zone and tier; the last columns are the middle of each way by itself."""
    length_m, best = found.locator.sections.length_m, found.best_kg_s
    keys = [(zone, _tier(found, section)) for section, zone in enumerate(zones)]
    for zone, tier in sorted(set(keys)):
        here = np.array([key == (zone, tier) for key in keys])
        hole_mm, middle = found.hole_mm(best)[here], _middle(best[here])
        ways = [_middle(found.hole_mm(leak)[here]) for leak in found.leak_kg_s]
        yield (
            zone or "-",
            tier or "-",
            f"{length_m[here].sum() / 1000:.2f}",
            f"{length_m[here & blind].sum() / length_m[here].sum():.0%}",
            _shown(1000 * middle),
            _shown(middle * found.unit.normal_m3_h),
            _shown(_middle(hole_mm)),
            _shown(float(hole_mm.max())),
            *map(_shown, ways),
        )


def _middle(values: Floats) -> float:
    """Give the lower median: one of the values, also where some are infinite."""
    return float(np.sort(values)[(len(values) - 1) // 2])


def _shown(value: float) -> str:
    return f"{value:.3g}" if np.isfinite(value) else "-"


def _table(rows: Sequence[Sequence[str]]) -> str:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    lines = ("  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in rows)
    return "\n".join(line.rstrip() for line in lines)


def _print_blind(found: Reach, blind: npt.NDArray[np.bool_], limit_mm: float) -> None:
    length_m = found.locator.sections.length_m
    km, share = length_m[blind].sum() / 1000, length_m[blind].sum() / length_m.sum()
    chinese = f"盲区 {km:.2f} 公里（{share:.0%}）：小于 {limit_mm:g} 毫米的孔看不见"
    print(f"{chinese}  blind: {km:.2f} km ({share:.0%}), where holes below {limit_mm:g} mm are not seen")  # noqa: T201


def _lines(found: Reach, zones: Sequence[str], blind: npt.NDArray[np.bool_]) -> Iterator[Sequence[str]]:
    sections, grid, best = found.locator.sections, found.locator.grid, found.best_kg_s
    hole_mm, by = found.hole_mm(best), found.leak_kg_s.argmin(axis=0)
    for section, zone in enumerate(zones):
        pipe = grid.pipes[sections.pipe[section]]
        middle_m, half_m = sections.share[section] * pipe.length_m, sections.length_m[section] / 2
        lon, lat = found.locator.degrees(section)
        yield (
            pipe.id,
            f"{middle_m - half_m:.1f}",
            f"{middle_m + half_m:.1f}",
            pipe.tier or "",
            zone,
            "" if lon is None else f"{lon:.6f}",
            "" if lat is None else f"{lat:.6f}",
            f"{found.gauge_kpa[section]:.3f}",
            *(_number(1000 * leak) for leak in found.leak_kg_s[:, section]),
            _number(1000 * best[section]),
            _number(best[section] * found.unit.normal_m3_h),
            _number(hole_mm[section]),
            WAYS[by[section]] if np.isfinite(best[section]) else "",
            "yes" if blind[section] else "no",
        )


def _number(value: float) -> str:
    return f"{value:.6g}" if np.isfinite(value) else ""


def _write(path: Path, rows: Sequence[Sequence[str]]) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("w", encoding="utf-8", newline="") as file:
            csv.writer(file, lineterminator="\n").writerows(rows)
    except OSError as error:
        raise ConfigurationError(f"{path.parent}: {error.strerror}") from None
