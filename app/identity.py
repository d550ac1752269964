"""The identity provider as the settings describe it."""

import time

import httpx2

from api.provider import LoginRefused, Provider, Registration
from app.clock import now_ns
from app.configuration import ONE_WORD, read_text
from app.settings import OidcSettings
from domain.errors import ConfigurationError


def build_provider(settings: OidcSettings) -> Provider | None:
    """Build it without asking it anything; None: there is none (ConfigurationError: the secret's file)."""
    if not settings.issuer:
        return None
    names = ("issuer", "client_id", "redirect_url", "role_claim", "township_claim", "name_claim", "scopes")
    departments = ("department_claim", "department_map")
    about = Registration(
        **{name: getattr(settings, name) for name in (*names, *departments)},
        client_secret=read_text(secret, ONE_WORD).strip() if (secret := settings.client_secret_file) else "",
        role_map={claim: role.value for claim, role in settings.role_map.items()},
    )
    return Provider(about, httpx2.Client(), now_ns, time.monotonic)


def reach_provider(settings: OidcSettings) -> None:
    """Ask for its discovery and keys (ConfigurationError: it cannot be used)."""
    provider = build_provider(settings)
    try:
        if provider is not None:
            provider.address("", "", "")
    except LoginRefused as error:
        raise ConfigurationError(f"oidc.issuer {settings.issuer}: {error}") from None
