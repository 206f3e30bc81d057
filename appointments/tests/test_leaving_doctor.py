"""A doctor who leaves is out from that moment: record and account go together, at every door."""

import pytest

from accounts.models import SignIn, User
from accounts.roles import Role
from accounts.tests.console import said, signed_in
from accounts.tests.factories import UserFactory
from appointments.tests.factories import AppointmentFactory
from clinic.tests.problems import V1
from doctors import services
from doctors.models import Doctor
from doctors.tests.factories import DoctorFactory

pytestmark = pytest.mark.django_db

LIST = "/admin/doctors/doctor/"


@pytest.fixture
def doctor() -> Doctor:
    return DoctorFactory(with_account=True)


@pytest.fixture
def admin():
    return signed_in(Role.ADMIN)


def by_service(doctor, admin, api, is_active: bool) -> None:
    doctor.is_active = is_active
    services.change(doctor, UserFactory(role=Role.ADMIN))


def by_api(doctor, admin, api, is_active: bool) -> None:
    client = api(UserFactory(role=Role.ADMIN))
    answer = client.patch(f"{V1}/doctors/{doctor.pk}", {"is_active": is_active}, format="json")
    assert answer.status_code == 200


def by_account(doctor, admin, api, is_active: bool) -> None:
    user = doctor.user
    typed = {"email": user.email, "first_name": user.first_name, "last_name": user.last_name}
    typed |= {"role": "doctor"} | ({"is_active": "on"} if is_active else {})
    page = f"/admin/accounts/user/{user.pk}/change/"
    answer = admin.post(page, typed)
    assert answer.status_code == 302
    if not is_active:
        assert f"{doctor} is inactive now, too." in said(answer)[0]


@pytest.mark.parametrize("door", [by_service, by_api, by_account])
def test_record_and_account_go_together_both_ways(door, doctor, admin, api):
    browser, program = signed_in(doctor.user), api(doctor.user)
    assert program.get(f"{V1}/auth/me").status_code == 200

    door(doctor, admin, api, is_active=False)

    assert program.get(f"{V1}/auth/me").status_code == 401
    assert browser.get("/admin/").status_code == 302
    assert not SignIn.objects.filter(user=doctor.user, ended_at=None).exists()
    doctor = Doctor.objects.get(pk=doctor.pk)
    assert (doctor.is_active, User.objects.get(pk=doctor.user_id).is_active) == (False, False)

    door(doctor, admin, api, is_active=True)

    doctor = Doctor.objects.get(pk=doctor.pk)
    assert (doctor.is_active, doctor.user.is_active) == (True, True)
    assert browser.get("/admin/").status_code == 302, "What has ended stays ended."


def test_the_list_says_what_it_means_before_and_after(doctor, admin):
    AppointmentFactory(doctor=doctor)
    chosen = {"action": "deactivate", "_selected_action": [doctor.pk]}

    asked = admin.post(LIST, chosen)

    content = asked.content.decode()
    assert all(word in content for word in (doctor.user.email, "1: they stay, and are listed then"))
    assert Doctor.objects.get(pk=doctor.pk).is_active

    done = admin.post(LIST, chosen | {"confirmed": "yes"})

    assert done["Location"] == f"{LIST}{doctor.pk}/ahead/"
    told = said(done)
    assert f"{doctor}: the account {doctor.user.email} can't sign in any more." in told
    assert "still has 1 booked appointment ahead." in told[-1]


def test_the_form_says_what_it_means_before(doctor, admin):
    AppointmentFactory(doctor=doctor)

    content = admin.get(f"{LIST}{doctor.pk}/change/").content.decode()

    assert f"The account {doctor.user.email} goes with it, and is signed out at once." in content
    assert "Ahead: 1 booked visit, listed for you then." in content


def test_the_account_of_an_application_waits_for_approval(admin):
    doctor = DoctorFactory(with_account=True)
    User.objects.filter(pk=doctor.user_id).update(is_active=False)
    Doctor.objects.filter(pk=doctor.pk).update(is_active=False, applied_at="2026-01-01T00:00Z")
    typed = {"email": doctor.user.email, "role": "doctor", "is_active": "on"}

    answer = admin.post(f"/admin/accounts/user/{doctor.user_id}/change/", typed)

    assert "must be approved first" in answer.content.decode()
    assert not User.objects.get(pk=doctor.user_id).is_active
