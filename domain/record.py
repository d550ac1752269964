"""What is written down: journal, incidents, notices, quarantine, gaps, the state of devices, users, sessions."""

from dataclasses import dataclass, field
from enum import StrEnum
from typing import NamedTuple

from domain.alarm import AlarmKind, StateLetter
from domain.sample import RefusalReason


@dataclass(frozen=True, slots=True)
class JournalEntry:
    """One transition of one alarm; the journal is append-only and complete.

    Attributes:
        seq: order in the journal; 0 until it is written.
        event: what happened, e.g. ``raise``, ``worsen``, ``return``, ``acknowledge``, ``shelve``, ``late_evidence``.
        user: who did it, "" for the system.
        note: reason or comment of the person, or a code.
        position: in the frame log, of the input that caused it; 0 for a person's act.
        time_ns: log time.
    """

    alarm_id: str
    occurrence: int
    event: str
    before: StateLetter
    after: StateLetter
    kind: AlarmKind
    priority: int
    level: int
    device: str
    site: str
    incident_id: str
    position: int
    time_ns: int
    value: float | None = None
    limit: float | None = None
    user: str = ""
    note: str = ""
    seq: int = 0


@dataclass(frozen=True, slots=True)
class AuditEntry:
    """Who did what to what; append-only and hash-chained by the store.

    Attributes:
        user: name of an account, ``token:<name>`` for a program, or who typed the command.
        seq: order in the trail; 0 until it is written.
        hash: links it to all before it; "" until it is written.
    """

    time_ns: int
    user: str
    action: str
    target: str
    detail: str = ""
    seq: int = field(default=0, compare=False)
    hash: str = field(default="", compare=False)


@dataclass(frozen=True, slots=True)
class Incident:
    """Alarms that belong together: operators see one leak, not a rain of alarms.

    Attributes:
        site: of the alarm that opened it, as is the zone.
        priority: of its worst member.
        closed_ns: when its last member was normal, or when it was stood down; None while open.
        joined_ns: when the newest alarm joined.
        cause: what is behind it (`alerting.verdict.Origin`).
        confidence: in that, 0 to 1.
        place: pipes that it may be, with their probabilities; "" where no alarm names any.
        votes: how many alarms of each sort have joined.
        result: what it turned out to be (`domain.handling.Result`); "" while open, or where it closed by itself.
        closed_by: who stood it down.
    """

    id: str
    site: str
    zone: str
    priority: int
    opened_ns: int
    closed_ns: int | None = None
    version: int = 0
    joined_ns: int = 0
    cause: str = "unclear"
    confidence: float = 0.0
    place: str = ""
    votes: tuple[tuple[str, int], ...] = ()
    result: str = ""
    closed_by: str = ""


class NoticeState(StrEnum):
    """Life of a notice in the outbox."""

    PENDING = "pending"
    SENDING = "sending"
    ACCEPTED = "accepted"
    """The provider took it on."""
    DELIVERED = "delivered"
    """The provider's receipt says that it arrived, or that the call was answered."""
    FAILED = "failed"
    CANCELLED = "cancelled"


class Way(NamedTuple):
    """One way to reach a person.

    Attributes:
        channel: name of an adapter.
        address: phone number, account or mail address there; "" where the channel has one receiver alone.
        receipt_s: how long its receipt may take; 0: it gives none.
    """

    channel: str
    address: str = ""
    receipt_s: int = 0


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one recipient over one channel; written in the transaction of its transition.

    Attributes:
        key: (alarm, occurrence, step, person, channel) as one text; unique, and the idempotency id of every attempt.
        due_ns: when to send, or to try again.
        lease_ns: until when a sender holds it.
        attempts: made so far.
        body: what is sent, as JSON text.
        address: phone number, account or mail address of the person on this channel.
        priority: of the alarm; 1 goes first.
        step: of the escalation; 0 is the first.
        provider_id: that the provider gave it.
        first_ns: of the first attempt; 0 before it.
        accepted_ns: when the provider took it on; 0 before that.
        receipt_s: how long the receipt may take; 0: the channel gives none.
        next_ns: when the person's next way begins unless this one got through before; None: never.
        then: the person's further ways, in order.
        bundle: those of one name that are due for one receiver go out as one message; "": it goes alone.
        ahead: goes before all of its bundles, and before what is not of priority 1.
        carrier: key of the notice whose message carried this one; "": it has a message of its own.
    """

    key: str
    alarm_id: str
    occurrence: int
    channel: str
    person: str
    body: str
    due_ns: int
    state: NoticeState = NoticeState.PENDING
    lease_ns: int = 0
    attempts: int = 0
    answer: str = ""
    address: str = ""
    priority: int = 4
    step: int = 0
    provider_id: str = ""
    first_ns: int = 0
    accepted_ns: int = 0
    receipt_s: int = 0
    next_ns: int | None = None
    then: tuple[Way, ...] = ()
    bundle: str = ""
    ahead: bool = False
    carrier: str = ""
    id: int = 0


@dataclass(frozen=True, slots=True)
class Quarantined:
    """A refused part of a frame, kept with its raw bytes. Unique by (position, part).

    Attributes:
        retried_position: of the frame that a retry appended, or None.
    """

    position: int
    part: str
    reason: RefusalReason
    detail: str
    device: str
    site: str
    topic: str
    payload: bytes
    received_ns: int
    retried_position: int | None = None
    id: int = 0


@dataclass(frozen=True, slots=True)
class Gap:
    """Messages from `from_seq` to `to_seq` of one start of a device that did not arrive.

    Attributes:
        reason: ``missing``, ``arrived_late``, ``quarantined``, ``device_lost``; ``thinned``: they arrived and were
            watched, but most of them were dropped for want of space before they were stored.
        closed_ns: when they arrived after all; None while they are missing.
    """

    device: str
    boot_id: str
    from_seq: int
    to_seq: int
    opened_ns: int
    closed_ns: int | None = None
    reason: str = "missing"


@dataclass(frozen=True, slots=True)
class DeviceState:
    """What is known of a device now.

    Attributes:
        newest_ns: newest sample time; 0 for never.
        online: neither a will nor the watchdog says otherwise.
        frames: admitted since its first.
        duplicates: dropped.
        missing: messages in open gaps.
        counted: whether it numbers its messages; else its completeness is unknown.
        shift_ns: how far its fast clock was moved back; negative: a slow one forward.
    """

    device: str
    newest_ns: int = 0
    online: bool = True
    boot_id: str = ""
    interval_s: float = 60.0
    frames: int = 0
    duplicates: int = 0
    missing: int = 0
    counted: bool = False
    shift_ns: int = 0


@dataclass(frozen=True, slots=True)
class User:
    """A person who may log in.

    Attributes:
        password_hash: argon2id; "" for whoever the identity provider vouches for.
        townships: whose sites the person sees; both this and `sites` empty: everything.
        sites: seen besides those of the townships.
        source: ``local``, or ``oidc`` where the identity provider decides.
        subject: issuer and subject at the provider: names are given away again, this is not.
        break_glass: for emergencies; each use raises an alarm.
        departments: of whose hazards alone the person sees the ledger; empty: of all.
    """

    name: str
    display_name: str
    role: str
    password_hash: str
    enabled: bool = True
    townships: tuple[str, ...] = ()
    sites: tuple[str, ...] = ()
    source: str = "local"
    subject: str = ""
    break_glass: bool = False
    departments: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Token:
    """What a program shows instead of a login; only its hash is kept.

    Attributes:
        owner: account that answers for it; disabled, it takes the token along.
        rights: those it has of its role's.
        used_ns: last use, to the minute; None never.
    """

    name: str
    token_hash: str
    owner: str
    role: str
    rights: tuple[str, ...]
    townships: tuple[str, ...]
    sites: tuple[str, ...]
    created_ns: int
    expires_ns: int
    used_ns: int | None = None
    revoked_ns: int | None = None


@dataclass(frozen=True, slots=True)
class LoginAttempt:
    """A visitor whom we sent to the identity provider; used once.

    Attributes:
        state_hash: of what the provider hands back to us.
        nonce: that its token must repeat.
        verifier: proves that we are who asked (PKCE).
    """

    state_hash: str
    nonce: str
    verifier: str
    expires_ns: int


@dataclass(frozen=True, slots=True)
class Session:
    """A login that lasts. Only the hash of its token is kept.

    Attributes:
        csrf: what every changing request of a browser must repeat.
        expires_ns: when it ends by itself.
    """

    token_hash: str
    user: str
    csrf: str
    expires_ns: int
