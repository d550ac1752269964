"""The identity provider: discovery, keys, code for token, and what makes a token believable.

OpenID Connect Core 1.0 (https://openid.net/specs/openid-connect-core-1_0.html), sections 3.1.2, 3.1.3 and 10.1.1.
"""

import hmac
import ipaddress
import math
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, NamedTuple, TypeVar
from urllib.parse import quote, urlencode, urlsplit

import httpx2
import jwt
import msgspec

ALGORITHMS = ("RS256", "ES256")
"""Signatures by a key that only the provider has; `none` and shared secrets are never believed."""

SKEW_S = 60
_TIMEOUT_S = 5.0
_KEEP_S = 600.0
"""Discovery and keys are asked for anew after this long: a key that was withdrawn is believed no longer than that."""
_PACE_S = 10.0
"""An unknown key makes us look again, but no stranger makes us ask the provider more often than this."""
_LARGEST = 1 << 20
_AT_ONCE = 4
"""Visitors for whom we ask the provider at the same time: one that hangs must not take all threads of the console."""
CALLBACK = "/login/oidc/callback"
_SAID = 200
Found = TypeVar("Found")


class Reason(StrEnum):
    """Why a login by the provider failed; the login page has words for each."""

    AWAY = "away"
    REFUSED = "refused"
    STATE = "state"
    TOKEN = "token"  # noqa: S105 - no secret
    ROLE = "role"
    TOWNSHIP = "township"
    DEPARTMENT = "department"
    NAME = "name"
    DISABLED = "disabled"
    BUSY = "busy"
    RECORDS = "records"


class LoginRefused(Exception):  # noqa: N818 - what it becomes
    """A login by the provider that does not succeed; `detail` is for the audit, not for the visitor."""

    def __init__(self, reason: Reason, detail: str) -> None:
        super().__init__(f"{reason}: {detail}"[:_SAID])
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Registration:
    """What we and the provider have agreed on.

    Attributes:
        client_secret: "" for a public client.
        redirect_url: where the provider sends visitors back; ends with ``/login/oidc/callback``.
        role_claim: holds roles or groups; ``a.b`` is b inside a.
        role_map: role of ours by value of the claim; the first that fits counts.
        township_claim: holds the townships, ``*`` for all; "" where everybody sees everything.
        department_claim: holds the departments whose hazards are seen, ``*`` for all; "" where everybody sees all.
        department_map: department of the ledger by value of the claim; empty: the claim says the ledger's own words.
        name_claim: becomes the account's name.
    """

    issuer: str
    client_id: str
    client_secret: str = field(repr=False)
    redirect_url: str
    role_claim: str
    role_map: Mapping[str, str]
    township_claim: str
    department_claim: str
    department_map: Mapping[str, str]
    name_claim: str
    scopes: tuple[str, ...]


class _Discovery(msgspec.Struct, frozen=True):
    issuer: str
    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    token_endpoint_auth_methods_supported: tuple[str, ...] = ("client_secret_basic",)


class _Keys(msgspec.Struct, frozen=True):
    keys: list[dict[str, Any]]


class _Answer(msgspec.Struct, frozen=True):
    id_token: str


class _Fault(msgspec.Struct, frozen=True):
    error: str = ""


class _Kept(NamedTuple):
    discovery: _Discovery
    keys: list[jwt.PyJWK]
    at_s: float


class Provider:
    """Asks the provider; every method blocks and raises `LoginRefused` for whatever is not as it must be.

    Args:
        about: the registration.
        client: for HTTP.
        clock_ns: now.
        clock_s: only goes forward, seconds.
    """

    def __init__(
        self, about: Registration, client: httpx2.Client, clock_ns: Callable[[], int], clock_s: Callable[[], float]
    ) -> None:
        self.about = about
        self._client, self._clock_ns, self._clock_s = client, clock_ns, clock_s
        self._lock = threading.Lock()
        self._slots = threading.BoundedSemaphore(_AT_ONCE)
        self._kept: _Kept | None = None
        self._failed_s = -math.inf

    def address(self, state: str, nonce: str, challenge: str) -> str:
        """Give the address at the provider where a visitor logs in."""
        query = {
            "response_type": "code",
            "client_id": self.about.client_id,
            "redirect_uri": self.about.redirect_url,
            "scope": " ".join(self.about.scopes),
            "state": state,
            "nonce": nonce,
            "code_challenge": challenge,
            "code_challenge_method": "S256",
        }
        with self._slot():
            endpoint = self._known(_KEEP_S).discovery.authorization_endpoint
        return f"{endpoint}{'&' if urlsplit(endpoint).query else '?'}{urlencode(query)}"

    def claims(self, code: str, verifier: str, nonce: str) -> dict[str, Any]:
        """Change a code for a token and give what the token says, after everything about it was checked."""
        with self._slot():
            claims = self._verified(self._token(code, verifier))
        if not hmac.compare_digest(str(claims.get("nonce")).encode(), nonce.encode()):
            raise LoginRefused(Reason.TOKEN, "the nonce is not ours")
        return claims

    @contextmanager
    def _slot(self) -> Iterator[None]:
        if not self._slots.acquire(blocking=False):
            raise LoginRefused(Reason.BUSY, f"{_AT_ONCE} logins wait for the provider")
        try:
            yield
        finally:
            self._slots.release()

    def _token(self, code: str, verifier: str) -> str:
        discovery, about = self._known(_KEEP_S).discovery, self.about
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "redirect_uri": about.redirect_url,
            "code_verifier": verifier,
        }
        auth = None
        if about.client_secret and "client_secret_basic" in discovery.token_endpoint_auth_methods_supported:
            pair = quote(about.client_id, safe=""), quote(about.client_secret, safe="")  # RFC 6749, 2.3.1
            auth = httpx2.BasicAuth(*pair)
        else:
            form |= {"client_id": about.client_id}
            form |= {"client_secret": about.client_secret} if about.client_secret else {}
        return self._ask("POST", discovery.token_endpoint, _Answer, data=form, auth=auth).id_token

    # ------------------------------------------------------------ the token

    def _verified(self, token: str) -> dict[str, Any]:
        try:
            claims = jwt.decode(
                token,
                self._key(jwt.get_unverified_header(token)),
                algorithms=ALGORITHMS,
                audience=self.about.client_id,
                issuer=self.about.issuer,
                options={
                    "require": ["exp", "iat", "sub", "aud", "iss"],
                    "verify_exp": False,  # by our own clock, below
                    "verify_iat": False,
                    "verify_nbf": False,
                    "enforce_minimum_key_length": True,
                },
            )
            msgspec.json.encode(claims)  # half a character, which JSON may hold and no database, fails here
        except (jwt.PyJWTError, UnicodeEncodeError) as error:
            raise LoginRefused(Reason.TOKEN, f"{type(error).__name__}: {error}") from None
        self._demand_now(claims)
        parties = claims["aud"]
        if claims.get("azp", self.about.client_id if isinstance(parties, str) or len(parties) == 1 else "") != (
            self.about.client_id
        ):
            raise LoginRefused(Reason.TOKEN, "the token was made for somebody else")
        return claims

    def _demand_now(self, claims: dict[str, Any]) -> None:
        now_s = self._clock_ns() / 1e9
        if _seconds(claims["exp"]) + SKEW_S <= now_s:
            raise LoginRefused(Reason.TOKEN, "the token is over")
        if max(_seconds(claims["iat"]), _seconds(claims.get("nbf", 0))) - SKEW_S > now_s:
            raise LoginRefused(Reason.TOKEN, "the token is from the future")

    def _key(self, header: Mapping[str, Any]) -> jwt.PyJWK:
        algorithm, name = header.get("alg"), header.get("kid")
        if algorithm not in ALGORITHMS:
            raise LoginRefused(Reason.TOKEN, f"signed by {algorithm!r}; expected one of {', '.join(ALGORITHMS)}")
        for oldest_s in (_KEEP_S, _PACE_S):  # a key that is not known may be new
            keys = [key for key in self._known(oldest_s).keys if key.algorithm_name == algorithm]
            found = [key for key in keys if name is None or key.key_id == name]
            if len(found) == 1:
                return found[0]
        raise LoginRefused(Reason.TOKEN, f"no key {name!r} for {algorithm}")

    # ------------------------------------------------------------ what the provider says of itself

    def _known(self, oldest_s: float) -> _Kept:
        """Give discovery and keys that are at most so old."""
        with self._lock:
            now_s = self._clock_s()
            if self._kept is not None and now_s - self._kept.at_s < oldest_s:
                return self._kept
            if now_s - self._failed_s < _PACE_S:
                raise LoginRefused(Reason.AWAY, "the provider was away a moment ago")
            self._failed_s = now_s
            self._kept = self._look()
            self._failed_s = -math.inf
            return self._kept

    def _look(self) -> _Kept:
        about = self.about
        discovery = self._ask("GET", f"{about.issuer.rstrip('/')}/.well-known/openid-configuration", _Discovery)
        if discovery.issuer != about.issuer:
            raise LoginRefused(Reason.AWAY, f"the provider says that it is {discovery.issuer!r}")
        for url in (discovery.authorization_endpoint, discovery.token_endpoint, discovery.jwks_uri):
            if not is_safe(url):
                raise LoginRefused(Reason.AWAY, f"the provider names {url!r}; expected https")
        said = self._ask("GET", discovery.jwks_uri, _Keys).keys
        try:
            keys = jwt.PyJWKSet([key for key in said if key.get("use", "sig") == "sig"]).keys
        except jwt.PyJWTError as error:
            raise LoginRefused(Reason.AWAY, f"no key that we can use: {error}") from None
        return _Kept(discovery, keys, self._clock_s())

    def _ask(self, method: str, url: str, form: type[Found], **options: Any) -> Found:  # noqa: ANN401 - of the client
        try:
            answer = self._client.request(method, url, timeout=_TIMEOUT_S, follow_redirects=False, **options)
        except (httpx2.HTTPError, httpx2.InvalidURL) as error:
            raise LoginRefused(Reason.AWAY, f"{url}: {error}") from None
        content = answer.content
        try:
            if answer.status_code in {400, 401} and method == "POST":
                raise LoginRefused(Reason.REFUSED, msgspec.json.decode(content, type=_Fault).error)
            if answer.status_code == 200 and len(content) <= _LARGEST:  # noqa: PLR2004 - HTTP
                return msgspec.json.decode(content, type=form)
        except (msgspec.MsgspecError, UnicodeDecodeError) as error:
            raise LoginRefused(Reason.AWAY, f"{url}: {error}") from None
        raise LoginRefused(Reason.AWAY, f"{url}: status {answer.status_code}, {len(content)} bytes")


def is_safe(url: str) -> bool:
    """Tell whether nobody on the way can read or change what goes there.

    Example:
        >>> [is_safe(url) for url in ("https://id.example", "http://id.example", "http://127.0.0.1:8", "http://[::1]")]
        [True, False, True, True]
    """
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    return bool(host) if parts.scheme == "https" else parts.scheme == "http" and _is_loopback(host)


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _seconds(value: object) -> float:
    if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
        raise LoginRefused(Reason.TOKEN, "a time in the token is no number")
    return float(value)
