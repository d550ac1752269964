import pytest

from domain.errors import ConfigurationError
from simulator.yaml_lines import Document

TEXT = """\
name: trial
events:
  - kind: leak
    site: A
  - {kind: leak,
     site: B}
"""


@pytest.mark.parametrize(
    ("path", "where"),
    [
        (("name",), "f.yaml:1: name"),
        (("events", 0), "f.yaml:3: events[0]"),
        (("events", 0, "site"), "f.yaml:4: events[0].site"),
        (("events", 1, "site"), "f.yaml:6: events[1].site"),
        (("events", 0, "hole_mm"), "f.yaml:3: events[0].hole_mm"),
        (("start",), "f.yaml:1: start"),
        ((), "f.yaml:1: file"),
    ],
)
def test_tells_the_line_of_every_entry_and_of_who_should_hold_a_missing_one(
    path: tuple[str | int, ...], where: str
) -> None:
    assert Document(TEXT, "f.yaml").where(path) == where


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("a: [1", "f.yaml:1: not YAML"),
        ("a: 1\nb: 2\na: 3", "f.yaml:3: a: stands there twice; expected once"),
        ("a: 1\non: 2", "f.yaml:2: on: YAML does not read this key as text"),
        ("a: !!python/object:os.system {}", "f.yaml:1: not YAML: could not determine a constructor"),
        ("- x: 1\n- y: {z: 1, z: 2}", "f.yaml:2: z: stands there twice"),
        ("a: 1\n---\nb: 2", "f.yaml:2: not YAML: but found another document"),
        ("a: \x07", "f.yaml:1: not YAML"),
    ],
)
def test_refuses_what_it_would_misread(text: str, problem: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        Document(text, "f.yaml")
    assert caught.value.problems[0].startswith(problem)


def test_an_anchor_may_be_used_many_times() -> None:
    lines = ["a0: &a0 [x, x]", *(f"a{n}: &a{n} [*a{n - 1}, *a{n - 1}]" for n in range(1, 40))]
    Document("\n".join(lines), "f.yaml")  # walking each copy would take 2**40 steps


def test_an_empty_file_holds_nothing() -> None:
    assert Document("# only a remark\n", "f.yaml").data is None
