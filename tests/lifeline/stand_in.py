"""A stand-in for a city's platform, as a process of its own: it speaks the protocol of `province-rest.toml`.

    python tests/lifeline/stand_in.py --out received.ndjson --token T --secret S [--moods ok,ok,lose,fail,slow,drop]

It prints its port. Every record that it takes is one line of the file, in the order of arrival, before it answers. A
call without token, or whose signature is not that of its body, is answered 401 and nothing of it is kept.
"""

import argparse
import hmac
import random
import sys
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import msgspec
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives import hmac as keyed

MOODS = ("ok", "lose", "fail", "slow", "drop", "later")


class Platform:
    """What it knows.

    Args:
        out: file of received records.
        token: that callers must show.
        secret: that they sign with.
        moods: one is drawn for every call: ``ok``; ``lose`` the answer after taking everything; ``fail`` with 500
            before taking anything; ``slow`` answers; ``drop`` the connection unread; ask to come ``later``.
        seed: of the draw.
        losing: number of the call whose answer is lost in any case; 0: none.
    """

    def __init__(self, out: Path, token: str, secret: bytes, *, moods: list[str], seed: int, losing: int) -> None:
        self._out, self._token, self._secret, self._moods = out, token, secret, moods
        self._dice = random.Random(seed)  # noqa: S311 - a stand-in plays
        self._lock, self._seen = threading.Lock(), set[str]()
        self._calls, self._losing = 0, losing

    def mood(self) -> str:
        with self._lock:
            self._calls += 1
            return "lose" if self._calls == self._losing else self._dice.choice(self._moods)

    def trusts(self, headers: Any, body: bytes) -> bool:  # noqa: ANN401 - the server's message type
        stamp, nonce = headers.get("X-Timestamp", ""), headers.get("X-Nonce", "")
        mac = keyed.HMAC(self._secret, hashes.SM3())
        mac.update(f"{stamp}.{nonce}.".encode() + body)
        fresh = abs(time.time() - int(stamp or 0) / 1_000) < 300  # noqa: TID251 - another system has its own clock
        signed = hmac.compare_digest(mac.finalize().hex(), headers.get("X-Signature", ""))
        return fresh and signed and headers.get("Authorization") == f"Bearer {self._token}"

    def take(self, path: str, body: bytes) -> tuple[int, str]:
        """Keep what a call brings; give the code of the answer."""
        found = msgspec.json.decode(body)
        records = found.get("data", [found])
        if any(record["msgId"].startswith("alarm/bad") for record in records):
            return 1001, "no such device"
        with self._lock:
            known = all(record["msgId"] in self._seen for record in records)
            self._seen.update(record["msgId"] for record in records)
            with self._out.open("ab") as file:
                file.writelines(msgspec.json.encode({"path": path, **record}) + b"\n" for record in records)
        return (409, "already here") if known else (0, "ok")


def handler(platform: Platform) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self) -> None:
            mood = platform.mood()
            if mood == "drop":
                self.close_connection = True
                return
            body = self.rfile.read(int(self.headers["Content-Length"]))
            if not platform.trusts(self.headers, body):
                self._answer(401, 401, "bad signature")
            elif mood == "fail":
                self._answer(500, 500, "database")
            elif mood == "later":
                self._answer(200, 503, "busy")
            else:
                code, text = platform.take(self.path, body)
                if mood == "slow":
                    time.sleep(0.2)
                if mood == "lose":
                    self.close_connection = True
                    return
                self._answer(200, code, text)

        def _answer(self, status: int, code: int, text: str) -> None:
            body = msgspec.json.encode({"code": code, "msg": text})
            self.send_response(status)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    return Handler


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--token", required=True)
    parser.add_argument("--secret", required=True)
    parser.add_argument("--moods", default="ok")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--port", type=int, default=0)
    parser.add_argument("--losing", type=int, default=0)
    o = parser.parse_args()
    platform = Platform(o.out, o.token, o.secret.encode(), moods=o.moods.split(","), seed=o.seed, losing=o.losing)
    with ThreadingHTTPServer(("127.0.0.1", o.port), handler(platform)) as server:
        sys.stdout.write(f"{server.server_address[1]}\n")
        sys.stdout.flush()
        server.serve_forever()


if __name__ == "__main__":
    main()
