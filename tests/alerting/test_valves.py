"""The two steps of closing a valve."""

from dataclasses import replace
from pathlib import Path

import pytest

from alerting.valves import WORDS, CannotClose, No, Valve, ValveDesk
from domain.asset import Device, DeviceKind, Power
from domain.command import Command, CommandState
from domain.record import AuditEntry
from domain.rulebook import Rulebook

S = 1_000_000_000
NOW = 1_000 * S
DESK = ValveDesk(Rulebook.parse((Path(__file__).parents[2] / "rulebook.toml").read_text(encoding="utf-8")))
DEVICE = Device("V1", DeviceKind.CUTOFF_VALVE, "S1")
OPEN = Valve(DEVICE, online=True, interval_s=60, position=1, position_ns=NOW - 9 * S, urgent=False, feeds="S1")


class Book:
    """Commands and audit in memory."""

    def __init__(self) -> None:
        self.kept: dict[str, Command] = {}
        self.trail: list[AuditEntry] = []

    def command(self, command_id: str) -> Command | None:
        return self.kept.get(command_id)

    def commands(self, device: str, since_ns: int) -> list[Command]:
        return [c for c in self.kept.values() if c.device == device and c.requested_ns >= since_ns]

    def save_command(self, command: Command) -> None:
        self.kept[command.id] = command

    def audit(self, entry: AuditEntry) -> None:
        self.trail.append(entry)


def ask(book: Book, valve: Valve = OPEN, name: str = "c1", now_ns: int = NOW) -> Command:
    return DESK.request(book, valve, name, "li", "smell", now_ns)


def test_two_steps_of_one_person_send_it_with_its_deadlines() -> None:
    book = Book()
    asked = ask(book)
    assert (asked.state, asked.confirm_by_ns) == (CommandState.REQUESTED, NOW + 10 * S)
    sent = DESK.confirm(book, "c1", "li", Power.BATTERY, NOW + 10 * S)
    assert sent.state is CommandState.SENT
    assert (sent.sent_ns, sent.answer_by_ns, sent.closed_by_ns) == (NOW + 10 * S, NOW + 20 * S, NOW + 70 * S)
    assert [(entry.user, entry.action, entry.target) for entry in book.trail] == [
        ("li", "close requested", "V1"),
        ("li", "close sent", "V1"),
    ]
    assert '"position":1' in book.trail[0].detail


def test_a_mains_valve_has_less_time() -> None:
    book = Book()
    ask(book)
    assert DESK.confirm(book, "c1", "li", Power.MAINS, NOW).closed_by_ns == NOW + 10 * S


@pytest.mark.parametrize(
    ("valve", "why"),
    [
        (OPEN._replace(online=False, worked_on=True), No.WORK),
        (OPEN._replace(online=False), No.OFFLINE),
        (OPEN._replace(position=None), No.STALE),
        (OPEN._replace(position_ns=NOW - 181 * S), No.STALE),
        (OPEN._replace(position=0), No.CLOSED),
    ],
)
def test_what_cannot_be_closed_from_here_is_refused_at_once(valve: Valve, why: No) -> None:
    book = Book()
    refused = ask(book, valve)
    assert (refused.state, refused.detail) == (CommandState.REFUSED, why)
    with pytest.raises(CannotClose, match=WORDS[No.OVER][1]):
        DESK.confirm(book, "c1", "li", Power.MAINS, NOW)


def test_a_moving_valve_may_be_asked_again() -> None:
    assert ask(Book(), OPEN._replace(position=0.5)).state is CommandState.REQUESTED


def test_one_command_at_a_time_and_three_in_five_minutes() -> None:
    book = Book()
    ask(book, name="c0")
    assert ask(book, name="c1").detail == No.UNDER_WAY
    DESK.cancel(book, "c0", "li", NOW)
    for number in range(3):
        name, at_ns = f"d{number}", NOW + number * 60 * S
        ask(book, OPEN._replace(position_ns=at_ns), name, at_ns)
        sent = DESK.confirm(book, name, "li", Power.MAINS, at_ns)
        assert ask(book, OPEN._replace(position_ns=at_ns), "meanwhile", at_ns).detail == No.UNDER_WAY
        book.save_command(replace(sent, state=CommandState.EXPIRED))
    later_ns = NOW + 180 * S
    assert ask(book, OPEN._replace(position_ns=later_ns), "e", later_ns).detail == No.TOO_OFTEN
    much_later_ns = NOW + 301 * S
    assert ask(book, OPEN._replace(position_ns=much_later_ns), "f", much_later_ns).state is CommandState.REQUESTED


def test_what_nobody_confirmed_in_time_is_cancelled_and_blocks_nobody() -> None:
    book = Book()
    asked, late_ns = ask(book), NOW + 10 * S + 1
    assert asked.state_at(late_ns) is CommandState.CANCELLED
    with pytest.raises(CannotClose, match=WORDS[No.OVER][1]):
        DESK.confirm(book, "c1", "li", Power.MAINS, late_ns)
    assert ask(book, name="c2", now_ns=late_ns).state is CommandState.REQUESTED


@pytest.mark.parametrize(("name", "user", "why"), [("c1", "wang", No.NOT_YOURS), ("c9", "li", No.UNKNOWN)])
def test_only_who_asked_may_confirm_or_cancel(name: str, user: str, why: No) -> None:
    book = Book()
    ask(book)
    with pytest.raises(CannotClose) as confirmed:
        DESK.confirm(book, name, user, Power.MAINS, NOW)
    with pytest.raises(CannotClose) as cancelled:
        DESK.cancel(book, name, user, NOW)
    assert confirmed.value.why == cancelled.value.why == why
    assert book.kept["c1"].state is CommandState.REQUESTED


def test_there_is_nothing_that_opens_a_valve() -> None:
    root = Path(__file__).parents[2]
    code = [
        *root.glob("alerting/*.py"),
        *root.glob("api/**/*.py"),
        *root.glob("app/**/*.py"),
        root / "domain/command.py",
    ]
    words = [path.read_text(encoding="utf-8") for path in code if path.exists()]
    assert len(words) > 50
    for text in words:
        assert '"command": "open"' not in text
        assert '/open"' not in text
    assert [text.count('"command": "close"') for text in words if '"command": "' in text] == [1]
