"""One MQTT message as it was received, and the reserved topics of the log."""

from typing import NamedTuple

TICK_TOPIC = "$log/tick"
"""One a second: the clock of all deadlines. Empty payload; the time is its `received_ns`."""

CONFIGURATION_TOPIC = "$log/configuration"
"""Assets and rulebook in force from here on, so that a replay sees the same limits."""

HEALTH_TOPIC = "$log/health"
"""A change of our own health, such as log space or a reader's lag: as a frame, so that a replay raises the same."""

CLOCK_TOPIC = "$log/clock"
"""Every clock that is known to be slow, and by how much, from here on: all readers give a sample the same time."""

COMMAND_TOPIC = "$log/command"
"""A close command that was sent, or could not be: `watch` follows what becomes of it from here on."""

PERMIT_TOPIC = "$log/permit"
"""Every work permit that readings may fall under, from here on: all readers take the same ones for calibration."""

CARRIED = frozenset({CONFIGURATION_TOPIC, CLOCK_TOPIC, PERMIT_TOPIC})
"""Of these the newest stands at the head of each file of the log once more, with its old time."""

THINNED_TOPIC = "$log/thinned"
"""What stands at a position whose frame was dropped for want of space; it has no payload."""

RETRY_TOPIC = "$log/retry"
"""A quarantined frame to be decoded once more; the payload names the old position."""


class Frame(NamedTuple):
    """One entry of the frame log.

    Attributes:
        position: order in the log, from 1, rising, without reuse.
        received_ns: our clock at arrival, nanoseconds since 1970, UTC.
        topic: MQTT topic, or a reserved one that starts with ``$log/``.
        payload: the raw bytes.
        intact: whether the checksum of the stored record holds.
    """

    position: int
    received_ns: int
    topic: str
    payload: bytes
    intact: bool = True
