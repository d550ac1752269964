import pytest

from domain.hazard import HazardState
from tests.ledger.support import hazard


@pytest.mark.parametrize(
    ("state", "late_ns", "overdue"),
    [
        (HazardState.REGISTERED, 0, False),
        (HazardState.REGISTERED, 1, True),
        (HazardState.FIXING, 1, True),
        (HazardState.AWAITING_RECHECK, 1, False),
        (HazardState.CLOSED, 1, False),
    ],
)
def test_a_hazard_is_overdue_until_it_is_put_right(state: HazardState, late_ns: int, overdue: bool) -> None:  # noqa: FBT001 - a row of a table
    row = hazard(state=state)
    assert row.overdue(row.deadline_ns + late_ns) is overdue
