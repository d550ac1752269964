"""Measure ourselves: space of the log and lag of its readers. Only changes go into the log, as frames."""

from collections.abc import Callable, Iterator, Mapping
from types import MappingProxyType

from app.pulse import IngestPulse, TurnPulse, WritePulse
from app.roles.ourselves import Health
from domain.alarm import AlarmKind
from domain.rulebook import Rulebook
from store.framelog import FrameLog, LogSize

_EVERY_NS = 5_000_000_000
_DISK_FREE_BYTES = 2 << 30
_MISSED = {"connect": 1, "listen": 2}
"""Without `listen` alarms do not come in; without `connect` they go out later."""


class HealthWatch:
    """Levels of our own alarms.

    Args:
        log: whose space and readers are measured; an instance of its own.
        rulebook: limits.
        write_cursor: position that the series have reached.
        ingest: pulse of that role.
        write: pulse of that role.
        others: pulses of the roles that run because they are configured, by name.
    """

    def __init__(
        self,
        log: FrameLog,
        rulebook: Rulebook,
        write_cursor: Callable[[], int],
        ingest: Callable[[], IngestPulse],
        write: Callable[[], WritePulse],
        *,
        others: Mapping[str, Callable[[], TurnPulse]] = MappingProxyType({}),
    ) -> None:
        self._log, self._rulebook, self._write_cursor = log, rulebook, write_cursor
        self._ingest, self._write, self._others = ingest, write, others
        self._since_ns = 0
        self._levels: dict[str, int] = {}
        self._due_ns = 0

    def changes(self, now_ns: int, watch_position: int) -> list[Health]:
        """Give what changed since the last call; measures every few seconds."""
        if 0 <= self._due_ns - now_ns <= _EVERY_NS:
            return []
        self._due_ns = now_ns + _EVERY_NS
        self._since_ns = self._since_ns or now_ns
        measured = [
            self._space(self._log.size()),
            self._lag(now_ns, watch_position),
            self._broker(now_ns, self._ingest()),
            _series(self._write()),
            *self._silent(now_ns),
        ]
        return [health for health in measured if self._changed(health)]

    def _changed(self, health: Health) -> bool:
        before = self._levels.get(health.kind)  # None after a start: say how it stands, whatever it was before
        self._levels[health.kind] = health.level
        return health.level != before

    def _space(self, size: LogSize) -> Health:
        rules = self._rulebook
        used = size.used_bytes / size.limit_bytes
        free = size.disk_free_bytes / size.disk_total_bytes
        scarce = free < rules["log_space.disk_free"] or size.disk_free_bytes < _DISK_FREE_BYTES
        level = 2 if used >= rules["log_space.full"] else 1 if used >= rules["log_space.warn"] or scarce else 0
        if scarce and used < rules["log_space.warn"]:
            return Health(AlarmKind.LOG_SPACE, level, 100 * free, 100 * rules["log_space.disk_free"], "disk_free")
        return Health(AlarmKind.LOG_SPACE, level, 100 * used, 100 * rules["log_space.warn"], "log_used")

    def _lag(self, now_ns: int, watch_position: int) -> Health:
        """Worst of the readers: `watch` must follow within seconds, `write` may wait for its database."""
        rules = self._rulebook
        watch_s, write_s = self._behind(now_ns, watch_position), self._behind(now_ns, self._write_cursor())
        for level, lag_s, name, reason in self._limits(watch_s, write_s):
            if lag_s >= rules[name]:
                return Health(AlarmKind.READER_LAG, level, lag_s, rules[name], reason)
        return Health(AlarmKind.READER_LAG, 0, max(watch_s, write_s), rules["reader_lag.warn"], "")

    def _broker(self, now_ns: int, ingest: IngestPulse) -> Health:
        """Tell what the broker dropped, to anybody; or that it would, by the probe of its queue."""
        dropped = float(ingest.dropped or 0)
        if ingest.probe:
            return Health(AlarmKind.BROKER_DROPPED, 1, dropped, 0.0, "probe")
        recent = now_ns - ingest.dropped_ns < self._rulebook["broker_dropped.over_after"] * 1e9
        return Health(AlarmKind.BROKER_DROPPED, int(recent), dropped, 0.0, "dropped")

    def _silent(self, now_ns: int) -> Iterator[Health]:
        """Tell of the role that is missed most. While one may still be starting with us, nothing is said of it."""
        after_s = self._rulebook["role_silent.after"]
        ages_s = {name: abs(now_ns - pulse().oldest_ns) / 1e9 for name, pulse in self._others.items()}
        silent = [name for name, age_s in ages_s.items() if age_s > after_s]
        if not silent:
            yield Health(AlarmKind.ROLE_SILENT, 0, max(ages_s.values(), default=0.0), after_s)
        elif abs(now_ns - self._since_ns) > after_s * 1e9:
            worst = max(silent, key=lambda name: _MISSED[name])
            yield Health(AlarmKind.ROLE_SILENT, _MISSED[worst], ages_s[worst], after_s, worst)

    @staticmethod
    def _limits(watch_s: float, write_s: float) -> Iterator[tuple[int, float, str, str]]:
        yield 3, watch_s, "reader_lag.watch", "watch"
        yield 2, write_s, "reader_lag.bad", "write"
        yield 1, write_s, "reader_lag.warn", "write"

    def _behind(self, now_ns: int, position: int) -> float:
        waiting = self._log.read(position, 1)
        return max(0.0, (now_ns - waiting[0].received_ns) / 1e9) if waiting else 0.0


def _series(write: WritePulse) -> Health:
    return Health(AlarmKind.SERIES_REFUSED, int(bool(write.refusing)), 0.0, 0.0, write.refusing)
