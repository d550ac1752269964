"""One channel's series as a batch: for trying a detector on a file, in examples and in tests."""

from collections.abc import Sequence

import numpy as np

from detectors.bounds import ns
from domain.batch import Batch
from domain.quality import Quality


def series(
    channel: int,
    time_s: Sequence[float],
    value: Sequence[float],
    *,
    quality: Sequence[Quality] | Quality = Quality.GOOD,
    delay_s: Sequence[float] | float = 0.0,
    live_s: float = 30.0,
    position: int = 1,
) -> Batch:
    """Build a batch of one channel.

    Args:
        channel: index into `Channels`.
        time_s: sample times, seconds since 1970.
        value: one for each time.
        quality: of each value, or of all.
        delay_s: from sample to arrival, of each value or of all.
        live_s: a value that arrives after more than this is late.
        position: of the first row in the log; each row is a frame of its own.

    Example:
        >>> batch = series(0, [0, 60], [5.0, 30.0], delay_s=[0, 40])
        >>> batch.time_ns.tolist(), batch.late.tolist(), batch.position.tolist()
        ([0, 60000000000], [False, True], [1, 2])
    """
    n = len(time_s)
    time_ns = np.array([ns(second) for second in time_s], np.int64)
    delay_ns = np.broadcast_to(np.round(np.asarray(delay_s) * 1e9).astype(np.int64), n)
    return Batch(
        channel=np.full(n, channel, np.int32),
        time_ns=time_ns,
        received_ns=time_ns + delay_ns,
        value=np.array(value, np.float64),
        quality=np.broadcast_to(np.asarray(quality, np.int8), n).copy(),
        late=delay_ns > ns(live_s),
        position=np.arange(position, position + n, dtype=np.int64),
    )
