"""What Grafana reads at its start: the right source, dead-man rules alone, and no call to the internet."""

import configparser
import re
from typing import Any

import msgspec
import pytest
import yaml

from api.application import PREFIX
from api.routes.grafana import SIGNS, router
from domain.asset import DeviceKind
from grafana.build import influxql
from grafana.build.panel import TILES
from tests.grafana.filled import ROOT

FOLDER = ROOT / "grafana" / "provisioning"


def loaded(name: str) -> Any:  # noqa: ANN401 - YAML
    return yaml.safe_load((FOLDER / name).read_text(encoding="utf-8"))


@pytest.mark.parametrize("version", ["1", "2", "3"])
def test_the_data_source_asks_in_influxql_and_holds_no_secret(version: str) -> None:
    (source,) = loaded(f"datasources/influxdb-{version}.yaml")["datasources"]
    assert (source["uid"], source["type"], source["editable"]) == ("gas-influx", "influxdb", False)
    assert source["jsonData"]["version"] == "InfluxQL"
    assert source["jsonData"]["dbName"] == "gas"
    assert all("${" in value for value in source["secureJsonData"].values())


@pytest.mark.parametrize(("version", "scheme"), [("2", "Token"), ("3", "Bearer")])
def test_from_version_2_on_a_token_in_the_header_opens_the_source(version: str, scheme: str) -> None:
    (source,) = loaded(f"datasources/influxdb-{version}.yaml")["datasources"]
    assert source["jsonData"]["httpHeaderName1"] == "Authorization"
    assert source["secureJsonData"] == {"httpHeaderValue1": f"{scheme} ${{INFLUX_READ_TOKEN}}"}
    assert not {"user", "password"} & source.keys()


def rules() -> list[Any]:
    return [rule for group in loaded("alerting/rules.yaml")["groups"] for rule in group["rules"]]


def test_alert_rules_ask_alone_whether_there_is_anything_new() -> None:
    found = []
    for rule in rules():
        query = rule["data"][0]["model"]["query"].replace("$$", "$")
        asked = re.fullmatch(r'SELECT count\("\w+"\) FROM (\S+) WHERE \$timeFilter', query)
        assert asked is not None
        found.append((rule["labels"]["deadman"], asked[1], rule["data"][0]["relativeTimeRange"]["from"], rule["for"]))
    assert found == [
        ("samples", influxql.EVERY, 120, "0s"),
        ("counts", influxql.COUNTS, 120, "0s"),
        ("pipeline", influxql.PIPELINE, 120, "0s"),
    ]
    assert set(DeviceKind) == set(re.findall(r"\w+", influxql.EVERY))


def test_the_many_series_of_a_rule_are_one_answer_and_never_the_same_label_twice() -> None:
    for rule in rules():
        asked, condition = (part["model"] for part in rule["data"])
        (only,) = condition["conditions"]
        assert (rule["condition"], condition["type"]) == (condition["refId"], "classic_conditions")
        assert (only["query"]["params"], only["evaluator"]) == ([asked["refId"]], {"type": "lt", "params": [1]})
        assert only["reducer"]["type"] == "last"


def test_alert_rules_lie_in_a_folder_of_their_own() -> None:
    (group,), (provider,) = loaded("alerting/rules.yaml")["groups"], loaded("dashboards/gas.yaml")["providers"]
    assert group["folder"] != provider["folder"]  # Grafana makes the first by its title, the second by its uid


def test_silence_raises_the_alert_and_so_does_a_question_that_fails() -> None:
    assert {(rule["noDataState"], rule["execErrState"]) for rule in rules()} == {("Alerting", "Alerting")}


def test_every_alert_has_a_way_that_is_not_the_first_one() -> None:
    (point,) = loaded("alerting/contact-points.yaml")["contactPoints"]
    assert [receiver["type"] for receiver in point["receivers"]] == ["webhook", "webhook", "email"]
    assert len({receiver["uid"] for receiver in point["receivers"]}) == 3
    assert [policy["receiver"] for policy in loaded("alerting/policies.yaml")["policies"]] == [point["name"]]


def test_the_first_way_of_an_alert_is_our_own_route_and_every_rule_is_one_that_it_takes() -> None:
    (point,) = loaded("alerting/contact-points.yaml")["contactPoints"]
    first = point["receivers"][0]["settings"]
    assert first["url"] == "${GAS_CONSOLE_URL}" + PREFIX + vars(router.routes[0])["path"]
    assert (first["authorization_scheme"], first["authorization_credentials"][:8]) == ("Bearer", "$__file{")
    assert {rule["labels"]["deadman"] for rule in rules()} == SIGNS


def test_dashboards_are_files_that_nobody_changes_in_grafana() -> None:
    (provider,) = loaded("dashboards/gas.yaml")["providers"]
    assert (provider["allowUiUpdates"], provider["disableDeletion"]) == (False, True)


def test_grafana_tells_the_internet_nothing_and_opens_the_wall_first() -> None:
    ini = configparser.ConfigParser(interpolation=None)
    ini.read(ROOT / "grafana" / "grafana.ini", encoding="utf-8")
    assert set(ini["analytics"].values()) == {"false"}
    assert {url.partition("/api")[0] for url in ini["grafana_com"].values()} == {"http://127.0.0.1:9"}
    home = ini["dashboards"]["default_home_dashboard_path"]
    path = loaded("dashboards/gas.yaml")["providers"][0]["options"]["path"]
    assert home == f"{path}/gas-l1-overview.json"
    base = msgspec.json.decode(ini["geomap"]["default_baselayer_config"])
    assert (base["config"]["url"], ini["geomap"]["enable_custom_baselayers"]) == (TILES, "false")
