"""Which role may do what. Reading is open to every role; the rest is listed here."""

from enum import StrEnum


class Role(StrEnum):
    """Who a person is in the control room."""

    OPERATOR = "operator"
    SUPERVISOR = "supervisor"
    MAINTENANCE = "maintenance"
    ADMINISTRATOR = "administrator"
    READ_ONLY = "read_only"
    REGULATOR = "regulator"


class Right(StrEnum):
    """What may be done to an alarm or a quarantined frame, and who sees the audit or changes accounts."""

    ACK = "ack"
    COMMENT = "comment"
    SHELVE = "shelve"
    RESET = "reset"
    OUT_OF_SERVICE = "out_of_service"
    RETRY = "retry"
    HANDLE = "handle"
    """Write down the steps of an incident, join and split."""
    STAND_DOWN = "stand_down"
    """Close an incident."""
    CLOSE_VALVE = "close_valve"
    """Ask a valve to close; nothing can ask one to open."""
    HAND_OVER = "hand_over"
    """Sign the hand-over of a shift, on either side."""
    ONCALL = "oncall"
    """Change who is on duty."""
    INSPECT = "inspect"
    """Find, register and re-check hazards; take reports of the public."""
    RECTIFY = "rectify"
    """Put hazards right and say so."""
    SUPERVISE = "supervise"
    """Hand hazards out, extend and escalate them."""
    ALERT = "alert"
    """Tell us what a watch outside sees of us."""
    AUDIT = "audit"
    """Read who did what."""
    ADMINISTER = "administer"
    """Change accounts and tokens; never by a token."""


_DUTY = frozenset(
    {
        *(Right.ACK, Right.COMMENT, Right.SHELVE, Right.RESET, Right.CLOSE_VALVE, Right.HANDLE, Right.HAND_OVER),
        *(Right.INSPECT, Right.RECTIFY),
    }
)
RIGHTS: dict[Role, frozenset[Right]] = {
    Role.OPERATOR: _DUTY,
    Role.SUPERVISOR: _DUTY | {Right.STAND_DOWN, Right.OUT_OF_SERVICE, Right.RETRY, Right.ONCALL, Right.SUPERVISE},
    Role.MAINTENANCE: frozenset({Right.HANDLE, Right.COMMENT, Right.RETRY, Right.RECTIFY}),
    Role.ADMINISTRATOR: frozenset(Right),
    Role.READ_ONLY: frozenset(),
    Role.REGULATOR: frozenset({Right.AUDIT, Right.INSPECT, Right.SUPERVISE}),
}


def rights_of(role: str) -> frozenset[Right]:
    """Give the rights of a role; none to a role that nobody knows."""
    return RIGHTS[Role(role)] if role in set(Role) else frozenset()
