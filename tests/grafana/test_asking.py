"""Every question of every dashboard to a real InfluxDB, as Grafana would put it."""

import copy
import re
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import pytest
import yaml

from app.cli import main
from app.grafana import Server, without_rows
from domain.errors import ConfigurationError
from grafana.asking import questions
from grafana.boards.catalogue import build
from grafana.build.dashboard import Plan
from tests.grafana.filled import ROOT, Filled, S
from tests.store.test_influx import playing

pytestmark = [pytest.mark.server, pytest.mark.allow_hosts(["127.0.0.1"])]
Json = dict[str, Any]
NOWHERE = {"district": ["丙"], "site": ["X"], "device": ["X"]}


@pytest.fixture(scope="module")
def boards(hamlet: Plan) -> dict[str, Json]:
    return {name: msgspec.json.decode(text) for name, text in build(hamlet).items()}


@pytest.fixture
def server(filled: Filled) -> Iterator[Server]:
    server = filled.opened()
    yield server
    server.close()


@pytest.mark.parametrize(
    "chosen",
    [
        pytest.param({}, id="all"),
        pytest.param({"district": ["甲", "乙"]}, id="two districts"),
        pytest.param({"site": ["R1", "R2", "P1", "P2", "M1"]}, id="five sites"),
    ],
)
def test_every_question_has_rows(
    boards: dict[str, Json], server: Server, filled: Filled, chosen: Mapping[str, Sequence[str]]
) -> None:
    assert without_rows(boards.values(), server, filled.end_ns, chosen) == []


def test_one_value_chooses_what_is_there_and_a_stranger_nothing(
    boards: dict[str, Json], server: Server, filled: Filled
) -> None:
    site = boards["gas-l3-site.json"]
    of_one = {one.where: one.query for one in questions(site, filled.end_ns, {"device": ["GD1"]})}
    (gas,) = [query for where, query in of_one.items() if "可燃气浓度 %LEL" in where]
    assert {table.tags["device"] for table in server(gas)} == {"GD1"}
    stranger = questions(site, filled.end_ns, NOWHERE)
    found = [one.where for one in stranger if "variable district" not in one.where and server(one.query)]
    assert found == []


def test_an_empty_database_has_no_answer_and_no_error(filled: Filled, hamlet: Plan) -> None:
    empty = {name: msgspec.json.decode(text) for name, text in build(hamlet._replace(bucket="empty")).items()}
    asked = [one for board in empty.values() for one in questions(board, filled.end_ns, {})]
    server = filled.opened("empty")
    assert len(without_rows(empty.values(), server, filled.end_ns, {})) == len(asked) > 50
    server.close()


def test_our_own_alarms_stand_beside_those_of_a_place_unless_one_is_chosen(
    boards: dict[str, Json], server: Server, filled: Filled
) -> None:
    for chosen, expected in (({}, {"GD1", "system"}), ({"district": ["甲"]}, {"GD1"})):
        wall = questions(boards["gas-l1-overview.json"], filled.end_ns, chosen)
        (query,) = [one.query for one in wall if "当前告警" in one.where]
        (table,) = server(query)
        assert {row[table.columns.index("device")] for row in table.values} == expected


def test_what_comes_in_less_what_leaves_is_what_the_meters_say(
    boards: dict[str, Json], server: Server, filled: Filled
) -> None:
    district = questions(boards["gas-l2-district.json"], filled.end_ns, {})
    (query,) = [one.query for one in district if "物料平衡" in one.where]
    assert server(query)[0].values[0][1] == 1.0  # 12 m³/h in, 11 out, two hours before


@pytest.mark.parametrize(
    ("board", "panel", "first"),
    [
        ("gas-l1-overview", "流量 七日 m³/h A", 13.5 + 12.5),
        ("gas-l2-district", "低压天然气压力 三十日 kPa.* A", 3.2),
        ("gas-l2-district", "低压天然气压力 三十日 kPa.* B", 3.2 + 1.5),
        ("gas-l2-district", "低压天然气压力 三十日 kPa.* C", 3.2 + 3.0),
        ("gas-l3-site", "可燃气浓度 九十日 %LEL.* A", 63.0),
        ("gas-alarm-performance", "浓度越限分钟数（每小时）（高限.* A", 2.0),
        ("gas-alarm-performance", "设备自报报警的分钟数（每小时） A", 2.0),
        ("gas-alarm-performance", "提示最多的告警前十 A", 2.0),
    ],
)
def test_a_question_finds_what_was_written(
    boards: dict[str, Json], server: Server, filled: Filled, *, board: str, panel: str, first: float
) -> None:
    asked = questions(boards[f"{board}.json"], filled.end_ns, {})
    (query,) = [one.query for one in asked if re.fullmatch(rf"panel \d+ {panel}", one.where)]
    assert server(query)[0].values[0][1] == pytest.approx(first)


def test_a_question_for_another_field_has_no_rows(boards: dict[str, Json], server: Server, filled: Filled) -> None:
    spoiled = copy.deepcopy(boards["gas-l2-district.json"])
    target = spoiled["panels"][0]["targets"][0]
    target["query"] = target["query"].replace("pressure_kpa", "pressure_bar")
    (found,) = without_rows([spoiled], server, filled.end_ns, {})
    assert "panel 1 " in found
    assert "no rows" in found


def test_a_question_that_is_no_influxql_is_told(boards: dict[str, Json], server: Server, filled: Filled) -> None:
    spoiled = copy.deepcopy(boards["gas-l2-district.json"])
    spoiled["panels"][0]["targets"][0]["query"] += " limit limit"
    with pytest.raises(ConfigurationError, match=r"pars(e|ing) query: found LIMIT"):
        without_rows([spoiled], server, filled.end_ns, {})


def test_the_questions_of_the_dead_man_are_silent_when_nothing_comes(server: Server, filled: Filled) -> None:
    text = (ROOT / "grafana" / "provisioning" / "alerting" / "rules.yaml").read_text(encoding="utf-8")
    rules = [rule for group in yaml.safe_load(text)["groups"] for rule in group["rules"]]
    for rule in rules:
        asked, shown_s = rule["data"][0], rule["data"][0]["relativeTimeRange"]["from"]
        for end_ns, answers in ((filled.end_ns, True), (filled.end_ns + 3_600 * S, False)):
            span = f"time >= {end_ns - shown_s * S} AND time <= {end_ns}"
            query = asked["model"]["query"].replace("$$", "$").replace("$timeFilter", span)
            assert bool(server(query)) is answers, query


@pytest.mark.parametrize(("token", "expected"), [("a:b:c", "Basic YTpiOmM="), ("a-token", "Token a-token")])
def test_a_user_logs_in_by_name_and_password_and_a_token_as_one(token: str, expected: str) -> None:
    with playing() as played, closing(Server(played.url, "gas", token)) as server, pytest.raises(ConfigurationError):
        server("SHOW MEASUREMENTS")  # 204, which is no answer
    assert [headers["Authorization"] for headers in played.headers] == [expected]


def test_the_command_fails_on_silence_where_rows_are_demanded_alone(
    filled: Filled, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "reader").write_text(filled.reader)
    town = ["--assets", str(ROOT / "examples" / "dali"), "--rulebook", str(ROOT / "rulebook.toml")]
    asked = ["grafana", "check", *town, "--folder", str(ROOT / "grafana" / "dashboards"), "--url", filled.url]
    asked += ["--token-file", str(tmp_path / "reader")] if filled.reader else []
    assert main(asked) == 0  # another town's sensors are asked for: no error, and no rows
    assert main([*asked, "--rows"]) == 1
    assert "gas-l2-district: panel 1 " in capsys.readouterr().err
