"""The number of a published early warning: 31 characters ``ZZZZZZDDDUUUXX_YYYYMMDDhhmmss_N``.

Place by GB/T 2260, organisation by GB/T 4657, unit, extension, Beijing time of publication, and a serial digit. Only
for warnings that are published; our own alarms have numbers of their own.

Reference: the national early-warning platform's form of identifiers, as its public messages show it.
"""

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from lifeline.codes import is_organisation, is_place
from lifeline.times import BEIJING, compact

_FORM = re.compile(r"(\d{6})(\d{3})(\d{3})(\d{2})_(\d{14})_(\d)", re.ASCII)
_S = 1_000_000_000


@dataclass(frozen=True, slots=True)
class WarningId:
    """One number, taken apart.

    Attributes:
        place: six digits of GB/T 2260.
        organisation: three digits of GB/T 4657.
        time_ns: of publication, whole seconds.
        serial: 0 to 9, of warnings in the same second.
        unit: three digits.
        extension: two digits.

    Example:
        >>> str(WarningId("532901", "333", 1_768_449_600_000_000_000, 0))
        '53290133300000_20260115120000_0'
        >>> parse("53290133300000_20260115120000_0").place
        '532901'
    """

    place: str
    organisation: str
    time_ns: int
    serial: int
    unit: str = "000"
    extension: str = "00"

    def __post_init__(self) -> None:
        if problem := _problem(self):
            raise ValueError(problem)

    def __str__(self) -> str:
        return f"{self.place}{self.organisation}{self.unit}{self.extension}_{compact(self.time_ns)}_{self.serial}"


def parse(text: str) -> WarningId:
    """Take a number apart (ValueError: what is wrong with it)."""
    found = _FORM.fullmatch(text)
    if found is None:
        raise ValueError(f"{text!r} is no number of a warning; expected ZZZZZZDDDUUUXX_YYYYMMDDhhmmss_N, 31 characters")
    place, organisation, unit, extension, when, serial = found.groups()
    try:
        at = datetime.strptime(when, "%Y%m%d%H%M%S").replace(tzinfo=BEIJING)
    except ValueError:
        raise ValueError(f"{text!r}: {when} is no time; expected YYYYMMDDhhmmss in Beijing") from None
    time_ns = (at - datetime.fromtimestamp(0, UTC)) // timedelta(seconds=1) * _S
    return WarningId(place, organisation, time_ns, int(serial), unit, extension)


def _problem(found: WarningId) -> str:
    if not is_place(found.place):
        return f"place {found.place!r}; expected six digits of GB/T 2260"
    if not is_organisation(found.organisation):
        return f"organisation {found.organisation!r}; expected three digits of GB/T 4657"
    if not re.fullmatch(r"\d{3}", found.unit, re.ASCII) or not re.fullmatch(r"\d{2}", found.extension, re.ASCII):
        return f"unit {found.unit!r} and extension {found.extension!r}; expected three and two digits"
    if found.serial not in range(10):
        return f"serial {found.serial}; expected 0 to 9"
    return "" if found.time_ns % _S == 0 else "time_ns; expected a whole second"
