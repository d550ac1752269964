from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from alerting.notify.channel import Accepted, ChannelUnavailable, Refused
from alerting.notify.quota import Limit, Metered, exceeded
from domain.record import Notice

S = 1_000_000_000
VOICE = (Limit.parse("1/min"), Limit.parse("5/h"), Limit.parse("20/d"))
NOTICE = Notice("k", "a", 1, "voice", "li", "{}", due_ns=0, address="139", priority=1)


class Channel:
    """Answers what it is told to."""

    def __init__(self) -> None:
        self.answer: Accepted | Refused | None = Accepted("1")
        self.sent = 0

    def send(self, _notice: Notice) -> Accepted | Refused:
        self.sent += 1
        if self.answer is None:
            raise ChannelUnavailable("hangs")
        return self.answer


class History:
    """What the records know."""

    def __init__(self, *times_s: int) -> None:
        self.times_ns = [time_s * S for time_s in times_s]
        self.asked: list[tuple[str, str | None, int]] = []

    def accepted_since(self, channel: str, address: str | None, since_ns: int) -> list[int]:
        self.asked.append((channel, address, since_ns // S))
        return [time_ns for time_ns in self.times_ns if time_ns >= since_ns]


class Desk:
    """A metered channel and the clock that it goes by."""

    def __init__(self, *limits: str, shared: bool = False, history: History | None = None, start_s: int = 0) -> None:
        self.now_s, self.channel = start_s, Channel()
        found = [Limit.parse(text) for text in limits]
        history = history or History()
        self.metered = Metered(
            self.channel, "voice", found, shared=shared, history=history, clock_ns=lambda: self.now_s * S
        )

    def send(self, now_s: int, address: str = "139", priority: int = 1) -> Accepted | Refused:
        self.now_s = now_s
        return self.metered.send(replace(NOTICE, address=address, priority=priority))


@pytest.mark.parametrize("text", ["", "20", "0/min", "20/week", "-1/min", "1.5/h", "20 / min"])
def test_a_limit_of_another_form_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(ValueError, match="such as 20/min"):
        Limit.parse(text)


@given(most=st.integers(1, 999_999), unit=st.sampled_from(["s", "min", "h", "d"]))
def test_a_limit_reads_as_it_is_written(most: int, unit: str) -> None:
    assert str(Limit.parse(f"{most}/{unit}")) == f"{most}/{unit}"


@given(
    times_s=st.lists(st.integers(0, 7_200), max_size=30),
    most=st.integers(1, 10),
    window_s=st.sampled_from([1, 60, 3_600]),
    priority=st.integers(1, 4),
)
def test_no_window_ever_holds_more_than_its_limit(times_s: list[int], most: int, window_s: int, priority: int) -> None:
    limit, made = Limit(most, window_s), list[int]()
    for time_s in sorted(times_s):
        if exceeded([limit], made, priority, time_s * S) is None:
            made.append(time_s * S)
    for last_ns in made:
        assert sum(last_ns - window_s * S < time_ns <= last_ns for time_ns in made) <= limit.allowed(priority)


def test_half_is_kept_for_priority_1_and_one_always_remains() -> None:
    assert [Limit.parse("5/h").allowed(priority) for priority in (1, 2, 3, 4)] == [5, 2, 2, 2]
    assert Limit.parse("1/min").allowed(4) == 1


def test_the_longest_broken_limit_is_told() -> None:
    times = [hour * 3_600 * S for hour in range(20)]
    assert exceeded(VOICE, times, 1, 19 * 3_600 * S + 1) == Limit(20, 86_400)


def test_a_call_every_five_minutes_is_stopped_by_the_hour_and_goes_on_elsewhere() -> None:
    desk = Desk("1/min", "5/h", "20/d")
    answers = [desk.send(minute * 60) for minute in range(0, 60, 5)]
    assert answers[:5] == [Accepted("1")] * 5
    assert answers[5] == Refused("quota", "our own limit of 5/h, half of it kept for priority 1", retryable=False)
    assert desk.channel.sent == 5
    assert desk.send(3_600) == Accepted("1")  # the first has left the hour
    assert desk.send(3_601, address="138") == Accepted("1")  # and another person has quota of his own


def test_a_limit_that_passes_within_a_minute_is_worth_waiting_for() -> None:
    desk = Desk("1/min")
    desk.send(0)
    answer = desk.send(59)
    assert isinstance(answer, Refused)
    assert (answer.code, answer.retryable) == ("quota", True)
    assert desk.send(60) == Accepted("1")


def test_a_rain_of_low_alarms_leaves_a_robot_its_half_for_a_leak() -> None:
    desk = Desk("20/min", shared=True)
    low = [desk.send(1, address="", priority=4) for _ in range(30)]
    urgent = [desk.send(2, address=str(person), priority=1) for person in range(30)]
    assert [low.count(Accepted("1")), urgent.count(Accepted("1"))] == [10, 10]
    assert isinstance(low[-1], Refused)
    assert low[-1].retryable


def test_what_was_refused_does_not_count_and_what_was_not_answered_does() -> None:
    desk = Desk("1/h")
    desk.channel.answer = Refused("isv.AMOUNT_NOT_ENOUGH", "no money", retryable=True)
    desk.send(0)
    desk.channel.answer = None
    with pytest.raises(ChannelUnavailable):
        desk.send(5)
    desk.channel.answer = Accepted("1")
    assert desk.send(10) != Accepted("1")
    assert desk.channel.sent == 2


def test_the_providers_own_stop_counts() -> None:
    desk = Desk("1/h")
    desk.channel.answer = Refused("quota", "isv.BUSINESS_LIMIT_CONTROL", retryable=False)
    desk.send(0)
    assert desk.send(5) == Refused("quota", "our own limit of 1/h, half of it kept for priority 1", retryable=False)


def test_what_was_taken_on_before_our_start_counts_and_what_came_after_it_once() -> None:
    history = History(1_000, 2_000, 7_000)  # the last came after our start: it is counted here
    desk = Desk("5/h", history=history, start_s=4_000)
    desk.now_s = 4_000
    sent = [desk.send(4_500) for _ in range(4)]
    assert sent[:3] == [Accepted("1")] * 3
    assert isinstance(sent[3], Refused)
    assert history.asked == [("voice", "139", 400)]


def test_a_robots_attempts_are_asked_for_all_receivers_together() -> None:
    history = History()
    Desk("20/min", shared=True, history=history, start_s=100).send(101)
    assert history.asked == [("voice", None, 40)]
