"""Settings of the notice channels: `[channels.<name>]`; a channel is there when its section is."""

from pathlib import Path
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, Field, model_validator

from alerting.notify.message import Language, Variable
from alerting.notify.quota import Limit
from api.provider import is_safe


def _safe(url: str) -> str:
    if not is_safe(url) or url.endswith("/"):
        raise ValueError("expected https (http on a loopback address alone) and no / at its end")
    return url


Address = Annotated[str, AfterValidator(_safe)]
Text = Annotated[str, Field(min_length=1)]
Limits = tuple[Annotated[Limit, BeforeValidator(lambda text: Limit.parse(str(text)))], ...]


def _limits(*texts: str) -> Limits:
    return tuple(Limit.parse(text) for text in texts)


class Section(BaseModel):
    """Part of the settings."""

    model_config = ConfigDict(extra="forbid", frozen=True)


class DingTalkSettings(Section):
    """A robot of DingTalk."""

    url_file: Path
    secret_file: Path
    limits: Limits = _limits("20/min")


class FeishuSettings(Section):
    """A robot of Feishu or Lark."""

    url_file: Path
    secret_file: Path
    limits: Limits = _limits("5/s", "100/min")


class WeComRobotSettings(Section):
    """A robot of WeCom."""

    url_file: Path
    limits: Limits = _limits("20/min")


class WeComAppSettings(Section):
    """An application of WeCom."""

    corp_id: Text
    agent_id: int
    secret_file: Path
    endpoint: Address = "https://qyapi.weixin.qq.com"
    limits: Limits = _limits("30/min", "1000/h")


class TemplateSettings(Section):
    """What all channels with approved texts have."""

    key_id: Text
    key_secret_file: Path
    template: Text
    variables: tuple[Variable, ...] = ("place", "what", "code")
    variable_chars: int = Field(35, ge=1, le=500)


class AliyunSmsSettings(TemplateSettings):
    """Short messages of Alibaba Cloud."""

    signature: Text
    endpoint: Address = "https://dysmsapi.aliyuncs.com"
    limits: Limits = _limits("50/d")


class AliyunVoiceSettings(TemplateSettings):
    """Calls of Alibaba Cloud."""

    variables: tuple[Variable, ...] = ("place", "what")
    caller: str = ""
    key_template: str = ""
    endpoint: Address = "https://dyvmsapi.aliyuncs.com"
    limits: Limits = _limits("1/min", "5/h", "20/d")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if self.key_template and not self.caller:
            raise ValueError("key_template is set without caller; expected our own number, which IvrCall asks for")
        return self


class TencentSmsSettings(TemplateSettings):
    """Short messages of Tencent Cloud."""

    app_id: Text
    signature: Text
    endpoint: Address = "https://sms.tencentcloudapi.com"
    region: Text = "ap-guangzhou"
    limits: Limits = ()


class TencentVoiceSettings(TemplateSettings):
    """Calls of Tencent Cloud."""

    variables: tuple[Variable, ...] = ("place", "what")
    app_id: Text
    endpoint: Address = "https://vms.tencentcloudapi.com"
    region: Text = "ap-guangzhou"
    limits: Limits = ()


class EmailSettings(Section):
    """Mail by SMTP."""

    host: Text
    port: int = Field(587, ge=1, le=65_535)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    tls_ca_file: Path | None = None
    username: str = ""
    password_file: Path | None = None
    sender: str = Field(pattern=r"^[\w.+-]+@[\w.-]+$")
    urgent: bool = False
    limits: Limits = ()

    @model_validator(mode="after")
    def _closed(self) -> Self:
        if self.tls == "none" and not is_safe(f"http://{self.host}"):
            raise ValueError(f"tls is none: anybody on the way to {self.host} reads the mail; expected starttls or tls")
        if bool(self.username) != (self.password_file is not None):
            raise ValueError("username and password_file belong together; expected both or none")
        return self


class ChannelsSettings(Section):
    """The ways to reach people."""

    language: Language = "zh"
    receipts_token_file: Path | None = None
    dingtalk: DingTalkSettings | None = None
    feishu: FeishuSettings | None = None
    wecom_robot: WeComRobotSettings | None = None
    wecom_app: WeComAppSettings | None = None
    aliyun_sms: AliyunSmsSettings | None = None
    aliyun_voice: AliyunVoiceSettings | None = None
    tencent_sms: TencentSmsSettings | None = None
    tencent_voice: TencentVoiceSettings | None = None
    email: EmailSettings | None = None
