"""How a platform words what it tells us: its names and codes become the instruction that `lifeline.inbound` reads.

The section `inbound` of a mapping file names each field of ours as the platform does. Without it the platform speaks
our own words. What a mapping does not name is refused, so that nothing is promised by silence.
"""

import re
from collections.abc import Collection, Iterator, Mapping
from typing import Annotated, Any, get_args, get_type_hints

import msgspec
from msgspec import Meta

from lifeline.inbound import Acknowledge, Inquiry, NotUnderstood, Step, Supervise, Told, understand

Code = str | int | float | bool
_KINDS = {str(one.__struct_config__.tag): one for one in (Acknowledge, Step, Supervise, Inquiry)}
_NUMBERS = frozenset({"occurrence", "answer_s"})
_DIGITS, _MOST = re.compile(r"[0-9]{1,10}"), 2**32
_FIELDS = ("kind", *dict.fromkeys(name for kind in _KINDS.values() for name in kind.__struct_fields__))
_WORDS: Mapping[str, Collection[str]] = {"kind": tuple(_KINDS), "step": get_args(get_type_hints(Step)["step"])}


class Heard(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Where a field of ours stands.

    Attributes:
        source: the platform's name for it; a dot reaches into an object.
        values: the platform's codes by our words; those that it never sends may be left out.
        scale: numbers are multiplied by it: the platform has another unit.
    """

    source: str = msgspec.field(name="from")
    values: dict[str, Code] = {}
    scale: Annotated[float, Meta(gt=0, le=100_000)] = 1.0


class Hearing(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What comes in.

    Attributes:
        fields: the platform's field by ours.
        ignored: names of the platform that may be there and say nothing to us.
    """

    fields: dict[str, str | Heard]
    ignored: tuple[str, ...] = ()

    def field(self, name: str) -> Heard:
        found = self.fields[name]
        return Heard(source=found) if isinstance(found, str) else found


def hear(hearing: Hearing | None, body: bytes) -> Told:
    """Read an instruction in the platform's words; None: in ours (NotUnderstood).

    Example:
        >>> words = {"kind": Heard(source="cmd.type", values={"inquiry": 4}), "id": "no", "text": "cmd.content"}
        >>> hear(Hearing(fields=words), b'{"no":17,"cmd":{"type":4,"content":"?"}}')
        Inquiry(id='17', person='', text='?', answer_s=600)
    """
    if hearing is None:
        return understand(body)
    try:
        said = msgspec.json.decode(body, type=dict[str, Any])
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise NotUnderstood(str(error)) from None
    leaves = dict(_leaves(said))
    fields = {name: hearing.field(name) for name in hearing.fields}
    named, ignored = {field.source for field in fields.values()}, tuple(f"{name}." for name in hearing.ignored)
    if foreign := [path for path in leaves if path not in named and not f"{path}.".startswith(ignored)]:
        raise NotUnderstood(f"{', '.join(map(repr, foreign[:3]))}: not in the mapping")
    there = ((name, field, leaves.get(field.source)) for name, field in fields.items())
    ours = {name: _ours(name, field, value) for name, field, value in there if value is not None and value != ""}
    return understand(msgspec.json.encode(ours))


def spoken(hearing: Hearing | None, told: Mapping[str, Any]) -> bytes:
    """Write an instruction as the platform would send it: the other way round, to be shown."""
    if hearing is None:
        return msgspec.json.encode(told)
    made: dict[str, Any] = {}
    for name in hearing.fields.keys() & told.keys():
        field = hearing.field(name)
        *objects, last = field.source.split(".")
        place = made
        for one in objects:
            place = place.setdefault(one, {})
        value = field.values.get(str(told[name]), told[name])
        place[last] = value / field.scale if name in _NUMBERS and field.scale != 1 else value
    return msgspec.json.encode(made, order="sorted")


def hearing_problems(hearing: Hearing) -> Iterator[str]:
    """Tell what is wrong with the section."""
    for name in hearing.fields:
        field, where = hearing.field(name), f"inbound.fields.{name}"
        if name not in _FIELDS:
            yield f"{where}: no field of an instruction; expected one of {', '.join(_FIELDS)}"
        elif foreign := [word for word in field.values if word not in _WORDS.get(name, ())]:
            yield f"{where}.values: {', '.join(foreign)}; expected of {', '.join(_WORDS.get(name, ())) or 'none'}"
        if len({str(code) for code in field.values.values()}) < len(field.values):
            yield f"{where}.values: one code for two words"
        if field.scale != 1 and name not in _NUMBERS:
            yield f"{where}.scale: {field.scale:g}; expected of {', '.join(sorted(_NUMBERS))} alone"
    for name in ("kind", "id"):
        if name not in hearing.fields:
            yield f"inbound.fields: lacks {name}"
    sources = [hearing.field(name).source for name in hearing.fields]
    if twice := sorted({source for source in sources if sources.count(source) > 1}):
        yield f"inbound.fields: {', '.join(twice)} stands for two fields"


def _leaves(said: Mapping[str, Any]) -> Iterator[tuple[str, Any]]:
    """Give what is in a body by its path; lists are values, whose parts nobody names."""
    waiting = [("", said)]
    while waiting:
        before, part = waiting.pop()
        for name, value in part.items():
            if isinstance(value, dict):
                waiting.append((before + name.replace(".", "\\.") + ".", value))
            else:
                yield before + name.replace(".", "\\."), value  # a dot within a name is no step into an object


def _ours(name: str, field: Heard, value: Any) -> Any:  # noqa: ANN401 - JSON
    if field.values:
        words = {str(code): word for word, code in field.values.items()}
        if str(value) not in words:
            raise NotUnderstood(f"{field.source}: {value!r} has no meaning in the mapping")
        return words[str(value)]
    if name in _NUMBERS:
        return _number(field, value)
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


def _number(field: Heard, value: Any) -> Any:  # noqa: ANN401 - JSON
    """Give a whole number, also where it stands in quotes."""
    read = float(value) if isinstance(value, str) and _DIGITS.fullmatch(value) else value
    if isinstance(read, bool) or not isinstance(read, int | float) or abs(read) > _MOST:
        raise NotUnderstood(f"{field.source}: {value!r}; expected a number")
    scaled = float(read * field.scale)
    return int(scaled) if scaled.is_integer() else scaled
