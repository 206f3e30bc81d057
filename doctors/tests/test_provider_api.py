"""Doctors apply, and an admin approves or rejects them."""

import pytest
from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from accounts.roles import Role
from accounts.services import passwords
from accounts.tasks import resend_email_link
from accounts.tests.console import signed_in
from accounts.tests.factories import PASSWORD, UserFactory
from clinic.mail import Outdated
from clinic.models import Notification
from doctors import services
from doctors.models import Doctor
from doctors.tasks import about_applicant, about_approved, remind_applicant
from doctors.tests.applications import APPLICATION, URL, applicant, apply
from doctors.tests.factories import DoctorFactory

pytestmark = pytest.mark.django_db

DOCTORS, LOGIN = "/api/v1/doctors", "/api/v1/auth/login"


@pytest.fixture
def admin(api):
    return api(UserFactory(role=Role.ADMIN))


def log_in(api):
    given = {"username": APPLICATION["email"], "password": PASSWORD}
    return api().post(LOGIN, given, format="json").status_code


def owed() -> list[str]:
    return [each.event.partition(":")[0] for each in Notification.objects.order_by("created_at")]


def test_an_application_waits_for_approval(api):
    response = apply(api())

    assert response.status_code == 201, response.content
    doctor = Doctor.objects.get()
    assert response.json() == {
        "success": True,
        "message": "Thank you. We look at your application and write to you.",
        "data": {"doctor_id": str(doctor.pk), "email": "grace@mail.example", "is_active": False},
    }
    assert doctor.waits_for_approval
    assert doctor.email_verified_at is None
    assert not doctor.user.has_usable_password()
    assert (doctor.is_active, doctor.user.is_active) == (False, False)
    assert (doctor.user.role, doctor.user.email) == ("doctor", doctor.email)
    assert log_in(api) == 401
    assert api().get(DOCTORS).json()["count"] == 0
    assert api().get(f"{DOCTORS}/{doctor.pk}").status_code == 404
    assert owed() == ["doctor_applied"]


def test_consent_to_the_privacy_notice_is_noted_where_it_is_given(api, settings):
    settings.PRIVACY_NOTICE_VERSION = "2026-11"

    assert apply(api(), privacy_consent=True).status_code == 201
    assert apply(api(), email="emmy@mail.example", license_number="L-2").status_code == 201

    grace = Doctor.objects.get(email="grace@mail.example")
    assert (timezone.now() - grace.consented_at).total_seconds() < 60
    assert grace.consent_version == "2026-11"
    assert Doctor.pgh_event_model.objects.filter(consent_version="2026-11").exists()
    other = Doctor.objects.get(email="emmy@mail.example")
    assert (other.consented_at, other.consent_version) == (None, "")


def test_an_approved_doctor_signs_in_and_takes_appointments(api, admin):
    doctor = applicant(api())
    shown = admin.get(f"{DOCTORS}/{doctor.pk}").json()
    assert (shown["is_active"], shown["waits_for_approval"]) == (False, True)

    response = admin.post(f"{DOCTORS}/{doctor.pk}/approve")

    assert response.status_code == 200, response.content
    assert (response.json()["is_active"], response.json()["waits_for_approval"]) == (True, False)
    assert log_in(api) == 401
    notification = Notification.objects.get(event__startswith="doctor_approved")
    token = about_approved(notification)["token"]
    assert passwords.reset(token, PASSWORD) == doctor.user
    assert log_in(api) == 200
    assert api().get(DOCTORS).json()["count"] == 1
    assert owed() == ["doctor_applied", "doctor_approved", "password_changed"]


def test_an_application_whose_address_nobody_confirmed_reaches_nobody(api, admin):
    apply(api())
    doctor = Doctor.objects.get()

    refused = admin.post(f"{DOCTORS}/{doctor.pk}/approve")

    assert (refused.status_code, refused.json()["code"]) == (409, "wrong_state")
    assert "Grace" not in signed_in(Role.ADMIN).get("/admin/approvals/").content.decode()
    assert not Doctor.objects.get().is_active


def test_the_link_of_the_mail_confirms_the_address(api, client):
    apply(api())
    token = about_applicant(Notification.objects.get())["token"]

    page = client.get("/verify-email/", {"token": token}, follow=True)
    assert Doctor.objects.get().email_verified_at is None, "Programs open links, too."
    answer = client.post("/verify-email/", follow=True)

    assert page.status_code == answer.status_code == 200
    assert "We look at your application" in answer.content.decode()
    assert Doctor.objects.get().email_verified_at is not None
    assert "Grace" in signed_in(Role.ADMIN).get("/admin/approvals/").content.decode()
    with pytest.raises(Outdated):
        about_applicant(Notification.objects.get())


def test_the_link_is_sent_again_on_request_once_a_day(api):
    apply(api())
    for _ in range(3):
        resend_email_link("Grace@mail.example")
    for job in ProcrastinateJob.objects.filter(task_name="doctors.remind_applicant"):
        remind_applicant(**job.args)

    assert owed() == ["doctor_applied", "doctor_applied"]


def test_an_application_that_nobody_confirms_goes_with_its_account(api):
    apply(api())
    doctor = applicant(api(), email="confirmed@mail.example")

    assert services.forget_unconfirmed(Doctor.objects.exclude(pk=doctor.pk).get())
    assert not services.forget_unconfirmed(doctor)

    assert list(Doctor.objects.all()) == [doctor]
    assert list(User.objects.filter(role=Role.DOCTOR)) == [doctor.user]


def test_a_password_of_an_application_of_before_opens_nothing_after_approval(api, admin):
    doctor = applicant(api())
    doctor.user.set_password(PASSWORD)
    doctor.user.save()

    admin.post(f"{DOCTORS}/{doctor.pk}/approve")

    assert log_in(api) == 401


def test_only_an_application_that_waits_is_approved(api, admin):
    approved, made = applicant(api()), DoctorFactory(is_active=False)
    admin.post(f"{DOCTORS}/{approved.pk}/approve")

    for doctor in (approved, made):
        response = admin.post(f"{DOCTORS}/{doctor.pk}/approve")
        assert (response.status_code, response.json()["code"]) == (409, "wrong_state")
    assert (
        admin.post(f"{DOCTORS}/{approved.pk}/approve", {"x": 1}, format="json").status_code == 422
    )
    assert not Doctor.objects.get(pk=made.pk).is_active
    assert owed() == ["doctor_applied", "doctor_approved"]


def test_a_deleted_application_is_rejected_with_its_account(api, admin):
    doctor = applicant(api())

    assert admin.delete(f"{DOCTORS}/{doctor.pk}").status_code == 204

    assert not Doctor.objects.exists()
    assert not User.objects.filter(role=Role.DOCTOR).exists()
    assert owed() == ["doctor_applied", "doctor_rejected"]
    assert apply(api()).status_code == 201


def test_no_other_way_leads_past_the_approval(api, admin):
    doctor = applicant(api())

    response = admin.patch(f"{DOCTORS}/{doctor.pk}", {"is_active": True}, format="json")

    assert response.status_code == 422
    assert list(response.json()["errors"]) == ["is_active"]
    with pytest.raises(IntegrityError), transaction.atomic():
        Doctor.objects.update(is_active=True)
    doctor.is_active = True
    with pytest.raises(ValidationError):
        doctor.full_clean()


@pytest.mark.parametrize("role", [None, Role.RECEPTIONIST, Role.DOCTOR, Role.PATIENT])
def test_only_admins_approve(api, role):
    doctor = applicant(api())
    client = api(UserFactory(role=role) if role else None)

    response = client.post(f"{DOCTORS}/{doctor.pk}/approve")

    assert response.status_code == (403 if role else 401)
    assert Doctor.objects.get().waits_for_approval


@pytest.mark.parametrize("known", ["application", "doctor", "patient"])
def test_a_known_address_is_a_conflict(api, known):
    if known == "application":
        apply(api())
    elif known == "doctor":
        DoctorFactory(email="grace@mail.example")
    else:
        UserFactory(email="grace@mail.example", role=Role.PATIENT)
    before = (Doctor.objects.count(), User.objects.count(), Notification.objects.count())

    response = apply(api(), email="GRACE@mail.example")

    assert (response.status_code, response.json()["code"]) == (409, "already_registered")
    assert response.json()["errors"] == {"email": ["Email is already registered"]}
    assert before == (
        *(Doctor.objects.count(), User.objects.count()),
        Notification.objects.count(),
    )


@pytest.mark.parametrize(
    ("changes", "fields"),
    [
        ({"specialization": None, "license_number": None}, {"specialization", "license_number"}),
        ({"role": "admin"}, {"role"}),
        ({"is_active": True, "id": "1"}, {"is_active", "id"}),
        (
            {"password": "x", "confirm_password": "y", "email": "z"},
            {"password", "confirm_password", "email"},
        ),
        ({"phone": "12", "first_name": "\x07"}, {"phone", "first_name"}),
        ({"password": None}, {"password"}),
    ],
)
def test_what_is_wrong_is_named(api, changes, fields):
    response = apply(api(), **changes)

    assert response.status_code == 422
    assert set(response.json()["errors"]) == fields
    assert not Doctor.objects.exists()
    assert not User.objects.exists()
    assert not ProcrastinateJob.objects.exists()


def test_applications_are_limited(api, settings):
    settings.RATE_LIMITS = {**settings.RATE_LIMITS, "provider": "1/h"}
    apply(api())

    response = apply(api(), email="another@mail.example")

    assert response.status_code == 429
    assert int(response["Retry-After"]) > 0
    assert Doctor.objects.count() == 1


def test_the_openapi_document_knows_it(api):
    document = api().get("/openapi.json").json()
    apply_ = document["paths"][URL]["post"]
    assert {"201", "409", "422", "429"} <= set(apply_["responses"])
    assert "409" in document["paths"]["/api/v1/auth/register"]["post"]["responses"]
    assert "409" in document["paths"]["/api/v1/doctors/{id}/approve"]["post"]["responses"]
