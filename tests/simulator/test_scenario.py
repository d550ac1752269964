from collections.abc import Callable
from pathlib import Path

import pytest

from domain.alarm import AlarmKind
from domain.asset import Assets
from domain.errors import ConfigurationError
from simulator.events import Fault, Leak, Vapour
from simulator.scenario import Scenario, read
from simulator.timetext import S_NS, instant_ns

EXAMPLES = sorted((Path(__file__).parents[2] / "examples" / "scenarios").glob("*.yaml"))
MINIMAL = "version: 1\nname: {zh: 试, en: trial}\n"


def leak(what: str) -> str:
    return f"events:\n- {{kind: leak, site: A, {what}}}\n"


def fault(what: str) -> str:
    return f"events:\n- {{kind: fault, device: D, {what}}}\n"


def problems(text: str) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        Scenario.parse(text, "s.yaml")
    return caught.value.problems


@pytest.mark.parametrize("path", EXAMPLES, ids=lambda p: p.stem)
def test_every_shipped_scenario_fits_the_shipped_town(path: Path, dali: Assets) -> None:
    scenario = read(path)
    scenario.check(dali)
    assert scenario.assets == "../dali"


def test_reads_everything_that_the_format_knows() -> None:
    scenario = Scenario.parse(
        MINIMAL
        + """
seed: 9
start: "2026-01-15T12:00:00+08:00"
duration: 1h
root: sim/gas/v1
ambient: {pressure_kpa: 101.3}
sites: {A: {volume_m3: 40, initial_pct_lel: 10}}
sensors: {G: {kind: laser, t90_s: 2}}
events:
  - {kind: leak, site: A, hole_mm: 2, at: -3min, for: 10min}
  - {kind: vapour, site: A, what: ethanol, ppm: 300, expect: null}
  - {kind: fault, device: G, what: drift, rate_per_h: -2, expect: sensor_stuck}
"""
    )
    leak, vapour, fault = scenario.events
    assert isinstance(leak, Leak)
    assert (leak.at, leak.end_ns) == (-180 * S_NS, 420 * S_NS)
    assert isinstance(vapour, Vapour)
    assert vapour.expect is None
    assert "expect" in vapour.model_fields_set
    assert isinstance(fault, Fault)
    assert fault.expect is AlarmKind.SENSOR_STUCK
    assert scenario.start == instant_ns("2026-01-15T12:00:00+08:00")
    assert scenario.duration == 3_600 * S_NS


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("colour: red", "3: colour: Extra inputs are not permitted, got 'red'"),
        ("duration: 12:00", "3: duration: expected a duration such as 90s, 2min or 12h30m (YAML reads"),
        ("duration: 3 hours", "3: duration: '3 hours' is no duration; expected a duration such as"),
        ("duration: 0s", "3: duration: Input should be greater than 0"),
        ("start: 2026-01-15T12:00:00+08:00", "3: start: expected a time in quotes"),
        ("start: '2026-01-15T12:00:00'", "3: start: '2026-01-15T12:00:00' is no time; expected RFC 3339"),
        ("seed: '7'", "3: seed: Input should be a valid integer"),
        ("root: gas/#", "3: root: String should match pattern"),
        ("sites:\n  A:\n    threshold_pct_lel: 60", "5: sites.A.threshold_pct_lel: Input should be less than or equal"),
        (leak("hole_mm: -1"), "4: events[0].hole_mm: Input should be greater than 0, got -1"),
        (leak("hole_mm: .nan"), "4: events[0].hole_mm: Input should be a finite number"),
        (leak("id: a"), "4: events[0].hole_mm: Field required"),
        ("events:\n- {kind: storm}", "4: events[0]: Input tag 'storm' found using 'kind' does not match"),
        (fault("what: drift"), "4: events[0]: rate_per_h belongs to drift, poison, battery_decay and to nothing"),
        (fault("what: jam, skew: 3min"), "4: events[0]: skew belongs to clock_skew"),
        (fault("what: jam, at: -2h"), "4: events[0].at: Input should be greater than or equal to"),
        (fault("what: jam, drift_s_day: 3"), "4: events[0]: drift_s_day belongs to clock_skew"),
        (fault("what: swapped"), "4: events[0]: with belongs to swapped"),
        (leak("hole_mm: {from: 1, to: 0, over: 1h}"), "4: events[0].hole_mm.to: Input should be greater than 0"),
        ("events:\n- {kind: leak, hole_mm: 1}", "4: events[0]: expected a site or a pipe, and not both"),
        (
            "events: [{kind: regulator, regulator: R, fault: creep}]",
            "3: events[0]: a creep needs hole_mm, and nothing else",
        ),
        (
            "events: [{kind: regulator, regulator: R, fault: rupture, share: 1}]",
            "3: events[0]: a rupture needs no number, and nothing else",
        ),
        ("events:\n- {kind: front, change_kpa: 1}", "4: events[0]: a front needs change_kpa and for, and nothing"),
        ("events:\n- {kind: rain, mm_h: 1, change_kpa: 1, for: 1h}", "4: events[0]: a rain needs mm_h and for"),
        ("events:\n- {kind: opening, space: A}", "4: events[0]: expected space and air_changes_h, or link and"),
        ("events:\n- {kind: calibration, site: A}", "4: events[0]: a calibration needs a device"),
        ("sensors: {G: {freedom: 2}}", "3: sensors.G: freedom must be above 2, or 0 for Gaussian noise"),
        ("spaces: [{id: A, volume_m3: 1, soil: {pipe: P, distance_m: 1, water: 0.4}}]", "3: spaces[0].soil: water 0.4"),
        ("sensors: {G: {kind: on}}", "3: sensors.G.kind: Input should be 'catalytic'"),
        ("assets: on", "3: assets: Input should be a valid string, got True (YAML reads an unquoted on, off, yes"),
        ("ambient: {front: [{at: 10:30, change_kpa: 1, over: 1h}]}", "3: ambient.front[0].at: expected a duration"),
        (fault("what: jam, expect: fire"), "4: events[0].expect: Input should be"),
    ],
)
def test_says_what_is_wrong_on_which_line(text: str, problem: str) -> None:
    found = problems(MINIMAL + text)
    assert len(found) == 1
    assert found[0].startswith(f"s.yaml:{problem}")
    assert "\n" not in found[0]


def test_tells_all_problems_at_once() -> None:
    assert len(problems("version: 2\nname: {zh: 试}\nseed: -1\n")) == 3


def test_an_empty_file_is_one_clear_line() -> None:
    assert problems("")[0].startswith("s.yaml:1: file: Input should be a valid dictionary")


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("spaces: [{id: x, volume_m3: 9}]", "trial.yaml:5: spaces[0]: site x has no gas detector and no manhole"),
        ("spaces: [{id: R1, volume_m3: 9, biogas: {}}]", "trial.yaml:5: spaces[0].biogas: site R1 is no manhole"),
        (
            "spaces: [{id: a, site: R1, volume_m3: 9}, {id: a, site: R1, volume_m3: 9}]",
            "trial.yaml:5: spaces[1].id: a stands there twice",
        ),
        ("links: [{id: l, between: [a, R1], flow_m3h: 1}]", "trial.yaml:5: links[0].between: a is no space"),
        ("sensors: {GD1: {at: attic}}", "trial.yaml:5: sensors.GD1: at is attic; expected a space, or its"),
        ("sensors: {PR1: {kind: laser}}", "trial.yaml:5: sensors.PR1: PR1 measures no gas"),
        ("gateway: {device: GD1}", "trial.yaml:5: gateway.device: device GD1 is a gas_detector; expected gateway"),
        ("events: [{kind: leak, site: R1, space: x, hole_mm: 1}]", "trial.yaml:5: events[0].space: x is no space"),
        (
            "spaces: [{id: x, site: R2, volume_m3: 9}]\nevents: [{kind: leak, site: R1, space: x, hole_mm: 1}]",
            "trial.yaml:6: events[0].space: x is a space of site R2",
        ),
        ("events: [{kind: opening, link: x, flow_m3h: 1}]", "trial.yaml:5: events[0].link: x is not in this"),
        ("events: [{kind: opening, space: x, air_changes_h: 1}]", "trial.yaml:5: events[0].space: x is not in"),
        ("events: [{kind: valve, valve: GD1, action: open}]", "trial.yaml:5: events[0].valve: device GD1 is a gas"),
        ("events: [{kind: valve, valve: X, action: open}]", "trial.yaml:5: events[0].valve: device X is not in"),
        ("events: [{kind: leak, pipe: P, hole_mm: 1}]", "trial.yaml:5: events[0].tier: without a network, a leak in"),
        ("events: [{kind: flood, site: R1, level: 1}]", "trial.yaml:5: events[0].site: site R1 has no manhole"),
        ("events: [{kind: calibration, device: CV1}]", "trial.yaml:5: events[0].device: device CV1 is a cutoff"),
        ("events: [{kind: transport, fault: drop, sites: [X]}]", "trial.yaml:5: events[0].devices: X: not in the"),
        (
            "events: [{kind: fault, device: GD1, what: swapped, with: GD1}]",
            "trial.yaml:5: events[0].with: GD1 is no other device",
        ),
        (
            "events: [{kind: fault, device: PR1, what: poison, rate_per_h: 1}]",
            "trial.yaml:5: events[0].device: poison needs a device that measures gas",
        ),
        (
            "events: [{kind: fault, device: CV1, what: not_wired}]",
            "trial.yaml:5: events[0].device: not_wired needs a gas detector on mains",
        ),
        ("sites: {R9: {}}", "trial.yaml:5: sites.R9: site R9 is not in the registry"),
        ("sites: {P1: {}}", "trial.yaml:5: sites.P1: site P1 has no room with a gas detector"),
        ("sensors: {CV1: {}}", "trial.yaml:5: sensors.CV1: CV1 is not a gas detector or manhole"),
        ("events: [{kind: leak, site: P1, hole_mm: 1}]", "trial.yaml:5: events[0].site: site P1 has no room"),
        ("events: [{kind: fault, device: X, what: dead}]", "trial.yaml:5: events[0].device: device X is not in the"),
        (
            "events: [{kind: fault, device: GD1, what: jam}]",
            "trial.yaml:5: events[0].device: jam needs a cut-off valve;",
        ),
        (
            "events: [{kind: fault, device: CV1, what: stuck}]",
            "trial.yaml:5: events[0].device: stuck needs a device that",
        ),
        (
            "events: [{kind: fault, device: GD1, what: battery_low}]",
            "trial.yaml:5: events[0].device: battery_low needs",
        ),
        ("events: [{kind: fault, device: MH1, what: power_cut}]", "trial.yaml:5: events[0].device: power_cut needs"),
        (
            "events: [{id: a, kind: leak, site: R1, hole_mm: 1}, {id: a, kind: leak, site: R1, hole_mm: 1}]",
            "trial.yaml:5: events[1].id: a stands there twice",
        ),
    ],
)
def test_says_what_does_not_fit_the_registry(
    text: str, problem: str, scenario: Callable[[str], Scenario], hamlet: Assets
) -> None:
    with pytest.raises(ConfigurationError) as caught:
        scenario(text).check(hamlet)
    assert len(caught.value.problems) == 1
    assert caught.value.problems[0].startswith(problem)


def test_a_missing_file_is_one_clear_line(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match=r"none\.yaml: cannot be read"):
        read(tmp_path / "none.yaml")
