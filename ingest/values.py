"""The second look at values: what is a number, what is possible, and how far it can be trusted."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

import msgspec
from msgspec import Raw

from domain.quality import QUALITY_NAMES, Quality
from domain.quantity import DRIFTING, SPANS, Quantity
from domain.sample import RefusalReason
from ingest.fleet import Source
from ingest.wire import UNREADABLE, Refuser, clean, show

NO_QUALITY: Mapping[Quantity, Quality] = MappingProxyType({})

_QUANTITIES: Mapping[str, Quantity] = {str(quantity): quantity for quantity in Quantity}
_GOOD, _UNCERTAIN, _OVER_RANGE = Quality.GOOD, Quality.UNCERTAIN, Quality.OVER_RANGE  # Python 3.11 looks them up slowly
_LEL, _VOL = Quantity.GAS_PCT_LEL, Quantity.GAS_PCT_VOL
_NUMBER_STARTS = frozenset(b"-0123456789")
_number = msgspec.json.Decoder(float).decode
_quality_name = msgspec.json.Decoder(str).decode


class Judged(NamedTuple):
    """What is kept of one sample.

    Attributes:
        values: finite and physically possible.
        quality: of those that are not good.
    """

    values: dict[Quantity, float]
    quality: dict[Quantity, Quality]


def judge(
    values: Mapping[str, Raw], quality: Mapping[str, Raw] | None, source: Source, at: str, refuse: Refuser
) -> Judged:
    """Keep what can be believed and refuse the rest, quantity by quantity.

    The worse of two qualities counts: the one that the device sent and the one that its value deserves. A gas reading
    at or above the device's range is kept as over range; a small negative one is drift and uncertain. Gas measured in
    %VOL alone is told in %LEL as well: that is what is watched.

    Args:
        values: by name, undecoded.
        quality: by name, undecoded; None where the device's word could not be read, which makes all uncertain.
        source: the device.
        at: path of the sample with its dot.
        refuse: told about what is not kept.
    """
    sent = {} if quality is None else _qualities(values, quality, at, refuse)
    otherwise = _UNCERTAIN if quality is None else _GOOD
    kept = Judged({}, {})
    for name, raw in values.items():
        quantity = _QUANTITIES.get(name)
        if quantity is None:
            refuse(
                RefusalReason.UNKNOWN_QUANTITY,
                f"{at}values.{clean(name)}",
                f"{clean(name)} is no quantity of this system",
            )
        elif (value := _value(quantity, raw, f"{at}values.{name}", refuse)) is not None:
            _keep(kept, quantity, value, sent.get(quantity, otherwise), source)
    if _VOL in kept.values and _LEL not in kept.values:
        _derive_lel(kept, source)
    return kept


def judge_number(  # noqa: PLR0917 - one number, in the order in which it is always told
    quantity: Quantity, value: float, quality: Quality, source: Source, part: str, refuse: Refuser, kept: Judged
) -> None:
    """Keep a number of a known quantity where it can be believed, as `judge` does; refuse it otherwise."""
    if _is_possible(quantity, value, part, refuse):
        _keep(kept, quantity, value, quality, source)


def _value(quantity: Quantity, raw: Raw, part: str, refuse: Refuser) -> float | None:
    try:
        value = _number(raw)
    except UNREADABLE:
        reason, found = _no_number(raw)
        refuse(reason, part, f"{quantity} is {found}; expected a finite number{_in_unit(quantity)}")
        return None
    return value if _is_possible(quantity, value, part, refuse) else None


def _is_possible(quantity: Quantity, value: float, part: str, refuse: Refuser) -> bool:
    span = SPANS[quantity]
    if span.low <= value <= span.high:
        return True
    expected = f"expected {span.low:g} to {span.high:g}{_in_unit(quantity)}"
    refuse(RefusalReason.OUT_OF_RANGE, part, f"{quantity} is {value:g}; {expected}")
    return False


def _in_unit(quantity: Quantity) -> str:
    unit = SPANS[quantity].unit
    return f" in {unit}" if unit else ""


def _no_number(raw: Raw) -> tuple[RefusalReason, str]:
    sent = bytes(raw)
    if sent == b"null":
        return RefusalReason.NON_FINITE, "not a number (NaN, Infinity or null)"
    reason = RefusalReason.NON_FINITE if sent[0] in _NUMBER_STARTS else RefusalReason.WRONG_TYPE
    return reason, show(sent)


def _qualities(
    values: Mapping[str, Raw], quality: Mapping[str, Raw], at: str, refuse: Refuser
) -> dict[Quantity, Quality]:
    found: dict[Quantity, Quality] = {}
    for name, raw in quality.items():
        quantity = _QUANTITIES.get(name)
        if name not in values:
            refuse(RefusalReason.SCHEMA, f"{at}quality.{clean(name)}", f"{clean(name)} has a quality but no value")
        elif quantity is not None:  # else its value is refused, and says it
            found[quantity] = _quality(raw, f"{at}quality.{name}", refuse)
    return found


def _quality(raw: Raw, part: str, refuse: Refuser) -> Quality:
    try:
        return QUALITY_NAMES[_quality_name(raw)]
    except (*UNREADABLE, KeyError):
        refuse(RefusalReason.SCHEMA, part, f"quality is {show(raw)}; expected one of {', '.join(QUALITY_NAMES)}")
        return _UNCERTAIN


def _keep(kept: Judged, quantity: Quantity, value: float, quality: Quality, source: Source) -> None:
    if value < 0.0:
        if quantity in DRIFTING:
            quality = max(quality, _UNCERTAIN)
    elif quantity is _LEL and value >= source.gas_range_pct_lel:
        quality = max(quality, _OVER_RANGE)
    kept.values[quantity] = value
    if quality is not _GOOD:
        kept.quality[quantity] = quality


def _derive_lel(kept: Judged, source: Source) -> None:
    value = kept.values[_VOL] / source.lel_pct_vol * 100.0
    _keep(kept, _LEL, max(value, SPANS[_LEL].low), kept.quality.get(_VOL, _GOOD), source)
