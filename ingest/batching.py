"""From samples to columns."""

from array import array

import numpy as np
import numpy.typing as npt

from domain.batch import Batch
from domain.channels import Channels
from domain.quantity import Quantity
from domain.sample import Sample


class BatchBuilder:
    """Collects samples and gives them as one `Batch`, one row for each value.

    Idea: a row costs three appends to typed arrays (channel, time, value). What rarely changes or rarely is set is
    kept aside: arrival and position once for each frame, quality and lateness only where they differ from the default.

    Args:
        channels: numbering of the rows; it grows when a device sends a quantity for the first time.

    Example:
        >>> from domain.asset import Assets, Device, DeviceKind
        >>> fan = Device(id="FAN-1", kind=DeviceKind.FAN, site="S1")
        >>> builder = BatchBuilder(Channels(Assets(sites={}, zones={}, devices={fan.id: fan})))
        >>> builder.add(7, 2_000, Sample("FAN-1", 1_000, None, None, {Quantity.FAN_ON: 1.0}, {}, late=False))
        >>> len(builder), builder.take().value.tolist(), len(builder)
        (1, [1.0], 0)
    """

    def __init__(self, channels: Channels) -> None:
        self._channels = channels
        self._known: dict[str, dict[Quantity, int]] = {device: {} for device in channels.device_index}
        self._reset()

    def _reset(self) -> None:
        self._channel, self._time_ns, self._value = array("i"), array("q"), array("d")
        self._quality: list[tuple[int, int]] = []
        self._late: list[tuple[int, int]] = []
        self._frames: list[tuple[int, int, int]] = []
        self._position = -1

    def __len__(self) -> int:
        return len(self._channel)

    def add(self, position: int, received_ns: int, sample: Sample) -> None:
        """Append the values of one sample (KeyError: its device is not registered)."""
        device, time_ns, _, _, values, quality, late = sample
        known = self._known[device]
        first = len(self._channel)
        if position != self._position:
            self._position = position
            self._frames.append((first, position, received_ns))
        for quantity, value in values.items():
            if quantity not in known:
                known[quantity] = self._channels.find(device, quantity)
            self._channel.append(known[quantity])
            self._time_ns.append(time_ns)
            self._value.append(value)
        if late:
            self._late.append((first, len(self._channel)))
        if quality:
            self._quality += [(first + row, quality.get(name, 0)) for row, name in enumerate(values)]

    def take(self) -> Batch:
        """Give everything collected since the last call."""
        rows = len(self._channel)
        frames = np.array([*self._frames, (rows, 0, 0)], np.int64)
        lengths, (positions, received) = frames[1:, 0] - frames[:-1, 0], frames[:-1, 1:].T
        batch = Batch(
            channel=np.array(self._channel, np.int32),
            time_ns=np.array(self._time_ns, np.int64),
            received_ns=np.repeat(received, lengths),
            value=np.array(self._value, np.float64),
            quality=self._take_quality(rows),
            late=self._take_late(rows),
            position=np.repeat(positions, lengths),
        )
        self._reset()
        return batch

    def _take_quality(self, rows: int) -> npt.NDArray[np.int8]:
        quality = np.zeros(rows, np.int8)
        if self._quality:
            where, what = np.array(self._quality, np.int64).T
            quality[where] = what
        return quality

    def _take_late(self, rows: int) -> npt.NDArray[np.bool_]:
        late = np.zeros(rows, np.bool_)
        for first, after in self._late:
            late[first:after] = True
        return late
