"""An identity provider on loopback: real HTTP, real signatures, and every lie that a test wants."""

import base64
import hashlib
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

import jwt
import msgspec
from cryptography.hazmat.primitives.asymmetric import ec, rsa

from tests.api.conftest import Clock, S

Claims = dict[str, Any]
RSA = rsa.generate_private_key(public_exponent=65537, key_size=2048)
EC = ec.generate_private_key(ec.SECP256R1())
SECRET = "s/cret:1"  # noqa: S105 - of the stand-in alone


class Identity:
    """What the provider says and signs; tests change the attributes.

    Attributes:
        keys: by their name, those that it publishes.
        signing: name and algorithm of the key that signs.
        lie: changes the claims before they are signed.
        forge: makes the token another way.
        answers: instead of the right ones, by path: status and body.
        asked: paths of all requests.
    """

    def __init__(self, port: int, clock: Clock) -> None:
        self.issuer = f"http://127.0.0.1:{port}"
        self.clock = clock
        self.keys: dict[str, Any] = {"r1": RSA, "e1": EC}
        self.signing = ("r1", "RS256")
        self.who: Claims = {"sub": "77", "preferred_username": "wang", "name": "王工", "roles": ["gas-duty"]}
        self.lie: Callable[[Claims], object] = lambda _claims: None
        self.forge: Callable[[Claims], str] | None = None
        self.answers: dict[str, tuple[int, bytes]] = {}
        self.asked: list[str] = []
        self.methods = ["client_secret_basic"]
        self._codes: dict[str, dict[str, str]] = {}

    def visit(self, address: str) -> dict[str, str]:
        """Log in at the address that we were sent to; give what the provider hands back."""
        query = {name: values[0] for name, values in parse_qs(urlsplit(address).query).items()}
        code = f"code{len(self._codes)}"
        self._codes[code] = query
        return {"code": code, "state": query["state"], "iss": self.issuer}

    def answer(self, path: str, form: dict[str, str], authorization: str) -> tuple[int, bytes]:
        self.asked.append(path)
        if path in self.answers:
            return self.answers[path]
        if path == "/.well-known/openid-configuration":
            return 200, msgspec.json.encode(self.discovery())
        if path == "/keys":
            return 200, msgspec.json.encode({"keys": [self.public(name) for name in self.keys]})
        return self.token(form, authorization)

    def discovery(self) -> dict[str, Any]:
        return {
            "issuer": self.issuer,
            "authorization_endpoint": f"{self.issuer}/authorize",
            "token_endpoint": f"{self.issuer}/token",
            "jwks_uri": f"{self.issuer}/keys",
            "token_endpoint_auth_methods_supported": self.methods,
        }

    def public(self, name: str) -> dict[str, Any]:
        key = self.keys[name].public_key()
        kind = jwt.algorithms.RSAAlgorithm if isinstance(key, rsa.RSAPublicKey) else jwt.algorithms.ECAlgorithm
        return {**kind.to_jwk(key, as_dict=True), "kid": name, "use": "sig"}

    def token(self, form: dict[str, str], authorization: str) -> tuple[int, bytes]:
        asked = self._codes.pop(form.get("code", ""), None)
        if asked is None or not self._known(form, authorization) or form["redirect_uri"] != asked["redirect_uri"]:
            return 400, b'{"error":"invalid_grant"}'
        proof = base64.urlsafe_b64encode(hashlib.sha256(form["code_verifier"].encode()).digest()).decode().rstrip("=")
        if asked["code_challenge_method"] != "S256" or proof != asked["code_challenge"]:
            return 400, b'{"error":"invalid_grant"}'
        now_s = self.clock.now_ns // S
        claims = {"iss": self.issuer, "aud": "console", "iat": now_s, "exp": now_s + 300, "nonce": asked["nonce"]}
        claims |= self.who
        self.lie(claims)
        return 200, msgspec.json.encode({"id_token": self.forge(claims) if self.forge else self.sign(claims)})

    def sign(self, claims: Claims) -> str:
        name, algorithm = self.signing
        return jwt.encode(claims, self.keys[name], algorithm=algorithm, headers={"kid": name})

    def _known(self, form: dict[str, str], authorization: str) -> bool:
        if self.methods == ["client_secret_post"]:
            return form["client_id"] == "console" and form["client_secret"] == SECRET
        if self.methods == ["none"]:
            return (form["client_id"], "client_secret" in form, authorization) == ("console", False, "")
        name, _, secret = base64.b64decode(authorization.removeprefix("Basic ")).decode().partition(":")
        return (name, unquote(secret)) == ("console", SECRET)


@contextmanager
def provider(clock: Clock) -> Iterator[Identity]:
    """Run one on a port of its own."""
    made: list[Identity] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self._answer({})

        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            self._answer({name: values[0] for name, values in parse_qs(body).items()})

        def _answer(self, form: dict[str, str]) -> None:
            status, body = made[0].answer(self.path, form, self.headers.get("Authorization", ""))
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    made.append(Identity(server.server_address[1], clock))
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield made[0]
    finally:
        server.shutdown()
        server.server_close()
        thread.join(10)
