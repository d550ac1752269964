"""What the API needs of the others. `app` builds the real ones; the names say which."""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import NamedTuple, Protocol

import alerting.handling
import alerting.ports
import ledger.desk
import ledger.ports
from alerting.desk import Desk
from alerting.permits import Wish
from alerting.valves import Valve
from api.provider import Provider
from domain.alarm import Alarm, AlarmKind, StateLetter
from domain.asset import Assets, Device
from domain.command import Command
from domain.cylinder import Move
from domain.delivery import Delivery
from domain.duty import Override, StoredReceipt
from domain.frame import Frame
from domain.handling import HandlingStep
from domain.instruction import Instruction, Reply
from domain.network import Network
from domain.parcel import Backlog, Parcel
from domain.period import Period
from domain.permit import Permit
from domain.quantity import Quantity
from domain.record import (
    AuditEntry,
    DeviceState,
    Gap,
    Incident,
    JournalEntry,
    LoginAttempt,
    Notice,
    Quarantined,
    Session,
    Token,
    User,
)
from domain.rulebook import Rulebook
from ledger.reports.schedule import Issue
from ledger.reports.shelf import Held
from lifeline.inbound import Told, understand


class Reader(NamedTuple):
    """Where a reader of the frame log stands.

    Attributes:
        lag_frames: that it has still to read.
        lag_s: between now and the arrival of the last frame that it has done; the log ticks every second, so that
            a large one means a reader that has stopped.
    """

    lag_frames: int
    lag_s: float


class Pipeline(NamedTuple):
    """What the roles say of themselves.

    Attributes:
        log: why the frame log takes nothing; "" while it does.
        broker: why nothing is received; "" while connected and subscribed.
        probe: why the broker's queue cannot be trusted; "" when the last probe passed.
        dropped: messages that the broker dropped; None where it does not say.
        refused: attempts and lines that the time series refused, by reason.
        forgotten: refused parts that left the quarantine by age, by reason.
        commits: of the frame log: (seconds at most, how many of them beyond the bound before); the last bound is
            infinite.
        commits_s: how long all of them took together.
        canary: when the newest test alarm was sent and when it came through; None: none is sent, or none came yet.
        turned: when each role that says so last turned over; 0 never.
        channels: names of those that notices go out by.
        frames: that the log was given, ever.
        stored: frames of devices that the series have, ever.
        space: what the log takes, should stay below, and what is free of its disk, in bytes.
    """

    log: str
    broker: str
    probe: str
    dropped: int | None
    refused: Mapping[str, int]
    forgotten: Mapping[str, int]
    commits: Sequence[tuple[float, int]]
    commits_s: float
    canary: tuple[int, int] | None = None
    turned: Mapping[str, int] = MappingProxyType({})
    channels: Sequence[str] = ()
    frames: int = 0
    stored: int = 0
    space: tuple[int, int, int] = (0, 0, 0)


class Waits(Protocol):
    """Notices of one channel that wait: `store.outbox.Waiting`."""

    @property
    def number(self) -> int: ...
    @property
    def tried(self) -> int: ...
    @property
    def oldest_ns(self) -> int: ...


class Duties(alerting.ports.Duties, Protocol):
    """Plan, overrides, escalations and answers at one moment: `store.duties.Duties`."""

    def answered(self, people: Collection[str]) -> dict[str, int]: ...


class Unit(alerting.ports.Unit, alerting.handling.Unit, ledger.desk.Unit, Protocol):
    """One write transaction: `store.unit.Unit`."""

    def audited(self, limit: int, actions: Collection[str]) -> list[AuditEntry]: ...
    def instruction(self, target: str, instruction_id: str) -> Instruction | None: ...
    def add_instruction(self, instruction: Instruction) -> None: ...
    def inquiry(self, seq: int) -> Instruction | None: ...
    def add_reply(self, reply: Reply) -> None: ...
    def add_override(self, override: Override) -> int: ...
    def drop_override(self, override_id: int, user: str, now_ns: int) -> None: ...

    def add_session(self, session: Session) -> None: ...
    def drop_session(self, token_hash: str) -> None: ...
    def drop_expired_sessions(self, now_ns: int) -> None: ...
    def drop_sessions_of(self, user: str) -> None: ...
    def user(self, name: str) -> User | None: ...
    def users(self) -> list[User]: ...
    def add_user(self, user: User) -> None: ...
    def save_user(self, user: User) -> None: ...
    def tokens(self) -> list[Token]: ...
    def add_token(self, token: Token) -> None: ...
    def use_token(self, name: str, now_ns: int) -> None: ...
    def revoke_token(self, name: str, now_ns: int) -> None: ...
    def add_login_attempt(self, attempt: LoginAttempt, now_ns: int, most: int) -> bool: ...
    def take_login_attempt(self, state_hash: str, now_ns: int) -> LoginAttempt | None: ...


class Records(ledger.ports.Reader, Protocol):
    """The records database: `store.records.Records`."""

    def unit(self) -> AbstractContextManager[Unit]: ...
    def duties(self) -> AbstractContextManager[Duties]: ...
    def notices(
        self, *, alarm_id: str | None = None, occurrence: int | None = None, limit: int = 200
    ) -> list[Notice]: ...
    def notice_of(self, channel: str, provider_id: str) -> Notice | None: ...
    def add_receipt(self, receipt: StoredReceipt) -> Notice | None: ...
    def alarm(self, alarm_id: str) -> Alarm | None: ...
    def alarms(
        self,
        *,
        standing: bool = False,
        state: StateLetter | None = None,
        priority: int | None = None,
        site: str | None = None,
        kind: AlarmKind | None = None,
        incident_id: str | None = None,
        sites: Collection[str] | None = None,
        within_ns: tuple[int, int] | None = None,
        after: str = "",
        newest: tuple[int, str] | None = None,
        limit: int = 200,
    ) -> list[Alarm]: ...
    def journal(
        self,
        *,
        after: int = 0,
        limit: int = 500,
        alarm_id: str | None = None,
        incident_id: str | None = None,
        sites: Collection[str] | None = None,
    ) -> list[JournalEntry]: ...
    def latest_lines(self, alarm_ids: Collection[str], events: Collection[str]) -> list[JournalEntry]: ...
    def count_journal(self, after: int, sites: Collection[str] | None = None) -> int: ...
    def last_journal(self) -> int: ...
    def incidents(
        self,
        *,
        open_only: bool = False,
        below: tuple[int, str] | None = None,
        limit: int = 200,
        sites: Collection[str] | None = None,
    ) -> list[Incident]: ...
    def incident(self, incident_id: str) -> Incident | None: ...
    def period(self, from_ns: int, to_ns: int, sites: Collection[str] | None = None) -> Period: ...
    def quarantine(
        self,
        *,
        after: int = 0,
        limit: int = 200,
        reason: str | None = None,
        device: str | None = None,
        sites: Collection[str] | None = None,
    ) -> list[Quarantined]: ...
    def quarantine_counts(self) -> dict[str, int]: ...
    def backlogs(self) -> dict[str, Backlog]: ...
    def waiting(self) -> Mapping[str, Waits]: ...
    def dead_parcels(self, target: str, limit: int = 50) -> list[Parcel]: ...
    def cursor(self, reader: str) -> int: ...
    def inquiries(self, limit: int = 50) -> list[tuple[Instruction, Reply | None]]: ...
    def deliveries(
        self,
        *,
        sites: Collection[str] | None = None,
        site: str | None = None,
        vehicle: str | None = None,
        cylinder: str | None = None,
        breach: str | None = None,
        below: int = 0,
        limit: int = 200,
    ) -> list[Delivery]: ...
    def cylinder_moves(self, sites: Collection[str] | None = None, codes: Collection[str] = ()) -> list[Move]: ...
    def count_gaps(self) -> int: ...
    def quarantined(self, entry_id: int) -> Quarantined | None: ...
    def gaps(
        self,
        device: str | None = None,
        limit: int = 200,
        *,
        devices: Collection[str] | None = None,
        open_only: bool = False,
        below: tuple[int, str, int, str] | None = None,
    ) -> list[Gap]: ...
    def device_states(self) -> dict[str, DeviceState]: ...
    def members(self, incident_id: str) -> list[Alarm]: ...
    def steps(self, incident_id: str) -> list[HandlingStep]: ...
    def audit_trail(self) -> Iterator[AuditEntry]: ...
    def command(self, command_id: str) -> Command | None: ...
    def commands(
        self, *, device: str | None = None, sites: Collection[str] | None = None, limit: int = 200
    ) -> list[Command]: ...
    def user(self, name: str) -> User | None: ...
    def users(self) -> list[User]: ...
    def token(self, token_hash: str) -> Token | None: ...
    def tokens(self) -> list[Token]: ...
    def audit(
        self, limit: int = 200, after: int = 0, *, actions: Collection[str] | None = None
    ) -> list[AuditEntry]: ...
    def session(self, token_hash: str) -> Session | None: ...


class Closing(Protocol):
    """The two steps of closing a valve: `app.closing.Closing`."""

    def request(self, valve: Valve, command_id: str, user: str, reason: str) -> Command: ...
    def confirm(self, command: Command, user: str) -> Command: ...
    def cancel(self, command: Command, user: str) -> Command: ...


class Working(Protocol):
    """Work permits of devices: `app.working.Working`."""

    def in_force(self) -> list[Permit]: ...
    def begin(self, device: Device, wish: Wish) -> Permit: ...
    def end(self, device: str, user: str, comment: str) -> Permit: ...


class Trend(Protocol):
    """Columns of one quantity, oldest first."""

    @property
    def time_ns(self) -> Sequence[int]: ...
    @property
    def value(self) -> Sequence[float]: ...
    @property
    def quality(self) -> Sequence[int]: ...
    @property
    def step_ns(self) -> int: ...


class Latest(Protocol):
    """Newest value of one quantity."""

    @property
    def time_ns(self) -> int: ...
    @property
    def value(self) -> float: ...
    @property
    def quality(self) -> int: ...
    @property
    def late(self) -> bool: ...


class Series(Protocol):
    """The time series: `store.series.EmbeddedSeries`."""

    def series(self, device: str, quantity: Quantity, from_ns: int, to_ns: int, points: int) -> Trend: ...
    def latest(self, device: str) -> Mapping[Quantity, Latest]: ...


class Shelf(Protocol):
    """The reports that were made by themselves: `ledger.reports.shelf.Shelf`."""

    def issues(self) -> set[Issue]: ...
    def held(self, issue: Issue) -> Held: ...
    def read(self, name: str) -> bytes | None: ...


class Push(NamedTuple):
    """Takes what carriers' platforms push.

    Attributes:
        token: that their addresses carry.
        append: writes one push durably: carrier, product, name of the device there, body (StoreUnavailable).
    """

    token: str
    append: Callable[[str, str, str, bytes], None]


class Platform(NamedTuple):
    """A platform of the city that may tell us to do something.

    Attributes:
        account: whose role and scope it has.
        open: gives what a call says: path, body, headers (NotSealed).
        hear: reads an instruction in the platform's words (NotUnderstood).
    """

    account: str
    open: Callable[[str, bytes, Mapping[str, str]], bytes]
    hear: Callable[[bytes], Told] = understand


@dataclass(frozen=True, slots=True)
class Services:
    """Everything that the API works with.

    Attributes:
        records: the records database.
        series: the time series.
        desk: what people do to alarms.
        assets: sites, zones and devices.
        rulebook: the limits in force.
        clock_ns: now, nanoseconds since 1970.
        log_status: readers of the frame log by name (blocks a little; StoreUnavailable when the log is away).
        pipeline: what the roles say of themselves (blocks a little).
        retry: decodes a quarantine entry once more: takes its id and the user, marks and audits it, gives the position
            of the appended frame.
        break_glass: raises the alarm that an emergency account is in use: takes its name, gives the position of the
            frame (StoreUnavailable: the log is away).
        closing: asks a valve to close.
        working: puts devices under a work permit.
        frames: raw frames of some devices between two times.
        shelf: the reports that were made by themselves.
        oidc: the identity provider; None: there is none.
        receipts_token: that the addresses of receipts carry; "" where no provider reports.
        dead_man: takes which signs of life a watch outside misses: by fingerprint a code, "" where it is over; and who
            says so (StoreUnavailable).
        version: of the program.
        root: of the MQTT topics.
        network: pipes for the map; None where none is drawn.
        push: takes what carriers' platforms push; None where none does.
        platforms: of the city that may tell us to do something, by their names.
        targets: names of the platforms that hear of us.
    """

    records: Records
    series: Series
    desk: Desk
    assets: Assets
    rulebook: Rulebook
    clock_ns: Callable[[], int]
    log_status: Callable[[], Mapping[str, Reader]]
    pipeline: Callable[[], Pipeline]
    retry: Callable[[int, str], int]
    break_glass: Callable[[str], int]
    closing: Closing
    working: Working
    frames: Callable[[Collection[str], int, int], Iterable[Frame]]
    shelf: Shelf
    oidc: Provider | None
    dead_man: Callable[[Mapping[str, str], str], None]
    version: str
    root: str
    network: Network | None = None
    receipts_token: str = ""
    push: Push | None = None
    platforms: Mapping[str, Platform] = field(default_factory=dict)
    targets: Sequence[str] = ()
