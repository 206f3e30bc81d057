"""The lists of the console: what they say while they are empty, what they count, their times."""

from datetime import UTC, datetime

import pytest
from django.utils.html import strip_tags

from accounts.roles import Role
from accounts.tests.factories import UserFactory
from patients.tests.factories import PatientFactory

pytestmark = pytest.mark.django_db
PATIENTS = "/admin/patients/patient/"


def words(response) -> str:
    return " ".join(strip_tags(response.content.decode()).split())


@pytest.fixture
def admin(client):
    client.force_login(UserFactory(role=Role.ADMIN))
    return client


@pytest.mark.parametrize(
    ("address", "sentence"),
    [
        (PATIENTS, "No patients yet."),
        ("/admin/doctors/doctor/", "No doctors yet."),
        ("/admin/appointments/appointment/", "No appointments today."),
        ("/admin/appointments/appointment/?day=2126-03-04", "No appointments on this day."),
        ("/admin/appointments/waitlistentry/", "Nobody waits"),
        ("/admin/doctors/closure/", "No closures"),
        ("/admin/patients/possibleduplicate/", "No pair of records waits"),
        ("/admin/clinic/notification/", "No mail or text message"),
        ("/admin/axes/accessattempt/", "nobody is locked out"),
    ],
)
def test_an_empty_list_says_so(admin, address, sentence):
    assert sentence in words(admin.get(address))


def test_an_empty_list_names_the_next_step(admin):
    page = admin.get(PATIENTS).content.decode()
    assert page.count('href="/admin/patients/patient/add/"') == 2  # Over the list, and in it.


def test_a_search_that_finds_nothing_leads_back(admin):
    PatientFactory()
    page = admin.get(PATIENTS, {"q": "nobody of this name"})

    assert "Nothing matches what you asked for. Register nobody of this name" in words(page)
    assert "Start again" in words(page)
    assert "No patients yet" not in words(page)


def test_a_list_counts_in_the_clinics_words(admin):
    PatientFactory()
    assert "1 patient" in words(admin.get(PATIENTS))
    assert "1 account" in words(admin.get("/admin/accounts/user/"))


def test_times_are_those_of_a_clock_of_24_hours(admin):
    UserFactory(last_login=datetime(2026, 3, 4, 16, 30, tzinfo=UTC))
    assert "4 Mar 2026, 17:30" in words(admin.get("/admin/accounts/user/"))
