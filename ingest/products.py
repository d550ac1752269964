"""Read `products.toml`: what the keys of pushed products mean."""

from collections.abc import Mapping

import msgspec

from domain.errors import ConfigurationError
from domain.product import Meaning, Product
from domain.quantity import Quantity


class _Meaning(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    quantity: Quantity
    factor: float = 1.0
    codes: dict[str, float] = {}


def parse_products(text: str, file: str) -> Mapping[str, Product]:
    r"""Give products by name (ConfigurationError: what, and where).

    Example:
        >>> parse_products('[lian.gas_value]\nquantity = "gas_pct_lel"', "products.toml")["lian"]["gas_value"].factor
        1.0
    """
    try:
        found = msgspec.toml.decode(text, type=dict[str, dict[str, Quantity | _Meaning]])
    except msgspec.MsgspecError as error:
        expected = "expected for each key a quantity, or quantity and factor or codes"
        raise ConfigurationError(f"{file}: {error}; {expected}") from None
    return {name: {key: _meaning(each) for key, each in keys.items()} for name, keys in found.items()}


def _meaning(each: Quantity | _Meaning) -> Meaning:
    return Meaning(each.quantity, each.factor, each.codes) if isinstance(each, _Meaning) else Meaning(each)
