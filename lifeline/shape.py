"""From a canonical record to what a target wants, by its mapping."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

import msgspec

from domain.errors import GasLifelineError
from domain.parcel import Parcel
from lifeline.mapping import CityMapping, Field, Part, times_of
from lifeline.records import KINDS, Record
from lifeline.times import compact, plain, read

_WRITERS: Mapping[str, Callable[[int], str | int]] = {
    "plain": plain,
    "compact": compact,
    "unix_ms": lambda time_ns: time_ns // 1_000_000,
}


class NoCode(GasLifelineError):  # noqa: N818 - the answer to a person, not a fault
    """A mapping has no code for a value, or makes nothing of a record."""


@contextmanager
def shaping(kind: str) -> Iterator[None]:
    """Make NoCode of whatever goes wrong: one record is dead with its reason, and the others go on."""
    try:
        yield
    except NoCode:
        raise
    except Exception as error:
        raise NoCode(f"{kind}: {type(error).__name__}: {error}") from error


class Shaper:
    """Writes bodies of calls.

    Args:
        mapping: of the target.
    """

    def __init__(self, mapping: CityMapping) -> None:
        self._mapping = mapping
        self._times = {kind: times_of(KINDS[kind]) for kind in mapping.records}

    def body(self, parcels: Sequence[Parcel]) -> bytes:
        """Write the body of a call with records of one kind, in their order (NoCode)."""
        kind = parcels[0].kind
        with shaping(kind):
            records = (msgspec.json.decode(parcel.body, type=dict[str, Any]) | {"id": parcel.key} for parcel in parcels)
            return self._wrapped(self._mapping.records[kind], [self.shaped(kind, record) for record in records])

    def of(self, kind: str, record: Record) -> bytes:
        """Write the body of a call with one record that never lay in the outbox (NoCode)."""
        with shaping(kind):
            return self._wrapped(self._mapping.records[kind], [self.shaped(kind, msgspec.to_builtins(record))])

    def shaped(self, kind: str, record: Mapping[str, Any]) -> dict[str, Any]:
        """Write one record (NoCode)."""
        part = self._mapping.records[kind]
        made: dict[str, Any] = {}
        for name in part.names:
            *objects, last = name.split(".")
            place = made
            for one in objects:
                place = place.setdefault(one, {})
            place[last] = self._value(kind, name, part.field(name), record)
        return made

    def _value(self, kind: str, name: str, field: Field, record: Mapping[str, Any]) -> Any:  # noqa: ANN401 - JSON
        if field.constant is not None:
            return field.constant
        found: Any = record
        for step in field.source.split("."):
            found = found[step]
        if field.values:
            return _coded(f"records.{kind}.fields.{name}", field, found)
        if field.source in self._times[kind] or field.source.startswith("linkage."):
            return self._time(found)
        return _number(field, found) if isinstance(found, float | int) and not isinstance(found, bool) else found

    def _time(self, text: str) -> str | int:
        writer = _WRITERS.get(self._mapping.time)
        return writer(read(text)) if writer and text else text

    @staticmethod
    def _wrapped(part: Part, records: list[dict[str, Any]]) -> bytes:
        body: Any = records if part.batch > 1 else records[0]
        return msgspec.json.encode({part.envelope: body} if part.envelope else body)


def _coded(where: str, field: Field, found: object) -> Any:  # noqa: ANN401 - JSON
    code = field.values.get(str(found), field.otherwise)
    if code is None:
        raise NoCode(f"{where}: no code for {found!r}")
    return code


def _number(field: Field, found: float) -> float:
    scaled = found if field.scale == 1 else found * field.scale
    return scaled if field.digits is None else round(scaled, field.digits)
