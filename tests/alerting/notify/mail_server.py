"""A mail server on the loopback: it records what it took on, and plays refusals, hangs and resets."""

import socketserver
import ssl
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from ipaddress import ip_address
from pathlib import Path
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from cryptography.x509.oid import NameOID


@dataclass
class MailServer:
    """What it does and what it saw.

    Attributes:
        port: where it listens.
        says: reply to a command instead of the right one, such as ``{"RCPT": "550 no such user"}``; ``hang`` and
            ``reset`` are replies too; ``.`` is the end of a mail.
        tls: for STARTTLS; None: it offers none.
        commands: that came, without their arguments.
        mails: that it took on.
        encrypted: whether the last mail came under TLS.
    """

    port: int = 0
    says: Mapping[str, str] = field(default_factory=dict)
    tls: ssl.SSLContext | None = None
    commands: list[str] = field(default_factory=list)
    mails: list[str] = field(default_factory=list)
    encrypted: bool = False
    over: threading.Event = field(default_factory=threading.Event)


class _Session(socketserver.BaseRequestHandler):
    mail_server: MailServer

    def handle(self) -> None:
        self._lines: Any = self.request.makefile("rb")
        self._reply("220 stand-in")
        try:
            while line := self._lines.readline():
                name = line.split()[0].decode().upper()
                self.mail_server.commands.append(name)
                if not self._answer(name):
                    return
        finally:
            self._lines.close()
            self.request.close()

    def _answer(self, name: str) -> bool:
        server = self.mail_server
        played = server.says.get(name)
        if played:
            return self._reply(played)
        if name == "STARTTLS" and server.tls:
            self._reply("220 go on")
            self._lines.close()
            self.request = server.tls.wrap_socket(self.request, server_side=True)
            self._lines, server.encrypted = self.request.makefile("rb"), True
            return True
        if name == "DATA":
            self._reply("354 go on")
            mail = b"".join(iter(self._lines.readline, b".\r\n")).decode()
            server.mails.append(mail)
            return self._reply(server.says.get(".", "250 taken on as 7"))
        offered = "250-stand-in\r\n250-AUTH PLAIN\r\n250 STARTTLS" if server.tls else "250 stand-in"
        right = {"EHLO": offered, "AUTH": "235 welcome", "QUIT": "221 bye"}
        return self._reply(right.get(name, "250 ok")) and name != "QUIT"

    def _reply(self, text: str) -> bool:
        if text == "hang":
            self.mail_server.over.wait(30)
        if text in {"hang", "reset"}:
            return False
        self.request.sendall(text.encode() + b"\r\n")
        return True


class _Server(socketserver.ThreadingTCPServer):
    daemon_threads = allow_reuse_address = True

    def handle_error(self, *_: object) -> None:
        """A client that left in the middle is what some tests are about."""


@contextmanager
def mail_server(**settings: Any) -> Iterator[MailServer]:  # noqa: ANN401 - those of MailServer
    """Run one."""
    found = MailServer(**settings)
    with _Server(("127.0.0.1", 0), type("Session", (_Session,), {"mail_server": found})) as server:
        found.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield found
        finally:
            found.over.set()
            server.shutdown()
            thread.join()


def certificate(folder: Path) -> Path:
    """Make a certificate for 127.0.0.1 with its key, in one PEM file."""
    key, name = ec.generate_private_key(ec.SECP256R1()), x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "mail")])
    begin = datetime(2020, 1, 1, tzinfo=UTC)
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(7)
        .not_valid_before(begin)
        .not_valid_after(begin + timedelta(days=36_500))
        .add_extension(x509.SubjectAlternativeName([x509.IPAddress(ip_address("127.0.0.1"))]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, SHA256())
    )
    file = folder / "mail.pem"
    file.write_bytes(
        made.public_bytes(Encoding.PEM) + key.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
    )
    return file
