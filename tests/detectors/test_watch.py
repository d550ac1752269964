import numpy as np

from detectors.watch import Watch
from domain.quantity import Quantity
from tests.detectors.script import DEVICES, Row, Script, batch, town

GAS = Quantity.GAS_PCT_LEL


def test_old_slots_are_found_by_channel_and_new_ones_are_cold() -> None:
    old, new = Watch(town(DEVICES[:5]), (GAS,)), Watch(town(DEVICES[::-1]), (GAS,))
    keys = {key: number for number, key in enumerate(old.channels.keys)}
    channel = np.array([keys.get(key, -1) for key in new.channels.keys], np.intp)
    names = [old.device_at(slot).id for slot in range(len(old))]
    found = [names[slot] if slot >= 0 else "" for slot in new.old_slots(old.channel, channel).tolist()]
    assert [new.device_at(slot).id for slot in range(len(new))] == ["M-1", "GD-3", "GD-2", "GD-1"]
    assert found == ["", "GD-3", "GD-2", "GD-1"]


def test_a_number_of_each_slot_grows_with_the_channels() -> None:
    channels = town()
    watch = Watch(channels, (Quantity.CO_PPM,))
    interval_s = watch.per_slot(lambda device, _: device.interval_s)
    assert interval_s.values.tolist() == []
    channels.find("GD-1", Quantity.CO_PPM)
    watch.refresh()
    assert interval_s.values.tolist() == [5.0]


def test_selects_in_log_order_what_is_watched_and_a_number() -> None:
    channels = town()
    script = Script()
    script.row("GD-2", Quantity.DEVICE_ALARM, 0, 1.0)
    script.row("GD-1", GAS, 0, np.nan)
    script.row("GD-2", GAS, 0, 2.0)
    script.row("GD-1", Quantity.TEMPERATURE_C, 0, 3.0)
    script.row("GD-1", Quantity.DEVICE_ALARM, 0, 4.0)
    rows = [entry for entry in script.entries if isinstance(entry, Row)]
    watch = Watch(channels, (Quantity.DEVICE_ALARM, GAS), only=lambda device: device.id != "GD-3")
    selection = watch.select(batch(rows, channels), unusable=False)
    assert selection.rows.tolist() == [0, 2, 4]
    assert selection.part.value.tolist() == [1.0, 2.0, 4.0]
    assert [watch.device_at(slot).id for slot in selection.slot.tolist()] == ["GD-2", "GD-2", "GD-1"]
