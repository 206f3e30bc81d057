"""Whose address or number is replaced on the staff hears of it, by whatever door it happened."""

import pytest

from accounts.models import User
from accounts.roles import Role
from accounts.tests.console import signed_in
from accounts.tests.factories import UserFactory
from clinic.models import Notification
from clinic.tests.files import confirm, send, table
from clinic.tests.jobs import run_due_jobs
from clinic.tests.mailbox import part
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory

pytestmark = pytest.mark.django_db

OLD, NEW = "old@clinic.example", "new@clinic.example"
OLD_PHONE, NEW_PHONE = "+4930901820", "+4930901999"
STAFF = (Role.ADMIN, Role.RECEPTIONIST, Role.DOCTOR)


def told() -> list[tuple[str, str]]:
    """(event, recipient) of what is owed."""
    rows = Notification.objects.order_by("event").values_list("event", "recipient")
    return [(event.partition(":")[0], recipient) for event, recipient in rows]


@pytest.fixture
def doctor() -> Doctor:
    return DoctorFactory(email=OLD, phone=OLD_PHONE, first_name="Maria", last_name="Keller")


def save_account(user: User, by: User | str = Role.ADMIN, **changes):
    sent = {"email": user.email, "phone": str(user.phone), "first_name": "Kim", "last_name": "Ito"}
    sent |= {"role": user.role, "is_active": "on"} | changes
    response = signed_in(by).post(f"/admin/accounts/user/{user.pk}/change/", sent)
    assert response.status_code == 302


@pytest.mark.parametrize("role", STAFF)
def test_the_console_changes_an_account(role):
    user = UserFactory(role=role, email=OLD, phone=OLD_PHONE)

    save_account(user, email=NEW.upper())
    assert told() == [("email_changed", OLD)]
    user.refresh_from_db()
    save_account(user, phone="030 901999")

    user.refresh_from_db()
    assert (user.email, str(user.phone)) == (NEW, NEW_PHONE)
    assert told() == [("email_changed", OLD), ("phone_changed", NEW)]


def test_both_at_once_are_told_to_the_old_address_also_to_oneself():
    admin = UserFactory(role=Role.ADMIN, email=OLD, phone=OLD_PHONE)

    save_account(admin, by=admin, email=NEW, phone=NEW_PHONE)

    assert told() == [("email_changed", OLD), ("phone_changed", OLD)]


def test_what_stays_is_not_told(api, doctor):
    user = UserFactory(email="desk@clinic.example", phone=OLD_PHONE)
    save_account(user, email="DESK@clinic.example", phone="030 901820", first_name="Ann")
    path = f"/api/v1/doctors/{doctor.pk}"

    same = {"email": OLD.upper(), "phone": "030 901820", "specialization": "Surgery"}
    response = api(UserFactory(role=Role.ADMIN)).patch(path, same, format="json")

    assert response.status_code == 200, response.content
    assert told() == []


def test_what_is_refused_is_not_told(api, doctor):
    DoctorFactory(email="taken@clinic.example")

    response = api(UserFactory(role=Role.ADMIN)).patch(
        f"/api/v1/doctors/{doctor.pk}", {"email": "taken@clinic.example"}, format="json"
    )

    assert response.status_code == 409
    assert told() == []


def by_api(api, doctor):
    changes = {"email": NEW, "phone": NEW_PHONE}
    admin = UserFactory(role=Role.ADMIN)
    response = api(admin).patch(f"/api/v1/doctors/{doctor.pk}", changes, format="json")
    assert response.status_code == 200, response.content


def by_console(api, doctor):
    names = ("first_name", "last_name", "specialization", "license_number")
    sent = {name: getattr(doctor, name) for name in names}
    sent |= {"email": NEW, "phone": NEW_PHONE, "is_active": "on", "user": ""}
    sent["default_duration_minutes"] = "30"
    page = f"/admin/doctors/doctor/{doctor.pk}/change/"
    assert signed_in(Role.ADMIN).post(page, sent).status_code == 302


def by_file(api, doctor):
    client, page = signed_in(Role.ADMIN), "/admin/doctors/doctor/"
    file = table(["Id", "E-mail", "Phone"], [str(doctor.pk), NEW, NEW_PHONE])
    assert confirm(client, page, send(client, page, file)).changed == 1


@pytest.mark.parametrize("door", [by_api, by_console, by_file])
def test_a_doctors_record_is_changed(api, doctor, door):
    door(api, doctor)

    doctor.refresh_from_db()
    assert (doctor.email, str(doctor.phone)) == (NEW, NEW_PHONE)
    assert told() == [("email_changed", OLD), ("phone_changed", OLD)]


def test_an_account_that_takes_over_a_record_replaces_its_number(api, doctor):
    sent = {"email": OLD, "role": "doctor", "first_name": "Maria", "last_name": "Keller"}
    password = {"password": "Riverside-Boat-12", "confirm_password": "Riverside-Boat-12"}

    response = api(UserFactory(role=Role.ADMIN)).post(
        "/api/v1/auth/register", sent | password | {"phone": NEW_PHONE}, format="json"
    )

    assert response.status_code == 201, response.content
    assert told() == [("phone_changed", OLD)]


@pytest.mark.django_db(transaction=True)
def test_the_mails_tell_nothing_but_that_it_happened(api, doctor, mailbox):
    by_api(api, doctor)
    save_account(UserFactory(email="desk@clinic.example"), email=NEW, phone=NEW_PHONE)
    nameless = UserFactory(email="nameless@clinic.example", first_name="", last_name="")
    save_account(nameless, first_name="", last_name="", email="moved@clinic.example")

    run_due_jobs()

    subjects = {(mail["To"], mail["Subject"]) for _, mail in mailbox.mails}
    email, phone = "Your e-mail address was changed", "Your phone number was changed"
    assert subjects == {
        (OLD, email),
        (OLD, phone),
        ("desk@clinic.example", email),
        ("desk@clinic.example", phone),
        ("nameless@clinic.example", email),
    }
    for _, mail in mailbox.mails:
        for kind in ("plain", "html"):
            text = part(mail, kind)
            assert "please tell us at once" in text
            for told_nowhere in (NEW, "moved@", NEW_PHONE, OLD_PHONE, "901999", "token="):
                assert told_nowhere not in text
    greetings = {part(mail, "plain").splitlines()[0] for _, mail in mailbox.mails}
    assert greetings == {"Dear Dr Maria Keller,", "Dear Kim Ito,", "Good day,"}
