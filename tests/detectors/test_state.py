import numpy as np
import pytest

from detectors.machine import Life
from detectors.memory import Memory
from detectors.state import Columns, pack, put_rows, unpack
from detectors.watch import Watch, shared
from domain.quantity import Quantity
from tests.detectors.script import town


def test_packs_what_it_unpacks_and_always_the_same_bytes() -> None:
    arrays = {
        "a": np.arange(6).reshape(2, 3),
        "b": np.array(["燃气", "x"]),
        "c": np.empty((0, 4)),
        "d": np.array([True]),
    }
    blob = pack("x/1", arrays)
    assert blob == pack("x/1", {name: array.copy() for name, array in arrays.items()})
    for name, array in unpack("x/1", blob).items():
        assert (array == arrays[name]).all()
        assert array.dtype == arrays[name].dtype
        assert array.shape == arrays[name].shape


def test_every_cut_is_refused() -> None:
    blob = pack("x/1", {"a": np.arange(6), "b": np.array(["x"])})
    for length in range(len(blob)):
        with pytest.raises(ValueError, match="snapshot"):
            unpack("x/1", blob[:length])


def test_puts_rows_where_they_belong() -> None:
    columns = np.zeros((4, 3), np.int64)
    put_rows(columns, np.array([2, 0]), np.array([[1, 2, 3], [4, 5, 6]]))
    assert columns.tolist() == [[4, 5, 6], [0, 0, 0], [1, 2, 3], [0, 0, 0]]


def test_a_snapshot_with_other_arrays_is_refused() -> None:
    with pytest.raises(ValueError, match="other arrays"):
        Memory("x/1").restore(pack("x/1", {"tick_ns": np.zeros(1)}))


def test_a_snapshot_of_more_devices_or_channels_needs_a_remap() -> None:
    memory = Memory("x/1", devices=Columns(Life, 2))
    with pytest.raises(ValueError, match="remap"):
        Memory("x/1", devices=Columns(Life, 3)).restore(memory.snapshot())
    channels = town()
    watch = Watch(channels, (Quantity.CO_PPM,))
    channels.find("GD-1", Quantity.CO_PPM)
    larger = Memory("x/1", watch=watch, slots=(Columns(Life, 0),))
    other = Memory("x/1", watch=Watch(town(), (Quantity.CO_PPM,)), slots=(Columns(Life, 0),))
    with pytest.raises(ValueError, match="remap"):
        other.restore(larger.snapshot())


def test_detectors_of_one_quantity_share_one_watch() -> None:
    channels = town()
    assert shared(channels, (Quantity.GAS_PCT_LEL,)) is shared(channels, (Quantity.GAS_PCT_LEL,))
    assert shared(channels, (Quantity.GAS_PCT_LEL,)) is not shared(town(), (Quantity.GAS_PCT_LEL,))
