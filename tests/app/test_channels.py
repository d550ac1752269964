"""Channels from settings to a provider, with secrets from files."""

from pathlib import Path

import httpx2
import pytest

from alerting.notify.channel import Accepted, Channel
from alerting.notify.http import Http
from alerting.notify.quota import Metered
from app import channels
from app.channels import Tools
from app.settings import Settings, load_settings
from domain.errors import ConfigurationError
from tests.alerting.notify.adapters import notice
from tests.alerting.notify.stand_in import GROUP_TOKEN, KEY_ID, NOW_NS, SECRET, SPEECH, provider
from tests.trust import trusting

KEY = f'key_id = "{KEY_ID}"\nkey_secret_file = "key"\nendpoint = "URL"\n'
SECTIONS = {
    "webhook": '[webhook]\nurl = "URL/"\nsecret_file = "key"\n',
    "dingtalk": '[channels.dingtalk]\nurl_file = "url"\nsecret_file = "key"\n',
    "feishu": '[channels.feishu]\nurl_file = "url"\nsecret_file = "key"\n',
    "wecom_robot": '[channels.wecom_robot]\nurl_file = "url"\n',
    "wecom_app": '[channels.wecom_app]\ncorp_id = "c"\nagent_id = 7\nsecret_file = "key"\nendpoint = "URL"\n',
    "aliyun_sms": f'[channels.aliyun_sms]\n{KEY}signature = "燃气"\ntemplate = "SMS_1"\n',
    "aliyun_voice": f'[channels.aliyun_voice]\n{KEY}template = "TTS_1"\n',
    "tencent_sms": f'[channels.tencent_sms]\n{KEY}app_id = "1400"\nsignature = "燃气"\ntemplate = "1"\n',
    "tencent_voice": f'[channels.tencent_voice]\n{KEY}app_id = "1400"\ntemplate = "1"\n',
}
EMAIL = '[channels.email]\nhost = "mail.example"\nsender = "alarm@gas.example"\n'
PATHS = {"dingtalk": f"robot/send?access_token={GROUP_TOKEN}", "wecom_robot": f"send?key={GROUP_TOKEN}"}


class Nobody:
    """Nothing before."""

    def accepted_since(self, _channel: str, _address: str | None, _since_ns: int) -> list[int]:
        return []


def settings(folder: Path, text: str, url: str = "http://127.0.0.1:1") -> Settings:
    (folder / "key").write_text(f"{SECRET}\n")
    (folder / "config.toml").write_text(text.replace("URL", url), encoding="utf-8")
    return load_settings(folder / "config.toml")


def build(found: Settings, name: str, client: httpx2.Client) -> Channel:
    return channels.build(found, name, Tools(Http(client), lambda: NOW_NS, found.channels.language))


def problem(folder: Path, text: str) -> str:
    with pytest.raises(ConfigurationError) as caught:
        settings(folder, text)
    (line,) = caught.value.problems
    return line.removeprefix(f"{folder / 'config.toml'}: ")


def test_each_channel_has_its_section_here() -> None:
    assert SECTIONS.keys() == SPEECH.keys()


@pytest.mark.allow_hosts(["127.0.0.1"])
@pytest.mark.parametrize("name", list(SECTIONS))
def test_its_section_alone_makes_a_channel_that_its_provider_takes(tmp_path: Path, name: str) -> None:
    with provider(name) as theirs, trusting() as client:
        (tmp_path / "url").write_text(f"{theirs.url}/{PATHS.get(name, 'hook')}\n")
        found = settings(tmp_path, SECTIONS[name], theirs.url)
        assert channels.configured(found) == [name]
        assert isinstance(build(found, name, client).send(notice(name)), Accepted)


def test_without_settings_there_is_none_and_the_relay_is_there_with_its_topic(tmp_path: Path) -> None:
    assert channels.configured(settings(tmp_path, "")) == []
    assert channels.configured(settings(tmp_path, '[relay]\ntopic = "gas/_relay/alarm"\n')) == ["relay"]


def test_groups_hear_at_once_of_what_cannot_be_recorded_and_a_mistake_stops_nobody(
    tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    (tmp_path / "url").write_text("https://robot.example/x")
    found = settings(tmp_path, SECTIONS["webhook"] + SECTIONS["feishu"] + SECTIONS["aliyun_sms"])
    silent = settings(tmp_path, SECTIONS["webhook"] + "emergency = false\n" + SECTIONS["wecom_robot"])
    with trusting() as client:
        tools = Tools(Http(client), lambda: NOW_NS, "zh")
        assert [type(way).__name__ for way in channels.at_once(found, tools)] == ["WebhookChannel", "Metered"]
        assert len(channels.at_once(silent, tools)) == 1
        (tmp_path / "url").unlink()
        assert [type(way).__name__ for way in channels.at_once(found, tools)] == ["WebhookChannel"]
    assert "emergency: not by feishu" in caplog.text


@pytest.mark.allow_hosts(["127.0.0.1"])
def test_a_rain_of_what_cannot_be_recorded_does_not_get_a_robot_blocked(tmp_path: Path) -> None:
    with provider("wecom_robot") as theirs, trusting() as client:
        (tmp_path / "url").write_text(f"{theirs.url}/{PATHS['wecom_robot']}")
        found = settings(tmp_path, SECTIONS["wecom_robot"])
        [way] = channels.at_once(found, Tools(Http(client), lambda: NOW_NS, "zh"))
        answers = [way.send(notice("wecom_robot")) for _ in range(25)]
    assert len(theirs.seen) == answers.count(Accepted()) == 20


def test_mail_trusts_the_authority_that_is_named(tmp_path: Path) -> None:
    with trusting() as client:
        build(settings(tmp_path, EMAIL), "email", client)
        (tmp_path / "ca.pem").write_text("no certificate")
        with pytest.raises(ConfigurationError, match=r"ca\.pem.*expected PEM"):
            build(settings(tmp_path, f'{EMAIL}tls_ca_file = "ca.pem"\n'), "email", client)
        with pytest.raises(ConfigurationError, match=r"none\.pem: No such file"):
            build(settings(tmp_path, f'{EMAIL}tls_ca_file = "none.pem"\n'), "email", client)
        build(settings(tmp_path, f'{EMAIL}username = "a"\npassword_file = "key"\ntls = "tls"\n'), "email", client)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[channels.dingtalk]\nurl_file = "none"\nsecret_file = "key"\n', "none: "),
        ('[channels.dingtalk]\nurl_file = "key"\nsecret_file = "key"\n', "holds no address of a robot; expected https"),
        ('[channels.wecom_robot]\nurl_file = "empty"\n', "is empty; expected a secret"),
        ('[webhook]\nurl = "http://127.0.0.1:9/"\n', "webhook.secret_file is missing"),
    ],
)
def test_a_secret_that_is_missing_is_one_line_that_does_not_tell_it(tmp_path: Path, text: str, expected: str) -> None:
    (tmp_path / "empty").write_text("\n")
    found = settings(tmp_path, text)
    with trusting() as client, pytest.raises(ConfigurationError) as caught:
        build(found, channels.configured(found)[0], client)
    (line,) = caught.value.problems
    assert expected in line
    assert SECRET not in line


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ('[channels.wecom_robot]\nurl = "https://x"\n', "channels.wecom_robot.url"),
        ('[channels.sms]\nkey_id = "x"\n', "channels.sms: Extra inputs are not permitted"),
        ('[channels.wecom_robot]\nurl_file = "u"\nlimits = ["20/week"]\n', "such as 20/min"),
        (SECTIONS["aliyun_sms"].replace("URL", "http://sms.example"), "expected https"),
        (f'{SECTIONS["aliyun_voice"]}key_template = "TTS_2"\n', "key_template is set without caller"),
        (f'{SECTIONS["tencent_sms"]}variables = ["url"]\n', "channels.tencent_sms.variables.0"),
        (f'{EMAIL}tls = "none"\n', "anybody on the way to mail.example reads the mail"),
        (f'{EMAIL}username = "alarm"\n', "username and password_file belong together"),
        (EMAIL.replace("alarm@gas.example", "alarm"), "channels.email.sender"),
    ],
)
def test_a_mistake_in_a_section_is_told_by_its_name(tmp_path: Path, text: str, expected: str) -> None:
    with pytest.raises(ConfigurationError) as caught:
        settings(tmp_path, text)
    assert expected in "; ".join(caught.value.problems)


def test_the_environment_makes_a_channel_too(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAS_LIFELINE_CHANNELS__WECOM_ROBOT__URL_FILE", str(tmp_path / "url"))
    assert channels.configured(settings(tmp_path, "")) == ["wecom_robot"]


def test_a_channel_is_behind_the_limits_of_its_provider_and_those_of_a_contract_replace_them(tmp_path: Path) -> None:
    text = SECTIONS["aliyun_voice"] + SECTIONS["dingtalk"] + SECTIONS["webhook"]
    found = settings(tmp_path, f'{text}[channels.feishu]\nurl_file = "url"\nsecret_file = "key"\nlimits = ["9/s"]\n')
    told = {name: [str(limit) for limit in channels.limits_of(found, name)] for name in channels.configured(found)}
    assert told == {
        "webhook": [],
        "dingtalk": ["20/min"],
        "feishu": ["9/s"],
        "aliyun_voice": ["1/min", "5/h", "20/d"],
    }
    (tmp_path / "url").write_text("https://robot.example/x")
    with trusting() as client:
        made: dict[str, Channel] = {name: build(found, name, client) for name in told}
        metered = channels.metered(made, found, Nobody(), lambda: NOW_NS)
    assert [name for name, channel in metered.items() if isinstance(channel, Metered)] == [*told][1:]
