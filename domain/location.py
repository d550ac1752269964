"""Where a leak may be: pipes with probabilities, and the place to begin at."""

from dataclasses import dataclass
from typing import NamedTuple


class PipeShare(NamedTuple):
    """How likely a pipe is."""

    pipe: str
    probability: float


@dataclass(frozen=True, slots=True)
class Location:
    """A possible place.

    Attributes:
        lon: CGCS2000 degrees of the place from which the expected way to the leak is shortest; None: not known.
        lat: the same.
        within_m: half of the probability lies so near to it; None: not known.
        pipes: the likeliest, in falling order.
        elsewhere: probability that it is none of the network's pipes.
    """

    lon: float | None
    lat: float | None
    within_m: float | None
    pipes: tuple[PipeShare, ...]
    elsewhere: float = 0.0
