"""What the keys of a product mean that its carrier's platform pushes."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import NamedTuple

from domain.quantity import Quantity


class Meaning(NamedTuple):
    """One key.

    Attributes:
        quantity: that it tells.
        factor: from its number to our unit.
        codes: our values by code, where it sends codes; empty where it sends numbers.
    """

    quantity: Quantity
    factor: float = 1.0
    codes: Mapping[str, float] = MappingProxyType({})


Product = Mapping[str, Meaning]
"""By key; keys without a meaning are not read."""
