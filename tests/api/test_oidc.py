"""Logins by an identity provider that stands on loopback, with real keys and every way in which it may lie."""

import base64
from collections.abc import Callable, Iterator
from dataclasses import replace
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httpx2
import jwt
import msgspec
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from fastapi.testclient import TestClient

from api.application import create_app
from api.oidc import LIFE_S, _values
from api.provider import Provider, Registration
from api.routes import oidc
from api.sessions import COOKIE
from domain.errors import StoreUnavailable
from domain.record import User
from store.unit import Unit
from tests.api.conftest import HASH, PASSWORD, TOWNSHIP, Clock, Plant, S, login
from tests.api.identity import EC, RSA, SECRET, Claims, Identity, provider
from tests.trust import trusting

pytestmark = [pytest.mark.server, pytest.mark.allow_hosts(["127.0.0.1"])]
CALLBACK = "/login/oidc/callback"


class Monotonic:
    """Seconds that a test lets pass."""

    def __init__(self) -> None:
        self.now_s = 0.0

    def __call__(self) -> float:
        return self.now_s


@pytest.fixture
def identity(clock: Clock) -> Iterator[Identity]:
    with provider(clock) as made:
        yield made


@pytest.fixture
def seconds() -> Monotonic:
    return Monotonic()


@pytest.fixture
def about(identity: Identity) -> Registration:
    return Registration(
        issuer=identity.issuer,
        client_id="console",
        client_secret=SECRET,
        redirect_url=f"http://testserver{CALLBACK}",
        role_claim="roles",
        role_map={"gas-lead": "supervisor", "gas-duty": "operator", "gas-root": "administrator"},
        township_claim="",
        department_claim="",
        department_map={},
        name_claim="preferred_username",
        scopes=("openid", "profile"),
    )


Open = Callable[..., TestClient]


@pytest.fixture
def open_(plant: Plant, clock: Clock, seconds: Monotonic, about: Registration) -> Iterator[Open]:
    """Open a browser on a console whose registration differs as said."""
    with trusting() as http:
        clients: list[TestClient] = []

        def make(**changes: Any) -> TestClient:  # noqa: ANN401 - attributes
            plant.oidc = Provider(replace(about, **changes), http, clock, seconds)
            clients.append(TestClient(create_app(plant.services()), follow_redirects=False))
            return clients[-1]

        yield make
        for client in clients:
            client.close()


@pytest.fixture
def browser(open_: Open) -> TestClient:
    return open_()


def go(browser: TestClient, identity: Identity) -> httpx2.Response:
    """Go to the provider, log in there, and come back."""
    away = browser.get("/login/oidc")
    assert away.status_code == 303, away.text
    return come_back(browser, identity.visit(away.headers["location"]))


def come_back(browser: TestClient, brought: dict[str, str]) -> httpx2.Response:
    answer: httpx2.Response = browser.get(CALLBACK, params=brought)
    return answer


def refused(answer: httpx2.Response) -> str:
    """Why, as the login page reads it; "" where he was let in."""
    assert answer.status_code == 303
    target = urlsplit(answer.headers["location"])
    return parse_qs(target.query).get("reason", [""])[0].removeprefix("oidc-")


# ---------------------------------------------------------------- in


@pytest.mark.parametrize("signing", [("r1", "RS256"), ("e1", "ES256")])
def test_whom_the_provider_vouches_for_is_let_in_with_the_role_of_the_map(
    browser: TestClient, identity: Identity, plant: Plant, signing: tuple[str, str]
) -> None:
    identity.signing = signing
    answer = go(browser, identity)
    assert (answer.headers["location"], refused(answer)) == ("/", "")
    me = browser.get("/api/v1/me").json()
    assert (me["name"], me["display_name"], me["role"]) == ("wang", "王工", "operator")
    assert [(e.user, e.action) for e in plant.records.audit()] == [("wang", "login"), ("wang", "user_add")]
    browser.headers["X-CSRF-Token"] = me["csrf"]
    assert browser.post(f"/api/v1/alarms/{plant.leak().id}/ack", json={"occurrence": 1}).status_code == 200


def test_the_way_there_carries_state_nonce_and_a_challenge_and_no_secret(
    browser: TestClient, identity: Identity
) -> None:
    away = browser.get("/login/oidc")
    query = {name: values[0] for name, values in parse_qs(urlsplit(away.headers["location"]).query).items()}
    assert away.headers["location"].startswith(f"{identity.issuer}/authorize?")
    assert (query["response_type"], query["scope"], query["code_challenge_method"]) == (
        "code",
        "openid profile",
        "S256",
    )
    assert min(len(query[name]) for name in ("state", "nonce", "code_challenge")) >= 43
    assert SECRET not in away.headers["location"]
    cookie = away.headers["set-cookie"]
    assert all(mark in cookie for mark in ("HttpOnly", "SameSite=lax", "Path=/login/oidc"))


@pytest.mark.parametrize("how", ["client_secret_basic", "client_secret_post"])
def test_the_secret_is_shown_as_the_provider_asks_for_it(browser: TestClient, identity: Identity, how: str) -> None:
    identity.methods = [how]
    assert refused(go(browser, identity)) == ""


def test_a_public_client_shows_no_secret(open_: Open, identity: Identity) -> None:
    identity.methods = ["none"]
    assert refused(go(open_(client_secret=""), identity)) == ""


def test_a_provider_that_hangs_does_not_take_every_thread_of_the_console(
    open_: Open, identity: Identity, plant: Plant
) -> None:
    browser = open_()
    assert refused(go(browser, identity)) == ""
    assert plant.oidc is not None
    with plant.oidc._slot(), plant.oidc._slot(), plant.oidc._slot(), plant.oidc._slot():  # noqa: SLF001 - four wait
        assert refused(browser.get("/login/oidc")) == "busy"
    assert refused(go(browser, identity)) == ""


def test_the_first_role_of_the_map_that_fits_counts(browser: TestClient, identity: Identity) -> None:
    identity.who["roles"] = ["gas-root", "gas-lead", "other"]
    go(browser, identity)
    assert browser.get("/api/v1/me").json()["role"] == "supervisor"


def test_a_changed_role_is_taken_over_and_ends_the_other_sessions(
    browser: TestClient, open_: Open, identity: Identity, plant: Plant
) -> None:
    go(browser, identity)
    identity.who["roles"] = "gas-lead"
    second = open_()
    go(second, identity)
    assert second.get("/api/v1/me").json()["role"] == "supervisor"
    assert browser.get("/api/v1/me").status_code == 401
    assert [entry.action for entry in plant.records.audit(2)] == ["login", "user_update"]


def test_a_new_name_at_the_provider_is_the_same_account(browser: TestClient, identity: Identity, plant: Plant) -> None:
    go(browser, identity)
    identity.who["preferred_username"] = "wang.married"
    go(browser, identity)
    assert browser.get("/api/v1/me").json()["name"] == "wang"
    assert plant.records.user("wang.married") is None


def test_townships_come_from_their_claim_and_a_star_is_everything(open_: Open, identity: Identity) -> None:
    browser = open_(township_claim="town")
    for said, seen in (([TOWNSHIP], ["S1"]), ("nowhere", []), (["*"], [f"S{n}" for n in range(1, 10)])):
        identity.who["town"] = said
        assert refused(go(browser, identity)) == ""
        assert [site["id"] for site in browser.get("/api/v1/sites").json()["items"]] == seen


def test_departments_come_from_their_claim_by_the_map_or_in_the_words_of_the_ledger(
    open_: Open, identity: Identity, plant: Plant
) -> None:
    plain, mapped = open_(department_claim="dept"), open_(department_claim="dept", department_map={"fire": "消防"})
    for browser, said, seen in (
        (plain, "商务", ("商务",)),
        (plain, ["*"], ()),
        (mapped, ["choir", "fire", "fire"], ("消防",)),
    ):
        identity.who["dept"] = said
        assert refused(go(browser, identity)) == ""
        user = plant.records.user("wang")
        assert user is not None
        assert user.departments == seen
    identity.who["dept"] = "choir"
    assert [refused(go(browser, identity)) for browser in (plain, mapped)] == ["department"] * 2


def test_a_role_may_lie_within_another_claim() -> None:
    claims = {"realm_access": {"roles": ["a", 7, "b"]}, "flat.name": "c", "odd": {"x": 1}}
    assert _values(claims, "realm_access.roles") == ["a", "b"]
    assert _values(claims, "flat.name") == ["c"]
    assert _values(claims, "odd.x") == _values(claims, "none.at.all") == _values(claims, "odd") == []


def test_the_account_has_no_password_here(browser: TestClient, identity: Identity, plant: Plant) -> None:
    go(browser, identity)
    for guess in ("nobody", "wang", " "):
        answer = browser.post("/api/v1/login", json={"name": "wang", "password": guess})
        assert answer.status_code == 401
    with TestClient(create_app(plant.services())) as root:
        login(root, "root")
        body = {"password": "battery staple"}
        assert "identity provider" in root.post("/api/v1/users/wang/password", json=body).json()["detail"]
        assert root.post("/api/v1/users/wang/role", json={"role": "administrator"}).status_code == 422


# ---------------------------------------------------------------- not in: who it is


@pytest.mark.parametrize(
    ("who", "reason"),
    [
        ({"roles": ["cook"]}, "role"),
        ({"roles": None}, "role"),
        ({"roles": ["administrator"]}, "role"),
        ({"town": []}, "township"),
        ({"town": None}, "township"),
        ({"dept": None}, "department"),
        ({"preferred_username": "token:x"}, "name"),
        ({"preferred_username": None}, "name"),
        ({"preferred_username": "root"}, "name"),
        ({"sub": ""}, "token"),
        ({"sub": "x" * 256}, "token"),
    ],
)
def test_whoever_does_not_fit_is_refused_and_gets_no_account(
    open_: Open, identity: Identity, plant: Plant, who: Claims, reason: str
) -> None:
    browser, before = open_(township_claim="town", department_claim="dept"), plant.records.users()
    identity.who |= {"town": ["*"], "dept": ["*"]} | who
    assert refused(go(browser, identity)) == reason
    assert browser.get("/api/v1/me").status_code == 401
    assert plant.records.users() == before
    entry = plant.records.audit()[0]
    assert (entry.action, entry.target, reason in entry.detail) == ("login_failed", "session", True)


def test_whoever_is_disabled_here_stays_out(browser: TestClient, identity: Identity, plant: Plant) -> None:
    go(browser, identity)
    user = plant.records.user("wang")
    assert user is not None
    with plant.records.unit() as unit:
        unit.save_user(replace(user, enabled=False))
    assert refused(go(browser, identity)) == "disabled"


def test_another_person_of_the_same_name_is_not_let_into_the_account(browser: TestClient, identity: Identity) -> None:
    go(browser, identity)
    identity.who["sub"] = "78"
    assert refused(go(browser, identity)) == "name"


# ---------------------------------------------------------------- not in: the token

NOW_S = Clock().now_ns // S
LIES: dict[str, Callable[[Claims], object]] = {
    "wrong nonce": lambda claims: claims.update(nonce="x"),
    "no nonce": lambda claims: claims.pop("nonce"),
    "wrong audience": lambda claims: claims.update(aud="another"),
    "made for another of two": lambda claims: claims.update(aud=["console", "another"], azp="another"),
    "two audiences and no party": lambda claims: claims.update(aud=["console", "another"]),
    "wrong issuer": lambda claims: claims.update(iss="https://evil.example"),
    "over for a minute": lambda claims: claims.update(exp=NOW_S - 60),
    "issued in the future": lambda claims: claims.update(iat=NOW_S + 61),
    "not valid yet": lambda claims: claims.update(nbf=NOW_S + 61),
    "no end": lambda claims: claims.pop("exp"),
    "no subject": lambda claims: claims.pop("sub"),
    "half a character": lambda claims: claims.update(name="\ud800"),
    "an end that is no number": lambda claims: claims.update(exp="never"),
    "an end that is no time": lambda claims: claims.update(exp=True),
}


@pytest.mark.parametrize("lie", LIES)
def test_a_token_that_is_not_for_us_here_and_now_is_not_believed(
    browser: TestClient, identity: Identity, plant: Plant, lie: str
) -> None:
    identity.lie = LIES[lie]
    assert refused(go(browser, identity)) == "token"
    assert (plant.records.user("wang"), COOKIE in browser.cookies) == (None, False)
    assert plant.records.audit()[0].action == "login_failed"


@pytest.mark.parametrize(
    "change", [{"exp": NOW_S - 59}, {"iat": NOW_S + 60}, {"aud": ["console", "b"], "azp": "console"}]
)
def test_clocks_may_differ_by_a_minute(browser: TestClient, identity: Identity, change: Claims) -> None:
    identity.lie = lambda claims: claims.update(change)
    assert refused(go(browser, identity)) == ""


def _unsigned(claims: Claims) -> str:
    return jwt.encode(claims, "", algorithm="none")


def _by_the_public_key(claims: Claims) -> str:
    """Sign with what everybody knows, as if it were a shared secret."""
    pem = RSA.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    parts = [
        base64.urlsafe_b64encode(msgspec.json.encode(part)).rstrip(b"=")
        for part in ({"alg": "HS256", "typ": "JWT", "kid": "r1"}, claims)
    ]
    signature = jwt.algorithms.HMACAlgorithm(jwt.algorithms.HMACAlgorithm.SHA256).sign(b".".join(parts), pem)
    return b".".join([*parts, base64.urlsafe_b64encode(signature).rstrip(b"=")]).decode()


def _by_a_stranger(claims: Claims) -> str:
    stranger = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return jwt.encode(claims, stranger, algorithm="RS256", headers={"kid": "r1"})


def _by_another_kind_of_key(claims: Claims) -> str:
    return jwt.encode(claims, EC, algorithm="ES256", headers={"kid": "r1"})


@pytest.mark.parametrize(
    "forge",
    [
        _unsigned,
        _by_the_public_key,
        _by_a_stranger,
        _by_another_kind_of_key,
        lambda _claims: "a.b.c",
        lambda _claims: "",
    ],
)
def test_a_forged_signature_is_not_believed(
    browser: TestClient, identity: Identity, forge: Callable[[Claims], str]
) -> None:
    identity.forge = forge
    assert refused(go(browser, identity)) == "token"


def test_a_token_changed_on_the_way_is_not_believed(browser: TestClient, identity: Identity) -> None:
    def forge(claims: Claims) -> str:
        head, _, signature = identity.sign(claims).split(".")
        body = base64.urlsafe_b64encode(msgspec.json.encode(claims | {"roles": ["gas-root"]})).decode().rstrip("=")
        return f"{head}.{body}.{signature}"

    identity.forge = forge
    assert refused(go(browser, identity)) == "token"


def test_a_new_key_is_learned_and_an_old_one_forgotten(
    browser: TestClient, identity: Identity, seconds: Monotonic
) -> None:
    assert refused(go(browser, identity)) == ""
    identity.keys["r2"] = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    identity.signing = ("r2", "RS256")
    assert refused(go(browser, identity)) == "token"  # no stranger makes us ask at each try
    asked = len(identity.asked)
    seconds.now_s += 10
    assert refused(go(browser, identity)) == ""
    assert identity.asked[asked:].count("/keys") == 1
    old = identity.keys.pop("r1")
    seconds.now_s += 600
    identity.forge = lambda claims: jwt.encode(claims, old, algorithm="RS256", headers={"kid": "r1"})
    assert refused(go(browser, identity)) == "token"


# ---------------------------------------------------------------- not in: the way back


def test_a_state_is_good_once(browser: TestClient, identity: Identity) -> None:
    away = browser.get("/login/oidc")
    cookie = browser.cookies[oidc.COOKIE]
    brought = identity.visit(away.headers["location"])
    assert refused(come_back(browser, brought)) == ""
    again = {"cookie": f"{oidc.COOKIE}={cookie}"}
    assert refused(browser.get(CALLBACK, params=brought, headers=again)) == "state"


def test_a_state_of_another_browser_is_refused(browser: TestClient, open_: Open, identity: Identity) -> None:
    brought = identity.visit(browser.get("/login/oidc").headers["location"])
    victim = open_()
    assert refused(come_back(victim, brought)) == "state"
    victim.get("/login/oidc")
    assert refused(come_back(victim, brought)) == "state"


def test_a_state_is_over_after_five_minutes(browser: TestClient, identity: Identity, clock: Clock) -> None:
    brought = identity.visit(browser.get("/login/oidc").headers["location"])
    clock.now_ns += LIFE_S * S
    assert refused(come_back(browser, brought)) == "state"


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"error": "access_denied"}, "refused"),
        ({"code": ""}, "refused"),
        ({"code": "another"}, "refused"),
        ({"iss": "https://evil.example"}, "token"),
        ({"state": ""}, "state"),
        ({"state": "状态"}, "state"),
    ],
)
def test_a_wrong_way_back_ends_on_the_login_page(
    browser: TestClient, identity: Identity, change: dict[str, str], reason: str
) -> None:
    brought = identity.visit(browser.get("/login/oidc").headers["location"])
    assert refused(come_back(browser, brought | change)) == reason


# ---------------------------------------------------------------- the provider is away, or odd


@pytest.mark.parametrize("path", ["/.well-known/openid-configuration", "/keys", "/token"])
@pytest.mark.parametrize(
    "answer", [(503, b"busy"), (200, b"<html>"), (200, b"{}"), (302, b""), (200, b" " * 2_000_000)]
)
def test_a_provider_that_answers_oddly_is_away(
    browser: TestClient, identity: Identity, path: str, answer: tuple[int, bytes]
) -> None:
    identity.answers[path] = answer
    away = browser.get("/login/oidc")
    if path == "/token":
        away = come_back(browser, identity.visit(away.headers["location"]))
    assert refused(away) == "away"


@pytest.mark.parametrize(
    "change",
    [{"issuer": "https://evil.example"}, {"token_endpoint": "http://192.0.2.1/token"}, {"jwks_uri": "http://[broken"}],
)
def test_a_provider_that_names_unsafe_places_is_not_believed(
    browser: TestClient, identity: Identity, change: dict[str, str]
) -> None:
    identity.answers["/.well-known/openid-configuration"] = (200, msgspec.json.encode(identity.discovery() | change))
    assert refused(browser.get("/login/oidc")) == "away"


def test_keys_that_we_cannot_use_are_none(browser: TestClient, identity: Identity) -> None:
    identity.answers["/keys"] = (
        200,
        msgspec.json.encode({"keys": [{"kty": "odd"}, identity.public("r1") | {"use": "enc"}]}),
    )
    assert refused(browser.get("/login/oidc")) == "away"


def test_a_provider_that_is_away_is_asked_again_after_a_while_and_local_logins_go_on(
    open_: Open, identity: Identity, seconds: Monotonic, plant: Plant
) -> None:
    with plant.records.unit() as unit:
        unit.add_user(User("glass", "应急", "administrator", HASH, break_glass=True))
    browser = open_()
    identity.answers["/keys"] = (503, b"")
    assert [refused(browser.get("/login/oidc")) for _ in range(3)] == ["away"] * 3
    assert identity.asked.count("/keys") == 1
    assert browser.post("/api/v1/login", json={"name": "glass", "password": PASSWORD}).status_code == 200
    identity.answers.clear()
    seconds.now_s += 10
    assert refused(go(browser, identity)) == ""


def test_a_provider_that_nobody_answers_for_is_away(open_: Open) -> None:
    assert refused(open_(issuer="http://127.0.0.1:1").get("/login/oidc")) == "away"


def test_a_flood_of_visitors_is_stopped_and_writes_no_audit(browser: TestClient, plant: Plant) -> None:
    answers = [refused(come_back(browser, {"state": "x"})) for _ in range(62)]
    assert answers == ["state"] * 60 + ["busy"] * 2
    assert len(plant.records.audit()) == 60


def test_too_many_under_way_at_once_are_told_to_wait(
    browser: TestClient, identity: Identity, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("api.oidc._MOST", 2)
    assert [refused(browser.get("/login/oidc")) for _ in range(3)] == ["", "", "busy"]
    assert identity.asked.count("/keys") == 1


@pytest.mark.parametrize("method", ["add_login_attempt", "take_login_attempt", "add_session", "audit"])
def test_records_that_are_away_end_on_the_login_page_too(
    browser: TestClient, identity: Identity, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    def away(*_: object, **__: object) -> None:
        raise StoreUnavailable("locked")

    if method == "audit":
        monkeypatch.setattr(Unit, method, away)
        assert refused(come_back(browser, {"state": "x"})) == "records"
        return
    with monkeypatch.context() as patched:
        if method == "add_login_attempt":
            patched.setattr(Unit, method, away)
        left = browser.get("/login/oidc")
    if method == "add_login_attempt":
        assert refused(left) == "records"
        return
    monkeypatch.setattr(Unit, method, away)
    assert refused(come_back(browser, identity.visit(left.headers["location"]))) == "records"


# ---------------------------------------------------------------- the button


def test_the_login_page_offers_it_where_there_is_a_provider_alone(client: TestClient, browser: TestClient) -> None:
    assert client.get("/api/v1/login").json() == {"oidc": False}
    assert client.get("/login/oidc").status_code == client.get(CALLBACK).status_code == 404
    assert browser.get("/api/v1/login").json() == {"oidc": True}
