from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import msgspec
import pytest

from domain.alarm import AlarmKind
from domain.asset import Assets, Device, DeviceKind
from domain.command import Command
from domain.errors import StoreUnavailable
from domain.quality import Quality
from domain.quantity import Quantity
from lifeline.collect import Collector
from lifeline.linkage import Linkages
from lifeline.records import Linkage
from lifeline.story import Story
from lifeline.times import beijing
from store.series import Trend
from tests.blank import blank_records
from tests.lifeline.support import ASSETS, START_NS, S, canon, line
from tests.lifeline.test_collect import waiting, write

FAN = Device("F1", DeviceKind.FAN, "S1")
SECOND = Device("V2", DeviceKind.CUTOFF_VALVE, "S1")
STORY = Story("a1-1", line("acknowledge", "C", 60), START_NS, START_NS + 60 * S)
Points = Sequence[tuple[int, float]]


@dataclass
class Known:
    """Commands and positions by device, seconds from the raise on."""

    sent_s: Sequence[int] = ()
    points: dict[str, Points] = field(default_factory=dict)
    bad: frozenset[int] = frozenset()
    step_ns: int = 0
    away: int = 0
    asked: int = 0

    def commands(self, *, device: str | None = None, limit: int = 200) -> list[Command]:
        assert limit
        return [
            Command(f"c{at}", device or "", "S1", "wang", "", "", urgent=True, requested_ns=0, confirm_by_ns=0,
                    sent_ns=START_NS + at * S)
            for at in self.sent_s
        ]  # fmt: skip

    def series(self, device: str, quantity: Quantity, from_ns: int, to_ns: int, points: int) -> Trend:
        self.asked += 1
        if self.away:
            raise StoreUnavailable("away")
        assert (quantity is Quantity.FAN_ON) == (device == "F1")
        seen = [(START_NS + at * S, value, at) for at, value in self.points.get(device, ())]
        seen = [one for one in seen if from_ns <= one[0] < to_ns][:points]
        quality = [Quality.BAD if at in self.bad else Quality.GOOD for *_, at in seen]
        return Trend([one[0] for one in seen], [one[1] for one in seen], [*map(int, quality)], self.step_ns)


def linkages(known: Known, *more: Device, clock_ns: list[int] | None = None) -> Linkages:
    assets = Assets(ASSETS.sites, ASSETS.zones, dict(ASSETS.devices) | {device.id: device for device in more})
    now_ns = clock_ns or [START_NS]
    return Linkages(known, known, assets, lambda: now_ns[0])


def told(known: Known, *more: Device, story: Story = STORY) -> tuple[str, str, str]:
    found = linkages(known, *more).of(story)
    return found.valve_cmd_time, found.valve_closed_time, found.fan_on_time


def at(seconds: int) -> str:
    return beijing(START_NS + seconds * S)


def test_the_command_the_closing_and_the_fan_are_told() -> None:
    points: dict[str, Points] = {"V1": [(-300, 1), (9, 1), (12, 0), (20, 0)], "F1": [(-60, 0), (5, 1)]}
    assert told(Known([30, 4], points), FAN) == (at(4), at(12), at(5))


@pytest.mark.parametrize(
    ("points", "closed"),
    [
        ([(-90, 1), (-30, 0)], at(-30)),  # its own controller was faster than our delays
        ([(-500, 1), (-300, 0)], ""),  # long before: for something else
        ([(-500, 0), (10, 0)], ""),  # closed all the time
        ([(10, 0)], ""),  # nobody knows how it stood before
        ([(-90, 1), (30, 0.5)], ""),
        ([(-90, 1), (61, 0)], ""),  # behind the last change: the next record tells it
        ([(-90, 1), (7, 0), (8, 0)], at(8)),  # what is not good at 7 s is no report
    ],
)
def test_only_a_closing_that_belongs_to_the_alarm_is_told(points: Points, closed: str) -> None:
    assert told(Known(points={"V1": points}, bad=frozenset({7}))) == ("", closed, "")


def test_a_site_is_closed_when_its_last_valve_is() -> None:
    one: dict[str, Points] = {"V1": [(-90, 1), (5, 0)]}
    assert told(Known(points=one), SECOND)[1] == ""
    assert told(Known(points=one | {"V2": [(-90, 1), (20, 0)]}), SECOND)[1] == at(20)
    assert told(Known(points=one | {"V2": [(-90, 0)]}), SECOND)[1] == at(5)


def test_only_alarms_of_gas_and_of_valves_have_a_linkage() -> None:
    known = Known([4], {"V1": [(-90, 1), (5, 0)]})
    for kind, seen in ((AlarmKind.BATTERY_LOW, ""), (AlarmKind.LINKAGE_FAILED, at(5)), (AlarmKind.GAS_LOW, at(5))):
        assert told(known, story=replace(STORY, entry=replace(STORY.entry, kind=kind)))[1] == seen
    assert told(replace(known, step_ns=60 * S))[1] == ""  # roll-ups have no moments


def test_series_that_do_not_answer_delay_no_alarm_and_are_asked_again_after_a_minute() -> None:
    known, clock_ns = Known([4], {"V1": [(-90, 1), (5, 0)]}, away=1), [START_NS]
    looks = linkages(known, clock_ns=clock_ns)
    assert [looks.of(STORY), looks.of(STORY)] == [Linkage(valve_cmd_time=at(4))] * 2
    assert known.asked == 1
    known.away, clock_ns[0] = 0, START_NS + 61 * S
    assert looks.of(STORY).valve_closed_time == at(5)


def test_the_record_of_an_alarm_carries_it_to_the_platform(tmp_path: Path) -> None:
    records, known = blank_records(tmp_path / "records.db"), Known(points={"V1": [(-90, 1), (5, 0)]})
    write(records, [line("raise", "B", 0), line("acknowledge", "C", 60)])
    writer = canon()
    collector = Collector(
        records, "t", writer, kinds=("alarm",), most=9, clock_ns=lambda: START_NS, linkages=linkages(known)
    )
    collector.work()
    bodies = [msgspec.json.decode(parcel.body, type=dict[str, Any]) for parcel in waiting(records, "alarm")]
    assert [body["linkage"]["valve_closed_time"] for body in bodies] == ["", at(5)]
    records.close()
