"""Who may be put under a work permit."""

from pathlib import Path

import pytest

from alerting.permits import NotPermitted, PermitDesk, Wish
from domain.asset import Device, DeviceKind
from domain.rulebook import Rulebook

S = 1_000_000_000
RULEBOOK = Rulebook.parse((Path(__file__).parents[2] / "rulebook.toml").read_text(encoding="utf-8"))
WISH = Wish("W-7", "li", "portable detector", 3_600 * S)
WORKED_ON = (DeviceKind.GAS_DETECTOR, DeviceKind.MANHOLE, DeviceKind.CUTOFF_VALVE)


@pytest.mark.parametrize("kind", list(DeviceKind))
def test_only_what_measures_gas_or_cuts_it_off_can_be_put_under_a_permit(kind: DeviceKind) -> None:
    device, desk = Device("D1", kind, "S1"), PermitDesk(RULEBOOK)
    if kind in WORKED_ON:
        assert [permit.device for permit in desk.begin([], device, WISH, 0)] == ["D1"]
    else:
        with pytest.raises(NotPermitted, match="only a valve or a device that measures gas"):
            desk.begin([], device, WISH, 0)
