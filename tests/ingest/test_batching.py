import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from domain.asset import Assets
from domain.channels import Channels
from domain.quality import Quality
from domain.quantity import Quantity
from domain.sample import Sample
from ingest.batching import BatchBuilder

DEVICES = ["DL-GD-0001", "DL-GD-0002", "DL-MH-0001"]
VALUES = st.dictionaries(st.sampled_from(Quantity), st.floats(-1e6, 1e6), max_size=4)


@st.composite
def samples(draw: st.DrawFn) -> Sample:
    values = draw(VALUES)
    worse = draw(st.lists(st.sampled_from(list(values)), unique=True)) if values else []
    quality = {name: draw(st.sampled_from(list(Quality)[1:])) for name in worse}
    time_ns = draw(st.integers(-(2**63), 2**63 - 1))
    return Sample(draw(st.sampled_from(DEVICES)), time_ns, None, None, values, quality, draw(st.booleans()))


def test_gives_one_row_for_each_value_in_the_order_of_the_log(assets: Assets) -> None:
    @given(st.lists(st.lists(samples(), max_size=3), max_size=6))
    def check(frames: list[list[Sample]]) -> None:
        channels = Channels(assets)
        builder = BatchBuilder(channels)
        rows = []
        for position, frame in enumerate(frames, 10):
            for sample in frame:
                builder.add(position, position * 1_000, sample)
                rows += [
                    (*key, sample.time_ns, position, sample.quality.get(key[1], Quality.GOOD), sample.late, value)
                    for key, value in (((sample.device, name), value) for name, value in sample.values.items())
                ]
        assert len(builder) == len(rows)
        batch = builder.take()
        found = zip(batch.channel, batch.time_ns, batch.position, batch.quality, batch.late, batch.value, strict=True)
        assert [(*channels.keys[channel], *rest) for channel, *rest in found] == rows
        assert batch.received_ns.tolist() == [position * 1_000 for position in batch.position]

    check()


def test_is_empty_after_each_batch_and_begins_anew_with_the_same_frame(assets: Assets) -> None:
    builder = BatchBuilder(Channels(assets))
    sample = Sample(
        "DL-GD-0001", 5, None, None, {Quantity.GAS_PCT_LEL: 1.0}, {Quantity.GAS_PCT_LEL: Quality.BAD}, late=True
    )
    builder.add(7, 70, sample)
    first = builder.take()
    assert len(builder.take()) == 0
    builder.add(7, 70, sample._replace(quality={}, late=False))
    second = builder.take()
    assert (first.position.tolist(), first.quality.tolist(), first.late.tolist()) == ([7], [Quality.BAD], [True])
    assert (second.position.tolist(), second.quality.tolist(), second.late.tolist()) == ([7], [Quality.GOOD], [False])
    assert second.received_ns.tolist() == [70]


def test_a_quantity_that_its_device_never_sent_before_gets_a_channel_of_its_own(assets: Assets) -> None:
    channels = Channels(assets)
    before = len(channels)
    builder = BatchBuilder(channels)
    builder.add(1, 1, Sample("DL-GD-0001", 5, None, None, {Quantity.CO_PPM: 9.0}, {}, late=False))
    assert builder.take().channel.tolist() == [before]
    assert channels.keys[before] == ("DL-GD-0001", Quantity.CO_PPM)


def test_the_columns_have_the_types_that_a_batch_promises(assets: Assets) -> None:
    batch = BatchBuilder(Channels(assets)).take()
    types = [column.dtype for column in (batch.channel, batch.time_ns, batch.received_ns, batch.value)]
    assert types == [np.int32, np.int64, np.int64, np.float64]
    assert [column.dtype for column in (batch.quality, batch.late, batch.position)] == [np.int8, np.bool_, np.int64]


def test_a_device_that_is_not_registered_is_our_mistake(assets: Assets) -> None:
    with pytest.raises(KeyError):
        BatchBuilder(Channels(assets)).add(1, 1, Sample("X", 5, None, None, {}, {}, late=False))
