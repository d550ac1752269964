"""Everything of ours that InfluxDB holds of a time, as line protocol; and into which bucket a line goes back."""

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, Protocol

from domain.rollup import HOUR_NS, MINUTE_NS, NAMES
from store.influxql import Table
from store.levels import DAY_NS, LEVELS, RAW
from store.line import tagged, text_field

SLICES_NS = {RAW: MINUTE_NS * 10, MINUTE_NS: HOUR_NS * 6, HOUR_NS: DAY_NS * 10}
"""Of one question: some hundred thousand values of a large town."""
_STEPS = {f"rollup_{NAMES[step_ns]}_": step_ns for step_ns in (MINUTE_NS, HOUR_NS)}
Kinds = Mapping[str, str]


class Asked(Protocol):
    """A server that is asked in InfluxQL for the points (0) or the roll-ups of a step."""

    def tables(self, step_ns: int, query: str) -> Sequence[Table]: ...


def exported(server: Asked, from_ns: int, to_ns: int) -> Iterator[tuple[int, list[str]]]:
    """Give step and lines, slice by slice, of all points from `from_ns` until just before `to_ns`."""
    for step_ns in LEVELS:
        kinds = _kinds(server.tables(step_ns, "SHOW FIELD KEYS"))
        for start in range(from_ns, to_ns, SLICES_NS[step_ns]):
            within = f"time >= {start} AND time < {min(start + SLICES_NS[step_ns], to_ns)}"
            asked = (f'SELECT * FROM "{name}" WHERE {within} GROUP BY *' for name in kinds)  # noqa: S608 - names of ours
            tables = server.tables(step_ns, ";".join(asked)) if kinds else []
            yield step_ns, [line for table in tables for line in lines(table, kinds[table.name])]


def lines(table: Table, kinds: Kinds) -> Iterator[str]:
    r"""Give the lines of a series.

    Example:
        >>> table = Table(["time", "value", "quality", "text"], [[5, 2, 0, None]], "fan", {"device": "F 1", "zone": ""})
        >>> list(lines(table, {"value": "float", "quality": "integer", "text": "string"}))
        ['fan,device=F\\ 1 value=2.0,quality=0i 5']
    """
    start = tagged(table.name, table.tags)
    for time_ns, *values in table.values:
        named = zip(table.columns[1:], values, strict=True)
        fields = [f"{name}={_field(value, kinds[name])}" for name, value in named if value is not None]
        if fields:
            yield f"{start} {','.join(fields)} {time_ns}"


def step_of(line: str) -> int:
    """Give the step of the bucket that a line belongs to.

    Example:
        >>> [step_of(line) for line in ("rollup_1m_co_ppm,device=G1 count=1i 5", "fan,device=F1 fan_on=1.0 5")]
        [60000000000, 0]
    """
    return next((step_ns for name, step_ns in _STEPS.items() if line.startswith(name)), RAW)


def _kinds(tables: Sequence[Table]) -> dict[str, dict[str, str]]:
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for table in tables:
        found[table.name] |= dict(table.values)
    return found


def _field(value: Any, kind: str) -> str:  # noqa: ANN401 - as JSON has it
    if kind == "string":
        return text_field(value)
    if kind == "boolean":
        return "true" if value else "false"
    return f"{value}i" if kind == "integer" else repr(float(value))
