"""A worker that is killed in the middle of a mail loses nothing."""

import subprocess  # nosec B404
import sys
import threading
from contextlib import suppress

import pytest
from aiosmtpd.controller import Controller
from django.conf import settings
from django.db import connection
from procrastinate.contrib.django.models import ProcrastinateJob
from procrastinate.exceptions import AlreadyEnqueued

from accounts.tests.factories import UserFactory
from appointments import services
from appointments.tests.factories import AppointmentFactory, next_monday
from clinic.models import Notification
from clinic.tasks import STALLED_AFTER_SECONDS, retry_stalled_jobs
from clinic.tests.jobs import run_due_jobs
from doctors.tests.factories import DoctorFactory
from patients.tests.factories import PatientFactory
from tests.server import environment, free_port

pytestmark = pytest.mark.django_db(transaction=True)


class SlowMailbox:
    """Lets the first mail wait for its answer for ever; takes the next ones."""

    def __init__(self):
        self.begun = threading.Event()
        self.mails = []

    async def handle_DATA(self, server, session, envelope):
        if not self.begun.is_set():
            self.begun.set()
            await server.loop.create_future()
        self.mails.append(envelope)
        return "250 OK"


@pytest.fixture
def slow_smtp(settings):
    port = free_port()
    settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
    settings.EMAIL_HOST, settings.EMAIL_PORT = "127.0.0.1", port
    controller = Controller(SlowMailbox(), hostname="127.0.0.1", port=port)
    controller.start()
    yield controller
    controller.stop()


def test_a_killed_workers_mail_is_sent_by_the_next(slow_smtp):
    mailbox = slow_smtp.handler
    booked = AppointmentFactory.build(
        doctor=DoctorFactory(), patient=PatientFactory(), starts_at=next_monday(9)
    )
    services.book(booked, by=UserFactory())
    job = ProcrastinateJob.objects.get()

    kill_worker_when(mailbox.begun, smtp_port=slow_smtp.port)
    job.refresh_from_db()
    assert (job.status, Notification.objects.get().status) == ("doing", "owed")

    let_heartbeats_age()
    with suppress(AlreadyEnqueued):  # The killed worker may have queued the sweep.
        retry_stalled_jobs.defer(timestamp=0)
    run_due_jobs()
    run_due_jobs()

    job.refresh_from_db()
    assert (job.status, Notification.objects.get().status) == ("succeeded", "sent")
    [mail] = mailbox.mails
    assert mail.rcpt_tos == [booked.patient.email]


def kill_worker_when(begun: threading.Event, smtp_port: int) -> None:
    """Start a worker process, and kill it (-9) as soon as the event is set."""
    command = [sys.executable, "manage.py", "procrastinate", "worker"]
    own = environment(EMAIL_URL=f"smtp://127.0.0.1:{smtp_port}")
    with subprocess.Popen(command, cwd=settings.BASE_DIR, env=own) as worker:  # nosec B603
        try:
            assert begun.wait(120)
        finally:
            worker.kill()


def let_heartbeats_age() -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE procrastinate_workers SET last_heartbeat = now() - %s * interval '1 s'",
            [STALLED_AFTER_SECONDS + 1],
        )
