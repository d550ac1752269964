"""How the fictional town is called: the settings of its channels, which lead to `app.phones` and nowhere else."""

import logging
import secrets
from collections.abc import Iterator
from pathlib import Path

import httpx2
from pydantic import SecretStr

from alerting.notify.channel import ChannelUnavailable
from alerting.notify.http import Http
from alerting.notify.phone import domestic
from app.channel_settings import AliyunSmsSettings, AliyunVoiceSettings, ChannelsSettings, WeComAppSettings
from app.clock import now_ns
from app.configuration import read_text
from app.oncall import check_plan
from app.phones import Phones
from app.settings import Settings, WebhookSettings

_LOGGER = logging.getLogger(__name__)
PLAN = "oncall.toml"
"""Beside the registry of a town; without it nobody is called."""
_KEY, _TOKEN = "key", "receipts"


def write_secrets(folder: Path) -> None:
    """Make secrets that live as long as the demo."""
    folder.mkdir(mode=0o700)
    for name in (_KEY, _TOKEN):
        (folder / name).write_text(secrets.token_hex(16), encoding="utf-8")


def calling(settings: Settings, folder: Path, url: str) -> Settings:
    """Give the settings with channels that speak to the telephones at `url`."""
    key = folder / _KEY
    account = {"key_id": "demo", "key_secret_file": key, "endpoint": url}
    channels = ChannelsSettings(
        receipts_token_file=folder / _TOKEN,
        wecom_app=WeComAppSettings(corp_id="demo", agent_id=1, secret_file=key, endpoint=url),
        aliyun_sms=AliyunSmsSettings(**account, template="SMS_1", signature="demo"),
        aliyun_voice=AliyunVoiceSettings(**account, template="TTS_1", key_template="TTS_2", caller="00000000"),
    )
    webhook = WebhookSettings(url=SecretStr(f"{url}/group"), secret_file=key)
    return settings.model_copy(update={"channels": channels, "webhook": webhook})


def build_phones(settings: Settings, folder: Path, client: httpx2.Client) -> Phones:
    """Build the telephones of the people in the plan; what they report goes to the console's API."""
    http, token = Http(client), read_text(folder / _TOKEN)

    def report(channel: str, body: bytes) -> None:
        url = f"{settings.api.public_url}/api/v1/receipts/{channel}?token={token}"
        try:
            http.post(url, body, {"Content-Type": "application/json"})
        except ChannelUnavailable as error:
            _LOGGER.info("telephones: the console took no receipt: %s", error)

    return Phones(dict(_numbers(settings.assets)), report, now_ns)


def _numbers(assets: Path) -> Iterator[tuple[str, str]]:
    for person in check_plan(assets / PLAN, assets).person:
        for address in person.addresses.values():
            yield domestic(address) or address, f"{person.name} {person.name_en}"
