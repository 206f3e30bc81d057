"""The page on which patients register: what is asked, stored and answered."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from html import unescape

import pytest
import time_machine
from django.core import mail
from django.db import connections
from django.test import Client
from django.utils import timezone
from procrastinate.contrib.django.models import ProcrastinateJob

from accounts.models import User
from accounts.roles import Role
from clinic.models import Notification
from patients.models import Patient
from patients.tests.factories import PatientFactory
from patients.tests.registration import (
    DONE,
    PASSWORD,
    URL,
    assert_nothing_happened,
    faults,
    filled_in,
    stored_files,
)


@pytest.mark.django_db
def test_the_empty_page(client):
    response = client.get(URL)

    assert response.status_code == 200
    assert "no-store" in response["Cache-Control"]
    assert "script-src 'self'" in response["Content-Security-Policy"]
    page = response.content.decode()
    assert '<option value="DE" selected>Germany</option>' in page
    assert "errorlist" not in page
    assert not re.search(r"""<[^>]* (style|on\w+)=|<script>|<style""", page)


@pytest.mark.django_db
def test_registering(client):
    response = client.post(URL, filled_in())

    assert (response.status_code, response["Location"]) == (302, DONE)
    patient = Patient.objects.get()
    assert (patient.name, patient.email) == ("Grace Hopper", "grace@mail.example")
    assert str(patient.phone) == "+4930901820"
    assert (patient.date_of_birth, patient.gender) == (date(1986, 12, 9), "female")
    assert (patient.street, patient.zip, patient.city) == ("Uferweg 7", "10115", "Berlin")
    assert (patient.state, patient.country) == ("", "DE")
    assert (timezone.now() - patient.consented_at).total_seconds() < 60
    assert patient.document.uploaded_by is None
    assert len(stored_files()) == 1
    assert_mails_are_owed_to("grace@mail.example")


def assert_mails_are_owed_to(recipient: str) -> None:
    """The confirmation and the link; jobs send them."""
    assert [owed.recipient for owed in Notification.objects.all()] == [recipient] * 2
    assert sorted(ProcrastinateJob.objects.values_list("task_name", flat=True)) == [
        "accounts.send_email_link",
        "patients.find_duplicates",
        "patients.send_registration_confirmation",
    ]
    assert not mail.outbox


@pytest.mark.django_db
def test_an_account_comes_with_it(client):
    client.post(URL, filled_in(first_name="Grace"))

    account = User.objects.get()
    assert (account.email, account.role) == ("grace@mail.example", Role.PATIENT)
    assert (account.first_name, account.last_name) == ("Grace", "Hopper")
    assert account.patient == Patient.objects.get()
    assert account.patient.email_verified_at is None
    assert account.check_password(PASSWORD)
    assert not client.session.items()  # Nobody is signed in by registering.


@pytest.mark.django_db
def test_what_else_patients_may_tell(client):
    given = {
        "emergency_contact_name": "Vincent Hopper",
        "emergency_contact_phone": "030 901821",
        "emergency_contact_relationship": "Husband",
        "insurance_provider": "Riverside Mutual",
        "insurance_policy_number": "A 123",
    }

    client.post(URL, filled_in(**given))

    patient = Patient.objects.get()
    stored = {name: str(getattr(patient, name)) for name in given}
    assert stored == given | {"emergency_contact_phone": "+4930901821"}


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("changes", "is_open"), [({}, False), ({"emergency_contact_name": "Vincent"}, True)]
)
def test_what_was_typed_in_the_folded_fields_is_shown_again(client, changes, is_open):
    page = client.post(URL, filled_in(consent=None, **changes)).content.decode()

    assert ('<details class="more" open>' in page) == is_open


@pytest.mark.django_db
def test_other_faults_of_a_concealed_registration_are_told(client, settings):
    settings.DUPLICATE_REGISTRATION = "conceal"
    PatientFactory(email="grace@mail.example")

    response = client.post(URL, filled_in(city="", password="short"))

    assert set(faults(response)) == {"city", "password", "confirm_password"}
    assert "registered" not in " ".join(faults(response).values())


@pytest.mark.django_db
def test_thanks(client):
    response = client.post(URL, filled_in(), follow=True)

    patient = Patient.objects.get()
    for _ in range(2):  # Loading it again is harmless.
        page = response.content.decode()
        assert "Thank you, <bdi>Grace</bdi>." in page
        assert patient.record_number in page
        assert "grace@mail.example" in page
        assert str(patient.pk) not in page
        assert "no-store" in response["Cache-Control"]
        response = client.get(DONE)
    assert Patient.objects.count() == 1


@pytest.mark.parametrize("cookie", [None, "", "eyJuYW1lIjoiRXZlIn0:1tabcd:forged"])
def test_no_thanks_without_a_registration(client, cookie):
    if cookie is not None:
        client.cookies["registered"] = cookie

    assert client.get(DONE)["Location"] == URL


@pytest.mark.django_db
def test_thanks_are_over_after_a_quarter_of_an_hour(client):
    with time_machine.travel("2026-11-23T10:00:00Z", tick=False) as traveller:
        client.post(URL, filled_in())
        traveller.shift(15 * 60)
        assert client.get(DONE).status_code == 200
        traveller.shift(1)
        assert client.get(DONE)["Location"] == URL


HOSTILE_NAMES = [
    "<script>alert(1)</script>",
    'O\'Brien-Müller & "Söhne"',
    "Zoe\u0301 A\u030a",
    "محمد عبد الله",
    "שָׂרָה",
    "李小龍",
    "😀 Smith",
    "{{ 7|add:7 }}{% now 'Y' %}",
    "'; DROP TABLE patients_patient; --",
]


@pytest.mark.django_db
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_names_are_stored_and_shown_as_they_are_and_inert(client, name):
    response = client.post(URL, filled_in(first_name=name, last_name=name), follow=True)

    patient = Patient.objects.get()
    assert (patient.first_name, patient.last_name) == (name, name)
    page = response.content.decode()
    assert f"Thank you, <bdi>{name}</bdi>." in unescape(page)
    assert "<script>alert" not in page


@pytest.mark.django_db
@pytest.mark.parametrize("name", HOSTILE_NAMES)
def test_names_are_inert_in_a_page_with_faults(client, name):
    page = client.post(URL, filled_in(first_name=name, consent=None)).content.decode()

    assert "<script>alert" not in page
    shown = re.search(r'name="first_name" value="([^"]*)"', page).group(1)
    assert unescape(shown) == name


@pytest.mark.django_db
def test_sending_the_form_twice_registers_once(client):
    client.post(URL, filled_in())
    response = client.post(URL, filled_in())

    assert faults(response)["email"] == "Email is already registered"
    assert Patient.objects.count() == 1
    assert len(stored_files()) == 1
    assert_mails_are_owed_to("grace@mail.example")


@pytest.mark.django_db(transaction=True)
def test_sending_the_form_many_times_at_once_registers_once():
    """Three of them: of many more some would be asked to wait for the photos of the others."""

    def send(_):
        try:
            return Client().post(URL, filled_in())
        finally:
            connections.close_all()

    with ThreadPoolExecutor(3) as pool:
        answers = list(pool.map(send, range(3)))

    assert sorted(answer.status_code for answer in answers) == [200] * 2 + [302]
    for answer in answers:
        if answer.status_code == 200:
            assert "already registered" in " ".join(faults(answer).values())
    assert Patient.objects.count() == 1
    assert len(stored_files()) == 1
    assert_mails_are_owed_to("grace@mail.example")


@pytest.mark.django_db
def test_too_many_registrations_from_one_address(client, settings):
    settings.RATE_LIMITS = settings.RATE_LIMITS | {"register": "1/h"}
    client.post(URL, filled_in(consent=None))

    response = client.post(URL, filled_in())

    assert response.status_code == 429
    assert 0 < int(response["Retry-After"]) <= 3600
    page = response.content.decode()
    assert "Please send the form again in" in page
    for name, value in {"last_name": "Hopper", "date_of_birth_2": "1986"}.items():
        assert re.search(rf'name="{name}" value="{value}"', page), name
    assert '<option value="12" selected>December</option>' in page
    assert re.search(r'<input [^>]*value="female"[^>]* checked', page)
    assert client.get(URL).status_code == 200
    assert client.post(URL, filled_in(), REMOTE_ADDR="192.0.2.7").status_code == 302


@pytest.mark.django_db
def test_forged_forms_are_refused():
    response = Client(enforce_csrf_checks=True).post(URL, filled_in())

    assert response.status_code == 403
    assert "send the form once more" in response.content.decode()
    assert_nothing_happened()
