"""Which configuration the log says was in force."""

from app.configuration import Configuration, read_configuration
from store.framelog import FrameLog


def configuration_in_force(log: FrameLog, position: int) -> Configuration | None:
    """Give the configuration at a position, else the first one after it; None where the log holds none."""
    frame = log.configuration_at(position)
    return None if frame is None else read_configuration(frame)
