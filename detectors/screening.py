"""All screeners by name: one line for each."""

from collections.abc import Callable, Mapping

from detectors.band import Band
from detectors.cusum import Cusum
from detectors.level_shift import LevelShift
from detectors.novelty import Novelty
from detectors.screener import Screener

SCREENERS: Mapping[str, Callable[..., Screener]] = {
    "band": Band,
    "cusum": Cusum,
    "level_shift": LevelShift,
    "novelty": Novelty,
}
DEFAULT = "band"
"""Where nothing is known of the series."""
