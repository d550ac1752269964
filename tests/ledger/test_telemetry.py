"""What measured values prove by themselves, and what they do not."""

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import pytest

from domain.alarm import Alarm, AlarmKind, StateLetter
from domain.asset import Assets, Device, DeviceKind, Power, Tier
from domain.record import JournalEntry
from domain.rulebook import Rulebook
from ledger.monitoring import Found
from ledger.telemetry import Spans
from tests.ledger.support import DAY_NS, S, Seen, telemetry
from tests.ledger.test_keeper import ASSETS, DEVICES, HOUR_NS, NOW_NS, SITES

LOW = JournalEntry(
    "a1", 1, "return", StateLetter.ACTIVE_UNACKNOWLEDGED, StateLetter.NORMAL, AlarmKind.GAS_LOW, 3, 1, "G1", "S1", "",
    1, NOW_NS + 100 * S,
)  # fmt: skip
HIGH = Alarm("a2", AlarmKind.PRESSURE_HIGH, "P1", "P1", "S1", "Z1", raised_ns=NOW_NS)


@pytest.mark.parametrize(
    ("points", "proven"),
    [
        ([(-30, 1), (9, 1), (11, 1)], True),
        ([(-30, 1), (9, 1)], False),  # it had time until 10 s
        ([(11, 0.5)], False),
        ([(101, 1)], False),  # the gas was gone
        ([(5, 0), (60, 1)], False),  # it closed, and somebody opened it again
        ([(-100, 0), (60, 1)], False),  # its own controller was faster than we
        ([(-200, 0), (60, 1)], True),  # that was something else
        ([], False),
    ],
)
def test_only_a_report_of_open_after_the_closing_time_proves_that_a_valve_stayed_open(
    points: Sequence[tuple[int, float]],
    proven: bool,  # noqa: FBT001 - a row of a table
) -> None:
    seen = Seen({"V1": [(NOW_NS + at * S, value) for at, value in points]})
    found = telemetry(seen, ASSETS).unclosed(LOW, NOW_NS)
    assert (found is not None) == proven
    assert found is None or found == Found("S1", "not_closed", NOW_NS + points[-1][0] * S, "V1", "a1")


def test_a_battery_fed_valve_has_more_time_and_values_that_are_not_good_prove_nothing() -> None:
    seen = Seen({"V1": [(NOW_NS + 20 * S, 1)]})
    battery = DEVICES | {"V1": replace(DEVICES["V1"], power=Power.BATTERY)}
    assert telemetry(seen, Assets(SITES, ASSETS.zones, battery)).unclosed(LOW, NOW_NS) is None
    for poor in (replace(seen, bad=frozenset({NOW_NS + 20 * S})), replace(seen, step_ns=60 * S)):
        assert telemetry(poor, ASSETS).unclosed(LOW, NOW_NS) is None


def hours(*values: float) -> Seen:
    return Seen({"P1": [(NOW_NS + at * HOUR_NS, value) for at, value in enumerate(values)]})


def test_a_day_of_nothing_but_medium_pressure_behind_a_low_pressure_line_is_found() -> None:
    found = telemetry(hours(*[10.0] * 25), ASSETS).medium(HIGH, NOW_NS + DAY_NS)
    assert found == Found("S1", "medium_pressure", NOW_NS, "P1", "a2", stands=True)
    assert found.rule == "R10"


@pytest.mark.parametrize(
    ("seen", "tier", "site", "hour"),
    [
        (hours(*[10.0] * 24, 9.9), Tier.LOW_LPG, "S1", 24),  # a moment below
        (hours(*[10.0] * 25), Tier.LOW_LPG, "S1", 23),  # not long enough
        (hours(*[10.0] * 20), Tier.LOW_LPG, "S1", 24),  # nothing is known of the last hours
        (hours(), Tier.LOW_LPG, "S1", 24),
        (hours(*[10.0] * 25), Tier.MEDIUM_B, "S1", 24),  # before the regulator of the site
        (hours(*[10.0] * 25), None, "S1", 24),
        (hours(*[10.0] * 25), Tier.LOW_LPG, "M1", 24),  # no user
    ],
)
def test_what_does_not_prove_medium_pressure_at_a_burner(seen: Seen, tier: Tier | None, site: str, hour: int) -> None:
    sensor = Device("P1", DeviceKind.PRESSURE_SENSOR, site, tier=tier)
    assets = Assets(SITES, ASSETS.zones, DEVICES | {"P1": sensor})
    high = replace(HIGH, site=site)
    assert telemetry(seen, assets).medium(high, NOW_NS + hour * HOUR_NS) is None


def test_times_are_those_of_the_rulebook() -> None:
    spans = Spans.of(Rulebook.parse((Path(__file__).parents[2] / "rulebook.toml").read_text(encoding="utf-8")))
    assert (spans.closing_ns, spans.medium_ns) == ({Power.MAINS: 10 * S, Power.BATTERY: 60 * S}, DAY_NS)
    assert not spans.low_closes
