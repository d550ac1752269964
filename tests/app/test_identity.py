from pathlib import Path

import pytest

from app.check import run_check
from app.identity import build_provider, reach_provider
from app.settings import OidcSettings
from domain.errors import ConfigurationError
from tests.api.conftest import Clock
from tests.api.identity import provider
from tests.app.support import write_town

pytestmark = [pytest.mark.server, pytest.mark.allow_hosts(["127.0.0.1"])]
REGISTERED = {
    "client_id": "console",
    "redirect_url": "https://gas.example/login/oidc/callback",
    "role_map": {"gas-duty": "operator"},
}


def settings(issuer: str, **more: object) -> OidcSettings:
    return OidcSettings.model_validate(REGISTERED | {"issuer": issuer} | more)


def test_without_an_issuer_there_is_none() -> None:
    assert build_provider(OidcSettings()) is None
    reach_provider(OidcSettings())


def test_a_map_to_a_department_that_the_ledger_does_not_know_is_refused() -> None:
    assert settings("https://id.example", department_map={"fire": "消防"}).department_map == {"fire": "消防"}
    with pytest.raises(ValueError, match=r"department_map names 消防队; expected of .*消防"):
        settings("https://id.example", department_map={"fire": "消防队"})


def test_a_provider_is_reached() -> None:
    with provider(Clock()) as identity:
        reach_provider(settings(identity.issuer))
    assert identity.asked == ["/.well-known/openid-configuration", "/keys"]


def test_a_secret_whose_file_is_not_there_is_told() -> None:
    with pytest.raises(ConfigurationError, match="none"):
        build_provider(settings("https://id.example", client_secret_file=Path("none")))


def test_the_check_tells_of_a_provider_that_is_away(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    config = write_town(tmp_path)
    with config.open("a", encoding="utf-8") as file:
        file.write('[mqtt]\nport = 1\n[oidc]\nissuer = "http://127.0.0.1:1"\nclient_id = "c"\n')
        file.write(f'redirect_url = "{REGISTERED["redirect_url"]}"\nrole_map = {{ "gas-duty" = "operator" }}\n')
    assert run_check(config, None, None) == 1
    (line,) = [line for line in capsys.readouterr().err.splitlines() if line.startswith("identity provider")]
    assert "oidc.issuer http://127.0.0.1:1: away: " in line
