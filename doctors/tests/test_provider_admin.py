"""Applications in the console."""

import pytest

from accounts.models import User
from accounts.roles import Role
from accounts.tests.console import said, signed_in
from clinic.models import Notification
from doctors.models import Doctor
from doctors.tests.applications import applicant, apply
from doctors.tests.factories import DoctorFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/doctors/doctor/"


def choose(client, action: str, *doctors: Doctor):
    chosen = {"action": action, "_selected_action": [doctor.pk for doctor in doctors]}
    return client.post(LIST, chosen)


@pytest.fixture
def waiting(api):
    return applicant(api())


def test_applications_that_wait_are_found(waiting):
    DoctorFactory(is_active=False)

    response = signed_in(Role.ADMIN).get(LIST, {"application": "waiting"})

    assert list(response.context["cl"].result_list) == [waiting]
    assert "Waits for approval" in response.content.decode()


def test_an_application_is_approved(waiting):
    other = DoctorFactory()

    response = choose(signed_in(Role.ADMIN), "approve", waiting, other)

    waiting.refresh_from_db()
    assert waiting.is_active
    assert waiting.user.is_active
    assert set(said(response)) == {
        f"{waiting}: approved.",
        f"{other}: No application of this doctor waits.",
    }


def test_an_applicant_gets_the_link_again(api, waiting):
    apply(api(), email="unconfirmed@mail.example")
    unconfirmed = Doctor.objects.exclude(pk=waiting.pk).get()
    admin = signed_in(Role.ADMIN)
    shown = admin.get(LIST, {"application": "unconfirmed"}).context["cl"].result_list
    assert list(shown) == [unconfirmed]

    response = choose(admin, "send_link", waiting, unconfirmed)

    assert set(said(response)) == {
        f"{waiting}: The address is confirmed already.",
        f"{unconfirmed}: the link to confirm the address is on its way.",
    }
    assert Notification.objects.filter(recipient=unconfirmed.email).count() == 2


def test_an_application_is_rejected(waiting):
    response = choose(signed_in(Role.ADMIN), "reject", waiting)

    assert said(response) == [f"{waiting}: rejected and removed."]
    assert not Doctor.objects.exists()
    assert not User.objects.filter(role=Role.DOCTOR).exists()


def test_a_deleted_application_takes_its_account_along(waiting):
    signed_in(Role.ADMIN).post(f"{LIST}{waiting.pk}/delete/", {"post": "yes"})

    assert not User.objects.filter(role=Role.DOCTOR).exists()


@pytest.mark.parametrize("role", [Role.RECEPTIONIST, Role.DOCTOR])
@pytest.mark.parametrize("action", ["approve", "reject"])
def test_others_decide_nothing(waiting, role, action):
    desk = signed_in(role)

    choose(desk, action, waiting)

    assert Doctor.objects.get(pk=waiting.pk).waits_for_approval
    assert "Approve the application" not in desk.get(LIST).content.decode()
