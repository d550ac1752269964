"""Tell everybody that an emergency account is in use: as frames of the log, so that a replay raises the same alarm."""

import msgspec

from app.roles.ourselves import Health
from domain.alarm import AlarmKind
from domain.frame import HEALTH_TOPIC
from store.framelog import FrameLog


def break_glass(log: FrameLog, name: str, now_ns: int) -> int:
    """Append that it began and is over, which latches and which the next use raises anew; give the position."""
    told = [Health(AlarmKind.BREAK_GLASS, level, value=0.0, limit=0.0, reason=name) for level in (1, 0)]
    return log.append([(now_ns, HEALTH_TOPIC, msgspec.json.encode(health)) for health in told])
