"""Trust between us, a real mosquitto and the devices, with certificates made as the shipped README says."""

import contextlib
import logging
import shutil
import socket
import ssl
import subprocess
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from domain.errors import ConfigurationError
from ingest.link import Tls
from ingest.mqtt import Publisher
from ingest.probe import probe_queue
from tests.ingest.authority import DEPLOY, Authority
from tests.ingest.support import Log, publishing, running, wait_until

if TYPE_CHECKING:
    from tests.ingest.conftest import Mosquitto

pytestmark = [
    pytest.mark.server,
    pytest.mark.allow_hosts(["127.0.0.1"]),
    # paho leaves a socket whose handshake failed to the garbage collector, which closes it at once.
    pytest.mark.filterwarnings("ignore:unclosed <ssl.SSLSocket:ResourceWarning"),
]
OWN, OTHER = "gas/v1/R001/DL-GD-0001", "gas/v1/R002/DL-GD-0002"
Start = Callable[[str], "Mosquitto"]


@pytest.fixture(scope="module")
def ours(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("trust") / "ours")


@pytest.fixture(scope="module")
def stranger(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("trust") / "stranger")


@pytest.fixture(scope="module")
def device(ours: Authority) -> Tls:
    return ours.certify("DL-GD-0001")


@pytest.fixture(scope="module")
def ingest(ours: Authority) -> Tls:
    return ours.certify("ingest")


def secured(authority: Authority, more: str = "allow_anonymous true") -> str:
    folder = authority.folder
    pair = f"certfile {folder}/broker.pem\nkeyfile {folder}/broker.key\n"
    return f"LISTENER\ncafile {folder}/ca.pem\n{pair}max_queued_messages 0\n{more}\n"


def trusting(authority: Authority) -> Tls:
    return Tls(authority.folder / "ca.pem")


def assert_no_connection(port: int, tls: Tls | None, *words: str, user: tuple[str, str] | None = None) -> None:
    """Neither an intake nor a publisher gets in, and both say why with these words."""
    with running(Log(), port, connect=False, tls=tls, user=user) as intake:
        wait_until(lambda: all(word in intake.health().text for word in words))
        assert not intake.health().connected
    with publishing(port, tls=tls, user=user, protocol=5) as publisher:
        assert not publisher.connects(10.0)
        assert all(word in publisher.trouble for word in words), publisher.trouble


@pytest.mark.parametrize("protocol", [5, 311])
def test_frames_travel_encrypted_and_are_acknowledged(start_mosquitto: Start, ours: Authority, protocol: int) -> None:
    port = start_mosquitto(secured(ours)).port
    log, tls = Log(), trusting(ours)
    with (
        running(log, port, protocol, tls=tls) as intake,
        publishing(port, protocol=protocol, tls=tls) as publisher,
    ):
        frames = [b"%d" % number for number in range(2_000)]
        for frame in frames:
            publisher.publish(f"{OWN}/telemetry", frame)
        assert publisher.drain(10.0)
        wait_until(lambda: intake.health().frames == 2_000)
        assert (intake.health().text, publisher.trouble) == ("", "")
    assert log.payloads() == frames


def test_a_broker_of_another_authority_is_refused(start_mosquitto: Start, ours: Authority, stranger: Authority) -> None:
    port = start_mosquitto(secured(ours)).port
    expected = f"expected one for 127.0.0.1, signed by an authority in {stranger.folder}/ca.pem"
    assert_no_connection(port, trusting(stranger), "broker's certificate is refused: ", expected)


def test_a_broker_whose_certificate_is_for_another_host_is_refused(start_mosquitto: Start, tmp_path: Path) -> None:
    elsewhere = Authority(tmp_path / "elsewhere", "DNS:elsewhere.example")
    port = start_mosquitto(secured(elsewhere)).port
    assert_no_connection(port, trusting(elsewhere), "not valid for '127.0.0.1'", "expected one for 127.0.0.1")


def test_a_client_of_another_authority_is_refused_by_the_broker(
    start_mosquitto: Start, ours: Authority, stranger: Authority
) -> None:
    port = start_mosquitto(secured(ours, "require_certificate true\nuse_identity_as_username true")).port
    foreign = stranger.certify("ingest")._replace(ca_file=ours.folder / "ca.pem")
    assert_no_connection(port, foreign, "without an answer", f"takes the certificate {foreign.cert_file}")


def test_a_client_without_the_certificate_that_the_broker_asks_for_is_told(
    start_mosquitto: Start, ours: Authority
) -> None:
    port = start_mosquitto(secured(ours, "require_certificate true\nuse_identity_as_username true")).port
    assert_no_connection(port, trusting(ours), "without an answer", "else set tls_cert_file")


def test_speaking_plainly_to_a_port_with_tls_is_told(start_mosquitto: Start, ours: Authority) -> None:
    assert_no_connection(start_mosquitto(secured(ours)).port, None, "without an answer", "set tls_ca_file")


def test_speaking_tls_to_a_plain_port_is_told(mosquitto: "Mosquitto", ours: Authority) -> None:
    assert_no_connection(mosquitto.port, trusting(ours), "no TLS with the broker: ", "expected TLS 1.2 or later")


def test_a_password_opens_and_a_wrong_one_does_not(start_mosquitto: Start, ours: Authority, tmp_path: Path) -> None:
    maker = shutil.which("mosquitto_passwd", path="/usr/local/bin:/usr/bin")
    if maker is None:
        pytest.skip("mosquitto_passwd is not installed (Debian package mosquitto)")
    passwords = tmp_path / "passwords"
    subprocess.run([maker, "-b", "-c", str(passwords), "ingest", "open sesame"], check=True)
    port = start_mosquitto(secured(ours, f"allow_anonymous false\npassword_file {passwords}")).port
    log, tls, right = Log(), trusting(ours), ("ingest", "open sesame")
    with running(log, port, tls=tls, user=right), publishing(port, tls=tls, user=right) as publisher:
        publisher.publish(f"{OWN}/telemetry", b"1")
        wait_until(lambda: log.payloads() == [b"1"])
    words = ("refuses the connection: Not authorized", "expected user name and password")
    assert_no_connection(port, tls, *words, user=("ingest", "guessed"))
    assert_no_connection(port, tls, *words)


@pytest.fixture
def shipped(start_mosquitto: Start, ours: Authority, tmp_path: Path) -> int:
    """The port of a mosquitto with the configuration and the ACL that we ship."""
    (tmp_path / "data").mkdir()
    text = (DEPLOY / "mosquitto.conf").read_text(encoding="utf-8")
    for shown, real in (
        ("listener 8883", "LISTENER"),
        ("/mosquitto/certs/", f"{ours.folder}/"),
        ("/mosquitto/config/acl", f"{DEPLOY}/acl"),
        ("/mosquitto/data/", f"{tmp_path}/data/"),
    ):
        assert shown in text
        text = text.replace(shown, real)
    return start_mosquitto(text).port


@pytest.mark.parametrize("protocol", [5, 311])
def test_the_shipped_broker_lets_a_device_speak_for_itself_alone(
    shipped: int, device: Tls, ingest: Tls, caplog: pytest.LogCaptureFixture, protocol: int
) -> None:
    denied = [f"{OTHER}/telemetry", f"{OTHER}/status", f"{OWN}/command", f"{OTHER}/command", f"{OWN}/batch", "gas/v1/x"]
    allowed = [f"{OWN}/{kind}" for kind in ("telemetry", "status", "event", "command_result", "gb26875")]
    log = Log()
    with (
        caplog.at_level(logging.WARNING, logger="ingest.mqtt"),  # whatever another test has set
        running(log, shipped, tls=ingest),
        publishing(shipped, protocol=protocol, tls=device) as publisher,
    ):
        for topic in (*denied, *allowed):
            publisher.publish(topic, b"1")
        assert publisher.drain(10.0)
        wait_until(lambda: len(log.entries) >= len(allowed))
    assert [topic for _, topic, _ in log.entries] == allowed
    refusals = [record for record in caplog.messages if record == "broker refuses a message: Not authorized"]
    assert len(refusals) == (len(denied) if protocol == 5 else 0)  # 3.1.1 has no word for it
    assert not any("connection" in record for record in caplog.messages)  # a denial does not cost what comes next


def test_the_shipped_broker_lets_a_device_hear_its_own_commands_alone(shipped: int, device: Tls, ingest: Tls) -> None:
    heard: list[str] = []
    listener = Publisher("127.0.0.1", shipped, "DL-GD-0001", tls=device)
    listener.subscribe("gas/v1/#", lambda topic, _payload: heard.append(topic))
    listener.start()
    assert listener.connects(10.0)
    with publishing(shipped, tls=ingest) as publisher:
        for topic in (f"{OTHER}/command", f"{OWN}/command"):
            publisher.publish(topic, b"close")
        wait_until(lambda: heard)
    listener.stop()
    assert heard == [f"{OWN}/command"]


def test_the_shipped_broker_keeps_its_queue_and_lets_the_service_prove_it(shipped: int, ingest: Tls) -> None:
    probe_queue(lambda name, session_s: Publisher("127.0.0.1", shipped, name, tls=ingest, session_s=session_s))


def test_a_device_may_not_use_the_topic_of_the_probe(
    shipped: int, device: Tls, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ingest.probe._PATIENCE_S", 1.0)
    with pytest.raises(ConfigurationError, match="expected the right to read and write gas/_probe/#"):
        probe_queue(lambda name, session_s: Publisher("127.0.0.1", shipped, name, tls=device, session_s=session_s))


def frame(number: int, payload: bytes) -> bytes:
    topic = f"{OWN}/telemetry".encode()
    body = len(topic).to_bytes(2, "big") + topic + number.to_bytes(2, "big") + payload
    return bytes([0x32, len(body)]) + body


@contextlib.contextmanager
def tls_server(authority: Authority, answer: Callable[[ssl.SSLSocket], None]) -> Iterator[int]:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(authority.folder / "broker.pem", authority.folder / "broker.key")

    def serve() -> None:
        connection, _ = server.accept()
        with context.wrap_socket(connection, server_side=True) as secure:
            answer(secure)

    with socket.create_server(("127.0.0.1", 0)) as server:
        thread = threading.Thread(target=serve, daemon=True)
        thread.start()
        yield int(server.getsockname()[1])
        thread.join(timeout=10)


def test_what_tls_has_decrypted_already_does_not_wait_for_the_next_packet(ours: Authority) -> None:
    log, logged = Log(), threading.Event()

    def answer(connection: ssl.SSLSocket) -> None:
        for packet in (b"\x20\x02\x00\x00", b"\x90\x03\x00\x01\x01"):
            connection.recv(1_000)
            connection.sendall(packet)
        # One record. The packet between the frames ends the reading loop while the last frame is in no socket any more.
        connection.sendall(frame(1, b"first") + b"\xd0\x00" + frame(2, b"last"))
        logged.wait(10.0)

    with tls_server(ours, answer) as port, running(log, port, 311, connect=False, tls=trusting(ours)):
        wait_until(lambda: log.payloads() == [b"first", b"last"], timeout_s=5.0)
        logged.set()


def test_what_is_older_than_tls_1_2_is_not_spoken(ours: Authority) -> None:
    assert trusting(ours).context().minimum_version == ssl.TLSVersion.TLSv1_2


def lock(key: Path, locked: Path) -> Path:
    command = ["openssl", "ec", "-aes256", "-passout", "pass:secret", "-in", str(key), "-out", str(locked)]
    subprocess.run(command, check=True, capture_output=True)
    return locked


def test_a_mistake_in_the_files_is_one_line_with_its_file(device: Tls, ingest: Tls, tmp_path: Path) -> None:
    assert device.key_file is not None
    text = tmp_path / "text.pem"
    text.write_text("no certificate", encoding="utf-8")
    missing, locked = tmp_path / "none.pem", lock(device.key_file, tmp_path / "locked.key")
    for tls, words in (
        (Tls(missing), f"TLS authority {missing}: No such file or directory; expected PEM"),
        (Tls(text), f"TLS authority {text}: "),
        (device._replace(cert_file=missing), f"TLS certificate {missing} with key {device.key_file}: No such file"),
        (device._replace(cert_file=text), f"TLS certificate {text} with key"),
        (device._replace(key_file=ingest.key_file), "KEY_VALUES_MISMATCH; expected PEM, the key belonging to"),
        (device._replace(key_file=locked), "without a passphrase"),
    ):
        with pytest.raises(ConfigurationError) as caught:
            tls.context()
        (line,) = caught.value.problems
        assert words in line
