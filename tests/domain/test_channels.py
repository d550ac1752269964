import pytest

from domain.asset import Assets, Device, DeviceKind
from domain.channels import QUANTITIES, Channels
from domain.quantity import Quantity

GAS, VALVE = Device("G", DeviceKind.GAS_DETECTOR, "S1"), Device("V", DeviceKind.CUTOFF_VALVE, "S2")


def assets(*devices: Device) -> Assets:
    return Assets(sites={}, zones={}, devices={device.id: device for device in devices})


def test_every_usual_quantity_of_every_device_has_its_channel() -> None:
    channels = Channels(assets(GAS, VALVE))
    wanted = [("G", q) for q in QUANTITIES[GAS.kind]] + [("V", q) for q in QUANTITIES[VALVE.kind]]
    assert channels.keys == wanted
    assert [channels.find(*key) for key in wanted] == list(range(len(channels)))
    assert channels.sites == ("S1", "S2")


def test_an_unusual_quantity_gets_a_channel_when_it_comes_and_keeps_it() -> None:
    channels = Channels(assets(GAS))
    before = len(channels)
    assert channels.find("G", Quantity.CO_PPM) == channels.find("G", Quantity.CO_PPM) == before
    assert channels.device_of(before) is GAS
    again = Channels(assets(GAS, VALVE), also=channels.keys)
    assert again.find("G", Quantity.CO_PPM) == len(again) - 1


def test_what_is_no_longer_registered_has_no_channel() -> None:
    assert Channels(assets(VALVE), also=[("G", Quantity.CO_PPM)]).keys == Channels(assets(VALVE)).keys
    with pytest.raises(KeyError):
        Channels(assets(VALVE)).find("G", Quantity.CO_PPM)
