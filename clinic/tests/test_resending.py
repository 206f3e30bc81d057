"""Messages that were given up are sent again, all since a time: by the console and a command."""

from datetime import timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.roles import Role
from accounts.tests.console import said, signed_in
from clinic.models import Notification

pytestmark = pytest.mark.django_db
PAGE = "/admin/clinic/notification/again/"
TASK = "patients.send_registration_confirmation"


def a_message(name: str, ago: timedelta | None, job: str = "failed") -> Notification:
    """One that was given up so long ago; by an older release, which noted no time, for None."""
    now = timezone.now()
    given_up = None if ago is None else now - ago
    message = Notification.objects.create(
        event=f"patient_registered:{name}",
        recipient=f"{name}@mail.example",
        subject_id="01890000-0000-7000-8000-000000000000",
        status="failed",
        attempts=80,
        created_at=now - timedelta(days=3),
        failed_at=given_up,
        refused_at=given_up,
    )
    if job:
        task = app.configure_task(TASK, queue="messages")
        pk = task.defer(notification_id=str(message.pk))
        for step in ("doing", "failed")[: 1 if job == "doing" else 2]:
            with connection.cursor() as cursor:
                cursor.execute(
                    "UPDATE procrastinate_jobs SET status = %s WHERE id = %s", [step, pk]
                )
    return message


@pytest.fixture
def messages() -> None:
    lately = timedelta(minutes=30)
    a_message("one", lately)
    a_message("two", lately)
    a_message("earlier", timedelta(hours=5))
    a_message("long-ago", None)
    a_message("at-work", lately, job="doing")
    a_message("without", lately, job="")


def owed() -> set[str]:
    found = Notification.objects.filter(status="owed", refused_at=None, failed_at=None)
    return {message.recipient.partition("@")[0] for message in found}


def resend(*arguments: str) -> str:
    told = StringIO()
    call_command("resend_mails", *arguments, stdout=told)
    return told.getvalue()


def test_the_command_sends_what_was_given_up_since_again(messages):
    assert resend("--since", "1h", "--dry-run").startswith("4 given up since ")
    assert not owed()

    with pytest.raises(CommandError, match="2 can't be"):
        resend("--since", "1h")

    assert owed() == {"one", "two"}
    jobs = ProcrastinateJob.objects.filter(status="todo", task_name=TASK, queue_name="messages")
    keys = {str(message.pk) for message in Notification.objects.filter(status="owed")}
    assert {job.args["notification_id"] for job in jobs} == keys
    assert {job.attempts for job in jobs} == {0}
    assert resend("--since", "7d", "--dry-run").startswith("4 given up since ")


def test_messages_of_an_older_release_go_by_when_they_were_owed(messages):
    with pytest.raises(CommandError):
        resend("--since", (timezone.localdate() - timedelta(days=7)).isoformat())

    assert owed() == {"one", "two", "earlier", "long-ago"}


def test_nothing_to_send_is_no_failure():
    assert resend().startswith("0 given up since ")


@pytest.mark.parametrize("since", ["yesterday", "2027-13-01", "36", ""])
def test_a_time_that_is_none_is_refused(since):
    with pytest.raises(CommandError):
        resend("--since", since)


def test_the_console_does_the_same_in_one_press(messages):
    client = signed_in(Role.ADMIN)
    assert PAGE in client.get("/admin/clinic/notification/").content.decode()
    assert PAGE in client.get("/admin/operation/").content.decode()
    assert "5 messages were given up" in client.get(PAGE).content.decode()
    since = timezone.localtime() - timedelta(hours=1)

    response = client.post(PAGE, {"since_0": f"{since:%Y-%m-%d}", "since_1": f"{since:%H:%M}"})

    [told] = said(response)
    assert told.startswith("2 messages are on the way again. 2 can't be sent again")
    assert owed() == {"one", "two"}
    assert "Enter a day and a time." in client.post(PAGE).content.decode()


def test_nobody_else_sends_anything_again(messages):
    client = signed_in(Role.RECEPTIONIST)

    assert client.get(PAGE).status_code == client.post(PAGE).status_code == 403
    assert not owed()
