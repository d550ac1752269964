"""The notice channels of an installation, by name: one line each."""

import logging
import ssl
from collections.abc import Callable, Collection, Mapping
from pathlib import Path
from typing import Any, NamedTuple

from pydantic import BaseModel

from alerting.notify import aliyun, aliyun_sms, aliyun_voice, tencent, tencent_sms, tencent_voice
from alerting.notify.aliyun import Aliyun
from alerting.notify.aliyun_sms import AliyunSms
from alerting.notify.aliyun_voice import AliyunVoice
from alerting.notify.channel import BY_PLAN_ALONE, Channel
from alerting.notify.dingtalk import DingTalk
from alerting.notify.email import Email, Server
from alerting.notify.feishu import Feishu
from alerting.notify.http import Http
from alerting.notify.message import Language, Template
from alerting.notify.quota import History, Limit, Metered
from alerting.notify.tencent import Product, Tencent
from alerting.notify.tencent_sms import TencentSms
from alerting.notify.tencent_voice import TencentVoice
from alerting.notify.webhook import WebhookChannel
from alerting.notify.wecom_app import Application, WeComApp
from alerting.notify.wecom_robot import WeComRobot
from api.provider import is_safe
from app.channel_settings import (
    AliyunSmsSettings,
    AliyunVoiceSettings,
    DingTalkSettings,
    EmailSettings,
    FeishuSettings,
    TemplateSettings,
    TencentSmsSettings,
    TencentVoiceSettings,
    WeComAppSettings,
    WeComRobotSettings,
)
from app.configuration import ONE_WORD, read_text
from app.settings import Settings, WebhookSettings
from domain.errors import ConfigurationError

_LOGGER = logging.getLogger(__name__)
_WORD = 16
RELAY = "relay"
"""The relay of `relay.topic`: `alerting.notify.relay.Relay`, which needs a connection to the broker."""


class Tools(NamedTuple):
    """What the channels are made with."""

    http: Http
    clock_ns: Callable[[], int]
    language: Language


def secret(path: Path) -> str:
    """Read a secret (ConfigurationError: no such file, or an empty one)."""
    found = read_text(path, ONE_WORD).strip()
    if not found:
        raise ConfigurationError(f"{path} is empty; expected a secret")
    return found


def receipts_token(settings: Settings) -> str:
    """Read the word that the addresses of receipts carry, "" for none (ConfigurationError: one that can be guessed)."""
    return _word(settings.channels.receipts_token_file)


def push_token(settings: Settings) -> str:
    """Read the word that the addresses of pushes carry, "" for none (ConfigurationError: one that can be guessed)."""
    return _word(settings.push.token_file)


def _word(file: Path | None) -> str:
    found = secret(file) if file else ""
    if file and len(found) < _WORD:
        raise ConfigurationError(f"{file}: a word of {len(found)} characters can be guessed; expected at least {_WORD}")
    return found


def _webhook(section: WebhookSettings, tools: Tools) -> Channel:
    if section.secret_file is None:
        raise ConfigurationError("webhook.secret_file is missing: notices are signed, and an empty key signs nothing")
    return WebhookChannel(section.url.get_secret_value(), secret(section.secret_file), tools.http, tools.clock_ns)


def _dingtalk(section: DingTalkSettings, tools: Tools) -> Channel:
    return DingTalk(_url(section.url_file), secret(section.secret_file), tools.http, tools.clock_ns, tools.language)


def _feishu(section: FeishuSettings, tools: Tools) -> Channel:
    return Feishu(_url(section.url_file), secret(section.secret_file), tools.http, tools.clock_ns, tools.language)


def _wecom_robot(section: WeComRobotSettings, tools: Tools) -> Channel:
    return WeComRobot(_url(section.url_file), tools.http, tools.language)


def _wecom_app(section: WeComAppSettings, tools: Tools) -> Channel:
    app = Application(section.endpoint, section.corp_id, section.agent_id, secret(section.secret_file))
    return WeComApp(app, tools.http, tools.language)


def _aliyun_sms(section: AliyunSmsSettings, tools: Tools) -> Channel:
    account = _aliyun(section, section.endpoint, aliyun_sms.VERSION, tools)
    return AliyunSms(account, section.signature, _template(section, tools))


def _aliyun_voice(section: AliyunVoiceSettings, tools: Tools) -> Channel:
    account = _aliyun(section, section.endpoint, aliyun_voice.VERSION, tools)
    return AliyunVoice(account, section.caller, _template(section, tools), section.key_template)


def _tencent_sms(section: TencentSmsSettings, tools: Tools) -> Channel:
    product = Product(section.endpoint, tencent_sms.SERVICE, tencent_sms.VERSION, section.region)
    return TencentSms(_tencent(section, product, tools), section.app_id, section.signature, _template(section, tools))


def _tencent_voice(section: TencentVoiceSettings, tools: Tools) -> Channel:
    product = Product(section.endpoint, tencent_voice.SERVICE, tencent_voice.VERSION, section.region)
    return TencentVoice(_tencent(section, product, tools), section.app_id, _template(section, tools))


def _email(section: EmailSettings, tools: Tools) -> Channel:
    trusted = None if section.tls == "none" else _trusted(section.tls_ca_file)
    password = secret(section.password_file) if section.password_file else ""
    server = Server(section.host, section.port, section.tls, trusted, section.username, password)
    return Email(server, section.sender, urgent=section.urgent, language=tools.language)


_BUILDERS: Mapping[str, Callable[[Any, Tools], Channel]] = {
    "webhook": _webhook,
    "dingtalk": _dingtalk,
    "feishu": _feishu,
    "wecom_robot": _wecom_robot,
    "wecom_app": _wecom_app,
    "aliyun_sms": _aliyun_sms,
    "aliyun_voice": _aliyun_voice,
    "tencent_sms": _tencent_sms,
    "tencent_voice": _tencent_voice,
    "email": _email,
}


def configured(settings: Settings) -> list[str]:
    """Name the channels that have settings."""
    relay = [RELAY] if settings.relay.topic else []
    return [*(name for name in _BUILDERS if _section(settings, name) is not None), *relay]


def build(settings: Settings, name: str, tools: Tools) -> Channel:
    """Build one of those that have settings, the relay apart (ConfigurationError: a secret is missing)."""
    return _BUILDERS[name](_section(settings, name), tools)


def at_once(settings: Settings, tools: Tools) -> list[Channel]:
    """Build those that tell of priority 1 while the records are away: they need no duty plan.

    One with a mistake in its settings is left out: `notify` does not start with it, but the watch must. The limits hold
    here too, since a robot that is blocked tells nobody; the records, which know what was sent before, are away.
    """
    found: dict[str, Channel] = {}
    for name in configured(settings):
        if name not in BY_PLAN_ALONE and (name != "webhook" or settings.webhook.emergency):
            try:
                found[name] = build(settings, name, tools)
            except ConfigurationError as error:
                _LOGGER.error("emergency: not by %s: %s", name, error)  # noqa: TRY400 - one line
    return list(metered(found, settings, _Nothing(), tools.clock_ns).values())


class _Nothing:
    """No history."""

    def accepted_since(self, _channel: str, _address: str | None, _since_ns: int) -> list[int]:
        return []


def limits_of(settings: Settings, name: str) -> Collection[Limit]:
    limits: Collection[Limit] = getattr(_section(settings, name), "limits", ())
    return limits


def metered(
    channels: Mapping[str, Channel], settings: Settings, history: History, clock_ns: Callable[[], int]
) -> dict[str, Channel]:
    """Put each channel behind the limits of its provider."""
    return {
        name: Metered(channel, name, limits, shared=name not in BY_PLAN_ALONE, history=history, clock_ns=clock_ns)
        if (limits := limits_of(settings, name))
        else channel
        for name, channel in channels.items()
    }


def _section(settings: Settings, name: str) -> BaseModel | None:
    if name == "webhook":
        return settings.webhook if settings.webhook.url.get_secret_value() else None
    found: BaseModel | None = getattr(settings.channels, name, None)
    return found


def _url(path: Path) -> str:
    """Read the address of a robot; it holds a token, so that it is never told."""
    found = secret(path)
    if not is_safe(found):
        raise ConfigurationError(f"{path} holds no address of a robot; expected https (http on this machine alone)")
    return found


def _template(section: TemplateSettings, tools: Tools) -> Template:
    return Template(section.template, section.variables, section.variable_chars, tools.language)


def _aliyun(section: TemplateSettings, endpoint: str, version: str, tools: Tools) -> Aliyun:
    key = aliyun.Key(section.key_id, secret(section.key_secret_file))
    return Aliyun(endpoint, version, key, tools.http, tools.clock_ns)


def _tencent(section: TemplateSettings, product: Product, tools: Tools) -> Tencent:
    return Tencent(product, tencent.Key(section.key_id, secret(section.key_secret_file)), tools.http, tools.clock_ns)


def _trusted(authority: Path | None) -> ssl.SSLContext:
    try:
        return ssl.create_default_context(cafile=authority)
    except (OSError, ssl.SSLError) as error:
        raise ConfigurationError(f"{authority}: {error.strerror or error}; expected PEM") from None
