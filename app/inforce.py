"""Which configuration the log says was in force."""

from app.configuration import Configuration, unpack_configuration
from store.framelog import FrameLog


def configuration_in_force(log: FrameLog, position: int) -> Configuration | None:
    """Give the configuration at a position, else the first one after it; None where the log holds none."""
    frame = log.configuration_at(position)
    return unpack_configuration(frame.payload) if frame is not None and frame.intact else None
