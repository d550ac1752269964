import pytest

from domain.errors import ConfigurationError
from domain.product import Meaning
from domain.quantity import Quantity
from ingest.products import parse_products


def test_a_key_is_a_quantity_or_says_how_to_read_it() -> None:
    text = '[p]\na = "gas_pct_lel"\nb = { quantity = "battery_v", factor = 0.001 }\n'
    assert parse_products(text, "f")["p"] == {
        "a": Meaning(Quantity.GAS_PCT_LEL),
        "b": Meaning(Quantity.BATTERY_V, 0.001),
    }
    assert parse_products("", "f") == {}


@pytest.mark.parametrize(
    "text", ["[p", '[p]\na = "gas"', '[p]\na = { quantity = "battery_v", faktor = 2 }', 'a = "gas_pct_lel"']
)
def test_a_mistake_is_one_clear_line(text: str) -> None:
    with pytest.raises(ConfigurationError, match=r"^f: .*; expected for each key"):
        parse_products(text, "f")
