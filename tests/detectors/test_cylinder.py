import pytest

from detectors.cylinder import CylinderLoss
from detectors.trading import Hours
from domain.quality import Quality
from domain.quantity import Quantity
from tests.detectors.script import START_S, Script, town

KG = Quantity.CYLINDER_KG
HOUR = 3600
NIGHT = (START_S // 86_400 * 86_400 + 86_400 + 15 * HOUR) - START_S
"""23:00 in Dali, seconds of a script."""
NORMAL = {"rate_kg_h": 0.1, "loss_kg": 0.5, "least_s": 7200.0, "page_s": 900.0}


def seen(script: Script) -> list[tuple[str, float]]:
    channels = town()
    detector = CylinderLoss(channels=channels, hours=Hours(9, 22, 8), **NORMAL)
    return [(f.transition.value, round(f.value or 0, 2)) for f in script.play(detector, channels)]


def weights(values: list[float], start: float = NIGHT, quality: Quality = Quality.GOOD, delay_s: float = 0) -> Script:
    script = Script()
    for number, value in enumerate(values):
        script.row("C-1", KG, start + number * HOUR / 2, value, quality, delay_s=delay_s)
    return script


def test_a_cylinder_that_loses_at_night_is_told_with_its_rate() -> None:
    assert seen(weights([40, 39.8, 39.6, 39.4, 39.2])) == [("onset", 0.4)]


def test_it_ends_when_the_loss_does() -> None:
    assert seen(weights([40, 39.8, 39.6, 39.4, 39.2] + [39.2] * 5)) == [("onset", 0.4), ("end", 0.0)]


@pytest.mark.parametrize("values", [[40.0, 39.9, 39.8, 39.8, 39.7], [40.0] * 10, [40, 39.5, 45, 45, 45, 45]])
def test_the_steps_of_a_scale_a_full_rest_and_a_change_are_not_told(values: list[float]) -> None:
    assert seen(weights(values)) == []


def test_a_slow_loss_is_not_told_however_long_it_lasts() -> None:
    assert seen(weights([40 - 0.04 * number for number in range(19)])) == []


def test_cooking_is_no_leak_and_the_night_begins_anew() -> None:
    assert seen(weights([40 - 0.5 * number for number in range(20)], NIGHT - 13 * HOUR)) == []
    assert seen(weights([40, 39.8, 39.7], NIGHT - 3 * HOUR)) == []


@pytest.mark.parametrize(("quality", "delay_s"), [(Quality.UNCERTAIN, 0), (Quality.GOOD, 40)])
def test_only_good_live_weights_count(quality: Quality, delay_s: float) -> None:
    assert seen(weights([40, 39, 38, 37, 36, 35], quality=quality, delay_s=delay_s)) == []


@pytest.mark.parametrize("name", list(NORMAL))
def test_refuses_numbers_that_make_no_sense(name: str) -> None:
    with pytest.raises(ValueError, match=name):
        CylinderLoss(channels=town(), hours=Hours(9, 22, 8), **{**NORMAL, name: -1})
