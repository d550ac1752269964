import pytest

from domain.errors import ConfigurationError
from simulator.score_files import read_alarms, read_truth

RUN = b'{"record":"run","seed":7,"start":"2026-01-15T12:00:00+08:00","end":"2026-01-15T13:00:00+08:00","sensors":3}'


def test_reads_what_it_needs_and_leaves_the_rest() -> None:
    lines = [
        RUN,
        b'{"record":"event","id":"L","kind":"leak","site":"R1","t_on":"2026-01-15T12:10:00+08:00","hole_mm":{"from":1}}',
        b'{"record":"linkage","time":"2026-01-15T12:11:00+08:00","site":"R1","what":"closed"}',
        b"",
    ]
    truth = read_truth(lines, "t.ndjson")
    assert (truth.run.sensors, [event.id for event in truth.events]) == (3, ["L"])


@pytest.mark.parametrize(
    ("line", "problem"),
    [
        (b"[1]", r"t:2: Expected `object`, got `array`"),
        (b'{"record":"event","t_on":"noon"}', r"t:2: 'noon' is no time"),
        (b'{"record":', r"t:2: Input data was truncated"),
        (b'{"record":"event","id":"\xff"}', r"t:2: "),
    ],
)
def test_a_line_that_is_no_record_is_named(line: bytes, problem: str) -> None:
    with pytest.raises(ConfigurationError, match=problem):
        read_truth([RUN, line], "t")


def test_a_file_without_a_run_is_no_truth() -> None:
    with pytest.raises(ConfigurationError, match="t: no run in it"):
        read_truth([b'{"record":"event"}'], "t")


@pytest.mark.parametrize(
    ("kind", "classification", "about"),
    [
        ("gas_high", "null", "leak"),
        ("gas_low", '"natural_gas"', "leak"),
        ("gas_low", '"biogas"', "biogas"),
        ("gas_low", '"vapour"', "vapour"),
        ("battery_low", "null", "device"),
    ],
)
def test_an_alarm_says_what_it_is_about(kind: str, classification: str, about: str) -> None:
    text = (
        f'{{"transition":"raise","time":"2026-01-15T12:00:00+08:00","kind":"{kind}","classification":{classification}}}'
    )
    alarm = read_alarms([text.encode()], "a")[0]
    assert alarm.about == about
