"""Which configuration the log says was in force."""

from app.configuration import Configuration, read_configuration
from store.framelog import FrameLog


def configuration_in_force(log: FrameLog, position: int) -> Configuration | None:
    """Give the newest configuration at a position that can be read, else the first one after it; None: neither."""
    while (frame := log.configuration_at(position)) is not None:
        found = read_configuration(frame)
        if found is not None or frame.position > position:
            return found
        position = frame.position - 1
    return None
