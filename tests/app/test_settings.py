from pathlib import Path

import pytest

from app.settings import load_settings
from domain.errors import ConfigurationError


def write(folder: Path, text: str) -> Path:
    file = folder / "config.toml"
    file.write_text(text, encoding="utf-8")
    return file


def problem(config: Path | None) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load_settings(config)
    (line,) = caught.value.problems
    return line


def test_works_without_any_file() -> None:
    settings = load_settings(None)
    assert (settings.data, settings.rulebook, settings.root) == (Path("var"), Path("rulebook.toml"), "gas/v1")
    assert (settings.mqtt.host, settings.mqtt.port, settings.mqtt.protocol) == ("127.0.0.1", 1883, "5")
    assert settings.api.host == "127.0.0.1"
    assert settings.records_url == "sqlite:///var/records.db"


def test_paths_in_the_file_are_relative_to_it_and_so_are_the_defaults(tmp_path: Path) -> None:
    text = 'data = "d"\nassets = "/a"\n[mqtt]\npassword_file = "s/mqtt"\n[webhook]\nsecret_file = "s/hook"\n'
    settings = load_settings(write(tmp_path, text))
    assert (settings.data, settings.assets) == (tmp_path / "d", Path("/a"))
    assert settings.rulebook == tmp_path / "rulebook.toml"
    assert settings.mqtt.password_file == tmp_path / "s" / "mqtt"
    assert settings.webhook.secret_file == tmp_path / "s" / "hook"


def test_certificates_lie_beside_the_file_too(tmp_path: Path) -> None:
    text = '[mqtt]\ntls_ca_file = "s/ca.pem"\ntls_cert_file = "s/us.pem"\ntls_key_file = "/k/us.key"\n'
    mqtt = load_settings(write(tmp_path, text)).mqtt
    assert (mqtt.tls_ca_file, mqtt.tls_cert_file) == (tmp_path / "s" / "ca.pem", tmp_path / "s" / "us.pem")
    assert mqtt.tls_key_file == Path("/k/us.key")


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "127.8.8.8", "::1"])
def test_a_password_may_travel_openly_inside_this_machine(tmp_path: Path, host: str) -> None:
    assert load_settings(write(tmp_path, f'[mqtt]\nhost = "{host}"\npassword_file = "k"\n')).mqtt.host == host


def test_a_password_may_travel_under_tls(tmp_path: Path) -> None:
    text = '[mqtt]\nhost = "broker.example"\npassword_file = "k"\ntls_ca_file = "ca.pem"\n'
    assert load_settings(write(tmp_path, text)).mqtt.password_file == tmp_path / "k"


@pytest.mark.parametrize("host", ["broker.example", "10.0.0.5", "0.0.0.0", "localhost.example"])  # noqa: S104 - refused
def test_a_password_may_not_travel_openly_to_another_machine(tmp_path: Path, host: str) -> None:
    file = write(tmp_path, f'[mqtt]\nhost = "{host}"\npassword_file = "k"\n')
    expected = f"password_file without TLS: anybody on the way to {host} reads the password; set tls_ca_file"
    assert problem(file) == f"{file}: mqtt: Value error, {expected}"


def test_the_environment_overrides_the_file_key_by_key(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GAS_LIFELINE_MQTT__HOST", "broker.example")
    monkeypatch.setenv("GAS_LIFELINE_DATA", "elsewhere")
    settings = load_settings(write(tmp_path, 'data = "d"\n[mqtt]\nhost = "other"\nport = 1884\n'))
    assert (settings.mqtt.host, settings.mqtt.port) == ("broker.example", 1884)
    assert settings.data == Path("elsewhere")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("colour = 1", "colour: Extra inputs are not permitted"),
        ("[mqtt]\nhots = 1", "mqtt.hots: Extra inputs are not permitted"),
        ("[mqtt]\nport = 0", "mqtt.port: Input should be greater than or equal to 1"),
        ('[mqtt]\nprotocol = "4"', "mqtt.protocol: Input should be '5' or '3.1.1'"),
        (
            '[mqtt]\ntls_ca_file = "a"\ntls_cert_file = "c"',
            "mqtt: Value error, tls_cert_file and tls_key_file belong together",
        ),
        (
            '[mqtt]\ntls_ca_file = "a"\ntls_key_file = "k"',
            "mqtt: Value error, tls_cert_file and tls_key_file belong together",
        ),
        (
            '[mqtt]\ntls_cert_file = "c"\ntls_key_file = "k"',
            "mqtt: Value error, tls_cert_file is set without tls_ca_file",
        ),
        ("mqtt = 1", "mqtt: Input should be a valid dictionary or instance of MqttSettings"),
        ("data = 1", "data: Input is not a valid path"),
        ('[series]\nkind = "influxdb"', "series.kind: Input should be 'embedded' or 'influx'"),
        ('[series]\nurl = "127.0.0.1"', "series.url: String should match pattern"),
        ('root = "sim/gas/v1"', "root: Value error, topics under sim/ are for simulated towns; a live service must"),
        (
            '[api]\nhost = "0.0.0.0"',
            "api: Value error, host 0.0.0.0 is open to others and the console has no TLS",
        ),
        ('[api]\nhost = "::"', "api: Value error, host :: is open to others"),
        ("[api]\nbehind_proxy = true\nproxies = []", "api.proxies: Tuple should have at least 1 item"),
        ("[mqtt", "not TOML: "),
    ],
)
def test_a_mistake_in_the_file_is_one_line_with_its_place(tmp_path: Path, text: str, expected: str) -> None:
    file = write(tmp_path, text)
    assert problem(file).startswith(f"{file}: {expected}")


def test_the_console_is_open_to_others_only_behind_a_proxy(tmp_path: Path) -> None:
    api = load_settings(write(tmp_path, '[api]\nhost = "0.0.0.0"\nbehind_proxy = true\nproxies = ["10.0.0.0/8"]\n')).api
    assert (api.host, [str(proxy) for proxy in api.proxies]) == ("0.0.0.0", ["10.0.0.0/8"])  # noqa: S104 - as written


OIDC = {
    "issuer": '"https://id.example/realms/gas"',
    "client_id": '"console"',
    "client_secret_file": '"s/oidc"',
    "redirect_url": '"https://gas.example/login/oidc/callback"',
    "role_map": '{ "gas-duty" = "operator" }',
}


def provider(**changes: str) -> str:
    return "\n".join(["[oidc]", *(f"{name} = {value}" for name, value in (OIDC | changes).items())])


def test_an_identity_provider_needs_its_registration(tmp_path: Path) -> None:
    oidc = load_settings(write(tmp_path, provider())).oidc
    assert (oidc.client_secret_file, oidc.role_map) == (tmp_path / "s" / "oidc", {"gas-duty": "operator"})
    assert load_settings(None).oidc.issuer == ""


@pytest.mark.parametrize(
    ("change", "expected"),
    [
        ({"client_id": '""', "role_map": "{}"}, "oidc: Value error, issuer is set without client_id, role_map"),
        ({"issuer": '"http://id.example"'}, "oidc: Value error, issuer is 'http://id.example'; expected https"),
        ({"redirect_url": '"http://gas.example/login/oidc/callback"'}, "oidc: Value error, redirect_url is 'http"),
        ({"redirect_url": '"https://gas.example/"'}, "oidc: Value error, redirect_url is 'https://gas.example/'"),
        ({"role_map": '{ "x" = "cook" }'}, "oidc.role_map.x: Input should be 'operator'"),
        ({"scopes": '["profile"]'}, "oidc: Value error, scopes lack openid"),
    ],
)
def test_a_registration_that_cannot_work_is_refused(tmp_path: Path, change: dict[str, str], expected: str) -> None:
    file = write(tmp_path, provider(**change))
    assert problem(file).startswith(f"{file}: {expected}")


def test_an_identity_provider_on_this_machine_may_do_without_tls(tmp_path: Path) -> None:
    text = provider(issuer='"http://127.0.0.1:8080"', redirect_url='"http://localhost:8000/login/oidc/callback"')
    assert load_settings(write(tmp_path, text)).oidc.issuer == "http://127.0.0.1:8080"


@pytest.mark.parametrize(
    ("name", "value", "expected"),
    [
        ("MQTT__PORT", "many", "environment: mqtt.port: Input should be a valid integer"),
        ("MQTT", "many", 'environment: error parsing value for field "mqtt"'),
    ],
)
def test_a_mistake_in_the_environment_is_one_line_too(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, expected: str
) -> None:
    monkeypatch.setenv(f"GAS_LIFELINE_{name}", value)
    assert problem(None).startswith(expected)


def test_a_file_that_is_not_there_is_one_line(tmp_path: Path) -> None:
    assert "none.toml" in problem(tmp_path / "none.toml")


def test_secrets_do_not_show(tmp_path: Path) -> None:
    settings = load_settings(write(tmp_path, '[webhook]\nurl = "https://duty.example/k3y"\n'))
    assert settings.webhook.url.get_secret_value() == "https://duty.example/k3y"
    assert "k3y" not in repr(settings)
    assert "k3y" not in str(settings.model_dump())


@pytest.mark.parametrize(
    ("topic", "problem"),
    [
        ("gas/v1/relay", "lies under gas/v1"),
        ("gas/+/relay", "expected a topic to publish to"),
        ("relay/#", "expected a topic to publish to"),
        ("$SYS/relay", "expected a topic to publish to"),
    ],
)
def test_a_relay_that_nobody_could_hear_or_that_we_would_hear_ourselves_is_refused(
    tmp_path: Path, topic: str, problem: str
) -> None:
    config = tmp_path / "config.toml"
    config.write_text(f'[relay]\ntopic = "{topic}"\n')
    with pytest.raises(ConfigurationError, match=problem):
        load_settings(config)
