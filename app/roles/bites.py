"""What some frames of the log are to the series: their samples, each decoded by the configuration of its place."""

from collections.abc import Sequence
from typing import NamedTuple

from app.configuration import Configuration, read_configuration
from app.inforce import configuration_in_force, offsets_in_force, permits_in_force
from domain.asset import Assets
from domain.frame import CLOCK_TOPIC, CONFIGURATION_TOPIC, PERMIT_TOPIC, Frame
from domain.permit import Permit
from domain.record import Quarantined
from domain.sample import RefusalReason, Sample
from ingest.decoder import Decoder
from ingest.permits import read_permits
from ingest.slow import read_offsets
from store.framelog import FrameLog
from store.series import RefusedLine

BITE = 10_000
"""Frames at once."""

_IN_FORCE = frozenset({CLOCK_TOPIC, PERMIT_TOPIC})


class Bite(NamedTuple):
    """What some frames hold.

    Attributes:
        samples: of all of them.
        origins: beside each sample its frame.
        whole: positions of the frames that are whole.
        last: of the frames.
        assets: in force here.
        full: there are most likely more frames already.
    """

    samples: list[Sample]
    origins: list[Frame]
    whole: list[int]
    last: Frame
    assets: Assets
    full: bool

    def without(self, refused: Sequence[RefusedLine]) -> "Bite":
        lost = {one.place for one in refused}
        spoiled = {self.origins[index].position for index in lost}
        kept = [index for index in range(len(self.samples)) if index not in lost]
        return Bite(
            [self.samples[index] for index in kept],
            [self.origins[index] for index in kept],
            [position for position in self.whole if position not in spoiled],
            self.last,
            self.assets,
            self.full,
        )

    def entry(self, refused: RefusedLine) -> Quarantined:
        """Give what quarantine keeps of a sample that the database refused."""
        sample, frame = self.samples[refused.place], self.origins[refused.place]
        return Quarantined(
            position=frame.position,
            part=f"line of {sample.device} at {sample.point_ns}",
            reason=RefusalReason.DATABASE_REFUSED,
            detail=refused.text,
            device=sample.device,
            site=self.assets.devices[sample.device].site,
            topic=frame.topic,
            payload=frame.payload,
            received_ns=frame.received_ns,
        )


class Bites:
    """Reads a log bite by bite."""

    def __init__(self, log: FrameLog) -> None:
        self._log = log
        self._assets: Assets | None = None
        self._offsets: dict[str, int] = {}
        self._permits: tuple[Permit, ...] = ()

    def after(self, position: int) -> Bite | None:
        """Give the bite behind a position, which is where the one before it ended; None: nothing can be read yet."""
        frames = _of_one_configuration(self._log.read(position, BITE))
        if not frames or not self._configured(position):
            return None
        return self._decode(frames)

    def _configured(self, position: int) -> bool:
        if self._assets is None:
            log = self._log
            configuration = configuration_in_force(log, position) or configuration_in_force(log, log.last())
            if configuration is None:
                return False  # `watch` has not put one that we can read into the log yet
            self._offsets = offsets_in_force(log, position)
            self._permits = permits_in_force(log, position)
            self._configure(configuration)
        return True

    def _configure(self, configuration: Configuration) -> None:
        self._assets = configuration.assets
        self._decoder = Decoder(configuration.assets, configuration.rulebook, configuration.root)
        self._decoder.correct(self._offsets)
        self._decoder.permit(self._permits)

    def _correct(self, offsets: dict[str, int] | None) -> None:
        if offsets is not None:  # else `watch` goes on with those before, too
            self._offsets = offsets
            self._decoder.correct(offsets)

    def _permit(self, permits: tuple[Permit, ...] | None) -> None:
        if permits is not None:  # as above
            self._permits = permits
            self._decoder.permit(permits)

    def _decode(self, frames: Sequence[Frame]) -> Bite:
        if frames[0].topic == CONFIGURATION_TOPIC and (configuration := read_configuration(frames[0])) is not None:
            self._configure(configuration)
        assert self._assets is not None  # noqa: S101 - `_configured` said so
        bite = Bite([], [], [], frames[-1], self._assets, len(frames) >= BITE)
        samples, origins, whole = bite[:3]
        decode, is_device_frame = self._decoder.decode, self._decoder.is_device_frame
        for frame in frames:
            topic = frame.topic
            if topic in _IN_FORCE and frame.intact:
                self._take(frame)
            found, _, refusals, _, _, _ = decode(frame)
            for sample in found:
                if sample.values:  # else all of them were refused: a message that counts, and no point
                    samples.append(sample)
                    origins.append(frame)
            if not refusals and is_device_frame(topic):
                whole.append(frame.position)
        return bite

    def _take(self, frame: Frame) -> None:
        if frame.topic == CLOCK_TOPIC:
            self._correct(read_offsets(frame.payload))
        else:
            self._permit(read_permits(frame.payload))


def _of_one_configuration(frames: Sequence[Frame]) -> Sequence[Frame]:
    """Cut before the second configuration: a sample is stored by the one of its place, wherever a bite begins."""
    for index, frame in enumerate(frames[1:], 1):
        if frame.topic == CONFIGURATION_TOPIC:
            return frames[:index]
    return frames
