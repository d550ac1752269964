"""Which pipe it is, before anything is measured; and how the likeliest are written down."""

from collections.abc import Mapping

from domain.location import Location
from domain.network import Pipe

_WORSE: Mapping[str, float] = {"steel": 3.4, "bare_steel": 30.0, "cast_iron": 40.0}
"""Than polyethylene, a metre: emission factors of distribution mains in the U.S. greenhouse gas inventory, annex 3.6
(kg of methane a mile and year: plastic 29, protected steel 97, unprotected steel 861, cast iron 1157), after Lamb et
al., Environ. Sci. Technol. 49 (2015); from memory."""
_YEARS = 20.0
_UNKNOWN_YEAR, _NEWEST_YEAR = 2005, 2025
_SHOWN = 3


def weakness(pipe: Pipe) -> float:
    """Tell how much more than new polyethylene a metre of this pipe leaks; that age doubles it in 20 years is a guess.

    Example:
        >>> old = Pipe("P", "A", "B", 100.0, 0.1, material="steel", install_year=2005)
        >>> weakness(old)
        6.8
    """
    age = max(0, _NEWEST_YEAR - (pipe.install_year or _UNKNOWN_YEAR))
    return (1.0 + age / _YEARS) * _WORSE.get(pipe.material or "", 1.0)


def ranked(location: Location | None) -> str:
    """Write the likeliest pipes with their probabilities, "" where nobody knows.

    Example:
        >>> from domain.location import PipeShare
        >>> ranked(Location(None, None, None, (PipeShare("P-1", 0.75), PipeShare("P-2", 0.2))))
        'P-1 75%, P-2 20%'
    """
    pipes = () if location is None else location.pipes[:_SHOWN]
    return ", ".join(f"{pipe} {probability:.0%}" for pipe, probability in pipes)
