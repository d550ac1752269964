import pytest

from detectors.catalogue import CATALOGUE
from domain.finding import Transition
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import RULES, Script, town

CHANNELS = town()
GAS, PRESSURE, DECLARED = Quantity.GAS_PCT_LEL, Quantity.PRESSURE_KPA, Quantity.DEVICE_ALARM
Told = list[tuple[str, str, float | None, float | None]]


def told(script: Script) -> Told:
    findings = script.play(CATALOGUE["late_evidence"](CHANNELS, RULES), CHANNELS)
    assert all(finding.transition is Transition.LATE for finding in findings)
    return [(f.device, f.kind.value, f.value, f.limit) for f in findings]


def one(device: str, quantity: Quantity, value: float, quality: Quality = Quality.GOOD, delay_s: float = 1_000) -> Told:
    script = Script()
    script.row(device, quantity, 0, value, quality, delay_s=delay_s)
    return told(script)


@pytest.mark.parametrize(
    ("device", "quantity", "value", "quality", "expected"),
    [
        ("GD-1", GAS, 19.9, Quality.GOOD, []),
        ("GD-1", GAS, 20, Quality.UNCERTAIN, [("gas_low", 20.0)]),
        ("GD-1", GAS, 50, Quality.GOOD, [("gas_high", 50.0), ("gas_low", 20.0)]),
        ("GD-1", GAS, 5, Quality.OVER_RANGE, [("gas_high", 50.0), ("gas_low", 20.0)]),
        ("GD-1", GAS, 99, Quality.BAD, []),
        ("GD-3", GAS, 10, Quality.GOOD, [("gas_low", 10.0)]),
        ("P-1", PRESSURE, 3, Quality.GOOD, [("pressure_high", 3.0)]),
        ("P-1", PRESSURE, 1.5, Quality.GOOD, [("pressure_low", 1.5)]),
        ("P-1", PRESSURE, 2, Quality.OVER_RANGE, []),
        ("P-2", PRESSURE, 99, Quality.GOOD, []),
        ("GD-1", DECLARED, 1, Quality.GOOD, [("gas_declared", 1.0)]),
        ("GD-1", DECLARED, 0, Quality.GOOD, []),
        ("GD-1", Quantity.TEMPERATURE_C, 99, Quality.GOOD, []),
    ],
)
def test_only_what_is_beyond_its_limit_is_evidence(
    device: str, quantity: Quantity, value: float, quality: Quality, expected: list[tuple[str, float]]
) -> None:
    assert one(device, quantity, value, quality) == [(device, kind, value, limit) for kind, limit in expected]


def test_what_may_still_page_is_no_evidence() -> None:
    assert one("GD-1", GAS, 60, delay_s=900) == []
    assert len(one("GD-1", GAS, 60, delay_s=901)) == 2


def test_is_told_once_for_each_stretch_of_late_data() -> None:
    script = Script()
    for second in (0, 1, 500, 1_099):
        script.row("GD-1", GAS, second, 30, delay_s=1_000)
        script.row("GD-1", GAS, second + 1_000, 0)  # a live one between them ends nothing
        script.tick(second + 1_000)
    script.tick(1_099 + 1_000 + 599)
    script.row("GD-1", GAS, 1_700, 30, delay_s=1_000)
    script.tick(2_700 + 599)
    assert len(told(script)) == 1
    script.tick(2_700 + 600)
    script.row("GD-1", GAS, 2_301, 30, delay_s=1_000)
    assert len(told(script)) == 2


def test_each_kind_and_device_has_its_own_stretch() -> None:
    script = Script()
    for device in ("GD-1", "GD-2"):
        for value in (30, 60, 60):
            script.row(device, GAS, 0, value, delay_s=1_000)
    assert [entry[:2] for entry in told(script)] == [
        ("GD-1", "gas_low"),
        ("GD-1", "gas_high"),
        ("GD-2", "gas_low"),
        ("GD-2", "gas_high"),
    ]
