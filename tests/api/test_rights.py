"""What the roles may do is what docs/people.md says."""

import re
from pathlib import Path

from api.rights import RIGHTS, Right, Role, rights_of

PAGE = Path(__file__).parents[2] / "docs" / "people.md"


def test_the_table_of_roles_and_rights_is_that_of_the_code() -> None:
    lines = [line.strip("|").split("|") for line in PAGE.read_text(encoding="utf-8").splitlines() if line[:1] == "|"]
    head, _, *rows = lines
    roles = [Role(cell.split()[0]) for cell in head[2:]]
    assert set(roles) == set(Role)
    told: dict[Role, set[Right]] = {role: set() for role in roles}
    for name, _what, *cells in rows:
        right = Right(re.sub("[` ]", "", name))
        for role, cell in zip(roles, cells, strict=True):
            told[role] |= {right} if cell.strip() else set()
    assert {Right(re.sub("[` ]", "", row[0])) for row in rows} == set(Right)
    assert told == RIGHTS


def test_a_role_that_nobody_knows_has_no_right() -> None:
    assert rights_of("cook") == frozenset()
