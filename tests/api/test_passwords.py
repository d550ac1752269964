import pytest
from argon2 import PasswordHasher

from api import passwords


def test_a_name_that_does_not_exist_costs_the_same_work_as_a_wrong_password() -> None:
    assert not PasswordHasher().check_needs_rehash(passwords.NOBODY)


@pytest.mark.parametrize("kept", [None, "", "no hash", passwords.NOBODY])
def test_nothing_but_the_right_password_is_right(kept: str | None) -> None:
    assert not passwords.verify(kept, "wrong")


def test_the_right_password_is_right() -> None:
    assert passwords.verify(passwords.hash_password("right"), "right")
