import logging
from pathlib import Path

import pytest

from app.configuration import load_configuration, read_configuration, unpack_configuration
from domain.errors import ConfigurationError
from domain.frame import CONFIGURATION_TOPIC, Frame
from tests.app.support import configuration, write_town


@pytest.fixture
def town(tmp_path: Path) -> Path:
    return write_town(tmp_path).parent


def test_what_was_packed_is_unpacked_the_same(town: Path) -> None:
    loaded = load_configuration(town / "assets", town / "rulebook.toml", "gas/v1")
    again = unpack_configuration(loaded.packed)
    assert again == loaded
    assert again.assets.devices["G1"].site == "S1"
    assert again.rulebook["gas_low.limit"] == 20


@pytest.mark.parametrize("name", ["rulebook.toml", "assets/zones.csv", "assets/sites.csv", "assets/devices.csv"])
def test_the_version_changes_with_any_text(town: Path, name: str) -> None:
    before = load_configuration(town / "assets", town / "rulebook.toml", "gas/v1").version
    with (town / name).open("a", encoding="utf-8") as file:
        file.write("\n")
    assert load_configuration(town / "assets", town / "rulebook.toml", "gas/v1").version != before


NETWORK = (Path(__file__).parents[1] / "api" / "network.json").read_text(encoding="utf-8")


def test_the_network_travels_with_it_where_there_is_one(town: Path) -> None:
    without = load_configuration(town / "assets", town / "rulebook.toml", "gas/v1")
    assert without.assets.network is None
    assert b"network.json" not in without.packed
    (town / "assets" / "network.json").write_text(NETWORK, encoding="utf-8")
    loaded = load_configuration(town / "assets", town / "rulebook.toml", "gas/v1")
    assert loaded.version != without.version
    assert unpack_configuration(loaded.packed) == loaded
    assert loaded.assets.network is not None
    assert [pipe.id for pipe in loaded.assets.network.pipes] == ["P1", "P2"]


def test_a_wrong_network_is_refused_by_its_name(town: Path) -> None:
    (town / "assets" / "network.json").write_text("{}", encoding="utf-8")
    with pytest.raises(ConfigurationError, match=r"network\.json: gas is missing"):
        load_configuration(town / "assets", town / "rulebook.toml", "gas/v1")


def test_the_version_changes_with_the_root_and_with_nothing_else(town: Path) -> None:
    versions = [
        load_configuration(town / "assets", town / "rulebook.toml", root).version
        for root in ("gas/v1", "gas/v1", "gas/v2")
    ]
    assert versions[0] == versions[1] != versions[2]


def test_a_missing_file_is_one_line_with_its_name(town: Path) -> None:
    (town / "assets" / "sites.csv").unlink()
    with pytest.raises(ConfigurationError, match=r"sites\.csv: .*No such file") as caught:
        load_configuration(town / "assets", town / "rulebook.toml", "gas/v1")
    assert len(caught.value.problems) == 1


def test_a_frame_of_the_log_gives_its_configuration() -> None:
    known = configuration()
    assert read_configuration(Frame(7, 0, CONFIGURATION_TOPIC, known.packed)) == known


@pytest.mark.parametrize("payload", [b"", b"{", b'{"root": "gas/v1"}'], ids=["empty", "torn", "other form"])
def test_a_frame_that_nobody_can_read_is_told_and_left_aside(payload: bytes, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.ERROR):
        assert read_configuration(Frame(7, 0, CONFIGURATION_TOPIC, payload)) is None
    assert "configuration at position 7 is not used" in caplog.text


def test_a_rulebook_of_another_release_is_left_aside_too(caplog: pytest.LogCaptureFixture) -> None:
    packed = configuration().packed.replace(b"[gas_low.limit]", b"[gas_lower.limit]")
    assert read_configuration(Frame(7, 0, CONFIGURATION_TOPIC, packed)) is None
    assert "gas_lower.limit: no such number" in caplog.text


def test_a_frame_that_the_disk_changed_gives_nothing() -> None:
    assert read_configuration(Frame(7, 0, CONFIGURATION_TOPIC, configuration().packed, intact=False)) is None
