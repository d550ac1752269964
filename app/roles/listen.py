"""Role `listen`: GB/T 26875.3 over TCP into the frame log; appended, fsynced, then acknowledged."""

from collections.abc import Callable
from functools import partial

from app.pulse import ListenPulse, PulseFile
from app.roles.heart import Turns
from app.roles.ingest import GuardedAppend
from app.settings import ListenSettings
from ingest.gb26875.connection import Limits
from ingest.gb26875.directory import Directory
from ingest.gb26875.listener import Listener


def build_listener(
    settings: ListenSettings,
    directory: Directory,
    append: GuardedAppend,
    pulse: PulseFile[ListenPulse],
    clock_ns: Callable[[], int],
) -> Listener:
    limits = Limits(connections=settings.connections, idle_s=settings.idle_s, frames_per_s=settings.frames_per_s)
    return Listener(
        settings.host,
        settings.port,
        append=append,
        directory=directory,
        clock_ns=clock_ns,
        limits=limits,
        turned=partial(Turns(pulse, ["tcp"], clock_ns).done, "tcp"),
    )
