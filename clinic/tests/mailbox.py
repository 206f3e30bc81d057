"""A real SMTP server that keeps the mails which it takes."""

import socket
from email import message_from_bytes, policy

import pytest
from aiosmtpd.controller import Controller


class Mailbox:
    """Takes mails, or refuses every recipient with `refusal`."""

    def __init__(self):
        self.mails = []
        self.refusal = ""

    async def handle_RCPT(self, server, session, envelope, address, options):
        if self.refusal:
            return self.refusal
        envelope.rcpt_tos.append(address)
        return "250 OK"

    async def handle_DATA(self, server, session, envelope):
        mail = message_from_bytes(envelope.content, policy=policy.default)
        self.mails.append((envelope.rcpt_tos, mail))
        return "250 OK"


@pytest.fixture
def smtp(settings):
    """An SMTP server that isn't started yet, and that the project is set to use."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    controller = Controller(Mailbox(), hostname="127.0.0.1", port=port)
    yield controller
    controller.stop(no_assert=True)
    controller.loop.close()  # It is left open where the server was never started.


@pytest.fixture
def mailbox(smtp):
    smtp.start()
    return smtp.handler


def part(mail, kind: str) -> str:
    return mail.get_body([kind]).get_content()
