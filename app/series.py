"""What the roles ask of a time series: `store.series.EmbeddedSeries`, or `store.influx.InfluxSeries`."""

from collections.abc import Iterable, Sequence
from typing import Protocol

from domain.asset import Assets
from domain.quantity import Quantity
from domain.sample import Sample
from store.series import Latest, RefusedLine, Trend


class SeriesReader(Protocol):
    """Whoever draws or counts."""

    def cursor(self) -> int: ...
    def series(self, device: str, quantity: Quantity, from_ns: int, to_ns: int, points: int) -> Trend: ...
    def latest(self, device: str) -> dict[Quantity, Latest]: ...
    def close(self) -> None: ...


class SeriesStore(SeriesReader, Protocol):
    """Whoever writes, too."""

    def configure(self, assets: Assets, /) -> None: ...
    def trim(self, before_ns: int, step_ns: int = 0, /) -> bool: ...
    def missing(self, samples: Sequence[Sample], /) -> list[Sample]: ...
    def roll(self, log_ns: int, /) -> bool: ...
    def write(
        self, samples: Iterable[Sample], *, cursor: int, frames: int, log_ns: int = 0
    ) -> Sequence[RefusedLine]: ...
