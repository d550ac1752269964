"""A notice from gas in the air to somebody's server, which at first is not ready and in between is killed with us."""

import hashlib
import hmac
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import msgspec
import pytest

from app.clock import now_ns
from domain.record import Notice
from ingest.mqtt import Publisher
from store.records import Records
from tests.end_to_end.support import Installation, wait_for

SECRET = "a key of this test alone"  # noqa: S105 - of this test alone


class Receiver:
    """Somebody's server: refuses the first attempt, then accepts; remembers all."""

    def __init__(self) -> None:
        self.attempts: list[tuple[dict[str, str], bytes]] = []
        outer = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                body = self.rfile.read(int(self.headers["Content-Length"]))
                outer.attempts.append(({k.lower(): v for k, v in self.headers.items()}, body))
                self.send_response(503 if len(outer.attempts) == 1 else 204)
                self.end_headers()

            def log_message(self, *_: object) -> None:
                """Say nothing."""

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server.server_address[1]}/alarms"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    thread = threading.Thread(target=made.server.serve_forever, daemon=True)
    thread.start()
    yield made
    made.server.shutdown()
    made.server.server_close()


@pytest.mark.server
@pytest.mark.timeout(120)
def test_a_notice_arrives_signed_and_once_although_the_receiver_was_not_ready(
    installation: Installation, broker: int, receiver: Receiver
) -> None:
    (installation.folder / "secret").write_text(SECRET)
    with installation.config.open("a") as config:
        config.write(f'[webhook]\nurl = "{receiver.address}"\nsecret_file = "{installation.folder / "secret"}"\n')
    for role in ("ingest", "watch", "notify"):
        installation.start(role)
    wait_for(lambda: b"receiving" in (installation.folder / "ingest.err").read_bytes(), 60, "the subscription")
    publisher = Publisher(host="127.0.0.1", port=broker, client_id="device")
    publisher.start()
    payload = b'{"boot_id":"b","seq":1,"time":%d,"values":{"gas_pct_lel":60}}' % (now_ns() // 1_000_000)
    publisher.publish("gas/v1/S1/G1/telemetry", payload)
    publisher.drain(10)
    publisher.stop()

    records = Records(f"sqlite:///{installation.folder / 'data' / 'records.db'}")
    records.upgrade()  # whoever comes first makes the tables

    def accepted_notices() -> list[Notice]:
        return [notice for notice in records.notices() if (notice.channel, notice.state) == ("webhook", "accepted")]

    wait_for(accepted_notices, 60, "the notice to be accepted")
    accepted = accepted_notices()[0]
    attempts = [found for found in receiver.attempts if found[0]["idempotency-key"] == accepted.key]
    (_, body), (second, again) = attempts
    assert body == again
    assert msgspec.json.decode(body)["kind"] == "gas_high"
    stamp = second["x-lifeline-timestamp"]
    signature = hmac.new(SECRET.encode(), stamp.encode() + b"." + body, hashlib.sha256).hexdigest()
    assert second["x-lifeline-signature"].endswith(signature)
