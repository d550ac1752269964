"""Application units: a type flag, a count, and that many objects of one form."""

from collections.abc import Callable, Mapping, Sequence
from struct import Struct
from struct import error as StructError  # noqa: N812 - the module's own name says nothing
from typing import Any, NamedTuple

from ingest.gb26875 import objects as o
from ingest.gb26875.frame import FIRST_USER_COMMAND, Command, Reason, Refused
from ingest.gb26875.tables import ANALOGS, COMPONENTS, SYSTEMS
from ingest.gb26875.times import UNSET, time_ns, time_tag

_MOST_RECORDS = 102
_USER_KINDS = range(128, 255)
_HEAD_BYTES = 2


class Unit(NamedTuple):
    """What a frame says.

    Attributes:
        kind: type flag; 0 for the empty unit of acknowledgement, denial and heartbeat.
        objects: of `ingest.gb26875.objects`, all of one type.
    """

    kind: int
    objects: tuple[Any, ...] = ()


EMPTY = Unit(0)
_TYPES: Mapping[str, frozenset[int]] = {"system": SYSTEMS, "component": COMPONENTS, "analog": ANALOGS}
"""Fields of objects that hold a number of a table."""


class _Numbered(NamedTuple):
    """Where an object holds a number of a table, and which there are."""

    at: int
    name: str
    known: frozenset[int]


class _Form(NamedTuple):
    """How objects of one type stand in a unit.

    Attributes:
        record: their type.
        most: largest count.
        fields: of one object; a time tag, where there is one, is the last.
        timed: whether there is one.
        numbered: what stands in a table.
        fits: what else must hold.
    """

    record: Any
    most: int
    fields: Struct
    timed: bool
    numbered: Sequence[_Numbered]
    fits: Callable[[Any], bool] = lambda _object: True


def _form(record: Any, most: int, fields: str, fits: Callable[[Any], bool] = lambda _: True) -> _Form:  # noqa: ANN401
    names = enumerate(record._fields)
    numbered = [_Numbered(at, name, _TYPES[name]) for at, name in names if name in _TYPES]
    return _Form(record, most, Struct("<" + fields), fields.endswith("6s"), numbered, fits)


def _has_few(asking: o.ReadOperations | o.ReadTransmitterOperations) -> bool:
    return 1 <= asking.records <= _MOST_RECORDS


def _is_zero(blank: o.Blank) -> bool:
    return blank.zero == 0


_UPLOADS: dict[int, _Form] = {
    1: _form(o.SystemState, 102, "BBH6s"),
    2: _form(o.ComponentState, 22, "BBBHHH31s6s"),
    3: _form(o.Analog, 63, "BBBHHBh6s"),
    4: _form(o.Operation, 102, "BBBB6s"),
    5: _form(o.SystemVersion, 1, "BBBB"),
    6: _form(o.SystemConfiguration, 3, "BB"),  # and a text
    7: _form(o.ComponentConfiguration, 26, "BBBHH31s"),
    8: _form(o.SystemTime, 1, "BB6s"),
    21: _form(o.TransmitterState, 1, "B6s"),
    24: _form(o.TransmitterOperation, 127, "BB6s"),
    25: _form(o.TransmitterVersion, 1, "BB"),
    26: _form(o.TransmitterConfiguration, 1, ""),  # and a text
    28: _form(o.Clock, 1, "6s"),
}
_READS: dict[int, _Form] = {
    61: _form(o.ReadSystem, 102, "BB"),
    62: _form(o.ReadComponent, 22, "BBHH"),
    63: _form(o.ReadComponent, 63, "BBHH"),
    64: _form(o.ReadOperations, 1, "BBB6s", _has_few),
    65: _form(o.ReadSystem, 1, "BB"),
    66: _form(o.ReadSystem, 3, "BB"),
    67: _form(o.ReadComponent, 26, "BBHH"),
    68: _form(o.ReadSystem, 1, "BB"),
    81: _form(o.Blank, 1, "B", _is_zero),
    84: _form(o.ReadTransmitterOperations, 1, "B6s", _has_few),
    85: _form(o.Blank, 1, "B", _is_zero),
    86: _form(o.Blank, 1, "B", _is_zero),
    88: _form(o.Blank, 1, "B", _is_zero),
}
_CONTROLS: dict[int, _Form] = {
    89: _form(o.Blank, 1, "B", _is_zero),
    90: _form(o.Clock, 1, "6s"),
    91: _form(o.PostCheck, 1, "B"),
}
_BY_COMMAND: Mapping[int, Mapping[int, _Form]] = {
    Command.CONTROL: _CONTROLS,
    Command.SEND: _UPLOADS,
    Command.REQUEST: _READS,
    Command.RESPONSE: _UPLOADS,
}
_FORMS: Mapping[int, _Form] = _UPLOADS | _READS | _CONTROLS
_TEXTS = frozenset({6, 26})
_MAY_BE_EMPTY = frozenset({Command.SEND, Command.ACKNOWLEDGE, Command.DENY})


def decode_unit(command: int, unit: bytes, *, unset_ns: int | None = None) -> Unit | Refused:
    """Read a frame's unit; one wrong object refuses all of it, because a prefix of a wrong unit proves nothing.

    Args:
        command: of the frame.
        unit: type, count, objects.
        unset_ns: the time of an object whose tag is all noughts, as of a clock that nobody set; None: it is wrong.

    Example:
        >>> unit = decode_unit(2, bytes.fromhex("030101010c0100010006fa00001e080f0917"))
        >>> unit.objects[0].value
        25.0
        >>> decode_unit(2, b"").kind, decode_unit(2, bytes.fromhex("0340")).detail
        (0, '64 objects of type 3; expected 1 to 63')
    """
    forms = _BY_COMMAND.get(command)
    if forms is None or not unit:
        return _empty(command, unit)
    if len(unit) < _HEAD_BYTES:
        return _bad("one byte; expected a type and a count")
    kind, count = unit[0], unit[1]
    form = forms.get(kind)
    if form is None:
        if kind in _USER_KINDS:
            return Unit(kind, (o.UserData(count, unit[2:]),))
        return _bad(f"type {kind} with command {command}; expected one of {', '.join(map(str, forms))}")
    if not 1 <= count <= form.most:
        return _bad(f"{count} objects of type {kind}; expected 1 to {form.most}")
    return _texts(kind, form, count, unit) if kind in _TEXTS else _fixed(kind, form, count, unit, unset_ns)


def _empty(command: int, unit: bytes) -> Unit | Refused:
    if command >= FIRST_USER_COMMAND:
        return Refused(Reason.USER_DEFINED, f"command {command} is a vendor's own; expected one of the standard")
    if unit or command not in _MAY_BE_EMPTY:
        return _bad(f"{len(unit)} bytes with command {command}; expected {'none' if unit else 'some'}")
    return EMPTY


def _fixed(kind: int, form: _Form, count: int, unit: bytes, unset_ns: int | None) -> Unit | Refused:
    size = form.fields.size
    if len(unit) != _HEAD_BYTES + count * size:
        return _bad(f"{len(unit) - _HEAD_BYTES} bytes in {count} objects of type {kind}; expected {count * size}")
    record = form.record
    rows: list[Any] = list(form.fields.iter_unpack(unit[_HEAD_BYTES:]))
    if wrong := _reserved(form, rows):
        return wrong
    if form.timed:
        rows = [(*row[:-1], unset_ns if row[-1] == UNSET else time_ns(row[-1])) for row in rows]
        for row in rows:
            if row[-1] is None:
                return Refused(
                    Reason.BAD_TIME, f"no such date in an object of type {kind}; expected one of this century"
                )
    made = tuple([record(*row) for row in rows])
    if not all(map(form.fits, made)):
        return _bad(f"{made[0]} cannot be; expected 0, or a count of 1 to {_MOST_RECORDS} records")
    return Unit(kind, made)


def _reserved(form: _Form, rows: Sequence[Any]) -> Refused | None:
    numbered = form.numbered
    for row in rows:
        for at, name, known in numbered:
            if row[at] not in known:
                return _bad(f"{name} type {row[at]} is reserved; expected one of the standard, or from 128 on")
    return None


def _texts(kind: int, form: _Form, count: int, unit: bytes) -> Unit | Refused:
    made, at, size = [], _HEAD_BYTES, form.fields.size
    for _ in range(count):
        text_at = at + size + 1
        if len(unit) < text_at or len(unit) < text_at + unit[text_at - 1]:
            return _bad(f"{len(unit)} bytes; expected more in {count} objects of type {kind}")
        end = text_at + unit[text_at - 1]
        made.append(form.record(*form.fields.unpack_from(unit, at), unit[text_at:end]))
        at = end
    if at != len(unit):
        return _bad(f"{len(unit)} bytes; expected {at} in {count} objects of type {kind}")
    return _reserved(form, made) or Unit(kind, tuple(made))


def encode_unit(unit: Unit) -> bytes:
    """Write a unit (ValueError: it cannot be one).

    Example:
        >>> encode_unit(Unit(90, (o.Clock(1_348_624_682_000_000_000),))).hex()
        '5a01023a091a090c'
    """
    if unit == EMPTY:
        return b""
    first = unit.objects[0] if unit.objects else None
    if isinstance(first, o.UserData):
        return bytes((unit.kind, first.objects)) + first.raw
    form = _FORMS.get(unit.kind)
    if form is None or not 1 <= len(unit.objects) <= form.most:
        raise ValueError(f"{len(unit.objects)} objects of type {unit.kind} make no unit")
    try:
        return bytes((unit.kind, len(unit.objects))) + b"".join(_pack(unit.kind, form, each) for each in unit.objects)
    except StructError as error:
        raise ValueError(f"an object of type {unit.kind} has a field out of range: {error}") from None


def _pack(kind: int, form: _Form, each: Any) -> bytes:  # noqa: ANN401 - one of many record types
    if kind in _TEXTS:
        return form.fields.pack(*each[:-1]) + bytes((len(each.raw_text),)) + bytes(each.raw_text)
    if form.timed:
        return form.fields.pack(*each[:-1], time_tag(each.time_ns))
    return form.fields.pack(*each)


def _bad(detail: str) -> Refused:
    return Refused(Reason.BAD_UNIT, detail)
