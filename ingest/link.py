"""The link to a broker: how it is secured, how it is, and what to say when there is none."""

import ssl
from pathlib import Path
from typing import NamedTuple

from domain.errors import ConfigurationError

_LONGEST_COUNT = 20  # digits


class Tls(NamedTuple):
    """TLS 1.2 or later to a broker whose certificate is valid for the host that was asked for; there is no way around.

    Attributes:
        ca_file: authorities that may sign the broker's certificate, PEM; the machine's own list is not consulted.
        cert_file: our certificate, PEM, or None; brokers may take its common name for our user name.
        key_file: its private key without a passphrase, PEM.
    """

    ca_file: Path
    cert_file: Path | None = None
    key_file: Path | None = None

    def context(self) -> ssl.SSLContext:
        """Read the files (ConfigurationError)."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)  # demands a certificate, and one for the host's name
        context.minimum_version = ssl.TLSVersion.TLSv1_2
        try:
            context.load_verify_locations(self.ca_file)
        except OSError as error:
            raise ConfigurationError(f"TLS authority {self.ca_file}: {_cause(error)}; expected PEM") from None
        if self.cert_file is not None:
            try:
                # An empty passphrase, because without one OpenSSL would ask the terminal and wait.
                context.load_cert_chain(self.cert_file, self.key_file, password="")
            except OSError as error:
                expected = "expected PEM, the key belonging to the certificate and without a passphrase"
                raise ConfigurationError(
                    f"TLS certificate {self.cert_file} with key {self.key_file}: {_cause(error)}; {expected}"
                ) from None
        return context


class IntakeHealth(NamedTuple):
    """How the intake is.

    Attributes:
        connected: to the broker, with a subscription in force.
        text: what is wrong, for a person; "" when nothing is.
        frames: appended and acknowledged since the start.
        buffered: received, not yet appended.
        connections: made since the start.
        broker: what is wrong with the connection; "" when nothing is.
        log: why the frame log takes nothing; "" while it does.
        dropped: messages that the broker dropped since its start, to any client; None where it does not say.
    """

    connected: bool
    text: str
    frames: int
    buffered: int
    connections: int
    broker: str = ""
    log: str = ""
    dropped: int | None = None


def unreachable(error: BaseException | None, host: str, tls: Tls | None) -> str:
    """Say why there is no connection: no route, or no trust."""
    if isinstance(error, ssl.SSLCertVerificationError) and tls is not None:
        wanted = f"expected one for {host}, signed by an authority in {tls.ca_file}"
        return f"broker's certificate is refused: {error.verify_message}; {wanted}"
    if isinstance(error, ssl.SSLError) or (isinstance(error, ConnectionResetError) and tls is not None):
        wanted = "expected TLS 1.2 or later on this port, and a broker that takes our certificate"
        return f"no TLS with the broker: {_cause(error)}; {wanted}"
    return f"broker cannot be reached: {error}"


def refused(reason: object) -> str:
    """Say that the broker answered, and did not let us in."""
    return f"broker refuses the connection: {reason}; expected user name and password, or a certificate, that it knows"


def unanswered(tls: Tls | None) -> str:
    """Say that the broker hung up before it answered: with TLS 1.3 a refused certificate looks like this."""
    if tls is None:
        wanted = "MQTT without TLS on this port; for a TLS port set tls_ca_file"
    elif tls.cert_file is None:
        wanted = "a broker that asks for no client certificate; else set tls_cert_file"
    else:
        wanted = f"a broker that takes the certificate {tls.cert_file}: signed by its authority and in date"
    return f"broker ends the connection without an answer; expected {wanted}"


def count(payload: bytes, known: int | None) -> int | None:
    """Read a counter that a broker publishes; what is no count leaves the one that is known.

    Example:
        >>> count(b"17", None), count(b"0.25", 17)
        (17, 17)
    """
    return int(payload) if payload.isdigit() and len(payload) < _LONGEST_COUNT else known


def _cause(error: OSError) -> str:
    return getattr(error, "reason", None) or error.strerror or str(error)
