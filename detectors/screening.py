"""All screeners by name: one line for each."""

from collections.abc import Callable, Mapping

from detectors.cusum import Cusum
from detectors.screener import Screener

SCREENERS: Mapping[str, Callable[..., Screener]] = {
    "cusum": Cusum,
}
DEFAULT = "cusum"
