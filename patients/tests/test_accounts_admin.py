"""The console's page of accounts, where an account is a patient's."""

import pytest
from django.core.exceptions import ValidationError
from django.utils import timezone

from accounts.models import OneTimeToken, User
from accounts.one_time import new_token
from accounts.roles import Role
from accounts.services import verification
from accounts.tests.console import faults, signed_in
from accounts.tests.factories import UserFactory
from clinic.models import Notification
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db

NEW = "ada.new@mail.example"


@pytest.fixture
def patient():
    now = timezone.now()
    return PatientFactory(
        with_account=True,
        email="ada@mail.example",
        email_verified_at=now,
        phone_verified_at=now,
        user__first_name="Ada",
        user__last_name="Lovelace",
        last_name="Lovelace",
    )


def save(account: User, **changes):
    kept = {name: getattr(account, name) for name in ("email", "first_name", "last_name")}
    url = f"/admin/accounts/user/{account.pk}/change/"
    return signed_in(Role.ADMIN).post(url, kept | {"is_active": "on"} | changes)


def owed() -> dict[str, str]:
    rows = Notification.objects.values_list("event", "recipient")
    return {event.partition(":")[0]: recipient for event, recipient in rows}


def test_a_new_address_is_the_records_too_and_verified_anew(patient):
    link = new_token(patient.user, OneTimeToken.Purpose.VERIFY_EMAIL)

    assert save(patient.user, email=NEW.title()).status_code == 302

    patient.refresh_from_db()
    assert (patient.email, patient.user.email) == (NEW, NEW)
    assert patient.email_verified_at is None
    assert patient.phone_verified_at is not None
    assert owed() == {"verify_email": NEW, "email_changed": "ada@mail.example"}
    assert OneTimeToken.objects.get().expires_at <= timezone.now()
    with pytest.raises(ValidationError):
        verification.verify_email(link)


def test_another_name_is_the_records_too_and_nothing_is_verified_anew(patient):
    assert save(patient.user, last_name="King").status_code == 302

    patient.refresh_from_db()
    assert patient.name == "Ada King"
    assert patient.email_verified_at is not None
    assert owed() == {}


def test_what_stays_the_same_in_the_account_stays_in_the_record(patient):
    User.objects.filter(pk=patient.user.pk).update(first_name="")
    patient.user.refresh_from_db()

    assert save(patient.user, email=NEW).status_code == 302

    patient.refresh_from_db()
    assert (patient.name, patient.email) == ("Ada Lovelace", NEW)


def test_an_address_of_another_record_is_refused_beside_the_field(patient):
    PatientFactory(email=NEW)

    response = save(patient.user, email=NEW)

    assert faults(response) == {"email": ["Email is already registered"]}
    patient.refresh_from_db()
    assert (patient.email, patient.user.email) == ("ada@mail.example", "ada@mail.example")
    assert patient.email_verified_at is not None
    assert owed() == {}


def test_a_closed_account_leaves_the_record_as_it_is(patient):
    updated_at = patient.updated_at

    assert save(patient.user, is_active="").status_code == 302

    patient.refresh_from_db()
    assert (patient.user.is_active, patient.updated_at) == (False, updated_at)


def test_an_account_of_staff_has_nothing_to_verify():
    account = UserFactory(role=Role.RECEPTIONIST)
    old = account.email

    assert save(account, email=NEW, role=Role.RECEPTIONIST).status_code == 302

    account.refresh_from_db()
    assert account.email == NEW
    assert owed() == {"email_changed": old}
