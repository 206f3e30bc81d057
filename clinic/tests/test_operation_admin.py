"""What operators see and do: the state of the machinery, and what failed tried again."""

import logging
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone
from procrastinate.contrib.django import app
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.roles import Role
from accounts.tests.console import said, signed_in
from clinic.models import Notification
from clinic.operations import status as operation

pytestmark = pytest.mark.django_db

JOBS = "/admin/procrastinate/procrastinatejob/"
MAILS = "/admin/clinic/notification/"
PAGE = "/admin/operation/"
NO_ID = "01890000-0000-7000-8000-000000000000"


def a_job(status: str = "failed", attempts: int = 10, **more) -> ProcrastinateJob:
    """A job that a worker took and that ended so."""
    task = app.configure_task("clinic.check_file", allow_unknown=True, **more)
    pk = task.defer(transfer_id=NO_ID)
    with connection.cursor() as cursor:
        for step in ["doing", status] if status not in ("todo", "doing") else [status]:
            cursor.execute(
                "UPDATE procrastinate_jobs SET status = %s, attempts = %s WHERE id = %s",
                [step, attempts, pk],
            )
    return ProcrastinateJob.objects.get(pk=pk)


def age_jobs(by: timedelta) -> None:
    with connection.cursor() as cursor:
        cursor.execute("UPDATE procrastinate_events SET at = at - %s", [by])


def a_mail(status: str = "failed", with_job: str = "failed") -> Notification:
    sent_at = timezone.now() if status == "sent" else None
    mail = Notification.objects.create(
        event="patient_registered:1",
        recipient="ann@mail.example",
        subject_id=NO_ID,
        status=status,
        attempts=10,
        sent_at=sent_at,
    )
    if with_job:
        job = a_job(with_job)
        with connection.cursor() as cursor:
            cursor.execute(
                "UPDATE procrastinate_jobs SET args = jsonb_build_object('notification_id', %s),"
                " task_name = 'patients.send_confirmation' WHERE id = %s",
                [str(mail.pk), job.pk],
            )
    return mail


def test_a_failed_job_is_tried_again(caplog):
    job, client = a_job(), signed_in(Role.ADMIN)
    assert f"{JOBS}{job.pk}/again/" in client.get(JOBS).content.decode()

    with caplog.at_level(logging.INFO):
        response = client.post(f"{JOBS}{job.pk}/again/?next=/admin/operation/")

    assert response.headers["Location"] == PAGE
    assert said(response) == ["The job is tried again."]
    job.refresh_from_db()
    assert job.status == "todo"
    assert f"Job {job.pk} is tried again" in caplog.text


@pytest.mark.parametrize("status", ["todo", "doing", "succeeded"])
def test_no_other_job_is(status):
    job = a_job(status)
    client = signed_in(Role.ADMIN)
    assert "/again/" not in client.get(JOBS).content.decode()

    response = client.post(f"{JOBS}{job.pk}/again/")

    assert said(response) == ["This job has not failed."]
    job.refresh_from_db()
    assert job.status == status


def test_work_that_waits_already_is_not_queued_twice():
    failed = a_job(queueing_lock="once")
    a_job("todo", queueing_lock="once")

    response = signed_in(Role.ADMIN).post(f"{JOBS}{failed.pk}/again/")

    assert said(response) == ["The same work is waiting already."]


def test_a_failed_message_gets_a_new_job():
    mail = a_mail()

    response = signed_in(Role.ADMIN).post(f"{MAILS}{mail.pk}/again/")

    assert said(response) == ["The message is on its way again."]
    mail.refresh_from_db()
    assert mail.status == "owed"
    old, new = ProcrastinateJob.objects.order_by("pk")
    assert (new.task_name, new.args) == (old.task_name, {"notification_id": str(mail.pk)})
    assert (old.status, new.status, new.attempts) == ("failed", "todo", 0)


@pytest.mark.parametrize(
    ("status", "job", "words"),
    [
        ("sent", "succeeded", "This message is sent: it isn't sent again."),
        ("outdated", "succeeded", "This message is outdated: it isn't sent again."),
        ("failed", "todo", "A job is about to send this message."),
        ("owed", "doing", "A job is about to send this message."),
        ("failed", "", "Nothing is left of the job that sends it."),
    ],
)
def test_no_message_is_sent_twice(status, job, words):
    mail = a_mail(status, job)
    before = ProcrastinateJob.objects.count()

    response = signed_in(Role.ADMIN).post(f"{MAILS}{mail.pk}/again/")

    assert said(response) == [words]
    mail.refresh_from_db()
    assert mail.status == status
    assert ProcrastinateJob.objects.count() == before


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.DOCTOR])
def test_only_admins_do_any_of_it(role):
    job, owed, client = a_job(), a_mail(), signed_in(role)

    for path in (f"{JOBS}{job.pk}/again/", f"{MAILS}{owed.pk}/again/"):
        assert client.post(path).status_code == 403
    assert client.get(PAGE).status_code == 403
    assert ProcrastinateJob.objects.filter(status="failed").count() == 2


def test_again_wants_a_post_and_a_record():
    client = signed_in(Role.ADMIN)

    assert client.get(f"{JOBS}{a_job().pk}/again/").status_code == 405
    assert client.post(f"{JOBS}0/again/").status_code == 404
    assert client.post(f"{MAILS}{NO_ID}/again/").status_code == 404
    assert client.post(f"{MAILS}nonsense/again/").status_code == 404


def test_nobody_is_sent_to_another_site():
    response = signed_in(Role.ADMIN).post(f"{JOBS}{a_job().pk}/again/?next=https://bad.example/")

    assert response.headers["Location"] == JOBS


def test_the_page_says_how_the_machinery_is():
    client = signed_in(Role.ADMIN)
    page = client.get(PAGE).content.decode()
    assert "No job has failed." in page
    assert "Not seen" in page
    assert "On time" in page

    a_job(), a_mail(with_job=""), a_job("todo", 0)
    age_jobs(timedelta(minutes=5))
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO procrastinate_workers DEFAULT VALUES")
    page = client.get(PAGE).content.decode()

    assert "At work" in page
    assert "1 late" in page
    assert page.count("1 failed") == 2
    assert "the oldest due for 5 min" in page
    assert "ann@mail.example" in page


@pytest.mark.parametrize(("trouble", "expected"), [("failed", "failed"), ("late", "todo")])
def test_jobs_in_trouble_are_found(trouble, expected):
    for status in ("failed", "todo", "doing", "succeeded"):
        a_job(status)
    age_jobs(timedelta(minutes=5))
    a_job("todo")

    shown = signed_in(Role.ADMIN).get(f"{JOBS}?trouble={trouble}").context["cl"].result_list

    assert [job.status for job in shown] == [expected]


def test_a_worker_that_is_silent_is_not_at_work():
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO procrastinate_workers (last_heartbeat) VALUES (now() - interval '2 min')"
        )

    assert not operation.condition().has_worker
