"""Which rows the detectors' state has, so that it can move to another numbering."""

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from detectors.base import Remap
from domain.channels import Channels
from domain.quantity import Quantity


class Layout(NamedTuple):
    """Identities in the order of their rows."""

    channels: list[tuple[str, Quantity]]
    devices: list[str]
    sites: list[str]

    def from_(self, old: "Layout") -> Remap:
        """Tell where these rows stand in an old layout."""
        return Remap(_rows(self.channels, old.channels), _rows(self.devices, old.devices), _rows(self.sites, old.sites))


def layout(channels: Channels) -> Layout:
    return Layout(list(channels.keys), list(channels.device_index), list(channels.sites))


def _rows(new: Sequence[object], old: Sequence[object]) -> npt.NDArray[np.intp]:
    index = {key: row for row, key in enumerate(old)}
    return np.array([index.get(key, -1) for key in new], np.intp)
