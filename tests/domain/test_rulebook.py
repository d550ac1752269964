import dataclasses
import tomllib
from pathlib import Path

import pytest

from domain.alarm import AlarmKind
from domain.errors import ConfigurationError
from domain.rulebook import Rulebook
from domain.rules import RULES

TEXT = (Path(__file__).parents[2] / "rulebook.toml").read_text(encoding="utf-8")
S = 1_000_000_000


def changed(name: str, **fields: object) -> str:
    """The shipped rulebook with some fields of one number changed; None takes a field away."""
    tables = tomllib.loads(TEXT)
    section, number = name.split(".")
    entry = tables[section][number] | fields
    head, rest = TEXT.split(f"[{name}]\n")
    tail = rest.split("\n[", 1)
    body = "".join(f"{key} = {toml(value)}\n" for key, value in entry.items() if value is not None)
    return f"{head}[{name}]\n{body}\n" + (f"[{tail[1]}" if len(tail) > 1 else "")


def toml(value: object) -> str:
    return f'"{value}"' if isinstance(value, str) else str(value).lower()


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        Rulebook.parse(text)
    return caught.value.problems


def test_the_shipped_rulebook_holds_every_number_and_no_other() -> None:
    assert set(Rulebook.parse(TEXT).numbers) == set(RULES)


@pytest.mark.parametrize(
    ("name", "fields", "said"),
    [
        pytest.param(
            "gas_low.limit", {"value": 30}, "30 %LEL is above 25 %LEL, the ceiling of", id="first level too high"
        ),
        pytest.param("gas_high.limit", {"value": 50.1}, "50.1 %LEL is above 50 %LEL", id="second level too high"),
        pytest.param("gas_high.on_delay", {"value": 1}, "a delay at the second level", id="gas delayed"),
        pytest.param("gas_high.safety_critical", {"value": 0}, "which is fixed", id="safety taken away"),
        pytest.param("gas_low.off_delay", {"value": -1}, "-1 s is below 0 s", id="negative"),
        pytest.param("gas_low.limit", {"unit": "ppm"}, "unit is 'ppm'; expected '%LEL'", id="unit"),
        pytest.param(
            "gas_low.limit", {"value": True}, "value is True; expected a finite number", id="truth for a number"
        ),
        pytest.param(
            "gas_low.limit", {"value": "20"}, "value is '20'; expected a finite number", id="text for a number"
        ),
        pytest.param("gas_low.limit", {"source": " "}, "source is missing", id="no source"),
        pytest.param("gas_low.limit", {"confidence": "E"}, "confidence is 'E'; expected A, B, C or D", id="confidence"),
        pytest.param("gas_low.limit", {"source": None}, "expected a table with exactly value, unit", id="key missing"),
        pytest.param("gas_low.limit", {"note": "x"}, "expected a table with exactly value, unit", id="key too many"),
    ],
)
def test_a_wrong_number_is_one_clear_line(name: str, fields: dict[str, object], said: str) -> None:
    (line,) = problems(changed(name, **fields))
    assert line.startswith(f"{name}: ")
    assert said in line


def test_the_ceilings_themselves_pass() -> None:
    assert Rulebook.parse(changed("gas_low.limit", value=25))["gas_low.limit"] == 25
    assert Rulebook.parse(changed("gas_high.limit", value=50.0))["gas_high.limit"] == 50


@pytest.mark.parametrize(
    ("name", "value"),
    [("gas_high.limit", 20), ("pressure_low.low_natural_ll", 1.5), ("pressure_high.medium_a_hh", 400)],
)
def test_limits_in_the_wrong_order_are_refused(name: str, value: float) -> None:
    (line,) = problems(changed(name, value=value))
    assert "must be below" in line


def test_infinity_is_no_number() -> None:
    assert problems(TEXT.replace("[gas_low.limit]\nvalue = 20", "[gas_low.limit]\nvalue = inf")) == (
        "gas_low.limit: value is inf; expected a finite number",
    )


def test_what_is_missing_and_what_nobody_knows_is_said_by_name() -> None:
    text = TEXT.replace("[gas_low.limit]", "[gas_low.limt]") + "\n[colour]\n"
    found = problems("title = 1\n" + text)
    assert "title.: no such number; see docs/rulebook.md for the names" in found
    assert "gas_low.limt: no such number; see docs/rulebook.md for the names" in found
    assert "gas_low.limit: missing; expected a number in '%LEL'" in found


def test_a_text_that_is_no_toml_is_one_line() -> None:
    (line,) = problems("[gas_low.limit\n")
    assert line.startswith("not TOML: ")


def test_only_seconds_are_durations() -> None:
    rulebook = Rulebook.parse(TEXT)
    assert rulebook.ns("gas_low.off_delay") == 300 * S
    with pytest.raises(ValueError, match="not in seconds"):
        rulebook.ns("gas_low.limit")


def test_the_version_follows_the_values_alone() -> None:
    shipped = Rulebook.parse(TEXT).version
    assert Rulebook.parse(changed("gas_low.limit", source="another page")).version == shipped
    assert Rulebook.parse(changed("gas_low.limit", value=21)).version != shipped


def test_every_kind_has_a_definition_of_its_numbers() -> None:
    definitions = Rulebook.parse(TEXT).definitions()
    assert set(definitions) == set(AlarmKind)
    linkage = definitions[AlarmKind.LINKAGE_FAILED]
    assert dataclasses.astuple(linkage) == (AlarmKind.LINKAGE_FAILED, (1,), (0,), 0, True, True, 900 * S)
    pressure = definitions[AlarmKind.PRESSURE_LOW]
    assert (pressure.priorities, pressure.on_delay_ns, pressure.off_delay_ns) == ((3, 2), (15 * S, 15 * S), 15 * S)
    assert definitions[AlarmKind.BATTERY_LOW].realarm_ns is None
    assert [definitions[AlarmKind.READER_LAG].priority(level) for level in (0, 1, 2, 3, 4)] == [3, 3, 2, 1, 1]
