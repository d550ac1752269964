from pathlib import Path

import pytest

from alerting.plan import Place, Team, read_plan
from domain.errors import ConfigurationError
from tests.alerting.plans import TEXT, plan

ROOT = Path(__file__).parents[2]
TABLE = """
[[table]]
name = "mine"
priorities = [2]
step = [{ after_s = 0, to = ["first"] }, { after_s = 300, to = ["first", "second"] }]
"""


def test_the_example_is_a_plan_of_its_town() -> None:
    from app.configuration import read_assets  # noqa: PLC0415 - the assets' reader is no part of alerting

    text = (ROOT / "examples" / "dali" / "oncall.toml").read_text(encoding="utf-8")
    found = read_plan(text, read_assets(ROOT / "examples" / "dali"))
    assert found.table[0].name == "night-pressure"


def test_the_shipped_tables_follow_those_of_the_plan() -> None:
    names = [table.name for table in plan(TABLE).table]
    assert names[:2] == ["mine", "restaurant-1"]
    assert names[-1] == "priority-4"


@pytest.mark.parametrize(
    ("more", "problem"),
    [
        pytest.param("person = 3", "not TOML: Cannot overwrite", id="no TOML"),
        pytest.param('[[person]]\nid = "x"', "person[4]: Object missing required field `name`", id="a missing field"),
        pytest.param('[[team]]\nid = "x"\nzone = "Z1"', "team[2]: Object contains unknown field `zone`", id="a typo"),
        pytest.param('[[person]]\nid = "yang"\nname = "y"', "person yang: is there twice; expected one", id="twice"),
        pytest.param(
            '[[team]]\nid = "x"\ncover = "x"',
            "team x: cover x is unknown; expected one of duty, street",
            id="own cover",
        ),
        pytest.param(
            '[[rotation]]\nteam = "duty"\nrole = "r"\npeople = ["nobody"]\nbegins = 2026-01-01',
            "rotation duty/r: person nobody is unknown; expected one of bai, wang, yang, zhao",
            id="a stranger",
        ),
        pytest.param(
            '[[rotation]]\nteam = "duty"\nrole = "r"\npeople = ["bai"]\nbegins = 2026-01-02\nends = 2026-01-01',
            "rotation duty/r: ends 2026-01-01 lies before begins 2026-01-02; expected a later day",
            id="ends before it begins",
        ),
        pytest.param(
            '[[rotation]]\nteam = "duty"\nrole = "r"\npeople = ["bai"]\nbegins = 2026-01-02\nhours = ["08:00"]',
            "rotation duty/r: hours are ['08:00']; expected from and to",
            id="half an hour range",
        ),
        pytest.param(
            '[[rotation]]\nteam = "duty"\nrole = "r"\npeople = ["bai"]\nbegins = 2026-01-02\nhandover = "8:00"',
            "rotation[3].handover: Expected `str` matching regex",
            id="a time of day",
        ),
        pytest.param(
            '[[contact]]\nrole = "owner"\nperson = "bai"',
            "contact bai: expected a role, and sites, zones or townships",
            id="contact of everything",
        ),
        pytest.param(
            '[[person]]\nid = "x"\nname = "x"\nimportant = ["sms"]\naddresses = { phone = "1" }',
            "person x: important lacks voice",
            id="voice switched off",
        ),
        pytest.param(
            '[[person]]\nid = "x"\nname = "x"', "person x: no medium reaches this person; expected", id="out of reach"
        ),
        pytest.param(
            TABLE.replace('"second"', '"boss"'), "table mine: role boss is unknown; expected one of", id="unknown role"
        ),
        pytest.param(
            TABLE.replace('to = ["first"] }', 'to = ["first"], by = ["fax"] }'),
            "table mine: medium fax is unknown; expected one of im, siren, sms, voice",
            id="unknown medium",
        ),
        pytest.param(
            TABLE.replace("after_s = 300", "after_s = 301"),
            "table mine: gas reaches nobody else within 300 s",
            id="the five-minute rule",
        ),
        pytest.param(
            TABLE.replace("after_s = 300", "after_s = 0"),
            "table mine: steps are after [0, 0] s; expected rising times from 0 on",
            id="steps out of order",
        ),
        pytest.param(
            TABLE.replace("[2]", "[1]"), "table mine: priority 1 is repeated without end; expected again_s", id="ends"
        ),
        pytest.param(
            TABLE.replace("priorities = [2]\n", ""),
            "table mine: priorities are missing; expected some",
            id="no priority",
        ),
        pytest.param(
            TABLE.replace('to = ["first"] }', 'to = [], by = ["sms"] }'),
            "table mine: nobody is called after 0 s",
            id="a message to nobody",
        ),
        pytest.param('[[team]]\nname = "x"', "team: one has no name; expected id or name", id="nameless"),
    ],
)
def test_a_mistake_is_one_clear_line(more: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_plan(TEXT + more)
    assert [line for line in caught.value.problems if line.startswith(problem)], caught.value.problems


def test_every_mistake_has_its_line() -> None:
    with pytest.raises(ConfigurationError) as caught:
        read_plan(TEXT.replace('cover = "duty"', 'cover = "a"').replace('"zhao"]', '"b"]'))
    assert [line.split(":")[0] for line in caught.value.problems] == ["team street", "rotation duty/leader"]


def test_an_unknown_time_zone_is_told() -> None:
    with pytest.raises(ConfigurationError, match="time_zone: 'Mars/Base' is unknown"):
        read_plan('time_zone = "Mars/Base"\n' + TEXT)


def test_places_that_the_assets_lack_are_told(assets: object) -> None:
    with pytest.raises(ConfigurationError, match="team x: zone Z9 is not in the assets"):
        read_plan(TEXT + '[[team]]\nid = "x"\nzones = ["Z9"]', assets)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("team", "fits"),
    [
        (Team(), 0),
        (Team(townships=("D",)), 1),
        (Team(zones=("Z1",)), 2),
        (Team(sites=("S1", "S9"), zones=("Z1",)), 3),
        (Team(sites=("S9",)), -1),
    ],
)
def test_an_area_tells_how_closely_it_names_a_place(team: Team, fits: int) -> None:
    assert team.fits(Place("S1", "Z1", "D")) == fits
    assert team.fits(Place()) == (0 if fits == 0 else -1)
