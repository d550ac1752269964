"""Dashboards as committed: what the rulebook and the registry of the example say, within our rules."""

import copy
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest

from app.grafana import check, plan_of, plans
from domain.alarm import AlarmKind, StateLetter
from domain.asset import DeviceKind
from domain.quality import Quality
from domain.rulebook import Rulebook
from grafana.boards.catalogue import build, written
from grafana.build import colours
from grafana.build.dashboard import Plan
from grafana.build.states import DEVICES, KIND, LETTERS, QUALITY
from grafana.lint import lint
from tests.grafana.filled import ROOT

FOLDER = ROOT / "grafana" / "dashboards"
Json = dict[str, Any]


@pytest.fixture(scope="module")
def committed() -> Plan:
    return plan_of(ROOT / "examples" / "dali", ROOT / "rulebook.toml", "gas", "http://127.0.0.1:8000")


@pytest.fixture(scope="module")
def boards(hamlet: Plan) -> dict[str, Json]:
    return {name: msgspec.json.decode(text) for name, text in build(hamlet).items()}


def test_the_committed_files_are_what_rulebook_and_registry_say(committed: Plan) -> None:
    assert list(check(committed, FOLDER)) == []


def test_the_plans_in_the_docs_are_of_the_committed_files(committed: Plan) -> None:
    for name, text in plans(committed).items():
        assert (ROOT / "docs" / name).read_text(encoding="utf-8") == text


def test_another_limit_of_the_rulebook_makes_the_committed_files_wrong(committed: Plan) -> None:
    text = (ROOT / "rulebook.toml").read_text(encoding="utf-8")
    lower = Rulebook.parse(text.replace("[gas_low.limit]\nvalue = 20", "[gas_low.limit]\nvalue = 15"))
    found = list(check(committed._replace(rulebook=lower), FOLDER))
    assert any("gas_low.limit is 20 here and 15 in the rulebook" in line for line in found)
    assert any("not what rulebook and registry say" in line for line in found)


def test_a_file_that_was_edited_by_hand_is_named(committed: Plan, tmp_path: Path) -> None:
    for name, text in build(committed).items():
        (tmp_path / name).write_text(text.replace("切断阀状态", "阀门状态"), encoding="utf-8")
    found = list(check(committed, tmp_path))
    assert [Path(line.split(":")[0]).name for line in found] == ["gas-l2-district.json", "gas-l3-site.json"]


def _committed(wall: Callable[[Json], None], folder: Path) -> Path:
    """Copy the committed files, and spoil the wall as if the builders did it."""
    for path in FOLDER.glob("*.json"):
        board = msgspec.json.decode(path.read_bytes())
        if path.stem == "gas-l1-overview":
            wall(board)
        (folder / path.name).write_text(written(board), encoding="utf-8")
    return folder


def _spoil_a_query(wall: Json) -> None:
    target = panel(wall, "timeseries")["targets"][0]
    target["query"] = target["query"].replace("max(", "min(")


def _spoil_a_threshold(wall: Json) -> None:
    panel(wall, "timeseries", limits=True)["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"] = 25.0


def _spoil_a_colour(wall: Json) -> None:
    panel(wall, "stat")["fieldConfig"]["overrides"][0]["properties"][0]["value"]["fixedColor"] = "#00ff00"


@pytest.mark.parametrize(
    ("spoil", "rule"),
    [
        (_spoil_a_query, "not what rulebook and registry say"),
        (_spoil_a_threshold, "25 is no limit that its description names"),
        (_spoil_a_colour, "colours #00ff00 are none of the console's"),
    ],
)
def test_one_spoiled_query_threshold_or_colour_fails_the_check(
    committed: Plan, tmp_path: Path, spoil: Callable[[Json], None], rule: str
) -> None:
    found = list(check(committed, _committed(spoil, tmp_path)))
    assert any(rule in line for line in found)
    assert {Path(line.split(":")[0]).name for line in found} == {"gas-l1-overview.json"}


def test_the_colours_are_those_of_the_console_by_day() -> None:
    css = (ROOT / "api" / "static" / "theme.css").read_text(encoding="utf-8")
    tokens = dict(re.findall(r"--([\w-]+): light-dark\((#[0-9a-f]{6})", css))
    ours = {f"p{priority}": colour for priority, colour in colours.PRIORITY.items()}
    ours |= {"border": colours.NORMAL, "ink": colours.INK, "grid": colours.QUIET, "doubt": colours.DOUBT}
    assert {token: tokens[token] for token in ours} == ours


def test_kinds_of_devices_are_named_as_in_the_console() -> None:
    words = msgspec.json.decode((ROOT / "api" / "static" / "i18n" / "zh-CN.json").read_bytes())
    assert {kind: words[f"device.{kind}"] for kind in DeviceKind} == DEVICES


def test_every_quality_and_every_state_and_kind_of_an_alarm_has_words() -> None:
    assert set(QUALITY) == {one.value for one in Quality}
    assert set(LETTERS) == set(StateLetter) - {StateLetter.NORMAL}
    assert set(KIND["properties"][0]["value"][0]["options"]) == set(AlarmKind)


def test_every_pressure_class_has_its_band(boards: dict[str, Json], hamlet: Plan) -> None:
    panels = boards["gas-l2-district.json"]["panels"]
    for tier in hamlet.tiers():
        (panel,) = [one for one in panels if f"tier_{tier}" in str(one["targets"]) and "timeFrom" not in one]
        steps = panel["fieldConfig"]["defaults"]["thresholds"]["steps"]
        names = [
            f"pressure_low.{tier}_ll",
            f"pressure_low.{tier}_l",
            f"pressure_high.{tier}_h",
            f"pressure_high.{tier}_hh",
        ]
        assert [step["value"] for step in steps] == [None, *(hamlet.rulebook[name] for name in names)]
        assert [step["color"] for step in steps] == [
            colours.PRIORITY[2],
            colours.PRIORITY[3],
            colours.NORMAL,
            colours.PRIORITY[3],
            colours.PRIORITY[2],
        ]


def panel(board: Json, kind: str, *, limits: bool = False) -> Json:
    return next(p for p in board["panels"] if p["type"] == kind and ("Limits:" in p["description"]) is limits)


def _spoil_place(board: Json) -> None:
    board["panels"][1]["gridPos"] = board["panels"][0]["gridPos"]


def _spoil_width(board: Json) -> None:
    board["panels"][0]["gridPos"]["x"] = 20


def _spoil_id(board: Json) -> None:
    board["panels"][1]["id"] = 1


def _spoil_colour(board: Json) -> None:
    panel(board, "timeseries", limits=True)["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["color"] = "green"


def _spoil_palette(board: Json) -> None:
    panel(board, "timeseries")["fieldConfig"]["defaults"]["color"] = {"mode": "palette-classic"}


def _spoil_words(board: Json) -> None:
    panel(board, "state-timeline")["fieldConfig"]["defaults"]["mappings"][0]["options"]["0"]["text"] = ""


def _spoil_limit(board: Json) -> None:
    panel(board, "timeseries", limits=True)["fieldConfig"]["defaults"]["thresholds"]["steps"][1]["value"] = 21


def _spoil_claim(board: Json) -> None:
    found = panel(board, "timeseries", limits=True)
    found["description"] = re.sub(r"= [\d.]+", "= 7", found["description"], count=1)


def _spoil_nought(board: Json) -> None:
    board["panels"][0]["fieldConfig"]["defaults"]["noValue"] = "0"


def _spoil_gap(board: Json) -> None:
    panel(board, "timeseries")["fieldConfig"]["defaults"]["custom"]["spanNulls"] = True


def _spoil_quotes(board: Json) -> None:
    target = board["panels"][0]["targets"][0]
    target["query"] = target["query"].replace('"pressure_kpa"', "pressure_kpa")


def _spoil_time(board: Json) -> None:
    target = board["panels"][0]["targets"][0]
    target["query"] = target["query"].replace("$timeFilter", "time > now() - 1h")


def _spoil_source(board: Json) -> None:
    board["panels"][0]["targets"][0]["datasource"] = {"type": "influxdb", "uid": "gas-influx"}


def _spoil_link(board: Json) -> None:
    board["links"][0]["url"] = "/d/nowhere"


def _spoil_refresh(board: Json) -> None:
    board["refresh"] = "1s"


def _spoil_edit(board: Json) -> None:
    board["editable"] = True


def _spoil_title(board: Json) -> None:
    board["panels"][0]["title"] = "Pressure"


def _spoil_plugin(board: Json) -> None:
    board["panels"][0]["type"] = "volkovlabs-form-panel"


def _spoil_variables(board: Json) -> None:
    board["templating"]["list"].pop(0)


def _spoil_english(board: Json) -> None:
    board["panels"][-1]["description"] = "阀门"


def _spoil_unit(board: Json) -> None:
    board["panels"][0]["fieldConfig"]["defaults"]["unit"] = ""


def _spoil_targets(board: Json) -> None:
    board["panels"][0]["targets"] = []


def _spoil_actions(board: Json) -> None:
    board["panels"][0]["fieldConfig"]["defaults"]["actions"] = [{"title": "ack"}]


def _spoil_thresholds(board: Json) -> None:
    del board["panels"][-1]["fieldConfig"]["defaults"]["thresholds"]


def _spoil_number(board: Json) -> None:
    board["panels"][-1]["description"] += " Limits: gas_low.of_mine = 3 %LEL."


def _spoil_heading(board: Json) -> None:
    found = panel(board, "timeseries", limits=True)
    found["title"] = found["title"].split("（")[0]


def _spoil_marks_source(board: Json) -> None:
    board["annotations"]["list"][0]["datasource"] = {"type": "influxdb", "uid": "gas-influx"}


def _spoil_marks_colour(board: Json) -> None:
    board["annotations"]["list"][-1]["iconColor"] = "green"


def _spoil_marks_name(board: Json) -> None:
    board["annotations"]["list"][1]["name"] = "alarms"


def _spoil_marks_query(board: Json) -> None:
    mark = board["annotations"]["list"][0]
    mark["query"] = mark["query"].replace('"kind"', "kind")


def _spoil_tiles(board: Json) -> None:
    board["panels"][0]["type"] = "geomap"
    board["panels"][0]["options"]["basemap"] = {"type": "default"}


def _table_of(wall: Json) -> Json:
    return next(p for p in wall["panels"] if p["title"] == "室内浓度前十 %LEL（低限 20 · 高限 50）")


def _spoil_words_of_rows(wall: Json) -> None:
    overrides = _table_of(wall)["fieldConfig"]["overrides"]
    overrides[:] = [one for one in overrides if one["matcher"]["id"] != "byType"]


def _spoil_time_of_rows(wall: Json) -> None:
    overrides = _table_of(wall)["fieldConfig"]["overrides"]
    overrides[:] = [one for one in overrides if one["matcher"]["options"] != "Time"]


def _spoil_columns(wall: Json) -> None:
    _table_of(wall)["targets"][0]["query"] += ' GROUP BY "site", "device"'


def _spoil_cells(wall: Json) -> None:
    _table_of(wall)["fieldConfig"]["defaults"]["custom"]["cellOptions"] = {"type": "color-text"}


def _spoil_figures(wall: Json) -> None:
    panel(wall, "stat")["options"]["colorMode"] = "value"


def _spoil_priorities(wall: Json) -> None:
    steps = panel(wall, "timeseries", limits=True)["fieldConfig"]["defaults"]["thresholds"]["steps"]
    steps[1]["color"], steps[2]["color"] = steps[2]["color"], steps[1]["color"]


def _spoil_axis(wall: Json) -> None:
    panel(wall, "timeseries", limits=True)["fieldConfig"]["defaults"]["custom"]["axisSoftMax"] = 30.0


def _spoil_lines(wall: Json) -> None:
    custom = panel(wall, "timeseries", limits=True)["fieldConfig"]["defaults"]["custom"]
    custom["thresholdsStyle"] = {"mode": "off"}


def _spoil_bars(wall: Json) -> None:
    del panel(wall, "bargauge")["fieldConfig"]["defaults"]["min"]


def _spoil_named_unit(wall: Json) -> None:
    panel(wall, "timeseries", limits=True)["fieldConfig"]["defaults"]["unit"] = "percent"


def _spoil_address(wall: Json) -> None:
    link = panel(wall, "timeseries", limits=True)["fieldConfig"]["defaults"]["links"][0]
    link["url"] = link["url"].replace(":percentencode", "")


def _spoil_variable(wall: Json) -> None:
    link = panel(wall, "timeseries", limits=True)["fieldConfig"]["defaults"]["links"][0]
    link["url"] = link["url"].replace("var-district", "var-town")


def _spoil_usual(wall: Json) -> None:
    panel(wall, "bargauge")["fieldConfig"]["defaults"]["thresholds"]["steps"][0]["color"] = colours.PRIORITY[1]


def _spoil_way(wall: Json) -> None:
    panel(wall, "bargauge")["fieldConfig"]["defaults"]["links"] = []


def _spoil_choice(wall: Json) -> None:
    target = panel(wall, "timeseries")["targets"][0]
    target["query"] = target["query"].replace(' AND "district" =~ /^${district:regex}$/', "")


def _spoil_fill(wall: Json) -> None:
    target = panel(wall, "timeseries")["targets"][0]
    target["query"] = target["query"].replace("fill(none)", "fill(0)")


def _spoil_states(wall: Json) -> None:
    panel(wall, "stat")["fieldConfig"]["defaults"]["mappings"][0]["options"]["0"]["text"] = "-"


def _spoil_format(wall: Json) -> None:
    panel(wall, "timeseries")["targets"][0]["resultFormat"] = "table"


def _spoil_freshness(wall: Json) -> None:
    panel(wall, "stat")["timeFrom"] = "6h"


def _spoil_reducer(wall: Json) -> None:
    panel(wall, "stat")["options"]["reduceOptions"]["calcs"] = ["mean"]


def _spoil_silence(wall: Json) -> None:
    panel(wall, "timeseries")["fieldConfig"]["defaults"]["custom"]["insertNulls"] = False


def _spoil_colouring(wall: Json) -> None:
    panel(wall, "timeseries", limits=True)["fieldConfig"]["defaults"]["color"]["mode"] = "fixed"


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_spoil_words_of_rows, "words may be shown as numbers"),
        (_spoil_time_of_rows, "limits colour the time of a row"),
        (_spoil_columns, "columns out of GROUP BY come in any order"),
        (_spoil_cells, "can not be read on white"),
        (_spoil_figures, "can not be read on white"),
        (_spoil_priorities, "not those of their priorities"),
        (_spoil_axis, "limits 20 to 50 are out of sight: the axis is 0 to 30"),
        (_spoil_lines, "not drawn as dashed lines"),
        (_spoil_bars, "bars do not begin at nought"),
        (_spoil_named_unit, "unit percent; expected suffix:%LEL"),
        (_spoil_address, "${__field.labels.district} is not escaped"),
        (_spoil_usual, "not those of their priorities"),
        (_spoil_way, "its lines lead nowhere"),
        (_spoil_choice, "does not ask for the chosen district"),
        (_spoil_fill, "fills gaps with what nobody stored"),
        (_spoil_states, "words and colours of its states are not ours"),
        (_spoil_format, "expected time_series; names are of series"),
        (_spoil_freshness, "shows the last value of 6h; expected at most 15m"),
        (_spoil_reducer, "reduces by"),
        (_spoil_silence, "goes on where nothing comes any more"),
        (_spoil_colouring, "its limits colour nothing"),
        (_spoil_variable, "/d/gas-l2-district knows no town, which a link gives it"),
    ],
)
def test_a_spoiled_wall_is_told(
    boards: dict[str, Json], hamlet: Plan, spoil: Callable[[Json], None], told: str
) -> None:
    spoiled = {**boards, "gas-l1-overview.json": copy.deepcopy(boards["gas-l1-overview.json"])}
    spoil(spoiled["gas-l1-overview.json"])
    assert any(told in line for line in lint(spoiled, hamlet.rulebook))


def _spoil_row(board: Json) -> None:
    board["panels"][0]["fieldConfig"]["defaults"]["links"] = [{"url": "/d/gas-l3-site?var-site=${__data.fields.place}"}]


@pytest.mark.parametrize(
    ("spoil", "told"),
    [
        (_spoil_place, "overlap"),
        (_spoil_width, "beyond the grid"),
        (_spoil_id, "a number of its own"),
        (_spoil_colour, "green are none of the console's"),
        (_spoil_palette, "expected fixed, shades or thresholds"),
        (_spoil_words, "no words"),
        (_spoil_limit, "21 is no limit"),
        (_spoil_claim, "is 7 here and"),
        (_spoil_nought, "calm night"),
        (_spoil_gap, "across a gap"),
        (_spoil_quotes, "pressure_kpa: unquoted"),
        (_spoil_time, "no $timeFilter"),
        (_spoil_source, "expected ${ds}"),
        (_spoil_link, "/d/nowhere leads nowhere"),
        (_spoil_refresh, "expected 5s or more"),
        (_spoil_edit, "expected False"),
        (_spoil_title, "no Chinese title"),
        (_spoil_variables, "no variable chooses the data source"),
        (_spoil_english, "no English description"),
        (_spoil_unit, "no unit"),
        (_spoil_targets, "asks nothing"),
        (_spoil_actions, "has actions"),
        (_spoil_thresholds, "with green"),
        (_spoil_number, "gas_low.of_mine is no number of the rulebook"),
        (_spoil_number, "names limits and draws none"),
        (_spoil_heading, "is not in its title"),
        (_spoil_marks_source, "expected ${ds}, or Grafana's own"),
        (_spoil_marks_colour, "colour green is none of the console's"),
        (_spoil_marks_name, "annotation alarms: no Chinese name"),
        (_spoil_marks_query, "annotation 告警提示 alarm asks: kind: unquoted"),
        (_spoil_tiles, "expected tiles of /public/gas-tiles/"),
        (_spoil_row, "a link takes place of its row, which is not in"),
        (_spoil_plugin, "volkovlabs-form-panel is none of"),
    ],
)
def test_a_spoiled_dashboard_is_told(
    boards: dict[str, Json], hamlet: Plan, spoil: Callable[[Json], None], told: str
) -> None:
    assert lint(boards, hamlet.rulebook) == []
    spoiled = copy.deepcopy(boards)
    spoil(spoiled["gas-l2-district.json"])
    assert any(told in line for line in lint(spoiled, hamlet.rulebook))


def test_two_dashboards_of_one_uid_are_told(boards: dict[str, Json], hamlet: Plan) -> None:
    twice = {**boards, "copy.json": boards["gas-l3-site.json"]}
    assert "uid gas-l3-site is not the only one" in lint(twice, hamlet.rulebook)
