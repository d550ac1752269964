import numpy as np

from detectors.binned import metres
from detectors.pipe_rupture import PipeRupture, SurgeNumbers
from domain.asset import Assets, Device, DeviceKind, Tier
from domain.channels import Channels
from domain.quantity import Quantity
from tests.detectors.script import LOCATING, Script

DEVICES = {name: Device(name, DeviceKind.PRESSURE_SENSOR, name, tier=Tier.MEDIUM_B) for name in ("P1", "P2")}
SURGE = SurgeNumbers(0.2, 1, 50)
CHANNELS = Channels(Assets(sites={}, zones={}, devices=DEVICES))


def snapshot(script: Script) -> bytes:
    detector = PipeRupture(channels=CHANNELS, span_s=60, fall=0.06, surge=SURGE, locating=LOCATING)
    script.play(detector, CHANNELS)
    return detector.snapshot()


def rows(*seconds: float, value: float = 160.0, delay_s: float = 0.0) -> Script:
    script = Script()
    for second in seconds:
        script.row("P1", Quantity.PRESSURE_KPA, second, value, delay_s=delay_s)
    return script


def test_a_town_without_what_is_watched_costs_nothing_and_tells_nothing() -> None:
    fan = Device("F", DeviceKind.FAN, "S")
    channels = Channels(Assets(sites={}, zones={}, devices={"F": fan}))
    script = Script()
    script.row("F", Quantity.FAN_ON, 0, 1.0)
    script.tick(600)
    built = PipeRupture(channels=channels, span_s=60, fall=0.06, surge=SURGE, locating=LOCATING)
    assert script.play(built, channels) == []


def test_the_order_within_a_span_does_not_matter() -> None:
    assert snapshot(rows(1, 2, 3)) == snapshot(rows(3, 1, 2)) != snapshot(rows(1, 2))


def test_late_readings_and_those_of_the_future_do_not_count() -> None:
    assert snapshot(rows(1, delay_s=31)) == snapshot(rows(500, delay_s=-400)) == snapshot(Script())


def test_a_span_takes_the_place_of_one_that_is_over() -> None:
    assert snapshot(rows(1, 241)) == snapshot(rows(241)) == snapshot(rows(241, 1))


def test_metres_from_degrees() -> None:
    east, north = metres(np.array([100.01]), np.array([25.01]), (100.0, 25.0))
    assert (round(east.item()), round(north.item())) == (1009, 1113)
