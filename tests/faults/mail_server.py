"""A real SMTP server that misbehaves as it is told, and remembers what it has taken."""

import asyncio
from collections import Counter
from contextlib import suppress
from email import message_from_bytes, policy
from enum import Enum

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session


class Mood(Enum):
    WELL = "well"
    TEMPORARY = "answers 451"
    PERMANENT = "answers 550"
    STALLED = "says nothing"
    DROPPING = "drops the connection after DATA"


class MailServer:
    """Takes mails on a port of loopback. `taken` counts them by Message-ID and recipient."""

    def __init__(self, port: int):
        self.port = port
        self.mood = Mood.WELL
        self.taken: Counter[tuple[str, str]] = Counter()
        self.controller: Controller | None = None

    def start(self) -> None:
        self.controller = Controller(self, hostname="127.0.0.1", port=self.port)
        self.controller.start()

    def stop(self) -> None:
        if self.controller is not None:
            with suppress(RuntimeError):
                self.controller.stop(no_assert=True)
            self.controller = None

    async def handle_RCPT(
        self, smtp: SMTP, session: Session, envelope: Envelope, recipient: str, options: list[str]
    ) -> str:
        match self.mood:
            case Mood.TEMPORARY:
                return "451 4.3.0 Try again later"
            case Mood.PERMANENT:
                return "550 5.1.1 No such mailbox"
            case Mood.STALLED:
                while self.mood is Mood.STALLED:
                    await asyncio.sleep(0.1)
        envelope.rcpt_tos.append(recipient)
        return "250 OK"

    async def handle_DATA(self, smtp: SMTP, session: Session, envelope: Envelope) -> str:
        mail = message_from_bytes(bytes(envelope.content or b""), policy=policy.default)
        for recipient in envelope.rcpt_tos:
            self.taken[str(mail["Message-ID"]).strip("<>").partition("@")[0], recipient] += 1
        if self.mood is Mood.DROPPING and smtp.transport is not None:
            smtp.transport.abort()
        return "250 OK"
