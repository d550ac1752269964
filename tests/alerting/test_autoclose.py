"""The closing rule, told by the log alone."""

from dataclasses import replace

import pytest

from alerting.autoclose import RULE, AutoCloser, Numbers, Wish
from domain.alarm import AlarmKind
from domain.asset import Assets, AutoClose, Device, DeviceKind, Site
from domain.command import Command, CommandState
from domain.finding import Finding, Transition
from domain.quality import Quality
from domain.quantity import Quantity
from domain.record import DeviceState
from domain.sample import Sample

S = 1_000_000_000
NUMBERS = Numbers(tries=3, window_ns=300 * S, pause_ns=10 * S)


def town(auto_close: AutoClose = AutoClose.ON) -> Assets:
    site = Site("S1", "小厨", "Kitchen", "restaurant", "Z1", "D1", 100.0, 25.0, auto_close=auto_close)
    other = replace(site, id="S2", auto_close=AutoClose.OFF)
    devices = [Device(f"V{n}", DeviceKind.CUTOFF_VALVE, f"S{n}") for n in (1, 2)]
    return Assets({"S1": site, "S2": other}, {}, {device.id: device for device in devices})


class Story:
    """A log of single places, a second apart."""

    def __init__(self, assets: Assets | None = None) -> None:
        self.closer = AutoCloser(assets or town(), NUMBERS, DeviceState)
        self.position = 0

    @property
    def now_ns(self) -> int:
        return self.position * S

    def hear(self, said: Sample | Command) -> None:
        self.position += 1
        self.closer.hear(self.position, self.now_ns, said)

    def valve(self, position: float, quality: Quality = Quality.GOOD, *, late: bool = False) -> None:
        odd = {} if quality is Quality.GOOD else {Quantity.VALVE_OPEN: quality}
        self.hear(Sample("V1", self.now_ns, "b", 1, {Quantity.VALVE_OPEN: position}, odd, late))

    def find(
        self, kind: AlarmKind, level: int = 1, transition: Transition = Transition.ONSET, site: str = "S1"
    ) -> list[Wish]:
        self.position += 1
        finding = Finding("d", kind, "G1", site, transition, level, self.position, self.now_ns, 7 * S)
        return list(self.closer.follow(self.position, self.now_ns, [finding]))

    def wait(self, seconds: int) -> list[Wish]:
        self.position += seconds
        return list(self.closer.follow(self.position, self.now_ns, ()))

    def carry_out(self, wish: Wish, state: CommandState = CommandState.SENT, user: str = RULE) -> None:
        command = Command(wish.id, "V1", "S1", user, "gas", "{}", True, 0, 0, state)  # noqa: FBT003
        self.hear(replace(command, closed_by_ns=self.now_ns + 20 * S) if state is CommandState.SENT else command)


@pytest.mark.parametrize(
    ("kind", "level", "site", "wished"),
    [
        (AlarmKind.GAS_HIGH, 1, "S1", ["V1"]),
        (AlarmKind.PIPE_RUPTURE, 1, "S1", ["V1"]),
        (AlarmKind.GAS_DECLARED, 2, "S1", ["V1"]),
        (AlarmKind.GAS_DECLARED, 1, "S1", []),
        (AlarmKind.GAS_LOW, 1, "S1", []),
        (AlarmKind.GAS_HIGH, 1, "S2", []),
    ],
)
def test_second_level_gas_or_a_rupture_wishes_where_the_site_enables_it(
    kind: AlarmKind, level: int, site: str, wished: list[str]
) -> None:
    story = Story()
    story.valve(1)
    assert [wish.valve.device.id for wish in story.find(kind, level, site=site)] == wished


def test_it_is_off_unless_the_site_says_otherwise() -> None:
    assert Story(town(AutoClose.OFF)).find(AlarmKind.GAS_HIGH) == []
    assert Site("S", "", "", "", "", "", 0.0, 0.0).auto_close is AutoClose.OFF


def test_the_same_wish_stands_until_it_is_carried_out_closed_or_over() -> None:
    story = Story()
    story.valve(1)
    (first,) = story.find(AlarmKind.GAS_HIGH)
    assert (first.valve.position, first.valve.urgent, first.cause, first.kind) == (1, True, "G1", "gas_high")
    assert [wish.id for wish in story.wait(1)] == [first.id]
    story.valve(0, Quality.BAD)
    story.valve(0, late=True)
    assert len(story.wait(1)) == 1
    story.valve(0)
    assert story.wait(1) == []
    story.valve(1)
    assert len(story.wait(1)) == 1
    assert story.find(AlarmKind.GAS_HIGH, 0, Transition.END) == []


def test_three_tries_in_five_minutes_each_after_the_one_before_has_ended() -> None:
    story, tried = Story(), []
    story.valve(1)
    story.find(AlarmKind.GAS_HIGH)
    for _ in range(500):
        for wish in story.wait(1):
            tried.append((wish.id, story.position))
            story.carry_out(wish)
    first_ns = tried[0][1]
    assert [position - first_ns for _, position in tried] == [0, 20, 40, 301, 321, 341]
    assert len({name for name, _ in tried}) == 6


def test_a_command_that_could_not_leave_is_one_try_and_a_persons_command_is_waited_for() -> None:
    story = Story()
    story.valve(1)
    (wish,) = story.find(AlarmKind.GAS_HIGH)
    story.carry_out(wish)
    story.carry_out(wish, CommandState.REFUSED)
    assert story.wait(15) == []
    (second,) = story.wait(10)
    story.carry_out(second._replace(id="p"), user="li")
    assert story.wait(15) == []
    assert [again.id for again in story.wait(10)] == [second.id]  # nobody carried it out


def test_goes_on_from_a_snapshot_and_with_another_registry() -> None:
    whole = Story()
    whole.valve(1)
    (wish,) = whole.find(AlarmKind.GAS_HIGH)
    whole.carry_out(wish)
    whole.closer.take(whole.position)
    other = Story()
    other.position = whole.position
    other.closer.restore(whole.closer.snapshot())
    assert other.wait(30) == whole.wait(30)
    other.hear(Command("x", "V1", "S1", "li", "", "{}", True, 0, 0, CommandState.REFUSED))  # noqa: FBT003
    other.closer.configure(town(AutoClose.OFF), NUMBERS)
    assert other.wait(30) == []
    with pytest.raises(ValueError, match="no snapshot of the closing rule"):
        other.closer.restore(b"\xa5hello")
