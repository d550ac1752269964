import msgspec
import pytest

from simulator.score import Tally, figures, tally, wilson
from simulator.score_files import AlarmLine, Place, Truth, TruthLine

START = "2026-01-15T12:00:00+08:00"
MONTH_END = "2026-02-14T12:00:00+08:00"


def at(minute: float) -> str:
    return f"2026-01-15T12:{int(minute):02}:{round(minute % 1 * 60):02}+08:00"


def leak(**more: object) -> TruthLine:
    usual = TruthLine("event", kind="leak", site="R1", zone="Z1", t_on=at(10), t_off=at(20), expected_kind="gas_high")
    return msgspec.structs.replace(usual, **more)


def confounder(name: str, **more: object) -> TruthLine:
    usual = TruthLine("event", t_on=at(0), t_off=at(20), kind="x", confounder=name)
    return msgspec.structs.replace(usual, **more)


def rise(minute: float, kind: str = "gas_high", *, site: str = "R1", **more: object) -> AlarmLine:
    usual = AlarmLine("raise", at(minute), kind, id=f"{site}{kind}", site=site, zone="Z1")
    return msgspec.structs.replace(usual, **more)


def run(events: list[TruthLine], alarms: list[AlarmLine], sensors: int = 2) -> Tally:
    return tally(Truth(TruthLine("run", start=START, end=MONTH_END, sensors=sensors), events), alarms)


def test_a_leak_that_is_told_is_found_with_its_delays() -> None:
    seen = {"GD1": at(11), "GD2": at(12)}
    found = run([leak(t_first_observable=seen, above_25_pct_lel_s=33.0)], [rise(13.5), rise(15, "gas_low")])
    assert (found.expected, found.found, found.exact, found.right_class, found.alarms) == (1, 1, 1, 1, 2)
    assert (found.from_onset_s, found.from_observable_s) == ([210.0], [150.0])
    assert found.dangerous_s == [33.0]
    assert found.false == 0


@pytest.mark.parametrize(
    ("alarm", "belongs"),
    [
        pytest.param(rise(9), False, id="before its onset"),
        pytest.param(rise(10), True, id="at its onset"),
        pytest.param(rise(50), True, id="half an hour behind its end"),
        pytest.param(rise(50.1), False, id="later"),
        pytest.param(rise(15, site="R2"), False, id="elsewhere"),
    ],
)
def test_an_alarm_belongs_by_place_and_time(alarm: AlarmLine, *, belongs: bool) -> None:
    found = run([leak()], [alarm])
    assert (found.found, found.false) == ((1, 0) if belongs else (0, 1))


def test_an_event_of_a_pipe_is_matched_by_its_zone_and_its_manholes() -> None:
    in_zone = leak(site="", zone="Z1")
    assert run([in_zone], [rise(15, site="R9")]).found == 1
    assert run([leak(site="", sites=["M1"])], [rise(15, site="M1")]).found == 1
    assert run([leak(site="", sites=["M1"])], [rise(15, site="R9")]).found == 0


def test_an_event_without_end_goes_on_for_ever() -> None:
    assert run([leak(t_off=None)], [AlarmLine("raise", MONTH_END, "gas_low", site="R1")]).found == 1


@pytest.mark.parametrize("kind", ["device_silent", "data_missing", "upkeep_due"])
def test_a_device_alarm_does_not_find_a_leak(kind: str) -> None:
    found = run([leak()], [rise(15, kind)])
    assert (found.found, found.alarms, found.false) == (0, 1, 0)


def test_a_fault_is_found_by_its_own_kind_of_alarm() -> None:
    fault = TruthLine("fault", site="R1", t_on=at(1), expected_kind="device_silent")
    found = run([fault], [rise(5, "device_silent")])
    assert (found.found, found.exact, found.right_class) == (1, 1, 1)
    assert run([fault], [rise(5, "gas_low")]).found == 0


def test_a_fault_that_reads_as_gas_is_found_by_the_alarm_of_gas() -> None:
    wrong_unit = TruthLine("fault", site="R1", t_on=at(1), expected_kind="gas_high")
    found = run([wrong_unit], [rise(2)])
    assert (found.found, found.exact, found.right_class) == (1, 1, 1)


def test_the_class_of_the_first_alarm_counts() -> None:
    wrong = run([leak()], [rise(12, "gas_low", classification="biogas"), rise(13)])
    assert (wrong.found, wrong.right_class) == (1, 0)


def test_only_fresh_rises_count_and_false_ones_by_how_long_they_stand() -> None:
    lines = [
        rise(30),
        AlarmLine("worsen", at(31), "gas_high", id="R1gas_high", site="R1"),
        AlarmLine("return", at(40), "gas_high", id="R1gas_high", site="R1"),
        rise(45, "log_space", site="system"),
    ]
    found = run([], lines)
    assert (found.false, found.false_s) == (1, 600.0)
    assert found.sensor_months == pytest.approx(2.0)


def test_a_confounder_is_counted_apart() -> None:
    events = [confounder("alcohol", site="R1"), confounder("biogas", site="M1"), confounder("weather")]
    found = run(events, [rise(5), rise(6, site="R2")])
    assert found.false == 0
    assert dict(found.confounders) == {"alcohol": 1, "biogas": 1, "weather": 1}
    assert {name: count for name, count in found.fooled.items() if count} == {"alcohol": 1, "weather": 1}


def test_an_alarm_that_names_the_confounder_is_not_fooled_by_it() -> None:
    events = [confounder("alcohol", site="R1"), confounder("biogas", site="M1")]
    seen_through = [rise(5, classification="vapour"), rise(6, site="M1", classification="biogas")]
    assert run(events, seen_through).fooled.total() == 0
    assert run(events, [rise(5, classification="biogas"), rise(6, site="M1", classification="natural")]).fooled == {
        "alcohol": 1,
        "biogas": 1,
    }


def test_a_leak_that_no_alarm_is_expected_for_is_neither_missed_nor_a_confounder() -> None:
    small = leak(expected_kind=None, site="", zone="Z1")
    alarms = [rise(15), rise(15, "device_silent", site="R2")]
    found, silent = run([small], alarms), run([small], [])
    assert (found.expected, found.unasked, found.unasked_told, found.false) == (0, 1, 1, 1)
    assert (silent.unasked, silent.unasked_told, silent.false) == (1, 0, 0)
    assert found.confounders == silent.confounders == {}
    told = figures([found, silent])["unexpected_leaks_told"]
    assert isinstance(told, dict)
    assert (told["hits"], told["of"]) == (1, 2)


def test_a_lost_connection_explains_silence_and_no_gas() -> None:
    found = run([confounder("transport")], [rise(5, "device_silent"), rise(6)])
    assert (found.false, found.fooled["transport"]) == (1, 0)


def test_failures_of_the_cut_off_are_found_or_missed() -> None:
    failed = leak(expected_kind="linkage_failed")
    told, missed = run([failed], [rise(12, "linkage_failed")]), run([failed], [rise(12)])
    assert (told.linkage_expected, told.linkage_found) == (1, 1)
    assert (missed.linkage_expected, missed.linkage_found) == (1, 0)
    assert figures([told, missed])["linkage_failures"] == {"found": 1, "missed": 1}


def test_the_place_of_an_alarm_is_measured_in_metres() -> None:
    there = leak(lon=100.26, lat=25.6)
    # a thousandth of a degree of latitude is 111.19 m; of longitude, cos(25.6°) of that
    north, east = Place(lon=100.26, lat=25.601), Place(lon=100.261, lat=25.6)
    found = run([there], [rise(12, location=north), rise(13, "gas_low", location=east), rise(14, "gas_rising")])
    assert found.location_m == pytest.approx([111.19, 100.28], abs=0.02)
    plan = run([leak(x_m=0.0, y_m=0.0)], [rise(12, location=Place(x_m=3.0, y_m=4.0))])
    assert plan.location_m == [5.0]
    assert run([there], [rise(12, location="P21"), rise(13, location=Place(x_m=1.0, y_m=1.0))]).location_m == []


def test_figures_of_one_run_have_shares_with_wilsons_interval() -> None:
    found = figures([run([leak(), leak(site="R2")], [rise(12)])])
    assert found["recall"] == {"share": 0.5, "hits": 1, "of": 2, "low": 0.0945, "high": 0.9055}
    assert found["delay_from_onset_s"] == {"median": 120.0, "p90": 120.0, "max": 120.0}
    assert found["location_error_m"] is None


def test_figures_without_events_say_so() -> None:
    found = figures([run([], [], sensors=0)])
    assert (found["recall"], found["alarms_per_event"], found["false_alarms_per_sensor_month"]) == (None, None, None)


def test_no_false_alarm_is_less_than_three_over_the_sensor_months() -> None:
    quiet, noisy = run([leak()], [rise(12)]), run([], [rise(13)])
    assert figures([quiet])["false_alarms_per_sensor_month"] == {"mean": 0.0, "below": 1.5}  # of 2 sensor-months
    three = figures([quiet] * 3)
    assert (three["sensor_months"], three["false_alarms_per_sensor_month"]) == (6.0, {"mean": 0.0, "below": 0.5})
    assert figures([noisy])["false_alarms_per_sensor_month"] == {"mean": 0.5}


def test_several_runs_have_an_interval_that_is_always_the_same() -> None:
    quiet, noisy = run([leak()], [rise(12)]), run([leak()], [rise(12), rise(13, site="R5"), rise(14, site="R6")])
    first, again = figures([quiet, noisy, quiet]), figures([quiet, noisy, quiet])
    assert first == again
    # two false alarms in three runs of two sensor-months; runs drawn again hold the noisy one 0 to 3 times
    assert first["false_alarms_per_sensor_month"] == {"mean": 0.3333, "low": 0.0, "high": 1.0}


@pytest.mark.parametrize(("hits", "of", "edges"), [(0, 10, (0.0, 0.2775)), (10, 10, (0.7225, 1.0))])
def test_wilsons_interval_is_sensible_at_both_ends(hits: int, of: int, edges: tuple[float, float]) -> None:
    assert wilson(hits, of) == pytest.approx(edges, abs=1e-4)
