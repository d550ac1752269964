"""Electronic mail by SMTP, always encrypted on the way to another machine."""

import re
import smtplib
import socket
import ssl
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from email.message import EmailMessage
from email.policy import SMTP as CRLF
from hashlib import sha256
from typing import Literal, NamedTuple

from alerting.notify import message
from alerting.notify.channel import Accepted, ChannelUnavailable, Refused
from alerting.notify.http import CONNECT_S, TOTAL_S
from domain.record import Notice

_ADDRESS = re.compile(r"[\w.+-]+@[\w.-]+", re.ASCII)
_OK, _NEVER = range(200, 300), 500
_LOGIN = frozenset({530, 534, 535, 538})
_MOST_BYTES = 100_000


class Server(NamedTuple):
    """Where mail is handed in.

    Attributes:
        host: of the server.
        port: 587 with STARTTLS, 465 with TLS from the first byte.
        tls: how the connection is made safe; ``none`` on this machine alone.
        trusted: authorities of the server's certificate; None without TLS.
        username: at the server; "" for none.
        password: of the user.
    """

    host: str
    port: int
    tls: Literal["starttls", "tls", "none"]
    trusted: ssl.SSLContext | None
    username: str = ""
    password: str = ""


class Email:
    """Sends to `address`; sent is what the server answered 250 to, after it had all of it.

    Args:
        server: where mail is handed in.
        sender: address that it comes from.
        urgent: whether priority 1 may go by mail too. Nobody reads mail at once, so it is refused by default.
        language: of the text.
        total_s: seconds that one attempt may take.
    """

    def __init__(
        self,
        server: Server,
        sender: str,
        *,
        urgent: bool = False,
        language: message.Language = "zh",
        total_s: float = TOTAL_S,
    ) -> None:
        self._server, self._sender, self._urgent = server, sender, urgent
        self._language, self._total_s = language, total_s

    def send(self, notice: Notice) -> Accepted | Refused:
        """Make one attempt (ChannelUnavailable: no answer)."""
        found = message.read(notice)
        if found.priority == 1 and not self._urgent:
            return Refused("urgent", "priority 1 does not go by mail (channels.email.urgent)", retryable=False)
        if not _ADDRESS.fullmatch(notice.address):
            return Refused("address", f"{notice.address!r} is no mail address", retryable=False)
        mail = self._write(notice, found)
        try:
            with self._connected() as smtp:
                return _hand_over(smtp, self._sender, notice.address, mail)
        except smtplib.SMTPResponseException as error:
            return _refused(error.smtp_code, error.smtp_error)
        except (OSError, smtplib.SMTPException) as error:
            raise ChannelUnavailable(f"{type(error).__name__}: {error}") from None

    def _write(self, notice: Notice, found: message.Message) -> EmailMessage:
        mail = EmailMessage(policy=CRLF)
        mail["From"], mail["To"] = self._sender, notice.address
        mail["Subject"] = message.subject(found, self._language)
        mail["Message-ID"] = f"<{sha256(notice.key.encode()).hexdigest()[:32]}@{self._sender.rpartition('@')[2]}>"
        mail.set_content(message.write(found, self._language, _MOST_BYTES), cte="base64")  # any server takes it
        return mail

    @contextmanager
    def _connected(self) -> Iterator[smtplib.SMTP]:
        """Connect and log in; whatever lasts beyond the time limit finds its connection cut."""
        host, port, tls, trusted, username, password = self._server
        patience_s = min(CONNECT_S, self._total_s)
        smtp = (
            smtplib.SMTP_SSL(host, port, timeout=patience_s, context=trusted)
            if tls == "tls"
            else smtplib.SMTP(host, port, timeout=patience_s)
        )
        watchdog = threading.Timer(self._total_s, _cut, [smtp])
        watchdog.daemon = True
        watchdog.start()
        try:
            if tls == "starttls":
                smtp.starttls(context=trusted)
            if username:
                smtp.login(username, password)
            yield smtp
            with suppress(OSError, smtplib.SMTPException):  # it has been answered: a rude farewell changes nothing
                smtp.quit()
        finally:
            watchdog.cancel()
            smtp.close()


def _cut(smtp: smtplib.SMTP) -> None:
    with suppress(OSError):
        if smtp.sock is not None:
            smtp.sock.shutdown(socket.SHUT_RDWR)


def _hand_over(smtp: smtplib.SMTP, sender: str, receiver: str, mail: EmailMessage) -> Accepted | Refused:
    smtp.ehlo_or_helo_if_needed()
    steps: tuple[Callable[[], tuple[int, bytes]], ...] = (
        lambda: smtp.mail(sender),
        lambda: smtp.rcpt(receiver),
        lambda: smtp.data(mail.as_bytes()),
    )
    for step in steps:
        code, text = step()
        if code not in _OK:
            return _refused(code, text)
    return Accepted(mail["Message-ID"])


def _refused(code: int, text: bytes | str) -> Refused:
    """4xx passes, 5xx stays, save what a person mends at the server: our login (530, 534, 535, 538)."""
    said = text.decode(errors="replace") if isinstance(text, bytes) else text
    return Refused(str(code), said, retryable=code < _NEVER or code in _LOGIN)
