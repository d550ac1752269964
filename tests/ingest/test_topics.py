import pytest

from ingest.topics import Address, parse_topic


def test_a_topic_gives_site_device_and_kind() -> None:
    assert parse_topic("sim/gas/v1/R_1/D-9/event", "sim/gas/v1") == Address("R_1", "D-9", "event")


@pytest.mark.parametrize(
    "topic",
    [
        pytest.param("gas/v1/R001/D1", id="a segment missing"),
        pytest.param("gas/v1/R001/D1/telemetry/x", id="a segment too many"),
        pytest.param("gas/v2/R001/D1/telemetry", id="another root"),
        pytest.param("gas/v11/R001/D1/telemetry", id="a root that only begins like ours"),
        pytest.param("gas/v1//D1/telemetry", id="an empty site"),
        pytest.param("gas/v1/R 1/D1/telemetry", id="a blank"),
        pytest.param("gas/v1/R001/D1\n/telemetry", id="a line break"),
        pytest.param("gas/v1/R001/店/telemetry", id="other letters"),
        pytest.param(f"gas/v1/R001/{'d' * 65}/telemetry", id="65 characters"),
        pytest.param("", id="nothing"),
    ],
)
def test_anything_else_is_no_topic(topic: str) -> None:
    assert parse_topic(topic, "gas/v1") is None
