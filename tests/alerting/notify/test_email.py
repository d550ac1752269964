import email
import email.policy
import ssl
from dataclasses import replace
from pathlib import Path

import pytest

from alerting.notify.channel import Accepted, ChannelUnavailable, Refused
from alerting.notify.email import Email, Server
from tests.alerting.notify.adapters import notice
from tests.alerting.notify.mail_server import MailServer, certificate, mail_server

pytestmark = pytest.mark.allow_hosts(["127.0.0.1"])
NOTICE = replace(notice("email", priority=3), address="li@gas.example")


def channel(theirs: MailServer) -> Email:
    return Email(Server("127.0.0.1", theirs.port, "none", None), "alarm@gas.example", total_s=5.0)


def test_sent_is_what_the_server_took_on_after_all_of_it_had_come() -> None:
    with mail_server() as theirs:
        answer = channel(theirs).send(NOTICE)
    [text] = theirs.mails
    mail = email.message_from_string(text, policy=email.policy.default)
    assert answer == Accepted(mail["Message-ID"])
    assert (mail["From"], mail["To"]) == ("alarm@gas.example", "li@gas.example")
    assert mail["Subject"] == "【演练】老街小厨 D-1 可燃气体 60 %LEL > 二级限 50 %LEL"
    assert "处置：立即疏散。" in mail.get_content()
    assert theirs.commands == ["EHLO", "MAIL", "RCPT", "DATA", "QUIT"]


def test_the_same_notice_is_the_same_mail() -> None:
    with mail_server() as theirs:
        first, second = (channel(theirs).send(NOTICE) for _ in range(2))
        other = channel(theirs).send(replace(NOTICE, key="a/2/0/li/email"))
    assert first == second != other


@pytest.mark.parametrize(
    ("command", "reply", "retryable"),
    [
        ("MAIL", "451 later", True),
        ("RCPT", "550 no such user", False),
        ("RCPT", "450 greylisted", True),
        ("DATA", "554 no", False),
        (".", "552 too large", False),
        (".", "452 full", True),
        ("MAIL", "530 log in first", True),
    ],
)
def test_a_reply_says_whether_to_try_again(command: str, reply: str, *, retryable: bool) -> None:
    with mail_server(says={command: reply}) as theirs:
        answer = channel(theirs).send(NOTICE)
    assert answer == Refused(reply[:3], reply[4:], retryable)


def test_a_receiver_who_is_refused_gets_no_mail() -> None:
    with mail_server(says={"RCPT": "550 no"}) as theirs:
        channel(theirs).send(NOTICE)
    assert "DATA" not in theirs.commands


@pytest.mark.parametrize("command", ["EHLO", "MAIL", "RCPT", "."])
@pytest.mark.parametrize("what", ["hang", "reset"])
def test_a_server_that_leaves_or_hangs_is_unavailable(command: str, what: str) -> None:
    with mail_server(says={command: what}) as theirs:
        ours = Email(Server("127.0.0.1", theirs.port, "none", None), "alarm@gas.example", total_s=0.3)
        with pytest.raises(ChannelUnavailable):
            ours.send(NOTICE)


def test_a_reply_without_end_is_cut_off() -> None:
    with mail_server(says={"MAIL": "250-on\r\n" * 30 + "250-and on"}) as theirs:
        ours = Email(Server("127.0.0.1", theirs.port, "none", None), "alarm@gas.example", total_s=0.3)
        with pytest.raises(ChannelUnavailable):
            ours.send(NOTICE)


def test_a_rude_farewell_changes_nothing() -> None:
    with mail_server(says={"QUIT": "reset"}) as theirs:
        assert isinstance(channel(theirs).send(NOTICE), Accepted)


def test_a_server_that_is_not_there_is_unavailable() -> None:
    with pytest.raises(ChannelUnavailable, match="ConnectionRefusedError"):
        channel(MailServer(port=1)).send(NOTICE)


def test_priority_1_goes_by_mail_only_where_somebody_says_so() -> None:
    urgent = replace(notice("email"), address="li@gas.example")
    with mail_server() as theirs:
        server = Server("127.0.0.1", theirs.port, "none", None)
        assert Email(server, "a@gas.example").send(urgent) == Refused(
            "urgent", "priority 1 does not go by mail (channels.email.urgent)", retryable=False
        )
        assert isinstance(Email(server, "a@gas.example", urgent=True).send(urgent), Accepted)


@pytest.mark.parametrize("address", ["", "li", "li@", "a@b\r\nBcc: x@y", "a@b, c@d", "李@gas.example"])
def test_what_is_no_address_is_never_written_to(address: str) -> None:
    with mail_server() as theirs:
        answer = channel(theirs).send(replace(NOTICE, address=address))
    assert isinstance(answer, Refused)
    assert (answer.code, answer.retryable, theirs.commands) == ("address", False, [])


@pytest.fixture
def pem(tmp_path: Path) -> Path:
    return certificate(tmp_path)


def offering(pem: Path) -> ssl.SSLContext:
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(pem)
    return tls


def test_a_password_goes_under_tls(pem: Path) -> None:
    trusted = ssl.create_default_context(cafile=pem)
    with mail_server(tls=offering(pem)) as theirs:
        server = Server("127.0.0.1", theirs.port, "starttls", trusted, "alarm", "s3cret")
        assert isinstance(Email(server, "a@gas.example").send(NOTICE), Accepted)
    assert theirs.encrypted
    assert theirs.commands[:4] == ["EHLO", "STARTTLS", "EHLO", "AUTH"]


def test_a_wrong_password_is_mended_at_the_server(pem: Path) -> None:
    trusted = ssl.create_default_context(cafile=pem)
    with mail_server(tls=offering(pem), says={"AUTH": "535 no"}) as theirs:
        server = Server("127.0.0.1", theirs.port, "starttls", trusted, "alarm", "s3cret")
        assert Email(server, "a@gas.example").send(NOTICE) == Refused("535", "no", retryable=True)


def test_no_mail_goes_to_a_server_that_offers_no_tls_or_is_another(pem: Path) -> None:
    with mail_server() as plain, mail_server(tls=offering(pem)) as stranger:
        for theirs in (plain, stranger):
            server = Server("127.0.0.1", theirs.port, "starttls", ssl.create_default_context())
            with pytest.raises(ChannelUnavailable):
                Email(server, "a@gas.example").send(NOTICE)
    assert plain.mails == stranger.mails == []
