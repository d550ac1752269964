from pathlib import Path

import pytest

from app.cli import main
from tests.alerting.notify.stand_in import GROUP_TOKEN, provider
from tests.app.support import write_town

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])


def config(folder: Path, url: str) -> str:
    found = write_town(folder)
    (folder / "url").write_text(f"{url}/send?key={GROUP_TOKEN}")
    with found.open("a", encoding="utf-8") as file:
        file.write('[channels.wecom_robot]\nurl_file = "url"\n')
    return str(found)


def test_one_message_that_says_it_is_a_drill_is_sent(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with provider("wecom_robot") as theirs:
        found = config(tmp_path, theirs.url)
        assert main(["notify", "test", "wecom_robot", "--to", "13900000000", "--config", found]) == 0
    [(_, text)] = theirs.accepted
    assert text.startswith("【演练】燃气生命线 渠道测试")
    assert theirs.seen[0].json["text"]["mentioned_mobile_list"] == ["13900000000"]
    assert capsys.readouterr().out == "accepted\n"


def test_the_providers_own_words_are_told(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    with provider("wecom_robot", "93000") as theirs:
        assert main(["notify", "test", "wecom_robot", "--config", config(tmp_path, theirs.url)]) == 1
    assert capsys.readouterr().out == "refused: 93000 because of 93000\n"


def test_a_provider_that_is_away_is_one_line_without_its_address(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["notify", "test", "wecom_robot", "--config", config(tmp_path, "http://127.0.0.1:1")]) == 1
    err = capsys.readouterr().err
    assert err.startswith("gas-lifeline: ConnectError")
    assert GROUP_TOKEN not in err


def test_a_channel_without_settings_is_one_line_that_tells_those_with(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["notify", "test", "feishu", "--config", config(tmp_path, "http://127.0.0.1:1")]) == 1
    assert capsys.readouterr().err == "gas-lifeline: channel 'feishu' has no settings; expected one of: wecom_robot\n"
