"""What applicants are told, over a real SMTP server and a real worker."""

import threading

import pytest
from django.db import connection

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from clinic.tests.jobs import run_due_jobs
from clinic.tests.mailbox import part
from doctors import services
from doctors.models import Doctor
from doctors.tests.applications import applicant, apply

pytestmark = pytest.mark.django_db(transaction=True)


def test_applicants_are_told_of_every_step(api, mailbox):
    admin = UserFactory(role=Role.ADMIN)
    doctor = applicant(api(), first_name="<b>")
    services.approve(doctor, by=admin)
    apply(api(), email="unconfirmed@mail.example", first_name="<b>")
    services.reject(applicant(api(), email="other@mail.example"), by=admin)

    run_due_jobs()

    told = {(mail["To"], mail["Subject"]) for _, mail in mailbox.mails}
    assert told == {
        ("unconfirmed@mail.example", "We have your application to Riverside Clinic"),
        ("grace@mail.example", "Your application to Riverside Clinic is approved"),
        ("other@mail.example", "Your application to Riverside Clinic"),
    }
    links = {
        "unconfirmed@mail.example": "http://127.0.0.1:8000/verify-email/?token=",
        "grace@mail.example": "http://127.0.0.1:8000/password/reset/confirm/?token=",
    }
    for _, mail in mailbox.mails:
        for kind in ("plain", "html"):
            assert links.get(mail["To"], "") in part(mail, kind)
        assert "<b>" not in part(mail, "html")
        assert str(doctor.pk) not in mail.as_string()


def test_two_applications_of_one_address_at_once_are_one(api):
    start, answers = threading.Barrier(2), []

    def send(email: str) -> None:
        try:
            start.wait()
            answers.append(apply(api(), email=email).status_code)
        finally:
            connection.close()

    threads = [
        threading.Thread(target=send, args=(email,))
        for email in ("Twin@Mail.example", "twin@mail.EXAMPLE")
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sorted(answers) == [201, 409]
    assert Doctor.objects.count() == 1
