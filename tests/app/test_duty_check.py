"""The duty plan against the channels and places of the installation."""

from pathlib import Path

import pytest

from app.cli import main
from app.duty_check import check_duties, plan_text
from app.settings import Settings, load_settings
from domain.errors import ConfigurationError
from tests.alerting.plans import CHANNELS, TEXT
from tests.app.support import write_town

PLAN = TEXT.replace('townships = ["D"]', 'townships = ["D1"]')


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    config = write_town(tmp_path)
    (tmp_path / "oncall.toml").write_text(PLAN, encoding="utf-8")
    return load_settings(config)


def problems(settings: Settings, *channels: str, text: str = PLAN) -> tuple[str, ...]:
    with pytest.raises(ConfigurationError) as caught:
        check_duties(text, settings, channels)
    return caught.value.problems


def test_a_plan_whose_channels_are_there_is_well(settings: Settings) -> None:
    check_duties(PLAN, settings, CHANNELS)


def test_a_medium_without_any_channel_is_told(settings: Settings) -> None:
    lines = problems(settings, "chat", "relay", "voice_a", "voice_b")
    assert lines == (
        "medium sms: no channel of sms_a, sms_b is configured; expected one of chat, relay, voice_a, voice_b",
    )
    assert "none: there is none" in problems(settings)[0]


def test_a_channel_that_the_plan_forgets_is_told(settings: Settings) -> None:
    assert problems(settings, *CHANNELS, "webhook") == (
        "channel webhook: is configured and tells nobody; expected it in a medium of the duty plan",
    )


def test_voice_at_priority_one_needs_two_pairs(settings: Settings) -> None:
    one = '[[table]]\nname = "one"\npriorities = [1]\nagain_s = 60\nkinds = ["pipe_rupture"]\n'
    one += 'step = [{ after_s = 0, to = ["first", "second"], by = ["sms"] },\n'
    one += '{ after_s = 60, to = ["first"], by = ["voice"] }]\n'
    lines = problems(settings, "chat", "relay", "sms_a", "voice_a", text=PLAN + one)
    assert [line.split(":")[0] for line in lines] == ["table one"]
    check_duties(PLAN + one, settings, CHANNELS)


def test_places_are_those_of_the_installation(settings: Settings) -> None:
    assert "township D is not in the assets" in problems(settings, *CHANNELS, text=TEXT)[0]


def test_the_plan_in_force_is_found_and_without_records_there_is_none(settings: Settings, tmp_path: Path) -> None:
    assert plan_text(settings) is None
    assert not (settings.data / "records.db").exists()
    main(["oncall", "import", str(tmp_path / "oncall.toml"), "--config", str(tmp_path / "config.toml")])
    assert plan_text(settings) == PLAN


def test_records_without_tables_are_told_by_their_own_check(settings: Settings) -> None:
    settings.data.mkdir(parents=True)
    (settings.data / "records.db").write_bytes(b"")
    assert plan_text(settings) is None


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_the_command_says_how_the_plan_is(
    settings: Settings, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    del settings
    config = str(tmp_path / "config.toml")
    main(["oncall", "import", str(tmp_path / "oncall.toml"), "--config", config])
    main(["check", "--config", config])
    assert "duty plan: medium im: no channel of chat is configured" in capsys.readouterr().err
