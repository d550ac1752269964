import pytest

from domain.asset import Assets, Device, DeviceKind, Power
from domain.finding import Finding
from domain.rulebook import Rulebook
from ingest.completeness import Completeness, Missing
from tests.app.support import RULEBOOK

S = 1_000_000_000
START_NS = 1_768_449_600 * S
DEVICES = (
    Device("M", DeviceKind.GAS_DETECTOR, "S1"),
    Device("B", DeviceKind.GAS_DETECTOR, "S2", power=Power.BATTERY),
)
ASSETS = Assets({}, {}, {device.id: device for device in DEVICES})
RULES = Rulebook.parse(RULEBOOK)


def gaps(device: str, *gaps: tuple[float, int], interval_s: float = 60) -> Missing:
    """Of (second of its opening, messages) each."""
    return Missing(device, interval_s, [(START_NS + round(at_s * S), count) for at_s, count in gaps])


def judge(ledger: Completeness, at_s: float, *missing: Missing) -> list[tuple[str, str, int, float | None]]:
    found: list[Finding] = ledger.judge(missing, START_NS + round(at_s * S), 7)
    return [(f.device, f.transition.value, f.level, f.value) for f in found]


@pytest.fixture
def ledger() -> Completeness:
    return Completeness(ASSETS, RULES)


def test_a_gap_of_a_device_on_mains_counts_once_it_is_ten_minutes_old(ledger: Completeness) -> None:
    gap = gaps("M", (0, 1))
    assert judge(ledger, 540, gap) == []
    assert judge(ledger, 600, gap) == [("M", "onset", 1, 100 / 60)]
    assert judge(ledger, 660, gap) == []
    assert judge(ledger, 720) == [("M", "end", 0, None)]
    assert judge(ledger, 780) == []


def test_an_old_gap_of_a_device_on_a_battery_is_still_on_its_way(ledger: Completeness) -> None:
    assert judge(ledger, 1_800, gaps("B", (0, 1), (0, 1))) == []


@pytest.mark.parametrize("device", ["M", "B"])
@pytest.mark.parametrize(
    ("interval_s", "count", "level"), [(60, 3, 0), (60, 4, 2), (5, 36, 0), (5, 37, 2), (600, 1, 0), (600, 2, 2)]
)
def test_more_than_a_twentieth_of_an_hour_is_level_two_whatever_the_power(
    ledger: Completeness, device: str, interval_s: float, count: int, level: int
) -> None:
    found = judge(ledger, 60, gaps(device, (0, count), interval_s=interval_s))
    assert [entry[2] for entry in found] == ([level] if level else [])


def test_worsens_once_and_keeps_its_onset_and_its_worst_level(ledger: Completeness) -> None:
    judge(ledger, 600, gaps("M", (0, 1)))
    (worse,) = ledger.judge([gaps("M", (0, 1), (630, 30))], START_NS + 660 * S, 9)
    assert (worse.transition, worse.level, worse.onset_ns, worse.position) == ("escalate", 2, START_NS + 600 * S, 9)
    assert worse.value == pytest.approx(100 * 31 / 60)
    assert (worse.limit, worse.site) == (5, "S1")
    assert judge(ledger, 720, gaps("M", (0, 1))) == []
    assert judge(ledger, 780) == [("M", "end", 0, None)]


def test_never_more_than_everything_is_missing(ledger: Completeness) -> None:
    assert judge(ledger, 60, gaps("M", (0, 1_000_000)))[0][3] == 100


def test_is_judged_once_in_a_minute_of_log_time(ledger: Completeness) -> None:
    assert ledger.due(START_NS)
    judge(ledger, 0)
    assert [ledger.due(START_NS + at_s * S) for at_s in (0, 59, 60)] == [False, False, True]
    assert ledger.since_ns(START_NS) == START_NS - 3_600 * S


def test_a_device_that_is_registered_no_more_ends(ledger: Completeness) -> None:
    judge(ledger, 600, gaps("M", (0, 1)))
    ledger.configure(Assets({}, {}, {}), RULES)
    assert judge(ledger, 660, gaps("M", (0, 1))) == [("M", "end", 0, None)]


def test_goes_on_from_a_snapshot_as_if_never_stopped(ledger: Completeness) -> None:
    judge(ledger, 600, gaps("M", (0, 1)))
    other = Completeness(ASSETS, RULES)
    other.restore(ledger.snapshot())
    assert not other.due(START_NS + 600 * S)
    assert judge(other, 660) == judge(ledger, 660) == [("M", "end", 0, None)]
    with pytest.raises(ValueError, match="no snapshot of the completeness"):
        other.restore(b"")
