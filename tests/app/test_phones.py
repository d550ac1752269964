"""The telephones of the demo: the real channels speak to them, and what they report is what the API understands."""

from pathlib import Path

import httpx2
import pytest

from alerting.notify.channel import Accepted
from alerting.notify.http import Http
from alerting.notify.receipts import PARSERS, Press, Receipt, Reply
from app import channels
from app.calling import build_phones, calling, write_secrets
from app.channels import Tools
from app.phones import Phones, ringing
from app.settings import ApiSettings, Settings
from tests.alerting.notify.adapters import notice

DALI = Path(__file__).parents[2] / "examples" / "dali"
LINK = {"code": "4711", "url": "http://127.0.0.1:8000/answer/abcdefghijklmnop"}


class Reports:
    """Remembers what the telephones report, as the API reads it."""

    def __init__(self) -> None:
        self.heard: list[object] = []

    def __call__(self, channel: str, body: bytes) -> None:
        self.heard += PARSERS[channel].hear(body)


def settings(folder: Path) -> Settings:
    write_secrets(folder / "secrets")
    api = ApiSettings(public_url="http://127.0.0.1:1")
    return Settings.model_construct(data=folder, assets=DALI, rulebook=folder, api=api)


@pytest.mark.server
@pytest.mark.allow_hosts(["127.0.0.1"])
def test_every_channel_of_the_demo_gets_through_and_is_on_the_page(tmp_path: Path) -> None:
    plain = settings(tmp_path)
    with httpx2.Client() as client, ringing(build_phones(plain, tmp_path / "secrets", client)) as url:
        called = calling(plain, tmp_path / "secrets", url)
        names = channels.configured(called)
        tools = Tools(Http(client), lambda: 1_700_000_000_000_000_000, "zh")
        for name in names:
            sent = channels.build(called, name, tools).send(notice(name, answer=LINK))
            assert isinstance(sent, Accepted), (name, sent)
        page = client.get(url).text
    assert names == ["webhook", "wecom_app", "aliyun_sms", "aliyun_voice"]
    assert page.count("老街小厨") >= len(names)
    assert LINK["url"] in page
    assert "回复 4711" in page


def test_each_telephone_has_the_name_of_its_person(tmp_path: Path) -> None:
    plain = settings(tmp_path)
    with httpx2.Client() as client:
        phones = build_phones(plain, tmp_path / "secrets", client)
    phones.hear("sms", "00000000001", "gas", "4711")
    phones.hear("wecom", "yangxiao", "<b>gas</b>")
    assert phones.page().count("杨晓 Yang Xiao") == 2
    assert "<b>gas" not in phones.page()


def test_receipts_and_answers_are_those_of_the_provider() -> None:
    reports = Reports()
    phones = Phones({}, reports, lambda: 1)
    message, call = phones.hear("sms", "1", "gas", "4711"), phones.hear("voice", "1", "gas")
    for act in (phones.deliver, phones.answer):
        act(message)
        act(call)
        act("nobody-0")
    assert [type(one) for one in reports.heard] == [Receipt, Receipt, Reply, Receipt, Press]
    assert all(one.delivered for one in reports.heard if isinstance(one, Receipt))
    assert Reply("1", "4711") in reports.heard
    assert Press("aliyun_voice", call, "1") in reports.heard
