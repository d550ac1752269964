"""Role `write`: read the log and store every sample in the time series."""

import logging
import threading
from collections.abc import Sequence

from app.configuration import Configuration, read_configuration
from app.housekeeping import Housekeeping
from app.inforce import configuration_in_force
from domain.errors import StoreUnavailable
from domain.frame import CONFIGURATION_TOPIC, Frame
from domain.sample import Sample
from ingest.decoder import Decoder
from store.framelog import FrameLog
from store.series import EmbeddedSeries

READER = "write"
_LOGGER = logging.getLogger(__name__)
_BITE = 5_000
_IDLE_S = 0.1  # nobody waits for the series: fuller transactions are worth more


class Write:
    """The loop between log and series.

    Args:
        log: frames.
        series: keeps points and this reader's cursor in one transaction.
        housekeeping: trims the log; here, because nobody waits for this role.
    """

    def __init__(self, *, log: FrameLog, series: EmbeddedSeries, housekeeping: Housekeeping | None = None) -> None:
        self._log, self._series, self._housekeeping = log, series, housekeeping
        self.position = series.cursor()
        self._decoder: Decoder | None = None
        self._stop = threading.Event()

    def run(self, stop: threading.Event) -> None:
        """Follow the log until `stop`; a store that is away delays, it never loses."""
        self._stop = stop
        while not stop.is_set():
            if not self.bite():
                stop.wait(_IDLE_S)
        while self.bite():
            pass

    def bite(self) -> bool:
        """Store one bite of the log; tell whether there was one."""
        frames = self._log.read(self.position, _BITE)
        if not frames or not self._configured():
            return False
        samples, whole = self._decode(frames)
        pause_s = 0.1
        while True:
            try:
                self._series.write(samples, cursor=frames[-1].position, frames=whole)
                break
            except StoreUnavailable as error:
                _LOGGER.warning("series: %s; trying again", error)
                if self._stop.wait(pause_s):
                    raise  # the cursor did not move: the next start does this bite again
                pause_s = min(2 * pause_s, 30.0)
        self.position = frames[-1].position
        if self._housekeeping is not None:
            self._housekeeping.work(frames[-1].received_ns)
        return True

    def _configured(self) -> bool:
        if self._decoder is None:
            log = self._log
            configuration = configuration_in_force(log, self.position) or configuration_in_force(log, log.last())
            if configuration is None:
                return False  # `watch` has not put one that we can read into the log yet
            self._decoder = _decoder(configuration)
        return True

    def _decode(self, frames: Sequence[Frame]) -> tuple[list[Sample], int]:
        samples: list[Sample] = []
        whole = 0
        for frame in frames:
            assert self._decoder is not None  # noqa: S101 - `_configured` said so
            if frame.topic == CONFIGURATION_TOPIC and (configuration := read_configuration(frame)) is not None:
                self._decoder = _decoder(configuration)
            decoded = self._decoder.decode(frame)
            samples += decoded.samples
            whole += not decoded.refusals and self._decoder.is_device_frame(frame.topic)
        return samples, whole


def _decoder(configuration: Configuration) -> Decoder:
    return Decoder(configuration.assets, configuration.rulebook, configuration.root)
