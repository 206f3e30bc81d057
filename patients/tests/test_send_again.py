"""A mail that failed for good is sent again, once, over a real SMTP server and a real worker."""

import pytest
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.roles import Role
from accounts.tests.console import said, signed_in
from clinic.models import Notification
from clinic.tests.jobs import make_due, run_due_jobs
from patients.tests.registration import URL, filled_in

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_mail_is_sent_again_and_never_twice(client, mailbox):
    mailbox.refusal = "550 5.1.1 No such mailbox"
    client.post(URL, filled_in())
    run_due_jobs()
    owed = Notification.objects.get(event__startswith="patient_registered:")
    another = {"recipient": "taken@mail.example", "subject_id": owed.pk, "status": "sent"}
    Notification.objects.create(event="taken", sent_at=timezone.now(), **another)
    make_due(ProcrastinateJob.objects.get(args__notification_id=str(owed.pk)))
    run_due_jobs()
    owed.refresh_from_db()
    assert (owed.status, mailbox.mails) == ("failed", [])
    failed = ProcrastinateJob.objects.get(status="failed", args__notification_id=str(owed.pk))
    admin = signed_in(Role.ADMIN)
    mailbox.refusal = ""

    again = f"/admin/clinic/notification/{owed.pk}/again/"
    answers = [said(admin.post(again))[-1] for _ in range(2)]
    run_due_jobs()
    # The old job, too, of what is sent by now; and once more.
    admin.post(f"/admin/procrastinate/procrastinatejob/{failed.pk}/again/")
    run_due_jobs()
    answers.append(said(admin.post(again))[-1])

    assert answers == [
        "The message is on its way again.",
        "A job is about to send this message.",
        "This message is sent: it isn't sent again.",
    ]
    failed.refresh_from_db()
    assert failed.status == "succeeded"
    owed.refresh_from_db()
    assert (owed.status, owed.last_error) == ("sent", "")
    assert len(mailbox.mails) == 1
