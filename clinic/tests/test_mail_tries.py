"""How often and how long a mail is tried, and through whose hands it goes."""

import smtplib
import ssl
from datetime import UTC, datetime, timedelta

import pytest
from aiosmtpd.controller import Controller
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID
from django.core.exceptions import ObjectDoesNotExist
from django.core.mail import EmailMessage
from procrastinate.jobs import Job

from clinic.mail_tries import MailRetry, NeverSent, NotSent, is_refusal, told_of_nobody
from clinic.tests.mailbox import Mailbox


def pauses(error: Exception) -> list[int]:
    """Seconds before each further try of a mail that always fails so."""
    found, attempts = [], 0
    while True:
        job = Job(
            id=1, queue="messages", lock=None, queueing_lock=None, task_name="x", attempts=attempts
        )
        decision = MailRetry().get_retry_decision(exception=error, job=job)
        if decision is None:
            return found
        found.append(round((decision.retry_at - datetime.now(UTC)).total_seconds()))
        attempts += 1


def test_a_mail_is_tried_for_three_days():
    """RFC 5321, 4.5.4.1: two tries in the first hour at least, then one every two or three."""
    tries = pauses(NotSent("SMTPServerDisconnected"))

    assert tries[:4] == [10, 20, 40, 80]
    assert max(tries) == 3600
    assert timedelta(hours=71) < timedelta(seconds=sum(tries)) <= timedelta(hours=72)


def test_what_can_never_be_sent_is_tried_once():
    assert pauses(NeverSent("SMTPDataError 554")) == pauses(ObjectDoesNotExist()) == []


@pytest.mark.parametrize(
    ("error", "is_refused"),
    [
        (smtplib.SMTPRecipientsRefused({"a@b": (550, b"no")}), True),
        (smtplib.SMTPRecipientsRefused({"a@b": (450, b"later")}), False),
        (smtplib.SMTPDataError(554, b"rejected as spam"), True),
        (smtplib.SMTPDataError(451, b"later"), False),
        (smtplib.SMTPSenderRefused(550, b"no", "a@b"), False),
        (smtplib.SMTPHeloError(504, b"no"), False),
        (smtplib.SMTPConnectError(554, b"no"), False),
        (smtplib.SMTPAuthenticationError(535, b"no"), False),
        (smtplib.SMTPServerDisconnected("gone"), False),
    ],
)
def test_a_mail_is_at_fault_only_where_the_recipient_or_its_content_is_refused(error, is_refused):
    assert is_refusal(error) is is_refused


def test_no_address_gets_into_the_worker_s_log():
    refused = smtplib.SMTPRecipientsRefused({"ada@mail.example": (550, b"ada unknown")})

    assert str(told_of_nobody(refused, is_final=True)) == "SMTPRecipientsRefused 550"


def certificate(folder, name: str):
    """A server's own certificate for this name, signed by nobody else, and its key: two paths."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    now = datetime.now(UTC)
    made = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number())
        .not_valid_before(now - timedelta(days=1))
        .not_valid_after(now + timedelta(days=1))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .sign(key, hashes.SHA256())
    )
    own, secret = folder / "own.pem", folder / "key.pem"
    own.write_bytes(made.public_bytes(serialization.Encoding.PEM))
    secret.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    return own, secret


@pytest.mark.parametrize(
    ("name", "is_known", "is_sent"),
    [("localhost", True, True), ("localhost", False, False), ("other.example", True, False)],
    ids=["trusted", "signed by nobody we know", "of another host"],
)
def test_mail_goes_over_tls_to_no_other_server(
    name, is_known, is_sent, tmp_path, settings, smtp, monkeypatch
):
    own, secret = certificate(tmp_path, name)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(own, secret)
    if is_known:
        monkeypatch.setenv("SSL_CERT_FILE", str(own))
    settings.EMAIL_HOST, settings.EMAIL_USE_TLS = "localhost", True
    server = Controller(
        Mailbox(),
        hostname="127.0.0.1",
        port=settings.EMAIL_PORT,
        tls_context=context,
        require_starttls=True,
    )
    server.start()
    try:
        EmailMessage("Subject", "Text", to=["ada@mail.example"]).send()
    except ssl.SSLCertVerificationError:
        assert not is_sent
    finally:
        server.stop()
    assert len(server.handler.mails) == is_sent
