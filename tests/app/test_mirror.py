"""What is copied of alarms for charts: every transition once, what stands again and again, and noughts too."""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path

import pytest

from app.pulse import CanaryPulse, PulseFile, WatchPulse
from app.roles.delay import Delay
from app.roles.mirror import EVERY_NS, READER, SITES_EVERY_NS, Mirror
from app.showing import Delays, health_of, outboxes_of
from domain.alarm import CANARY, Alarm, AlarmKind, Condition, Life, StateLetter
from domain.asset import Assets, Device, DeviceKind
from domain.errors import StoreUnavailable
from domain.parcel import Parcel
from domain.record import DeviceState, JournalEntry, Notice
from store.framelog import FrameLog
from store.records import Records
from store.series import RefusedLine
from tests.app.support import Clock, configuration
from tests.blank import blank_records

S = 1_000_000_000
DAY_NS = 86_400 * S
NOW_NS = 100 * DAY_NS
ALARM = Alarm("9d22", AlarmKind.GAS_HIGH, "G1", "G1", "S1", "Z1", Life(level=1, occurrence=1), priority=2, value=55.0)


class Points:
    """Lines in memory; away while it is told to be."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self.away = False

    def put(self, lines: Sequence[str]) -> Sequence[RefusedLine]:
        if self.away:
            raise StoreUnavailable("away")
        self.lines += lines
        return []

    def of(self, measurement: str) -> list[str]:
        return [line for line in self.lines if line.startswith(f"{measurement},")]


@pytest.fixture
def records(tmp_path: Path) -> Iterator[Records]:
    found = blank_records(tmp_path / "records.db")
    yield found
    found.close()


@pytest.fixture
def clock() -> Clock:
    found = Clock()
    found.now_ns = NOW_NS
    return found


@pytest.fixture
def points() -> Points:
    return Points()


@pytest.fixture
def mirror(records: Records, points: Points, clock: Clock) -> Mirror:
    return Mirror(
        records,
        points,
        assets=configuration().assets,
        health=lambda: {"watch": {"unread": 3.0}},
        clock_ns=clock,
        keep_ns=90 * DAY_NS,
    )


def note(records: Records, *entries: tuple[str, str, int]) -> None:
    with records.unit() as unit:
        unit.save(ALARM)
        for event, device, time_ns in entries:
            what = event, StateLetter.NORMAL, StateLetter.ACTIVE_UNACKNOWLEDGED, AlarmKind.GAS_HIGH, 2, 1
            unit.journal(JournalEntry("9d22", 1, *what, device, "S1", "", 1, time_ns, 55.0, 50.0))


def stand(records: Records, *alarms: Alarm) -> None:
    with records.unit() as unit:
        for alarm in alarms:
            unit.save(alarm)


def test_a_transition_is_a_point_with_its_words_and_its_place(mirror: Mirror, records: Records, points: Points) -> None:
    note(records, ("raise", "G1", NOW_NS), ("annunciate", "G1", NOW_NS), ("raise", CANARY, NOW_NS))
    assert not mirror.step()
    raised, told = points.of("alarm_event")
    tags = "device=G1,district=D1,event=raise,kind=gas_high,priority=2,site=S1,state=B,zone=Z1"
    words = 'alarm_id="9d22",text="古城小厨 G1 可燃气体 55 %LEL > 二级限 50 %LEL",value=55.0,limit=50.0'
    assert raised == f"alarm_event,{tags} {words} {NOW_NS + 1}"
    assert "event=annunciate" in told
    assert records.cursor(READER) == 3


def test_the_cursor_waits_while_the_points_go_nowhere(mirror: Mirror, records: Records, points: Points) -> None:
    mirror.step()
    note(records, ("raise", "G1", NOW_NS))
    points.away = True
    with pytest.raises(StoreUnavailable):
        mirror.step()
    assert records.cursor(READER) == 0
    points.away = False
    mirror.step()
    assert len(points.of("alarm_event")) == 1


def test_what_is_older_than_the_series_keep_is_passed_over(mirror: Mirror, records: Records, points: Points) -> None:
    note(records, ("raise", "G1", NOW_NS - 91 * DAY_NS), ("raise", "G1", NOW_NS - 89 * DAY_NS))
    mirror.step()
    assert len(points.of("alarm_event")) == 1
    assert records.cursor(READER) == 2


def test_what_stands_is_told_again_with_noughts_until_it_stands_no_more(
    mirror: Mirror, records: Records, points: Points, clock: Clock
) -> None:
    active = replace(ALARM.life, condition=Condition.ACTIVE, acknowledged=False)
    shelved = replace(active, shelf_until_ns=1)
    stand(records, replace(ALARM, life=active), replace(ALARM, id="x", subject="G2", life=shelved))
    mirror.step()
    first, second = points.of("alarm_active")
    assert "alarm_active,device=G1,district=D1,kind=gas_high,site=S1,zone=Z1 " in first
    assert ",acknowledged=false,priority=2i,first_time=0i,lat=25.6,lon=100.26 " in first
    assert 'state="G"' in second
    counts = [line.split(" ", 1)[1].rsplit(" ", 1)[0] for line in points.of("alarm_count")]
    assert counts[1] == "unacknowledged=1i,acknowledged=0i,shelved=1i"
    assert {counts[0], *counts[2:]} == {"unacknowledged=0i,acknowledged=0i,shelved=0i"}
    clock.now_ns += EVERY_NS - 1
    mirror.step()
    assert len(points.of("alarm_count")) == 4
    clock.now_ns += 1
    mirror.step()
    assert len(points.of("alarm_count")) == 8
    clock.now_ns -= DAY_NS  # set back
    mirror.step()
    assert len(points.of("alarm_count")) == 12


def test_places_come_once_an_hour_and_health_with_every_count(mirror: Mirror, points: Points, clock: Clock) -> None:
    for _ in range(2):
        mirror.step()
        clock.now_ns += EVERY_NS
    assert [line.rsplit(" ", 1)[0] for line in points.of("site")] == [
        "site,district=D1,site=S1,zone=Z1 lat=25.6,lon=100.26",
        "site,district=D1,site=S2,zone=Z1 lat=25.6,lon=100.27",
    ]
    assert points.of("pipeline") == [
        f"pipeline,reader=watch unread=3.0 {NOW_NS}",
        f"pipeline,reader=watch unread=3.0 {NOW_NS + EVERY_NS}",
    ]
    clock.now_ns = NOW_NS + SITES_EVERY_NS
    mirror.step()
    assert len(points.of("site")) == 4


def test_points_that_are_refused_are_told_and_hold_nobody_up(
    records: Records, clock: Clock, caplog: pytest.LogCaptureFixture
) -> None:
    class Picky(Points):
        def put(self, lines: Sequence[str]) -> Sequence[RefusedLine]:
            return [RefusedLine(0, "too old")] if super().put(lines) is not None else []

    note(records, ("raise", "G1", NOW_NS))
    empty = Assets({}, {}, {})
    Mirror(records, Picky(), assets=empty, health=dict, clock_ns=clock, keep_ns=DAY_NS).step()
    assert "points of alarms refused, such as: too old" in caplog.text
    assert records.cursor(READER) == 1


def test_our_health_is_how_far_readers_are_behind_and_what_the_ledgers_hold(records: Records, tmp_path: Path) -> None:
    log = FrameLog(tmp_path / "log", segment_bytes=1 << 20, limit_bytes=1 << 24)
    delays = Delays(PulseFile(tmp_path, WatchPulse()), PulseFile(tmp_path, CanaryPulse()))
    measure = health_of(log, records, lambda: 1, lambda: NOW_NS, delays)
    assert "lag_s" not in measure()["write"]
    log.append([(NOW_NS - 5 * S, "a", b""), (NOW_NS - 2 * S, "a", b"")])
    with records.unit() as unit:
        unit.devices([DeviceState("G1", frames=7, duplicates=2, missing=1)])
        unit.set_cursor("watch", 2)
    found = measure()
    assert (found["write"], found["watch"]) == ({"unread": 1.0, "lag_s": 5.0}, {"unread": 0.0, "lag_s": 2.0})
    assert found["all"] == {"admitted": 7.0, "duplicates": 2.0, "missing": 1.0, "quarantined": 0.0, "notices_late": 0.0}


def test_the_slowest_record_of_the_last_seconds_is_a_number_and_so_is_the_test_alarm(
    tmp_path: Path, clock: Clock
) -> None:
    delays = Delays(PulseFile(tmp_path, WatchPulse()), PulseFile(tmp_path, CanaryPulse()))
    delay = Delay(delays.watch, clock)
    assert delays.read(NOW_NS) == {}
    for took_s in (0.25, 2.0, 0.5):
        delay.recorded(clock.now_ns - round(took_s * S))
    assert delays.read(NOW_NS + EVERY_NS - 1) == {"detect_s": 2.0}
    assert delays.read(NOW_NS + EVERY_NS) == {}
    clock.now_ns += 11 * S
    delay.recorded(clock.now_ns - S // 2)
    delays.canary.write(CanaryPulse(NOW_NS, NOW_NS + S))
    assert delays.read(clock.now_ns) == {"detect_s": 0.5, "canary_s": 1.0, "canary_age_s": 10.0}


def test_outboxes_say_how_many_wait_since_when_and_noughts_too(records: Records) -> None:
    with records.unit() as unit:
        unit.save(ALARM)
        for name, attempts in {"a": 0, "b": 2}.items():
            unit.notice(Notice(name, "9d22", 1, "sms", "yang", "{}", due_ns=NOW_NS - 7 * S, attempts=attempts))
    records.enqueue([Parcel("province", "alarm", "9d22", "1", "{}", 1, NOW_NS - 5 * S)], {})
    measured = outboxes_of(records, ["mail", "sms"], ["province", "county"], lambda: NOW_NS)()
    assert measured == {
        ("notice", "mail"): {"waiting": 0.0, "failing": 0.0, "oldest_s": 0.0},
        ("notice", "sms"): {"waiting": 2.0, "failing": 1.0, "oldest_s": 7.0},
        ("city", "province"): {"waiting": 1.0, "failing": 0.0, "oldest_s": 5.0},
        ("city", "county"): {"waiting": 0.0, "failing": 0.0, "oldest_s": 0.0},
    }


def test_outboxes_come_with_every_count_and_dates_of_devices_with_the_places(
    records: Records, points: Points, clock: Clock
) -> None:
    device = Device("G1", DeviceKind.GAS_DETECTOR, "S1", calibrated_on=date(1970, 3, 2), expires_on=date(1970, 4, 21))
    assets = replace(configuration().assets, devices={"G1": device, "G2": Device("G2", DeviceKind.FAN, "S2")})
    mirror = Mirror(
        records,
        points,
        assets=assets,
        health=dict,
        clock_ns=clock,
        keep_ns=DAY_NS,
        outboxes=lambda: {("notice", "sms"): {"waiting": 2.0}},
    )
    mirror.step()
    clock.now_ns += EVERY_NS
    mirror.step()
    assert points.of("outbox") == [f"outbox,kind=notice,target=sms waiting=2.0 {at}" for at in (NOW_NS, clock.now_ns)]
    dates = "dates=2i,calibrated_on=5184000000i,age_d=40.0,expires_on=9504000000i,left_d=10.0"
    assert points.of("calibration") == [f"calibration,device=G1,district=D1,site=S1,zone=Z1 {dates} {NOW_NS}"]
