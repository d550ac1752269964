"""The committed dashboards through the types that Grafana publishes for 11.6: a misspelt key is lost there."""

import copy
from collections.abc import Iterator
from typing import Any

import msgspec
import pytest
from grafana_foundation_sdk.cog.encoder import JSONEncoder
from grafana_foundation_sdk.cog.runtime import register_panelcfg_variant
from grafana_foundation_sdk.models import bargauge, geomap, stat, statetimeline, table, timeseries
from grafana_foundation_sdk.models.dashboard import Dashboard

from grafana.lint import KINDS
from tests.grafana.filled import ROOT

Json = dict[str, Any]
FILES = sorted((ROOT / "grafana" / "dashboards").glob("*.json"))
VARIANTS = [one.variant_config() for one in (bargauge, geomap, stat, statetimeline, table, timeseries)]
NOT_NAMED = {
    *(f".annotations.list[].{key}" for key in ("query", "textColumn", "tagsColumn")),
    *(f".panels[state-timeline].fieldConfig.defaults.custom.{key}" for key in ("spanNulls", "insertNulls")),
}
"""Keys that the types do not name and Grafana reads: of its source InfluxDB, and of its own test dashboards."""


@pytest.fixture(autouse=True, scope="module")
def _panels() -> None:
    assert {variant.identifier for variant in VARIANTS} == KINDS
    for variant in VARIANTS:
        register_panelcfg_variant(variant)


def board(name: str) -> Json:
    found: Json = msgspec.json.decode((ROOT / "grafana" / "dashboards" / name).read_bytes())
    return found


def lost(sent: Json) -> set[str]:
    """Give the paths of what does not come back as it went; a panel is named by its kind."""
    back = msgspec.json.decode(JSONEncoder().encode(Dashboard.from_json(copy.deepcopy(sent))))
    return set(differences(sent, back, ""))


def differences(sent: object, back: object, path: str) -> Iterator[str]:
    if isinstance(sent, dict) and isinstance(back, dict):
        for key, value in sent.items():
            yield from differences(value, back.get(key, ...), f"{path}.{key}")
    elif isinstance(sent, list) and isinstance(back, list) and len(sent) == len(back):
        for one, other in zip(sent, back, strict=True):
            kind = one["type"] if path == ".panels" else ""
            yield from differences(one, other, f"{path}[{kind}]")
    elif sent != back:
        yield path


def test_nothing_is_lost_but_what_the_types_do_not_name() -> None:
    assert len(FILES) == 5
    assert set().union(*(lost(board(path.name)) for path in FILES)) == NOT_NAMED


@pytest.mark.parametrize(
    ("place", "key"), [("", "refreshh"), ("gridPos", "width"), ("options", "showHeaders"), ("fieldConfig", "default")]
)
def test_a_misspelt_key_is_found(place: str, key: str) -> None:
    spoiled = board("gas-l1-overview.json")
    panel = next(panel for panel in spoiled["panels"] if panel["type"] == "table")
    (panel[place] if place else spoiled)[key] = 1
    assert [path.rpartition(".")[2] for path in lost(spoiled)] == [key]
