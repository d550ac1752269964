"""The one settings model: `config.toml`, overridden by environment variables `GAS_LIFELINE_…`."""

import ipaddress
import tomllib
from pathlib import Path
from typing import Annotated, Any, Literal, Self

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    IPvAnyAddress,
    IPvAnyNetwork,
    SecretStr,
    ValidationError,
    model_validator,
)
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict, SettingsError

from api.provider import CALLBACK, is_safe
from api.rights import Role
from app.channel_settings import ChannelsSettings
from app.configuration import ONE_WORD, read_text
from domain.errors import ConfigurationError
from ledger.rules import DEPARTMENTS

ROLES = ("ingest", "watch", "write", "notify", "api", "audit")
OPTIONAL_ROLES = ("connect", "listen")
"""They run where they are configured."""
EVERY_ROLE = (*ROLES, *OPTIONAL_ROLES)
_PATHS = frozenset({"data", "assets", "rulebook", "folder"})


def _no_simulation(root: str) -> str:
    if root.startswith("sim/"):
        raise ValueError("topics under sim/ are for simulated towns; a live service must not read them")
    return root


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


class _Section(BaseModel):
    model_config = ConfigDict(extra="forbid", frozen=True)


class MqttSettings(_Section):
    """The broker and how to reach it."""

    host: str = "127.0.0.1"
    port: int = Field(1883, ge=1, le=65_535)
    client_id: str = Field("gas-lifeline-ingest", min_length=1)
    protocol: Literal["5", "3.1.1"] = "5"
    username: str = ""
    password_file: Path | None = None
    tls_ca_file: Path | None = None
    tls_cert_file: Path | None = None
    tls_key_file: Path | None = None
    probe: bool = True

    @model_validator(mode="after")
    def _safe(self) -> Self:
        if (self.tls_cert_file is None) != (self.tls_key_file is None):
            raise ValueError("tls_cert_file and tls_key_file belong together; expected both or none")
        if self.tls_cert_file is not None and self.tls_ca_file is None:
            raise ValueError("tls_cert_file is set without tls_ca_file; expected the authority of the broker too")
        if self.password_file is not None and self.tls_ca_file is None and not _is_loopback(self.host):
            raise ValueError(
                f"password_file without TLS: anybody on the way to {self.host} reads the password; set tls_ca_file"
            )
        return self


class LogSettings(_Section):
    """The frame log: group commit, segment size, and when it is full."""

    commit_frames: int = Field(500, ge=1, le=5_000)
    commit_s: float = Field(0.02, gt=0, le=1)
    segment_bytes: int = Field(2 << 30, ge=1 << 20)
    limit_bytes: int = Field(20 << 30, ge=1 << 20)
    keep_h: float = Field(72, gt=0)


class SeriesSettings(_Section):
    """Where the points are: a file of our own, or InfluxDB."""

    kind: Literal["embedded", "influx"] = "embedded"
    url: str = Field("http://127.0.0.1:8086", pattern="^https?://[^/]+")
    api: Literal["v2", "v1"] = "v2"
    token_file: Path | None = None
    org: str = ""
    bucket: str = Field("gas", min_length=1)
    keep_d: float = Field(90, gt=0)
    minutes_keep_d: float = Field(730, gt=0)
    hours_keep_d: float = Field(3_650, gt=0)


class ApiSettings(_Section):
    """Where the console listens. It has no TLS of its own: others reach it through a proxy that has."""

    host: str = "127.0.0.1"
    port: int = Field(8000, ge=0, le=65_535)
    behind_proxy: bool = False
    public_url: str = Field("", pattern="^(https?://[^/]+(/.*)?)?$")
    proxies: tuple[IPvAnyAddress | IPvAnyNetwork, ...] = Field(
        (ipaddress.ip_address("127.0.0.1"), ipaddress.ip_address("::1")), min_length=1
    )

    @model_validator(mode="after")
    def _closed(self) -> Self:
        if self.public_url.endswith("/"):
            raise ValueError(
                f"public_url {self.public_url} ends with a slash; expected one such as https://gas.example"
            )
        if not self.behind_proxy and not _is_loopback(self.host):
            raise ValueError(
                f"host {self.host} is open to others and the console has no TLS of its own; expected a loopback"
                " address, or behind_proxy = true with a proxy that has TLS in front of it"
            )
        return self


class OidcSettings(_Section):
    """The identity provider; without an issuer there is none."""

    issuer: str = ""
    client_id: str = ""
    client_secret_file: Path | None = None
    redirect_url: str = ""
    role_claim: str = Field("roles", min_length=1)
    role_map: dict[str, Role] = {}
    township_claim: str = ""
    department_claim: str = ""
    department_map: dict[str, str] = {}
    name_claim: str = Field("preferred_username", min_length=1)
    scopes: tuple[str, ...] = ("openid", "profile")

    @model_validator(mode="after")
    def _complete(self) -> Self:
        if not self.issuer:
            return self
        missing = [name for name in ("client_id", "redirect_url", "role_map") if not getattr(self, name)]
        if missing:
            raise ValueError(f"issuer is set without {', '.join(missing)}")
        for name, url in {"issuer": self.issuer, "redirect_url": self.redirect_url}.items():
            if not is_safe(url):
                raise ValueError(f"{name} is {url!r}; expected https (http on a loopback address alone)")
        if not self.redirect_url.endswith(CALLBACK):
            raise ValueError(f"redirect_url is {self.redirect_url!r}; expected one that ends with {CALLBACK}")
        if wrong := [name for name in self.department_map.values() if name not in DEPARTMENTS]:
            raise ValueError(f"department_map names {', '.join(wrong)}; expected of {', '.join(DEPARTMENTS)}")
        if "openid" not in self.scopes:
            raise ValueError("scopes lack openid; without it the provider sends no id token")
        return self


class RecordsSettings(_Section):
    """Which database holds alarms and journal: that whose address the file holds; without one a file of our own."""

    url_file: Path | None = None
    quarantine_keep_d: float = Field(30, gt=0)
    notices_keep_d: float = Field(1095, ge=62)
    instructions_keep_d: float = Field(730, ge=7)


class WebhookSettings(_Section):
    """Where notices of alarms go; empty: nowhere."""

    url: SecretStr = SecretStr("")
    secret_file: Path | None = None
    emergency: bool = True


def _plain_topic(topic: str) -> str:
    if topic.startswith("$") or set(topic) & {"+", "#", "\0"}:
        raise ValueError("expected a topic to publish to: without + and #, not beginning with $")
    return topic


class RelaySettings(_Section):
    """Where a local siren or lamp listens, by MQTT; empty: nowhere."""

    topic: Annotated[str, AfterValidator(_plain_topic)] = ""


class DeadmanSettings(_Section):
    """Who hears the heartbeat and raises the alarm when it stops; empty: nobody."""

    topic: Annotated[str, AfterValidator(_plain_topic)] = ""
    url: SecretStr = SecretStr("")


class CanarySettings(_Section):
    """Whether a test alarm a minute goes the way of the real ones."""

    enabled: bool = True


class TcpSettings(_Section):
    """A centre that takes frames of GB/T 26875.3, and what we and our devices are called there."""

    host: str = Field(min_length=1)
    port: int = Field(26_875, ge=1, le=65_535)
    source: int = Field(ge=0, lt=1 << 48)
    destination: int = Field(ge=0, lt=1 << 48)
    places: dict[str, str] = {}


class TargetSettings(_Section):
    """One platform of the city lifeline, and how it is reached."""

    mapping: str = ""
    mapping_file: Path | None = None
    url: SecretStr = SecretStr("")
    ca_file: Path | None = None
    mqtt: MqttSettings | None = None
    topic: Annotated[str, AfterValidator(_plain_topic)] = ""
    tcp: TcpSettings | None = None
    token_file: Path | None = None
    secret_file: Path | None = None
    sm4_key_file: Path | None = None
    sm2_key_file: Path | None = None
    sm2_platform_key_file: Path | None = None
    records: tuple[Literal["alarm", "disposal", "hazard", "site", "device", "reading", "reply"], ...] = ()
    heartbeat_s: float = Field(60, ge=0)
    readings_s: float = Field(60, ge=1)
    keep_d: float = Field(90, ge=1)
    most_waiting: int = Field(20_000, ge=1_000)
    account: str = ""

    @model_validator(mode="after")
    def _one_mapping(self) -> Self:
        if bool(self.mapping) == (self.mapping_file is not None):
            raise ValueError("expected either mapping, the name of a shipped one, or mapping_file")
        return self


class CitySettings(_Section):
    """Who we are towards the city, and the platforms that hear of our alarms; without targets, nobody."""

    code: str = Field("532901", pattern=r"^\d{6}$")
    source: str = Field("gas-lifeline", min_length=1)
    owner_unit: str = ""
    org_code: str = Field("", pattern="^([0-9A-Z]{18})?$")
    townships: dict[str, str] = {}
    targets: dict[Annotated[str, Field(pattern="^[a-z0-9_-]{1,32}$")], TargetSettings] = {}


class GrafanaSettings(_Section):
    """Which Grafana is told when alarms begin and end; empty: none."""

    url: str = Field("", pattern="^(https?://[^/]+.*)?$")
    token_file: Path | None = None


class ListenSettings(_Section):
    """Where devices that speak GB/T 26875.3 over TCP connect. The protocol has neither TLS nor passwords."""

    enabled: bool = False
    host: str = Field("127.0.0.1", min_length=1)
    port: int = Field(26_875, ge=0, le=65_535)
    connections: int = Field(500, ge=1, le=20_000)
    idle_s: float = Field(900, gt=0)
    frames_per_s: float = Field(20, gt=0)


class LedgerSettings(_Section):
    """How the hazard ledger reads the plan where that can be read in two ways."""

    cylinder_weight: Literal["net", "gross"] = "net"


class PushSettings(_Section):
    """What carriers' platforms show who push to us; without it nobody pushes."""

    token_file: Path | None = None


class ReportsSettings(_Section):
    """The reports of the ledger that are made by themselves, and where they are kept."""

    enabled: bool = True
    folder: Path | None = None
    missed_d: float = Field(31, ge=1, le=90)
    keep_y: float = Field(3, ge=1, le=30)


class Settings(BaseSettings):
    """Everything that an installation sets.

    Attributes:
        data: folder of log, series, records and snapshots.
        assets: folder with sites.csv, zones.csv and devices.csv.
        rulebook: file with every limit and delay.
        root: MQTT topic root.
    """

    model_config = SettingsConfigDict(
        env_prefix="GAS_LIFELINE_", env_nested_delimiter="__", extra="forbid", frozen=True
    )

    data: Path = Path("var")
    assets: Path = Path("assets")
    rulebook: Path = Path("rulebook.toml")
    root: Annotated[str, AfterValidator(_no_simulation)] = "gas/v1"
    mqtt: MqttSettings = MqttSettings()
    log: LogSettings = LogSettings()
    series: SeriesSettings = SeriesSettings()
    records: RecordsSettings = RecordsSettings()
    api: ApiSettings = ApiSettings()
    webhook: WebhookSettings = WebhookSettings()
    oidc: OidcSettings = OidcSettings()
    relay: RelaySettings = RelaySettings()
    channels: ChannelsSettings = ChannelsSettings()
    deadman: DeadmanSettings = DeadmanSettings()
    canary: CanarySettings = CanarySettings()
    city: CitySettings = CitySettings()
    grafana: GrafanaSettings = GrafanaSettings()
    listen: ListenSettings = ListenSettings()
    push: PushSettings = PushSettings()
    ledger: LedgerSettings = LedgerSettings()
    reports: ReportsSettings = ReportsSettings()

    @model_validator(mode="after")
    def _apart(self) -> Self:
        for name, topic in {"relay": self.relay.topic, "deadman": self.deadman.topic}.items():
            if topic.startswith(f"{self.root}/"):
                raise ValueError(f"{name}.topic {topic} lies under {self.root}: we would take it for a device")
        return self

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],  # noqa: ARG003 - the framework's signature
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,  # noqa: ARG003
        file_secret_settings: PydanticBaseSettingsSource,  # noqa: ARG003
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Let the environment override the file."""
        return env_settings, init_settings

    @property
    def roles(self) -> tuple[str, ...]:
        """What runs where nothing else is asked for."""
        asked = {"connect": bool(self.city.targets), "listen": self.listen.enabled}
        return (*ROLES, *(name for name in OPTIONAL_ROLES if asked[name]))

    @property
    def records_url(self) -> str:
        """Address of the records database; it may hold a password: never log it (ConfigurationError: no such file)."""
        found = self.records.url_file
        return f"sqlite:///{self.data / 'records.db'}" if found is None else read_text(found, ONE_WORD).strip()


def load_settings(config: Path | None) -> Settings:
    """Read `config.toml` and the environment; paths in the file are relative to it (ConfigurationError)."""
    where = str(config or "environment")
    try:
        return Settings(**({} if config is None else _read(config)))
    except ValidationError as error:
        raise ConfigurationError(
            *(f"{where}: {'.'.join(map(str, e['loc']))}: {e['msg']}" for e in error.errors(include_url=False))
        ) from None
    except SettingsError as error:
        raise ConfigurationError(f"environment: {error}") from None


def _read(config: Path) -> dict[str, Any]:
    try:
        values = tomllib.loads(read_text(config, "the settings (TOML)"))
    except tomllib.TOMLDecodeError as error:
        raise ConfigurationError(f"{config}: not TOML: {error}") from None
    values = {name: str(Settings.model_fields[name].default) for name in ("data", "assets", "rulebook")} | values
    return _beside(config.parent, values)


def _beside(folder: Path, table: dict[str, Any]) -> dict[str, Any]:
    """Take every path for relative to a folder."""
    return {
        name: _beside(folder, value)
        if isinstance(value, dict)
        else folder / value
        if isinstance(value, str) and (name in _PATHS or name.endswith("_file"))
        else value
        for name, value in table.items()
    }
