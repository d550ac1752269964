"""How a role is, told to the other processes: a small file of its own beside the log, written anew every two seconds.

The old file stays until the new one is whole, and outlives its process: what it counted goes on after a start. A role
that was killed is one whose file grows old.
"""

import logging
from collections.abc import Mapping
from pathlib import Path
from typing import Generic, TypeVar

import msgspec

_LOGGER = logging.getLogger(__name__)
BEAT_S = 2.0
SILENT_S = 8.0
"""What was not written for so long says nothing any more; with the beat well below the 15 s of `/readyz`."""


class Commits(msgspec.Struct, frozen=True):
    """How long commits of the frame log took: a histogram.

    Attributes:
        counts: of those up to `BOUNDS_S`, each counted once, and of the longer ones.
        total_s: of all together.
    """

    counts: tuple[int, ...] = ()
    total_s: float = 0.0


class IngestPulse(msgspec.Struct, frozen=True):
    """How `ingest` is.

    Attributes:
        time_ns: of writing, wall clock.
        broker: why nothing is received; "" while connected and subscribed.
        log: why the frame log takes nothing; "" while it does.
        probe: why the broker's queue cannot be trusted; "" when the last probe passed, None before the first.
        dropped: messages that the broker says to have dropped; None where it does not say.
        dropped_ns: when that number last grew; 0 never.
        commits: since the start.
    """

    time_ns: int = 0
    broker: str = "ingest has not run yet"
    log: str = ""
    probe: str | None = None
    dropped: int | None = None
    dropped_ns: int = 0
    commits: Commits = Commits()


class WritePulse(msgspec.Struct, frozen=True):
    """How `write` is.

    Attributes:
        time_ns: of writing, wall clock.
        refusing: why the time series take nothing until a person corrects something; "" while that is not so.
        refused: attempts and lines that were refused, by reason, ever.
        forgotten: refused parts that left the quarantine by age, by reason, ever.
    """

    time_ns: int = 0
    refusing: str = ""
    refused: Mapping[str, int] = {}
    forgotten: Mapping[str, int] = {}


class TurnPulse(msgspec.Struct, frozen=True):
    """That the parts of a role turn over.

    Attributes:
        turned: when each last came round, wall clock; 0 not yet.
    """

    turned: Mapping[str, int] = {}

    @property
    def oldest_ns(self) -> int:
        """When the part that came round longest ago did so; 0 where one never has."""
        return min(self.turned.values(), default=0)


class NotifyPulse(TurnPulse, frozen=True):
    """Of `notify`: each sender, when it last looked into the outbox."""


class ConnectPulse(TurnPulse, frozen=True):
    """Of `connect`: each target's connector; the role itself where it has none."""


class ListenPulse(TurnPulse, frozen=True):
    """Of `listen`: the loop that serves all connections."""


class WatchPulse(msgspec.Struct, frozen=True):
    """How soon `watch` records what it finds: the slowest of the last seconds that had anything.

    Attributes:
        time_ns: of that commit, wall clock; 0 never.
        took_s: since the frame that decided had arrived.
    """

    time_ns: int = 0
    took_s: float = 0.0


class CanaryPulse(msgspec.Struct, frozen=True):
    """The newest test alarm that came through, written at the end of its way.

    Attributes:
        sent_ns: when it was published, wall clock; 0 never.
        arrived_ns: when role `notify` had it.
    """

    sent_ns: int = 0
    arrived_ns: int = 0


Pulse = TypeVar("Pulse", bound=msgspec.Struct)


class PulseFile(Generic[Pulse]):
    """The file of one role. One process writes it, any may read it.

    Args:
        folder: of the installation's data.
        first: what is read before anything was written; its type says which file it is.
    """

    def __init__(self, folder: Path, first: Pulse) -> None:
        self._path = folder / f"{type(first).__name__.lower()}.json"
        self.first = first

    def write(self, pulse: Pulse) -> None:
        """Replace the file; one that cannot be written grows old, and that says it."""
        draft = self._path.with_suffix(".new")
        try:
            draft.write_bytes(msgspec.json.encode(pulse))
            draft.replace(self._path)
        except OSError as error:
            _LOGGER.error("%s: %s", self._path, error)  # noqa: TRY400 - one line

    def read(self) -> Pulse:
        try:
            return msgspec.json.decode(self._path.read_bytes(), type=type(self.first))
        except (OSError, msgspec.MsgspecError):
            return self.first  # never written yet, or by another version


def is_silent(time_ns: int, now_ns: int) -> bool:
    """Tell whether the writer of a pulse has stopped; also when the clock was set back over it."""
    return abs(now_ns - time_ns) > SILENT_S * 1e9
