"""Which configuration, which offsets of slow clocks and which work permits the log says were in force."""

from app.configuration import Configuration, read_configuration
from domain.permit import Permit
from ingest.permits import read_permits
from ingest.slow import read_offsets
from store.framelog import FrameLog


def configuration_in_force(log: FrameLog, position: int) -> Configuration | None:
    """Give the newest configuration at a position that can be read, else the first one after it; None: neither."""
    while (frame := log.configuration_at(position)) is not None:
        found = read_configuration(frame)
        if found is not None or frame.position > position:
            return found
        position = frame.position - 1
    return None


def offsets_in_force(log: FrameLog, position: int) -> dict[str, int]:
    """Give the newest offsets of slow clocks at a position that can be read; none where there are none."""
    while (frame := log.clocks_at(position)) is not None:
        found = read_offsets(frame.payload) if frame.intact else None
        if found is not None:
            return found
        position = frame.position - 1
    return {}


def permits_in_force(log: FrameLog, position: int) -> tuple[Permit, ...]:
    """Give the newest work permits at a position that can be read; none where there are none."""
    while (frame := log.permits_at(position)) is not None:
        found = read_permits(frame.payload) if frame.intact else None
        if found is not None:
            return found
        position = frame.position - 1
    return ()
